/**
 * Answers in OpenAI's shapes: whole objects, and the events of a stream. One `ChoiceWriter` per choice
 * turns deltas of text into content or tool calls; both ways of delivery are made of the same pieces.
 */

import { bytesFromUtf8 } from '@assay/bytes';
import { readForcedCall, type ToolCall, ToolCallStream } from '@assay/engine';
import type { TokenLogprob } from '@assay/jobs';
import type { ToolUse } from './chat.ts';

export interface Usage {
  /** As OpenAI counts: of one prompt, however many answers were asked for. */
  readonly promptTokens: number;
  /** Of all prompts together. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly costMicro: bigint;
}

export function usageJson({ promptTokens, cachedTokens, outputTokens, costMicro }: Usage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    /** STX; exact in micro-STX beside it. */
    cost: Number(costMicro) / 1e6,
    cost_micro_stx: String(costMicro),
  };
}

/** What every object and event of one request carries. */
export interface Envelope {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  /** Names the manifest: equal weights, template and numeric profile. */
  readonly fingerprint: string;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** Something a choice gives out. */
export type ChoicePiece =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[] | null;
    }
  | {
      readonly kind: 'call';
      readonly call: ToolCall;
      readonly id: string;
      readonly number: number;
    };

/** Follows the text of one choice and finds the calls in it. */
export class ChoiceWriter {
  readonly #tools: ToolUse | null;
  readonly #callId: () => string;
  readonly #stream = new ToolCallStream();
  #forced = '';
  #calls = 0;

  constructor(tools: ToolUse | null, callId: () => string) {
    this.#tools = tools === null || tools.choice === 'none' ? null : tools;
    this.#callId = callId;
  }

