/**
 * The one place where this room catches what a reader throws: foreign bytes become a `Result`,
 * bugs keep flying.
 */
import { ByteReader, DecodeError, err, ok, type Result } from '@assay/bytes';

/** A verdict about foreign bytes: `wire/…`, `value/…` or `bytes/…`, and where. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  /** Byte position, 0 when the fault is no single place. */
  readonly offset: number;
}

export function wireError(code: `wire/${string}`, message: string, offset = 0): WireError {
  return { code, message, offset };
}

/** Reads all of `bytes`; surplus bytes are an error. @param sizeMax checked first */
export function decodeWhole<T>(
  bytes: Uint8Array,
  sizeMax: number,
  read: (reader: ByteReader) => T,
): Result<T, WireError> {
  if (bytes.length > sizeMax) {
    return err(wireError('wire/too-large', `${bytes.length} bytes, at most ${sizeMax}`));
  }
  try {
    const reader = new ByteReader(bytes);
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err({ code: error.code, message: error.message, offset: error.offset });
  }
}
