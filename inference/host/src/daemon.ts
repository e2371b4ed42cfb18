/**
 * The host: watches the chain for requests drawn to it, answers them, publishes what it did, and
 * brings verdicts back to the chain to be paid. Three loops that never wait for each other: watch
 * (long poll for requests), answer (as many at once as `parallel`), and follow (long poll for blocks
 * and signers' words; publish, open, settle, expire).
 *
 * It can be killed at any instant: jobs live on disk, and each step is written down before the world
 * hears of it (job.ts). Started by the CLI and the simulation.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import { engineMismatch } from '@assay/engine';
import { modelId, modelIdHex, type SealKeyPair, sealKeyPair, sealSecretOf } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { Store } from '@assay/store';
import type { WalletNetwork } from '@assay/wallet';
import type { SigningKey } from '@assay/wire';
import type { HttpServer, World } from '@assay/world';
import { answerJob, type ServedModel } from './answering.ts';
import { collectCertificate } from './certificate.ts';
import type { AssignedRequest, ChainNews, ChainPort, SignerCycle } from './chain-port.ts';
import { isSameRequest, type Job, newJob } from './job.ts';
import { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';
import { Planting } from './planting.ts';
import { Publishing } from './publishing.ts';
import { createHandler, type GeneratePolicy } from './server.ts';
import { SessionBook } from './session-book.ts';
import { SessionClaims } from './session-claims.ts';
import { SessionDoor } from './session-door.ts';
import type { SessionChainPort } from './session-port.ts';
import { Settling } from './settling.ts';
import { SignedRequests } from './signed-request.ts';

export interface HostDeps {
  readonly chain: ChainPort;
  readonly store: Store;
  readonly log: Logger;
  /** At least one; the first answers `/generate`. Closing the engines is the owner's duty. */
  readonly models: readonly ServedModel[];
  /** With it the host takes sessions; without, single requests only. */
  readonly sessions?: SessionChainPort;
}

export interface HostOptions {
  readonly network: WalletNetwork;
  /** `ST….inference` */
  readonly contract: string;
  /** Signs commitments and slots; can spend nothing. 32 bytes. Secret. */
  readonly operatingKey: Uint8Array;
  /** Registered the host, is paid, pays fees. Secret. */
  readonly accountKey: SigningKey;
  /** Fee of a settlement. Default 3,000. */
  readonly feeMicro?: bigint;
  /** Where the HTTP door stands; null for none. Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  /** Milliseconds between claims of what sessions owe. Default ten minutes. */
  readonly claimEveryMs?: number;
  /** Default `open`. */
  readonly generate?: GeneratePolicy;
  /** Requests answered at once. Default 2. */
  readonly parallel?: number;
  /** Plants answers now and then, to see whether judges look; absent: never. */
  readonly planting?: {
    /** Asks; another account than the host's. Secret. */
    readonly accountKey: SigningKey;
    readonly everyMs: number;
  };
  /** Opens sealed prompts; its public half is registered. 32 bytes. Default: of the operating key. */
  readonly sealSecret?: Uint8Array;
}

/** The host cannot start as configured. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: 'host/no-model' | 'host/wrong-model';

  constructor(code: HostError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Outcomes that a transaction on chain made; others are our own. */
const CLOSED: ReadonlySet<string> = new Set(['settled', 'rejected', 'expired', 'reversed']);

export class HostDaemon {
  readonly #world: World;
  readonly #deps: HostDeps;
  readonly #options: HostOptions;
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #publicKey: Uint8Array;
  readonly #book: JobBook;
  readonly #publishing: Publishing;
  readonly #settling: Settling;
  readonly #planting: Planting | null;
  readonly #abort = new AbortController();
  readonly #answering = new Set<bigint>();
  readonly #running = new Set<Promise<void>>();
  readonly #sealKeys: SealKeyPair;
  #server: HttpServer | null = null;

