/**
 * A whole network in one process and in virtual time: `SimNetwork` owns the clock, the event
 * queue, the wires and the faults; each simulated process gets a `SimWorld` with the same
 * interface as the real one. Everything random comes from the seed, events run in the order
 * (time, sequence), and between two events all awaiting code settles: same seed, same trace.
 *
 * A crashed process stops as `kill -9` would stop it: its timers never fire, its servers are gone,
 * its pending awaits never return. Its files stay.
 */
import { EventQueue, type SimEvent } from './sim-clock.ts';
import { type SimListener, simNet } from './sim-net.ts';
import { type SimRandom, simRandom } from './sim-random.ts';
import type { Clock, Files, Net, Random, TimerHandle, Timers, World } from './world.ts';

export interface SimOptions {
  /** Any text or number; two runs with the same seed are identical. */
  readonly seed: string | number;
  /** Unix time at the start, milliseconds. Default 2026-01-01. */
  readonly startMs?: number;
  /** One-way latency of a message, milliseconds, uniform between the two. Default [1, 3]. */
  readonly latencyMs?: readonly [number, number];
}

export interface SimTraceEntry {
  readonly atMs: number;
  readonly kind: 'request' | 'response' | 'crash' | 'start' | 'log';
  readonly text: string;
}

/** A process: code that builds its services in a world. What it returns is kept for the test. */
export type SimMain = (world: SimWorld) => unknown;

const TRACE_ENTRIES_MAX = 200_000;

export class SimNetwork {
  readonly trace: SimTraceEntry[] = [];
  /** Exceptions that escaped an HTTP handler (the caller got a 500). Empty in a healthy run. */
  readonly failures: Array<{ readonly process: string; readonly cause: unknown }> = [];
  /** Package-private: open servers by address. */
  readonly listeners = new Map<string, SimListener>();
  readonly #queue = new EventQueue();
  readonly #random: SimRandom;
  readonly #seed: string;
  readonly #latencyMs: readonly [number, number];
  readonly #processes = new Map<string, { world: SimWorld; main: SimMain | null; runs: number }>();
  readonly #disks = new Map<string, Map<string, Uint8Array>>();
  readonly #links = new Map<string, { dropChance: number; delayMs: number }>();
  #groups: ReadonlyArray<ReadonlySet<string>> = [];
  #nowMs: number;
  #nextPort = 40_000;
  #held = 0;
  #traceHash = 0x811c9dc5;

  constructor(options: SimOptions) {
    this.#seed = String(options.seed);
    this.#nowMs = options.startMs ?? Date.UTC(2026, 0, 1);
    this.#latencyMs = options.latencyMs ?? [1, 3];
    this.#random = simRandom(`network/${this.#seed}`);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The world of a process; made (alive, with an empty disk) on first use. */
  world(name: string): SimWorld {
    const known = this.#processes.get(name);
    if (known !== undefined) return known.world;
    const world = this.#boot(name, 0);
    this.#processes.set(name, { world, main: null, runs: 1 });
    return world;
  }

  /** Runs `main` as process `name`; `restart` runs it again. Awaited inside virtual time by `run`. */
  start(name: string, main: SimMain): SimWorld {
    const world = this.world(name);
    this.#processes.get(name)!.main = main;
    this.#launch(world, main);
    return world;
  }

  /** As `kill -9`: nothing of the process runs any more; its files stay. */
  crash(name: string): void {
    const world = this.world(name);
    if (!world.isAlive) return;
    this.note('crash', name);
    world.die();
    for (const [address, listener] of this.listeners) {
      if (listener.owner === world) this.listeners.delete(address);
    }
  }

  /** A fresh incarnation on the same disk; runs the `main` given to `start`, if any. */
  restart(name: string): SimWorld {
    this.crash(name);
    const process = this.#processes.get(name)!;
    process.world = this.#boot(name, process.runs);
    process.runs += 1;
    if (process.main !== null) this.#launch(process.world, process.main);
    return process.world;
  }

  /** Processes in different groups cannot reach each other; one named nowhere reaches all. */
  partition(groups: ReadonlyArray<readonly string[]>): void {
    this.#groups = groups.map((names) => new Set(names));
  }

  /** Ends the partition and all link faults. */
  heal(): void {
    this.#groups = [];
    this.#links.clear();
  }

  /** Faults of the messages from one process to another (`'*'` for any). */
  disturb(
    from: string,
    to: string,
    fault: { readonly dropChance?: number; readonly delayMs?: number },
  ): void {
    this.#links.set(`${from}>${to}`, {
      dropChance: fault.dropChance ?? 0,
      delayMs: fault.delayMs ?? 0,
    });
  }

  /** Runs `action` after `delayMs` of virtual time, outside any process (faults, assertions). */
  schedule(delayMs: number, action: () => void): SimEvent {
    return this.#queue.push(this.#nowMs + Math.max(0, Math.round(delayMs)), action);
  }

  cancel(event: SimEvent): void {
    this.#queue.cancel(event);
  }

  /** Stops virtual time until real work (a worker thread, a model) settles. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
    }
  }

  /** Runs everything due up to `forMs` from now; virtual time then stands there. */
  async run(forMs: number): Promise<void> {
    const untilMs = this.#nowMs + forMs;
    await this.#loop(untilMs, () => false);
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Runs until `predicate` holds (true), or `limitMs` have passed or nothing is left (false). */
  async runUntil(predicate: () => boolean, limitMs = 600_000): Promise<boolean> {
    await this.#loop(this.#nowMs + limitMs, predicate);
    return predicate();
  }

  /** Eight hex digits over all messages so far, bodies included. */
  traceDigest(): string {
    return (this.#traceHash >>> 0).toString(16).padStart(8, '0');
  }

  // ---- for sim-net.ts -------------------------------------------------------------------------

  findListener(address: string): SimListener | null {
    return this.listeners.get(address) ?? null;
  }

  freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  /** Milliseconds a message takes; null when it is lost. Draws from the seed in either case. */
  transit(from: string, to: string): number | null {
    const [least, most] = this.#latencyMs;
    let delayMs = least + this.#random.below(most - least + 1);
    let isLost = this.#isPartitioned(from, to);
    for (const key of [`${from}>${to}`, `${from}>*`, `*>${to}`, '*>*']) {
      const fault = this.#links.get(key);
      if (fault === undefined) continue;
      delayMs += fault.delayMs;
      if (this.#random.chance(fault.dropChance)) isLost = true;
    }
    return isLost ? null : delayMs;
  }

  note(kind: SimTraceEntry['kind'], text: string, body?: Uint8Array): void {
    if (this.trace.length < TRACE_ENTRIES_MAX) this.trace.push({ atMs: this.#nowMs, kind, text });
    const line = `${this.#nowMs} ${kind} ${text}`;
    for (let i = 0; i < line.length; i++) this.#mix(line.charCodeAt(i));
    if (body !== undefined) for (const byte of body) this.#mix(byte);
  }

  // ---- inside ---------------------------------------------------------------------------------

  #mix(value: number): void {
    this.#traceHash = Math.imul(this.#traceHash ^ value, 0x01000193);
  }

  #isPartitioned(from: string, to: string): boolean {
    const a = this.#groups.findIndex((group) => group.has(from));
    const b = this.#groups.findIndex((group) => group.has(to));
    return a >= 0 && b >= 0 && a !== b;
  }

  #boot(name: string, run: number): SimWorld {
    let disk = this.#disks.get(name);
    if (disk === undefined) {
      disk = new Map();
      this.#disks.set(name, disk);
    }
    return new SimWorld(this, name, `process/${this.#seed}/${name}/${run}`, disk);
  }

  #launch(world: SimWorld, main: SimMain): void {
    this.schedule(0, () => {
      if (!world.isAlive) return;
      this.note('start', world.name);
      const fail = (cause: unknown) => {
        if (world.isAlive) this.failures.push({ process: world.name, cause });
      };
      try {
        Promise.resolve(main(world)).catch(fail);
      } catch (cause) {
        fail(cause);
      }
    });
  }

  async #loop(untilMs: number, isDone: () => boolean): Promise<void> {
    await this.#settle();
    while (!isDone()) {
      const atMs = this.#queue.nextAtMs();
      if (atMs === null || atMs > untilMs) return;
      this.#nowMs = Math.max(this.#nowMs, atMs);
      this.#queue.pop()!.action();
      await this.#settle();
    }
  }

  /** One turn of the real event loop drains every microtask; held work gets as many as it needs. */
  async #settle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#held > 0);
  }
}

