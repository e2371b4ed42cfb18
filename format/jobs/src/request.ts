/**
 * The request as the chain recorded it, its hash, and the sampling seed that follows from it.
 * The hash is `sha256(to-consensus-buff? tuple)`, so `.inference` computes the same 32 bytes.
 * Called by hosts (which seed to sample with) and judges (which seed should have been used).
 */
import { assert, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv, encodeClarityValue, type Principal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';

/** How an answer is sampled and how long it may be. */
export interface SamplingParams {
  /** Millionths; 0 means the likeliest token. */
  readonly temperatureMicro: number;
  /** Millionths, 1..1,000,000. */
  readonly topPMicro: number;
  /** 1..20. */
  readonly topK: number;
  /** Tokens, the end-of-text token included. */
  readonly maxTokens: number;
}

/** A request opened in `.inference`: what its hash covers. */
export interface InferenceRequest {
  readonly id: bigint;
  readonly user: Principal;
  /** Manifest hash, 32 bytes. */
  readonly model: Uint8Array;
  /** SHA-256 of the prompt blob, 32 bytes. */
  readonly promptHash: Uint8Array;
  readonly params: SamplingParams;
  readonly maxFeeMicro: bigint;
  /** Bitcoin height after which anyone may expire the request. */
  readonly expiresAt: number;
  /** 0 public, 1 hash only, 2 sealed. */
  readonly privacy: number;
  /** 16 bytes chosen by the user. */
  readonly clientNonce: Uint8Array;
}

/** As every contract of the inference protocol takes them. */
export function samplingParamsTuple(params: SamplingParams): ClarityValue {
  return Cv.tuple({
    temperature: Cv.uint(BigInt(params.temperatureMicro)),
    'top-p': Cv.uint(BigInt(params.topPMicro)),
    'top-k': Cv.uint(BigInt(params.topK)),
    'max-tokens': Cv.uint(BigInt(params.maxTokens)),
  });
}

/** The tuple whose consensus encoding is hashed; key names are those of the contract. */
export function requestTuple(request: InferenceRequest): ClarityValue {
  return Cv.tuple({
    id: Cv.uint(request.id),
    user: Cv.principal(request.user),
    model: Cv.buffer(request.model),
    'prompt-hash': Cv.buffer(request.promptHash),
    params: samplingParamsTuple(request.params),
    'max-fee': Cv.uint(request.maxFeeMicro),
    'expires-at': Cv.uint(BigInt(request.expiresAt)),
    privacy: Cv.uint(BigInt(request.privacy)),
    'client-nonce': Cv.buffer(request.clientNonce),
  });
}

export function requestHash(request: InferenceRequest): Uint8Array {
  return sha256(encodeClarityValue(requestTuple(request)));
}

const SEED_TAG = bytesFromUtf8('gm-seed-v1');

/**
 * The sampling seed: nobody can choose it alone. The user fixes the request, the chain the id,
 * Bitcoin the beacon, the registry the host's key.
 * @param hostPublicKey the host's operating key, 33 bytes compressed
 * @param beaconBurnHash hash of the Bitcoin block that the assignment was drawn from, 32 bytes
 * @returns 32 bytes: sha256("gm-seed-v1" || request hash || host key || beacon)
 */
export function samplingSeed(
  hash: Uint8Array,
  hostPublicKey: Uint8Array,
  beaconBurnHash: Uint8Array,
): Uint8Array {
  assert(hash.length === 32 && beaconBurnHash.length === 32, 'hashes have 32 bytes');
  assert(hostPublicKey.length === 33, 'the operating key is compressed');
  return sha256(concatBytes(SEED_TAG, hash, hostPublicKey, beaconBurnHash));
}
