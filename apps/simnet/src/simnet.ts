/**
 * The Simnet API as Clarity developers know it from @stacks/clarinet-sdk, over our VM: the same
 * calls, results, events and errors (thrown as text), plus snapshots and call traces.
 *
 * Stands on `Session`; differs from the reference where README.md says so.
 */
import { resolve } from 'node:path';
import { BLOCK_LIMIT, type ClarityVersion, type Cost } from '@assay/clarity';
import { type ClarityValue as Ours, parsePrincipal } from '@assay/clarity-value';
import { Cl, type ClarityValue } from '@stacks/transactions';
import { formatTrace, type TracedCall } from './call-trace.ts';
import { runConsoleCommand } from './console-commands.ts';
import { type ContractAst, contractAst } from './contract-ast.ts';
import { CostReport } from './cost-report.ts';
import { defaultClarityVersion, hasKnownCosts, LATEST_EPOCH, parseEpoch } from './epochs.ts';
import { callFailure, deployFailure, snippetFailure } from './failure-text.ts';
import { lcovReport, lineCosts } from './line-report.ts';
import { readProject } from './project/project.ts';
import { startSession } from './project/start.ts';
import { type Access, type Executed, Session } from './session.ts';
import {
  type ClarityEvent,
  fromStacksJs,
  rawValue,
  toSimnetEvent,
  toStacksJs,
} from './stacks-js.ts';

export interface ClarityCosts {
  readonly total: Cost;
  readonly limit: Cost;
  /** Bytes. */
  readonly memory: number;
  readonly memory_limit: number;
}

export interface ParsedTransactionResult {
  readonly result: ClarityValue;
  readonly events: ClarityEvent[];
  /** Null unless costs are tracked; null in epochs 2.0 and 2.05, whose costs are not known here. */
  readonly costs: ClarityCosts | null;
  readonly performance: string | undefined;
}

export interface DeployContractOptions {
  readonly clarityVersion: number;
}

interface CallTx {
  readonly contract: string;
  readonly method: string;
  readonly args: ClarityValue[];
  readonly sender: string;
}
interface DeployTx {
  readonly name: string;
  readonly content: string;
  readonly options: DeployContractOptions | null;
  readonly sender: string;
}
interface TransferTx {
  readonly amount: number | bigint;
  readonly recipient: string;
  readonly sender: string;
}

/** One transaction of `mineBlock`; made with `tx`. */
export type Tx =
  | { readonly callPublicFn: CallTx }
  | { readonly callPrivateFn: CallTx }
  | { readonly deployContract: DeployTx }
  | { readonly transferSTX: TransferTx };

export const tx = {
  callPublicFn: (contract: string, method: string, args: ClarityValue[], sender: string): Tx => ({
    callPublicFn: { contract, method, args, sender },
  }),
  callPrivateFn: (contract: string, method: string, args: ClarityValue[], sender: string): Tx => ({
    callPrivateFn: { contract, method, args, sender },
  }),
  deployContract: (
    name: string,
    content: string,
    options: DeployContractOptions | null,
    sender: string,
  ): Tx => ({ deployContract: { name, content, options, sender } }),
  transferSTX: (amount: number | bigint, recipient: string, sender: string): Tx => ({
    transferSTX: { amount, recipient, sender },
  }),
};

export interface SimnetOptions {
  readonly trackCosts?: boolean;
  /** Record what every line does; `collectReport` shows it. Also on when costs are tracked. */
  readonly trackCoverage?: boolean;
  readonly trackPerformance?: boolean;
  /** Seconds since 1970 of block 0; the same in every run unless given. */
  readonly startTimeSecs?: bigint;
  /** Folder of `<name>.clar` deployed at the boot address before the project. */
  readonly bootContractsFolder?: string;
  /**
   * 2: as SDKs 1 and 2 behaved, for suites written for them: every block is a Bitcoin block, an
   * epoch takes none, `runSnippet` answers with a value. Default 3.
   */
  readonly generation?: 2 | 3;
}

const MEMORY_LIMIT_BYTES = 100_000_000;

interface Base {
  readonly key: string;
  readonly snapshot: number;
}

