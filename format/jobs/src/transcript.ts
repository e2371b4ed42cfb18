/**
 * The transcript: what a judge needs beside the prompt and the model, in two parts.
 *
 * The *ids part* is published with the receipt, stored under its SHA-256, named by the commitment:
 * ```
 * u8 version 2 | request hash 32 | model 32 | seed 32 | u8 finish (0 stop, 1 length, 2 cancel)
 * | u8 b, 0 or 32 | blinding b | u32 n + n prompt ids, u32 each | u32 m + m answer ids, u32 each
 * | u32 length + text of the answer, UTF-8
 * ```
 * The *sketch part* is opened later, when judges have committed to sketches of their own. The sketch
 * root of the commitment binds it:
 * ```
 * u8 version 1 | u32 m | m x 5 sketch bytes | ceil(m / 32) salts of 16 bytes
 * ```
 * The end-of-text token, when it was sampled, is the last answer id and counts as a token; the text
 * does not show it. `blinding` makes output hash and ids root of a sealed answer unguessable.
 * Big-endian. Source: verification.md 5.2 and 5.5.
 */

import {
  type ByteReader,
  ByteWriter,
  bytesFromUtf8,
  concatBytes,
  type Result,
  utf8FromBytes,
} from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { LIMITS } from './limits.ts';
import { commitmentRoot, leafCount, SALT_BYTES, SKETCH_BYTES, sketchLeaves } from './merkle.ts';
import { decodeWith, type JobsRejection } from './reject.ts';

/**
 * `stop`: the model ended, or a stop text of the request's constraint did. `length`: the token limit
 * or the context window did. `cancel`: the client of a session went away (sessions only).
 */
export type Finish = 'stop' | 'length' | 'cancel';

/** The byte a finish has in transcripts and commitments is its place in this list. */
export const FINISHES: readonly Finish[] = ['stop', 'length', 'cancel'];

/** The ids part. */
export interface TranscriptIds {
  readonly requestHash: Uint8Array;
  readonly model: Uint8Array;
  readonly seed: Uint8Array;
  readonly finish: Finish;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  /** 32 bytes in the answer to a sealed request; absent otherwise. */
  readonly blinding?: Uint8Array;
  readonly text: string;
}

/** The sketch part. */
export interface SketchPart {
  /** Five codes per answer token: absolute of its own logprob, fine of the four greatest. */
  readonly sketch: Uint8Array;
  /** One salt of 16 bytes per 32 answer tokens. */
  readonly salts: readonly Uint8Array[];
}

export type Transcript = TranscriptIds & SketchPart;

const IDS_VERSION = 2;
const SKETCH_VERSION = 1;
const NO_BLINDING = new Uint8Array(0);

/** The ids part as bytes. */
export function encodeTranscript(transcript: TranscriptIds): Uint8Array {
  const { promptIds, outputIds, blinding = NO_BLINDING } = transcript;
  const text = bytesFromUtf8(transcript.text);
  return new ByteWriter(160 + 4 * (promptIds.length + outputIds.length) + text.length)
    .u8(IDS_VERSION)
    .raw(transcript.requestHash)
    .raw(transcript.model)
    .raw(transcript.seed)
    .u8(FINISHES.indexOf(transcript.finish))
    .u8(blinding.length)
    .raw(blinding)
    .vec(promptIds, (w, id) => w.u32(id))
    .vec(outputIds, (w, id) => w.u32(id))
    .u32(text.length)
    .raw(text)
    .finish();
}

/** The name of stored bytes in the content store and in the commitment. */
export function transcriptHash(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/** What the commitment's `output-hash` covers: the blinding, if any, and the text as UTF-8. */
export function outputHash(text: string, blinding: Uint8Array = NO_BLINDING): Uint8Array {
  return sha256(concatBytes(blinding, bytesFromUtf8(text)));
}

export function decodeTranscript(bytes: Uint8Array): Result<TranscriptIds, JobsRejection> {
  return decodeWith(bytes, LIMITS.transcriptBytesMax, readTranscript);
}

function readTranscript(reader: ByteReader): TranscriptIds {
  const version = reader.u8();
  if (version !== IDS_VERSION) {
    return reader.fail('jobs/malformed', `transcript version ${version}`);
  }
  const requestHash = reader.take(32);
  const model = reader.take(32);
  const seed = reader.take(32);
  const finish = readFinish(reader);
  const size = reader.u8();
  if (size !== 0 && size !== 32) return reader.fail('jobs/malformed', `blinding of ${size} bytes`);
  const blinding = reader.take(size);
  const promptIds = reader.vec(LIMITS.promptTokensMax, readId);
  const outputIds = reader.vec(LIMITS.outputTokensMax, readId);
  const textBytes = reader.u32();
  if (textBytes > LIMITS.textBytesMax) {
    return reader.fail('jobs/field', `text of ${textBytes} bytes`);
  }
  const text = utf8FromBytes(reader.take(textBytes));
  if (text === null) return reader.fail('jobs/malformed', 'text is not UTF-8');
  return {
    requestHash,
    model,
    seed,
    finish,
    promptIds,
    outputIds,
    ...(size === 0 ? {} : { blinding }),
    text,
  };
}

/** Inside another decoder: throws `DecodeError`, which that decoder's door catches. */
export function readFinish(reader: ByteReader): Finish {
  const code = reader.u8();
  return FINISHES[code] ?? reader.fail('jobs/malformed', `finish code ${code}`);
}

export function encodeSketchPart({ sketch, salts }: SketchPart): Uint8Array {
  const writer = new ByteWriter(5 + sketch.length + salts.length * SALT_BYTES)
    .u8(SKETCH_VERSION)
    .u32(sketch.length / SKETCH_BYTES)
    .raw(sketch);
  for (const salt of salts) writer.raw(salt);
  return writer.finish();
}

export function decodeSketchPart(bytes: Uint8Array): Result<SketchPart, JobsRejection> {
  return decodeWith(bytes, LIMITS.sketchBytesMax, (reader) => {
    const version = reader.u8();
    if (version !== SKETCH_VERSION) {
      return reader.fail('jobs/malformed', `sketch version ${version}`);
    }
    const tokens = reader.u32();
    if (tokens > LIMITS.outputTokensMax) return reader.fail('jobs/field', `${tokens} tokens`);
    const sketch = reader.take(tokens * SKETCH_BYTES);
    const salts = Array.from({ length: leafCount(tokens) }, () => reader.take(SALT_BYTES));
    return { sketch, salts };
  });
}

/** The root that a commitment binds a sketch part by. */
export function sketchRootOf({ sketch, salts }: SketchPart): Uint8Array {
  return commitmentRoot(sketchLeaves(sketch, salts));
}

function readId(reader: ByteReader): number {
  const id = reader.u32();
  if (id >= LIMITS.vocabularyMax) return reader.fail('jobs/field', `token id ${id}`);
  return id;
}
