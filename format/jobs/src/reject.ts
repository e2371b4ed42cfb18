/**
 * The verdict of this room's decoders about foreign bytes, and the one place where a reader's
 * `DecodeError` becomes a value.
 *
 * | code | meaning |
 * |---|---|
 * | jobs/malformed | the bytes are not an encoding of this object (detail in the message) |
 * | jobs/too-large | larger than the room's limit |
 * | jobs/not-canonical | readable, but not the one encoding whose hash is the object's name |
 * | jobs/field | a field has a value outside its bounds |
 * | jobs/not-recipient | sealed, and not to this key |
 * | jobs/sealed-otherwise | sealed to this key in another context, or damaged |
 */
import { ByteReader, DecodeError, err, ok, type Result } from '@assay/bytes';

export interface JobsRejection {
  readonly code:
    | 'jobs/malformed'
    | 'jobs/too-large'
    | 'jobs/not-canonical'
    | 'jobs/field'
    | 'jobs/not-recipient'
    | 'jobs/sealed-otherwise';
  readonly message: string;
}

export function reject(
  code: JobsRejection['code'],
  message: string,
): { readonly ok: false; readonly error: JobsRejection } {
  return err({ code, message });
}

/** Runs `read` over all of `bytes`; anything unreadable or left over is a rejection. */
export function decodeWith<T>(
  bytes: Uint8Array,
  bytesMax: number,
  read: (reader: ByteReader) => T,
): Result<T, JobsRejection> {
  if (bytes.length > bytesMax) {
    return reject('jobs/too-large', `${bytes.length} bytes, at most ${bytesMax}`);
  }
  const reader = new ByteReader(bytes);
  try {
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const code = error.code === 'jobs/field' ? 'jobs/field' : 'jobs/malformed';
    return reject(code, `${error.message} (at byte ${error.offset})`);
  }
}
