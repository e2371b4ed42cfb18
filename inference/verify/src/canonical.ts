/** Canonical JSON as bytes: what tables and calibration records are hashed over. */
import { bytesFromUtf8 } from '@assay/bytes';
import { encodeCanonicalJson } from '@assay/jobs';

export function encodeCanonicalJsonBytes(value: unknown): Uint8Array {
  return bytesFromUtf8(encodeCanonicalJson(value));
}
