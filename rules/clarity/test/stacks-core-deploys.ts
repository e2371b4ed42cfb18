/**
 * Exact costs of deploys by stacks-core itself: its consensus tests keep, for each contract, epoch
 * and version, what the deploy cost and whether it failed. They are read from a checkout when
 * asked; nothing of them is kept here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClarityVersion,
  ClarityVm,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  UNLIMITED,
} from '../src/index.ts';
import { DEPLOYER, FUNDS } from './reference.ts';

const FILES = [
  'consensus',
  'static_analysis_tests',
  'runtime_analysis_tests',
  'runtime_tests',
  'parse_tests',
  'early_return_tests',
];
const TEST = /fn (\w+)\(\)\s*\{(.*?)\n\}\n/gs;
const CODE =
  /contract_(?:deploy|call)_consensus_snap_test!\(.*?contract_code:\s*(?:&\s*)?(r#*".*?"#*|"(?:\\.|[^"\\])*")\s*,/s;
const OUTPUT =
  /tx: "SmartContract\(name: (\S+?), .*?Some\(Clarity(\d)\)\)",\s*vm_error: "(.*?)",.*?cost: ExecutionCost\((.*?)\)/gs;

interface Deploy {
  readonly name: string;
  readonly version: ClarityVersion;
  readonly failed: boolean;
  /** write length and count, read length and count, run time */
  readonly cost: string;
}

/** A string of Rust: raw, or with escapes and continued lines. */
function rustString(text: string): string {
  if (text.startsWith('r')) return text.replace(/^r#*"|"#*$/g, '');
  return JSON.parse(
    text
      .replace(/\\\n\s*/g, '')
      .replaceAll('\n', '\\n')
      .replaceAll('\t', '\\t'),
  );
}

function deploysIn(snapshot: string): Deploy[] {
  const blocks = snapshot.split(/\n {2}(?=Success\()/);
  return blocks
    .filter((block) => block.includes('evaluated_epoch: Epoch34'))
    .flatMap((block) =>
      [...block.matchAll(OUTPUT)].map(([, name, version, error, cost]) => ({
        name: name!,
        version: Number(version) as ClarityVersion,
        failed: !error!.startsWith('None'),
        cost: [...cost!.matchAll(/\d+/g)].join(' '),
      })),
    );
}

/** Deploys every contract the checkout has an answer for and tells what differs. */
export function compareDeploys(checkout: string, say: (line: string) => void) {
  const folder = join(checkout, 'stackslib/src/chainstate/tests');
  let [contracts, deploys, disagreements] = [0, 0, 0];
  for (const file of FILES) {
    const source = readFileSync(join(folder, `${file}.rs`), 'utf8');
    for (const [, name, body] of source.matchAll(TEST)) {
      const path = join(
        folder,
        'snapshots',
        `blockstack_lib__chainstate__tests__${file}__${name}.snap`,
      );
      const code = CODE.exec(body!)?.[1];
      // Contracts made by code, or needing others, are not read.
      if (code === undefined || body!.includes('setup_contracts') || !existsSync(path)) continue;
      contracts++;
      for (const expected of deploysIn(readFileSync(path, 'utf8'))) {
        deploys++;
        const actual = deployed(rustString(code), expected);
        if (actual.cost === expected.cost && actual.failed === expected.failed) continue;
        disagreements++;
        say(
          `${file} ${name}, Clarity ${expected.version}: ${expected.cost} | ours ${actual.cost} ${actual.error}`,
        );
      }
    }
  }
  return { contracts, deploys, disagreements };
}

function deployed(source: string, { name, version }: Deploy) {
  const db = new MemoryClarityDb();
  mintStx(db, DEPLOYER, FUNDS, 1);
  const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter: new CostMeter(UNLIMITED) });
  const out = vm.deploy({ contractId: `${DEPLOYER}.${name}`, source, clarityVersion: version });
  const cost = out.ok ? out.value.cost : out.error.cost;
  const { writeLength, writeCount, readLength, readCount, runtime } = cost;
  return {
    failed: !out.ok,
    error: out.ok ? '' : out.error.error.name,
    cost: [writeLength, writeCount, readLength, readCount, runtime].join(' '),
  };
}
