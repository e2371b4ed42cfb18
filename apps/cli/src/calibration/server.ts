/**
 * A server with the model's weights as one more honest machine: vLLM on a GPU, llama.cpp's server. It must
 * let our sampler choose (class A); it judges as well when it scores given tokens in one prefill.
 */
import { type Engine, openCompletionsServer, openLlamaServer } from '@assay/engine';
import { openGgufModel } from '@assay/engine/llama';
import { assuranceClass, type NumericProfile } from '@assay/jobs';
import { nodeWorld } from '@assay/world/node';
import { UserError } from '../user-error.ts';

export const SERVER_ENGINES = ['vllm', 'llama-server', 'openai'] as const;

export interface ServerChoice {
  readonly engine: (typeof SERVER_ENGINES)[number];
  readonly baseUrl: string;
}

/** @param profile what the server is taken to compute in @throws EngineError, UserError */
export async function openServer(
  choice: ServerChoice,
  modelPath: string,
  profile: NumericProfile,
): Promise<Engine> {
  const { engine: kind, baseUrl } = choice;
  const model = { ...(await openGgufModel(modelPath)), profile };
  const where = { world: nodeWorld(), baseUrl, model };
  const engine =
    kind === 'llama-server'
      ? await openLlamaServer(where)
      : await openCompletionsServer({ ...where, kind });
  const found = assuranceClass(engine.info.capabilities);
  if (found === 'A') return engine;
  await engine.close();
  throw new UserError(
    'cli/engine-class',
    `The server at ${baseUrl} proves class ${found}: our sampler cannot choose its tokens.`,
    'vLLM needs --max-logprobs 20 or more; see docs/run-a-host.md.',
  );
}

/** Null when no server was named. @throws UserError when half of it is missing */
export function serverOf(
  engine: string | undefined,
  baseUrl: string | undefined,
): ServerChoice | null {
  if (engine === undefined && baseUrl === undefined) return null;
  const known = SERVER_ENGINES.find((one) => one === engine);
  if (known !== undefined && baseUrl !== undefined) return { engine: known, baseUrl };
  throw new UserError(
    'cli/engine',
    '--engine and --base-url belong together.',
    `For example --engine vllm --base-url http://127.0.0.1:8000; engines: ${SERVER_ENGINES.join(', ')}.`,
  );
}
