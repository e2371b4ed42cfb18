/** An honest answer and its submission, with doors for every kind of cheat. Tests and evaluation only. */
import { bytesFromUtf8 } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, type Engine } from '@assay/engine';
import {
  type Commitment,
  commitTranscript,
  encodePrompt,
  encodeSketchPart,
  encodeTranscript,
  type InferenceRequest,
  type ModelManifest,
  modelId,
  type Prompt,
  promptHash,
  type SamplingParams,
  signCommitment,
  type Transcript,
} from '@assay/jobs';
import { GENERIC_EVIDENCE_SHA256, makeAnswer, type Submission } from '../src/index.ts';

export const CHAIN_ID = 0x80000000;
export const HOST_KEY: Uint8Array = sha256(bytesFromUtf8('host'));
export const HOST_PUBLIC: Uint8Array = publicKeyFromPrivate(HOST_KEY);
export const BEACON: Uint8Array = sha256(bytesFromUtf8('beacon'));

export interface Scene {
  readonly manifest: ModelManifest;
  readonly prompt: Prompt;
  readonly request: InferenceRequest;
}

export interface SceneOptions {
  readonly params?: Partial<SamplingParams>;
  readonly number?: number;
  readonly prompt?: Prompt;
  readonly manifest?: ModelManifest;
}

const USER = Cv.principal({ version: 26, hash: new Uint8Array(20), contractName: null });

export function createScene(engine: Engine, about: SceneOptions = {}): Scene {
  const manifest =
    about.manifest ??
    describeModel(engine, { name: 'test', evidenceSha256: GENERIC_EVIDENCE_SHA256 });
  const number = about.number ?? 0;
  const prompt = about.prompt ?? {
    context: 'Be brief.',
    prompt: `Question ${number}: is the Earth round?`,
  };
  if (USER.type !== 'principal') throw new Error('unreachable');
  const request: InferenceRequest = {
    id: BigInt(number),
    user: { version: USER.version, hash: USER.hash, contractName: null },
    model: modelId(manifest),
    promptHash: promptHash(encodePrompt(prompt)),
    params: {
      temperatureMicro: 1_000_000,
      topPMicro: 1_000_000,
      topK: 20,
      maxTokens: 96,
      ...about.params,
    },
    maxFeeMicro: 1n,
    expiresAt: 100,
    privacy: 0,
    clientNonce: new Uint8Array(16),
  };
  return { manifest, prompt, request };
}

/** What an honest host on `engine` would answer. */
export async function answerHonestly(scene: Scene, engine: Engine): Promise<Transcript> {
  const task = { ...scene, hostPublicKey: HOST_PUBLIC, beaconBurnHash: BEACON };
  const made = await makeAnswer(task, engine, {
    random: (size) => new Uint8Array(size).fill(7),
    nowSecs: 1,
  });
  return made.transcript;
}

/** Signs and submits any transcript, true or not. `forge` edits the commitment before signing. */
export function submit(
  scene: Scene,
  transcript: Transcript,
  forge: Partial<Commitment> = {},
): Submission {
  const commitment = { ...commitTranscript(transcript, 1), ...forge };
  return {
    chainId: CHAIN_ID,
    request: scene.request,
    hostPublicKey: HOST_PUBLIC,
    beaconBurnHash: BEACON,
    commitment,
    hostSignature: signCommitment(commitment, CHAIN_ID, HOST_KEY),
    transcript: encodeTranscript(transcript),
    sketch: encodeSketchPart(transcript),
    promptBlob: encodePrompt(scene.prompt),
    manifest: scene.manifest,
  };
}
