/**
 * Clarity side by side with the reference VM (clarinet-sdk, upstream's interpreter as WASM): the
 * same contracts, the same calls, costs tracked, alternating in one run. Results are checked equal.
 * Aim: at least 10x on small calls, 20x on a fold over 4,000 items. Limit: for calls the state
 * reads and writes of a call on a plain map, for the fold a bare loop of BigInt additions.
 */
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

const ITEMS = Cv.list(Array.from({ length: 4000 }, (_, i) => Cv.uint(i)));

function perSecond(count: number, run: () => void): number {
  const started = performance.now();
  run();
  return (count / (performance.now() - started)) * 1000;
}

/** Reads and writes of hex strings in a plain map, `n` of each per call. */
function stateLimit(n: number): () => number {
  return () => {
    const map = new Map<string, string>();
    const count = 200_000;
    return perSecond(count, () => {
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < n; k++) {
          const key = `vm::contract::1::name${k}`;
          const old = BigInt(`0x0${map.get(key) ?? ''}`);
          map.set(key, (old + 1n).toString(16).padStart(32, '0'));
        }
      }
    });
  };
}

function foldLimit(): number {
  const numbers = Array.from({ length: 4000 }, (_, i) => BigInt(i));
  const count = 500;
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
    name: 'counter',
    contract: 'counter',
    source: COUNTER,
    call: () => ({ fn: 'inc', args: [], sender: DEPLOYER }),
    peerCalls: 400,
    ourCalls: 20_000,
    limit: stateLimit(1),
  },
  {
    name: 'SIP-010 transfer',
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
    name: 'fold over 4,000 items',
    contract: 'fold',
    source: FOLD,
    readOnly: true,
    call: () => ({ fn: 'sum', args: [ITEMS], sender: DEPLOYER }),
    peerCalls: 6,
    ourCalls: 200,
    limit: foldLimit,
  },
  {
    name: 'order book (maps)',
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
    name: 'hashing, 16 rounds',
    contract: 'hash',
    source: HASH,
    call: (i) => ({
      fn: 'work',
      args: [Cv.buffer(new Uint8Array(32).fill(i & 255))],
      sender: DEPLOYER,
    }),
    peerCalls: 200,
    ourCalls: 5_000,
    limit: null,
  },
  {
    name: 'read-only call',
    contract: 'reader',
    source: COUNTER,
    readOnly: true,
    call: () => ({ fn: 'get-n', args: [], sender: DEPLOYER }),
    peerCalls: 400,
    ourCalls: 40_000,
    limit: null,
  },
];

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
    case: `deploy ${Math.round(source.length / 1000)} kB`,
    ours: best,
    peer,
    ratio: best / peer,
    limit: null,
    unit: 'contracts/s',
  };
}

export async function run(): Promise<Row[]> {
  const sdk = await startPeer();
  const ours = new Ours();
  return [...CASES.map((one) => measure(sdk, ours, one)), measureDeploy(sdk)];
}
