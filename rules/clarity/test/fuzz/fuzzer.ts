/**
 * A small coverage-guided fuzzer: inputs that reach a new branch, or an old one a new order of
 * magnitude more often, are kept and mutated further. Deterministic for a seed.
 */

export interface Target {
  readonly name: string;
  /** Throws for what must never happen. Refusing an input is not throwing. */
  readonly run: (input: Uint8Array) => void;
  readonly seeds: readonly Uint8Array[];
  /** Words of the format, inserted whole. */
  readonly dictionary: readonly Uint8Array[];
  readonly bytesMax: number;
  /** Branches one input may run: `base + perByte * length`. Beyond: reported as slow. */
  readonly work: { readonly base: number; readonly perByte: number };
}

export interface Finding {
  readonly kind: 'crash' | 'slow';
  readonly input: Uint8Array;
  readonly message: string;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Branches reached at least once. */
  readonly branches: number;
  readonly corpus: readonly Uint8Array[];
  readonly findings: readonly Finding[];
  /** The most branches per input byte (of inputs above 64 bytes) seen. */
  readonly workPerByteMax: number;
}

const FINDINGS_MAX = 32;

/** A 32-bit generator (mulberry32). */
export function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Hit counts by order of magnitude, one bit each. */
function bucketOf(count: number): number {
  if (count < 4) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

export class Fuzzer {
  readonly #target: Target;
  readonly #counters: Uint32Array;
  readonly #seen: Uint8Array;
  readonly #random: (below: number) => number;
  readonly #corpus: Uint8Array[] = [];
  readonly #findings: Finding[] = [];
  readonly #scratch: Uint8Array;
  #inputs = 0;
  #workPerByteMax = 0;

  constructor(target: Target, counters: Uint32Array, seed: number) {
    this.#target = target;
    this.#counters = counters;
    this.#seen = new Uint8Array(counters.length);
    this.#random = makeRandom(seed);
    this.#scratch = new Uint8Array(target.bytesMax);
    for (const input of target.seeds) this.#try(input.slice(0, target.bytesMax), true);
  }

  /** Runs `count` more mutated inputs. */
  run(count: number): void {
    for (let i = 0; i < count; i++) this.#try(this.#mutated(), false);
  }

  report(): FuzzReport {
    let branches = 0;
    for (const bits of this.#seen) if (bits !== 0) branches++;
    return {
      inputs: this.#inputs,
      branches,
      corpus: this.#corpus,
      findings: this.#findings,
      workPerByteMax: this.#workPerByteMax,
    };
  }

  #try(input: Uint8Array, keep: boolean): void {
    this.#inputs++;
    this.#counters.fill(0);
    if (!this.#passes(input)) return;
    const { isNew, work } = this.#look();
    const { base, perByte } = this.#target.work;
    if (input.length >= 64) {
      this.#workPerByteMax = Math.max(this.#workPerByteMax, work / input.length);
    }
    if (work > base + perByte * input.length) {
      const message = `${work} branches for ${input.length} bytes`;
      this.#found({ kind: 'slow', input: input.slice(), message });
    }
    if (isNew || keep) this.#corpus.push(input.slice());
  }

  /** Refusals throw inside the code under test: without stacks they cost a fraction. */
  #passes(input: Uint8Array): boolean {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      this.#target.run(input);
      return true;
    } catch {
      Error.stackTraceLimit = 20;
      this.#found({ kind: 'crash', input: input.slice(), message: this.#stackOf(input) });
      return false;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  #stackOf(input: Uint8Array): string {
    try {
      this.#target.run(input);
      return 'crashes only the first time';
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  #found(finding: Finding): void {
    const first = finding.message.split('\n').slice(0, 2).join();
    const known = this.#findings.some(
      (one) => one.message.split('\n').slice(0, 2).join() === first,
    );
    if (!known && this.#findings.length < FINDINGS_MAX) this.#findings.push(finding);
  }

  #look(): { isNew: boolean; work: number } {
    const [counters, seen] = [this.#counters, this.#seen];
    let isNew = false;
    let work = 0;
    for (let i = 0; i < counters.length; i++) {
      const count = counters[i]!;
      if (count === 0) continue;
      work += count;
      const bucket = bucketOf(count);
      if ((seen[i]! & bucket) === 0) {
        seen[i]! |= bucket;
        isNew = true;
      }
    }
    return { isNew, work };
  }

  // ---- mutation ----

  #pick(): Uint8Array {
    const corpus = this.#corpus;
    const recent = Math.min(corpus.length, 128);
    const from = this.#random(2) === 0 ? corpus.length - recent : 0;
    return corpus[from + this.#random(corpus.length - from)]!;
  }

  #mutated(): Uint8Array {
    const buffer = this.#scratch;
    const start = this.#pick();
    buffer.set(start);
    let length = start.length;
    const rounds = 1 + this.#random(6);
    for (let i = 0; i < rounds; i++) length = this.#mutateOnce(length);
    return buffer.subarray(0, length);
  }

  /** Changes the scratch buffer, whose first `length` bytes are used; the new length. */
  #mutateOnce(length: number): number {
    const random = this.#random;
    const buffer = this.#scratch;
    const at = random(length + 1);
    switch (random(9)) {
      case 0:
        if (at < length) buffer[at]! ^= 1 << random(8);
        return length;
      case 1:
        if (at < length) buffer[at] = random(256);
        return length;
      case 2:
        if (at < length) buffer[at] = buffer[at]! + random(9) - 4;
        return length;
      case 3:
      case 4: {
        const { dictionary } = this.#target;
        return this.#insert(length, at, dictionary[random(dictionary.length)]!);
      }
      case 5: {
        const size = Math.min(1 + random(random(8) === 0 ? 64 : 8), length - at);
        buffer.copyWithin(at, at + size, length);
        return length - size;
      }
      case 6: {
        const from = random(length + 1);
        return this.#insert(
          length,
          at,
          buffer.slice(from, from + 1 + random(32)).subarray(0, Math.max(0, length - from)),
        );
      }
      case 7: {
        const other = this.#pick();
        const from = random(other.length + 1);
        return this.#insert(length, at, other.subarray(from, from + 1 + random(64)));
      }
      default: {
        // One piece many times over: what is slow shows, and what is deep.
        const piece = buffer.slice(at, Math.min(length, at + 1 + random(12)));
        if (piece.length === 0) return length;
        let now = length;
        const times = 1 << random(8);
        for (let i = 0; i < times && now + piece.length <= buffer.length; i++) {
          now = this.#insert(now, at, piece);
        }
        return now;
      }
    }
  }

  #insert(length: number, at: number, piece: Uint8Array): number {
    const room = this.#scratch.length - length;
    const size = Math.min(piece.length, room);
    this.#scratch.copyWithin(at + size, at, length);
    this.#scratch.set(piece.subarray(0, size), at);
    return length + size;
  }
}
