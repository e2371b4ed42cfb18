/**
 * The state after one applied block, for RPC and mempool. Views only read; whatever a read-only call
 * writes on its way is thrown away with the view's scratch state.
 */
import { err, ok, type Result } from '@assay/bytes';
import {
  type ClarityDb,
  type ClarityError,
  ClarityVm,
  type ContractCache,
  type ContractInterface,
  CostMeter,
  readNonce,
  readStxAccount,
} from '@assay/clarity';
import type { ClarityValue, TraitId } from '@assay/clarity-value';
import { encodeMarfProof, type Marf, type MarfProof } from '@assay/marf';
import { type NetworkParams, READ_ONLY_COST_LIMIT, TENURE_COST_LIMIT } from '@assay/params';
import type { BurnStateDb } from './block-context.ts';
import { createInfo, type HeaderChain } from './block-info.ts';
import { type StateBase, StateDb } from './state-db.ts';
import type { StoredHeader } from './stored-header.ts';
import { costInNumbers } from './tenure-cost.ts';

export interface AccountState {
  /** Spendable now. */
  readonly balanceMicro: bigint;
  readonly lockedMicro: bigint;
  /** Burn height; 0 without lock. */
  readonly unlockHeight: number;
  readonly nonce: bigint;
}

export interface ReadOnlyCall {
  /** `ST....name` */
  readonly contractId: string;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
  readonly sender: string;
  readonly sponsor?: string;
  /** What it may spend: a node's limit for strangers (default), or a whole tenure's. Never writes. */
  readonly budget?: 'read-only' | 'tenure';
}

/** Why a read-only call gave no value. */
export interface ReadOnlyFailure {
  /** Of the VM, such as `NoSuchContract`; `NotReadOnly`: the function tried to write. */
  readonly name: string;
  readonly kind: ClarityError['kind'];
  readonly message: string;
}

/** The state after one block. Cheap to make; never writes. */
export interface StateView {
  readonly header: StoredHeader;
  account(principal: string): AccountState;
  hasContract(contractId: string): boolean;
  contractSource(contractId: string): {
    readonly source: string;
    readonly clarityVersion: number;
    readonly publishHeight: number;
  } | null;
  contractInterface(contractId: string): ContractInterface | null;
  /** Any function but private ones, as long as it writes nothing. */
  callReadOnly(call: ReadOnlyCall): Result<ClarityValue, ReadOnlyFailure>;
  dataVar(contractId: string, name: string): ClarityValue | null;
  /** Null: no such contract or constant. */
  constant(contractId: string, name: string): ClarityValue | null;
  /** Null: no such map. `(none)` or `(some v)` otherwise. */
  mapEntry(contractId: string, name: string, key: ClarityValue): ClarityValue | null;
  /** A side record of a contract under stacks-core's name; null: no such contract or record. */
  contractMetadata(contractId: string, key: string): string | null;
  /** Null: no such contract or trait. */
  implementsTrait(contractId: string, trait: TraitId): boolean | null;
  /** Raw state value of a Clarity database key. */
  value(key: string): string | null;
  /** The same by the key's hash (SHA-512/256, 32 bytes). */
  valueByPath(path: Uint8Array): string | null;
  /** MARF proof of a Clarity database key, serialized; null when absent. */
  prove(key: string): Uint8Array | null;
  proveByPath(path: Uint8Array): Uint8Array | null;
}

export interface ViewParts {
  readonly header: StoredHeader;
  readonly network: NetworkParams;
  readonly chain: HeaderChain;
  readonly burnState: BurnStateDb;
  readonly base: StateBase;
  readonly marf: Marf;
  readonly cache: ContractCache;
}

const NO_WRITES = { writeLength: 0n, writeCount: 0n };
const BUDGETS = {
  'read-only': costInNumbers({ ...READ_ONLY_COST_LIMIT, ...NO_WRITES }),
  tenure: costInNumbers({ ...TENURE_COST_LIMIT, ...NO_WRITES }),
} as const;

const encoded = (proof: MarfProof | null) => (proof === null ? null : encodeMarfProof(proof));

export function createView(parts: ViewParts): StateView {
  const { header, network, chain, base, marf, cache, burnState } = parts;
  const { burnHeight } = header.burnView;
  const info = createInfo({
    chain,
    network,
    tip: header,
    stacksHeight: header.height,
    tenureHeight: header.tenureHeight,
    timestampSecs: header.header.timestampSecs,
    burnView: header.burnView,
    burnState,
  });
  /** A fresh scratch state each time: nothing of one question reaches the next. */
  const vm = (meter?: CostMeter): ClarityVm =>
    new ClarityVm({ db: new StateDb(base), info, cache, ...(meter ? { meter } : {}) });
  const reader: ClarityDb = new StateDb(base);
  return {
    header,
    account(principal): AccountState {
      const { unlockedMicro, lockedMicro, unlockHeight } = readStxAccount(
        reader,
        principal,
        burnHeight,
      );
      const nonce = readNonce(reader, principal);
      return { balanceMicro: unlockedMicro, lockedMicro, unlockHeight, nonce };
    },
    hasContract: (contractId) => vm().hasContract(contractId),
    contractSource: (contractId) => vm().contractSource(contractId),
    contractInterface: (contractId) => vm().contractInterface(contractId),
    callReadOnly(call) {
      const outcome = vm(new CostMeter(BUDGETS[call.budget ?? 'read-only'])).callPublic(call);
      if (outcome.ok) return ok(outcome.value.result);
      const { error, cost } = outcome.error;
      const { name, kind, message } = error;
      return err(
        name === 'CostBalanceExceeded' && cost.writeCount > 0
          ? { name: 'NotReadOnly', kind, message: `${call.functionName} writes` }
          : { name, kind, message },
      );
    },
    dataVar: (contractId, name) => vm().readDataVar(contractId, name),
    constant: (contractId, name) => vm().readConstant(contractId, name),
    mapEntry: (contractId, name, key) => vm().readMapEntry(contractId, name, key),
    contractMetadata: (contractId, key) => vm().contractMetadata(contractId, key),
    implementsTrait: (contractId, trait) => vm().implementsTrait(contractId, trait),
    value: (key) => base.get(key),
    valueByPath: (path) => marf.getByPath(header.blockId, path),
    prove: (key) => encoded(marf.prove(header.blockId, key)),
    proveByPath: (path) => encoded(marf.proveByPath(header.blockId, path)),
  };
}
