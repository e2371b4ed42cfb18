/**
 * What stacks-core's own cost tests assert (stackslib/src/clarity_vm/tests/costs.rs and
 * analysis_costs.rs), under the names they have there, in the rules of epoch 3.4.
 */
import { Cv, clarityValueToString } from '@assay/clarity-value';
import * as wasm from '@stacks/clarinet-sdk-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { charge, costRuntime } from '../src/costs/charge.ts';
import { COST_ROWS, type CostName } from '../src/costs/costs.table.ts';
import {
  type ClarityVersion,
  ClarityVm,
  type Cost,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  UNLIMITED,
} from '../src/index.ts';
import { isReservedName, NATIVE_NAMES } from '../src/names.ts';
import { VERSIONS } from './generator/library.ts';
import { DEPLOYER, WALLET_1 } from './reference.ts';
import { contractWith, NEIGHBOURS, SIMPLE_USES } from './simple-uses.ts';

function machine() {
  const info = new MemoryBlockInfo();
  info.stacksHeight = 1;
  return new ClarityVm({ db: new MemoryClarityDb(), info, meter: new CostMeter(UNLIMITED) });
}

function deploy(vm: ClarityVm, name: string, source: string, version: ClarityVersion): Cost {
  const contractId = `${DEPLOYER}.${name}`;
  const out = vm.deploy({ contractId, source, clarityVersion: version });
  if (!out.ok) throw new Error(`${source}: ${out.error.error.name} ${out.error.error.message}`);
  return out.value.cost;
}

/** Costs of deploying and of calling `execute`. */
function costsOf(vm: ClarityVm, name: string, source: string, version: ClarityVersion) {
  const deployed = deploy(vm, name, source, version);
  const out = vm.callPublic({
    contractId: `${DEPLOYER}.${name}`,
    functionName: 'execute',
    args: source.includes('<doer>') ? [Cv.principal(`${DEPLOYER}.other`)] : [],
    sender: WALLET_1,
  });
  if (!out.ok) throw new Error(`${source}: ${out.error.error.name} ${out.error.error.message}`);
  return { deployed, called: out.value.cost };
}

const exceeds = (a: Cost, b: Cost) =>
  (Object.keys(a) as (keyof Cost)[]).some((dimension) => a[dimension] > b[dimension]);

