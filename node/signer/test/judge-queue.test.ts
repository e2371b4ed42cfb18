/**
 * What a signer judges when: nothing it lacks holds up what it has, and what a host promised on another
 * Bitcoin fork accuses nobody.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  commitmentHash,
  encodeReceiptChunk,
  type InferenceRequest,
  type Receipt,
  requestHash,
  samplingSeed,
  signCommitment,
} from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import { signChunk } from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { contractsOf } from '../src/contracts.ts';
import { JudgeQueue } from '../src/judge-queue.ts';
import { Ledger } from '../src/ledger.ts';
import { LIMITS } from '../src/limits.ts';
import type { Finding, JudgedRequest, NodePort } from '../src/ports.ts';
import { SlotWriter } from '../src/slot-writer.ts';

const CHAIN_ID = 0x80000000;
const contracts = contractsOf('ST000000000000000000002AMW42H');
const key = (name: string) => sha256(bytesFromUtf8(name));
const HOST = publicKeyFromPrivate(key('host'));
const TRANSCRIPT = bytesFromUtf8('a transcript');
const OLD_BEACON = key('old beacon');
const NEW_BEACON = key('new beacon');

function requestOf(id: bigint, changes: Partial<InferenceRequest> = {}): InferenceRequest {
  const user = parsePrincipal('ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM');
  if (!user.ok) throw new Error('unreachable');
  return {
    id,
    user: user.value,
    model: key('model'),
    promptHash: key('prompt'),
    params: { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 20, maxTokens: 40 },
    maxFeeMicro: 1_000_000n,
    expiresAt: 200,
    privacy: 0,
    clientNonce: new Uint8Array(16),
    ...changes,
  };
}

/** The host's word on a request as it stood under a beacon. */
function receiptFor(request: InferenceRequest, beacon: Uint8Array): Receipt {
  const hash = requestHash(request);
  const commitment = {
    requestHash: hash,
    model: request.model,
    seed: samplingSeed(hash, HOST, beacon),
    idsRoot: new Uint8Array(32),
    sketchRoot: new Uint8Array(32),
    transcriptHash: sha256(TRANSCRIPT),
    outputHash: new Uint8Array(32),
    finish: 'stop',
    promptTokens: 1,
    outputTokens: 1,
    timestampSecs: 0,
  } as const;
  const hostSignature = signCommitment(commitment, CHAIN_ID, key('host'));
  return { requestId: request.id, commitment, hostSignature, sketchHash: null };
}

function build(requests: ReadonlyMap<bigint, InferenceRequest>) {
  const net = new SimNetwork({ seed: 1 });
  const ledger = new Ledger(new MemoryStore());
  const scored: bigint[] = [];
  const chain = { beacon: NEW_BEACON };
  const node: Partial<NodePort> = {
    currentCycle: async () => 4,
    signerSet: async () => [{ publicKey: publicKeyFromPrivate(key('signer')), weight: 1n }],
    chunk: async () => null,
    writtenSlots: async () => [],
    putChunk: async (_contract, { slotVersion }) => ({
      accepted: true,
      currentVersion: slotVersion,
    }),
    content: async () => TRANSCRIPT,
    putContent: async () => true,
    inferenceRequest: async (id): Promise<JudgedRequest | null> => {
      const request = requests.get(id);
      if (request === undefined) return null;
      const executors = [{ principal: null, hostKey: HOST, endpoint: null }];
      return { request, executors, beaconBurnHash: chain.beacon, prompt: new Uint8Array(1) };
    },
  };
  const found: Finding = { verdict: 'abstain', reason: 'scored', endMicro: null };
  const world = net.world('signer');
  const privateKey = key('signer');
  const queue = new JudgeQueue(
    {
      world,
      node: node as NodePort,
      judge: {
        score: async ({ request }) => {
          scored.push(request.id);
          return found;
        },
        judgeSession: async () => found,
        confirm: () => undefined,
      },
      ledger,
      slots: new SlotWriter(node as NodePort, privateKey),
      contracts,
      log: silentLogger,
    },
    { privateKey, publicKey: publicKeyFromPrivate(privateKey) },
    CHAIN_ID,
  );
  const publish = (...receipts: Receipt[]) => {
    const data = encodeReceiptChunk(receipts);
    queue.onReceiptChunk(signChunk({ slotId: 0, slotVersion: 1, data }, key('host')));
  };
  const verdict = ({ commitment }: Receipt) => ledger.verdict(commitmentHash(commitment));
  return { net, queue, chain, scored, publish, verdict };
}

describe('a receipt for what is not on chain (any more)', () => {
  const first = requestOf(1n);
  const second = requestOf(2n);
  const requests = new Map([
    [1n, first],
    [2n, second],
  ]);

  it.each([
    ['under the beacon of another Bitcoin fork', receiptFor(first, OLD_BEACON)],
    [
      'for another request that had this id',
      receiptFor(requestOf(1n, { clientNonce: new Uint8Array(16).fill(1) }), NEW_BEACON),
    ],
    ['for a request that nobody has', receiptFor(requestOf(3n), NEW_BEACON)],
  ])('%s is no accusation in the end, and holds up no other', async (_what, receipt) => {
    const { net, scored, publish, verdict } = build(requests);
    const good = receiptFor(second, NEW_BEACON);
    publish(receipt, good);
    await net.run(100);
    expect(scored).toEqual([2n]);
    expect(verdict(good)).toMatchObject({ verdict: 'abstain', reason: 'scored' });
    expect(verdict(receipt)).toBeNull();
    await net.run(LIMITS.judgeAttemptsMax * LIMITS.judgeRetryMs);
    expect(verdict(receipt)).toMatchObject({ verdict: 'abstain' });
    expect(scored).toEqual([2n]);
  });

  it('is judged when Bitcoin comes back to the fork it was made on', async () => {
    const { net, chain, scored, publish } = build(requests);
    publish(receiptFor(first, OLD_BEACON));
    await net.run(5_000);
    expect(scored).toEqual([]);
    chain.beacon = OLD_BEACON;
    await net.run(LIMITS.judgeRetryMs);
    expect(scored).toEqual([1n]);
  });

  it('lets what comes in meanwhile be judged at once', async () => {
    const { net, queue, scored, publish } = build(requests);
    publish(receiptFor(first, OLD_BEACON));
    await net.run(LIMITS.judgeRetryMs / 2);
    publish(receiptFor(second, NEW_BEACON));
    await net.run(10);
    expect(scored).toEqual([2n]);
    expect(queue.size).toBe(1);
    await queue.stop();
  });
});
