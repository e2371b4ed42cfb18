/**
 * A request for inference as a transaction with payload 9. Short public prompts travel inside it;
 * longer ones by hash, and then the blob must be put into the content store as well.
 * Source: docs/infer-payload.md.
 */
import { ok, type Result } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { encodePrompt, type Prompt, promptHash } from '@assay/jobs';
import {
  type InferPayload,
  type InferPrivacy,
  type InferPrompt,
  inferPayloadFault,
  type Transaction,
  LIMITS as WIRE_LIMITS,
} from '@assay/wire';
import { buildTransaction, type TransactionOptions } from './build.ts';
import { fail, type WalletError } from './wallet-error.ts';

export interface InferOptions extends TransactionOptions {
  /** 32 bytes, the model's manifest hash. */
  readonly modelId: Uint8Array;
  /** Text to ask, or a prompt already in the payload's form (sealed, or by hash). */
  readonly prompt: Prompt | InferPrompt;
  /** Default `public`. */
  readonly privacy?: InferPrivacy;
  /** `SP…` of a host; null draws one by lot. Default null. */
  readonly host?: string | null;
  /** u64 into escrow. */
  readonly maxFeeMicro: bigint;
  /** 16 random bytes, so that the same question can be asked twice. */
  readonly clientNonce: Uint8Array;
  /** Default 700,000 (0.7). */
  readonly temperatureMicro?: number;
  /** Default 1,000,000 (all). */
  readonly topPMicro?: number;
  /** Default 20. */
  readonly topK?: number;
  /** Default 256. */
  readonly maxTokens?: number;
  /** Default 12. */
  readonly deadlineBurnBlocks?: number;
}

export interface BuiltInfer {
  readonly transaction: Transaction;
  readonly payload: InferPayload;
  /** The prompt's bytes when the transaction only carries their hash; upload them. */
  readonly promptBlob: Uint8Array | null;
}

interface PlacedPrompt {
  readonly prompt: InferPrompt;
  readonly blob: Uint8Array | null;
}

function placePrompt(
  prompt: Prompt | InferPrompt,
  privacy: InferPrivacy,
): Result<PlacedPrompt, WalletError> {
  if ('kind' in prompt) return ok({ prompt, blob: null });
  if (privacy === 'sealed') {
    return fail('wallet/infer', 'A sealed prompt must be encrypted before it is put here.');
  }
  if (new TextEncoder().encode(prompt.context).length > 0xffff) {
    return fail('wallet/infer', 'The context is longer than 65,535 bytes.');
  }
  const blob = encodePrompt(prompt);
  if (privacy === 'public' && blob.length <= WIRE_LIMITS.inferInlineBytesMax) {
    return ok({ prompt: { kind: 'inline', blob }, blob: null });
  }
  return ok({ prompt: { kind: 'hash', hash: promptHash(blob), length: blob.length }, blob });
}

/** @rejects wallet/address for the host, wallet/infer with the broken bound */
export function buildInfer(options: InferOptions): Result<BuiltInfer, WalletError> {
  const privacy = options.privacy ?? 'public';
  const placed = placePrompt(options.prompt, privacy);
  if (!placed.ok) return placed;
  const host = options.host ? parsePrincipal(options.host) : ok(null);
  if (!host.ok || host.value?.contractName) {
    return fail('wallet/address', 'The host is not a valid Stacks address.');
  }
  const payload: InferPayload = {
    kind: 'infer',
    privacy,
    modelId: options.modelId,
    host: host.value ? { version: host.value.version, hash: host.value.hash } : null,
    prompt: placed.value.prompt,
    temperatureMicro: options.temperatureMicro ?? 700_000,
    topPMicro: options.topPMicro ?? 1_000_000,
    topK: options.topK ?? 20,
    maxTokens: options.maxTokens ?? 256,
    maxFeeMicro: options.maxFeeMicro,
    deadlineBurnBlocks: options.deadlineBurnBlocks ?? 12,
    clientNonce: options.clientNonce,
  };
  const fault = inferPayloadFault(payload);
  if (fault) return fail('wallet/infer', `The request is out of bounds: ${fault[1]}.`);
  // The escrow leaves the sender's account, so a bare `deny` would abort every request.
  const postConditionMode = options.postConditionMode ?? 'deny';
  const postConditions = options.postConditions ?? [
    { kind: 'stx', principal: 'origin', code: 'le', amount: payload.maxFeeMicro } as const,
  ];
  const built = buildTransaction(payload, { ...options, postConditionMode, postConditions });
  if (!built.ok) return built;
  return ok({ transaction: built.value, payload, promptBlob: placed.value.blob });
}
