/** The budget of a tenure in the meter's numbers (params states it in bigints). */
import type { Cost } from '@assay/clarity';
import { type ExecutionCost, TENURE_COST_LIMIT } from '@assay/params';

/** Every dimension is far below 2^53. */
export function costInNumbers(cost: ExecutionCost): Cost {
  return {
    writeLength: Number(cost.writeLength),
    writeCount: Number(cost.writeCount),
    readLength: Number(cost.readLength),
    readCount: Number(cost.readCount),
    runtime: Number(cost.runtime),
  };
}

export const TENURE_COST: Cost = costInNumbers(TENURE_COST_LIMIT);
