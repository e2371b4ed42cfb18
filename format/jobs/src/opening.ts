/**
 * The opening of a judge's blind commit. Before a host opens its sketch, every judge publishes the
 * SHA-256 of these bytes, which hold the sketch that it made with its own model; afterwards it
 * publishes the bytes. Who did not run the model cannot have known a sketch that fits.
 * ```
 * u8 version 1 | commitment hash 32 | signer's public key 33 | salt 32 | u32 m | m x 5 own sketch
 * ```
 * The key is inside, so that nobody can open the commit of another as its own. The openings of a
 * sealed answer are sealed, and the blind covers the sealed bytes. Source: verification.md 5.5.
 */
import { ByteWriter, type Result } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { LIMITS } from './limits.ts';
import { SKETCH_BYTES } from './merkle.ts';
import { decodeWith, type JobsRejection } from './reject.ts';

export interface Opening {
  readonly commitmentHash: Uint8Array;
  /** The judge's signing key, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 random bytes. */
  readonly salt: Uint8Array;
  /** Five codes per answer token as in a transcript, by the judge's own model. */
  readonly sketch: Uint8Array;
}

const VERSION = 1;

export function encodeOpening(opening: Opening): Uint8Array {
  return new ByteWriter(102 + opening.sketch.length)
    .u8(VERSION)
    .raw(opening.commitmentHash)
    .raw(opening.publicKey)
    .raw(opening.salt)
    .u32(opening.sketch.length / SKETCH_BYTES)
    .raw(opening.sketch)
    .finish();
}

export function decodeOpening(bytes: Uint8Array): Result<Opening, JobsRejection> {
  return decodeWith(bytes, LIMITS.sketchBytesMax, (reader) => {
    const version = reader.u8();
    if (version !== VERSION) return reader.fail('jobs/malformed', `opening version ${version}`);
    const commitmentHash = reader.take(32);
    const publicKey = reader.take(33);
    const salt = reader.take(32);
    const tokens = reader.u32();
    if (tokens > LIMITS.outputTokensMax) return reader.fail('jobs/field', `${tokens} tokens`);
    return { commitmentHash, publicKey, salt, sketch: reader.take(tokens * SKETCH_BYTES) };
  });
}

/** What a judge commits to: the hash of its opening as it will be stored. */
export function blindOf(stored: Uint8Array): Uint8Array {
  return sha256(stored);
}
