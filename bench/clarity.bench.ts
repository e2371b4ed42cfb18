/**
 * Clarity side by side with the reference VM (clarinet-sdk, upstream's interpreter as WASM): the
 * same contracts, the same calls, costs tracked, alternating in one run. Results are checked equal.
 * Cases (a) to (g), then how the ratio moves with the length of a list and the entries of a map, what
 * memory a run takes and that it stays flat over 1,000,000 calls. Aim: at least 10x on (a), (b), (d) and
 * (g), 20x on (c), never below 3x. Limits: the state reads and writes of a call on a plain map, a bare
 * loop of BigInt additions, SHA-256 in C, reading every character of a source once.
 */
import { createHash } from 'node:crypto';
import { bytesToHex } from '@assay/bytes';
import {
  BLOCK_LIMIT,
  ClarityVm,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  UNLIMITED,
} from '@assay/clarity';
import { type ClarityValue, Cv, encodeClarityValue } from '@assay/clarity-value';
import * as wasm from '@stacks/clarinet-sdk-wasm';
import type { Row } from './row.ts';

const DEPLOYER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const WALLETS = [
  'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
  'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
  'ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC',
];
const FUNDS = 1_000_000_000_000n;

interface Call {
  readonly fn: string;
  readonly args: readonly ClarityValue[];
  readonly sender: string;
}

interface Case {
  readonly name: string;
  readonly contract: string;
  readonly source: string;
  readonly readOnly?: boolean;
  /** Map entries to write before measuring. */
  readonly entries?: number;
  /** The i-th call. */
  readonly call: (i: number) => Call;
  /** Calls of one round of the peer and of ours. */
  readonly peerCalls: number;
  readonly ourCalls: number;
  /** The least a call must do, per second; null when nothing simple stands for it. */
  readonly limit: (() => number) | null;
}

const COUNTER = `
(define-data-var n uint u0)
(define-public (inc) (begin (var-set n (+ (var-get n) u1)) (ok (var-get n))))
(define-read-only (get-n) (var-get n))`;

const TOKEN = `
(define-fungible-token coin)
(define-constant ERR-OWNER (err u4))
(define-public (transfer (amount uint) (from principal) (to principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq from tx-sender) ERR-OWNER)
    (try! (ft-transfer? coin amount from to))
    (match memo it (print it) 0x)
    (ok true)))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance coin who)))
(define-public (mint (amount uint) (to principal)) (ft-mint? coin amount to))`;

const FOLD = `
(define-private (step (x uint) (acc uint)) (+ acc (* x u3)))
(define-read-only (sum (xs (list 4000 uint))) (fold step xs u0))`;

const BOOK = `
(define-map orders uint {owner: principal, price: uint, amount: uint, open: bool})
(define-map best {side: bool} uint)
(define-data-var next uint u0)
(define-public (place (side bool) (price uint) (amount uint))
  (let ((id (var-get next)) (top (default-to u0 (map-get? best {side: side}))))
    (map-set orders id {owner: tx-sender, price: price, amount: amount, open: true})
    (if (> price top) (map-set best {side: side} price) false)
    (match (map-get? orders (/ id u2))
      old (map-set orders (/ id u2) (merge old {open: false}))
      false)
    (var-set next (+ id u1))
    (ok id)))`;

const HASH = `
(define-private (chain (i uint) (acc (buff 32))) (sha256 (concat acc 0x01)))
(define-public (work (seed (buff 32)))
  (ok (fold chain (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16) seed)))`;

const REGISTRY = `
(define-map names uint {owner: principal, since: uint})
(define-public (fill (from uint) (ids (list 1000 uint))) (ok (fold put ids from)))
(define-private (put (id uint) (from uint))
  (begin (map-set names (+ from id) {owner: tx-sender, since: id}) from))
(define-public (touch (id uint))
  (let ((entry (unwrap! (map-get? names id) (err u404))))
    (map-set names id (merge entry {since: (+ (get since entry) u1)}))
    (ok (get since entry))))`;

const listOf = (length: number) => Cv.list(Array.from({ length }, (_, i) => Cv.uint(i)));
const ITEMS = listOf(4000);

