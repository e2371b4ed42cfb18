/** The endpoints that ask a model: how each is read, and how its answer is delivered. */
import type { Delivery } from '../exchange.ts';
import type { Envelope } from './answer.ts';
import { readChatRequest } from './chat.ts';
import { readCompletionRequest } from './completions.ts';
import { ChatDelivery, TextDelivery } from './deliveries.ts';
import { EmbeddingDelivery, readEmbeddingRequest } from './embeddings.ts';
import type { Json } from './fields.ts';
import type { Question } from './request.ts';

export interface Call {
  /** Prefix of the answer's id. */
  readonly kind: string;
  /** One per answer that is to be made; all of one model. */
  readonly questions: readonly Question[];
  readonly stream: boolean;
  readonly delivery: (envelope: Envelope, callId: () => string) => Delivery;
}

/** By path. Each throws ApiError for what it does not understand. */
export const CALLS: ReadonlyMap<string, (body: Json) => Call> = new Map([
  ['/v1/chat/completions', chatCall],
  ['/v1/completions', textCall],
  ['/v1/embeddings', embeddingCall],
]);

function chatCall(body: Json): Call {
  const { question, tools, delivery } = readChatRequest(body);
  const { choices, stream, includeUsage } = delivery;
  const { tokenIds } = question;
  return {
    kind: 'chatcmpl',
    questions: Array<Question>(choices).fill(question),
    stream,
    delivery: (envelope, callId) =>
      new ChatDelivery(envelope, { choices, tools, tokenIds, includeUsage, callId }),
  };
}

function textCall(body: Json): Call {
  const { questions, echo, delivery } = readCompletionRequest(body);
  const { choices, stream, includeUsage } = delivery;
  const each = questions.flatMap((question) => Array<Question>(choices).fill(question));
  const echoes = each.map(({ content }) => (echo && 'text' in content ? content.text : ''));
  const wantsLogprobs = questions[0]!.topLogprobs !== null;
  const { tokenIds } = questions[0]!;
  return {
    kind: 'cmpl',
    questions: each,
    stream,
    delivery: (envelope) =>
      new TextDelivery(envelope, { echoes, wantsLogprobs, tokenIds, includeUsage }),
  };
}

function embeddingCall(body: Json): Call {
  const request = readEmbeddingRequest(body);
  return {
    kind: 'embd',
    questions: request.questions,
    stream: false,
    delivery: (envelope) => new EmbeddingDelivery(envelope, request),
  };
}