export class Simnet {
  readonly #options: SimnetOptions;
  readonly #report = new CostReport();
  #session = new Session('');
  #accounts = new Map<string, string>();
  /** The project as just started: starting it again is a revert. */
  #base: Base | null = null;

  constructor(options: SimnetOptions = {}) {
    this.#options = options;
  }

  // ---- sessions ----

  /** Reads the project and deploys it; fast when nothing has changed since the last time. */
  async initSession(cwd: string, manifestPath: string, _apiUrl?: unknown): Promise<void> {
    const { bootContractsFolder } = this.#options;
    const project = readProject(resolve(cwd, manifestPath), { bootContractsFolder });
    const key = JSON.stringify(project, (_, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    if (this.#base?.key === key) {
      this.#session.revert(this.#base.snapshot);
      this.#session.deployer = project.deployer;
    } else {
      this.#session = startSession(project, this.#sessionOptions());
      this.#base = { key, snapshot: this.#session.snapshot() };
    }
    this.#accounts = new Map(project.accounts.map(({ name, address }) => [name, address]));
  }

  /** No project, no accounts, epoch 2.05. */
  async initEmptySession(_remote?: unknown): Promise<void> {
    this.#session = new Session('', this.#sessionOptions());
    this.#base = null;
    this.#accounts = new Map();
  }

  #sessionOptions() {
    const { startTimeSecs, generation, trackCosts, trackCoverage } = this.#options;
    const hasTenures = generation !== 2;
    const recordLines = trackCosts === true || trackCoverage === true;
    const options = { hasTenures, recordLines };
    return startTimeSecs === undefined ? options : { ...options, startTimeSecs };
  }

  /** A number for `revert`. Not in the reference. */
  snapshot(): number {
    return this.#session.snapshot();
  }

  /** Back to the moment of `snapshot`: state, heights, epoch, assets. Not in the reference. */
  revert(id: number): void {
    this.#session.revert(id);
  }

  // ---- chain ----

  get deployer(): string {
    return this.#session.deployer;
  }
  set deployer(address: string) {
    this.#session.deployer = address;
  }

  get blockHeight(): number {
    return this.#session.chain.stacksHeight;
  }
  get stacksBlockHeight(): number {
    return this.#session.chain.stacksHeight;
  }
  get burnBlockHeight(): number {
    return this.#session.chain.burnHeight;
  }
  get currentEpoch(): string {
    return this.#session.chain.epoch;
  }

  /** Seconds since 1970. */
  getBlockTime(): bigint {
    return this.#session.chain.blockTimeSecs;
  }

  /** An unknown epoch is the latest one, with a warning, as in the reference. */
  setEpoch(epoch: string): void {
    const known = parseEpoch(epoch);
    if (known === null) console.warn(`Invalid epoch ${epoch}. Using ${LATEST_EPOCH}`);
    this.#session.setEpoch(known ?? LATEST_EPOCH);
  }

  getDefaultClarityVersionForCurrentEpoch(): string {
    return `Clarity ${defaultClarityVersion(this.#session.chain.epoch)}`;
  }

  mineEmptyBlock(): number {
    return this.mineEmptyBurnBlocks(1);
  }
  mineEmptyBlocks(count = 1): number {
    return this.mineEmptyBurnBlocks(count);
  }
  mineEmptyBurnBlock(): number {
    return this.mineEmptyBurnBlocks(1);
  }

  /** @returns the new Bitcoin height */
  mineEmptyBurnBlocks(count: number | null = 1): number {
    for (let i = 0; i < (count ?? 1); i++) this.#session.chain.mineBurnBlock();
    return this.burnBlockHeight;
  }
  mineEmptyStacksBlock(): number {
    return this.mineEmptyStacksBlocks(1);
  }

  /** @returns the new Stacks height */
  mineEmptyStacksBlocks(count: number | null = 1): number {
    for (let i = 0; i < (count ?? 1); i++) this.#session.chain.mineStacksBlock();
    return this.stacksBlockHeight;
  }

  /**
   * All transactions in one block. SDKs of generation 2 mined it after them: they saw the heights
   * of the block before. @throws string at the first that fails to run
   */
  mineBlock(txs: readonly Tx[]): ParsedTransactionResult[] {
    const minesFirst = this.#options.generation !== 2;
    if (minesFirst) this.#session.chain.mineStacksBlock();
    const results = txs.map((one) => {
      if ('callPublicFn' in one) return this.#call('public', one.callPublicFn, false);
      if ('callPrivateFn' in one) return this.#call('private', one.callPrivateFn, false);
      if ('deployContract' in one) return this.#deploy(one.deployContract, false);
      return this.#transfer(one.transferSTX, false);
    });
    if (!minesFirst) this.#session.chain.mineStacksBlock();
    return results;
  }

  // ---- transactions ----

  callPublicFn(
    contract: string,
    method: string,
    args: ClarityValue[],
    sender: string,
  ): ParsedTransactionResult {
    return this.#call('public', { contract, method, args, sender }, true);
  }

  callPrivateFn(
    contract: string,
    method: string,
    args: ClarityValue[],
    sender: string,
  ): ParsedTransactionResult {
    return this.#call('private', { contract, method, args, sender }, true);
  }

  callReadOnlyFn(
    contract: string,
    method: string,
    args: ClarityValue[],
    sender: string,
  ): ParsedTransactionResult {
    return this.#call('read_only', { contract, method, args, sender }, false);
  }

  deployContract(
    name: string,
    content: string,
    options: DeployContractOptions | null,
    sender: string,
  ): ParsedTransactionResult {
    return this.#deploy({ name, content, options, sender }, true);
  }

  transferSTX(amount: number | bigint, recipient: string, sender: string): ParsedTransactionResult {
    return this.#transfer({ amount, recipient, sender }, true);
  }

  #call(access: Access, call: CallTx, minesBlock: boolean): ParsedTransactionResult {
    const { contract, method: functionName, sender } = call;
    const contractId = this.#session.contractId(contract);
    const args = call.args.map(fromStacksJs);
    const request = { contractId, functionName, args, sender, access, minesBlock };
    const done = this.#session.call(request);
    if (!done.ok) {
      const literals = call.args.map((arg) => Cl.prettyPrint(arg));
      throw callFailure({ contract, contractId, functionName, args: literals }, done.error);
    }
    this.#note(contractId, functionName, args, done.value);
    return this.#parsed(done.value);
  }

