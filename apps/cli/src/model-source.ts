/**
 * Where a model runs: in this process, or behind a server. From flags and configuration to one value.
 * The API key comes from a file or from ASSAY_ENGINE_API_KEY, never from the command line, which every
 * user of the machine can read.
 */
import { readTextFile } from './files.ts';
import { UserError } from './user-error.ts';

export const ENGINES = ['node-llama-cpp', 'llama-server', 'vllm', 'openai', 'ollama'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface ModelSource {
  readonly engine: EngineName;
  /** A GGUF file, or a Hugging Face folder for vLLM; undefined: the small model of this project. */
  readonly path: string | undefined;
  readonly baseUrl: string | undefined;
  /** What the server calls the model. */
  readonly modelName: string | undefined;
  /** Secret. */
  readonly apiKey: string | undefined;
  /** Per context of the embedded engine. */
  readonly threads: number;
  /** Answers at the same time. */
  readonly parallel: number;
}

/** As people write it; everything may be absent. */
export interface ModelSettings {
  readonly engine?: string | undefined;
  readonly path?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly modelName?: string | undefined;
  readonly apiKeyFile?: string | undefined;
  readonly threads?: number | undefined;
  readonly parallel?: number | undefined;
}

const API_KEY_VARIABLE = 'ASSAY_ENGINE_API_KEY';

/** @throws UserError for an unknown engine, or a server without its address */
export function modelSource(settings: ModelSettings): ModelSource {
  const engine = ENGINES.find((known) => known === (settings.engine ?? 'node-llama-cpp'));
  if (engine === undefined) {
    throw new UserError(
      'cli/engine',
      `There is no engine ${settings.engine}.`,
      `Use one of ${ENGINES.join(', ')}.`,
    );
  }
  const remote = engine !== 'node-llama-cpp';
  if (remote !== (settings.baseUrl !== undefined)) {
    throw new UserError(
      'cli/engine-url',
      remote
        ? `The engine ${engine} needs the address of its server.`
        : 'A base URL needs an engine.',
      remote
        ? 'Give --base-url, for example --base-url http://127.0.0.1:8080.'
        : `Give --engine with one of ${ENGINES.slice(1).join(', ')}.`,
    );
  }
  return {
    engine,
    path: settings.path,
    baseUrl: settings.baseUrl,
    modelName: settings.modelName,
    apiKey: remote ? apiKey(settings.apiKeyFile) : undefined,
    threads: settings.threads ?? 1,
    parallel: settings.parallel ?? 1,
  };
}

function apiKey(file: string | undefined): string | undefined {
  const text =
    file === undefined ? process.env[API_KEY_VARIABLE] : readTextFile(file, 'The key file');
  const key = text?.trim();
  return key === '' ? undefined : key;
}

/** For logs: never the key. */
export function describeSource(source: ModelSource): Readonly<Record<string, string | boolean>> {
  return {
    engine: source.engine,
    model: source.path ?? source.modelName ?? 'the small model of this project',
    ...(source.baseUrl === undefined ? {} : { baseUrl: source.baseUrl }),
    ...(source.apiKey === undefined ? {} : { apiKey: true }),
  };
}
