/**
 * The door of the VM: deploy, call, read. One `ClarityVm` per executing block (cheap); compiled
 * contracts live in a `ContractCache` shared by all.
 *
 * Called by rules/chainstate for transactions and by node/rpc for read-only calls.
 */
import type { Result } from '@assay/bytes';
import type { ClarityValue } from '@assay/clarity-value';
import { type Cost, CostMeter } from './costs/cost.ts';
import type { BlockInfoDb, ClarityDb } from './db.ts';
import { BLOCK_LIMIT } from './limits.ts';
import type { CallOutcome, ClarityError, ClarityFailure, DeployOutcome } from './outcome.ts';

export type ClarityVersion = 1 | 2 | 3 | 4 | 5;

/** Compiled contracts by id and content hash. Safe to share between forks and blocks. */
export class ContractCache {}

export interface DeployRequest {
  /** `ST....name` */
  readonly contractId: string;
  readonly source: string;
  readonly clarityVersion: ClarityVersion;
  /** tx-sender of the top-level expressions; defaults to the issuer in `contractId`. */
  readonly sender?: string;
  readonly sponsor?: string;
}

export interface CallRequest {
  readonly contractId: string;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
  /** tx-sender and first contract-caller. */
  readonly sender: string;
  readonly sponsor?: string;
}

export interface ClarityVmOptions {
  readonly db: ClarityDb;
  readonly info: BlockInfoDb;
  readonly cache?: ContractCache;
  /** Meter to charge; default: a new one with the block limit. */
  readonly meter?: CostMeter;
  /** False switches the meter off (genesis, system calls). Default true. */
  readonly metered?: boolean;
}

export class ClarityVm {
  readonly meter: CostMeter;

  constructor(options: ClarityVmOptions) {
    this.meter = options.meter ?? new CostMeter(BLOCK_LIMIT);
  }

  /** Parses, checks, stores and runs the top level of a contract. Rolls back on failure. */
  deploy(_request: DeployRequest): Result<DeployOutcome, ClarityFailure> {
    throw new Error('not written yet');
  }

  /** A public (or read-only) function, as a contract-call transaction runs it. */
  callPublic(_request: CallRequest): Result<CallOutcome, ClarityFailure> {
    throw new Error('not written yet');
  }

  /** A read-only function; nothing is written. */
  callReadOnly(_request: CallRequest): Result<CallOutcome, ClarityFailure> {
    throw new Error('not written yet');
  }

  /** Any function, private ones too, by the node itself: no transaction, no cost. */
  callPrivateAsSystem(_request: CallRequest): Result<CallOutcome, ClarityFailure> {
    throw new Error('not written yet');
  }

  /** Evaluates expressions in the context of a contract (or an empty one); nothing is written. */
  evaluate(_request: {
    source: string;
    contractId?: string;
    sender?: string;
    clarityVersion?: ClarityVersion;
  }): Result<{ value: ClarityValue | null; cost: Cost }, ClarityError> {
    throw new Error('not written yet');
  }

  /** The JSON of `/v2/contracts/interface`; null when there is no such contract. */
  contractInterface(_contractId: string): ContractInterface | null {
    throw new Error('not written yet');
  }

  /** Source text and version; null when there is no such contract. */
  contractSource(
    _contractId: string,
  ): { source: string; clarityVersion: ClarityVersion; publishHeight: number } | null {
    throw new Error('not written yet');
  }

  hasContract(_contractId: string): boolean {
    throw new Error('not written yet');
  }

  readDataVar(_contractId: string, _name: string): ClarityValue | null {
    throw new Error('not written yet');
  }

  /** Null: no such map. `(none)` or `(some v)` otherwise. */
  readMapEntry(_contractId: string, _name: string, _key: ClarityValue): ClarityValue | null {
    throw new Error('not written yet');
  }
}

/** ABI in Stacks' JSON form. */
export interface ContractInterface {
  readonly functions: readonly unknown[];
  readonly variables: readonly unknown[];
  readonly maps: readonly unknown[];
  readonly fungible_tokens: readonly { readonly name: string }[];
  readonly non_fungible_tokens: readonly { readonly name: string; readonly type: unknown }[];
  readonly epoch: string;
  readonly clarity_version: string;
}
