/**
 * Calls over HTTP that say who makes them: `X-Address` is a compressed public key in hex (66 digits;
 * the name is the guide's), `X-Timestamp` decimal seconds, `X-Signature` 64 bytes r, s in hex over
 * sha256(`{timestamp}:{path}:{body}`). Hosts check them on `/generate` and on transcripts, nodes on
 * content of hash-only requests. Source: funai.md 3.4.
 */
import {
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  concatBytes,
  err,
  isHex,
  ok,
  type Result,
} from '@assay/bytes';
import { publicKeyFromPrivate, sha256, signRecoverable, verifySignature } from '@assay/crypto';

export interface SignedCall {
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly timestampSecs: number;
  /** What was signed; with the key it names the call. */
  readonly digest: Uint8Array;
}

export interface SignedCallRejection {
  readonly code: 'jobs/call-header' | 'jobs/call-timestamp' | 'jobs/call-signature';
  readonly message: string;
}

export interface CallContent {
  /** Without query. */
  readonly path: string;
  readonly body: Uint8Array;
}

/** Seconds that a call's timestamp may be off. */
export const SIGNED_CALL_WINDOW_SECS = 300;

function digestOf(timestamp: string, { path, body }: CallContent): Uint8Array {
  return sha256(concatBytes(bytesFromUtf8(`${timestamp}:${path}:`), body));
}

/** The three headers. @param privateKey 32 bytes. Secret. */
export function signCall(
  call: CallContent,
  nowSecs: number,
  privateKey: Uint8Array,
): Readonly<Record<string, string>> {
  const timestamp = String(nowSecs);
  const signature = signRecoverable(digestOf(timestamp, call), privateKey).subarray(1);
  return {
    'x-address': bytesToHex(publicKeyFromPrivate(privateKey)),
    'x-timestamp': timestamp,
    'x-signature': bytesToHex(signature),
  };
}

/** Null when the call carries none of the three headers. Replays are the caller's business. */
export function readSignedCall(
  headers: ReadonlyMap<string, string>,
  call: CallContent,
  nowSecs: number,
): Result<SignedCall | null, SignedCallRejection> {
  const address = headers.get('x-address');
  const signature = headers.get('x-signature');
  const timestamp = headers.get('x-timestamp');
  if (address === undefined && signature === undefined && timestamp === undefined) return ok(null);
  if (!isHexOf(address, 33)) return fail('jobs/call-header', 'X-Address is 66 hex digits of a key');
  if (!isHexOf(signature, 64)) return fail('jobs/call-header', 'X-Signature is 128 hex digits');
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    return fail('jobs/call-header', 'X-Timestamp is decimal seconds');
  }
  if (Math.abs(Number(timestamp) - nowSecs) > SIGNED_CALL_WINDOW_SECS) {
    const message = `X-Timestamp is more than ${SIGNED_CALL_WINDOW_SECS} s off`;
    return fail('jobs/call-timestamp', message);
  }
  const publicKey = bytesFromHex(address);
  const digest = digestOf(timestamp, call);
  if (!verifySignature(digest, bytesFromHex(signature), publicKey)) {
    return fail('jobs/call-signature', 'the signature is not by X-Address over this call');
  }
  return ok({ publicKey, timestampSecs: Number(timestamp), digest });
}

function isHexOf(text: string | undefined, bytes: number): text is string {
  return text !== undefined && text.length === 2 * bytes && isHex(text);
}

function fail(
  code: SignedCallRejection['code'],
  message: string,
): { readonly ok: false; readonly error: SignedCallRejection } {
  return err({ code, message });
}
