/**
 * The door of the VM: deploy, call, read. One `ClarityVm` per executing block (cheap); compiled
 * contracts live in a `ContractCache` shared by all.
 *
 * Called by rules/chainstate for transactions and by node/rpc for read-only calls.
 */
import { DecodeError, err, ok, type Result } from '@assay/bytes';
import { ClarityTypeError, type ClarityValue, type TraitId } from '@assay/clarity-value';
import { analyzeContract } from './analysis/analyze.ts';
import { costContractProblem } from './analysis/arithmetic-only.ts';
import { checkCompliance } from './analysis/compliance.ts';
import {
  buildInterface,
  type ContractInterface,
  canWriteInterface,
  interfaceFromText,
} from './analysis/interface.ts';
import { type AnalysisRecord, recordFromText } from './analysis/record.ts';
import { describeDefinition } from './analysis/stored-metadata.ts';
import { Compiler } from './compile/compiler.ts';
import type { CompiledContract } from './compile/contract.ts';
import { emptyContract, isSupplySlot, runTopLevel } from './compile/define.ts';
import { Scope } from './compile/scope.ts';
import {
  ContractCache,
  loadContract,
  readContractRecord,
  writeContract,
  writeContractHash,
} from './contract-store.ts';
import { charge } from './costs/charge.ts';
import {
  type Cost,
  CostExceeded,
  CostMeter,
  costDifference,
  MemoryExceeded,
  UNLIMITED,
  ZERO_COST,
} from './costs/cost.ts';
import type { BlockInfoDb, ClarityDb } from './db.ts';
import { CheckFailure, checkError, EarlyReturn, ParseFailure, RuntimeFailure } from './errors.ts';
import { type ContractCallHook, Exec } from './exec/exec.ts';
import { executeContract } from './exec/invoke.ts';
import type { CodeObserver } from './exec/observer.ts';
import { BLOCK_LIMIT, LIMITS } from './limits.ts';
import type { CallOutcome, ClarityError, ClarityFailure, DeployOutcome } from './outcome.ts';
import { parseProgram } from './parse/program.ts';
import { META } from './state/keys.ts';
import { encodeValueHex } from './stored.ts';
import { exportValue, importValue, NONE, principalValue, valueSize } from './value.ts';
import type { ClarityVersion } from './version.ts';

export interface DeployRequest {
  /** `ST....name` */
  readonly contractId: string;
  readonly source: string;
  readonly clarityVersion: ClarityVersion;
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
  /** False switches limits off (genesis, system calls); costs are still added up. Default true. */
  readonly metered?: boolean;
  /** Called after each successful contract call, in its context: boot contracts act on the chain. */
  readonly onContractCall?: ContractCallHook;
  /** Watches expressions run, at a price in time. Give it a `cache` of its own. */
  readonly observer?: CodeObserver;
}

const sharedCache = new ContractCache();

interface Ran<T> {
  readonly value: T;
  readonly exec: Exec;
  readonly cost: Cost;
}

export class ClarityVm {
  readonly meter: CostMeter;
  readonly #db: ClarityDb;
  readonly #info: BlockInfoDb;
  readonly #cache: ContractCache;
  readonly #hook: ContractCallHook | null;
  readonly #observer: CodeObserver | null;

  constructor(options: ClarityVmOptions) {
    this.#db = options.db;
    this.#info = options.info;
    this.#observer = options.observer ?? null;
    this.#cache = options.cache ?? (this.#observer === null ? sharedCache : new ContractCache());
    this.#hook = options.onContractCall ?? null;
    const unmetered = options.metered === false;
    this.meter =
      options.meter ??
      new CostMeter(
        unmetered ? UNLIMITED : BLOCK_LIMIT,
        unmetered ? Number.MAX_SAFE_INTEGER : undefined,
      );
  }

