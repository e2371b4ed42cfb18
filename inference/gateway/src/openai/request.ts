/**
 * What `/v1/chat/completions` and `/v1/completions` have in common once read: how to sample, when to
 * end, what to report. Parameters that cannot be proven later (penalties, logit bias) are refused, not
 * dropped. Source: OpenAI API reference, chat completions and completions.
 */
import type { SamplingParams, SessionPrompt } from '@assay/jobs';
import { invalid, unsupported } from '../api-error.ts';
import { LIMITS } from '../limits.ts';
import type { Fields, Json } from './fields.ts';

/** What one question asks for. */
export interface Question {
  readonly model: string;
  readonly content: SessionPrompt['content'];
  readonly params: SamplingParams;
  readonly stop: readonly string[];
  /** Likeliest tokens per position, 0..20; null: no logprobs. */
  readonly topLogprobs: number | null;
  /** Ids of prompt and answer are wanted, as vLLM's `return_token_ids` gives them. */
  readonly tokenIds: boolean;
  /** Fixes the client's share of the sampling seed. */
  readonly seed: number | null;
  /** The answer must be JSON of this schema. */
  readonly schema: Json | null;
  /** Groups requests that share a prefix; null: the beginning of the prompt does. */
  readonly cacheKey: string | null;
}

export interface Delivery {
  readonly choices: number;
  readonly stream: boolean;
  /** Usage as a last event of the stream. */
  readonly includeUsage: boolean;
}

const MICRO = 1_000_000;

export function readSampling(fields: Fields, maxTokens: number | null): SamplingParams {
  const temperature = fields.number('temperature', 0, 2) ?? 1;
  const topP = fields.number('top_p', 0, 1) ?? 1;
  for (const name of ['presence_penalty', 'frequency_penalty'] as const) {
    const penalty = fields.number(name, -2, 2) ?? 0;
    if (penalty !== 0)
      throw unsupported(name, `'${name}' changes sampling in ways no judge checks.`);
  }
  const bias = fields.object('logit_bias');
  if (bias !== null && Object.keys(fields.raw('logit_bias') as Json).length > 0) {
    throw unsupported('logit_bias', "'logit_bias' is not supported.");
  }
  return {
    temperatureMicro: Math.round(temperature * MICRO),
    topPMicro: Math.max(1, Math.round(topP * MICRO)),
    topK: fields.integer('top_k', 1, 20) ?? 20,
    maxTokens: maxTokens ?? LIMITS.defaultMaxTokens,
  };
}

export function readStop(fields: Fields): readonly string[] {
  const value = fields.raw('stop');
  if (value === null) return [];
  const list = typeof value === 'string' ? [value] : value;
  const isStop = (one: unknown): one is string =>
    typeof one === 'string' && one !== '' && one.length <= LIMITS.stopCharsMax;
  if (!Array.isArray(list) || list.length > LIMITS.stopMax || !list.every(isStop)) {
    const rule = `a string or up to ${LIMITS.stopMax} strings of 1 to ${LIMITS.stopCharsMax} characters`;
    throw fields.fault('stop', rule);
  }
  return list;
}

export function readDelivery(fields: Fields): Delivery {
  const stream = fields.flag('stream') ?? false;
  const options = fields.object('stream_options');
  if (options !== null && !stream) {
    throw invalid('stream_options', "'stream_options' is only allowed when 'stream' is true.");
  }
  const includeUsage = options?.flag('include_usage') ?? false;
  options?.ignore('include_obfuscation');
  options?.end();
  return { choices: fields.integer('n', 1, LIMITS.choicesMax) ?? 1, stream, includeUsage };
}

export function readSeed(fields: Fields): number | null {
  return fields.integer('seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

/** What routes a conversation to the host that has its beginning in the cache. */
export function readCacheKey(fields: Fields): string | null {
  const key = fields.text('prompt_cache_key', LIMITS.headerCharsMax);
  const user = fields.text('user', LIMITS.headerCharsMax);
  return key ?? user;
}
