/**
 * A Clarinet project as data: accounts, contracts with their sources, in the order in which they
 * deploy. Reads `Clarinet.toml`, `settings/Devnet.toml` and requirements from `.cache`; never the
 * network, never a deployment plan.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ClarityVersion } from '@assay/clarity';
import { parse, type TomlTable } from 'smol-toml';
import {
  defaultClarityVersion,
  type Epoch,
  epochOrder,
  FIRST_EPOCH,
  parseEpoch,
} from '../epochs.ts';
import { addressOfMnemonic, CLARINET_ACCOUNTS, type ProjectAccount } from './accounts.ts';
import { contractsNamed, orderByReference } from './order.ts';
import { ProjectError } from './project-error.ts';

export interface ProjectContract {
  readonly contractId: string;
  readonly name: string;
  readonly deployer: string;
  readonly source: string;
  /** File the source came from. */
  readonly path: string;
  readonly epoch: Epoch;
  readonly clarityVersion: ClarityVersion;
  /** Names listed in `depends_on`. */
  readonly dependsOn: readonly string[];
}

export interface Project {
  readonly name: string;
  readonly folder: string;
  readonly accounts: readonly ProjectAccount[];
  readonly deployer: string;
  /** Boot contracts given by `override_boot_contracts_source` or a folder. */
  readonly bootContracts: readonly ProjectContract[];
  /** Requirements first, then by epoch, then what is referenced before what refers. */
  readonly contracts: readonly ProjectContract[];
}

const BOOT_ADDRESS = 'ST000000000000000000002AMW42H';

function readText(path: string, what: string): string {
  if (!existsSync(path)) throw new ProjectError(`${what} is missing: ${path}`);
  return readFileSync(path, 'utf8');
}

function readToml(path: string, what: string): TomlTable {
  const text = readText(path, what);
  try {
    return parse(text);
  } catch (error) {
    throw new ProjectError(`${path}: ${(error as Error).message}`);
  }
}

function table(value: unknown): TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as TomlTable)
    : {};
}

function readAccounts(folder: string): readonly ProjectAccount[] {
  const path = join(folder, 'settings', 'Devnet.toml');
  if (!existsSync(path)) return CLARINET_ACCOUNTS;
  const entries = Object.entries(table(readToml(path, 'settings').accounts));
  if (entries.length === 0) return CLARINET_ACCOUNTS;
  return entries.map(([name, fields]) => {
    const { mnemonic, balance, derivation } = table(fields);
    if (typeof mnemonic !== 'string') {
      throw new ProjectError(`${path}: account ${name} has no mnemonic`);
    }
    try {
      return {
        name,
        address: addressOfMnemonic(
          mnemonic,
          typeof derivation === 'string' ? derivation : undefined,
        ),
        balanceMicro: BigInt(
          typeof balance === 'number' || typeof balance === 'bigint' ? balance : 0,
        ),
      };
    } catch (error) {
      throw new ProjectError(`${path}: account ${name}: ${(error as Error).message}`);
    }
  });
}

/** @throws ProjectError the epoch or the version is not one this simulator runs */
function languageOf(
  where: string,
  fields: TomlTable,
): { readonly epoch: Epoch; readonly clarityVersion: ClarityVersion } {
  const epoch = fields.epoch === undefined ? FIRST_EPOCH : parseEpoch(fields.epoch);
  if (epoch === null) {
    throw new ProjectError(`${where}: epoch ${String(fields.epoch)} is not supported (up to 3.4)`);
  }
  const newest = defaultClarityVersion(epoch);
  const given = fields.clarity_version ?? fields.clarity ?? newest;
  const clarityVersion = Number(given);
  if (!Number.isInteger(clarityVersion) || clarityVersion < 1 || clarityVersion > newest) {
    throw new ProjectError(`${where}: Clarity ${String(given)} can not be used with ${epoch}`);
  }
  return { epoch, clarityVersion: clarityVersion as ClarityVersion };
}

function projectContracts(
  manifest: TomlTable,
  folder: string,
  accounts: readonly ProjectAccount[],
  deployer: string,
): ProjectContract[] {
  return Object.entries(table(manifest.contracts)).map(([name, value]) => {
    const fields = table(value);
    const where = `contract ${name}`;
    if (typeof fields.path !== 'string') throw new ProjectError(`${where} has no path`);
    const path = resolve(folder, fields.path);
    const by = accounts.find((account) => account.name === fields.deployer)?.address;
    const owner = by ?? (typeof fields.deployer === 'string' ? fields.deployer : deployer);
    return {
      contractId: `${owner}.${name}`,
      name,
      deployer: owner,
      source: readText(path, where),
      path,
      ...languageOf(where, fields),
      dependsOn: Array.isArray(fields.depends_on) ? fields.depends_on.map(String) : [],
    };
  });
}

