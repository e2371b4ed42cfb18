/**
 * An inference end to end on our own VM: Infer payload, escrow, draw, settlement by certificate,
 * rejection, expiry. Hashes and signatures come from @assay/jobs, so contract and formats are
 * proven to compute the same bytes.
 */

import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv, clarityValueToString, parsePrincipal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import {
  type Commitment,
  commitmentHash,
  commitmentTuple,
  requestHash,
  samplingSeed,
  signCommitment,
  signVerdict,
} from '@assay/jobs';
import type { InferPayload } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import {
  type Account,
  ALICE,
  BOB,
  BOOT,
  call,
  HOST,
  hashOf,
  MODEL,
  OPERATOR,
  SIGNERS,
  START,
  TestChain,
  text,
} from './network.ts';

const PROMPT = new Uint8Array([0, 0, ...text('Is the Earth round?')]);
const INFERENCE = `${BOOT}.inference`;

const PAYLOAD: InferPayload = {
  kind: 'infer',
  privacy: 'public',
  modelId: MODEL,
  host: null,
  prompt: { kind: 'inline', blob: PROMPT },
  temperatureMicro: 700_000,
  topPMicro: 1_000_000,
  topK: 20,
  maxTokens: 128,
  maxFeeMicro: 50_000n,
  deadlineBurnBlocks: 2,
  clientNonce: hashOf('nonce').slice(0, 16),
};

function started(): TestChain {
  const chain = new TestChain();
  chain.tenure();
  return chain;
}

function field(value: ClarityValue, name: string): ClarityValue {
  if (value.type !== 'tuple') throw new Error('not a tuple');
  return value.entries.get(name)!;
}

function buff(value: ClarityValue): Uint8Array {
  if (value.type !== 'buffer') throw new Error('not a buffer');
  return value.value;
}

function stored(chain: TestChain, id: bigint): ClarityValue {
  const entry = chain.chain.view(chain.tip.blockId).mapEntry(INFERENCE, 'requests', Cv.uint(id));
  if (entry?.type !== 'some') throw new Error('no such request');
  return entry.value;
}

function escrow(chain: TestChain): bigint {
  const value = chain.chain.view(chain.tip.blockId).dataVar(INFERENCE, 'open-escrow');
  if (value?.type !== 'uint') throw new Error('no escrow');
  return value.value;
}

/** What an honest host commits to. */
function commitment(chain: TestChain, id: bigint): Commitment {
  const request = stored(chain, id);
  const hash = buff(field(request, 'request-hash'));
  const beacon = chain.burnView(101).burnHeaderHash;
  return {
    requestHash: hash,
    model: MODEL,
    seed: samplingSeed(hash, OPERATOR.publicKey, beacon),
    idsRoot: hashOf('ids'),
    sketchRoot: hashOf('sketch'),
    transcriptHash: hashOf('transcript'),
    outputHash: hashOf('output'),
    finish: 'stop',
    promptTokens: 20,
    outputTokens: 100,
    timestampSecs: 1_700_000_100,
  };
}

function certificate(
  chain: TestChain,
  id: bigint,
  verdict: 'valid' | 'invalid',
  signers: readonly (readonly [number, Account])[] = [
    [1, SIGNERS[1]!],
    [2, SIGNERS[2]!],
  ],
): ClarityValue[] {
  const made = commitment(chain, id);
  const { chainId } = chain.network;
  const statement = { commitmentHash: commitmentHash(made), requestId: id, verdict };
  return [
    Cv.uint(id),
    commitmentTuple(made),
    Cv.buffer(signCommitment(made, chainId, OPERATOR.privateKey)),
    Cv.list(
      signers.map(([index, who]) =>
        Cv.tuple({
          index: Cv.uint(index),
          signature: Cv.buffer(signVerdict(statement, chainId, who.privateKey)),
        }),
      ),
    ),
  ];
}

