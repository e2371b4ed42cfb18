/** SIP-005: token transfers, nonces, fees and sponsors, as blocks apply them. */
import { describe, expect, it } from 'vitest';
import { ALICE, account, BOB, HOST, START, TestChain, transfer } from './network.ts';

function started(): TestChain {
  const chain = new TestChain();
  chain.tenure();
  return chain;
}

function outcomes(
  chain: TestChain,
  ...transactions: Parameters<TestChain['assemble']>[0][number][]
) {
  const filler = chain.sign(HOST, transfer(BOB.address, 1n));
  const context = chain.context(chain.tip.burnView);
  const all = chain.assemble([...transactions, filler], context).outcomes.slice(0, -1);
  return all.map((outcome) => (outcome.kind === 'included' ? 'included' : outcome.code));
}

describe('token transfer', () => {
  it('moves the amount, takes the fee from the origin and raises its nonce', () => {
    const chain = started();
    const [receipt] = chain.mine(
      chain.sign(ALICE, transfer(BOB.address, 7n, 'rent'), { fee: 300n }),
    );
    expect(receipt!.status).toBe('success');
    expect(receipt!.feeMicro).toBe(300n);
    expect(receipt!.events[0]).toMatchObject({
      type: 'stx_transfer_event',
      sender: ALICE.address,
      recipient: BOB.address,
      amount: 7n,
    });
    expect(chain.balanceOf(ALICE.address)).toBe(START - 307n);
    expect(chain.balanceOf(BOB.address)).toBe(START + 7n);
    expect([chain.nonceOf(ALICE), chain.nonceOf(BOB)]).toEqual([1n, 0n]);
  });

  it('pays contracts and addresses nobody has used', () => {
    const chain = started();
    const stranger = account('stranger').address;
    chain.mine(
      chain.sign(ALICE, transfer(`${BOB.address}.vault`, 5n)),
      chain.sign(ALICE, transfer(stranger, 6n), { nonce: 1n }),
    );
    expect(chain.balanceOf(`${BOB.address}.vault`)).toBe(5n);
    expect(chain.balanceOf(stranger)).toBe(6n);
  });

  it('lets a sponsor pay and counts both nonces', () => {
    const chain = started();
    const poor = account('poor');
    chain.mine(chain.sign(ALICE, transfer(poor.address, 10n)));
    chain.mine(chain.sign(poor, transfer(BOB.address, 10n), { sponsor: BOB, fee: 400n }));
    expect(chain.balanceOf(poor.address)).toBe(0n);
    expect(chain.balanceOf(BOB.address)).toBe(START + 10n - 400n);
    expect([chain.nonceOf(poor), chain.nonceOf(BOB)]).toEqual([1n, 1n]);
  });

  it('leaves out what cannot be mined, with the state untouched', () => {
    const chain = started();
    chain.mine(chain.sign(ALICE, transfer(BOB.address, 1n)));
    const stale = chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: 0n });
    const ahead = chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: 5n });
    const self = chain.sign(ALICE, transfer(ALICE.address, 1n));
    const nothing = chain.sign(ALICE, transfer(BOB.address, 0n));
    const tooMuch = chain.sign(ALICE, transfer(BOB.address, START));
    const feeless = chain.sign(account('nobody'), transfer(BOB.address, 1n));
    const conditioned = chain.sign(ALICE, transfer(BOB.address, 1n), {
      conditions: [{ kind: 'stx', principal: 'origin', code: 'le', amount: 1n }],
    });
    expect(outcomes(chain, stale, ahead, self, nothing, tooMuch, feeless, conditioned)).toEqual([
      'chainstate/bad-nonce',
      'chainstate/nonce-ahead',
      'chainstate/transfer-self',
      'chainstate/transfer-amount',
      'chainstate/transfer-funds',
      'chainstate/fee-funds',
      'chainstate/transfer-conditions',
    ]);
    const before = chain.balanceOf(ALICE.address);
    chain.mine(chain.sign(HOST, transfer(BOB.address, 1n)));
    expect(chain.balanceOf(ALICE.address)).toBe(before);
  });

  it('spends the last micro-STX but not one more', () => {
    const chain = started();
    const all = chain.sign(ALICE, transfer(BOB.address, START - 1_000n));
    const more = chain.sign(ALICE, transfer(BOB.address, START - 999n));
    expect(outcomes(chain, more)).toEqual(['chainstate/transfer-funds']);
    chain.mine(all);
    expect(chain.balanceOf(ALICE.address)).toBe(0n);
  });

  it('conserves every micro-STX over a busy block', () => {
    const chain = started();
    const transactions = Array.from({ length: 200 }, (_, i) => {
      const who = [ALICE, BOB, HOST][i % 3]!;
      const to = account(`recipient ${i % 17}`).address;
      const nonce = BigInt(Math.floor(i / 3));
      return chain.sign(who, transfer(to, BigInt(i + 1)), { nonce, fee: BigInt(200 + i) });
    });
    const people = [ALICE.address, BOB.address, HOST.address];
    for (let i = 0; i < 17; i++) people.push(account(`recipient ${i}`).address);
    const total = (): bigint => people.reduce((sum, who) => sum + chain.balanceOf(who), 0n);
    const before = total();
    const receipts = chain.mine(...transactions);
    const fees = receipts.reduce((sum, { feeMicro }) => sum + feeMicro, 0n);
    expect(before - total()).toBe(fees);
    expect(chain.tip.blockFeesMicro).toBe(fees);
  });
});
