/**
 * `assay calibrate`: from a model file to the evidence table that judges may bet on. Runs honest machines
 * that differ, then cheats, and writes the table where hosts and signers that open the file find it.
 * Method and meaning: docs/calibration.md.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { EngineError } from '@assay/engine';
import type { ChatMessage } from '@assay/jobs';
import { type Calibration, calibrate } from '@assay/verify/calibrate';
import { smallModelPath } from '../model-file.ts';
import { bold, columns, dim, yellow } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { openField } from './field.ts';
import { MIXED } from './prompts.ts';
import { calibrationRows, renderRows } from './rows.ts';
import { type ServerChoice, serverOf } from './server.ts';
import { writeCalibration } from './write-out.ts';

export interface CalibrateFlags {
  readonly model?: string;
  readonly out?: string;
  readonly prompts?: string;
  readonly answers: string;
  readonly tokens: string;
  readonly redraws: string;
  readonly context?: string;
  readonly kvCache: string;
  readonly engine?: string;
  readonly baseUrl?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
}

const CACHES = { f16: 'F16', f32: 'F32', q8_0: 'Q8_0' } as const;

export async function runCalibrate(flags: CalibrateFlags): Promise<void> {
  const modelPath = modelOf(flags);
  const stem = basename(modelPath).replace(/\.gguf$/i, '');
  const folder = resolve(flags.out ?? dirname(modelPath));
  const prompts = promptsOf(flags);
  const began = performance.now();
  const say = (what: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(5);
    console.error(`${dim(`${seconds} s`)}  ${what}`);
  };
  const answers = count('--answers', flags.answers, 4, 10_000);
  const calibration = await measureModel({
    modelPath,
    stem,
    prompts,
    answers,
    maxTokens: count('--tokens', flags.tokens, 8, 4096),
    redraws: count('--redraws', flags.redraws, 0, 1024),
    contextTokens:
      flags.context === undefined ? null : count('--context', flags.context, 64, 1_048_576),
    keyValueCache: cacheOf(flags.kvCache),
    server: serverOf(flags.engine, flags.baseUrl),
    quick: flags.quick === true,
    say,
  });
  const files = writeCalibration(folder, stem, calibration);
  const rows = calibrationRows(stem, calibration);
  if (flags.json) for (const row of rows) console.log(JSON.stringify(row));
  else for (const line of renderRows(rows)) console.log(line);
  for (const warning of warningsOf(calibration, flags)) console.error(yellow(warning));
  if (flags.json) return;
  console.log(
    `\n${bold('Calibrated')}\n${columns([
      ['table', files.table],
      ['sha-256', calibration.tableSha256],
      ['measured', files.record],
      ['plot', files.plot],
    ])}`,
  );
}

interface Job {
  readonly modelPath: string;
  readonly stem: string;
  readonly prompts: readonly (readonly ChatMessage[])[];
  readonly answers: number;
  readonly maxTokens: number;
  readonly redraws: number;
  readonly contextTokens: number | null;
  readonly keyValueCache: 'F16' | 'F32' | 'Q8_0';
  readonly server: ServerChoice | null;
  readonly quick: boolean;
  readonly say: (what: string) => void;
}

async function measureModel(job: Job): Promise<Calibration> {
  const { modelPath, contextTokens, keyValueCache, server, quick, say } = job;
  try {
    const field = await openField({
      modelPath,
      ...(contextTokens === null ? {} : { contextTokens }),
      keyValueCache,
      ...(server === null ? {} : { server }),
      cache: resolve('.assay', 'variants'),
      quick,
      onProgress: say,
    });
    try {
      return await calibrate({
        name: job.stem.replace(/[^ -~]/g, '').slice(0, 64),
        weightsSha256: field.truth.info.weightsSha256,
        hosts: field.hosts,
        judges: field.judges,
        suspects: field.suspects,
        prompts: job.prompts,
        params: {
          temperatureMicro: 1_000_000,
          topPMicro: 1_000_000,
          topK: 20,
          maxTokens: job.maxTokens,
        },
        answersPerHost: job.answers,
        answersPerSuspect: Math.ceil(0.75 * job.answers),
        redraws: job.redraws,
        toleranceMicro: 10_000,
        impossibleMicro: 500_000,
        onProgress: say,
      });
    } finally {
      await field.close();
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UserError(
      'cli/model-unusable',
      `${modelPath}: ${error.message}.`,
      'Give a GGUF file of a text model that fits this machine; see docs/calibration.md.',
    );
  }
}

/** What a reader of the tables should not overlook. */
function warningsOf(calibration: Calibration, flags: CalibrateFlags): string[] {
  const warnings: string[] = [];
  if (flags.quick)
    warnings.push('--quick: too few machines; do not let this table convict anybody.');
  const entropy = calibration.pairs[0]?.meanEntropy ?? 0;
  if (entropy < 0.3) {
    warnings.push(
      `Answers carry ${entropy.toFixed(2)} nats per token: nearly certain text gives a sampling check little to see.`,
    );
  }
  const { above1000, verdicts } = calibration.honest;
  if (above1000 * 1000 > verdicts) {
    warnings.push(
      `${above1000} of ${verdicts} honest answers reach E >= 1000: measure more answers before use.`,
    );
  }
  return warnings;
}

function modelOf(flags: CalibrateFlags): string {
  const path = resolve(flags.model ?? smallModelPath());
  if (existsSync(path) && statSync(path).isFile()) return path;
  throw new UserError(
    'cli/no-model-file',
    `The model file ${path} does not exist.`,
    'Check the path; without --model the small model of this project is calibrated.',
  );
}

function promptsOf({ prompts }: CalibrateFlags): readonly (readonly ChatMessage[])[] {
  if (prompts === undefined) return MIXED;
  const path = resolve(prompts);
  const lines = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
    : [];
  if (lines.length > 0) return lines.map((content) => [{ role: 'user', content }]);
  throw new UserError('cli/no-prompts', `There are no prompts in ${path}.`, 'One prompt a line.');
}

function cacheOf(text: string): Job['keyValueCache'] {
  const name = text.toLowerCase();
  if (Object.hasOwn(CACHES, name)) return CACHES[name as keyof typeof CACHES];
  throw new UserError('cli/kv-cache', `--kv-cache ${text} is unknown.`, 'Use f16, f32 or q8_0.');
}

function count(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UserError(
    'cli/bad-number',
    `${name} ${text} is not a number from ${min} to ${max}.`,
    'See assay calibrate --help.',
  );
}