  /** Parses, checks, stores and runs the top level of a contract. Rolls back on failure. */
  deploy(request: DeployRequest): Result<DeployOutcome, ClarityFailure> {
    const { contractId, source, clarityVersion } = request;
    let analyzed = ZERO_COST;
    const before = this.meter.total();
    const ran = this.#run(request.sponsor, (x) => {
      const m = x.m;
      charge(m, 'astParse', source.length);
      if (source.length > LIMITS.contractSourceBytes) {
        throw checkError('ContractTooLarge', 'contract source too large');
      }
      const program = parseProgram(contractId, source, clarityVersion, (edges) =>
        charge(m, 'astCycleDetection', edges),
      );
      const analysis = analyzeContract(program, clarityVersion, x);
      m.resetMemory();
      analyzed = costDifference(m.total(), before);
      charge(m, 'contractStorage', source.length);
      if (this.hasContract(contractId)) {
        throw checkError('ContractAlreadyExists', `contract ${contractId} exists already`);
      }
      writeContractHash(x.db, contractId, source, this.#info.stacksHeight);
      m.hold(source.length);
      const contract = emptyContract(contractId, clarityVersion);
      runTopLevel(x, contract, program, this.#observer);
      m.memoryHeld -= source.length;
      let constantBytes = 0;
      for (const [name, value] of contract.constants) {
        if (!isSupplySlot(name)) constantBytes += valueSize(value);
      }
      writeContract(x.db, contract, { source, constantBytes, height: this.#info.stacksHeight });
      x.db.putMetadata(contractId, META.analysis, analysis.recordText);
    });
    if (!ran.ok) return ran;
    const { exec, cost } = ran.value;
    return ok({
      contractId,
      events: exec.events,
      assetMap: exec.assets.export(),
      cost,
      analysisCost: analyzed,
    });
  }

  /** A public (or read-only) function, as a contract-call transaction runs it. */
  callPublic(request: CallRequest): Result<CallOutcome, ClarityFailure> {
    return this.#call(request, { readOnly: false, allowPrivate: false });
  }

  /** A read-only function; nothing is written. */
  callReadOnly(request: CallRequest): Result<CallOutcome, ClarityFailure> {
    return this.#call(request, { readOnly: true, allowPrivate: false });
  }

  /** Any function, private ones too, by the node itself: no transaction. Use `metered: false`. */
  callPrivateAsSystem(request: CallRequest): Result<CallOutcome, ClarityFailure> {
    return this.#call(request, { readOnly: false, allowPrivate: true });
  }

  /** Evaluates expressions in the context of a contract (or an empty one); nothing is written. */
  evaluate(request: {
    readonly source: string;
    readonly contractId?: string;
    readonly sender?: string;
    readonly clarityVersion?: ClarityVersion;
  }): Result<{ readonly value: ClarityValue | null; readonly cost: Cost }, ClarityFailure> {
    const id = request.contractId ?? 'ST000000000000000000002AMW42H.transient';
    const sender = principalValue(request.sender ?? id.slice(0, id.indexOf('.')));
    const ran = this.#run(undefined, (x) => {
      const contract = this.#load(x.db, id) ?? emptyContract(id, request.clarityVersion ?? 5);
      const program = parseProgram(id, request.source, contract.version);
      const compiler = new Compiler(contract, this.#observer);
      x.begin(true);
      let value = null;
      for (const index of program.order) {
        const code = compiler.owned(program.expressions[index]!, new Scope(), 0);
        value = code({ x, locals: [], sender, caller: sender, depth: 0 });
      }
      x.rollback();
      return value;
    });
    if (!ran.ok) return ran;
    const { value, cost } = ran.value;
    return ok({ value: value === null ? null : exportValue(value), cost });
  }

  /**
   * The JSON of `/v2/contracts/interface`; null when there is no such contract, and for one whose
   * interface is too large to write (`LIMITS.interfaceTypes`).
   */
  contractInterface(contractId: string): ContractInterface | null {
    const kept = this.#db.getMetadata(contractId, META.interface);
    if (kept !== null) return interfaceFromText(kept);
    const version = readContractRecord(this.#db, contractId)?.version;
    const record = this.#analysis(contractId);
    if (version === undefined || record === null) return null;
    return canWriteInterface(record) ? buildInterface(record, version) : null;
  }

  #analysis(contractId: string): AnalysisRecord | null {
    const text = this.#db.getMetadata(contractId, META.analysis);
    return text === null ? null : recordFromText(text);
  }

  /**
   * Whether a contract has every function that a trait demands, declared with `impl-trait` or not.
   * Null: no such contract, or nobody defines that trait.
   */
  implementsTrait(contractId: string, trait: TraitId): boolean | null {
    const contract = this.#analysis(contractId);
    if (contract === null) return null;
    const isDeclared = contract.implemented.some(
      (one) => one.contract === trait.contract && one.name === trait.name,
    );
    if (isDeclared) return true;
    const methods = this.#analysis(trait.contract)?.traits.get(trait.name);
    if (methods === undefined) return null;
    try {
      checkCompliance(contract, trait, methods);
      return true;
    } catch (error) {
      if (error instanceof CheckFailure || error instanceof ClarityTypeError) return false;
      throw error;
    }
  }

  /** Source text and version; null when there is no such contract. */
  contractSource(
    contractId: string,
  ): { source: string; clarityVersion: ClarityVersion; publishHeight: number } | null {
    const record = readContractRecord(this.#db, contractId);
    if (record === null) return null;
    const source = this.#db.getMetadata(contractId, META.source)!;
    return { source, clarityVersion: record.version, publishHeight: record.publishHeight };
  }

  /**
   * Why a contract may not define cost functions (SIP-006): kind `check`, the name of what is
   * forbidden, its place. Null: it may, or there is no such contract.
   */
  costContractProblem(contractId: string): ClarityError | null {
    const known = this.contractSource(contractId);
    if (known === null) return null;
    const program = parseProgram(contractId, known.source, known.clarityVersion);
    const problem = costContractProblem(program, known.clarityVersion);
    return problem === null ? null : nameError(problem);
  }

  hasContract(contractId: string): boolean {
    return this.#db.getMetadata(contractId, META.contract) !== null;
  }

  /**
   * A side record under stacks-core's name for it: `vm-metadata::9::contract-src`, `contract-size`,
   * `contract-data-size`, and what maps (5), variables (6) and tokens (7, 8) are made of. Null: no such
   * contract or record. (stacks-core's own forms of a parsed contract and its analysis do not exist here.)
   */
  contractMetadata(contractId: string, key: string): string | null {
    const about = readContractRecord(this.#db, contractId);
    const [, kind = '', name = ''] = /^vm-metadata::(\d)::(.+)$/.exec(key) ?? [];
    if (about === null) return null;
    if (kind === '9') {
      if (name === 'contract-src') return this.#db.getMetadata(contractId, META.source);
      if (name === 'contract-size') return String(about.sourceBytes);
      return name === 'contract-data-size' ? String(about.constantBytes) : null;
    }
    const record = this.#analysis(contractId);
    if (record === null || !canWriteInterface(record)) return null;
    const cap = (token: string) =>
      this.#load(this.#db, contractId)?.fts.get(token)?.supplyMax ?? null;
    return describeDefinition(record, kind, name, cap);
  }

  /** Null: no such contract or variable. */
  readDataVar(contractId: string, name: string): ClarityValue | null {
    const descriptor = this.#load(this.#db, contractId)?.vars.get(name);
    if (descriptor === undefined) return null;
    const hex = this.#db.get(descriptor.key);
    return hex === null ? null : exportValue(descriptor.read(hex));
  }

  /** The value of a `define-constant`; null: no such contract or constant. */
  readConstant(contractId: string, name: string): ClarityValue | null {
    if (isSupplySlot(name)) return null;
    const value = this.#load(this.#db, contractId)?.constants.get(name);
    return value === undefined ? null : exportValue(value);
  }

  /** Null: no such contract or map. `(none)` or `(some v)` otherwise. */
  readMapEntry(contractId: string, name: string, key: ClarityValue): ClarityValue | null {
    const map = this.#load(this.#db, contractId)?.maps.get(name);
    if (map === undefined) return null;
    const hex = this.#db.get(map.prefix + encodeValueHex(importValue(key)));
    return exportValue(hex === null ? NONE : map.read(hex));
  }

  #load(db: ClarityDb, contractId: string): CompiledContract | null {
    return loadContract(db, this.#cache, contractId, this.#observer);
  }

  #call(
    request: CallRequest,
    mode: { readonly readOnly: boolean; readonly allowPrivate: boolean },
  ): Result<CallOutcome, ClarityFailure> {
    const sender = principalValue(request.sender);
    const ran = this.#run(request.sponsor, (x) => {
      if (mode.readOnly) x.begin(true);
      const result = executeContract(
        x,
        {
          contractId: request.contractId,
          functionName: request.functionName,
          args: request.args.map(importValue),
          site: null,
          ...mode,
        },
        { sender, caller: sender },
        0,
      );
      if (mode.readOnly) x.rollback();
      return result;
    });
    if (!ran.ok) return ran;
    const { value, exec, cost } = ran.value;
    return ok({
      result: exportValue(value),
      committed: value.type !== 'err',
      events: exec.events,
      assetMap: exec.assets.export(),
      cost,
    });
  }

