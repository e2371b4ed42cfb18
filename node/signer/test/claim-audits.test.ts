/** Audits of session claims (docs/protocol.md, sessions): who judges when, and what is said in the end. */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, drawGmV1, type Engine, FakeEngine } from '@assay/engine';
import {
  type ClaimVerdict,
  claimAmountMaxMicro,
  claimHash,
  commitmentHash,
  commitTranscript,
  constraintHash,
  decodeClaimLine,
  encodeClaimLine,
  encodeSessionPrompt,
  encodeSketchPart,
  encodeTranscript,
  encodeVerdictChunk,
  leafCount,
  modelId,
  promptHash,
  receiptsRoot,
  type SessionRequest,
  samplingSeed,
  sessionRequestHash,
  signClaimVerdict,
  signCommitment,
  signSessionRequest,
} from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import { DEFAULT_BOUNDS, GENERIC_EVIDENCE_SHA256, JudgeBook, sketchOf } from '@assay/verify';
import { signChunk } from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { ClaimAudits } from '../src/claim-audits.ts';
import type { ClaimPort, PendingClaim } from '../src/claim-port.ts';
import { contractsOf } from '../src/contracts.ts';
import { engineJudge } from '../src/judge.ts';
import { Ledger } from '../src/ledger.ts';
import { LIMITS } from '../src/limits.ts';
import type { NodePort } from '../src/ports.ts';

const CHAIN_ID = 0x80000000;
const CYCLE = 4;
const contracts = contractsOf('ST000000000000000000002AMW42H');
const key = (name: string) => sha256(bytesFromUtf8(name));
const SIGNERS = ['one', 'two', 'three', 'four'].map((name) => key(`signer ${name}`));
const HOST_KEY = key('host');
const VOUCHER_KEY = key('voucher');
const PROMPT = encodeSessionPrompt({
  content: { messages: [{ role: 'user', content: 'Tell me about the river.' }] },
  prefixIds: [],
});
const ENGINE = new FakeEngine();
const MANIFEST = describeModel(ENGINE, {
  name: 'fake/1',
  evidenceSha256: GENERIC_EVIDENCE_SHA256,
});

/** Answer number `index` with its receipt line, made by `engine` under the name of the model asked for. */
async function answer(index: bigint, engine: Engine, content: Map<string, Uint8Array>) {
  const request: SessionRequest = {
    sessionId: 1n,
    index,
    model: modelId(MANIFEST),
    promptHash: promptHash(PROMPT),
    params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 200 },
    constraintHash: constraintHash(null),
    maxFeeMicro: 100_000n,
    beacon: new Uint8Array(32).fill(7),
    clientNonce: new Uint8Array(16).fill(Number(index)),
  };
  const requestHash = sessionRequestHash(request);
  const seed = samplingSeed(requestHash, publicKeyFromPrivate(HOST_KEY), request.beacon);
  const promptIds = engine.promptIds([{ role: 'user', content: 'Tell me about the river.' }]);
  const made = await engine.generate(promptIds, {
    topK: 20,
    maxTokens: request.params.maxTokens,
    pick: (position, top) => drawGmV1(seed, position, top, request.params).id,
  });
  const transcript = {
    requestHash,
    model: request.model,
    seed,
    finish: made.finish,
    promptIds,
    outputIds: made.tokens.map(({ id }) => id),
    text: made.text,
    sketch: sketchOf(made.tokens, MANIFEST.thresholds.toleranceMicro),
    salts: Array.from({ length: leafCount(made.tokens.length) }, () => new Uint8Array(16)),
  };
  const parts = [encodeTranscript(transcript), encodeSketchPart(transcript)] as const;
  for (const part of [...parts, PROMPT]) content.set(bytesToHex(sha256(part)), part);
  const commitment = commitTranscript(transcript, 1_760_000_000);
  return {
    request,
    signature: signSessionRequest(request, CHAIN_ID, VOUCHER_KEY),
    constraint: null,
    commitment,
    hostSignature: signCommitment(commitment, CHAIN_ID, HOST_KEY),
    sketchHash: sha256(parts[1]),
  };
}

