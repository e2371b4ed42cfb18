/**
 * Verdicts of the real judge on real cheats of the fake engine: what an honest signer of the model says
 * about an answer of each kind. Made once; seeds draw from it.
 */
import { Cv } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, type Engine, FakeEngine } from '@assay/engine';
import {
  commitTranscript,
  encodePrompt,
  encodeSketchPart,
  encodeTranscript,
  type InferenceRequest,
  modelId,
  promptHash,
  signCommitment,
  type Transcript,
} from '@assay/jobs';
import { GENERIC_EVIDENCE_SHA256, judge, makeAnswer } from '@assay/verify';

/** How a host answers. */
export type Conduct = 'honest' | 'other-model' | 'edited-text' | 'edited-token' | 'cheap-decode';

export const CHEATS: readonly Conduct[] = [
  'other-model',
  'edited-text',
  'edited-token',
  'cheap-decode',
];

/** What two honest judges, whose numbers differ a little, say of one answer. */
export type Verdicts = readonly ('valid' | 'invalid' | 'abstain')[];

export type Pool = ReadonlyMap<Conduct, readonly Verdicts[]>;

const CHAIN_ID = 0x80000000;
const KEY = sha256(Uint8Array.of(1));
const PUBLIC_KEY = publicKeyFromPrivate(KEY);
const BEACON = sha256(Uint8Array.of(2));
const USER = Cv.principal({ version: 26, hash: new Uint8Array(20), contractName: null });
const TOKENS_MAX = 64;

const truth = new FakeEngine({ weights: 1 });
const cheap = new FakeEngine({ weights: 2 });
/** Honest machines are not equal to the bit. */
const JUDGES: readonly Engine[] = [truth, new FakeEngine({ weights: 1, noise: 0.001 })];
const manifest = describeModel(truth, { name: 'fake', evidenceSha256: GENERIC_EVIDENCE_SHA256 });

/** @param count answers of each kind */
export async function makePool(count: number): Promise<Pool> {
  const pool = new Map<Conduct, Verdicts[]>();
  for (const conduct of ['honest', ...CHEATS] as const) {
    const verdicts: Verdicts[] = [];
    for (let number = 0; number < count; number++) verdicts.push(await judgeOne(conduct, number));
    pool.set(conduct, verdicts);
  }
  return pool;
}

async function judgeOne(conduct: Conduct, number: number): Promise<Verdicts> {
  const prompt = { context: '', prompt: `Question ${number}: is the Earth round?` };
  const promptBlob = encodePrompt(prompt);
  if (USER.type !== 'principal') throw new Error('unreachable');
  const request: InferenceRequest = {
    id: BigInt(number),
    user: { version: USER.version, hash: USER.hash, contractName: null },
    model: modelId(manifest),
    promptHash: promptHash(promptBlob),
    params: { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 20, maxTokens: TOKENS_MAX },
    maxFeeMicro: 1n,
    expiresAt: 100,
    privacy: 0,
    clientNonce: new Uint8Array(16),
  };
  const task = { manifest, request, prompt, hostPublicKey: PUBLIC_KEY, beaconBurnHash: BEACON };
  const engine = conduct === 'other-model' || conduct === 'cheap-decode' ? cheap : truth;
  const random = (size: number) => sha256(Uint8Array.of(number)).slice(0, size);
  const { transcript: made } = await makeAnswer(task, engine, { random, nowSecs: 1 });
  const transcript = await disguised(made, conduct);
  const commitment = commitTranscript(transcript, 1);
  const verdicts: ('valid' | 'invalid' | 'abstain')[] = [];
  for (const judgeEngine of JUDGES) {
    const judged = await judge(
      {
        chainId: CHAIN_ID,
        request,
        hostPublicKey: PUBLIC_KEY,
        beaconBurnHash: BEACON,
        commitment,
        hostSignature: signCommitment(commitment, CHAIN_ID, KEY),
        transcript: encodeTranscript(transcript),
        sketch: encodeSketchPart(transcript),
        promptBlob,
        manifest,
      },
      judgeEngine,
    );
    verdicts.push(judged.verdict);
  }
  return verdicts;
}

async function disguised(transcript: Transcript, conduct: Conduct): Promise<Transcript> {
  if (conduct === 'edited-text') return { ...transcript, text: `${transcript.text} Buy now!` };
  if (conduct === 'edited-token') {
    const outputIds = transcript.outputIds.map((id, i) => (i === 3 ? (id + 1) % 40 : id));
    return { ...transcript, outputIds, text: truth.detokenize(outputIds) };
  }
  if (conduct !== 'cheap-decode') return transcript;
  // Genuine proofs over a cheap model's tokens: one prefill of the true model (prefill-spoof).
  const { sketchOf } = await import('@assay/verify');
  const scores = await truth.score(transcript.promptIds, transcript.outputIds, 20);
  return { ...transcript, sketch: sketchOf(scores, manifest.thresholds.toleranceMicro) };
}