  push(text: string, logprobs: readonly TokenLogprob[] | null): readonly ChoicePiece[] {
    if (this.#tools === null) return piecesOf(text, logprobs);
    if (this.#tools.isForced) {
      this.#forced += text;
      return [];
    }
    return piecesOf(this.#stream.push(text), logprobs);
  }

  /** What is left at the end, and why it ended. */
  finish(finish: 'stop' | 'length'): {
    readonly pieces: readonly ChoicePiece[];
    readonly reason: FinishReason;
  } {
    if (this.#tools === null) return { pieces: [], reason: finish };
    if (this.#tools.isForced) {
      const call = readForcedCall(this.#forced);
      const pieces = call === null ? piecesOf(this.#forced, null) : [this.#call(call)];
      // Named functions end with `stop`, as OpenAI's API does it; `required` with `tool_calls`.
      const reason = call === null || finish === 'length' ? finish : 'tool_calls';
      return { pieces, reason };
    }
    const { text, toolCalls } = this.#stream.finish();
    const pieces = [...piecesOf(text, null), ...toolCalls.map((call) => this.#call(call))];
    return { pieces, reason: toolCalls.length > 0 ? 'tool_calls' : finish };
  }

  #call(call: ToolCall): ChoicePiece {
    return { kind: 'call', call, id: this.#callId(), number: this.#calls++ };
  }
}

function piecesOf(text: string, logprobs: readonly TokenLogprob[] | null): readonly ChoicePiece[] {
  return text === '' && (logprobs === null || logprobs.length === 0)
    ? []
    : [{ kind: 'text', text, logprobs }];
}

function logprobJson(token: TokenLogprob) {
  const one = ({ text, logprob }: { readonly text: string; readonly logprob: number }) => ({
    token: text,
    logprob,
    bytes: [...bytesFromUtf8(text)],
  });
  return { ...one(token), top_logprobs: token.top.map(one) };
}

function callJson(piece: Extract<ChoicePiece, { kind: 'call' }>) {
  const { id, call } = piece;
  return { id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}

// ---- chat ---------------------------------------------------------------------------------------

/** Token ids as vLLM names them: of the prompt, and of the answer. */
export interface IdsOf {
  readonly output: readonly number[];
  readonly prompt: readonly number[] | null;
}

export interface ChatChoice {
  readonly ids: IdsOf | null;
  readonly pieces: readonly ChoicePiece[];
  readonly reason: FinishReason;
}

export function chatObject(envelope: Envelope, choices: readonly ChatChoice[], usage: Usage) {
  return {
    ...chatHead(envelope, 'chat.completion'),
    ...(choices[0]?.ids == null ? {} : { prompt_token_ids: choices[0].ids.prompt }),
    choices: choices.map(({ pieces, reason, ids }, index) => {
      const texts = pieces.flatMap((piece) => (piece.kind === 'text' ? [piece] : []));
      const calls = pieces.flatMap((piece) => (piece.kind === 'call' ? [callJson(piece)] : []));
      const content = texts.map(({ text }) => text).join('');
      const logprobs = texts.flatMap((piece) => piece.logprobs ?? []);
      const wantsLogprobs = texts.some((piece) => piece.logprobs !== null);
      return {
        index,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          refusal: null,
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: wantsLogprobs ? { content: logprobs.map(logprobJson), refusal: null } : null,
        finish_reason: reason,
        ...(ids === null ? {} : { token_ids: ids.output }),
      };
    }),
    usage: usageJson(usage),
  };
}

export function chatHead({ id, created, model, fingerprint }: Envelope, object: string) {
  return { id, object, created, model, system_fingerprint: fingerprint, service_tier: 'default' };
}

/** The first event of a choice names the role. */
export function chatRoleEvent(envelope: Envelope, index: number) {
  const delta = { role: 'assistant', content: '', refusal: null };
  return chatEvent(envelope, { index, delta, logprobs: null, finish_reason: null });
}

export function chatPieceEvent(envelope: Envelope, index: number, piece: ChoicePiece) {
  if (piece.kind === 'text') {
    const logprobs =
      piece.logprobs === null ? null : { content: piece.logprobs.map(logprobJson), refusal: null };
    return chatEvent(envelope, {
      index,
      delta: { content: piece.text },
      logprobs,
      finish_reason: null,
    });
  }
  const delta = { tool_calls: [{ index: piece.number, ...callJson(piece) }] };
  return chatEvent(envelope, { index, delta, logprobs: null, finish_reason: null });
}

export function chatFinishEvent(envelope: Envelope, index: number, reason: FinishReason) {
  return chatEvent(envelope, { index, delta: {}, logprobs: null, finish_reason: reason });
}

function chatEvent(envelope: Envelope, choice: unknown) {
  return { ...chatHead(envelope, 'chat.completion.chunk'), choices: [choice] };
}

/** Beside the text of a delta: its token ids; with the first, those of the prompt. */
export function chatIdsEvent(
  envelope: Envelope,
  index: number,
  { ids, promptIds }: { readonly ids: readonly number[]; readonly promptIds?: readonly number[] },
) {
  return {
    ...chatEvent(envelope, { index, delta: {}, finish_reason: null, token_ids: ids }),
    ...(promptIds === undefined ? {} : { prompt_token_ids: promptIds }),
  };
}

export function chatUsageEvent(envelope: Envelope, usage: Usage) {
  return { ...chatHead(envelope, 'chat.completion.chunk'), choices: [], usage: usageJson(usage) };
}

// ---- text completions ---------------------------------------------------------------------------

export interface TextChoice {
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[] | null;
  readonly reason: 'stop' | 'length' | null;
  readonly ids?: IdsOf | null;
}

export function completionObject(
  { id, created, model, fingerprint }: Envelope,
  choices: readonly (TextChoice & { readonly index: number })[],
  usage: Usage | null,
) {
  return {
    id,
    object: 'text_completion',
    created,
    model,
    system_fingerprint: fingerprint,
    choices: choices.map(({ index, text, logprobs, reason, ids = null }) => ({
      index,
      text,
      logprobs: logprobs === null ? null : textLogprobs(logprobs),
      finish_reason: reason,
      ...(ids === null ? {} : { token_ids: ids.output, prompt_token_ids: ids.prompt }),
    })),
    ...(usage === null ? {} : { usage: usageJson(usage) }),
  };
}

/** The older shape: parallel lists. */
function textLogprobs(tokens: readonly TokenLogprob[]) {
  let offset = 0;
  const offsets = tokens.map(({ text }) => {
    const at = offset;
    offset += text.length;
    return at;
  });
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) => {
      return Object.fromEntries(top.map(({ text, logprob }) => [text, logprob]));
    }),
    text_offset: offsets,
  };
}