/** One simulated process. `die` is `SimNetwork.crash`'s business. */
export class SimWorld implements World {
  readonly name: string;
  readonly network: SimNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly net: Net;
  readonly files: Files;
  /** Package-private: told when the process crashes. */
  readonly onCrash = new Set<() => void>();
  #isAlive = true;

  constructor(network: SimNetwork, name: string, randomKey: string, disk: Map<string, Uint8Array>) {
    this.network = network;
    this.name = name;
    this.clock = { nowMs: () => network.nowMs };
    this.random = simRandom(randomKey);
    this.timers = simTimers(network, this);
    this.net = simNet(network, this);
    this.files = simFiles(disk, this);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  die(): void {
    this.#isAlive = false;
    for (const tell of [...this.onCrash]) tell();
    this.onCrash.clear();
  }
}

function simTimers(network: SimNetwork, self: SimWorld): Timers {
  const after = (delayMs: number, action: () => void): TimerHandle => {
    const event = network.schedule(delayMs, () => {
      if (self.isAlive) action();
    });
    return { cancel: () => network.cancel(event) };
  };
  return {
    after,
    every(intervalMs, action) {
      const stepMs = Math.max(1, intervalMs);
      let isOn = true;
      let handle = after(stepMs, tick);
      function tick(): void {
        handle = after(stepMs, tick);
        action();
        if (!isOn) handle.cancel();
      }
      return {
        cancel: () => {
          isOn = false;
          handle.cancel();
        },
      };
    },
    sleep(delayMs, signal) {
      if (signal?.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const onAbort = () => {
          handle.cancel();
          if (self.isAlive) resolve(false);
        };
        const handle = after(delayMs, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(true);
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}

function simFiles(disk: Map<string, Uint8Array>, self: SimWorld): Files {
  const alive = <T>(value: T): Promise<T> =>
    self.isAlive ? Promise.resolve(value) : new Promise<T>(() => {});
  return {
    read: (path) => alive(disk.get(path)?.slice() ?? null),
    write: (path, bytes) => {
      if (self.isAlive) disk.set(path, bytes.slice());
      return alive(undefined);
    },
    remove: (path) => {
      if (self.isAlive) {
        for (const name of [...disk.keys()]) {
          if (name === path || name.startsWith(`${path}/`)) disk.delete(name);
        }
      }
      return alive(undefined);
    },
    list: (folder) => {
      const names = new Set<string>();
      for (const path of disk.keys()) {
        if (path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split('/')[0]!);
      }
      return alive([...names].sort());
    },
  };
}