function perSecond(count: number, run: () => void): number {
  const started = performance.now();
  run();
  return (count / (performance.now() - started)) * 1000;
}

/** Reads and writes of hex strings in a plain map of so many entries, `n` of each per call. */
function stateLimit(n: number, entries = n): () => number {
  return () => {
    const map = new Map<string, string>();
    for (let k = 0; k < entries; k++) map.set(`vm::contract::1::name${k}`, '0');
    const count = 200_000;
    return perSecond(count, () => {
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < n; k++) {
          const key = `vm::contract::1::name${(i * 7919 + k) % entries}`;
          const old = BigInt(`0x0${map.get(key) ?? ''}`);
          map.set(key, (old + 1n).toString(16).padStart(32, '0'));
        }
      }
    });
  };
}

function hashLimit(): number {
  const count = 5_000;
  let bytes: Uint8Array = new Uint8Array(32);
  return perSecond(count, () => {
    for (let i = 0; i < count * 16; i++) {
      bytes = createHash('sha256').update(bytes).update(Uint8Array.of(1)).digest();
    }
  });
}

function foldLimit(length = 4000): number {
  const numbers = Array.from({ length }, (_, i) => BigInt(i));
  const count = Math.max(200, 2_000_000 / length);
  let sum = 0n;
  const rate = perSecond(count, () => {
    for (let i = 0; i < count; i++) {
      sum = 0n;
      for (const x of numbers) sum += x * 3n;
    }
  });
  if (sum === 0n) throw new Error('the loop was not run');
  return rate;
}

const CASES: readonly Case[] = [
  {
    name: '(a) counter',
    contract: 'counter',
    source: COUNTER,
    call: () => ({ fn: 'inc', args: [], sender: DEPLOYER }),
    peerCalls: 400,
    ourCalls: 20_000,
    limit: stateLimit(1),
  },
  {
    name: '(b) SIP-010 transfer',
    contract: 'token',
    source: TOKEN,
    call: (i) => {
      const from = WALLETS[i % 3]!;
      const to = WALLETS[(i + 1 + (i % 2)) % 3]!;
      return {
        fn: 'transfer',
        args: [Cv.uint(1 + (i % 7)), Cv.principal(from), Cv.principal(to), Cv.none()],
        sender: from,
      };
    },
    peerCalls: 400,
    ourCalls: 20_000,
    limit: stateLimit(2),
  },
  {
    name: '(c) fold over 4,000 items',
    contract: 'fold',
    source: FOLD,
    readOnly: true,
    call: () => ({ fn: 'sum', args: [ITEMS], sender: DEPLOYER }),
    peerCalls: 6,
    ourCalls: 200,
    limit: () => foldLimit(),
  },
  {
    name: '(d) order book (maps)',
    contract: 'book',
    source: BOOK,
    call: (i) => ({
      fn: 'place',
      args: [Cv.bool(i % 2 === 0), Cv.uint((i * 7919) % 1000), Cv.uint(5)],
      sender: WALLETS[i % 3]!,
    }),
    peerCalls: 300,
    ourCalls: 10_000,
    limit: stateLimit(4),
  },
  {
    name: '(e) hashing, 16 rounds',
    contract: 'hash',
    source: HASH,
    call: (i) => ({
      fn: 'work',
      args: [Cv.buffer(new Uint8Array(32).fill(i & 255))],
      sender: DEPLOYER,
    }),
    peerCalls: 200,
    ourCalls: 5_000,
    limit: hashLimit,
  },
  {
    name: '(g) read-only call',
    contract: 'reader',
    source: COUNTER,
    readOnly: true,
    call: () => ({ fn: 'get-n', args: [], sender: DEPLOYER }),
    peerCalls: 400,
    ourCalls: 40_000,
    limit: stateLimit(1),
  },
];

/** (c) again with shorter lists. */
const LENGTHS: readonly Case[] = [10, 100, 1000].map((length) => {
  const items = listOf(length);
  return {
    name: `fold over ${length} items`,
    contract: 'fold',
    source: FOLD,
    readOnly: true,
    call: () => ({ fn: 'sum', args: [items], sender: DEPLOYER }),
    peerCalls: Math.ceil(4_000 / (length + 10)),
    ourCalls: Math.ceil(400_000 / (length + 10)),
    limit: () => foldLimit(length),
  };
});

