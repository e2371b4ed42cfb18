/** Reads `POST /v1/completions`: plain text to go on from, without a chat template. */
import { unsupported } from '../api-error.ts';
import { LIMITS } from '../limits.ts';
import { Fields, type Json } from './fields.ts';
import {
  type Delivery,
  type Question,
  readCacheKey,
  readDelivery,
  readSampling,
  readSeed,
  readStop,
} from './request.ts';

export interface CompletionRequest {
  /** One per prompt. */
  readonly questions: readonly Question[];
  readonly delivery: Delivery;
  /** The prompt stands before the answer. */
  readonly echo: boolean;
}

/** Tokens when the caller names no limit: OpenAI's figure for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

/** @throws ApiError */
export function readCompletionRequest(body: Json): CompletionRequest {
  const fields = new Fields(body);
  const model = fields.required('model', 256);
  const prompts = readPrompts(fields);
  const maxTokens = fields.integer('max_tokens', 1, LIMITS.maxTokensMax) ?? DEFAULT_MAX_TOKENS;
  const common = {
    model,
    params: readSampling(fields, maxTokens),
    stop: readStop(fields),
    topLogprobs: fields.integer('logprobs', 0, LIMITS.topLogprobsMax),
    tokenIds: fields.flag('return_token_ids') ?? false,
    seed: readSeed(fields),
    schema: null,
    cacheKey: readCacheKey(fields),
  };
  const echo = fields.flag('echo') ?? false;
  const delivery = readDelivery(fields);
  const bestOf = fields.integer('best_of', 1, 20) ?? 1;
  if (bestOf > delivery.choices) {
    throw unsupported(
      'best_of',
      "'best_of' is not supported: one answer is drawn, and it is kept.",
    );
  }
  if (fields.has('suffix')) throw unsupported('suffix', "'suffix' is not supported.");
  fields.end();
  return { questions: prompts.map((text) => ({ ...common, content: { text } })), delivery, echo };
}

function readPrompts(fields: Fields): readonly string[] {
  const value = fields.raw('prompt') ?? '';
  const list = typeof value === 'string' ? [value] : value;
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    list.length > LIMITS.promptsMax ||
    !list.every(isText)
  ) {
    const rule = `a string or 1 to ${LIMITS.promptsMax} strings (token ids are not taken)`;
    throw fields.fault('prompt', rule);
  }
  return list;
}
