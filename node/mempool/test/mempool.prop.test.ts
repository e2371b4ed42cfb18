/**
 * The pool against a naive model: a list that is searched and sorted anew for every question.
 */
import { bytesToHex } from '@assay/bytes';
import { encodeTransaction, type Transaction } from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accounts, checkedOf, NonceChain, openMempool, transfer } from './fixture.ts';

interface ModelEntry {
  readonly tx: Transaction;
  readonly checked: ReturnType<typeof checkedOf>;
}

const slots = ({ checked }: ModelEntry) =>
  [
    { who: checked.origin, nonce: checked.originNonce },
    checked.sponsor === null ? null : { who: checked.sponsor, nonce: checked.sponsorNonce! },
  ].filter((slot) => slot !== null);

class Model {
  entries: ModelEntry[] = [];

  submit(tx: Transaction, nonceOf: (who: string) => bigint): string {
    const entry = { tx, checked: checkedOf(encodeTransaction(tx)) };
    const { txid } = entry.checked;
    if (this.entries.some((e) => bytesToHex(e.checked.txid) === bytesToHex(txid))) return 'known';
    if (entry.checked.originNonce < nonceOf(entry.checked.origin)) return 'BadNonce';
    if (slots(entry).some((s) => s.nonce > nonceOf(s.who) + 26n)) return 'TooMuchChaining';
    const rivals = this.entries.filter((e) =>
      slots(e).some((s) => slots(entry).some((t) => s.who === t.who && s.nonce === t.nonce)),
    );
    if (rivals.some((e) => e.checked.feeMicro >= entry.checked.feeMicro)) {
      return 'ConflictingNonceInMempool';
    }
    this.entries = [...this.entries.filter((e) => !rivals.includes(e)), entry];
    return 'new';
  }

  order(start: (who: string) => bigint): Transaction[] {
    const moved = new Map<string, bigint>();
    const nonceOf = (who: string) => moved.get(who) ?? start(who);
    const left = [...this.entries];
    const out: Transaction[] = [];
    for (;;) {
      const ready = left.filter((e) => slots(e).every((s) => nonceOf(s.who) === s.nonce));
      if (ready.length === 0) return out;
      const rate = (e: ModelEntry) => Number(e.checked.feeMicro) / e.checked.bytes.length;
      ready.sort((x, y) => rate(y) - rate(x) || this.entries.indexOf(x) - this.entries.indexOf(y));
      const best = ready[0]!;
      left.splice(left.indexOf(best), 1);
      out.push(best.tx);
      for (const s of slots(best)) moved.set(s.who, s.nonce + 1n);
    }
  }

  mined(transactions: readonly Transaction[], nonceOf: (who: string) => bigint): void {
    this.entries = this.entries.filter(
      (e) => !transactions.includes(e.tx) && slots(e).every((s) => s.nonce >= nonceOf(s.who)),
    );
  }
}

const submission = fc.record({
  kind: fc.constant('submit' as const),
  from: fc.nat(3),
  nonce: fc.nat(5),
  fee: fc.integer({ min: 180, max: 186 }),
  sponsor: fc.option(fc.record({ by: fc.nat(3), nonce: fc.nat(3) }), { nil: null, freq: 4 }),
});
const mining = fc.record({ kind: fc.constant('mine' as const), count: fc.nat(4) });

it('orders, replaces and forgets like the model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(submission, submission, mining), { maxLength: 40 }),
      async (steps) => {
        const network = new SimNetwork({ seed: 3 });
        const chain = new NonceChain();
        const mempool = openMempool(network.world('node'), chain);
        const model = new Model();
        const nonceOf = (who: string) => chain.nonces.get(who) ?? 0n;
        for (const step of steps) {
          if (step.kind === 'submit') {
            if (step.sponsor?.by === step.from) continue;
            const tx = transfer({
              from: accounts[step.from]!,
              nonce: BigInt(step.nonce),
              feeMicro: BigInt(step.fee),
              ...(step.sponsor === null
                ? {}
                : {
                    sponsor: {
                      account: accounts[step.sponsor.by]!,
                      nonce: BigInt(step.sponsor.nonce),
                    },
                  }),
            });
            let outcome = 'pending';
            mempool.submit(encodeTransaction(tx)).then((r) => {
              outcome = r.ok ? (r.value.isNew ? 'new' : 'known') : r.error.reason;
            });
            await network.runUntil(() => outcome !== 'pending');
            expect(outcome).toBe(model.submit(tx, nonceOf));
          } else {
            const block = model.order(nonceOf).slice(0, step.count);
            const change = chain.mine(block);
            mempool.advance(chain.view(), change);
            model.mined(block, nonceOf);
          }
          const walk = mempool.walk(chain.view());
          const order: string[] = [];
          for (let next = walk.next(); next !== null; next = walk.next()) {
            order.push(bytesToHex(next.txid));
            walk.included(next);
          }
          const expected = model
            .order(nonceOf)
            .map((tx) => bytesToHex(checkedOf(encodeTransaction(tx)).txid));
          expect(order).toEqual(expected);
          expect(mempool.size).toBe(model.entries.length);
        }
      },
    ),
    { numRuns: 60 },
  );
});
