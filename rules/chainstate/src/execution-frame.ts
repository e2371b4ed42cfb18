/**
 * What transactions share while one block executes: state, VM, meter, tenure. One frame per block;
 * the VM is made when the first contract needs it, so a block of transfers never pays for one.
 */
import { type BlockInfoDb, ClarityVm, type ContractCache, type CostMeter } from '@assay/clarity';
import type { NetworkParams, Rules } from '@assay/params';
import type { BlockContext } from './block-context.ts';
import type { StateDb } from './state-db.ts';
import type { StoredHeader } from './stored-header.ts';
import type { TenureState } from './tenure.ts';

export interface ExecutionFrame {
  readonly network: NetworkParams;
  readonly rules: Rules;
  readonly parent: StoredHeader;
  readonly context: BlockContext;
  readonly db: StateDb;
  /** Budget of the tenure, spent so far. */
  readonly meter: CostMeter;
  readonly info: FrameInfo;
  /** Transactions executed so far in this block. */
  index: number;
  tenure: TenureState;
  /** The block begins with a tenure change. */
  movesBurnView: boolean;
  feesMicro: bigint;
  vm(): ClarityVm;
  /** Unmetered, for what the node itself writes. */
  systemVm(): ClarityVm;
}

/** Facts for the VM; the tenure height moves when the block starts a tenure. */
export type FrameInfo = { -readonly [K in keyof BlockInfoDb]: BlockInfoDb[K] };

export interface FrameParts {
  readonly network: NetworkParams;
  readonly rules: Rules;
  readonly parent: StoredHeader;
  readonly context: BlockContext;
  readonly db: StateDb;
  readonly meter: CostMeter;
  readonly info: FrameInfo;
  readonly tenure: TenureState;
  readonly cache: ContractCache;
}

export function createFrame(parts: FrameParts): ExecutionFrame {
  const { db, info, meter, cache } = parts;
  let vm: ClarityVm | null = null;
  let systemVm: ClarityVm | null = null;
  return {
    ...parts,
    index: 0,
    movesBurnView: false,
    feesMicro: 0n,
    vm: () => {
      vm ??= new ClarityVm({ db, info, cache, meter });
      return vm;
    },
    systemVm: () => {
      systemVm ??= new ClarityVm({ db, info, cache, metered: false });
      return systemVm;
    },
  };
}
