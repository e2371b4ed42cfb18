/**
 * The commitment: what a host signs about its answer before anyone has judged it, and the only part
 * of an answer that goes on chain. As a Clarity tuple it is hashed and signed (SIP-018); as fixed
 * bytes it travels in receipt chunks.
 */
import { type ByteReader, ByteWriter, bytesEqual, type Result } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { commitmentRoot, idsLeaves } from './merkle.ts';
import { decodeWith, type JobsRejection } from './reject.ts';
import { hashClarityValue, recoverStructured, signStructured } from './signing.ts';
import {
  encodeTranscript,
  FINISHES,
  type Finish,
  outputHash,
  readFinish,
  sketchRootOf,
  type Transcript,
  transcriptHash,
} from './transcript.ts';

export interface Commitment {
  readonly requestHash: Uint8Array;
  readonly model: Uint8Array;
  readonly seed: Uint8Array;
  readonly idsRoot: Uint8Array;
  readonly sketchRoot: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly finish: Finish;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Unix seconds, the host's clock; informative. */
  readonly timestampSecs: number;
}

/**
 * The commitment an honest host makes about its transcript.
 * @param storedHash of the ids part as it is stored, when that is sealed; default: as it is
 */
export function commitTranscript(
  transcript: Transcript,
  timestampSecs: number,
  storedHash: Uint8Array = transcriptHash(encodeTranscript(transcript)),
): Commitment {
  return {
    requestHash: transcript.requestHash,
    model: transcript.model,
    seed: transcript.seed,
    idsRoot: commitmentRoot(idsLeaves(transcript.outputIds, transcript.blinding)),
    sketchRoot: sketchRootOf(transcript),
    transcriptHash: storedHash,
    outputHash: outputHash(transcript.text, transcript.blinding),
    finish: transcript.finish,
    promptTokens: transcript.promptIds.length,
    outputTokens: transcript.outputIds.length,
    timestampSecs,
  };
}

export function commitmentTuple(commitment: Commitment): ClarityValue {
  return Cv.tuple({
    'request-hash': Cv.buffer(commitment.requestHash),
    model: Cv.buffer(commitment.model),
    seed: Cv.buffer(commitment.seed),
    'ids-root': Cv.buffer(commitment.idsRoot),
    'sketch-root': Cv.buffer(commitment.sketchRoot),
    'transcript-hash': Cv.buffer(commitment.transcriptHash),
    'output-hash': Cv.buffer(commitment.outputHash),
    finish: Cv.ascii(commitment.finish),
    'prompt-tokens': Cv.uint(BigInt(commitment.promptTokens)),
    'output-tokens': Cv.uint(BigInt(commitment.outputTokens)),
    timestamp: Cv.uint(BigInt(commitment.timestampSecs)),
  });
}

/** The inverse of `commitmentTuple`; null for a value that no host could have committed to. */
export function commitmentOfTuple(value: ClarityValue): Commitment | null {
  if (value.type !== 'tuple') return null;
  const bytes = (name: string): Uint8Array | null => {
    const field = value.entries.get(name);
    return field?.type === 'buffer' && field.value.length === 32 ? field.value : null;
  };
  const number = (name: string): number | null => {
    const field = value.entries.get(name);
    return field?.type === 'uint' && field.value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(field.value)
      : null;
  };
  const finish = value.entries.get('finish');
  const known = finish?.type === 'string-ascii' ? FINISHES.find((f) => f === finish.value) : null;
  const parts = {
    requestHash: bytes('request-hash'),
    model: bytes('model'),
    seed: bytes('seed'),
    idsRoot: bytes('ids-root'),
    sketchRoot: bytes('sketch-root'),
    transcriptHash: bytes('transcript-hash'),
    outputHash: bytes('output-hash'),
    finish: known ?? null,
    promptTokens: number('prompt-tokens'),
    outputTokens: number('output-tokens'),
    timestampSecs: number('timestamp'),
  };
  return Object.values(parts).includes(null) ? null : (parts as Commitment);
}

/** What verdicts name a commitment by: SHA-256 of the tuple's consensus encoding. */
export function commitmentHash(commitment: Commitment): Uint8Array {
  return hashClarityValue(commitmentTuple(commitment));
}

/** @param privateKey the host's operating key @returns 65 bytes R, S, V */
export function signCommitment(
  commitment: Commitment,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  return signStructured(commitmentTuple(commitment), chainId, privateKey);
}

/** True when the holder of `publicKey` (33 bytes) signed the commitment for this chain. */
export function verifyCommitment(
  commitment: Commitment,
  chainId: number,
  signed: { readonly signature: Uint8Array; readonly publicKey: Uint8Array },
): boolean {
  const key = recoverStructured(commitmentTuple(commitment), chainId, signed.signature);
  return key !== null && bytesEqual(key, signed.publicKey);
}

const HASHES = [
  'requestHash',
  'model',
  'seed',
  'idsRoot',
  'sketchRoot',
  'transcriptHash',
  'outputHash',
] as const;

/** 241 bytes: seven hashes, u8 finish, u32 prompt tokens, u32 output tokens, u64 seconds. */
export function writeCommitment(writer: ByteWriter, commitment: Commitment): void {
  for (const name of HASHES) writer.raw(commitment[name]);
  writer
    .u8(FINISHES.indexOf(commitment.finish))
    .u32(commitment.promptTokens)
    .u32(commitment.outputTokens)
    .u64(commitment.timestampSecs);
}

/** Inside another decoder: throws `DecodeError`, which that decoder's door catches. */
export function readCommitment(reader: ByteReader): Commitment {
  const hash = () => reader.take(32);
  const hashes = {
    requestHash: hash(),
    model: hash(),
    seed: hash(),
    idsRoot: hash(),
    sketchRoot: hash(),
    transcriptHash: hash(),
    outputHash: hash(),
  };
  return {
    ...hashes,
    finish: readFinish(reader),
    promptTokens: reader.u32(),
    outputTokens: reader.u32(),
    timestampSecs: reader.u64Safe(),
  };
}

export function encodeCommitment(commitment: Commitment): Uint8Array {
  const writer = new ByteWriter(241);
  writeCommitment(writer, commitment);
  return writer.finish();
}

export function decodeCommitment(bytes: Uint8Array): Result<Commitment, JobsRejection> {
  return decodeWith(bytes, 241, readCommitment);
}
