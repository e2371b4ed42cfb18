/**
 * Whole public contracts on the reference and on us: deployed with what they depend on, then called
 * at random, public, read-only and private functions, by several senders. Whether a deploy is
 * accepted, results, errors, events, costs, interfaces and the places of expressions must agree.
 */
import { loadContract } from '../../src/contract-store.ts';
import { type ClarityVersion, ContractCache, mintStx } from '../../src/index.ts';
import { parseProgram } from '../../src/parse/program.ts';
import { Dice } from '../generator/values.ts';
import { differences, type OurMachine, ours, withoutTracer } from '../oracle.ts';
import { ACCOUNTS, type Answer, FUNDS, type Machine, type Reference } from '../reference.ts';
import type { Checkout, PublicContract } from './checkout.ts';
import { randomArgument, Words } from './random-arguments.ts';
import { astSpans, plain, programSpans, spansDiffer } from './trees.ts';

export interface ContractsRun {
  readonly checkout: Checkout;
  /** Ids to deploy and call; what they need is deployed too. */
  readonly targets: readonly string[];
  readonly callsPerContract: number;
  readonly seed: number;
  readonly theirs: Reference;
  readonly onProgress: (done: number, report: ContractsReport) => void;
  readonly onDisagreement: (text: string) => void;
}

export interface ContractsReport {
  contracts: number;
  /** Deployed by both, refused by both. */
  deployed: number;
  refused: number;
  /** Left out: too many dependencies, or nothing defined. */
  skipped: number;
  calls: number;
  /** Calls that ended in something else than an error or `(err ..)`. */
  succeeded: number;
  disagreements: number;
}