  constructor(world: World, deps: HostDeps, options: HostOptions) {
    const { chain, store, log } = deps;
    const { network, contract, accountKey, feeMicro = 3_000n } = options;
    this.#world = world;
    this.#deps = deps;
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(options.operatingKey);
    this.#models = new Map(deps.models.map((model) => [modelIdHex(model.manifest), model]));
    this.#book = new JobBook(store);
    const shared = { world, chain, book: this.#book, log };
    this.#settling = new Settling(shared, { network, contract, accountKey, feeMicro });
    const planting = this.#openPlanting();
    this.#planting = planting;
    const isHeldBack = (job: Job) => planting?.isHeldBack(job) ?? false;
    this.#publishing = new Publishing({ ...shared, isHeldBack }, options.operatingKey);
    this.#sealKeys = sealKeyPair(options.sealSecret ?? sealSecretOf(options.operatingKey));
  }

  /** The principal that registers, is drawn and is paid. */
  get address(): string {
    return this.#settling.address;
  }

  /** Port of the HTTP door; null when there is none. */
  get port(): number | null {
    return this.#server?.port ?? null;
  }

  /** @throws HostError, WorldError world/port-in-use */
  async start(): Promise<void> {
    const { models, log } = this.#deps;
    const [first] = models;
    if (first === undefined) throw new HostError('host/no-model', 'the host serves no model');
    for (const { manifest, engine } of models) {
      const mismatch = engineMismatch(engine, manifest);
      if (mismatch === null) continue;
      const message = `the engine does not run ${manifest.name} as its manifest says: ${mismatch}`;
      throw new HostError('host/wrong-model', message);
    }
    const sessions = await this.#openSessionDoor();
    await this.#listen(first, sessions);
    this.#keep('watch', (signal) => this.#watch(signal));
    this.#keep('follow', (signal) => this.#follow(signal));
    if (this.#planting !== null) this.#keep('plant', (signal) => this.#plant(signal));
    log.info('host started', { address: this.address, openJobs: this.#book.open().length });
    this.#dispatch();
  }

  #openPlanting(): Planting | null {
    const { planting, network, contract, operatingKey, feeMicro = 3_000n } = this.#options;
    const { chain, store, log, models } = this.#deps;
    const [first] = models;
    if (planting === undefined || first === undefined) return null;
    return new Planting(
      { world: this.#world, chain, book: this.#book, store, log },
      {
        ...planting,
        network,
        boot: contract.replace(/\.[^.]+$/, ''),
        operatingKey,
        host: this.address,
        model: modelId(first.manifest),
        feeMicro,
      },
    );
  }

  async #plant(signal: AbortSignal): Promise<void> {
    if (!(await this.#world.timers.sleep(LIMITS.plantLookMs, signal))) return;
    await this.#planting?.look();
    await this.#publishing.run();
  }

  /** Ends the loops; what is half done is taken up at the next start. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#server?.close();
    await Promise.all(this.#running);
  }

  /** Ends what was under way in sessions when this process was killed. */
  async #openSessionDoor(): Promise<SessionDoor | null> {
    const { sessions: chain, store, log } = this.#deps;
    if (chain === undefined) return null;
    const { network, operatingKey } = this.#options;
    const book = new SessionBook(store);
    const door = new SessionDoor(
      {
        world: this.#world,
        chain,
        book,
        log,
        models: this.#models,
        isSigner: (publicKey) => this.#isSigner(publicKey),
      },
      { chainId: network.chainId, address: this.address, operatingKey },
    );
    await door.recover();
    const claims = new SessionClaims(
      { world: this.#world, chain: this.#deps.chain, sessions: chain, book, log },
      {
        network,
        contract: this.#options.contract.replace(/\.[^.]+$/, '.sessions'),
        address: this.address,
        accountKey: this.#options.accountKey,
        feeMicro: this.#options.feeMicro ?? 3_000n,
        everyMs: this.#options.claimEveryMs ?? LIMITS.claimEveryMs,
      },
    );
    this.#keep('claims', async (signal) => {
      const everyMs = Math.min(LIMITS.resendMs, this.#options.claimEveryMs ?? LIMITS.claimEveryMs);
      if (await this.#world.timers.sleep(everyMs, signal)) await claims.look();
    });
    return door;
  }

  async #listen(first: ServedModel, sessions: SessionDoor | null): Promise<void> {
    const { listen, generate = 'open' } = this.#options;
    if (listen === null) return;
    const world = this.#world;
    const { log, store, models } = this.#deps;
    const book = this.#book;
    const handler = createHandler(
      {
        world,
        book,
        log,
        engine: first.engine,
        signatures: new SignedRequests(store),
        sessions,
        isEntitled: (job, publicKey) => this.#isEntitled(job, publicKey),
        manifests: models.map((model) => model.manifest),
        health: () => ({
          address: this.address,
          public_key: bytesToHex(this.#publicKey),
          models: models.map(({ manifest }) => modelIdHex(manifest)),
          open_jobs: book.open().length,
        }),
      },
      generate,
    );
    const bodyBytesMax =
      sessions === null ? LIMITS.generateBodyBytesMax : LIMITS.sessionBodyBytesMax;
    this.#server = await world.net.serve({ ...listen, bodyBytesMax }, handler);
  }

  async #isEntitled({ assigned }: Job, publicKey: Uint8Array): Promise<boolean> {
    if (bytesEqual(assigned.request.user.hash, hash160(publicKey))) return true;
    return this.#isSigner(publicKey);
  }

  /** Of the current cycle or of the one before, whose claims they still judge. */
  async #isSigner(publicKey: Uint8Array): Promise<boolean> {
    const { chain } = this.#deps;
    const own = hash160(publicKey);
    const isAmong = ({ signers }: SignerCycle) => signers.some(({ hash }) => bytesEqual(hash, own));
    const current = await chain.signers();
    if (isAmong(current)) return true;
    return current.cycle > 0 && isAmong(await chain.signers(current.cycle - 1));
  }

  /** Runs `turn` for ever; when it throws, the world failed: wait a little. */
  #keep(name: string, turn: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#abort;
    const run = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          await turn(signal);
        } catch (cause) {
          if (signal.aborted) return;
          this.#deps.log.warn('the node does not answer', { loop: name, cause });
          await this.#world.timers.sleep(LIMITS.retryMs, signal);
        }
      }
    };
    this.#track(run());
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  // ---- watch ----------------------------------------------------------------------------------

