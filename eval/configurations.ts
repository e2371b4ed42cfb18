/**
 * Who answers and who judges: honest machines that differ, and hosts that cheat. Every cheat is run
 * twice, with the logprobs it computed itself (naive) and with genuine ones from a prefill of the true
 * model (prefill-spoof).
 */

import { sha256 } from '@assay/crypto';
import { type Engine, EngineError, type GenerateOptions } from '@assay/engine';
import { type LlamaEngineOptions, openLlamaEngine } from '@assay/engine/llama';
import type { Variant } from '@assay/engine/model';
import type { Machine, Suspect } from '@assay/verify/calibrate';
import { cpuVariants, openOnCpu } from './cpu-variant.ts';
import { middleLayer, type Subject, variantPath } from './models.ts';

export interface Field {
  readonly truth: Engine;
  readonly hosts: readonly Machine[];
  readonly judges: readonly Machine[];
  readonly suspects: readonly Suspect[];
  close(): Promise<void>;
}

export async function openField(root: string, subject: Subject, quick: boolean): Promise<Field> {
  const engines: Engine[] = [];
  const { contextTokens } = subject;
  const open = async (
    options: Partial<LlamaEngineOptions> = {},
    variant?: Variant,
  ): Promise<Engine> => {
    const modelPath = variant ? variantPath(root, subject.path, variant) : subject.path;
    const engine = await openLlamaEngine({ modelPath, contextTokens, ...options });
    engines.push(engine);
    return engine;
  };
  const truth = await open();
  const flash = await open({ flashAttention: true });
  const hosts: Machine[] = [
    { name: 'decode', engine: truth },
    { name: 'decode, flash attention', engine: flash },
  ];
  const judges: Machine[] = [
    { name: 'prefill 512', engine: truth },
    { name: 'prefill 16', engine: await open({ batchSize: 16 }) },
    { name: 'flash attention', engine: flash },
  ];
  if (!quick) {
    // Threads share work without changing sums: two answers show it, and more would only spin.
    hosts.push({ name: 'decode, 2 threads', engine: await open({ threads: 2 }), answersMax: 2 });
    for (const cpu of ['haswell', 'sandybridge'].filter((one) => cpuVariants().includes(one))) {
      try {
        const modelPath = subject.path;
        const engine = await openOnCpu(cpu, { modelPath, contextTokens }, truth);
        engines.push(engine);
        hosts.push({ name: `decode, CPU ${cpu}`, engine, answer: (tasks) => engine.answer(tasks) });
        judges.push({ name: `CPU ${cpu}`, engine });
      } catch (error) {
        console.error(`CPU variant ${cpu} is left out: ${(error as Error).message}`);
      }
    }
  }
  const suspects = await openSuspects({ open, truth, subject, quick });
  const close = async (): Promise<void> => {
    for (const engine of engines) await engine.close();
  };
  return { truth, hosts, judges, suspects, close };
}

interface Opening {
  readonly open: (options?: Partial<LlamaEngineOptions>, variant?: Variant) => Promise<Engine>;
  readonly truth: Engine;
  readonly subject: Subject;
  readonly quick: boolean;
}

async function openSuspects({ open, truth, subject, quick }: Opening): Promise<Suspect[]> {
  const int4 = await open({}, { type: 'Q4_0' });
  const dropped = await open({}, { dropLayer: middleLayer(subject.path) });
  const both = ['sketch', 'margin'] as const;
  const suspects: Suspect[] = [
    { name: 'int4 weights (Q4_0)', engine: int4, teaches: both },
    { name: 'a layer dropped', engine: dropped, teaches: ['sketch'] },
    { name: 'int8 weights (Q8_0)', engine: await open({}, { type: 'Q8_0' }), teaches: both },
  ];
  if (quick) return suspects;
  const kv8 = await open({ keyValueCache: 'Q8_0', flashAttention: true });
  return [
    ...suspects,
    { name: 'int5 weights (Q5_0)', engine: await open({}, { type: 'Q5_0' }), teaches: [] },
    { name: '8-bit KV cache', engine: kv8, teaches: both },
    {
      name: 'other weights (10 % drift)',
      engine: await open({}, { drift: 0.1 }),
      teaches: ['margin'],
    },
    {
      name: 'system prompt added',
      engine: truth,
      teaches: [],
      habits: {
        messages: ({ messages }) => [{ role: 'system', content: 'Be brief.' }, ...messages],
      },
    },
    {
      name: 'prompt altered by a word',
      engine: truth,
      teaches: [],
      habits: {
        messages: ({ messages }) =>
          messages.map((one) => ({ ...one, content: `Please: ${one.content}` })),
      },
    },
    {
      name: 'temperature 0.9 for 1.0',
      engine: truth,
      teaches: [],
      habits: { params: { temperatureMicro: 900_000 } },
    },
    {
      name: 'another seed (best of n, cache)',
      engine: truth,
      teaches: [],
      habits: { seed: ({ seed }) => sha256(seed) },
    },
    { name: 'true for 32 tokens, then int4', engine: trueAtFirst(truth, int4, 32), teaches: [] },
  ];
}

/** The true model for the first `count` tokens of every answer, then the cheap one. */
function trueAtFirst(truth: Engine, cheap: Engine, count: number): Engine {
  return {
    info: truth.info,
    tokenize: (text, special) => truth.tokenize(text, special),
    detokenize: (ids) => truth.detokenize(ids),
    promptIds: (messages) => truth.promptIds(messages),
    score: () => Promise.reject(new EngineError('engine/failed', 'this host only decodes')),
    close: () => Promise.resolve(),
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
  };
}
