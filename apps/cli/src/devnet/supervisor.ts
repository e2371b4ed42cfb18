/**
 * Runs the processes of a devnet as children of this one: restarts what dies (with the log's last
 * lines as the reason), stops all cleanly in reverse order, and never leaves one behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { DevnetProcess } from './layout.ts';

/** Environment variable that tells a child to stop when its standard input closes. */
export const EXIT_WITH_PARENT = 'ASSAY_EXIT_WITH_PARENT';

/** A child that dies this often within a minute is not restarted any more. */
const RESTARTS_PER_MINUTE_MAX = 5;
const STOP_GRACE_MS = 5_000;
const LAST_LINES_KEPT = 6;
/** Roles by the beginning of a process's name. */
const STOP_ORDER = ['gateway', 'host', 'signer', 'node', 'bitcoin'] as const;

export interface SupervisorEvents {
  /** A child ended by itself; `lastLines` are the end of what it printed. */
  onExit(name: string, reason: string, lastLines: readonly string[], restarting: boolean): void;
}

interface Child {
  readonly plan: DevnetProcess;
  process: ChildProcess | null;
  lastLines: string[];
  startsMs: number[];
  log: WriteStream;
}

export class Supervisor {
  readonly #program: string;
  readonly #events: SupervisorEvents;
  readonly #children = new Map<string, Child>();
  readonly #logFolder: string;
  #stopping = false;

  /** @param program path of the `assay` launcher @param logFolder one log file per process */
  constructor(program: string, logFolder: string, events: SupervisorEvents) {
    this.#program = program;
    this.#events = events;
    this.#logFolder = logFolder;
    mkdirSync(logFolder, { recursive: true });
  }

  start(plan: DevnetProcess): void {
    const log = createWriteStream(join(this.#logFolder, `${plan.name}.log`), { flags: 'a' });
    const child: Child = { plan, process: null, lastLines: [], startsMs: [], log };
    this.#children.set(plan.name, child);
    this.#spawn(child);
  }

  /** Process id of a running child, for tests that kill it. */
  pidOf(name: string): number | undefined {
    return this.#children.get(name)?.process?.pid;
  }

  names(): string[] {
    return [...this.#children.keys()];
  }

  #spawn(child: Child): void {
    child.startsMs.push(Date.now());
    child.lastLines = [];
    const process_ = spawn(process.execPath, [this.#program, ...child.plan.args], {
      // The child ends when this pipe closes: even `kill -9` of us leaves nothing behind.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, [EXIT_WITH_PARENT]: '1' },
      // Out of the terminal's process group, so that Ctrl-C reaches only us and we stop in order.
      detached: true,
    });
    child.process = process_;
    const keep = (chunk: Buffer) => {
      child.log.write(chunk);
      const lines = chunk
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      child.lastLines = [...child.lastLines, ...lines].slice(-LAST_LINES_KEPT);
    };
    process_.stdout?.on('data', keep);
    process_.stderr?.on('data', keep);
    process_.on('close', (code, signal) => {
      child.process = null;
      if (this.#stopping) return;
      const recent = child.startsMs.filter((at) => at > Date.now() - 60_000);
      const restarting = recent.length <= RESTARTS_PER_MINUTE_MAX;
      this.#events.onExit(child.plan.name, signal ?? `exit ${code}`, child.lastLines, restarting);
      if (restarting) setTimeout(() => this.#stopping || this.#spawn(child), 200);
    });
  }

  /** Stops hosts first, then signers, the node and Bitcoin; kills what does not stop in time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const role of STOP_ORDER) {
      const children = [...this.#children.values()].filter(({ plan }) =>
        plan.name.startsWith(role),
      );
      await Promise.all(children.map((child) => this.#end(child)));
    }
  }

  async #end(child: Child): Promise<void> {
    const running = child.process;
    if (running !== null) {
      await new Promise<void>((done) => {
        const timer = setTimeout(() => running.kill('SIGKILL'), STOP_GRACE_MS);
        running.once('close', () => {
          clearTimeout(timer);
          done();
        });
        running.kill('SIGTERM');
      });
    }
    child.log.end();
  }

  /** Ends everything at once; what was acknowledged is on disk. */
  kill(): void {
    this.#stopping = true;
    for (const { process: running } of this.#children.values()) running?.kill('SIGKILL');
  }
}
