/**
 * Another CPU on this machine: llama.cpp picks one of a dozen libraries at start, so a child process
 * that sees only one of them computes as a machine of that generation would. The child answers the
 * two questions an engine is asked; requests and answers travel as structured clones.
 * Source: dependencies.md 1 (measured: AVX-512 kinds agree to the bit, AVX2 and SSE differ).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Engine, EngineInfo, TokenScore } from '@assay/engine';
import { type LlamaEngineOptions, openLlamaEngine } from '@assay/engine/llama';
import { collectSpecimens, type Specimen, type SpecimenTask } from '@assay/verify/calibrate';

const PACKAGE = '@node-llama-cpp/linux-x64';
const ENV = 'ASSAY_CALIBRATION_CPU';

type Question =
  | { readonly kind: 'open'; readonly options: LlamaEngineOptions }
  | { readonly kind: 'answer'; readonly tasks: readonly SpecimenTask[] }
  | { readonly kind: 'score'; readonly args: Parameters<Engine['score']> };

/** An engine in a child process; only `score` and `answer` are there. */
export interface DistantEngine extends Engine {
  answer(tasks: readonly SpecimenTask[]): Promise<Specimen[]>;
}

/** The libraries this installation has; empty where the package is another platform's. */
export function cpuVariants(): readonly string[] {
  const folder = packageFolder();
  if (folder === null) return [];
  const bins = join(folder, 'bins', 'linux-x64');
  return readdirSync(bins).flatMap((file) => /^libggml-cpu-(\w+)\.so$/.exec(file)?.[1] ?? []);
}

function packageFolder(): string | null {
  try {
    const require = createRequire(import.meta.url);
    return dirname(dirname(require.resolve(PACKAGE)));
  } catch {
    return null;
  }
}

/** @throws Error when this machine's CPU cannot run the variant */
export async function openOnCpu(
  variant: string,
  options: LlamaEngineOptions,
  local: Engine,
): Promise<DistantEngine> {
  const folder = packageFolder();
  if (folder === null) throw new Error('no package with CPU variants');
  const copy = mkdtempSync(join(tmpdir(), 'assay-cpu-'));
  cpSync(folder, copy, { recursive: true });
  const bins = join(copy, 'bins', 'linux-x64');
  for (const file of readdirSync(bins)) {
    if (file.startsWith('libggml-cpu-') && file !== `libggml-cpu-${variant}.so`) {
      rmSync(join(bins, file));
    }
  }
  const child = fork(fileURLToPath(import.meta.url), [], {
    env: { ...process.env, [ENV]: copy },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ask = createAsk(child);
  const close = async (): Promise<void> => {
    child.disconnect();
    rmSync(copy, { recursive: true, force: true });
  };
  try {
    const info = (await ask({ kind: 'open', options })) as EngineInfo;
    return {
      info,
      tokenize: (text, special) => local.tokenize(text, special),
      detokenize: (ids) => local.detokenize(ids),
      promptIds: (messages) => local.promptIds(messages),
      generate: () => Promise.reject(new Error('ask with answer()')),
      score: (...args) => ask({ kind: 'score', args }) as Promise<readonly TokenScore[]>,
      answer: (tasks) => ask({ kind: 'answer', tasks }) as Promise<Specimen[]>,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createAsk(child: ChildProcess): (question: Question) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  const once = (question: Question): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the child process ended'));
      child.once('exit', gone);
      child.once('message', (reply: { ok: boolean; value: unknown }) => {
        child.off('exit', gone);
        if (reply.ok) resolve(reply.value);
        else reject(new Error(String(reply.value)));
      });
      child.send(question);
    });
  return (question) => {
    last = last.catch(() => undefined).then(() => once(question));
    return last;
  };
}

/** In a child: serves until the parent hangs up. */
function serve(folder: string): void {
  const target = pathToFileURL(join(folder, 'dist', 'index.js')).href;
  if (!existsSync(join(folder, 'dist', 'index.js'))) process.exit(2);
  const hook = `export async function resolve(name, context, next) {
    return name === '${PACKAGE}' ? { url: '${target}', shortCircuit: true } : next(name, context);
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  let engine: Engine | null = null;
  process.on('disconnect', () => process.exit(0));
  process.on('message', async (question: Question) => {
    try {
      let value: unknown;
      if (question.kind === 'open') {
        engine = await openLlamaEngine(question.options);
        value = engine.info;
      } else if (question.kind === 'answer') {
        value = await collectSpecimens(engine!, question.tasks);
      } else value = await engine!.score(...question.args);
      process.send!({ ok: true, value });
    } catch (error) {
      process.send!({ ok: false, value: error instanceof Error ? error.message : String(error) });
    }
  });
}

// The child runs this file, or the bundle it is part of.
if (process.env[ENV] !== undefined && process.send !== undefined) serve(process.env[ENV]);