describe('infer payload to settlement', () => {
  it('opens a request: escrow, executor, hashes as @assay/jobs computes them', () => {
    const chain = started();
    const [receipt] = chain.mine(chain.sign(ALICE, PAYLOAD));
    expect(receipt!.vmError).toBe(null);
    expect(clarityValueToString(receipt!.result)).toBe('(ok u1)');
    expect(chain.balanceOf(ALICE.address)).toBe(START - 1_000n - 50_000n);
    expect(chain.balanceOf(INFERENCE)).toBe(50_000n);
    expect(escrow(chain)).toBe(50_000n);
    const request = stored(chain, 1n);
    const user = parsePrincipal(ALICE.address);
    if (!user.ok) throw new Error();
    const hash = requestHash({
      id: 1n,
      user: user.value,
      model: MODEL,
      promptHash: sha256(PROMPT),
      params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 128 },
      maxFeeMicro: 50_000n,
      expiresAt: 103,
      privacy: 0,
      clientNonce: PAYLOAD.clientNonce,
    });
    expect(bytesToHex(buff(field(request, 'request-hash')))).toBe(bytesToHex(hash));
    expect(clarityValueToString(field(request, 'executor'))).toContain(HOST.address);
    const event = receipt!.events.find((e) => e.type === 'contract_event');
    expect(event?.type === 'contract_event' && clarityValueToString(event.value)).toContain(
      'request-opened',
    );
  });

  it('settles with 70 % of the weight: host paid per token, rest refunded', () => {
    const chain = started();
    chain.mine(chain.sign(ALICE, PAYLOAD));
    const before = chain.balanceOf(HOST.address);
    const [receipt] = chain.mine(
      chain.sign(BOB, call(INFERENCE, 'settle', certificate(chain, 1n, 'valid'))),
    );
    expect(receipt!.vmError).toBe(null);
    expect(clarityValueToString(receipt!.result)).toBe('(ok u10200)');
    expect(chain.balanceOf(HOST.address) - before).toBe(9_894n);
    expect(chain.balanceOf(`${BOOT}.judges`)).toBe(306n);
    expect(chain.balanceOf(ALICE.address)).toBe(START - 1_000n - 10_200n);
    expect(chain.balanceOf(INFERENCE)).toBe(0n);
    expect(escrow(chain)).toBe(0n);
  });

  it('refuses certificates that do not carry the weight, and settles only once', () => {
    const chain = started();
    chain.mine(chain.sign(ALICE, PAYLOAD));
    const results = (...signers: (readonly [number, Account])[]): string => {
      const args = certificate(chain, 1n, 'valid', signers);
      return clarityValueToString(
        chain.mine(chain.sign(BOB, call(INFERENCE, 'settle', args)))[0]!.result,
      );
    };
    const [a, b, c] = SIGNERS as [Account, Account, Account];
    expect(results([0, a], [1, b])).toBe('(err u504)');
    expect(results([2, c], [2, c])).toBe('(err u502)');
    expect(results([1, c], [2, c])).toBe('(err u503)');
    expect(results([2, c], [3, a])).toBe('(err u501)');
    expect(results([0, a], [2, c])).toBe('(ok u10200)');
    expect(results([0, a], [2, c])).toBe('(err u321)');
  });

  it('rejects with verdicts of the other kind only', () => {
    const chain = started();
    chain.mine(chain.sign(ALICE, PAYLOAD));
    const send = (fn: string, verdict: 'valid' | 'invalid'): string =>
      clarityValueToString(
        chain.mine(chain.sign(BOB, call(INFERENCE, fn, certificate(chain, 1n, verdict))))[0]!
          .result,
      );
    expect(send('reject', 'valid')).toBe('(err u503)');
    expect(send('settle', 'invalid')).toBe('(err u503)');
    expect(send('reject', 'invalid')).toBe('(ok u50000)');
    expect(chain.balanceOf(ALICE.address)).toBe(START - 1_000n);
  });

  it('expires after the deadline, not before', () => {
    const chain = started();
    chain.mine(chain.sign(ALICE, PAYLOAD));
    const send = (): string =>
      clarityValueToString(
        chain.mine(chain.sign(BOB, call(INFERENCE, 'expire', [Cv.uint(1)])))[0]!.result,
      );
    expect(send()).toBe('(err u322)');
    chain.tenure([], 2);
    expect(send()).toBe('(err u322)');
    chain.tenure();
    expect(send()).toBe('(ok u50000)');
    expect(chain.balanceOf(ALICE.address)).toBe(START - 1_000n);
  });

  it('keeps the fee and nothing else of a request for an unknown model', () => {
    const chain = started();
    const [receipt] = chain.mine(chain.sign(ALICE, { ...PAYLOAD, modelId: hashOf('other') }));
    expect(receipt!.status).toBe('abort_by_response');
    expect(clarityValueToString(receipt!.result)).toBe('(err u301)');
    expect(chain.balanceOf(ALICE.address)).toBe(START - 1_000n);
    expect(chain.nonceOf(ALICE)).toBe(1n);
  });

  it('is the same as an ordinary contract call', () => {
    const native = started();
    const plain = started();
    const [first] = native.mine(native.sign(ALICE, PAYLOAD));
    const [second] = plain.mine(
      plain.sign(
        ALICE,
        call(INFERENCE, 'request', [
          Cv.buffer(MODEL),
          Cv.some(Cv.buffer(PROMPT)),
          Cv.buffer(sha256(PROMPT)),
          Cv.uint(PROMPT.length),
          Cv.tuple({
            temperature: Cv.uint(700_000),
            'top-p': Cv.uint(1_000_000),
            'top-k': Cv.uint(20),
            'max-tokens': Cv.uint(128),
          }),
          Cv.uint(50_000),
          Cv.uint(2),
          Cv.none(),
          Cv.uint(0),
          Cv.buffer(PAYLOAD.clientNonce),
        ]),
      ),
    );
    expect(second!.events).toEqual(first!.events);
    expect(second!.cost).toEqual(first!.cost);
    expect(stored(plain, 1n)).toEqual(stored(native, 1n));
  });
});
