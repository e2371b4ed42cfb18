/**
 * The transcript: all a judge needs beside the prompt and the model. Stored by its SHA-256 in the
 * content store, named by the commitment. Big-endian:
 *
 * ```
 * u8 version 1 | request hash 32 | model 32 | seed 32 | u8 finish (0 stop, 1 length, 2 cancel)
 * | u32 n + n prompt ids, u32 each | u32 m + m answer ids, u32 each | m x 5 sketch bytes
 * | ceil(m / 32) salts of 16 bytes | u32 length + text of the answer, UTF-8
 * ```
 * The end-of-text token, when it was sampled, is the last answer id and counts as a token; the text
 * does not show it.
 */

import {
  type ByteReader,
  ByteWriter,
  bytesFromUtf8,
  type Result,
  utf8FromBytes,
} from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { LIMITS } from './limits.ts';
import { leafCount, SALT_BYTES, SKETCH_BYTES } from './merkle.ts';
import { decodeWith, type JobsRejection } from './reject.ts';

/**
 * `stop`: the model ended, or a stop text of the request's constraint did. `length`: the token limit
 * or the context window did. `cancel`: the client of a session went away (sessions only).
 */
export type Finish = 'stop' | 'length' | 'cancel';

/** The byte a finish has in transcripts and commitments is its place in this list. */
export const FINISHES: readonly Finish[] = ['stop', 'length', 'cancel'];

export interface Transcript {
  readonly requestHash: Uint8Array;
  readonly model: Uint8Array;
  readonly seed: Uint8Array;
  readonly finish: Finish;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  /** Five companded logprobs per answer token. */
  readonly sketch: Uint8Array;
  /** One salt of 16 bytes per 32 answer tokens. */
  readonly salts: readonly Uint8Array[];
  readonly text: string;
}

export function encodeTranscript(transcript: Transcript): Uint8Array {
  const { promptIds, outputIds, sketch, salts } = transcript;
  const text = bytesFromUtf8(transcript.text);
  const writer = new ByteWriter(
    128 + 4 * (promptIds.length + outputIds.length) + sketch.length + text.length,
  )
    .u8(1)
    .raw(transcript.requestHash)
    .raw(transcript.model)
    .raw(transcript.seed)
    .u8(FINISHES.indexOf(transcript.finish))
    .vec(promptIds, (w, id) => w.u32(id))
    .vec(outputIds, (w, id) => w.u32(id))
    .raw(sketch);
  for (const salt of salts) writer.raw(salt);
  return writer.u32(text.length).raw(text).finish();
}

/** The name of a transcript in the content store and in the commitment. */
export function transcriptHash(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/** What the commitment's `output-hash` covers: the text as UTF-8. */
export function outputHash(text: string): Uint8Array {
  return sha256(bytesFromUtf8(text));
}

export function decodeTranscript(bytes: Uint8Array): Result<Transcript, JobsRejection> {
  return decodeWith(bytes, LIMITS.transcriptBytesMax, readTranscript);
}

function readTranscript(reader: ByteReader): Transcript {
  const version = reader.u8();
  if (version !== 1) return reader.fail('jobs/malformed', `transcript version ${version}`);
  const requestHash = reader.take(32);
  const model = reader.take(32);
  const seed = reader.take(32);
  const finish = readFinish(reader);
  const promptIds = reader.vec(LIMITS.promptTokensMax, readId);
  const outputIds = reader.vec(LIMITS.outputTokensMax, readId);
  const sketch = reader.take(outputIds.length * SKETCH_BYTES);
  const salts = Array.from({ length: leafCount(outputIds.length) }, () => reader.take(SALT_BYTES));
  const size = reader.u32();
  if (size > LIMITS.textBytesMax) return reader.fail('jobs/field', `text of ${size} bytes`);
  const text = utf8FromBytes(reader.take(size));
  if (text === null) return reader.fail('jobs/malformed', 'text is not UTF-8');
  return {
    requestHash,
    model,
    seed,
    finish,
    promptIds,
    outputIds,
    sketch,
    salts,
    text,
  };
}

/** Inside another decoder: throws `DecodeError`, which that decoder's door catches. */
export function readFinish(reader: ByteReader): Finish {
  const code = reader.u8();
  return FINISHES[code] ?? reader.fail('jobs/malformed', `finish code ${code}`);
}

function readId(reader: ByteReader): number {
  const id = reader.u32();
  if (id >= LIMITS.vocabularyMax) return reader.fail('jobs/field', `token id ${id}`);
  return id;
}