/** Contracts of other people that the project builds on, as Clarinet left them in its cache. */
function requirements(project: TomlTable, folder: string): ProjectContract[] {
  const cache = resolve(folder, String(project.cache_dir ?? '.cache'), 'requirements');
  const seen = new Map<string, ProjectContract>();
  const add = (contractId: string) => {
    if (seen.has(contractId)) return;
    const path = join(cache, `${contractId}.clar`);
    if (!existsSync(path)) {
      throw new ProjectError(
        `requirement ${contractId} is not in the cache: run \`clarinet check\` once, or put its source at ${path}`,
      );
    }
    const about = join(cache, `${contractId}.json`);
    const fields = existsSync(about)
      ? (JSON.parse(readFileSync(about, 'utf8')) as Record<string, unknown>)
      : {};
    const epoch = parseEpoch(String(fields.epoch ?? '2.05').replace(/^Epoch/, '')) ?? FIRST_EPOCH;
    const version = Number(String(fields.clarity_version ?? '').replace(/\D/g, ''));
    const dot = contractId.indexOf('.');
    const source = readFileSync(path, 'utf8');
    const contract: ProjectContract = {
      contractId,
      name: contractId.slice(dot + 1),
      deployer: contractId.slice(0, dot),
      source,
      path,
      epoch,
      clarityVersion: (version > 0 ? version : defaultClarityVersion(epoch)) as ClarityVersion,
      dependsOn: [],
    };
    seen.set(contractId, contract);
    for (const other of contractsNamed(source, contract.deployer)) {
      if (existsSync(join(cache, `${other}.clar`))) add(other);
    }
  };
  for (const entry of Array.isArray(project.requirements) ? project.requirements : []) {
    const id = table(entry).contract_id;
    if (typeof id === 'string') add(id);
  }
  return [...seen.values()];
}

const BOOT_CLARITY_1 = new Set(['bns', 'cost-voting', 'costs', 'costs-2', 'lockup', 'pox']);

/** Sources are public but not ours to ship: the caller says where they are. */
function bootContracts(
  project: TomlTable,
  folder: string,
  sources: string | undefined,
): ProjectContract[] {
  const files = new Map<string, string>();
  for (const file of sources === undefined ? [] : readdirSync(sources).sort()) {
    if (file.endsWith('.clar')) files.set(file.slice(0, -'.clar'.length), resolve(sources!, file));
  }
  for (const [name, path] of Object.entries(table(project.override_boot_contracts_source))) {
    files.set(name, resolve(folder, String(path)));
  }
  const contracts = [...files].map(
    ([name, path]): ProjectContract => ({
      contractId: `${BOOT_ADDRESS}.${name}`,
      name,
      deployer: BOOT_ADDRESS,
      source: readText(path, `boot contract ${name}`),
      path,
      epoch: BOOT_CLARITY_1.has(name) ? '2.05' : '2.4',
      clarityVersion: BOOT_CLARITY_1.has(name) ? 1 : 2,
      dependsOn: [],
    }),
  );
  return orderByReference(contracts);
}

/**
 * Reads a project and everything it names.
 * @throws ProjectError
 */
export function readProject(
  manifestPath: string,
  options: { readonly bootContractsFolder?: string | undefined } = {},
): Project {
  const path = resolve(manifestPath);
  const folder = dirname(path);
  const manifest = readToml(path, 'manifest');
  const project = table(manifest.project);
  const accounts = readAccounts(folder);
  const deployer =
    accounts.find((account) => account.name === 'deployer')?.address ?? accounts[0]!.address;
  const own = projectContracts(manifest, folder, accounts, deployer);
  const all = [...requirements(project, folder), ...own];
  // Stable: requirements of an epoch come before the project's own contracts.
  const ordered = orderByReference(all).sort((a, b) => epochOrder(a.epoch) - epochOrder(b.epoch));
  return {
    name: String(project.name ?? ''),
    folder,
    accounts,
    deployer,
    bootContracts: bootContracts(project, folder, options.bootContractsFolder),
    contracts: ordered,
  };
}
