import { Cv } from '@assay/clarity-value';
import { describe, expect, it } from 'vitest';
import {
  ClarityVm,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  readStxAccount,
} from '../src/index.ts';

const DEPLOYER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const WALLET = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';

function setup(source: string, version: 1 | 2 | 3 | 4 | 5 = 5) {
  const db = new MemoryClarityDb();
  const vm = new ClarityVm({ db, info: new MemoryBlockInfo() });
  const id = `${DEPLOYER}.t`;
  const deployed = vm.deploy({ contractId: id, source, clarityVersion: version });
  const call = (functionName: string, ...args: Parameters<typeof Cv.some>[0][]) =>
    vm.callPublic({ contractId: id, functionName, args, sender: WALLET });
  return { db, vm, id, deployed, call };
}

describe('SIP-002: contracts run', () => {
  it('keeps a counter', () => {
    const { call, deployed, vm, id } = setup(`
      (define-data-var n uint u0)
      (define-public (inc (by uint)) (begin (var-set n (+ (var-get n) by)) (ok (var-get n))))
      (define-read-only (get-n) (var-get n))
    `);
    expect(deployed.ok).toBe(true);
    const first = call('inc', Cv.uint(5));
    expect(first.ok && first.value.result).toEqual(Cv.ok(Cv.uint(5)));
    expect(vm.readDataVar(id, 'n')).toEqual(Cv.uint(5));
    const read = vm.callReadOnly({
      contractId: id,
      functionName: 'get-n',
      args: [],
      sender: WALLET,
    });
    expect(read.ok && read.value.result).toEqual(Cv.uint(5));
  });

  it('undoes what a failing public function did', () => {
    const { call, vm, id } = setup(`
      (define-map m uint {a: int, b: (string-ascii 10)})
      (define-public (f (k uint) (good bool))
        (begin
          (print {k: k})
          (map-set m k {a: -5, b: "hello"})
          (asserts! good (err u7))
          (ok (unwrap-panic (map-get? m k)))))
    `);
    const bad = call('f', Cv.uint(1), Cv.bool(false));
    expect(bad.ok && bad.value).toMatchObject({
      committed: false,
      events: [],
      result: Cv.err(Cv.uint(7)),
    });
    expect(vm.readMapEntry(id, 'm', Cv.uint(1))).toEqual(Cv.none());
    const good = call('f', Cv.uint(1), Cv.bool(true));
    expect(good.ok && good.value.result).toEqual(
      Cv.ok(Cv.tuple({ a: Cv.int(-5), b: Cv.ascii('hello') })),
    );
    expect(good.ok && good.value.events).toHaveLength(1);
  });

  it('moves STX and says so', () => {
    const { db, call } = setup(`
      (define-public (pay (to principal) (n uint)) (stx-transfer? n tx-sender to))
    `);
    mintStx(db, WALLET, 1000n, 1);
    const paid = call('pay', Cv.principal(DEPLOYER), Cv.uint(400));
    expect(paid.ok && paid.value.result).toEqual(Cv.ok(Cv.bool(true)));
    expect(paid.ok && paid.value.assetMap.stx.get(WALLET)).toBe(400n);
    expect(readStxAccount(db, WALLET, 1).unlockedMicro).toBe(600n);
    const broke = call('pay', Cv.principal(DEPLOYER), Cv.uint(4000));
    expect(broke.ok && broke.value.result).toEqual(Cv.err(Cv.uint(1)));
  });

  it('names runtime errors', () => {
    const { call } = setup('(define-public (div (a int) (b int)) (ok (/ a b)))');
    const out = call('div', Cv.int(1), Cv.int(0));
    expect(!out.ok && out.error.error.name).toBe('DivisionByZero');
  });
});
