/**
 * One execution: the state it works on, the meter it charges, what it leaves behind. Contexts nest:
 * a public call that returns `(err ..)` undoes its writes, events and asset movements.
 *
 * Source: stacks-core clarity/src/vm/contexts.rs (GlobalContext, Environment).
 */
import { VALUE_SIZE_MAX } from '@assay/clarity-value';
import type { CompiledContract } from '../compile/contract.ts';
import type { CostMeter } from '../costs/cost.ts';
import type { BlockInfoDb, ClarityDb } from '../db.ts';
import { RuntimeFailure } from '../errors.ts';
import type { ClarityEvent, Span } from '../outcome.ts';
import type { PrincipalV, Value } from '../value.ts';
import { AssetLog } from './assets.ts';

/** Where a call runs: locals of the function, who calls, how deep. */
export interface Frame {
  readonly x: Exec;
  readonly locals: Value[];
  readonly sender: PrincipalV;
  readonly caller: PrincipalV;
  /** Entries of the call stack below this function's body. */
  readonly depth: number;
}

export type Code = (frame: Frame) => Value;

/** Bytes of print events one transaction may leave. */
const EVENT_BYTES_MAX = 50 * VALUE_SIZE_MAX;

let executions = 0;

interface Mark {
  readonly events: number;
  readonly eventBytes: number;
  readonly readOnly: boolean;
  readonly assets: AssetLog | null;
  readonly stateOpened: boolean;
}

export type ContractLoader = (contractId: string) => CompiledContract | null;

export interface ExecOptions {
  readonly db: ClarityDb;
  readonly info: BlockInfoDb;
  readonly meter: CostMeter;
  readonly loadContract: ContractLoader;
  readonly sponsor: PrincipalV | null;
  readonly onContractCall: ContractCallHook | null;
}

/** A place in a deployed contract. */
export interface CallSite {
  readonly contractId: string;
  readonly span: Span;
}

/** Lets the chain act on a successful call of a boot contract (stacking). */
export type ContractCallHook = (
  exec: Exec,
  call: {
    readonly contractId: string;
    readonly functionName: string;
    readonly args: readonly Value[];
    readonly sender: PrincipalV;
    readonly result: Value;
    /** The expression that made the call; null for a transaction. */
    readonly site: CallSite | null;
  },
) => void;

export class Exec {
  readonly db: ClarityDb;
  readonly info: BlockInfoDb;
  readonly m: CostMeter;
  readonly loadContract: ContractLoader;
  readonly sponsor: PrincipalV | null;
  readonly onContractCall: ContractCallHook | null;
  /** Distinguishes this run in the recursion guards of compiled functions. */
  readonly id: number;
  readonly events: ClarityEvent[] = [];
  #eventBytes = 0;
  readOnly = false;
  /** Of the innermost context; made when first needed. */
  #assets: AssetLog | null = null;
  readonly #marks: Mark[] = [];

  constructor(options: ExecOptions) {
    this.db = options.db;
    this.info = options.info;
    this.m = options.meter;
    this.loadContract = options.loadContract;
    this.sponsor = options.sponsor;
    this.onContractCall = options.onContractCall;
    this.id = ++executions;
  }

  get assets(): AssetLog {
    this.#assets ??= new AssetLog();
    return this.#assets;
  }

  get assetsOrNull(): AssetLog | null {
    return this.#assets;
  }

  addEvent(event: ClarityEvent, bytes = 0): void {
    this.events.push(event);
    this.#eventBytes += bytes;
    if (this.#eventBytes >= EVENT_BYTES_MAX) {
      throw new RuntimeFailure('EventBatchTooLarge', 'event batch grew too large');
    }
  }

  /** Opens a context. A read-only one needs no undo of state: nothing can be written in it. */
  begin(readOnly: boolean): void {
    const stateOpened = !(readOnly || this.readOnly);
    this.#marks.push({
      events: this.events.length,
      eventBytes: this.#eventBytes,
      readOnly: this.readOnly,
      assets: this.#assets,
      stateOpened,
    });
    this.readOnly ||= readOnly;
    this.#assets = null;
    if (stateOpened) this.db.begin();
  }

  commit(): void {
    const mark = this.#marks.pop()!;
    this.readOnly = mark.readOnly;
    const inner = this.#assets;
    this.#assets = mark.assets ?? inner;
    if (mark.assets !== null && inner !== null) {
      try {
        mark.assets.absorb(inner);
      } catch (error) {
        if (mark.stateOpened) this.db.rollback();
        throw error;
      }
    }
    if (mark.stateOpened) this.db.commit();
  }

  rollback(): void {
    const mark = this.#marks.pop()!;
    this.readOnly = mark.readOnly;
    this.#assets = mark.assets;
    this.events.length = mark.events;
    this.#eventBytes = mark.eventBytes;
    if (mark.stateOpened) this.db.rollback();
  }

  get nesting(): number {
    return this.#marks.length;
  }

  /** Undoes every context opened since `nesting` was read. */
  rollbackTo(nesting: number): void {
    while (this.#marks.length > nesting) this.rollback();
  }
}
