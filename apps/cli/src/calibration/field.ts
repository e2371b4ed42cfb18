/**
 * Who answers and who judges: honest machines that differ, and hosts that cheat. Every cheat is run
 * twice, with the logprobs it computed itself (naive) and with genuine ones from a prefill of the true
 * model (prefill-spoof).
 */
import { sha256 } from '@assay/crypto';
import type { Engine, GenerateOptions } from '@assay/engine';
import { type LlamaEngineOptions, openLlamaEngine } from '@assay/engine/llama';
import { type Variant, variantOfRecipe } from '@assay/engine/model';
import type { ChatMessage } from '@assay/jobs';
import type { HostHabits, Machine, Suspect } from '@assay/verify/calibrate';
import { cpuVariants, openOnCpu } from './cpu-machine.ts';
import { openServer, type ServerChoice } from './server.ts';
import { middleLayer, variantPath } from './variants.ts';

export interface Field {
  readonly truth: Engine;
  readonly hosts: readonly Machine[];
  readonly judges: readonly Machine[];
  readonly suspects: readonly Suspect[];
  close(): Promise<void>;
}

export interface FieldOptions {
  readonly modelPath: string;
  /** Default: what the engine takes by default. */
  readonly contextTokens?: number;
  /** The cache of the profile under calibration. Default F16. */
  readonly keyValueCache?: LlamaEngineOptions['keyValueCache'];
  /** Where copies of the model are kept. */
  readonly cache: string;
  /** A server with the same weights: one more honest machine. */
  readonly server?: ServerChoice;
  /** Fewer machines and cheats, for a first look. */
  readonly quick: boolean;
  readonly onProgress: (what: string) => void;
}

/** Generations of CPU that a machine of today can play: AVX2 and before. */
const CPU_GENERATIONS = ['haswell', 'sandybridge'];

type Open = (options?: Partial<LlamaEngineOptions>, variant?: () => Variant) => Promise<Engine>;

/** @throws EngineError when the model cannot be loaded */
export async function openField(options: FieldOptions): Promise<Field> {
  const { modelPath, keyValueCache = 'F16', cache } = options;
  const context =
    options.contextTokens === undefined ? {} : { contextTokens: options.contextTokens };
  const engines: Engine[] = [];
  // llama.cpp quantises the value cache only with flash attention.
  const profile = { keyValueCache, flashAttention: keyValueCache === 'Q8_0' };
  const openOne: Open = async (settings = {}, variant) => {
    const path = variant ? variantPath(cache, modelPath, variant()) : modelPath;
    return openLlamaEngine({ modelPath: path, ...context, ...profile, ...settings });
  };
  const open = async (settings?: Partial<LlamaEngineOptions>): Promise<Engine> => {
    const engine = await openOne(settings);
    engines.push(engine);
    return engine;
  };
  const truth = await open();
  const hosts: Machine[] = [{ name: 'decode', engine: truth }];
  const judges: Machine[] = [
    { name: 'prefill 512', engine: truth },
    { name: 'prefill 16', engine: await open({ batchSize: 16 }) },
  ];
  if (!profile.flashAttention) {
    const flash = await open({ flashAttention: true });
    hosts.push({ name: 'decode, flash attention', engine: flash });
    judges.push({ name: 'flash attention', engine: flash });
  }
  if (!options.quick) {
    // Threads share work without changing sums: two answers show it, and more would only spin.
    const lanes = { parallelSequences: 4, batching: true };
    hosts.push({ name: 'decode, 4 at a time', engine: await open(lanes) });
    hosts.push({ name: 'decode, 2 threads', engine: await open({ threads: 2 }), answersMax: 2 });
    for (const cpu of CPU_GENERATIONS.filter((one) => cpuVariants().includes(one))) {
      try {
        const engine = await openOnCpu(cpu, { modelPath, ...context, ...profile }, truth);
        engines.push(engine);
        hosts.push({ name: `decode, CPU ${cpu}`, engine, answer: (tasks) => engine.answer(tasks) });
        judges.push({ name: `CPU ${cpu}`, engine });
      } catch (error) {
        options.onProgress(`CPU ${cpu} is left out: ${(error as Error).message}`);
      }
    }
  }
  if (options.server !== undefined) {
    const engine = await openServer(options.server, modelPath, truth.info.profile);
    engines.push(engine);
    hosts.push({ name: options.server.engine, engine });
    if (engine.info.capabilities.scoringCost === 'prefill') {
      judges.push({ name: options.server.engine, engine });
    }
  }
  const suspects = listSuspects(openOne, truth, options);
  const close = async (): Promise<void> => {
    for (const engine of engines) await engine.close();
  };
  return { truth, hosts, judges, suspects, close };
}

