/**
 * The state root is over every key and value a contract writes and over the order of first writes:
 * both as stacks-core has them (clarity/src/vm/database/clarity_db.rs, functions/assets.rs), written
 * out here by hand.
 */
import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { sha512_256 } from '@assay/crypto';
import { describe, expect, it } from 'vitest';
import {
  type ClarityVersion,
  ClarityVm,
  lockStx,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  transferStx,
  writeBlockTime,
  writeEpoch,
  writeNonce,
  writeTenureHeight,
} from '../src/index.ts';

const ALICE = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const BOB = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';
const ID = `${ALICE}.store`;

/** hash160 of the two addresses, from c32 by hand. */
const ALICE_HASH = '6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce';
const BOB_HASH = '7321b74e2b6a7e949e6c4ad313035b1665095017';
const bytes = (hex: string) => `[${[...Buffer.from(hex, 'hex')].join(',')}]`;
const ALICE_JSON = `{"Standard":[26,${bytes(ALICE_HASH)}]}`;
const BOB_JSON = `{"Standard":[26,${bytes(BOB_HASH)}]}`;
const STORE_JSON = `{"Contract":{"issuer":[26,${bytes(ALICE_HASH)}],"name":"store"}}`;

const uint = (n: number) => `01${n.toString(16).padStart(32, '0')}`;
const balance = (unlocked: number, locked = 0, height = 0) =>
  unlocked.toString(16).padStart(32, '0') +
  locked.toString(16).padStart(32, '0') +
  height.toString(16).padStart(16, '0');

/** Every put, also of keys that are there already. */
class RecordingDb extends MemoryClarityDb {
  puts: string[] = [];
  override put(key: string, value: string): void {
    this.puts.push(`${key} = ${value}`);
    super.put(key, value);
  }
  taken(): string[] {
    const { puts } = this;
    this.puts = [];
    return puts;
  }
}

const SOURCE = `
(define-constant c u9)
(define-data-var n uint u7)
(define-map m {b: uint, a: (string-ascii 4)} (optional int))
(define-fungible-token ft u1000)
(define-non-fungible-token nft {id: uint})
(define-data-var last bool true)
(define-trait t ((f () (response bool bool))))
(define-public (set-var (v uint)) (ok (var-set n v)))
(define-public (set-map (v (optional int))) (ok (map-set m {a: "k", b: u1} v)))
(define-public (insert (v (optional int))) (ok (map-insert m {a: "k", b: u1} v)))
(define-public (delete) (ok (map-delete m {a: "k", b: u1})))
(define-public (mint (to principal)) (ft-mint? ft u10 to))
(define-public (move (to principal)) (ft-transfer? ft u4 tx-sender to))
(define-public (burn) (ft-burn? ft u1 tx-sender))
(define-public (nft-new) (nft-mint? nft {id: u5} tx-sender))
(define-public (nft-move (to principal)) (nft-transfer? nft {id: u5} tx-sender to))
(define-public (nft-end (who principal)) (nft-burn? nft {id: u5} who))
(define-public (pay (to principal)) (stx-transfer? u3 tx-sender to))
(define-public (lose) (stx-burn? u2 tx-sender))
(define-public (abort) (begin (var-set n u51) (err u1)))
(define-public (twice)
  (begin
    (is-err (contract-call? .helper fail))
    (var-set last false) (var-set n u1) (var-set last true)
    (ok (map-delete m {a: "none", b: u1}))))`;

function chain(version: ClarityVersion = 2) {
  const db = new RecordingDb();
  const info = new MemoryBlockInfo();
  info.stacksHeight = 300;
  const vm = new ClarityVm({ db, info });
  const deploy = (contractId: string, source: string) => {
    const out = vm.deploy({ contractId, source, clarityVersion: version });
    if (!out.ok) throw new Error(out.error.error.message);
    return db.taken();
  };
  deploy(
    `${ALICE}.helper`,
    '(define-data-var h uint u0) (define-public (fail) (begin (var-set h u9) (err u1)))',
  );
  return {
    db,
    deploy,
    /** The puts of one call, as they came. */
    call(functionName: string, ...args: ClarityValue[]): string[] {
      const out = vm.callPublic({ contractId: ID, functionName, args, sender: ALICE });
      if (!out.ok) throw new Error(`${functionName}: ${out.error.error.message}`);
      return db.taken();
    },
  };
}

const key = (kind: number, name: string, rest = '') =>
  `vm::${ID}::${kind}::${name}${rest === '' ? '' : `::${rest}`}`;
/** Fields of a tuple go by name, whatever the order in the text. */
const MAP_KEY = `0c0000000201610d000000016b0162${uint(1)}`;
const NFT_KEY = `0c00000001026964${uint(5)}`;

