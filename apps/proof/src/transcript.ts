/**
 * The transcript: its ids part and its sketch part, fetched by hash from the node or from the host, and
 * held against every root and count of the commitment; the text shown to the user must be the one that
 * was committed. Then the openings of the judges: whether each had a sketch of its own.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import {
  type Commitment,
  commitmentHash,
  commitmentRoot,
  decodeLogprob,
  decodeOpening,
  decodeSketchPart,
  decodeTranscript,
  idsLeaves,
  outputHash,
  SKETCH_BYTES,
  sketchRootOf,
  type TranscriptIds,
  transcriptHash,
} from '@assay/jobs';
import type { Checks, JudgeSketch } from './checks.ts';
import type { InferResult } from './infer-result.ts';
import type { NodeSource } from './node-source.ts';
import type { Reading } from './sealed.ts';
import { fetchBytes, hexBytes, type Signer } from './sources.ts';

/** From the node's content store, else from the host; null when nobody has it any more. */
async function fetchContent(
  node: NodeSource,
  hash: Uint8Array,
  hostEndpoint: string | null,
): Promise<Uint8Array | null> {
  const name = bytesToHex(hash);
  const stored = await fetchBytes(node, `/v2/content/${name}`);
  if (stored !== null || hostEndpoint === null || !/^https?:\/\//.test(hostEndpoint)) return stored;
  try {
    return await fetchBytes(node.at(hostEndpoint), `/transcripts/${name}`);
  } catch {
    return null; // The host is gone; that is no fault of its answer.
  }
}

export interface CheckedTranscript {
  /** The ids part. */
  readonly bytes: Uint8Array;
  /** The box it came in, when it was sealed: its hash is in the commitment. */
  readonly sealed: Uint8Array | null;
  readonly ids: TranscriptIds;
  /** The sketch part; null when nobody has it any more. */
  readonly sketch: Uint8Array | null;
  /** Openings of judges that fit. */
  readonly judges: readonly JudgeSketch[];
}

export interface TranscriptInput {
  readonly commitment: Commitment;
  readonly result: InferResult;
  /** Null: sealed, and nobody here can open it. */
  readonly reading: Reading | null;
  /** Of the verdicts, by index. */
  readonly signers: readonly Signer[];
}

/** @returns null when nobody has the transcript, or nobody here can read it: no fault of the answer */
export async function checkTranscript(
  node: NodeSource,
  checks: Checks,
  { commitment, result, reading, signers }: TranscriptInput,
): Promise<CheckedTranscript | null> {
  const what = 'the transcript is the one that was committed';
  const endpoint = result.request?.executor_endpoint ?? null;
  const stored = await fetchContent(node, commitment.transcriptHash, endpoint);
  if (stored === null) {
    checks.skip(what, 'neither the node nor the host has it any more');
    return null;
  }
  if (!bytesEqual(transcriptHash(stored), commitment.transcriptHash)) {
    checks.need(what, null, 'its bytes have another hash');
  }
  if (reading === null) {
    const sealed = 'the sealed transcript is the one that was committed';
    checks.expect(sealed, true, `${stored.length} bytes`);
    return null;
  }
  const bytes = checks.need(
    what,
    await reading.open('transcript', stored),
    'it is not sealed as agreed',
  );
  const decoded = decodeTranscript(bytes);
  const transcript = checks.need(
    what,
    decoded.ok ? decoded.value : null,
    'its bytes are malformed',
  );
  checks.expect(
    what,
    isCommitted(transcript, commitment),
    `token ids, text and counts; ${bytes.length} bytes`,
  );
  // Nobody but the holders of a key can show the text of a sealed answer.
  if (!reading.isSealed) {
    checks.expect(
      'the answer shown is the text of the transcript',
      result.output === transcript.text,
      `SHA-256 ${bytesToHex(commitment.outputHash)}`,
    );
  }
  const shown = await checkSketch(node, checks, { commitment, result, reading, signers });
  return { bytes, sealed: reading.isSealed ? stored : null, ids: transcript, ...shown };
}

interface SketchInput {
  readonly commitment: Commitment;
  readonly result: InferResult;
  readonly reading: Reading;
  readonly signers: readonly Signer[];
}

function isCommitted(transcript: TranscriptIds, commitment: Commitment): boolean {
  const { outputIds, promptIds, text, blinding } = transcript;
  return (
    bytesEqual(transcript.requestHash, commitment.requestHash) &&
    bytesEqual(transcript.model, commitment.model) &&
    bytesEqual(transcript.seed, commitment.seed) &&
    bytesEqual(commitmentRoot(idsLeaves(outputIds, blinding)), commitment.idsRoot) &&
    bytesEqual(outputHash(text, blinding), commitment.outputHash) &&
    transcript.finish === commitment.finish &&
    promptIds.length === commitment.promptTokens &&
    outputIds.length === commitment.outputTokens
  );
}

async function checkSketch(
  node: NodeSource,
  checks: Checks,
  input: SketchInput,
): Promise<Pick<CheckedTranscript, 'sketch' | 'judges'>> {
  const { commitment, result, reading } = input;
  const nothing = { sketch: null, judges: [] };
  const what = 'the sketch opened is the one that was committed';
  const hash = hexBytes(result.sketch_hash, 32);
  const endpoint = result.request?.executor_endpoint ?? null;
  const stored = hash === null ? null : await fetchContent(node, hash, endpoint);
  if (stored === null) {
    checks.skip(what, 'neither the node nor the host has it any more');
    return nothing;
  }
  const bytes = (await reading.open('sketch', stored)) ?? new Uint8Array(0);
  const part = decodeSketchPart(bytes);
  const isRight =
    part.ok &&
    part.value.sketch.length === SKETCH_BYTES * commitment.outputTokens &&
    bytesEqual(sketchRootOf(part.value), commitment.sketchRoot);
  checks.expect(what, isRight, `five codes per token; ${bytes.length} bytes`);
  if (!part.ok || !isRight) return nothing;
  return { sketch: bytes, judges: await checkJudges(node, checks, part.value.sketch, input) };
}

/** Mean difference of two machines with the same weights stays far below; other numbers far above. */
const AGREEMENT_NATS = 0.25;

/**
 * Judges that said "valid" had committed to a sketch before the host opened its own. One that shows
 * none, or one unlike the host's, has not worked; the answer may be good all the same.
 */
async function checkJudges(
  node: NodeSource,
  checks: Checks,
  hostSketch: Uint8Array,
  { commitment, result, reading, signers }: SketchInput,
): Promise<JudgeSketch[]> {
  const what = 'the judges made sketches of their own, and they agree';
  const shown = new Map<number, string>();
  const sketches = new Map<number, JudgeSketch>();
  const missing = new Set<number>();
  for (const { signer_index: index, verdict, blind } of result.verdicts ?? []) {
    if (verdict !== 'valid') continue;
    const hash = hexBytes(blind, 32);
    const stored = hash === null ? null : await fetchContent(node, hash, null);
    const isBound = stored !== null && bytesEqual(transcriptHash(stored), hash!);
    const author = signers[index]?.publicKey;
    const bytes = isBound ? await reading.open('opening', stored, author) : null;
    const opening = bytes === null ? null : decodeOpening(bytes);
    const isIts =
      opening?.ok === true && bytesEqual(opening.value.commitmentHash, commitmentHash(commitment));
    const nats = isIts ? meanDifference(opening.value.sketch, hostSketch) : null;
    if (nats === null || nats > AGREEMENT_NATS) missing.add(index);
    else shown.set(index, `${index}: ${nats.toFixed(4)}`);
    if (isIts && nats !== null) {
      const { sketch } = opening.value;
      sketches.set(index, {
        signer: index,
        logprobs: sampledLogprobs(sketch),
        apart: codesApart(sketch, hostSketch),
      });
    }
  }
  if (missing.size > 0) {
    checks.skip(what, `signer ${[...missing].join(', ')} showed no sketch that fits`);
  } else if (shown.size > 0) {
    const distances = [...shown.values()].join(', ');
    checks.expect(what, true, `mean distance in nats, by signer: ${distances}`);
  }
  return [...sketches.values()];
}

/** The absolute codes of a sketch, nats. */
export function sampledLogprobs(sketch: Uint8Array): number[] {
  return Array.from({ length: sketch.length / SKETCH_BYTES }, (_, i) =>
    decodeLogprob(sketch[i * SKETCH_BYTES]!),
  );
}

/** Fine codes repeat after 256: the shorter way round. */
function codesApart(a: Uint8Array, b: Uint8Array): number[] {
  return Array.from({ length: a.length / SKETCH_BYTES }, (_, i) => {
    const ranks = Array.from({ length: SKETCH_BYTES - 1 }, (_, rank) => {
      const at = i * SKETCH_BYTES + 1 + rank;
      const way = (a[at]! - b[at]!) & 255;
      return Math.min(way, 256 - way);
    });
    return Math.max(...ranks);
  });
}

/** Of the sampled tokens' logprobs; null when the lengths differ. */
function meanDifference(a: Uint8Array, b: Uint8Array): number | null {
  if (a.length !== b.length) return null;
  let sum = 0;
  for (let i = 0; i < a.length; i += SKETCH_BYTES) {
    sum += Math.abs(decodeLogprob(a[i]!) - decodeLogprob(b[i]!));
  }
  return a.length === 0 ? 0 : (sum * SKETCH_BYTES) / a.length;
}