  #deploy(request: DeployTx, minesBlock: boolean): ParsedTransactionResult {
    const { name, content: source, options, sender } = request;
    if (!parsePrincipal(sender).ok) throw `Invalid sender address '${sender}'.`;
    const contractId = `${sender}.${name}`;
    const clarityVersion = (options?.clarityVersion ?? null) as ClarityVersion | null;
    const done = this.#session.deploy({ contractId, source, clarityVersion, minesBlock });
    if (!done.ok) throw deployFailure(contractId, source, done.error);
    this.#note(contractId, 'deploy', [], done.value);
    return this.#parsed(done.value);
  }

  #transfer(transfer: TransferTx, minesBlock: boolean): ParsedTransactionResult {
    const { amount, recipient, sender } = transfer;
    const request = { amountMicro: BigInt(amount), recipient, sender, minesBlock };
    const done = this.#session.transferStx(request);
    if (!done.ok) throw done.error.error.message;
    return this.#parsed(done.value);
  }

  #parsed(executed: Executed): ParsedTransactionResult {
    const tracked = this.#tracksCosts() && executed.cost !== null;
    return {
      result: toStacksJs(executed.result),
      events: executed.events.map(toSimnetEvent),
      costs: tracked
        ? {
            memory: executed.memoryBytes,
            memory_limit: MEMORY_LIMIT_BYTES,
            total: executed.cost,
            limit: BLOCK_LIMIT,
          }
        : null,
      performance: undefined,
    };
  }

  // ---- snippets ----

  /** Runs expressions as the deployer; what they change stays. @throws string */
  execute(snippet: string): ParsedTransactionResult {
    const done = this.#session.evaluate(snippet);
    if (!done.ok) throw `error: ${snippetFailure(this.#snippetId(), done.error)}`;
    return { ...this.#parsed(done.value), costs: null };
  }

  /** Hex of the result, or text that starts with `error:`. */
  runSnippet(snippet: string): string {
    const done = this.#session.evaluate(snippet);
    if (!done.ok) return `error:\n${snippetFailure(this.#snippetId(), done.error)}`;
    if (this.#options.generation === 2) return toStacksJs(done.value.result) as unknown as string;
    return rawValue(done.value.result);
  }

  /** A console command such as `::get_epoch`. */
  executeCommand(command: string): string {
    return runConsoleCommand(this.#session, command);
  }

  #snippetId(): string {
    return `${this.deployer}.contract-${this.#session.contracts().size}`;
  }

  // ---- state ----

  getAccounts(): Map<string, string> {
    return new Map(this.#accounts);
  }

  setLocalAccounts(addresses: readonly string[]): void {
    for (const address of addresses) this.#accounts.set(address, address);
  }

  getAssetsMap(): Map<string, Map<string, bigint>> {
    return this.#session.assets();
  }

  /** @throws string no such variable */
  getDataVar(contract: string, name: string): ClarityValue {
    const value = this.#session.dataVar(this.#session.contractId(contract), name);
    if (value === null) throw 'value not found';
    return toStacksJs(value);
  }

  /** `(some v)` or `none`. @throws string no such map */
  getMapEntry(contract: string, name: string, key: ClarityValue): ClarityValue {
    const contractId = this.#session.contractId(contract);
    const value = this.#session.mapEntry(contractId, name, fromStacksJs(key));
    if (value === null) throw 'value not found';
    return toStacksJs(value);
  }

  getContractSource(contract: string): string | undefined {
    return this.#session.contractSource(this.#session.contractId(contract)) ?? undefined;
  }

  getContractsInterfaces(): Map<string, NonNullable<ReturnType<Session['contractInterface']>>> {
    const interfaces = new Map();
    for (const id of this.#session.contracts().keys()) {
      const found = this.#session.contractInterface(id);
      if (found !== null) interfaces.set(id, found);
    }
    return interfaces;
  }

  /** @throws string no such contract */
  getContractAST(contract: string): ContractAst {
    const contractId = this.#session.contractId(contract);
    const source = this.#session.contractSource(contractId);
    const known = this.#session.contracts().get(contractId);
    if (source === null || known === undefined) throw `contract ${contractId} not found`;
    return contractAst(contractId, source, known.clarityVersion);
  }

  mintSTX(recipient: string, amount: bigint): string {
    if (!parsePrincipal(recipient).ok) throw `Invalid recipient address '${recipient}'.`;
    this.#session.mintStx(recipient, BigInt(amount));
    return `→ ${recipient}: ${this.#session.stxBalance(recipient)} µSTX`;
  }

  /** @param token `ST....contract.token` */
  mintFT(token: string, recipient: string, amount: bigint): string {
    const balance = this.#session.mintFt(token, recipient, BigInt(amount));
    return `→ ${recipient}: ${balance} ${token.slice(token.lastIndexOf('.') + 1)}`;
  }

  // ---- reports ----

  /** The contract calls of the last transaction, as a tree. Not in the reference. */
  getCallTrace(): readonly TracedCall[] {
    return this.#session.lastTrace();
  }

  getLastContractCallTrace(): string | undefined {
    const text = formatTrace(this.#session.lastTrace());
    return text === '' ? undefined : text;
  }

  setCurrentTestName(name: string): void {
    this.#report.testName = name;
  }

  /**
   * `costs`: JSON, one row per call since the last report. `coverage`: LCOV of the project's files.
   * `lines`: what each of their lines cost, the most expensive first. Counts of lines run on.
   */
  collectReport(_includeBootContracts?: boolean, _bootContractsPath?: string) {
    const found = this.#session.lines();
    const costs = this.#report.take();
    if (found === null) return { coverage: '', costs, lines: [] };
    const { contracts, recorder } = found;
    const coverage =
      this.#options.trackCoverage === true
        ? lcovReport(contracts, recorder, this.#report.testName)
        : '';
    return { coverage, costs, lines: lineCosts(contracts, recorder) };
  }

  enablePerformance(_costField: string): void {}
  clearCache(): void {}

  #tracksCosts(): boolean {
    return this.#options.trackCosts === true && hasKnownCosts(this.#session.chain.epoch);
  }

  #note(contractId: string, method: string, args: readonly Ours[], executed: Executed): void {
    if (this.#tracksCosts() && executed.cost !== null) {
      this.#report.note(contractId, method, args, executed.cost);
    }
  }
}