/** A claim over three answers that a host made with `engine`, all of them audited. */
async function claimBy(engine: Engine, judges: readonly number[] = [0, 1, 2]) {
  const content = new Map<string, Uint8Array>();
  const lines = [];
  for (const index of [1n, 2n, 3n]) lines.push(await answer(index, engine, content));
  const root = receiptsRoot(lines.map(({ commitment }) => commitmentHash(commitment)));
  const claim = { sessionId: 1n, from: 0n, to: 3n, amountMicro: 9n, receiptsRoot: root };
  const pending: PendingClaim = {
    claim,
    hash: claimHash(claim),
    cycle: CYCLE,
    session: {
      id: 1n,
      user: 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
      host: 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
      hostKey: publicKeyFromPrivate(HOST_KEY),
      model: modelId(MANIFEST),
      voucherKey: publicKeyFromPrivate(VOUCHER_KEY),
      prices: { inputMicro: 1n, cachedMicro: 1n, outputMicro: 1n },
      depositMicro: 100n,
      claimedMicro: 9n,
      claimedRequests: 3n,
      expiresAt: 1_000,
      isOpen: true,
    },
    endpoint: 'http://host',
    draw: { lots: new Uint8Array(32).fill(9), rateMicro: 1_000_000n, judges },
  };
  return { content, lines: lines.map(encodeClaimLine), pending };
}

type Claimed = Awaited<ReturnType<typeof claimBy>>;

/** Signer 0 looking at one claim. */
function scene({ content, lines, pending }: Claimed, store = new MemoryStore()) {
  const net = new SimNetwork({ seed: 1 });
  const world = net.world('signer');
  const ledger = new Ledger(store);
  let shown = 0;
  const claims: ClaimPort = {
    pending: async () => [pending],
    async *receipts() {
      shown += 1;
      yield* lines;
    },
    content: async (_claim, _kind, hash) => content.get(bytesToHex(hash)) ?? null,
  };
  const slots = new Map<number, Uint8Array>();
  const node = {
    currentCycle: async () => CYCLE,
    signerSet: async () =>
      SIGNERS.map((privateKey) => ({ publicKey: publicKeyFromPrivate(privateKey), weight: 1n })),
    chunk: async (_contract: string, slotId: number) => {
      const data = slots.get(slotId);
      return data === undefined
        ? null
        : signChunk({ slotId, slotVersion: 1, data }, SIGNERS[slotId]!);
    },
  } as unknown as NodePort;
  const bounds = { ...DEFAULT_BOUNDS, auditsMin: 0 };
  const models = [{ manifest: MANIFEST, engine: new FakeEngine() }];
  const judge = engineJudge({
    chainId: CHAIN_ID,
    models,
    book: new JudgeBook(new MemoryStore(), bounds),
  });
  const keys = { privateKey: SIGNERS[0]!, publicKey: publicKeyFromPrivate(SIGNERS[0]!) };
  const deps = { world, node, claims, judge, ledger, contracts, log: silentLogger };
  const audits = new ClaimAudits(deps, keys, CHAIN_ID);
  return {
    look: async () => (await audits.look([pending])).has(CYCLE),
    /** In whose slots something new was said. */
    cycles: () => audits.look([pending]),
    verdict: () => ledger.claim(pending.hash)?.verdict ?? null,
    shown: () => shown,
    /** Another signer says this about the claim; signed by `by`. */
    say: (index: number, verdict: ClaimVerdict['verdict'], by = SIGNERS[index]!) => {
      const said = { claimHash: pending.hash, verdict };
      const signature = signClaimVerdict(said, CHAIN_ID, by);
      const chunk = { sealKey: null, entries: [], claims: [{ ...said, signature }], disputes: [] };
      slots.set(index, encodeVerdictChunk(chunk));
    },
  };
}

/** Says that it runs the model that was asked for, and runs another. */
const CHEAT = new FakeEngine({ weights: 2 });

