/**
 * The headers that sign a call of `/generate`, checked for real: `X-Address` is a compressed public
 * key in hex (66 digits; the name is the guide's), `X-Timestamp` decimal seconds, `X-Signature` 64
 * bytes r, s in hex over sha256(`{timestamp}:{path}:{body}`). A signed call is good once.
 * Source: funai.md 3.4; the guide, 4.5 step 3 ("verify headers").
 */
import {
  ByteReader,
  ByteWriter,
  bytesFromHex,
  bytesFromUtf8,
  concatBytes,
  err,
  isHex,
  ok,
  type Result,
} from '@assay/bytes';
import { sha256, verifySignature } from '@assay/crypto';
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
    const address = request.headers.get('x-address');
    const signature = request.headers.get('x-signature');
    const timestamp = request.headers.get('x-timestamp');
    if (address === undefined && signature === undefined && timestamp === undefined) {
      return ok(null);
    }
    if (!isHexOf(address, 33)) return fail('host/header', 'X-Address is 66 hex digits of a key');
    if (!isHexOf(signature, 64)) return fail('host/header', 'X-Signature is 128 hex digits');
    if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
      return fail('host/header', 'X-Timestamp is decimal seconds');
    }
    if (Math.abs(Number(timestamp) - nowSecs) > LIMITS.timestampWindowSecs) {
      return fail('host/timestamp', `X-Timestamp is more than ${LIMITS.timestampWindowSecs} s off`);
    }
    const head = bytesFromUtf8(`${timestamp}:${request.path}:`);
    const digest = sha256(concatBytes(head, request.body));
    const publicKey = bytesFromHex(address);
    if (!verifySignature(digest, bytesFromHex(signature), publicKey)) {
      return fail('host/bad-signature', 'the signature is not by X-Address over this call');
    }
    return (
      this.#admit(sha256(concatBytes(publicKey, digest)), Number(timestamp), nowSecs) ??
      ok(publicKey)
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

function isHexOf(text: string | undefined, bytes: number): text is string {
  return text !== undefined && text.length === 2 * bytes && isHex(text);
}

function fail(
  code: SignatureRejection['code'],
  message: string,
): { readonly ok: false; readonly error: SignatureRejection } {
  return err({ code, message });
}
