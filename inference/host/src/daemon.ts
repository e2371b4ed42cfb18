/**
 * The host: watches the chain for requests drawn to it, answers them, publishes what it did, and
 * brings verdicts back to the chain to be paid. Three loops that never wait for each other: watch
 * (long poll), answer (as many at once as `parallel`), and tick (publish, settle, expire).
 *
 * It can be killed at any instant: jobs live on disk, and each step is written down before the world
 * hears of it (job.ts). Started by the CLI and the simulation.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { engineMismatch } from '@assay/engine';
import { modelIdHex, type Receipt } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { Store } from '@assay/store';
import type { WalletNetwork } from '@assay/wallet';
import type { SigningKey } from '@assay/wire';
import type { HttpServer, World } from '@assay/world';
import { answerJob, type ServedModel } from './answering.ts';
import { collectCertificate } from './certificate.ts';
import type { AssignedRequest, ChainPort } from './chain-port.ts';
import { isSameRequest, type Job } from './job.ts';
import { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';
import { ReceiptSlot } from './receipt-slot.ts';
import { createHandler, type GeneratePolicy } from './server.ts';
import { SessionBook } from './session-book.ts';
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
  /** Default `open`. */
  readonly generate?: GeneratePolicy;
  /** Requests answered at once. Default 2. */
  readonly parallel?: number;
  /** Default 250. */
  readonly tickMs?: number;
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

export class HostDaemon {
  readonly #world: World;
  readonly #deps: HostDeps;
  readonly #options: HostOptions;
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #publicKey: Uint8Array;
  readonly #book: JobBook;
  readonly #slot: ReceiptSlot;
  readonly #settling: Settling;
  readonly #abort = new AbortController();
  readonly #answering = new Set<bigint>();
  readonly #running = new Set<Promise<void>>();
  /** Transcripts the node has taken, by request. */
  readonly #uploaded = new Set<bigint>();
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
    this.#slot = new ReceiptSlot(chain, options.operatingKey);
    const settlingDeps = { world, chain, book: this.#book, log };
    this.#settling = new Settling(settlingDeps, { network, contract, accountKey, feeMicro });
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
    this.#keep('tick', (signal) => this.#tick(signal));
    log.info('host started', { address: this.address, openJobs: this.#book.open().length });
    this.#dispatch();
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
      { world: this.#world, chain, book, log, models: this.#models },
      { chainId: network.chainId, address: this.address, operatingKey },
    );
    await door.recover();
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
    const fresh = { receipt: null, settlement: null, attempts: 0, outcome: null };
    this.#uploaded.delete(id);
    this.#book.put({ id, state: 'assigned', assigned, ...fresh });
    log.info('request taken', { request: id });
  }

  /** A reorganisation took the block that closed this request: go on where that began. */
  #reopen(job: Job): void {
    const { id, outcome, receipt, settlement } = job;
    if (outcome !== 'settled' && outcome !== 'rejected' && outcome !== 'expired') return;
    const answered = receipt === null ? 'assigned' : 'answered';
    const state = settlement === null ? answered : 'settling';
    this.#uploaded.delete(id);
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
      this.#answering.add(job.id);
      this.#track(this.#answer(job));
    }
  }

  async #answer(job: Job): Promise<void> {
    const { signal } = this.#abort;
    const { network, operatingKey } = this.#options;
    const { chain, log } = this.#deps;
    const deps = { world: this.#world, chain, book: this.#book, log, models: this.#models };
    const options = { chainId: network.chainId, operatingKey, signal };
    try {
      const after = await answerJob(job, deps, options);
      if (after.state === 'answered') await this.#publish();
    } catch (cause) {
      if (!signal.aborted) log.warn('a receipt is not published yet', { request: job.id, cause });
    } finally {
      this.#answering.delete(job.id);
      this.#dispatch();
    }
  }

  // ---- publish --------------------------------------------------------------------------------

  #publishing: Promise<void> = Promise.resolve();

  /** Receipts into our slot, then the transcripts they announce; one run at a time. */
  #publish(): Promise<void> {
    const run = this.#publishing.catch(() => undefined).then(() => this.#publishNow());
    this.#publishing = run;
    return run;
  }

  async #publishNow(): Promise<void> {
    const { chain } = this.#deps;
    const receipts = this.#book
      .open()
      .flatMap(({ receipt }): Receipt[] => (receipt ? [receipt] : []));
    if (!(await this.#slot.write(receipts))) return;
    for (const { id, receipt } of this.#book.open()) {
      if (receipt === null || this.#uploaded.has(id)) continue;
      const transcript = this.#book.transcript(receipt.commitment.transcriptHash);
      if (transcript === null || !(await chain.putContent(transcript))) continue;
      this.#uploaded.add(id);
      const job = this.#book.get(id);
      if (job?.state === 'answered') this.#book.put({ ...job, state: 'published' });
    }
  }

  // ---- settle ---------------------------------------------------------------------------------

  async #tick(signal: AbortSignal): Promise<void> {
    const { tickMs = LIMITS.tickMs } = this.#options;
    await this.#world.timers.sleep(tickMs, signal);
    if (signal.aborted) return;
    const open = this.#book.open();
    if (open.length === 0) return;
    this.#dispatch();
    const burnHeight = await this.#deps.chain.burnHeight();
    let isChanged = open.some(({ id, receipt }) => receipt !== null && !this.#uploaded.has(id));
    for (const { id } of open) {
      if (signal.aborted) return;
      if (await this.#look(id, burnHeight)) isChanged = true;
    }
    if (isChanged) await this.#publish();
    await this.#certify(signal);
  }

  /** Follows one job on chain. @returns true when it was closed */
  async #look(id: bigint, burnHeight: number): Promise<boolean> {
    const { chain, log } = this.#deps;
    const found = await chain.request(id);
    const job = this.#book.get(id);
    if (job === null || job.state === 'closed' || this.#answering.has(id)) return false;
    // A request the chain has forgotten was orphaned with its Bitcoin block; it may come back.
    if (found === null) return false;
    if (!isSameRequest(found, job.assigned)) {
      this.#book.put({ ...job, state: 'closed', outcome: 'orphaned' });
      this.#uploaded.delete(id);
      log.warn('request replaced after a reorganisation', { request: id });
      this.#take(found);
      return true;
    }
    if (found.status !== 'open') {
      this.#book.put({ ...job, state: 'closed', outcome: found.status });
      this.#uploaded.delete(id);
      log.info('request closed', { request: id, outcome: found.status });
      return true;
    }
    if (job.state === 'settling') await this.#settling.follow(job);
    else if (burnHeight > job.assigned.request.expiresAt) await this.#settling.expire(job);
    return false;
  }

  /** Sends what the signers have decided. */
  async #certify(signal: AbortSignal): Promise<void> {
    const { chain } = this.#deps;
    const waiting = this.#book.open().filter((job) => job.state === 'published');
    if (waiting.length === 0) return;
    const cycle = await chain.signers();
    const published = await chain.verdicts(cycle);
    for (const job of waiting) {
      if (signal.aborted || job.receipt === null) continue;
      const { chainId } = this.#options.network;
      const certificate = collectCertificate(job.receipt, cycle, published, chainId);
      if (certificate !== null) await this.#settling.certify(job, certificate);
    }
  }
}