describe('costs.rs', () => {
  /** Allowances stand only inside others; at-block is off; they have no use of their own. */
  const unused = /^with-|^at-block$/;

  it.each(VERSIONS)('epoch_33_test_all, analysis_costs.rs: test_all (Clarity %i)', (version) => {
    const vm = machine();
    for (const [name, source] of Object.entries(NEIGHBOURS)) deploy(vm, name, source, version);
    const baseline = costsOf(vm, 'baseline', contractWith('1'), version);
    for (const [i, name] of NATIVE_NAMES.entries()) {
      if (!isReservedName(name, version) || unused.test(name)) continue;
      const source = contractWith(SIMPLE_USES.get(name)!);
      const { deployed, called } = costsOf(vm, `self-${i}`, source, version);
      expect(exceeds(called, baseline.called), `calling ${name}`).toBe(true);
      expect(exceeds(deployed, baseline.deployed), `deploying ${name}`).toBe(true);
    }
  });

  /** Each: what stands before `execute`, its body with a small input, with a large one. */
  const few = '1 2 3 4 5';
  const many = `${few} 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20`;
  const list = (items: string) => `(list ${items})`;
  const growing: readonly (readonly [name: string, before: string, body: string])[] = [
    ...['hash160', 'sha256', 'sha512', 'sha512/256', 'keccak256'].map(
      (name) => [`hash_fns_input_size ${name}`, '', `(${name} BYTES)`] as const,
    ),
    ['tuple_merge_input_size', '', '(merge {a: BYTES} {a: BYTES})'],
    ['index_of_input_size', '', '(index-of LIST 99)'],
    ['eq_input_size', '', '(is-eq LIST LIST)'],
    ['concat', '(define-data-var db (list 500 int) LIST)', '(concat (var-get db) (var-get db))'],
    ['var_get', '(define-data-var db (list 500 int) LIST)', '(var-get db)'],
    ['var_set', '(define-data-var db (list 500 int) (list 1))', '(var-set db LIST)'],
    ['map_get', '(define-map db int (list 500 int)) (map-set db 0 LIST)', '(map-get? db 0)'],
    ['map_set', '(define-map db int (list 500 int))', '(map-set db 0 LIST)'],
    ['map_insert', '(define-map db int (list 500 int))', '(map-insert db 0 LIST)'],
    [
      'map_delete',
      '(define-map db (list 500 int) int) (map-set db LIST 0)',
      '(map-delete db LIST)',
    ],
    ...['nft-mint? db LIST tx-sender', 'nft-burn? db LIST tx-sender', 'nft-get-owner? db LIST'].map(
      (call) =>
        [`nfts ${call}`, '(define-non-fungible-token db (list 500 int))', `(${call})`] as const,
    ),
  ];
  it.each(growing)('epoch205_%s: a larger input costs more', (_name, before, body) => {
    const cost = (items: string, bytes: string) => {
      const fill = (text: string) =>
        text.replaceAll('LIST', list(items)).replaceAll('BYTES', bytes);
      const use = /^\(nft-(mint|burn)/.test(body) ? `(is-ok ${body})` : body;
      const source = fill(`${before} (define-public (execute) (begin ${use} (ok 1)))`);
      return costsOf(machine(), 'self', source, 3).called.runtime;
    };
    expect(cost(many, '0x1234567890')).toBeGreaterThan(cost(few, '0x1234'));
  });

  it('test_cost_change: an argument costs by its own size, not by its type', () => {
    const cost = (length: number) => {
      const vm = machine();
      deploy(vm, 'self', `(define-read-only (execute (bytes (buff ${length}))) bytes)`, 4);
      const out = vm.callPublic({
        contractId: `${DEPLOYER}.self`,
        functionName: 'execute',
        args: [Cv.buffer(Uint8Array.of(0))],
        sender: WALLET_1,
      });
      return out.ok ? out.value.cost : out.error;
    };
    expect(cost(8192)).toEqual(cost(4096));
  });
});

describe('analysis_costs.rs', () => {
  it.each(VERSIONS)('undefined_top_variable_error (Clarity %i)', (clarityVersion) => {
    const out = machine().deploy({
      contractId: `${DEPLOYER}.undefined-top-variable-error`,
      source: 'foo',
      clarityVersion,
    });
    expect(out.ok ? null : out.error.error).toMatchObject({
      kind: 'check',
      name: 'UndefinedVariable',
      message: expect.stringContaining('foo'),
    });
  });
});

/** Our names of cost functions where they are not the contract's in camel case. */
const RENAMED: Readonly<Record<string, string>> = {
  ftSupply: 'ft_get_supply',
  bitwiseLShift: 'bitwise_left_shift',
  bitwiseRShift: 'bitwise_right_shift',
};
/**
 * Not as the reference's copy of the contract has them: it is an early draft. stacks-core's own
 * costs-4.clar says: run time as [a, b] of a*n+b.
 */
const LATER: ReadonlyMap<CostName, readonly [number, number]> = new Map([
  ['contractHash', [0, 188]],
  ['toAscii', [16, 150]],
  ['restrictAssets', [125, 750]],
  ['asContractSafe', [125, 888]],
  ['secp256r1verify', [0, 51750]],
]);
/** Of microblocks, which are gone. */
const NOT_IN_CONTRACT: ReadonlySet<string> = new Set(['poisonMicroblock']);

const functionOf = (name: string) =>
  `cost_${RENAMED[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;

describe('costs.rs: proptest_replacements_costs_4', () => {
  let vm: ClarityVm;
  const contractId = 'ST000000000000000000002AMW42H.costs-4';

  beforeAll(async () => {
    // The boot contract of the reference, which our table must equal.
    const sdk = new wasm.SDK(
      () => Promise.reject(new Error('no files')),
      new wasm.SDKOptions(false, false, false),
    );
    await sdk.initEmptySession({ enabled: false, api_url: '', initial_height: undefined });
    sdk.setEpoch('3.4');
    vm = machine();
    const source = sdk.getContractSource(contractId)!;
    const out = vm.deploy({ contractId, source, clarityVersion: 4 });
    expect(out.ok).toBe(true);
  }, 900_000);

  /** The contract's answer, as text; null when it fails. */
  function asked(functionName: string, n: number): string | null {
    const args = [Cv.uint(n)];
    const out = vm.callPublic({ contractId, functionName, args, sender: WALLET_1 });
    return out.ok ? clarityValueToString(out.value.result) : null;
  }

  function ours(name: CostName, n: number): string | null {
    const meter = new CostMeter(UNLIMITED);
    try {
      charge(meter, name, n);
    } catch {
      return null;
    }
    const { readCount, readLength, runtime, writeCount, writeLength } = meter.total();
    return `(tuple (read_count u${readCount}) (read_length u${readLength}) (runtime u${runtime}) (write_count u${writeCount}) (write_length u${writeLength}))`;
  }

  const inputs = [0, ...Array.from({ length: 31 }, (_, i) => 2 ** (i + 1))].flatMap((n) =>
    n === 0 ? [0, 1] : [n - 1, n, n + 1],
  );
  const names = (Object.keys(COST_ROWS) as CostName[]).filter(
    (name) => !NOT_IN_CONTRACT.has(name) && !LATER.has(name),
  );

  it.each([...LATER])('%s', (name, [a, b]) => {
    for (const n of inputs) expect(costRuntime(name, n), `${name} ${n}`).toBe(a * n + b);
  });

  it.each(names)('%s', (name) => {
    for (const n of inputs) expect(ours(name, n), `${name} ${n}`).toBe(asked(functionOf(name), n));
  });
});
