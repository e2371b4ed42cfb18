/**
 * A Clarity session: contracts on a simulated chain, one state, calls one after another. The core
 * under the Simnet API (`simnet.ts`), `assay check` and `assay repl`; speaks our own values.
 *
 * Heights move as in the reference: every public or private call and every deploy is a Stacks block
 * of its own, also one that fails (not one of the wrong kind); read-only calls and snippets take none.
 */
import { err, ok, type Result } from '@assay/bytes';
import {
  BLOCK_LIMIT,
  type CallOutcome,
  type CallSite,
  type ClarityEvent,
  type ClarityFailure,
  type ClarityVersion,
  ClarityVm,
  ContractCache,
  type ContractInterface,
  type Cost,
  CostMeter,
  MemoryClarityDb,
  mintStx,
  readStxAccount,
  transferStx,
  ZERO_COST,
} from '@assay/clarity';
import { type ClarityValue, Cv, parsePrincipal } from '@assay/clarity-value';
import { type AssetBalances, AssetBook } from './assets.ts';
import { type TracedCall, TraceRecorder } from './call-trace.ts';
import { SimulatedChain } from './chain.ts';
import { defaultClarityVersion, type Epoch, epochId } from './epochs.ts';
import { LineRecorder } from './line-recorder.ts';
import type { ReportedContract } from './line-report.ts';
import { applyPoxLock } from './pox-locks.ts';
import { SNIPPET_FUNCTION, unwrapSpan, type WrappedSnippet, wrapSnippet } from './snippet.ts';

export interface Executed {
  readonly result: ClarityValue;
  readonly events: readonly ClarityEvent[];
  /** Null where nothing is metered: plain transfers and snippets without an expression. */
  readonly cost: Cost | null;
  /** Bytes of memory still charged when the execution ended. */
  readonly memoryBytes: number;
}

/** `stack`: where a run-time error happened and the calls that led there, innermost first. */
export type Failure = ClarityFailure & { readonly stack?: readonly CallSite[] };

export type Execution = Result<Executed, Failure>;

export type Access = 'public' | 'private' | 'read_only';

export interface DeployedContract {
  readonly epoch: Epoch;
  readonly clarityVersion: ClarityVersion;
}

interface Snapshot {
  readonly heights: ReturnType<SimulatedChain['heights']>;
  readonly assets: AssetBalances;
  readonly contracts: ReadonlyMap<string, DeployedContract>;
}

const TOKEN_STORE = { balance: 2, supply: 3 } as const;

export interface SessionOptions {
  /** Seconds since 1970 of block 0. */
  readonly startTimeSecs?: bigint;
  /** False: every block is a Bitcoin block. Default true. */
  readonly hasTenures?: boolean;
  /** Record what every line does; running takes longer. Default false. */
  readonly recordLines?: boolean;
}

/** A refusal before anything runs. */
function rejection(name: string, message: string): Execution {
  return err({
    error: { code: 'clarity/rejected', kind: 'rejected', name, message },
    cost: ZERO_COST,
    events: [],
  });
}

export class Session {
  readonly chain: SimulatedChain;
  deployer: string;
  readonly #db = new MemoryClarityDb();
  readonly #cache = new ContractCache();
  readonly #assets = new AssetBook();
  readonly #trace = new TraceRecorder();
  #contracts = new Map<string, DeployedContract>();
  #access = new Map<string, ReadonlyMap<string, Access>>();
  readonly #snapshots: Snapshot[] = [];
  #lastTrace: readonly TracedCall[] = [];
  readonly #lines: LineRecorder | null;
  readonly #files = new Map<string, string>();

  constructor(deployer: string, options: SessionOptions = {}) {
    this.deployer = deployer;
    this.chain = new SimulatedChain(options.startTimeSecs, options.hasTenures);
    this.#lines = options.recordLines === true ? new LineRecorder() : null;
  }

  // ---- chain ----

  setEpoch(epoch: Epoch): void {
    this.chain.startEpoch(epoch);
  }

  // ---- contracts ----

  /** `name` is resolved to the deployer's contract; `ST....name` stays. */
  contractId(contract: string): string {
    if (contract.startsWith('.')) return `${this.deployer}${contract}`;
    return contract.includes('.') ? contract : `${this.deployer}.${contract}`;
  }

  /** In the order of deployment. */
  contracts(): ReadonlyMap<string, DeployedContract> {
    return this.#contracts;
  }