/** Reading and writing one entry of a map of so many. */
const ENTRIES: readonly Case[] = [10, 1_000, 100_000].map((entries) => ({
  name: `map of ${entries.toLocaleString('en')} entries`,
  contract: `registry-${entries}`,
  source: REGISTRY,
  entries,
  call: (i) => ({ fn: 'touch', args: [Cv.uint((i * 7919) % entries)], sender: DEPLOYER }),
  peerCalls: 300,
  ourCalls: 20_000,
  limit: stateLimit(1, entries),
}));

async function startPeer(): Promise<wasm.SDK> {
  const sdk = new wasm.SDK(
    () => Promise.reject(new Error('no files')),
    new wasm.SDKOptions(true, false, false),
  );
  await sdk.initEmptySession({ enabled: false, api_url: '', initial_height: undefined });
  sdk.setEpoch('3.4');
  sdk.deployer = DEPLOYER;
  sdk.setLocalAccounts([DEPLOYER, ...WALLETS]);
  return sdk;
}

class Ours {
  readonly db = new MemoryClarityDb();
  readonly #info = new MemoryBlockInfo();
  readonly vm: ClarityVm;

  constructor() {
    for (const who of [DEPLOYER, ...WALLETS]) mintStx(this.db, who, FUNDS, 1);
    this.vm = new ClarityVm({ db: this.db, info: this.#info, meter: new CostMeter(UNLIMITED) });
  }

  deploy(name: string, source: string): void {
    if (this.vm.hasContract(`${DEPLOYER}.${name}`)) return;
    const out = this.vm.deploy({
      contractId: `${DEPLOYER}.${name}`,
      source,
      clarityVersion: 3,
    });
    if (!out.ok) throw new Error(out.error.error.message);
  }

  call(one: Case, { fn, args, sender }: Call): string {
    const request = { contractId: `${DEPLOYER}.${one.contract}`, functionName: fn, args, sender };
    const out = one.readOnly ? this.vm.callReadOnly(request) : this.vm.callPublic(request);
    if (!out.ok) throw new Error(out.error.error.message);
    return bytesToHex(encodeClarityValue(out.value.result));
  }
}

function peerCall(sdk: wasm.SDK, one: Case, { fn, args, sender }: Call): string {
  const call = new wasm.CallFnArgs(
    `${DEPLOYER}.${one.contract}`,
    fn,
    args.map((arg) => encodeClarityValue(arg)),
    sender,
  );
  const { result } = one.readOnly ? sdk.callReadOnlyFn(call) : sdk.callPublicFn(call);
  return result.replace(/^0x/, '');
}

function measure(sdk: wasm.SDK, ours: Ours, one: Case): Row {
  ours.deploy(one.contract, one.source);
  const known = sdk.getContractSource(`${DEPLOYER}.${one.contract}`);
  if (known === undefined) {
    sdk.deployContract(
      new wasm.DeployContractArgs(one.contract, one.source, new wasm.ContractOptions(3), DEPLOYER),
    );
  }
  if (one.contract === 'token') {
    for (const to of WALLETS) {
      const mint = { fn: 'mint', args: [Cv.uint(1_000_000_000), Cv.principal(to)], sender: to };
      ours.call(one, mint);
      peerCall(sdk, one, mint);
    }
  }
  for (let from = 0; from < (one.entries ?? 0); from += 1000) {
    const ids = listOf(Math.min(1000, one.entries! - from));
    const fill = { fn: 'fill', args: [Cv.uint(from), ids], sender: DEPLOYER };
    ours.call(one, fill);
    peerCall(sdk, one, fill);
  }
  // Equal answers first: a benchmark of something else would be worthless.
  for (let i = 0; i < 3; i++) {
    const [theirs, our] = [peerCall(sdk, one, one.call(i)), ours.call(one, one.call(i))];
    if (theirs !== our) throw new Error(`${one.name}: ${theirs} and ${our}`);
  }
  for (let i = 0; i < one.ourCalls / 4; i++) ours.call(one, one.call(i));
  let [best, peer] = [0, 0];
  for (let round = 0; round < 3; round++) {
    peer = Math.max(
      peer,
      perSecond(one.peerCalls, () => {
        for (let i = 0; i < one.peerCalls; i++) peerCall(sdk, one, one.call(i));
      }),
    );
    best = Math.max(
      best,
      perSecond(one.ourCalls, () => {
        for (let i = 0; i < one.ourCalls; i++) ours.call(one, one.call(i));
      }),
    );
  }
  return {
    bench: 'clarity',
    case: one.name,
    ours: best,
    peer,
    ratio: best / peer,
    limit: one.limit?.() ?? null,
    unit: 'calls/s',
  };
}

/** A contract of about 60 kB: parsed, analysed, stored. */
function largeSource(): string {
  const parts = ['(define-map m uint {a: uint, b: (string-ascii 20), c: (optional principal)})'];
  for (let i = 0; i < 230; i++) {
    parts.push(`
(define-public (f${i} (x uint) (who principal))
  (let ((old (default-to {a: u0, b: "none", c: none} (map-get? m x))) (sum (+ x (get a old) u${i})))
    (asserts! (< sum u1000000) (err u${i}))
    (map-set m sum (merge old {a: sum, c: (some who)}))
    (ok {sum: sum, same: (is-eq who tx-sender)})))`);
  }
  return parts.join('\n');
}

/** Looking at every character of a source once. */
function readLimit(source: string): number {
  let sum = 0;
  const count = 200;
  const rate = perSecond(count, () => {
    for (let i = 0; i < count; i++) {
      for (let at = 0; at < source.length; at++) sum += source.charCodeAt(at);
    }
  });
  if (sum === 0) throw new Error('the loop was not run');
  return rate;
}

const mebibytes = (bytes: number) => bytes / 1024 ** 2;

function heapUsed(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

/** Memory after 100,000 and after 1,000,000 transfers: what grows is the difference. */
function measureMemory(ours: Ours): Row[] {
  const one = CASES.find((each) => each.contract === 'token')!;
  const row = (name: string, bytes: number): Row => ({
    bench: 'clarity',
    case: name,
    ours: mebibytes(bytes),
    peer: null,
    ratio: null,
    limit: null,
    unit: 'MiB',
  });
  const after: number[] = [];
  for (const calls of [100_000, 900_000]) {
    for (let i = 0; i < calls; i++) ours.call(one, one.call(i));
    after.push(heapUsed());
  }
  return [
    row('heap after 100,000 transfers', after[0]!),
    row('heap after 1,000,000 transfers', after[1]!),
    row('peak resident memory, both VMs', process.resourceUsage().maxRSS * 1024),
  ];
}

function measureDeploy(sdk: wasm.SDK): Row {
  const source = largeSource();
  const rounds = 8;
  const peer = perSecond(rounds, () => {
    for (let i = 0; i < rounds; i++) {
      sdk.deployContract(
        new wasm.DeployContractArgs(`large${i}`, source, new wasm.ContractOptions(3), DEPLOYER),
      );
    }
  });
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const vm = new ClarityVm({
      db: new MemoryClarityDb(),
      info: new MemoryBlockInfo(),
      meter: new CostMeter({ ...BLOCK_LIMIT, ...UNLIMITED }),
    });
    const rate = perSecond(rounds, () => {
      for (let i = 0; i < rounds; i++) {
        const out = vm.deploy({
          contractId: `${DEPLOYER}.large${round}-${i}`,
          source,
          clarityVersion: 3,
        });
        if (!out.ok) throw new Error(out.error.error.message);
      }
    });
    best = Math.max(best, rate);
  }
  return {
    bench: 'clarity',
    case: `(f) deploy ${Math.round(source.length / 1000)} kB`,
    ours: best,
    peer,
    ratio: best / peer,
    limit: readLimit(source),
    unit: 'contracts/s',
  };
}

export async function run(): Promise<Row[]> {
  const sdk = await startPeer();
  const ours = new Ours();
  return [
    ...CASES.map((one) => measure(sdk, ours, one)),
    measureDeploy(sdk),
    ...LENGTHS.map((one) => measure(sdk, ours, one)),
    ...ENTRIES.map((one) => measure(sdk, ours, one)),
    ...measureMemory(ours),
  ];
}
