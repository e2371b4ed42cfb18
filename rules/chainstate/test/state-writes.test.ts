/**
 * SIP-004, SIP-005: the root of a block is over all that its transactions write, in stacks-core's
 * order (chainstate/nakamoto/mod.rs setup_block, stacks/db/transactions.rs process_transaction),
 * in a MARF block opened under its miner's sentinel.
 */
import { bytesToHex } from '@assay/bytes';
import { Marf } from '@assay/marf';
import { blockIdFrom } from '@assay/wire';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ALICE, BOB, deploy, MINER, TestChain, transfer } from './network.ts';

/** Name and writes of each MARF block that was opened, oldest first. */
let opened: { sentinel: string; writes: [string, string][] }[] = [];

beforeEach(() => {
  opened = [];
  const begin = Marf.prototype.begin;
  vi.spyOn(Marf.prototype, 'begin').mockImplementation(function (this: Marf, parent, hash) {
    const block = begin.call(this, parent, hash);
    const put = block.put.bind(block);
    const writes: [string, string][] = [];
    opened.push({ sentinel: bytesToHex(hash), writes });
    block.put = (key, value) => {
      writes.push([key, value]);
      put(key, value);
    };
    return block;
  });
});
afterEach(() => vi.restoreAllMocks());

const keys = () => opened.at(-1)!.writes.map(([key]) => key);
const balanceOf = (who: string) => `vm-account::${who}::19`;
const nonceOf = (who: string) => `vm-account::${who}::18`;
const TIME = '_stx-data::clarity_storage::block_time';
const TENURE = '_stx-data::tenure_height';

it('blocks are opened under the header hash and the consensus hash of 0x01 bytes', () => {
  const chain = new TestChain();
  chain.tenure();
  const sentinel = blockIdFrom(new Uint8Array(32).fill(1), new Uint8Array(20).fill(1));
  expect(new Set(opened.map((one) => one.sentinel))).toEqual(new Set([bytesToHex(sentinel)]));
  // Later blocks find it in the keys of heights.
  const view = chain.chain.view(chain.tip.blockId);
  expect(view.prove(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(sentinel)}`)).not.toBeNull();
});

it('genesis says which epoch rules', () => {
  const chain = new TestChain();
  const view = chain.chain.view(chain.tip.blockId);
  expect(view.value('vm-epoch::epoch-version')).toBe('00003004');
  expect(view.value(TENURE)).toBe('00000000');
});

it('a transfer: fee, recipient, nonce; before them the time of the block', () => {
  const chain = new TestChain();
  chain.tenure();
  chain.mine(chain.sign(ALICE, transfer(BOB.address, 5n)));
  expect(keys()).toEqual([
    TIME,
    balanceOf(ALICE.address),
    balanceOf(BOB.address),
    nonceOf(ALICE.address),
  ]);
  expect(opened.at(-1)!.writes[0]![1]).toBe(String(chain.tip.header.timestampSecs));
});

it('a sponsored deploy: the fee of the sponsor, the contract, both nonces', () => {
  const chain = new TestChain();
  chain.tenure();
  const source = '(define-data-var z uint u1) (define-data-var a uint u2)';
  chain.mine(chain.sign(ALICE, deploy('c', source), { sponsor: BOB }));
  const id = `${ALICE.address}.c`;
  expect(keys()).toEqual([
    TIME,
    balanceOf(BOB.address),
    `clarity-contract::${id}`,
    `vm::${id}::1::z`,
    `vm::${id}::1::a`,
    nonceOf(ALICE.address),
    nonceOf(BOB.address),
  ]);
});

it('a deploy that fails leaves the fee and the nonce', () => {
  const chain = new TestChain();
  chain.tenure();
  chain.mine(chain.sign(ALICE, deploy('c', '(define-data-var z uint u1) (/ 1 0)')));
  expect(keys()).toEqual([TIME, balanceOf(ALICE.address), nonceOf(ALICE.address)]);
});

it('a tenure: time, height, what the chain tells contracts, then the miner, who pays nothing', () => {
  const chain = new TestChain();
  chain.tenure();
  expect(keys().slice(0, 2)).toEqual([TIME, TENURE]);
  expect(opened.at(-1)!.writes[1]![1]).toBe('00000001');
  expect(
    keys()
      .slice(2)
      .filter((key) => !key.startsWith('vm::')),
  ).toEqual([balanceOf(MINER.address), nonceOf(MINER.address)]);
});