  contractInterface(contractId: string): ContractInterface | null {
    const found = this.#vm().contractInterface(contractId);
    if (found === null) return null;
    return { ...found, epoch: epochId(this.#contracts.get(contractId)?.epoch ?? this.chain.epoch) };
  }

  contractSource(contractId: string): string | null {
    return this.#vm().contractSource(contractId)?.source ?? null;
  }

  /** Null: no such contract or function. */
  access(contractId: string, functionName: string): Access | null {
    let functions = this.#access.get(contractId);
    if (functions === undefined) {
      const found = this.#vm().contractInterface(contractId);
      if (found === null) return null;
      functions = new Map(found.functions.map((fn) => [fn.name, fn.access]));
      this.#access.set(contractId, functions);
    }
    return functions.get(functionName) ?? null;
  }

  deploy(request: {
    readonly contractId: string;
    readonly source: string;
    readonly clarityVersion?: ClarityVersion | null;
    /** False: part of a block that is already open (a project's first batch). */
    readonly minesBlock?: boolean;
    /** File the source came from, for reports. */
    readonly path?: string;
  }): Execution {
    const { contractId, source } = request;
    if (request.minesBlock !== false) this.chain.mineStacksBlock();
    const newest = defaultClarityVersion(this.chain.epoch);
    const clarityVersion = request.clarityVersion ?? newest;
    if (clarityVersion > newest) {
      const message = `Clarity ${clarityVersion} can not be used with ${this.chain.epoch}`;
      return rejection('ClarityVersion', message);
    }
    const meter = new CostMeter(BLOCK_LIMIT);
    const deployment = { contractId, source, clarityVersion };
    const done = this.#vm(meter).deploy(deployment);
    this.#endTrace();
    if (!done.ok) return err(this.#located(done.error, (vm) => vm.deploy(deployment)));
    if (request.path !== undefined) this.#files.set(contractId, request.path);
    this.#contracts.set(contractId, { epoch: this.chain.epoch, clarityVersion });
    this.#access.delete(contractId);
    return ok(this.#executed(Cv.bool(true), done.value.events, done.value.cost, meter));
  }

  // ---- calls ----

  call(request: {
    readonly contractId: string;
    readonly functionName: string;
    readonly args: readonly ClarityValue[];
    readonly sender: string;
    readonly access: Access;
    readonly minesBlock?: boolean;
  }): Execution {
    const { contractId, functionName, args, sender, access } = request;
    const actual = this.access(contractId, functionName);
    if (actual !== null && actual !== access) {
      const kind = access.replace('_', '-');
      return rejection('WrongAccess', `${functionName} is not a ${kind} function`);
    }
    if (access !== 'read_only' && request.minesBlock !== false) this.chain.mineStacksBlock();
    const refused = this.#refusal(contractId, functionName, sender);
    if (refused !== null) return refused;
    const meter = new CostMeter(BLOCK_LIMIT);
    const callee = { contractId, functionName, args, sender };
    const run = (vm: ClarityVm): Result<CallOutcome, ClarityFailure> => {
      if (access === 'public') return vm.callPublic(callee);
      return access === 'private' ? vm.callPrivateAsSystem(callee) : vm.callReadOnly(callee);
    };
    const done = run(this.#vm(meter));
    this.#endTrace();
    if (!done.ok) return err(this.#located(done.error, run));
    const { result, events, cost } = done.value;
    return ok(this.#executed(result, events, cost, meter));
  }

  /**
   * The failure with the lines that led to it. A run that failed has changed nothing, so it is run
   * once more, watched; runs that succeed are never slowed down.
   */
  #located(failure: ClarityFailure, run: (vm: ClarityVm) => unknown): Failure {
    if (failure.error.kind !== 'runtime') return failure;
    let recorder = this.#lines;
    if (recorder === null) {
      recorder = new LineRecorder();
      this.#db.begin();
      run(this.#vm(new CostMeter(BLOCK_LIMIT), recorder));
      this.#db.rollback();
      this.#trace.take();
    }
    const stack = recorder.takeFailure();
    return stack.length === 0 ? failure : { ...failure, stack };
  }

  /** What the lines of contracts with a file have done, and the reports made from it. */
  lines(): { readonly recorder: LineRecorder; readonly contracts: ReportedContract[] } | null {
    if (this.#lines === null) return null;
    const contracts = [...this.#files].map(([contractId, path]) => ({
      contractId,
      path,
      source: this.contractSource(contractId) ?? '',
    }));
    return { recorder: this.#lines, contracts };
  }

  #refusal(contractId: string, name: string, sender: string): Execution | null {
    if (!parsePrincipal(sender).ok) {
      return rejection('InvalidSender', `Invalid sender address '${sender}'.`);
    }
    if (this.access(contractId, name) !== null) return null;
    return this.#vm().hasContract(contractId)
      ? rejection(
          'NoSuchFunction',
          `Method '${name}' does not exist on contract '${contractId}'${this.#similar(contractId, name)}`,
        )
      : rejection('NoSuchContract', `Contract '${contractId}' does not exist`);
  }

  #similar(contractId: string, name: string): string {
    const names = [...(this.#access.get(contractId)?.keys() ?? [])];
    const close = names.find((other) => other.includes(name) || name.includes(other));
    return close === undefined ? '' : ` (did you mean '${close}'?)`;
  }

  /** Runs expressions as the deployer would; what they change stays. Takes no block. */
  evaluate(snippet: string): Execution {
    const contractId = `${this.deployer}.contract-${this.#contracts.size}`;
    const clarityVersion = defaultClarityVersion(this.chain.epoch);
    const wrapped = wrapSnippet(snippet);
    const meter = new CostMeter(BLOCK_LIMIT);
    const vm = this.#vm(meter);
    const source = wrapped?.source ?? snippet;
    const deployed = vm.deploy({ contractId, source, clarityVersion });
    if (!deployed.ok) {
      return wrapped === null ? deployed : err(placedInSnippet(snippet, wrapped, deployed.error));
    }
    if (wrapped === null) {
      this.#forget(contractId);
      return ok(this.#executed(Cv.none(), deployed.value.events, null, meter));
    }
    const callMeter = new CostMeter(BLOCK_LIMIT);
    const call = { contractId, functionName: SNIPPET_FUNCTION, args: [], sender: this.deployer };
    const done = this.#vm(callMeter).callPublic(call);
    // The call of the wrapping is nobody's: what it made counts.
    this.#lastTrace = this.#trace
      .take()
      .flatMap((wrapping) => wrapping.calls.map((one) => ({ ...one, site: null })));
    if (!done.ok) {
      const failure = this.#located(done.error, (watched) => watched.callPublic(call));
      this.#forget(contractId);
      return err(stackInSnippet(snippet, wrapped, contractId, failure));
    }
    this.#forget(contractId);
    const { result, events, cost } = done.value;
    const value = result.type === 'ok' ? result.value : result;
    return ok(this.#executed(value, events, cost, callMeter));
  }

  /** A snippet's contract leaves no trace, so that its name can be used again. */
  #forget(contractId: string): void {
    for (const key of ['contract-src', 'contract', 'constants', 'analysis', 'interface']) {
      this.#db.metadata.delete(`${contractId}\n${META_PREFIX}${key}`);
    }
    this.#db.state.delete(`clarity-contract::${contractId}`);
    this.#access.delete(contractId);
  }

  // ---- state ----

  dataVar(contractId: string, name: string): ClarityValue | null {
    return this.#vm().readDataVar(contractId, name);
  }

  /** Null: no such map. */
  mapEntry(contractId: string, name: string, key: ClarityValue): ClarityValue | null {
    return this.#vm().readMapEntry(contractId, name, key);
  }

  assets(): AssetBalances {
    return this.#assets.export();
  }

  /** Unlocked balance, micro-STX. */
  stxBalance(principal: string): bigint {
    return readStxAccount(this.#db, principal, this.chain.burnHeight).unlockedMicro;
  }

  mintStx(recipient: string, amountMicro: bigint): void {
    mintStx(this.#db, recipient, amountMicro, this.chain.burnHeight);
    this.#assets.add('STX', recipient, amountMicro);
  }

  /** @param asset `ST....contract.token`; returns the new balance */
  mintFt(asset: string, recipient: string, amount: bigint): bigint {
    const dot = asset.lastIndexOf('.');
    const [contractId, token] = [asset.slice(0, dot), asset.slice(dot + 1)];
    const add = (key: string) => {
      const next = BigInt(this.#db.get(key) ?? '0') + amount;
      this.#db.put(key, next.toString());
      return next;
    };
    add(`vm::${contractId}::${TOKEN_STORE.supply}::${token}`);
    const balance = add(`vm::${contractId}::${TOKEN_STORE.balance}::${token}::${recipient}`);
    this.#assets.add(`${contractId.slice(contractId.indexOf('.'))}.${token}`, recipient, amount);
    return balance;
  }

  /** `(ok true)` or Clarity's `stx-transfer?` errors. */
  transferStx(request: {
    readonly amountMicro: bigint;
    readonly recipient: string;
    readonly sender: string;
    readonly minesBlock?: boolean;
  }): Execution {
    const { amountMicro: amount, recipient, sender } = request;
    if (request.minesBlock !== false) this.chain.mineStacksBlock();
    for (const who of [sender, recipient]) {
      if (!parsePrincipal(who).ok) {
        return rejection('InvalidPrincipal', `'${who}' is not a principal.`);
      }
    }
    const fail = (code: bigint): Execution =>
      ok({ result: Cv.err(Cv.uint(code)), events: [], cost: null, memoryBytes: 0 });
    if (amount <= 0n) return fail(3n);
    if (sender === recipient) return fail(2n);
    if (!transferStx(this.#db, { from: sender, to: recipient, amount }, this.chain.burnHeight)) {
      return fail(1n);
    }
    const memo = new Uint8Array();
    const event: ClarityEvent = { type: 'stx_transfer_event', sender, recipient, amount, memo };
    this.#assets.apply([event]);
    return ok({ result: Cv.ok(Cv.bool(true)), events: [event], cost: null, memoryBytes: 0 });
  }

  /** The contract calls of the last transaction or snippet. */
  lastTrace(): readonly TracedCall[] {
    return this.#lastTrace;
  }

  // ---- snapshots ----

  /** A number to come back to with `revert`; snapshots nest. */
  snapshot(): number {
    this.#db.begin();
    this.#snapshots.push({
      heights: this.chain.heights(),
      assets: this.#assets.export(),
      contracts: new Map(this.#contracts),
    });
    return this.#snapshots.length - 1;
  }

  /** Back to how it was; the snapshot can be used again, later ones are gone. */
  revert(id: number): void {
    const snapshot = this.#snapshots[id];
    if (snapshot === undefined) throw new RangeError(`there is no snapshot ${id}`);
    while (this.#snapshots.length > id) {
      this.#db.rollback();
      this.#snapshots.pop();
    }
    this.chain.restore(snapshot.heights);
    this.#assets.restore(snapshot.assets);
    this.#contracts = new Map(snapshot.contracts);
    this.#access = new Map();
    this.#lastTrace = [];
    this.#db.begin();
    this.#snapshots.push(snapshot);
  }

  // ---- inside ----

  #vm(meter?: CostMeter, observer: LineRecorder | null = this.#lines): ClarityVm {
    return new ClarityVm({
      db: this.#db,
      info: this.chain,
      // Code that is watched is compiled differently.
      cache: observer === this.#lines ? this.#cache : new ContractCache(),
      ...(observer === null ? {} : { observer }),
      ...(meter === undefined ? {} : { meter }),
      onContractCall: (exec, call) => {
        applyPoxLock(exec, call);
        this.#trace.note(exec.nesting, call);
      },
    });
  }

  #executed(
    result: ClarityValue,
    events: readonly ClarityEvent[],
    cost: Cost | null,
    meter: CostMeter,
  ): Executed {
    this.#assets.apply(events);
    return { result, events, cost, memoryBytes: meter.memoryHeld + meter.memoryKept };
  }

  #endTrace(): void {
    this.#lastTrace = this.#trace.take();
  }
}

function placedInSnippet(
  snippet: string,
  wrapped: WrappedSnippet,
  failure: ClarityFailure,
): ClarityFailure {
  const { span, ...error } = failure.error;
  if (span === undefined) return failure;
  const place = unwrapSpan(snippet, wrapped, span);
  return { ...failure, error: place === null ? error : { ...error, span: place } };
}

const INPUT = '<input>';

/** The places of a run-time error, those in the snippet in its own lines, the wrapping left out. */
function stackInSnippet(
  snippet: string,
  wrapped: WrappedSnippet,
  contractId: string,
  failure: Failure,
): Failure {
  const stack: CallSite[] = [];
  for (const site of failure.stack ?? []) {
    if (site.contractId !== contractId) stack.push(site);
    else {
      const span = unwrapSpan(snippet, wrapped, site.span);
      if (span !== null) stack.push({ contractId: INPUT, span });
    }
  }
  const [first] = stack;
  if (first?.contractId !== INPUT) return { ...failure, stack };
  return { ...failure, error: { ...failure.error, span: first.span }, stack: stack.slice(1) };
}

const META_PREFIX = 'vm-metadata::9::';
