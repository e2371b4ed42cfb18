/**
 * The transcript: fetched by its hash from the node or from the host, and held against every root and
 * count of the commitment. The text shown to the user must be the one that was committed.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import {
  commitmentHash,
  commitTranscript,
  decodeTranscript,
  type Transcript,
  transcriptHash,
} from '@assay/jobs';
import type { Checks } from './checks.ts';
import type { InferResult } from './infer-result.ts';
import type { NodeSource } from './node-source.ts';
import type { Settlement } from './settlement.ts';
import { fetchBytes } from './sources.ts';

/** From the node's content store, else from the host; null when nobody has it any more. */
async function fetchTranscript(
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
  readonly bytes: Uint8Array;
  readonly transcript: Transcript;
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
  const bytes = await fetchTranscript(node, commitment.transcriptHash, endpoint);
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
  const again = commitTranscript(transcript, commitment.timestampSecs);
  checks.expect(
    what,
    bytesEqual(commitmentHash(again), commitmentHash(commitment)),
    `token ids, sketch, text and counts; ${bytes.length} bytes`,
  );
  checks.expect(
    'the answer shown is the text of the transcript',
    result.output === transcript.text,
    `SHA-256 ${bytesToHex(again.outputHash)}`,
  );
  return { bytes, transcript };
}