describe('keys and values of the state, in the order of writing', () => {
  it('a deploy: the hash of the source with the height, then definitions that have a value', () => {
    const digest = bytesToHex(sha512_256(new TextEncoder().encode(SOURCE)));
    expect(chain().deploy(ID, SOURCE)).toEqual([
      `clarity-contract::${ID} = ${digest}0000012c`,
      `${key(1, 'n')} = ${uint(7)}`,
      `${key(3, 'ft')} = 0`,
      `${key(1, 'last')} = 03`,
    ]);
  });

  it('variables and maps: values of maps are wrapped, deleting writes none, and only what is there', () => {
    const { deploy, call } = chain();
    deploy(ID, SOURCE);
    expect(call('set-var', Cv.uint(8))).toEqual([`${key(1, 'n')} = ${uint(8)}`]);
    const at = key(0, 'm', MAP_KEY);
    expect(call('delete')).toEqual([]);
    expect(call('insert', Cv.none())).toEqual([`${at} = 0a09`]);
    expect(call('insert', Cv.none())).toEqual([]);
    expect(call('set-map', Cv.some(Cv.int(-1)))).toEqual([`${at} = 0a0a00${'f'.repeat(32)}`]);
    expect(call('delete')).toEqual([`${at} = 09`]);
    expect(call('delete')).toEqual([]);
    expect(call('insert', Cv.none())).toEqual([`${at} = 0a09`]);
  });

  it('fungible tokens: supply first, sender before recipient, holders as JSON, decimal numbers', () => {
    const { deploy, call } = chain();
    deploy(ID, SOURCE);
    const supply = key(3, 'ft');
    expect(call('mint', Cv.principal(ALICE))).toEqual([
      `${supply} = 10`,
      `${key(2, 'ft', ALICE_JSON)} = 10`,
    ]);
    expect(call('move', Cv.principal(BOB))).toEqual([
      `${key(2, 'ft', ALICE_JSON)} = 6`,
      `${key(2, 'ft', BOB_JSON)} = 4`,
    ]);
    expect(call('move', Cv.principal(ID))).toEqual([
      `${key(2, 'ft', ALICE_JSON)} = 2`,
      `${key(2, 'ft', STORE_JSON)} = 4`,
    ]);
    expect(call('burn')).toEqual([`${supply} = 9`, `${key(2, 'ft', ALICE_JSON)} = 1`]);
  });

  it('non-fungible tokens: the owner, or none', () => {
    const { deploy, call } = chain();
    deploy(ID, SOURCE);
    const at = key(4, 'nft', NFT_KEY);
    expect(call('nft-new')).toEqual([`${at} = 0a051a${ALICE_HASH}`]);
    expect(call('nft-new')).toEqual([]);
    expect(call('nft-move', Cv.principal(BOB))).toEqual([`${at} = 0a051a${BOB_HASH}`]);
    expect(call('nft-end', Cv.principal(BOB))).toEqual([`${at} = 09`]);
    expect(call('nft-new')).toEqual([`${at} = 0a051a${ALICE_HASH}`]);
  });

  it('STX: the recipient before the sender, the burner before the supply', () => {
    const { db, deploy, call } = chain();
    deploy(ID, SOURCE);
    mintStx(db, ALICE, 100n, 1);
    expect(db.taken()).toEqual([
      `vm-account::${ALICE}::19 = ${balance(100)}`,
      `_stx-data::ustx_liquid_supply = ${uint(100)}`,
    ]);
    expect(call('pay', Cv.principal(ID))).toEqual([
      `vm-account::${ID}::19 = ${balance(3)}`,
      `vm-account::${ALICE}::19 = ${balance(97)}`,
    ]);
    expect(call('lose')).toEqual([
      `vm-account::${ALICE}::19 = ${balance(95)}`,
      `_stx-data::ustx_liquid_supply = ${uint(98)}`,
    ]);
  });

  it('locked STX: led by the version of PoX; run out, the sender is unlocked and a recipient is not', () => {
    const { db } = chain();
    mintStx(db, ALICE, 100n, 1);
    db.taken();
    lockStx(db, { principal: ALICE, amount: 60n, unlockHeight: 50 }, 10);
    expect(db.taken()).toEqual([`vm-account::${ALICE}::19 = 04${balance(40, 60, 50)}`]);
    mintStx(db, BOB, 5n, 1);
    db.taken();
    transferStx(db, { from: BOB, to: ALICE, amount: 1n }, 50);
    expect(db.taken()).toEqual([
      `vm-account::${ALICE}::19 = 04${balance(41, 60, 50)}`,
      `vm-account::${BOB}::19 = ${balance(4)}`,
    ]);
    transferStx(db, { from: ALICE, to: BOB, amount: 1n }, 50);
    expect(db.taken()).toEqual([
      `vm-account::${BOB}::19 = ${balance(5)}`,
      `vm-account::${ALICE}::19 = ${balance(100)}`,
    ]);
  });

  it('what is undone has no place: the order is that of the writes which stay', () => {
    const { db, deploy, call } = chain();
    deploy(ID, SOURCE);
    const helper = `vm::${ALICE}.helper::1::h`;
    db.state.delete(helper);
    db.state.delete(key(1, 'n'));
    db.state.delete(key(1, 'last'));
    call('twice');
    expect([...db.state].slice(-2)).toEqual([
      [key(1, 'last'), '03'],
      [key(1, 'n'), uint(1)],
    ]);
    expect(db.state.has(helper)).toBe(false);
    call('abort');
    expect(db.state.get(key(1, 'n'))).toBe(uint(1));
  });

  it('facts of a block: u32 in hex, u64 in decimals', () => {
    const { db } = chain();
    writeBlockTime(db, 1_700_000_000);
    writeTenureHeight(db, 300);
    writeEpoch(db);
    writeNonce(db, ALICE, 18446744073709551615n);
    expect(db.taken()).toEqual([
      '_stx-data::clarity_storage::block_time = 1700000000',
      '_stx-data::tenure_height = 0000012c',
      'vm-epoch::epoch-version = 00003004',
      `vm-account::${ALICE}::18 = 18446744073709551615`,
    ]);
  });
});
