/** Sessions as a host reads them over a node's RPC. */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import {
  type ClarityValue,
  Cv,
  decodeClarityValue,
  encodeClarityValue,
} from '@assay/clarity-value';
import type { FetchOptions, Net } from '@assay/world';
import { describe, expect, it } from 'vitest';
import { createSessionChain } from '../src/session-chain.ts';

const BOOT = 'ST000000000000000000002AMW42H';
const hash = (digit: string) => bytesFromHex(digit.repeat(64));

type Read = (args: readonly ClarityValue[]) => ClarityValue | null;

/** A node that answers read-only calls; null: it fails. */
function chainOf(reads: Readonly<Record<string, Read>>) {
  const asked: string[] = [];
  const clock = { ms: 10_000, nowMs: () => clock.ms };
  const fetch: Net['fetch'] = async (url, { body }: FetchOptions = {}) => {
    const name = url.split('/').slice(-2).join('/');
    asked.push(name);
    const { arguments: given } = JSON.parse(utf8FromBytes(body!)!) as { arguments: string[] };
    const args = given.map((hex) => {
      const value = decodeClarityValue(bytesFromHex(hex.replace(/^0x/, '')));
      if (!value.ok) throw new Error(value.error.message);
      return value.value;
    });
    const value = reads[name]?.(args) ?? null;
    if (value === null) return { status: 500, headers: {}, body: bytesFromUtf8('broken') };
    const result = `0x${bytesToHex(encodeClarityValue(value))}`;
    return {
      status: 200,
      headers: {},
      body: bytesFromUtf8(JSON.stringify({ okay: true, result })),
    };
  };
  const options = { nodeUrl: 'http://node', bootAddress: BOOT };
  return { chain: createSessionChain({ net: { fetch }, clock }, options), asked, clock };
}

const CURRENT = (sequence: number) =>
  Cv.tuple({
    sequence: Cv.uint(sequence),
    'burn-height': Cv.uint(100 + sequence),
    'burn-hash': Cv.buffer(hash(String(sequence))),
  });
const at: Read = ([number]) =>
  number?.type === 'uint'
    ? Cv.some(Cv.tuple({ 'burn-hash': Cv.buffer(hash(String(number.value))) }))
    : null;

describe('the newest Bitcoin blocks', () => {
  it('are read newest first, and believed for a second', async () => {
    const { chain, asked, clock } = chainOf({
      'beacon/get-current': () => CURRENT(5),
      'beacon/get-at': at,
    });
    expect(await chain.recentBurnHashes()).toEqual([hash('5'), hash('4'), hash('3')]);
    expect(await chain.burnHeight()).toBe(105);
    expect(asked).toHaveLength(3);
    clock.ms += 1_001;
    await chain.burnHeight();
    expect(asked).toHaveLength(6);
  });

  it('are fewer at the beginning of a chain', async () => {
    const { chain } = chainOf({ 'beacon/get-current': () => CURRENT(1), 'beacon/get-at': at });
    expect(await chain.recentBurnHashes()).toEqual([hash('1')]);
  });

  it('a node that failed is asked again', async () => {
    let isDown = true;
    const { chain } = chainOf({
      'beacon/get-current': () => (isDown ? null : CURRENT(1)),
      'beacon/get-at': at,
    });
    await expect(chain.burnHeight()).rejects.toThrow();
    isDown = false;
    expect(await chain.burnHeight()).toBe(101);
  });
});

describe('a claim', () => {
  const made = (status: number) =>
    Cv.some(
      Cv.tuple({
        session: Cv.uint(7),
        status: Cv.uint(status),
        cycle: Cv.uint(3),
        'claimed-at': Cv.uint(200),
      }),
    );
  const reads = (status: number, judges: ClarityValue | null): Readonly<Record<string, Read>> => ({
    'sessions/get-claim': () => made(status),
    'sessions/get-audit': () => (judges === null ? Cv.none() : Cv.some(Cv.tuple({ judges }))),
    'sessions/get-parameters': () => Cv.tuple({ 'audit-window': Cv.uint(36) }),
  });

  it('waits for its lots, then names its judges, and lapses after the window', async () => {
    const waiting = await chainOf(reads(1, null)).chain.claim(hash('a'));
    expect(waiting).toEqual({
      sessionId: 7n,
      isPending: true,
      cycle: 3,
      lapsesAt: 236,
      judges: null,
    });
    const drawn = Cv.list([Cv.uint(0), Cv.uint(2)]);
    expect((await chainOf(reads(1, drawn)).chain.claim(hash('a')))!.judges).toEqual([0, 2]);
    expect((await chainOf(reads(2, drawn)).chain.claim(hash('a')))!.isPending).toBe(false);
  });

  it('that the chain does not know is none', async () => {
    const { chain } = chainOf({ 'sessions/get-claim': () => Cv.none() });
    expect(await chain.claim(hash('a'))).toBeNull();
    const { chain: other } = chainOf({ 'sessions/get-session': () => Cv.none() });
    expect(await other.session(1n)).toBeNull();
  });
});