describe('a claim whose audit is drawn', () => {
  it('is called valid by a drawn judge, once, when all audited answers are', async () => {
    const one = scene(await claimBy(ENGINE));
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('valid');
    expect(await one.look()).toBe(false);
    expect(one.shown()).toBe(1);
  });

  it('is called invalid when an audited answer is false', async () => {
    const one = scene(await claimBy(CHEAT));
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('invalid');
  });

  it.each([
    ['a receipt is missing', (one: Claimed) => ({ ...one, lines: one.lines.slice(1) })],
    [
      'receipts are in another order',
      (one: Claimed) => ({ ...one, lines: [...one.lines].reverse() }),
    ],
    ['lines are no receipts', (one: Claimed) => ({ ...one, lines: ['{}', '{}', '{}'] })],
    ['transcripts are missing', (one: Claimed) => ({ ...one, content: new Map() })],
  ])('is called withheld when %s, however often it is asked for', async (_what, change) => {
    const one = scene(change(await claimBy(ENGINE)));
    for (let attempt = 1; attempt < LIMITS.claimAttemptsMax; attempt++) {
      expect(await one.look()).toBe(false);
    }
    expect(one.verdict()).toBeNull();
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('withheld');
  });
});

describe('a claim of more than its receipts account for', () => {
  /** Prices are one micro-STX per token. */
  async function claimOf(excessMicro: bigint) {
    const claimed = await claimBy(ENGINE);
    const lines = claimed.lines.map((text) => {
      const line = decodeClaimLine(1n, text);
      if (!line.ok) throw new Error(line.error.message);
      return { ...line.value.commitment, maxFeeMicro: line.value.request.maxFeeMicro };
    });
    const mostMicro = claimAmountMaxMicro(claimed.pending.session.prices, lines);
    const claim = { ...claimed.pending.claim, amountMicro: mostMicro + excessMicro };
    return { ...claimed, pending: { ...claimed.pending, claim, hash: claimHash(claim) } };
  }

  it('is called withheld, at once', async () => {
    const one = scene(await claimOf(1n));
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('withheld');
  });

  it('and of as much as they account for is none', async () => {
    const one = scene(await claimOf(0n));
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('valid');
  });
});

describe('a signer that was not drawn', () => {
  const others = [1, 2, 3];

  it('leaves a claim to the drawn judges, also when they call it valid', async () => {
    const one = scene(await claimBy(ENGINE, others));
    one.say(1, 'valid');
    expect(await one.look()).toBe(false);
    expect(one.shown()).toBe(0);
  });

  it('judges for itself when a drawn judge found something', async () => {
    const one = scene(await claimBy(ENGINE, others));
    one.say(1, 'invalid');
    expect(await one.look()).toBe(true);
    expect(one.verdict()).toBe('valid');
  });

  it('does not listen to a word that the judge did not sign', async () => {
    const one = scene(await claimBy(ENGINE, others));
    one.say(1, 'invalid', key('somebody'));
    expect(await one.look()).toBe(false);
  });
});

describe('a claim of another cycle', () => {
  it.each([
    ['the one before: its judges still have slots', CYCLE - 1, true],
    ['an older one: nobody would hear', CYCLE - 2, false],
  ])('is judged in %s', async (_what, cycle, isJudged) => {
    const claimed = await claimBy(ENGINE);
    const one = scene({ ...claimed, pending: { ...claimed.pending, cycle } });
    expect(await one.cycles()).toEqual(new Set(isJudged ? [cycle] : []));
  });
});

describe('nobody judges', () => {
  it('before the audit is drawn', async () => {
    const claimed = await claimBy(ENGINE);
    const one = scene({ ...claimed, pending: { ...claimed.pending, draw: null } });
    expect(await one.look()).toBe(false);
    expect(one.shown()).toBe(0);
  });

  it('a claim of its own', async () => {
    const claimed = await claimBy(ENGINE);
    const session = { ...claimed.pending.session, hostKey: publicKeyFromPrivate(SIGNERS[0]!) };
    const one = scene({ ...claimed, pending: { ...claimed.pending, session } });
    expect(await one.look()).toBe(false);
  });
});
