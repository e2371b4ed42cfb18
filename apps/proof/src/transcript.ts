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
import type { Checks } from './checks.ts';
import type { InferResult } from './infer-result.ts';
import type { NodeSource } from './node-source.ts';
import type { Settlement } from './settlement.ts';
import { fetchBytes, hexBytes } from './sources.ts';

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
  /** The sketch part; null when nobody has it any more. */
  readonly sketch: Uint8Array | null;
}

/** @returns null when nobody has the transcript; that is no fault of the answer */
export async function checkTranscript(
  node: NodeSource,
  checks: Checks,
  { commitment }: Settlement,
  result: InferResult,
): Promise<CheckedTranscript | null> {
  const what = 'the transcript is the one that was committed';
  const endpoint = result.request?.executor_endpoint ?? null;
  const bytes = await fetchContent(node, commitment.transcriptHash, endpoint);
  if (bytes === null) {
    checks.skip(what, 'neither the node nor the host has it any more');
    return null;
  }
  if (!bytesEqual(transcriptHash(bytes), commitment.transcriptHash)) {
    checks.need(what, null, 'its bytes have another hash');
  }
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
  checks.expect(
    'the answer shown is the text of the transcript',
    result.output === transcript.text,
    `SHA-256 ${bytesToHex(commitment.outputHash)}`,
  );
  return { bytes, sketch: await checkSketch(node, checks, commitment, result) };
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
  commitment: Commitment,
  result: InferResult,
): Promise<Uint8Array | null> {
  const what = 'the sketch opened is the one that was committed';
  const hash = hexBytes(result.sketch_hash, 32);
  const endpoint = result.request?.executor_endpoint ?? null;
  const bytes = hash === null ? null : await fetchContent(node, hash, endpoint);
  if (bytes === null) {
    checks.skip(what, 'neither the node nor the host has it any more');
    return null;
  }
  const part = decodeSketchPart(bytes);
  const isRight =
    part.ok &&
    part.value.sketch.length === SKETCH_BYTES * commitment.outputTokens &&
    bytesEqual(sketchRootOf(part.value), commitment.sketchRoot);
  checks.expect(what, isRight, `five logprobs per token; ${bytes.length} bytes`);
  if (!part.ok || !isRight) return null;
  await checkJudges(node, checks, { commitment, sketch: part.value.sketch }, result);
  return bytes;
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
  host: { readonly commitment: Commitment; readonly sketch: Uint8Array },
  result: InferResult,
): Promise<void> {
  const what = 'the judges made sketches of their own, and they agree';
  const shown = new Map<number, string>();
  const missing = new Set<number>();
  for (const { signer_index: index, verdict, blind } of result.verdicts ?? []) {
    if (verdict !== 'valid') continue;
    const hash = hexBytes(blind, 32);
    const bytes = hash === null ? null : await fetchContent(node, hash, null);
    const opening = bytes === null ? null : decodeOpening(bytes);
    const isIts =
      opening?.ok === true &&
      bytesEqual(transcriptHash(bytes!), hash!) &&
      bytesEqual(opening.value.commitmentHash, commitmentHash(host.commitment));
    const nats = isIts ? meanDifference(opening.value.sketch, host.sketch) : null;
    if (nats === null || nats > AGREEMENT_NATS) missing.add(index);
    else shown.set(index, `${index}: ${nats.toFixed(4)}`);
  }
  if (missing.size > 0) {
    checks.skip(what, `signer ${[...missing].join(', ')} showed no sketch that fits`);
  } else if (shown.size > 0) {
    const distances = [...shown.values()].join(', ');
    checks.expect(what, true, `mean distance in nats, by signer: ${distances}`);
  }
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