const BOTH = ['sketch', 'margin'] as const;

/** Each is loaded when its turn comes: a dozen models at once would not fit many machines. */
function listSuspects(open: Open, truth: Engine, options: FieldOptions): Suspect[] {
  const { quick, modelPath } = options;
  const coarse = (name: string, recipe: string): Suspect => ({
    name,
    open: () => open({}, () => variantOfRecipe(recipe)!),
    teaches: BOTH,
    recipe,
  });
  const weights: Suspect[] = [
    coarse('int4 weights (Q4_0)', 'q4_0'),
    {
      name: 'a layer dropped',
      open: () => open({}, () => ({ dropLayer: middleLayer(modelPath) })),
      teaches: BOTH,
    },
    coarse('int8 weights (Q8_0)', 'q8_0'),
  ];
  if (quick) return weights;
  const cached: Suspect = {
    name: '8-bit KV cache',
    open: () => open({ keyValueCache: 'Q8_0', flashAttention: true }),
    teaches: BOTH,
  };
  return [
    ...weights,
    coarse('int5 weights (Q5_0)', 'q5_0'),
    ...(options.keyValueCache === 'Q8_0' ? [] : [cached]),
    {
      name: 'other weights (10 % drift)',
      open: () => open({}, () => ({ drift: 0.1 })),
      teaches: BOTH,
    },
    ...listMisbehaviours(truth),
    {
      name: 'true for 32 tokens, then int4',
      open: async () => trueAtFirst(truth, await open({}, () => variantOfRecipe('q4_0')!), 32),
      teaches: [],
    },
  ];
}

/** The true weights, used otherwise than asked. They teach nothing, and are only measured. */
function listMisbehaviours(truth: Engine): Suspect[] {
  const close = (): Promise<void> => Promise.resolve();
  const behaves = (name: string, habits: HostHabits): Suspect => ({
    name,
    open: async () => borrowed(truth, { close }),
    teaches: [],
    habits,
  });
  const reworded = (change: (messages: readonly ChatMessage[]) => readonly ChatMessage[]) => ({
    messages: (task: { readonly messages: readonly ChatMessage[] }) => change(task.messages),
  });
  return [
    behaves(
      'system prompt added',
      reworded((messages) => [{ role: 'system', content: 'Be brief.' }, ...messages]),
    ),
    behaves(
      'prompt altered by a word',
      reworded((all) => all.map((one) => ({ ...one, content: `Please: ${one.content}` }))),
    ),
    behaves('temperature 0.9 for 1.0', { params: { temperatureMicro: 900_000 } }),
    behaves('greedy for sampled', { params: { temperatureMicro: 0 } }),
    behaves('another seed (best of n, cache)', { seed: ({ seed }) => sha256(seed) }),
  ];
}

/** `engine` with some of its methods replaced. */
function borrowed(engine: Engine, changes: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get: (target, key) => {
      const value = Reflect.get(Object.hasOwn(changes, key) ? changes : target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The true model for the first `count` tokens of every answer, then the cheap one. */
function trueAtFirst(truth: Engine, cheap: Engine, count: number): Engine {
  return borrowed(truth, {
    close: () => cheap.close(),
    generate: async (promptIds: readonly number[], options: GenerateOptions) => {
      const head = await truth.generate(promptIds, {
        ...options,
        maxTokens: Math.min(count, options.maxTokens),
      });
      const left = options.maxTokens - head.tokens.length;
      if (head.finish === 'stop' || left <= 0) return head;
      const shift = head.tokens.length;
      const tail = await cheap.generate([...promptIds, ...head.tokens.map((one) => one.id)], {
        ...options,
        maxTokens: left,
        pick: (position, top) => options.pick(position + shift, top),
      });
      const tokens = [...head.tokens, ...tail.tokens];
      const text = truth.detokenize(tokens.map((one) => one.id));
      return { ...tail, tokens, text, cachedTokens: head.cachedTokens };
    },
  });
}
