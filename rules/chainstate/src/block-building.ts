/**
 * The miner's side of block execution: try transactions one by one, keep those that fit, seal.
 */
import { assert } from '@assay/bytes';
import { merkleRoot } from '@assay/crypto';
import { BLOCK_BYTES_MAX, rulesAt } from '@assay/params';
import { EMPTY_HEADER, encodeBlock, type NakamotoBlock, type Transaction } from '@assay/wire';
import type { BlockBuilder, SealedBlock, TryOutcome } from './block-builder.ts';
import type { BlockContext } from './block-context.ts';
import type { BlockExecution, Executed } from './block-execution.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import { LIMITS } from './limits.ts';
import type { StoredHeader } from './stored-header.ts';

/** Header without signatures, vector and counts: everything of fixed size. */
const FIXED_BYTES = 512;
const SIGNATURE_BYTES = 65;

export interface BuilderParts {
  readonly parent: StoredHeader;
  readonly context: BlockContext;
  readonly execution: BlockExecution;
  /** Root of the state after these writes. */
  stateRoot(executed: Executed): Uint8Array;
  /** Told when a block was sealed, so that applying it needs no second execution. */
  onSealed(block: NakamotoBlock, executed: Executed): void;
}

export function createBuilder(parts: BuilderParts): BlockBuilder {
  const { parent, context, execution } = parts;
  const transactions: Transaction[] = [];
  let sizeBytes = FIXED_BYTES + SIGNATURE_BYTES * context.signers.signers.length;
  let isOpen = true;

  const tryTransaction = (checked: CheckedTransaction): TryOutcome => {
    assert(isOpen, 'the block is sealed');
    const isFull =
      sizeBytes + checked.bytes.length > BLOCK_BYTES_MAX ||
      transactions.length >= LIMITS.blockTransactionsMax;
    if (isFull) {
      const message = 'the block is full';
      return { kind: 'skipped', code: 'chainstate/block-full', message, fatal: false };
    }
    const processed = execution.process(checked);
    if (!processed.included) {
      const { code, message, fatal } = processed;
      return { kind: 'skipped', code, message, fatal };
    }
    transactions.push(checked.tx);
    sizeBytes += checked.bytes.length;
    return { kind: 'included', receipt: processed.receipt };
  };

  const seal = (): SealedBlock => {
    assert(isOpen, 'the block is sealed already');
    const fault = execution.endFault();
    assert(fault === null, `cannot seal: ${fault}`);
    isOpen = false;
    const executed = execution.finish();
    const header = {
      ...EMPTY_HEADER,
      version: rulesAt(context.burnView.burnHeight).blockHeaderVersion,
      chainLength: parent.height + 1,
      burnSpent: executed.burnSpent,
      consensusHash: executed.consensusHash,
      parentBlockId: parent.blockId,
      txMerkleRoot: merkleRoot([...executed.txids]),
      stateIndexRoot: parts.stateRoot(executed),
      timestampSecs: context.timestampSecs,
    };
    const block = { header, transactions };
    parts.onSealed(block, executed);
    return {
      block,
      receipts: executed.receipts,
      blockCost: executed.blockCost,
      tenureCost: executed.tenureCost,
      sizeBytes: encodeBlock(block).length,
    };
  };

  return {
    parent,
    get transactionCount() {
      return transactions.length;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    get tenureCost() {
      return execution.tenureCost;
    },
    tryTransaction,
    seal,
    abort() {
      isOpen = false;
    },
  };
}
