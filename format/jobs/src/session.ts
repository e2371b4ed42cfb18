/**
 * What travels inside a session: requests signed by the payer's voucher key, vouchers that raise the
 * amount a host may claim, and the host's signature over every 32 answer tokens while it streams.
 * All three are SIP-018 structured data under the domain of the protocol, so `.sessions` and judges
 * compute the same bytes. Source: docs/protocol.md (sessions); verification.md 3 and 5.2.
 */
import { assert, bytesEqual, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import { type SamplingParams, samplingParamsTuple } from './request.ts';
import {
  hashClarityValue,
  recoverHashed,
  recoverStructured,
  signHashed,
  signStructured,
} from './signing.ts';

/** One request of a session, as its hash covers it. */
export interface SessionRequest {
  readonly sessionId: bigint;
  /** From 1, without gaps. */
  readonly index: bigint;
  /** Manifest hash, 32 bytes. */
  readonly model: Uint8Array;
  /** SHA-256 of the session prompt blob, 32 bytes. */
  readonly promptHash: Uint8Array;
  readonly params: SamplingParams;
  /** SHA-256 of the constraint's text; zeros when there is none. */
  readonly constraintHash: Uint8Array;
  /** The most this request may add to the cumulative amount. */
  readonly maxFeeMicro: bigint;
  /** Hash of the newest Bitcoin block the client knew, 32 bytes. */
  readonly beacon: Uint8Array;
  /** 16 bytes. */
  readonly clientNonce: Uint8Array;
}

export function sessionRequestTuple(request: SessionRequest): ClarityValue {
  return Cv.tuple({
    session: Cv.uint(request.sessionId),
    index: Cv.uint(request.index),
    model: Cv.buffer(request.model),
    'prompt-hash': Cv.buffer(request.promptHash),
    params: samplingParamsTuple(request.params),
    constraint: Cv.buffer(request.constraintHash),
    'max-fee': Cv.uint(request.maxFeeMicro),
    beacon: Cv.buffer(request.beacon),
    'client-nonce': Cv.buffer(request.clientNonce),
  });
}

/** A request never changes, and both ends need its hash several times. */
const hashes = new WeakMap<SessionRequest, Uint8Array>();

/** Names the request, and with host key and beacon gives the sampling seed (`samplingSeed`). */
export function sessionRequestHash(request: SessionRequest): Uint8Array {
  const known = hashes.get(request);
  if (known !== undefined) return known;
  const hash = hashClarityValue(sessionRequestTuple(request));
  hashes.set(request, hash);
  return hash;
}

/** @param privateKey the voucher key @returns 65 bytes R, S, V */
export function signSessionRequest(
  request: SessionRequest,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  return signHashed(sessionRequestHash(request), chainId, privateKey);
}

export interface Signed {
  /** 65 bytes R, S, V. */
  readonly signature: Uint8Array;
  /** 33 bytes: who must have signed. */
  readonly publicKey: Uint8Array;
}

function isSigned(tuple: ClarityValue, chainId: number, { signature, publicKey }: Signed): boolean {
  const key = recoverStructured(tuple, chainId, signature);
  return key !== null && bytesEqual(key, publicKey);
}

export function verifySessionRequest(
  request: SessionRequest,
  chainId: number,
  { signature, publicKey }: Signed,
): boolean {
  const key = recoverHashed(sessionRequestHash(request), chainId, signature);
  return key !== null && bytesEqual(key, publicKey);
}

/** Consent to pay: everything up to `cumulativeMicro` of this session is the host's to claim. */
export interface Voucher {
  readonly sessionId: bigint;
  /** Over the whole session; never falls. */
  readonly cumulativeMicro: bigint;
  /** Requests 1 to here are finished and paid for with it. */
  readonly requests: bigint;
}

export function voucherTuple(voucher: Voucher): ClarityValue {
  return Cv.tuple({
    session: Cv.uint(voucher.sessionId),
    cumulative: Cv.uint(voucher.cumulativeMicro),
    requests: Cv.uint(voucher.requests),
  });
}

/** @returns 65 bytes R, S, V */
export function signVoucher(voucher: Voucher, chainId: number, privateKey: Uint8Array): Uint8Array {
  return signStructured(voucherTuple(voucher), chainId, privateKey);
}

export function verifyVoucher(voucher: Voucher, chainId: number, signed: Signed): boolean {
  return isSigned(voucherTuple(voucher), chainId, signed);
}

/** The host's word, while it streams, for all answer tokens so far. */
export interface AnswerChunk {
  readonly requestHash: Uint8Array;
  /** From 1; chunk k ends leaf k - 1 of the ids tree. */
  readonly chunk: number;
  /** Answer tokens up to the end of this chunk. */
  readonly tokens: number;
  /** `nextChunkDigest` over all leaves so far. */
  readonly digest: Uint8Array;
}

/** digest_k = sha256(digest_{k-1} || ids leaf k); digest_0 is the request hash. */
export function nextChunkDigest(previous: Uint8Array, leaf: Uint8Array): Uint8Array {
  return sha256(concatBytes(previous, leaf));
}

export function chunkTuple(chunk: AnswerChunk): ClarityValue {
  return Cv.tuple({
    'request-hash': Cv.buffer(chunk.requestHash),
    chunk: Cv.uint(BigInt(chunk.chunk)),
    tokens: Cv.uint(BigInt(chunk.tokens)),
    digest: Cv.buffer(chunk.digest),
  });
}

/** @param privateKey the host's operating key @returns 65 bytes R, S, V */
export function signChunk(chunk: AnswerChunk, chainId: number, privateKey: Uint8Array): Uint8Array {
  return signStructured(chunkTuple(chunk), chainId, privateKey);
}

export function verifyChunk(chunk: AnswerChunk, chainId: number, signed: Signed): boolean {
  return isSigned(chunkTuple(chunk), chainId, signed);
}

const NO_CONSTRAINT = new Uint8Array(32);

/** @param text the constraint's JSON as it travels; null when there is none */
export function constraintHash(text: string | null): Uint8Array {
  return text === null ? NO_CONSTRAINT : sha256(bytesFromUtf8(text));
}

/** Micro-STX per token, copied from the host's registration when the session opens. */
export interface SessionPrices {
  readonly inputMicro: bigint;
  /** For prompt tokens that the host's cache already held. */
  readonly cachedMicro: bigint;
  readonly outputMicro: bigint;
}

export interface TokenUsage {
  readonly promptTokens: number;
  /** Of the prompt tokens; at most all of them. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export function sessionPrice(prices: SessionPrices, usage: TokenUsage): bigint {
  const { promptTokens, cachedTokens, outputTokens } = usage;
  assert(cachedTokens <= promptTokens, 'more cached tokens than the prompt has');
  return (
    BigInt(promptTokens - cachedTokens) * prices.inputMicro +
    BigInt(cachedTokens) * prices.cachedMicro +
    BigInt(outputTokens) * prices.outputMicro
  );
}

/** A session as the chain has it. */
export interface SessionTerms {
  readonly id: bigint;
  /** Principal text of who opened it and gets back what is not claimed. */
  readonly user: string;
  /** Principal text of the host it was opened with. */
  readonly host: string;
  /** The host's operating key at the opening, 33 bytes. */
  readonly hostKey: Uint8Array;
  readonly model: Uint8Array;
  /** Signs requests and vouchers, 33 bytes. */
  readonly voucherKey: Uint8Array;
  readonly prices: SessionPrices;
  /** All that was ever paid in. */
  readonly depositMicro: bigint;
  /** Part of the deposit and of the requests that claims have covered so far. */
  readonly claimedMicro: bigint;
  readonly claimedRequests: bigint;
  /** Bitcoin height after which the user may close it. */
  readonly expiresAt: number;
  readonly isOpen: boolean;
}
