/**
 * OpenAI's chat completions and embeddings, as servers of every kind speak them: the server renders,
 * samples and counts. Source: OpenAI API reference, `POST /v1/chat/completions` (streamed chunks, tools,
 * `response_format`), `POST /v1/embeddings`.
 */
import type { ChatMessage } from '@assay/jobs';
import { type Embeddings, EngineError, type NativeAnswer, type NativeOptions } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import type { ToolCall } from '../tools.ts';
import { at, type Json, type JsonObject, listAt, numberAt } from './json.ts';
import type { ServerClient } from './server-client.ts';

/** @param model name the server knows it by; null where the server has one model only */
export async function chatNatively(
  client: ServerClient,
  model: string | null,
  messages: readonly ChatMessage[],
  options: NativeOptions,
): Promise<NativeAnswer> {
  const answer = new ChatAnswer(options.onText);
  const { signal } = options;
  const body = chatRequest(model, messages, options);
  for await (const chunk of client.events(
    '/v1/chat/completions',
    body,
    signal === undefined ? {} : { signal },
  )) {
    answer.push(chunk);
  }
  return answer.finish();
}

function chatRequest(
  model: string | null,
  messages: readonly ChatMessage[],
  options: NativeOptions,
): JsonObject {
  const { tools = [], toolChoice, jsonSchema } = options;
  return {
    ...(model === null ? {} : { model }),
    messages: messages.map(({ role, content }) => ({ role, content })),
    temperature: options.temperatureMicro / 1e6,
    top_p: options.topPMicro / 1e6,
    max_tokens: options.maxTokens,
    stream: true,
    stream_options: { include_usage: true },
    ...(options.topK === undefined ? {} : { top_k: options.topK }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.stop === undefined ? {} : { stop: options.stop }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolJson) }),
    ...(toolChoice === undefined ? {} : { tool_choice: choiceJson(toolChoice) }),
    ...(jsonSchema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', schema: jsonSchema as Json, strict: true },
          },
        }),
  };
}

export function toolJson(tool: NonNullable<NativeOptions['tools']>[number]): JsonObject {
  const { name, description = '', parameters = { type: 'object', properties: {} } } = tool;
  return { type: 'function', function: { name, description, parameters: parameters as Json } };
}

function choiceJson(choice: NonNullable<NativeOptions['toolChoice']>): Json {
  return typeof choice === 'string'
    ? choice
    : { type: 'function', function: { name: choice.name } };
}

/** Collects the chunks of one streamed answer. */
class ChatAnswer {
  readonly #onText: ((delta: string) => void) | undefined;
  readonly #calls = new Map<number, { name: string; arguments: string }>();
  #text = '';
  #reason: string | null = null;
  #usage: Json = null;

  constructor(onText: ((delta: string) => void) | undefined) {
    this.#onText = onText;
  }

  push(chunk: Json): void {
    const usage = at(chunk, 'usage');
    if (usage !== undefined && usage !== null) this.#usage = usage;
    const choice = at(chunk, 'choices.0');
    if (choice === undefined) return;
    const delta = at(choice, 'delta.content');
    if (typeof delta === 'string' && delta !== '') {
      this.#text += delta;
      this.#onText?.(delta);
    }
    for (const call of (at(choice, 'delta.tool_calls') as readonly Json[] | undefined) ?? []) {
      this.#pushCall(call);
    }
    const reason = at(choice, 'finish_reason');
    if (typeof reason === 'string') this.#reason = reason;
  }

  #pushCall(call: Json): void {
    const index = Number(at(call, 'index') ?? 0);
    const known = this.#calls.get(index) ?? { name: '', arguments: '' };
    const name = at(call, 'function.name');
    const part = at(call, 'function.arguments');
    this.#calls.set(index, {
      name: typeof name === 'string' ? name : known.name,
      arguments: known.arguments + (typeof part === 'string' ? part : ''),
    });
  }

  finish(): NativeAnswer {
    if (this.#reason === null) {
      throw new EngineError('engine/misbehaved', 'the stream ended before the answer did');
    }
    const toolCalls: ToolCall[] = [...this.#calls.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, call]) => call);
    const ends = { stop: 'stop', length: 'length', tool_calls: 'tool-calls' } as const;
    return {
      finish: ends[this.#reason as keyof typeof ends] ?? 'stop',
      text: this.#text,
      toolCalls,
      tokens: null,
      promptTokens: Number(at(this.#usage, 'prompt_tokens') ?? 0),
      outputTokens: Number(at(this.#usage, 'completion_tokens') ?? 0),
      cachedTokens: Number(at(this.#usage, 'prompt_tokens_details.cached_tokens') ?? 0),
    };
  }
}

/** @throws EngineError engine/refused when the server has no embeddings */
export async function embedNatively(
  client: ServerClient,
  model: string | null,
  inputs: readonly string[],
): Promise<Embeddings> {
  if (inputs.length > ENGINE_LIMITS.embedInputsMax) {
    throw new EngineError('engine/refused', `at most ${ENGINE_LIMITS.embedInputsMax} inputs`);
  }
  const answer = await client.post('/v1/embeddings', {
    ...(model === null ? {} : { model }),
    input: inputs,
    encoding_format: 'float',
  });
  const found = listAt(answer, 'data').map((one) => ({
    index: numberAt(one, 'index'),
    vector: listAt(one, 'embedding').map(Number),
  }));
  found.sort((a, b) => a.index - b.index);
  if (found.length !== inputs.length) {
    throw new EngineError('engine/misbehaved', 'another number of embeddings than inputs');
  }
  return {
    vectors: found.map(({ vector }) => vector),
    promptTokens: Number(at(answer, 'usage.prompt_tokens') ?? 0),
  };
}
