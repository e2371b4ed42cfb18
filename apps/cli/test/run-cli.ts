/** Runs one of the programs in this process and takes down what it prints and its exit code. */
import { vi } from 'vitest';
import { main, type ProgramName } from '../src/main.ts';

export interface CliRun {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export async function runCli(name: ProgramName, ...argv: readonly string[]): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((...parts) => void out.push(parts.join(' '))),
    vi.spyOn(console, 'error').mockImplementation((...parts) => void err.push(parts.join(' '))),
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => out.push(String(part)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => err.push(String(part)) > 0),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(name, argv);
    return { out: out.join('\n'), err: err.join('\n'), code: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
