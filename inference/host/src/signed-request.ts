/**
 * Signed calls (format/jobs `signed-call.ts`) that are good once: a call that was made is remembered
 * for as long as its timestamp is good. Source: funai.md 3.4; the guide, 4.5 step 3 ("verify headers").
 */
import {
  ByteReader,
  ByteWriter,
  bytesFromUtf8,
  concatBytes,
  err,
  ok,
  type Result,
} from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { readSignedCall, type SignedCallRejection } from '@assay/jobs';
import type { Store } from '@assay/store';
import type { HttpRequest } from '@assay/world';
import { LIMITS } from './limits.ts';

export interface SignatureRejection {
  readonly code:
    | 'host/header'
    | 'host/timestamp'
    | 'host/bad-signature'
    | 'host/replay'
    | 'host/busy';
  readonly message: string;
}

const SEEN = bytesFromUtf8('s|');

const CODES: Readonly<Record<SignedCallRejection['code'], SignatureRejection['code']>> = {
  'jobs/call-header': 'host/header',
  'jobs/call-timestamp': 'host/timestamp',
  'jobs/call-signature': 'host/bad-signature',
};

/** Remembers signed calls for as long as their timestamps are good; on disk, so restarts do not help. */
export class SignedRequests {
  readonly #store: Store;
  #seen = 0;
  #sweptAtSecs = 0;

  constructor(store: Store) {
    this.#store = store;
    for (const _ of store.range({ prefix: SEEN })) this.#seen += 1;
  }

  /** The signer's public key; null when the call carries none of the three headers. */
  check(request: HttpRequest, nowSecs: number): Result<Uint8Array | null, SignatureRejection> {
    const read = readSignedCall(request.headers, request, nowSecs);
    if (!read.ok) return fail(CODES[read.error.code], read.error.message);
    if (read.value === null) return ok(null);
    const { publicKey, digest, timestampSecs } = read.value;
    return (
      this.#admit(sha256(concatBytes(publicKey, digest)), timestampSecs, nowSecs) ?? ok(publicKey)
    );
  }

  /** By key and digest, not by signature: a signature can be rewritten without the key. */
  #admit(call: Uint8Array, timestampSecs: number, nowSecs: number) {
    const key = concatBytes(SEEN, call);
    if (this.#store.has(key)) return fail('host/replay', 'this signed call was made before');
    this.#sweep(nowSecs);
    if (this.#seen >= LIMITS.signaturesRemembered)
      return fail('host/busy', 'too many signed calls');
    const value = new ByteWriter(8).u64(timestampSecs).finish();
    this.#store.batch((batch) => batch.put(key, value));
    this.#seen += 1;
    return null;
  }

  #sweep(nowSecs: number): void {
    if (nowSecs - this.#sweptAtSecs < LIMITS.timestampWindowSecs) return;
    this.#sweptAtSecs = nowSecs;
    const stale: Uint8Array[] = [];
    for (const { key, value } of this.#store.range({ prefix: SEEN })) {
      const old = nowSecs - new ByteReader(value).u64Safe() > LIMITS.timestampWindowSecs;
      if (old) stale.push(key.slice());
    }
    this.#store.batch((batch) => {
      for (const key of stale) batch.remove(key);
    });
    this.#seen -= stale.length;
  }
}

function fail(
  code: SignatureRejection['code'],
  message: string,
): { readonly ok: false; readonly error: SignatureRejection } {
  return err({ code, message });
}
