/**
 * The five dimensions a Clarity execution is charged in, and the meter that adds them up.
 * Numbers, not bigints: every limit is below 2^53 and the meter stops there.
 *
 * Source: SIP-006; stacks-core clarity/src/vm/costs/mod.rs, execution_cost.rs.
 */

/** Bytes and counts of reads and writes, and unitless run time. All are safe integers. */
export interface Cost {
  readonly writeLength: number;
  readonly writeCount: number;
  readonly readLength: number;
  readonly readCount: number;
  readonly runtime: number;
}

export const ZERO_COST: Cost = {
  writeLength: 0,
  writeCount: 0,
  readLength: 0,
  readCount: 0,
  runtime: 0,
};

/** No limit at all: genesis, system calls, tests. */
export const UNLIMITED: Cost = {
  writeLength: Number.MAX_SAFE_INTEGER,
  writeCount: Number.MAX_SAFE_INTEGER,
  readLength: Number.MAX_SAFE_INTEGER,
  readCount: Number.MAX_SAFE_INTEGER,
  runtime: Number.MAX_SAFE_INTEGER,
};

/** Thrown when a limit is passed; the transaction does not fit the block. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded';
  readonly total: Cost;
  readonly limit: Cost;

  constructor(total: Cost, limit: Cost) {
    super('the execution cost limit was reached');
    this.total = total;
    this.limit = limit;
  }
}

/** Thrown when the values held by a call outgrow the memory limit. */
export class MemoryExceeded extends Error {
  override readonly name = 'MemoryExceeded';
}

/** Bytes of values a call may hold at once (stacks-core CLARITY_MEMORY_LIMIT). */
const MEMORY_LIMIT = 100_000_000;

/** Adds up costs over a block (or a call) and stops at `limit`. Shared by consecutive calls. */
export class CostMeter {
  writeLength = 0;
  writeCount = 0;
  readLength = 0;
  readCount = 0;
  runtime = 0;
  /** Bytes held by running expressions, given back when they end. */
  memoryHeld = 0;
  /** Bytes of state written, held until the transaction ends. */
  memoryKept = 0;
  readonly limit: Cost;
  readonly #runtimeMax: number;
  readonly #memoryMax: number;

  constructor(limit: Cost, memoryMax = MEMORY_LIMIT) {
    this.limit = limit;
    this.#runtimeMax = limit.runtime;
    this.#memoryMax = memoryMax;
  }

  addRuntime(units: number): void {
    this.runtime += units;
    if (this.runtime > this.#runtimeMax) this.#exceeded();
  }

  add(
    writeLength: number,
    writeCount: number,
    readLength: number,
    readCount: number,
    runtime: number,
  ): void {
    this.writeLength += writeLength;
    this.writeCount += writeCount;
    this.readLength += readLength;
    this.readCount += readCount;
    this.runtime += runtime;
    const l = this.limit;
    if (
      this.runtime > l.runtime ||
      this.writeLength > l.writeLength ||
      this.writeCount > l.writeCount ||
      this.readLength > l.readLength ||
      this.readCount > l.readCount
    ) {
      this.#exceeded();
    }
  }

  /** Counts bytes of live values; whoever holds them subtracts from `memoryHeld` when done. */
  hold(bytes: number): void {
    this.memoryHeld += bytes;
    if (this.memoryHeld + this.memoryKept > this.#memoryMax) this.#outOfMemory();
  }

  /** Counts bytes until the end of the transaction. */
  keep(bytes: number): void {
    this.memoryKept += bytes;
    if (this.memoryHeld + this.memoryKept > this.#memoryMax) this.#outOfMemory();
  }

  /** A transaction starts with no memory in use. */
  resetMemory(): void {
    this.memoryHeld = 0;
    this.memoryKept = 0;
  }

  total(): Cost {
    return {
      writeLength: this.writeLength,
      writeCount: this.writeCount,
      readLength: this.readLength,
      readCount: this.readCount,
      runtime: this.runtime,
    };
  }

  /** Puts the meter back to an earlier reading (a transaction that is not included). */
  reset(to: Cost): void {
    this.writeLength = to.writeLength;
    this.writeCount = to.writeCount;
    this.readLength = to.readLength;
    this.readCount = to.readCount;
    this.runtime = to.runtime;
    this.resetMemory();
  }

  #exceeded(): never {
    throw new CostExceeded(this.total(), this.limit);
  }

  #outOfMemory(): never {
    throw new MemoryExceeded('memory limit reached');
  }
}

export function costDifference(after: Cost, before: Cost): Cost {
  return {
    writeLength: after.writeLength - before.writeLength,
    writeCount: after.writeCount - before.writeCount,
    readLength: after.readLength - before.readLength,
    readCount: after.readCount - before.readCount,
    runtime: after.runtime - before.runtime,
  };
}
