/** What every ledger must do; each adapter runs it. */
import { expect, it } from 'vitest';
import { hashKey, keyOf, type Ledger } from '../src/index.ts';
import type { AnswerPart } from '../src/ledger/ledger.ts';

const TERMS = {
  id: 5n,
  user: 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
  host: 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
  hostKey: new Uint8Array(33).fill(2),
  model: new Uint8Array(32).fill(3),
  voucherKey: new Uint8Array(33).fill(4),
  prices: { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n },
  depositMicro: 2n ** 100n,
  claimedMicro: 0n,
  claimedRequests: 0n,
  expiresAt: 100,
  isOpen: true,
};

function part(requestId: string, costMicro: bigint | null, number = 0): AnswerPart {
  const end = {
    commitment: 'aa',
    hostSignature: 'bb',
    promptTokens: 3,
    cachedTokens: 1,
    outputTokens: 2,
    costMicro: costMicro ?? 0n,
  };
  return {
    requestId,
    part: number,
    choice: 0,
    sessionId: 5n,
    index: 1n,
    terms: TERMS,
    endpoint: 'http://127.0.0.1:1',
    posted: '{}',
    end: costMicro === null ? null : end,
  };
}

/** @param open the same ledger each time; `name` keeps runs apart */
export function ledgerSuite(open: () => Ledger): void {
  let count = 0;
  const fresh = (kind: string) => `${kind}_${++count}`;
  const newKey = async (wish: { capMicro?: bigint; requestsPerMinute?: number } = {}) => {
    const id = fresh('key');
    await open().createKey(keyOf(`secret ${id}`, id, { name: 'a key', ...wish }));
    return id;
  };
  const begin = (keyId: string, id: string, reserveMicro: bigint, gateway = 'g1') =>
    open().begin({ id, keyId, gateway, model: 'm', reserveMicro });
  const keyNow = async (id: string) => (await open().keys()).find((key) => key.id === id)!;

  it('finds a key by its hash and by nothing else', async () => {
    const id = await newKey({ capMicro: 10n ** 30n });
    const found = await open().keyByHash(hashKey(`secret ${id}`));
    expect(found).toMatchObject({ id, capMicro: 10n ** 30n, spentMicro: 0n, isRevoked: false });
    expect(await open().keyByHash('00')).toBeNull();
  });

  it('changes what is named, and leaves the rest', async () => {
    const id = await newKey({ capMicro: 5n, requestsPerMinute: 7 });
    expect(await open().changeKey(id, { capMicro: null })).toMatchObject({
      capMicro: null,
      requestsPerMinute: 7,
    });
    expect(await open().changeKey(id, { isRevoked: true })).toMatchObject({ isRevoked: true });
    expect(await open().changeKey('nobody', {})).toBeNull();
    expect(await begin(id, fresh('req'), 0n)).toEqual({ kind: 'revoked' });
  });

  it('never lets reservations and spending together exceed a cap', async () => {
    const id = await newKey({ capMicro: 100n });
    const ids = Array.from({ length: 10 }, () => fresh('req'));
    const outcomes = await Promise.all(ids.map((one) => begin(id, one, 30n)));
    expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(3);
    expect(outcomes.filter(({ kind }) => kind === 'cap')).toHaveLength(7);
    const taken = ids.filter((_, i) => outcomes[i]!.kind === 'ok');
    await open().putPart(part(taken[0]!, null));
    expect(await open().finish(taken[0]!, [part(taken[0]!, 12n)])).toBe(true);
    expect(await keyNow(id)).toMatchObject({ spentMicro: 12n, reservedMicro: 60n });
    expect(await begin(id, fresh('req'), 29n)).toEqual({ kind: 'cap' });
    expect((await begin(id, fresh('req'), 28n)).kind).toBe('ok');
  });

  it('ends a request once, with the parts of it that are known', async () => {
    const id = await newKey();
    const request = fresh('req');
    await begin(id, request, 1_000n);
    await open().putPart(part(request, 7n, 0));
    await open().putPart(part(request, null, 1));
    const ends = [part(request, 5n, 1)];
    const results = await Promise.all([1, 2, 3].map(() => open().finish(request, ends)));
    expect(results.filter(Boolean)).toHaveLength(1);
    const row = await open().request(request);
    expect(row).toMatchObject({ state: 'done', spentMicro: 12n });
    expect(row!.parts).toEqual([part(request, 7n, 0), part(request, 5n, 1)]);
    expect(await keyNow(id)).toMatchObject({ spentMicro: 12n, reservedMicro: 0n });
  });

  it('counts requests per minute over all gateways', async () => {
    const id = await newKey({ requestsPerMinute: 3 });
    const outcomes = [];
    for (let i = 0; i < 5; i++) outcomes.push(await begin(id, fresh('req'), 0n));
    const limited = outcomes.filter(({ kind }) => kind === 'rate');
    // A minute may end in between.
    expect(limited.length).toBeGreaterThanOrEqual(1);
    expect(limited[0]).toMatchObject({ remaining: { limit: 3, remaining: 0 } });
  });

  it('gives a lease to one owner until it ends or is released', async () => {
    const name = fresh('lease');
    const owners = ['a', 'b', 'c', 'd'];
    const taken = await Promise.all(owners.map((owner) => open().lease(name, owner, 60_000)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const owner = owners[taken.indexOf(true)]!;
    const other = owners[taken.indexOf(false)]!;
    expect(await open().lease(name, owner, 60_000)).toBe(true);
    await open().release(name, other);
    expect(await open().lease(name, other, 60_000)).toBe(false);
    await open().release(name, owner);
    expect(await open().lease(name, other, 1)).toBe(true);
    await new Promise((done) => setTimeout(done, 20));
    expect(await open().lease(name, owner, 60_000)).toBe(true);
  });

  it('shows the open requests of gateways that are gone', async () => {
    const id = await newKey();
    const [dead, alive] = [fresh('gateway'), fresh('gateway')];
    await open().lease(`gateway:${alive}`, alive, 60_000);
    const left = fresh('req');
    await begin(id, left, 1n, dead);
    await begin(id, fresh('req'), 1n, alive);
    const rows = (await open().abandoned(1_000)).filter(({ keyId }) => keyId === id);
    expect(rows.map((row) => row.id)).toEqual([left]);
    await open().finish(left, []);
  });

  it('keeps sessions and openings, byte for byte', async () => {
    const session = {
      id: 5n,
      terms: TERMS,
      endpoint: 'http://127.0.0.1:1',
      state: 'open' as const,
    };
    await open().putSession(session);
    expect(await open().sessions()).toContainEqual(session);
    await open().putSession({ ...session, state: 'closed' });
    expect(await open().sessions()).not.toContainEqual(session);
    const sent = { host: 'h', endpoint: 'e', sentAtMs: 7, state: 'sent' as const };
    const opening = { txid: fresh('tx'), ...sent };
    await open().putOpening(opening);
    expect(await open().openings()).toContainEqual(opening);
    await open().putOpening({ ...opening, state: 'done' });
    expect(await open().openings()).toEqual([]);
  });

  it('takes a payment once', async () => {
    const payment = { id: fresh('pay'), payer: 'p', amountMicro: 5n };
    const taken = await Promise.all([1, 2, 3].map(() => open().takePayment(payment)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });
}
