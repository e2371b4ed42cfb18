/**
 * Ollama: a server that keeps ids to itself. It samples, and gives logprobs of what it sampled by text
 * (since 0.12.11), so nothing about the choice of tokens can be proven: answers of the lowest class. Its
 * model files are GGUF files; who opens the same file with the embedded engine hosts in class A.
 * Source: Ollama docs/api.md and api/types.go (`/api/version`, `/api/show`, `/api/chat`, `/api/embed`).
 */
import type { ChatMessage } from '@assay/jobs';
import {
  type Embeddings,
  type Engine,
  type EngineCapabilities,
  EngineError,
  type EngineInfo,
  type Generation,
  type NativeAnswer,
  type NativeOptions,
  type TokenScore,
} from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import type { ToolCall } from '../tools.ts';
import { toolJson } from './chat.ts';
import { at, type Json, type JsonObject, listAt } from './json.ts';
import { foundOrNull, repeatsItself } from './probe.ts';
import { NO_CAPABILITIES, RemoteText, remoteInfo } from './remote-model.ts';
import { ServerClient, type ServerOptions } from './server-client.ts';

export interface OllamaOptions extends ServerOptions {
  /** E.g. `qwen3:4b`. */
  readonly modelName: string;
  readonly contextTokens?: number;
}

const CONTEXT_TOKENS_DEFAULT = 4096;

/** @throws EngineError engine/unavailable, engine/refused for a model that Ollama does not have */
export async function openOllama(options: OllamaOptions): Promise<Engine> {
  const client = new ServerClient(options);
  await client.get('/api/version');
  const shown = await client.post('/api/show', { model: options.modelName });
  const info = at(shown, 'model_info');
  const trained = Object.entries((info ?? {}) as JsonObject).find(([key]) =>
    key.endsWith('.context_length'),
  );
  const contextTokens = Math.min(
    options.contextTokens ?? CONTEXT_TOKENS_DEFAULT,
    Number(trained?.[1] ?? Number.POSITIVE_INFINITY),
  );
  const skills = (at(shown, 'capabilities') ?? []) as readonly Json[];
  const server = new Ollama(options.modelName, client, contextTokens);
  await server.probe(skills);
  return server;
}

class Ollama implements Engine {
  info: EngineInfo;
  readonly #name: string;
  readonly #client: ServerClient;
  readonly #text = new RemoteText('ollama', null);
  #closed = false;

  constructor(name: string, client: ServerClient, contextTokens: number) {
    this.#name = name;
    this.#client = client;
    const capabilities = NO_CAPABILITIES;
    this.info = remoteInfo('ollama', null, { contextTokens, capabilities });
  }

  /** @param skills what `/api/show` says; embeddings and seeds are tried */
  async probe(skills: readonly Json[]): Promise<void> {
    const question: readonly ChatMessage[] = [{ role: 'user', content: 'Hello' }];
    const options = { temperatureMicro: 1e6, topPMicro: 1e6, seed: 7, maxTokens: 8 };
    const chats = skills.length === 0 || skills.includes('completion');
    const sample = async () => (await this.generateNatively(question, options)).text;
    const embedded = await foundOrNull(this.embed(['a']));
    const capabilities: EngineCapabilities = {
      ...NO_CAPABILITIES,
      seeds: chats && (await repeatsItself(sample)),
      embeddings: embedded !== null,
      toolCalls: skills.includes('tools'),
    };
    this.info = { ...this.info, capabilities };
  }

  tokenize(text: string, special = false): readonly number[] {
    return this.#text.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    return this.#text.detokenize(ids);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    return this.#text.promptIds(messages);
  }

  async generate(): Promise<Generation> {
    throw new EngineError('engine/unsupported', 'Ollama samples by itself and gives no token ids');
  }

  async score(): Promise<readonly TokenScore[]> {
    throw new EngineError('engine/unsupported', 'Ollama does not score given tokens');
  }

  async generateNatively(
    messages: readonly ChatMessage[],
    options: NativeOptions,
  ): Promise<NativeAnswer> {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
    const { signal } = options;
    let text = '';
    const toolCalls: ToolCall[] = [];
    let last: Json = null;
    const body = this.#chatBody(messages, options);
    for await (const line of this.#client.lines('/api/chat', body, signal ? { signal } : {})) {
      const delta = at(line, 'message.content');
      if (typeof delta === 'string' && delta !== '') {
        text += delta;
        options.onText?.(delta);
      }
      for (const call of (at(line, 'message.tool_calls') ?? []) as readonly Json[]) {
        const name = String(at(call, 'function.name') ?? '');
        toolCalls.push({ name, arguments: JSON.stringify(at(call, 'function.arguments') ?? {}) });
      }
      last = line;
    }
    if (at(last, 'done') !== true) {
      throw new EngineError('engine/misbehaved', 'the stream ended before the answer did');
    }
    const ended = at(last, 'done_reason') === 'length' ? 'length' : 'stop';
    return {
      finish: toolCalls.length > 0 ? 'tool-calls' : ended,
      text,
      toolCalls,
      tokens: null,
      promptTokens: Number(at(last, 'prompt_eval_count') ?? 0),
      outputTokens: Number(at(last, 'eval_count') ?? 0),
      cachedTokens: 0,
    };
  }

  async embed(inputs: readonly string[]): Promise<Embeddings> {
    if (inputs.length > ENGINE_LIMITS.embedInputsMax) {
      throw new EngineError('engine/refused', `at most ${ENGINE_LIMITS.embedInputsMax} inputs`);
    }
    const body = { model: this.#name, input: inputs, truncate: false };
    const answer = await this.#client.post('/api/embed', body);
    const vectors = listAt(answer, 'embeddings').map((one) => (one as readonly Json[]).map(Number));
    if (vectors.length !== inputs.length) {
      throw new EngineError('engine/misbehaved', 'another number of embeddings than inputs');
    }
    return { vectors, promptTokens: Number(at(answer, 'prompt_eval_count') ?? 0) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #chatBody(messages: readonly ChatMessage[], options: NativeOptions): JsonObject {
    const { tools = [], jsonSchema } = options;
    return {
      model: this.#name,
      messages: messages.map(({ role, content }) => ({ role, content })),
      stream: true,
      // Truncated or shifted prompts would be answers to another question.
      truncate: false,
      shift: false,
      options: {
        temperature: options.temperatureMicro / 1e6,
        top_p: options.topPMicro / 1e6,
        num_predict: options.maxTokens,
        num_ctx: this.info.contextTokens,
        ...(options.topK === undefined ? {} : { top_k: options.topK }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        ...(options.stop === undefined ? {} : { stop: options.stop }),
      },
      ...(tools.length === 0 ? {} : { tools: tools.map(toolJson) }),
      ...(jsonSchema === undefined ? {} : { format: jsonSchema as Json }),
    };
  }
}