/** A session of the reference slows down as it fills. */
const CONTRACTS_PER_SESSION = 60;
const DEPENDENCIES_MOST = 150;
/** Most contracts of the chain are of these; the first that the reference accepts is taken. */
const VERSIONS: readonly ClarityVersion[] = [3, 2, 1, 4, 5];
/** Text that defines nothing is not a contract to the simulator: it runs it, by its own rules, and forgets it. */
const DEFINES = /\(\s*define-/;
/** What the tracer adds for a call through a variable, at the most (see `withoutTracer`). */
const TRACER_PER_CALL = 24;

export async function compareContracts(run: ContractsRun): Promise<ContractsReport> {
  const report: ContractsReport = {
    contracts: 0,
    deployed: 0,
    refused: 0,
    skipped: 0,
    calls: 0,
    succeeded: 0,
    disagreements: 0,
  };
  let session: Session | null = null;
  for (const [i, id] of run.targets.entries()) {
    const needed = run.checkout.withDependencies(id, DEPENDENCIES_MOST);
    if (needed === null) report.skipped++;
    else {
      if (session === null || session.size + needed.length > CONTRACTS_PER_SESSION) {
        await run.theirs.restart();
        session = new Session(run, report);
      }
      for (const contract of needed) session.deploy(contract);
      session.call(id, new Dice(run.seed * 7919 + textHash(id)));
    }
    run.onProgress(i + 1, report);
  }
  return report;
}

/** A number of its own for each contract, so that its calls do not depend on the others. */
function textHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** One chain of each VM. */
class Session {
  readonly #run: ContractsRun;
  readonly #report: ContractsReport;
  readonly #our: OurMachine;
  readonly #words = new Words(ACCOUNTS);
  readonly #cache = new ContractCache();
  /** True when it was accepted. */
  readonly #seen = new Map<string, boolean>();
  /** What the reference's chain begins with: boot contracts, a bridge. */
  readonly #atHome: ReadonlySet<string>;
  readonly #funded = new Set<string>(ACCOUNTS);

  constructor(run: ContractsRun, report: ContractsReport) {
    this.#run = run;
    this.#report = report;
    this.#our = ours(run.theirs.facts);
    this.#atHome = new Set(this.#interfaces().keys());
  }

  get size(): number {
    return this.#seen.size;
  }

  #found(what: string, text: string): void {
    this.#report.disagreements++;
    this.#run.onDisagreement(`== ${what}\n${text}`);
  }

  #compare(what: string, ask: (machine: Machine) => Answer): Answer {
    const expected = ask(this.#run.theirs);
    const before = this.#our.innerCalls();
    const actual = ask(this.#our);
    const tracer = (this.#our.innerCalls() - before) * TRACER_PER_CALL;
    const list = differences(withoutTracer(expected, actual, tracer), actual);
    if (list.length > 0) this.#found(what, list.join('\n'));
    return expected;
  }

  #interfaces(): ReadonlyMap<string, unknown> {
    return this.#run.theirs.sdk.getContractsInterfaces() as ReadonlyMap<string, unknown>;
  }

  /** Gives us what the reference began with. */
  #adopt(id: string): void {
    if (this.#our.vm.hasContract(id)) return;
    const source = this.#run.theirs.sdk.getContractSource(id)!;
    const about = plain(this.#interfaces().get(id)) as { clarity_version: string };
    const version = Number(about.clarity_version.slice('Clarity'.length));
    if (version > 5) return;
    const issuer = id.slice(0, id.indexOf('.'));
    for (const named of this.#namedAtHome(source, issuer)) if (named !== id) this.#adopt(named);
    const { error } = this.#our.deploy(id, source, version as ClarityVersion);
    if (error !== null) this.#found(`deploy ${id}`, error);
  }

  #namedAtHome(source: string, issuer: string): string[] {
    return [...this.#atHome].filter(
      (id) =>
        source.includes(`'${id}`) ||
        (id.startsWith(issuer) && source.includes(` ${id.slice(issuer.length)} `)),
    );
  }

  deploy({ id, source }: PublicContract): void {
    if (this.#seen.has(id)) return;
    const issuer = id.slice(0, id.indexOf('.'));
    for (const named of this.#namedAtHome(source, issuer)) this.#adopt(named);
    if (this.#atHome.has(id)) {
      this.#adopt(id);
      this.#seen.set(id, true);
      this.#words.addSource(source);
      return;
    }
    if (!DEFINES.test(source)) {
      this.#report.skipped++;
      this.#seen.set(id, false);
      return;
    }
    if (!this.#funded.has(issuer)) {
      this.#funded.add(issuer);
      this.#run.theirs.sdk.mintSTX(issuer, FUNDS);
      mintStx(this.#our.db, issuer, FUNDS, 1);
    }
    this.#report.contracts++;
    const version = VERSIONS.find(
      (one) =>
        this.#compare(`deploy ${id}, Clarity ${one}`, (vm) => vm.deploy(id, source, one)).error ===
        null,
    );
    this.#seen.set(id, version !== undefined);
    if (version === undefined) {
      this.#report.refused++;
      return;
    }
    this.#report.deployed++;
    this.#words.addSource(source);
    this.#words.addContract(id, loadContract(this.#our.db, this.#cache, id, null)!.implemented);
    const spans = programSpans(parseProgram(id, source, version));
    const places = spansDiffer(astSpans(this.#run.theirs.sdk.getContractAST(id)), spans);
    if (places !== null) this.#found(`places in ${id}`, places);
    const [expected, actual] = [
      JSON.stringify(plain(this.#interfaces().get(id))),
      JSON.stringify(this.#our.vm.contractInterface(id)),
    ];
    if (expected !== actual) this.#found(`interface of ${id}`, firstDifference(expected, actual));
  }

  call(id: string, dice: Dice): void {
    const contract = this.#seen.get(id) ? loadContract(this.#our.db, this.#cache, id, null) : null;
    if (contract === null || contract.functions.size === 0) return;
    const functions = [...contract.functions.values()];
    const open = functions.filter((fn) => fn.access !== 'private');
    const issuer = id.slice(0, id.indexOf('.'));
    for (let n = 0; n < this.#run.callsPerContract; n++) {
      const fn = dice.pick(open.length > 0 && dice.chance(0.95) ? open : functions);
      const args = fn.parameters.map(({ type }) => randomArgument(dice, this.#words, type));
      const sender = dice.chance(0.5) ? issuer : this.#words.sender(dice);
      const call = [id, fn.name, args, sender] as const;
      const { result } = this.#compare(`call ${n} ${id} ${fn.name} by ${sender}`, (vm) =>
        fn.access === 'private'
          ? vm.callPrivate(...call)
          : fn.access === 'public'
            ? vm.call(...call)
            : vm.callReadOnly(...call),
      );
      this.#report.calls++;
      if (result !== null && !result.startsWith('08')) this.#report.succeeded++;
    }
  }
}

/** Where two texts part, with a little around it. */
function firstDifference(theirs: string, our: string): string {
  let at = 0;
  while (at < theirs.length && theirs[at] === our[at]) at++;
  const from = Math.max(0, at - 60);
  return `reference ...${theirs.slice(from, at + 80)}\nours      ...${our.slice(from, at + 80)}`;
}