  /** One transaction's worth of running: all of it stays, or none. */
  #run<T>(sponsor: string | undefined, body: (x: Exec) => T): Result<Ran<T>, ClarityFailure> {
    const before = this.meter.total();
    this.meter.resetMemory();
    const exec = new Exec({
      db: this.#db,
      info: this.#info,
      meter: this.meter,
      loadContract: (id) => this.#load(this.#db, id),
      sponsor: sponsor === undefined ? null : principalValue(sponsor),
      onContractCall: this.#hook,
    });
    exec.begin(false);
    try {
      const value = body(exec);
      exec.commit();
      return ok({ value, exec, cost: costDifference(this.meter.total(), before) });
    } catch (thrown) {
      exec.rollbackTo(0);
      const error = toClarityError(thrown);
      if (error === null) throw thrown;
      return err({ error, cost: costDifference(this.meter.total(), before), events: [] });
    }
  }
}

function toClarityError(thrown: unknown): ClarityError | null {
  const error = nameError(thrown);
  if (error === null || error.message.length <= LIMITS.errorMessageChars) return error;
  return { ...error, message: `${error.message.slice(0, LIMITS.errorMessageChars - 4)} ...` };
}

/** Null for what is not the contract's doing. */
function nameError(thrown: unknown): ClarityError | null {
  if (thrown instanceof RuntimeFailure) {
    const { name, message, kind } = thrown;
    return { code: `clarity/${kind}`, kind: 'runtime', name, message };
  }
  if (thrown instanceof EarlyReturn) {
    const name = thrown.kind === 'assert' ? 'AssertionFailed' : 'UnwrapFailed';
    return {
      code: 'clarity/early-return',
      kind: 'runtime',
      name,
      message: 'left outside a function',
    };
  }
  if (thrown instanceof ParseFailure) {
    const { name, message, span } = thrown;
    return { code: 'clarity/parse', kind: 'parse', name, message, span };
  }
  if (thrown instanceof CheckFailure) {
    const { name, message, span } = thrown;
    return {
      code: 'clarity/check',
      kind: 'check',
      name,
      message,
      ...(span === null ? {} : { span }),
    };
  }
  if (thrown instanceof CostExceeded) {
    return {
      code: 'clarity/cost',
      kind: 'cost',
      name: 'CostBalanceExceeded',
      message: thrown.message,
    };
  }
  if (thrown instanceof MemoryExceeded) {
    return {
      code: 'clarity/memory',
      kind: 'cost',
      name: 'MemoryBalanceExceeded',
      message: thrown.message,
    };
  }
  if (thrown instanceof ClarityTypeError) {
    return {
      code: 'clarity/check',
      kind: 'runtime',
      name: thrown.typeErrorName,
      message: thrown.message,
    };
  }
  if (thrown instanceof DecodeError) {
    return { code: 'clarity/state', kind: 'runtime', name: 'DBError', message: thrown.message };
  }
  return null;
}
