/**
 * Checks contract files as a network would on deployment: parse, analyse and run their top level,
 * what is referenced before what refers. The network's own contracts are there to be called.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BOOT_CONTRACTS } from '@assay/contracts';
import {
  CLARINET_ACCOUNTS,
  formatProblem,
  LATEST_EPOCH,
  orderByReference,
  type ProjectContract,
  Session,
} from '@assay/simnet/session';
import { UserError } from '../user-error.ts';

export interface FoundProblem {
  readonly file: string;
  /** Null where the language cannot tell a place. */
  readonly line: number | null;
  readonly column: number | null;
  /** Stacks' name, for example `TypeError`. */
  readonly name: string;
  readonly message: string;
  /** For people: with the line, a caret and advice. */
  readonly text: string;
}

export interface CheckReport {
  readonly accepted: readonly string[];
  readonly problems: readonly FoundProblem[];
}

const BOOT_ADDRESS = 'ST000000000000000000002AMW42H';
type Version = ProjectContract['clarityVersion'];

/** A session on the latest rules, with the network's boot contracts. */
export function freshSession(): Session {
  const [deployer] = CLARINET_ACCOUNTS;
  const session = new Session(deployer!.address);
  for (const { address, balanceMicro } of CLARINET_ACCOUNTS) session.mintStx(address, balanceMicro);
  session.setEpoch(LATEST_EPOCH);
  for (const { name, source, clarityVersion } of BOOT_CONTRACTS) {
    const contractId = `${BOOT_ADDRESS}.${name}`;
    session.deploy({ contractId, source, clarityVersion, minesBlock: false });
  }
  return session;
}

function readContract(file: string, deployer: string, clarityVersion: Version): ProjectContract {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch {
    throw new UserError('cli/no-file', `${file} cannot be read.`, 'Give paths of .clar files.');
  }
  const name = basename(file).replace(/\.clar$/, '');
  const contractId = `${deployer}.${name}`;
  const epoch = LATEST_EPOCH;
  return { contractId, name, deployer, source, path: file, epoch, clarityVersion, dependsOn: [] };
}

/** @throws UserError a file cannot be read, or contracts need each other in a ring */
export function checkFiles(files: readonly string[], clarityVersion: number): CheckReport {
  const session = freshSession();
  const contracts = files.map((file) =>
    readContract(file, session.deployer, clarityVersion as Version),
  );
  let ordered: readonly ProjectContract[];
  try {
    ordered = orderByReference(contracts);
  } catch (error) {
    const next = 'Break the ring: pass one of them as a trait.';
    throw new UserError('cli/contract-ring', (error as Error).message, next);
  }
  const accepted: string[] = [];
  const problems: FoundProblem[] = [];
  for (const { contractId, source, path } of ordered) {
    const done = session.deploy({ contractId, source, clarityVersion: clarityVersion as Version });
    if (done.ok) {
      accepted.push(path);
      continue;
    }
    const { error } = done.error;
    problems.push({
      file: path,
      line: error.span?.startLine ?? null,
      column: error.span?.startColumn ?? null,
      name: error.name,
      message: error.message,
      text: formatProblem({ file: path, source, error }),
    });
  }
  return { accepted, problems };
}
