/**
 * What-if: transactions executed on the state after any block, with nothing kept. The RPC replays
 * blocks and simulates transactions with it.
 */
import { err, ok, type Result } from '@assay/bytes';
import { type Transaction, transactionId } from '@assay/wire';
import type { BlockExecution } from './block-execution.ts';
import type { TransactionChecker } from './check-transaction.ts';
import type { Receipt } from './receipt.ts';
import { type BlockRejection, blockFault } from './rejection.ts';

/** Money that an account has in the simulation only. */
export interface SimulatedMint {
  readonly principal: string;
  readonly amountMicro: bigint;
}

export interface SimulationOptions {
  readonly mints?: readonly SimulatedMint[];
  /** A whole tenure's budget, whatever the tenure has spent so far. */
  readonly freshBudget?: boolean;
}

export interface Simulation {
  /** Executes one more transaction on top of those before it. */
  run(tx: Transaction): Result<Receipt, BlockRejection>;
}

export function createSimulation(
  execution: BlockExecution,
  checker: TransactionChecker,
  { mints = [], freshBudget = false }: SimulationOptions,
): Simulation {
  for (const mint of mints) execution.credit(mint.principal, mint.amountMicro);
  if (freshBudget) execution.resetBudget();
  return { run: (tx) => executeOne(execution, checker, tx) };
}

/** Checks form and signatures, then executes. */
export function executeOne(
  execution: BlockExecution,
  checker: TransactionChecker,
  tx: Transaction,
): Result<Receipt, BlockRejection> {
  const checked = checker.check(tx);
  if (!checked.ok)
    return err(blockFault('bad-transaction', checked.error.message, transactionId(tx)));
  const processed = execution.process(checked.value);
  if (processed.included) return ok(processed.receipt);
  const { code, message } = processed;
  return err({ code, message, txid: checked.value.txid });
}
