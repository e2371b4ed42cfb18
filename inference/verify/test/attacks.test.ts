/**
 * The attacks of verification.md 1 that need more than one answer, more than one host or more than one
 * judge; the single-answer ones are in judge.test.ts. Numbers in the names are those of the list. Where
 * an attack is on money and not on the judgement, its test stands with the contracts: (13) nothing is
 * minted per request.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { type Engine, FakeEngine } from '@assay/engine';
import {
  type Commitment,
  commitmentHash,
  requestHash,
  samplingSeed,
  signCommitment,
  type Transcript,
} from '@assay/jobs';
import { MemoryStore } from '@assay/store';
import { describe, expect, it } from 'vitest';
import {
  JudgeBook,
  judge,
  makeAnswer,
  scoreAnswer,
  sketchEvidenceMicro,
  sketchOf,
} from '../src/index.ts';
import { prefillSpoof, resketch, speculative, swapModel } from './cheats.ts';
import {
  answerHonestly,
  BEACON,
  CHAIN_ID,
  createScene,
  HOST_PUBLIC,
  type Scene,
  submit,
} from './scene.ts';

const host = new FakeEngine({ noise: 0.001, machine: 1 });
const judgeEngine = new FakeEngine({ noise: 0.001, machine: 2 });
const scene = createScene(host, { params: { maxTokens: 64 } });

const verdictOf = async (transcript: Transcript, at: Scene = scene) =>
  judge(submit(at, transcript), judgeEngine);

/** A host that cheats in every n-th answer, before a judge that remembers. Answers until conviction. */
async function untilConvicted(
  cheat: (at: Scene) => Promise<Transcript>,
  options: { readonly every: number; readonly answersMax: number },
): Promise<number | null> {
  const book = new JudgeBook(new MemoryStore(), { auditsMin: 0, strongPerThousandMax: 1 });
  for (let number = 0; number < options.answersMax; number++) {
    const at = createScene(host, { number, params: { maxTokens: 48 } });
    const isCheat = number % options.every === options.every - 1;
    const transcript = isCheat ? await cheat(at) : await answerHonestly(at, host);
    const submission = submit(at, transcript);
    const judged = await judge(submission, judgeEngine);
    const ruling = book.enter({
      judged,
      manifest: at.manifest,
      hostPublicKey: HOST_PUBLIC,
      commitmentHash: commitmentHash(submission.commitment),
    });
    if (ruling.verdict !== 'invalid') continue;
    if (!isCheat) throw new Error(`an honest answer was convicted: ${ruling.reasons[0]?.message}`);
    return number + 1;
  }
  return null;
}

describe('attacks that need many answers', () => {
  it('(5) a cheap model in one answer of five, own sketches', async () => {
    const cheap = new FakeEngine({ quantisation: 0.05, noise: 0.001, machine: 1 });
    const at = await untilConvicted((one) => swapModel(one, cheap), { every: 5, answersMax: 60 });
    expect(at).not.toBeNull();
  });

  it('(4)(5) prefill-spoof in one answer of five', async () => {
    const cheap = new FakeEngine({ quantisation: 0.3, noise: 0.001, machine: 1 });
    const spoof = (one: Scene) => prefillSpoof(one, cheap, host);
    expect(await untilConvicted(spoof, { every: 5, answersMax: 100 })).not.toBeNull();
  });

  it('(5) an honest host passes as many', async () => {
    const honest = (one: Scene) => answerHonestly(one, host);
    expect(await untilConvicted(honest, { every: 5, answersMax: 60 })).toBeNull();
  });
});

describe('attacks below the weights', () => {
  it('(3) a quantised cache: no answer of its own need show it, the record of the host does', async () => {
    const lossyCache = new FakeEngine({ noise: 0.02, machine: 1 });
    const at = await untilConvicted((one) => swapModel(one, lossyCache), {
      every: 1,
      answersMax: 60,
    });
    expect(at).not.toBeNull();
  });
});

