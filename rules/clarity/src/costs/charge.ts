/**
 * Cost functions as code: every native and every analysis step charges a meter through here.
 *
 * Source: stacks-core clarity/src/vm/costs/cost_functions.rs (log2 is the floor of an integer).
 */
import { RuntimeFailure } from '../errors.ts';
import type { CostMeter } from './cost.ts';
import { COST_ROWS, type CostName, type CostRow } from './costs.table.ts';

const log2 = (n: number) => {
  if (n < 1) throw new RuntimeFailure('Arithmetic', 'log2 must be passed a positive integer');
  return n < 4294967296 ? 31 - Math.clz32(n) : 63 - Math.clz32(n / 4294967296);
};

/** Run time of a cost function for input `n`. */
export function costRuntime(name: CostName, n: number): number {
  const [shape, a, b] = COST_ROWS[name];
  switch (shape) {
    case 'c':
      return b;
    case 'l':
      return a * n + b;
    case 'g':
      return a * log2(n) + b;
    default:
      return a * n * log2(n) + b;
  }
}

/** Charges all dimensions of a cost function for input `n`. */
export function charge(meter: CostMeter, name: CostName, n: number): void {
  const row: CostRow = COST_ROWS[name];
  const runtime = costRuntime(name, n);
  const writeLength = row[3];
  if (writeLength === undefined) {
    meter.addRuntime(runtime);
    return;
  }
  const readLength = row[5];
  meter.add(
    writeLength[0] * n + writeLength[1],
    row[4] ?? 0,
    readLength === undefined ? 0 : readLength[0] * n + readLength[1],
    row[6] ?? 0,
    runtime,
  );
}
