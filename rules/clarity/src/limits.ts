/**
 * Bounds of the language and of a block, epoch 3.4. Each names its unit and what happens when hit.
 *
 * Source: stacks-core clarity/src/vm/mod.rs, clarity-types/src/types/mod.rs,
 * stackslib/src/core/mod.rs (block limits of epochs 2.1 to 3.4).
 */
import type { Cost } from './costs/cost.ts';

export const LIMITS = {
  /** Nested calls and expressions at run time; beyond: runtime error MaxStackDepthReached. */
  callStackDepth: 128,
  /** Nested lists and tuples in source; beyond: ExpressionStackDepthTooDeep. */
  sourceNesting: 128 + 5,
  /** Bytes of one value; beyond: ValueTooLarge. Its type's depth is `clarity-value`'s to bound. */
  valueSizeBytes: 1024 * 1024,
  /** Characters of a name; beyond: NameTooLong. */
  nameLength: 128,
  /** Characters of a contract name; beyond: ContractNameTooLong. */
  contractNameLength: 40,
  /** Bytes of contract source; beyond: rejected before parsing. */
  contractSourceBytes: 2 * 1024 * 1024,
  /** Compiled contracts kept in a `ContractCache`; the oldest leaves first. */
  cachedContracts: 1024,
  /** Bytes of source of the contracts in a `ContractCache`; a compiled contract is some 50 times it. */
  cachedSourceBytes: 16 * 1024 * 1024,
  /** Characters of an error's message; the rest is cut. */
  errorMessageChars: 2000,
  /** Types written out in a contract interface; beyond: the contract has none to show. */
  interfaceTypes: 1_000_000,
} as const;

/** Cost limit of one block, epochs 2.1 to 3.4. */
export const BLOCK_LIMIT: Cost = {
  writeLength: 15_000_000,
  writeCount: 15_000,
  readLength: 100_000_000,
  readCount: 15_000,
  runtime: 5_000_000_000,
};