describe('attacks on the seed', () => {
  it('(10) seed grinding: nothing that a host chooses after the request changes the seed', async () => {
    const task = { ...scene, hostPublicKey: HOST_PUBLIC, beaconBurnHash: BEACON };
    const seeds = new Set<string>();
    for (let n = 0; n < 8; n++) {
      const made = await makeAnswer(task, host, {
        random: (size) => new Uint8Array(size).fill(n),
        nowSecs: n,
      });
      seeds.add(String(made.commitment.seed));
    }
    expect(seeds.size).toBe(1);
    expect(samplingSeed(requestHash(scene.request), HOST_PUBLIC, BEACON)).toEqual(
      samplingSeed(requestHash(scene.request), HOST_PUBLIC, Uint8Array.from(BEACON)),
    );
  });

  it('(10) a beacon of its own choice, signed as if it were the chain’s', async () => {
    const other = sha256(bytesFromUtf8('a friendlier block'));
    const made = await makeAnswer(
      { ...scene, hostPublicKey: HOST_PUBLIC, beaconBurnHash: other },
      host,
      { random: (size) => new Uint8Array(size).fill(7), nowSecs: 1 },
    );
    const judged = await verdictOf(made.transcript);
    expect(judged).toMatchObject({ verdict: 'invalid', reasons: [{ code: 'verify/seed' }] });
  });

  it('(11) copying another host’s answer: its tokens were drawn under another key', async () => {
    const otherKey = sha256(bytesFromUtf8('another host'));
    const others = await makeAnswer(
      { ...scene, hostPublicKey: publicKeyFromPrivate(otherKey), beaconBurnHash: BEACON },
      host,
      { random: (size) => new Uint8Array(size).fill(7), nowSecs: 1 },
    );
    const asItWas = await verdictOf(others.transcript);
    expect(asItWas).toMatchObject({ verdict: 'invalid', reasons: [{ code: 'verify/seed' }] });
    const seed = samplingSeed(requestHash(scene.request), HOST_PUBLIC, BEACON);
    const dressedUp = await verdictOf(await resketch({ ...others.transcript, seed }, host));
    expect(dressedUp.verdict).toBe('invalid');
  });

  it('(11) another host’s signed commitment is not the executor’s', async () => {
    const honest = submit(scene, await answerHonestly(scene, host));
    const commitment: Commitment = honest.commitment;
    const hostSignature = signCommitment(commitment, CHAIN_ID, sha256(bytesFromUtf8('another')));
    const judged = await judge({ ...honest, hostSignature }, judgeEngine);
    expect(judged).toMatchObject({ verdict: 'abstain', reasons: [{ code: 'verify/signature' }] });
  });

  it('(13) a client that grinds its nonce for its host: what passes is the true model’s answer', async () => {
    const exact = new FakeEngine();
    const cheap = new FakeEngine({ quantisation: 0.3 });
    let passed = 0;
    for (let nonce = 0; nonce < 40; nonce++) {
      const base = createScene(exact, { params: { maxTokens: 4 } });
      const clientNonce = new Uint8Array(16).fill(nonce);
      const at: Scene = { ...base, request: { ...base.request, clientNonce } };
      const spoof = await prefillSpoof(at, cheap, exact);
      const judged = await judge(submit(at, spoof), exact);
      const honest = await answerHonestly(at, exact);
      const isTrue = String(spoof.outputIds) === String(honest.outputIds);
      if (isTrue) passed += 1;
      expect(judged.statistics?.evidence.peakMicro === 0 && judged.verdict === 'valid').toBe(
        isTrue,
      );
    }
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThan(40);
  });
});

