/**
 * PostgreSQL inside this process (PGlite): nothing to install, one gateway, one folder. It runs on a
 * thread of its own, so that requests do not wait for its work. Its compiler is told to stay with the
 * quick first pass, which halves its memory and its start.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Database, Row } from './database.ts';

const FLAG = '--liftoff-only';
const PACKAGE = '@electric-sql/pglite';
/** Creates the database in its folder and ends: the memory that takes is then free again. */
const INITIALISE = `
const { PGlite } = require(process.argv[1]);
PGlite.create(process.argv[2]).then((db) => db.close()).then(() => process.exit(0));
`;
/** The thread: answers each task in the order it came. */
const SERVE = `
const { parentPort, workerData } = require('node:worker_threads');
const { PGlite } = require(workerData.module);
const { folder } = workerData;
const opened = PGlite.create(folder === null ? {} : { dataDir: folder });
const tasks = {
  open: () => [],
  query: async (db, { sql, params }) => (await db.query(sql, params)).rows,
  transaction: async (db, { statements }) => {
    await db.transaction(async (tx) => {
      for (const one of statements) await tx.exec(one);
    });
    return [];
  },
  close: async (db) => {
    await db.close();
    return [];
  },
};
parentPort.on('message', async ({ number, task }) => {
  try {
    parentPort.postMessage({ number, rows: await tasks[task.kind](await opened, task) });
  } catch (error) {
    parentPort.postMessage({ number, error: String(error?.message ?? error) });
  }
});
`;

type Task =
  | { readonly kind: 'open' | 'close' }
  | { readonly kind: 'query'; readonly sql: string; readonly params: readonly unknown[] }
  | { readonly kind: 'transaction'; readonly statements: readonly string[] };

interface Answer {
  readonly number: number;
  readonly rows?: readonly Row[];
  readonly error?: string;
}

interface Waiting {
  readonly done: (rows: readonly Row[]) => void;
  readonly failed: (error: Error) => void;
}

function modulePath(): string {
  return createRequire(import.meta.url).resolve(PACKAGE);
}

async function initialise(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [FLAG, '-e', INITIALISE, modulePath(), folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-500);
  });
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the embedded database cannot be created: ${said}`);
}

class PgliteThread implements Database {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #failure: Error | null = null;

  constructor(folder: string | null) {
    const workerData = { module: modulePath(), folder };
    this.#worker = new Worker(SERVE, { eval: true, workerData });
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(new Error('the embedded database has ended')));
  }

  ask(task: Task): Promise<readonly Row[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const number = this.#number++;
    return new Promise((done, failed) => {
      this.#waiting.set(number, { done, failed });
      // The thread alone does not keep the process alive, a question to it does.
      this.#worker.ref();
      this.#worker.postMessage({ number, task });
    });
  }

  query(sql: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.ask({ kind: 'query', sql, params });
  }

  async transaction(statements: readonly string[]): Promise<void> {
    await this.ask({ kind: 'transaction', statements });
  }

  async close(): Promise<void> {
    if (this.#failure === null) await this.ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  #settle({ number, rows, error }: Answer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (error !== undefined) waiting?.failed(new Error(error));
    else waiting?.done(rows ?? []);
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause instanceof Error ? cause : new Error(String(cause));
    for (const { failed } of this.#waiting.values()) failed(this.#failure);
    this.#waiting.clear();
  }
}

/** @param folder where it lives; null keeps it in memory */
export async function openPglite(folder: string | null): Promise<Database> {
  if (folder !== null && !existsSync(folder)) await initialise(folder);
  setFlagsFromString(FLAG);
  const thread = new PgliteThread(folder);
  await thread.ask({ kind: 'open' });
  return thread;
}