  #after = 0n;
  #lookedBackAtMs = 0;

  /** Pages through what is there, then waits at the end for what comes. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { chain } = this.#deps;
    const room = LIMITS.openJobsMax - this.#book.open().length;
    if (room <= 0) {
      await this.#world.timers.sleep(LIMITS.retryMs, signal);
      return;
    }
    this.#lookBack();
    const waitMs = this.#isAtEnd ? LIMITS.longPollMs : 0;
    const page = await chain.openRequests(this.#after, { waitMs, signal });
    if (signal.aborted) return;
    this.#isAtEnd = page.nextAfter >= page.lastRequestId;
    const taken = page.requests.slice(0, room);
    for (const assigned of taken) this.#take(assigned);
    const isWhole = taken.length === page.requests.length;
    this.#after = isWhole ? page.nextAfter : taken.at(-1)!.request.id;
    this.#dispatch();
  }

  #isAtEnd = false;

  /** A reorganisation gives ids anew: now and then the newest ones are looked at again. */
  #lookBack(): void {
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.#lookedBackAtMs < LIMITS.lookBackMs) return;
    this.#lookedBackAtMs = nowMs;
    const behind = BigInt(LIMITS.lookBackIds);
    this.#after = this.#after > behind ? this.#after - behind : 0n;
    this.#isAtEnd = false;
  }

  #take(assigned: AssignedRequest): void {
    const { id, model } = assigned.request;
    const { log } = this.#deps;
    if (assigned.status !== 'open' || assigned.executor !== this.address) return;
    const known = this.#book.get(id);
    if (known !== null && isSameRequest(known.assigned, assigned)) {
      if (known.state === 'closed') this.#reopen(known);
      return;
    }
    if (!bytesEqual(assigned.hostKey, this.#publicKey)) {
      log.warn('a request is bound to another operating key of ours', { request: id });
      return;
    }
    if (!this.#models.has(bytesToHex(model))) {
      log.warn('a request names a model we do not serve', { request: id, model });
      return;
    }
    this.#publishing.forget(id);
    this.#book.put(newJob(assigned));
    log.info('request taken', { request: id });
  }

  /** A reorganisation took the block that closed this request: go on where that began. */
  #reopen(job: Job): void {
    const { id, outcome, receipt, settlement } = job;
    if (outcome === null || !CLOSED.has(outcome)) return;
    const answered = receipt === null ? 'assigned' : 'answered';
    const state = settlement === null ? answered : 'settling';
    this.#publishing.forget(id);
    this.#book.put({ ...job, state, outcome: null });
    this.#deps.log.info('request open again', { request: id, state });
  }

  // ---- answer ---------------------------------------------------------------------------------

  /** Starts answering what waits, as far as `parallel` allows. */
  #dispatch(): void {
    const { parallel = 2 } = this.#options;
    for (const job of this.#book.open()) {
      if (this.#abort.signal.aborted || this.#answering.size >= parallel) return;
      if (job.state !== 'assigned' || this.#answering.has(job.id)) continue;
      if (job.assigned.rank > 0 && this.#turnAtMs(job) > this.#world.clock.nowMs()) continue;
      this.#answering.add(job.id);
      this.#track(this.#answer(job));
    }
  }

  /** Until when substitutes leave a request to an answer that is being judged. */
  readonly #leftUntilMs = new Map<bigint, number>();

  #turnAtMs({ id, assigned }: Job): number {
    return Math.max(assigned.turnAtSecs * 1_000, this.#leftUntilMs.get(id) ?? 0);
  }

  /** Asked once, when our turn has come: has somebody answered who only needs his verdicts? */
  async #leavesToOthers({ id, assigned }: Job): Promise<boolean> {
    if (assigned.rank === 0 || this.#leftUntilMs.has(id)) return false;
    const found = (await this.#deps.chain.requestsById([id])).get(id);
    this.#leftUntilMs.set(id, this.#world.clock.nowMs() + LIMITS.substituteWaitMs);
    return found?.isAnswered ?? false;
  }

  async #answer(job: Job): Promise<void> {
    const { signal } = this.#abort;
    const { network, operatingKey } = this.#options;
    const { chain, log } = this.#deps;
    const planting = this.#planting;
    const deps = {
      world: this.#world,
      chain,
      book: this.#book,
      log,
      models: this.#models,
      planting,
    };
    try {
      if (await this.#leavesToOthers(job)) return;
      const sealKeys = this.#sealKeys;
      const options = { chainId: network.chainId, operatingKey, sealKeys, signal };
      const after = await answerJob(job, deps, options);
      if (after.state !== 'answered') return;
      this.#answering.delete(job.id);
      // Bitcoin may have reorganised while the model ran: an answer under the old beacon stays here.
      const found = (await chain.requestsById([job.id])).get(job.id) ?? null;
      await this.#look(job.id, found, 0);
      await this.#publishing.run();
    } catch (cause) {
      if (!signal.aborted) log.warn('a receipt is not published yet', { request: job.id, cause });
    } finally {
      this.#answering.delete(job.id);
      this.#dispatch();
    }
  }

  // ---- follow ---------------------------------------------------------------------------------

  #cursor = '';
  #seenTip = '';

  /** One question to the node for all jobs: has anything moved? */
  async #follow(signal: AbortSignal): Promise<void> {
    const { chain } = this.#deps;
    const isBusy = this.#book.open().length > 0;
    const waitMs = isBusy ? LIMITS.followMs : LIMITS.longPollMs;
    const news = await chain.news(this.#cursor, { waitMs, signal });
    if (signal.aborted) return;
    const open = this.#book.open();
    if (open.length > 0) {
      this.#dispatch();
      let isChanged = this.#publishing.isBehind(open);
      if (await this.#lookAll(open, news)) isChanged = true;
      if (isChanged) await this.#publishing.run();
      await this.#openAndCertify(signal);
    }
    // Only now: what failed above is tried with the same news again.
    this.#cursor = news.cursor;
    this.#seenTip = news.tip;
  }

  /** Follows the jobs on chain; those under way by transaction also between blocks. @returns closed any */
  async #lookAll(open: readonly Job[], { tip, burnHeight }: ChainNews): Promise<boolean> {
    const isTipNew = tip !== this.#seenTip;
    const due = open.filter(({ state }) => isTipNew || state === 'settling');
    if (due.length === 0) return false;
    const found = await this.#deps.chain.requestsById(due.map(({ id }) => id));
    let isChanged = false;
    for (const { id } of due) {
      if (this.#abort.signal.aborted) return isChanged;
      if (await this.#look(id, found.get(id) ?? null, burnHeight)) isChanged = true;
    }
    return isChanged;
  }

  /** @returns true when the job was closed */
  async #look(id: bigint, found: AssignedRequest | null, burnHeight: number): Promise<boolean> {
    const { log } = this.#deps;
    const job = this.#book.get(id);
    if (job === null || job.state === 'closed' || this.#answering.has(id)) return false;
    // A request the chain has forgotten was orphaned with its Bitcoin block; it may come back.
    if (found === null) return false;
    if (!isSameRequest(found, job.assigned)) {
      this.#book.put({ ...job, state: 'closed', outcome: 'orphaned' });
      this.#publishing.forget(id);
      log.warn('request replaced after a reorganisation', { request: id });
      this.#take(found);
      return true;
    }
    if (found.status !== 'open') {
      this.#book.put({ ...job, state: 'closed', outcome: found.status });
      this.#leftUntilMs.delete(id);
      this.#publishing.forget(id);
      log.info('request closed', { request: id, outcome: found.status });
      return true;
    }
    if (job.state === 'settling') await this.#settling.follow(job);
    else if (burnHeight > job.assigned.request.expiresAt) await this.#settling.expire(job);
    return false;
  }

  /** Opens sketches that judges wait for, and sends what the signers have decided. */
  async #openAndCertify(signal: AbortSignal): Promise<void> {
    const { chain } = this.#deps;
    const isWaiting = ({ state }: Job) => state === 'published' || state === 'opened';
    if (!this.#book.open().some(isWaiting)) return;
    const cycle = await chain.signers();
    const published = await chain.verdicts(cycle);
    if (this.#publishing.open(cycle, published)) await this.#publishing.run();
    for (const job of this.#book.open().filter(isWaiting)) {
      if (signal.aborted || job.receipt === null) continue;
      const { chainId } = this.#options.network;
      const certificate = collectCertificate(job.receipt, cycle, published, chainId);
      if (certificate !== null) await this.#settling.certify(job, certificate);
    }
  }
}