describe('(12) judges that did no work, by the statistic that judges hosts', () => {
  const INVALID = scene.manifest.thresholds.invalidMicro;

  /** What another signer finds about the sketch that a judge committed to before the host opened its own. */
  async function foundAbout(sketch: (honest: Transcript) => Promise<Uint8Array>): Promise<number> {
    const honest = await answerHonestly(scene, host);
    const scored = await scoreAnswer(submit(scene, honest), judgeEngine);
    if ('verdict' in scored) throw new Error('an honest answer is scored');
    return sketchEvidenceMicro(scored, await sketch(honest));
  }
  const sketchedBy = (engine: Engine) => async (honest: Transcript) =>
    sketchOf(
      await engine.score(honest.promptIds, honest.outputIds, 20),
      scene.manifest.thresholds.toleranceMicro,
    );

  it('(12) a judge on a machine of its own passes', async () => {
    const machine = new FakeEngine({ noise: 0.001, machine: 5 });
    expect(await foundAbout(sketchedBy(machine))).toBeLessThan(3_000_000);
  });

  it('(12) a lazy judge: zeros, or the sketch of another answer', async () => {
    expect(await foundAbout(async ({ sketch }) => new Uint8Array(sketch.length))).toBeGreaterThan(
      INVALID,
    );
    expect(await foundAbout(async ({ sketch }) => sketch.toReversed())).toBeGreaterThan(INVALID);
    expect(await foundAbout(async () => new Uint8Array(5))).toBeGreaterThan(INVALID);
  });

  it('(12) a judge with a cheaper model', async () => {
    const cheap = new FakeEngine({ quantisation: 0.3 });
    expect(await foundAbout(sketchedBy(cheap))).toBeGreaterThan(INVALID);
  });
});

describe('what is allowed, and what only looks allowed', () => {
  it('(14) speculative decoding is accepted: the same text, token for token', async () => {
    const draft = new FakeEngine({ quantisation: 0.3 });
    for (let number = 0; number < 4; number++) {
      const at = createScene(host, { number, params: { maxTokens: 32 } });
      const { transcript, drafted, accepted } = await speculative(at, draft, host);
      expect(transcript.outputIds).toEqual((await onPrefill(at, host)).outputIds);
      expect(accepted).toBeGreaterThan(drafted / 4);
      expect(await verdictOf(transcript, at)).toMatchObject({ verdict: 'valid', reasons: [] });
    }
  });

  it('(15) tokenisation games: the same text in other ids', async () => {
    const honest = await answerHonestly(scene, host);
    const bytes = [...bytesFromUtf8(honest.text)].map((byte) => 3 + byte);
    const end = honest.outputIds.at(-1)!;
    const isEnded = host.info.eosIds.includes(end);
    const outputIds = isEnded ? [...bytes.slice(0, 90), end] : bytes.slice(0, 90);
    const text = host.detokenize(outputIds);
    const spelled = await resketch({ ...honest, outputIds, text }, host);
    const judged = await verdictOf(spelled);
    expect(judged.verdict).toBe('invalid');
    expect(judged.reasons[0]!.code).toMatch(/verify\/(impossible|length)/);
  });

  it('(15) one word spelled in bytes, in an answer that is right otherwise', async () => {
    const honest = await answerHonestly(scene, host);
    const at = honest.outputIds.findIndex((id) => host.detokenize([id]).length > 2);
    const spelled = [...bytesFromUtf8(host.detokenize([honest.outputIds[at]!]))].map((b) => 3 + b);
    const outputIds = honest.outputIds.toSpliced(at, 1, ...spelled);
    expect(host.detokenize(outputIds)).toBe(honest.text);
    const judged = await verdictOf(await resketch({ ...honest, outputIds }, host));
    expect(judged.verdict).toBe('invalid');
  });

  it('(7) a context that is cut short behind the right prompt ids', async () => {
    const long = createScene(host, {
      prompt: { context: 'Answer as a pirate, in one sentence, about the sea.', prompt: 'And?' },
    });
    const cut = { ...long, prompt: { ...long.prompt, context: 'Answer as a pirate' } };
    const honest = await answerHonestly(long, host);
    const answered = await answerHonestly(cut, host);
    const judged = await verdictOf({ ...answered, promptIds: honest.promptIds }, long);
    expect(judged.verdict).toBe('invalid');
  });
});

/** The honest answer as a prefill sees it: what a host with one kernel for both would say. */
async function onPrefill(at: Scene, engine: Engine): Promise<Transcript> {
  const { transcript } = await speculative(at, engine, engine);
  return transcript;
}
