/**
 * What every call of a test run cost, as the JSON Clarinet's tools read: one row per call with the
 * test's name, the arguments, and the five costs against the block's limit.
 */
import { BLOCK_LIMIT, type Cost } from '@assay/clarity';
import { type ClarityValue, clarityValueToString } from '@assay/clarity-value';

interface Row {
  readonly test_name: string;
  readonly contract_id: string;
  readonly method: string;
  readonly args: readonly string[];
  readonly cost_result: { readonly total: unknown; readonly limit: unknown };
}

function snakeCase(cost: Cost) {
  return {
    write_length: cost.writeLength,
    write_count: cost.writeCount,
    read_length: cost.readLength,
    read_count: cost.readCount,
    runtime: cost.runtime,
  };
}

export class CostReport {
  testName = '';
  #rows: Row[] = [];

  note(contractId: string, method: string, args: readonly ClarityValue[], cost: Cost): void {
    this.#rows.push({
      test_name: this.testName,
      contract_id: contractId,
      method,
      args: args.map(clarityValueToString),
      cost_result: { total: snakeCase(cost), limit: snakeCase(BLOCK_LIMIT) },
    });
  }

  /** JSON of all rows since the last time. */
  take(): string {
    const text = JSON.stringify(this.#rows);
    this.#rows = [];
    return text;
  }
}
