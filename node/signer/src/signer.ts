/**
 * A signer process: listens to its node's events, answers block proposals, judges inference answers in
 * the background. It keeps keys and a ledger; everything else it asks its node.
 *
 * Routes (as stacks-signer): POST /stackerdb_chunks, /proposal_response, /new_burn_block, /new_block;
 * GET /status. Events are acknowledged at once and handled afterwards, so a slow signer never
 * stalls its node; what was lost is fetched again by `resync`.
 */
import { bytesFromHex, bytesFromUtf8, isHex, utf8FromBytes } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import type { Store } from '@assay/store';
import type { StackerDbChunk } from '@assay/wire';
import { SIGNER_LANE } from '@assay/wire';
import type { HttpHandler, HttpRequest, HttpResponse, HttpServer, World } from '@assay/world';
import { BlockSigner, type Validation } from './block-signer.ts';
import type { BudgetTimeouts } from './budget-times.ts';
import type { CallPort } from './chain-calls.ts';
import { ClaimAudits } from './claim-audits.ts';
import type { ClaimPort } from './claim-port.ts';
import { Closings } from './closings.ts';
import { type Contracts, contractsOf } from './contracts.ts';
import type { DisputePort } from './dispute-port.ts';
import { Disputes } from './disputes.ts';
import { JudgeQueue } from './judge-queue.ts';
import { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { JudgePort, NodePort } from './ports.ts';
import { SlotWriter } from './slot-writer.ts';

export interface SignerDeps {
  readonly world: World;
  readonly store: Store;
  readonly node: NodePort;
  /** Session claims and what their hosts show. */
  readonly claims: ClaimPort;
  readonly disputes: DisputePort;
  /** Sends what the judges have decided. */
  readonly calls: CallPort;
  readonly judge: JudgePort;
  readonly log: Logger;
}

export interface SignerOptions {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  readonly chainId: number;
  readonly bootAddress: string;
  readonly bind: { readonly host: string; readonly port: number };
  readonly serverVersion: string;
  /** How long a sortition's winner may take until its first block. */
  readonly proposalTimeoutMs: number;
  /** How long the last block made before an election may still be signed, and keeps rivals out. */
  readonly lastBlockTimeoutMs: number;
  /** When the budget of a tenure may be renewed before Bitcoin moves on. */
  readonly budget: BudgetTimeouts;
}

function reply(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: bytesFromUtf8(JSON.stringify(value)),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(body: Uint8Array): Json | null {
  try {
    const value: unknown = JSON.parse(utf8FromBytes(body) ?? '');
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

function hexField(value: unknown): Uint8Array | null {
  if (typeof value !== 'string') return null;
  const hex = value.startsWith('0x') ? value.slice(2) : value;
  return isHex(hex) ? bytesFromHex(hex) : null;
}

/** The chunks of a `/stackerdb_chunks` event; malformed slots are left out. */
function chunksOf(event: Json): StackerDbChunk[] {
  const slots = Array.isArray(event.modified_slots) ? (event.modified_slots as Json[]) : [];
  return slots.flatMap((slot) => {
    const signature = hexField(slot.signature);
    const data = hexField(slot.data);
    const { slot_id: slotId, slot_version: slotVersion } = slot;
    if (typeof slotId !== 'number' || typeof slotVersion !== 'number') return [];
    if (signature?.length !== 65 || data === null) return [];
    return [{ slotId, slotVersion, signature, data }];
  });
}

/** `{issuer: [version, hash], name}` or text, as nodes write contract ids in events. */
function contractIdOf(event: Json): string {
  return typeof event.contract_id === 'string' ? event.contract_id : '';
}

export class Signer {
  readonly #deps: SignerDeps;
  readonly #options: SignerOptions;
  readonly #contracts: Contracts;
  readonly #blocks: BlockSigner;
  readonly #judging: JudgeQueue;
  readonly #audits: ClaimAudits;
  readonly #disputes: Disputes;
  readonly #closings: Closings;
  readonly #abort = new AbortController();
  #server: HttpServer | null = null;
  #resyncing: Promise<void> | null = null;
  #auditing: Promise<void> | null = null;

  constructor(deps: SignerDeps, options: SignerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#contracts = contractsOf(options.bootAddress);
    const publicKey = publicKeyFromPrivate(options.privateKey);
    const ledger = new Ledger(deps.store);
    const slots = new SlotWriter(deps.node, options.privateKey);
    const shared = { ...deps, ledger, slots, contracts: this.#contracts };
    this.#blocks = new BlockSigner(shared, { ...options, publicKey });
    const key = { privateKey: options.privateKey, publicKey };
    this.#judging = new JudgeQueue(shared, key, options.chainId);
    this.#audits = new ClaimAudits(shared, key, options.chainId);
    this.#disputes = new Disputes(shared, key, options.chainId);
    this.#closings = new Closings(shared, publicKey, options.chainId);
  }

  /** Other judges by signing key, and what they were seen to do. */
  get judges(): JudgeQueue['peers'] {
    return this.#judging.peers;
  }

  /** @throws WorldError `world/port-in-use` */
  async start(): Promise<void> {
    const { host, port } = this.#options.bind;
    const options = { host, port, bodyBytesMax: LIMITS.eventBytesMax };
    this.#server = await this.#deps.world.net.serve(options, this.handler);
    this.#resyncing = this.#resyncLoop();
    this.#auditing = this.#auditLoop();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#server?.close();
    await this.#judging.stop();
    await this.#resyncing;
    await this.#auditing;
  }

  readonly handler: HttpHandler = async (request) => {
    if (request.method === 'GET' && request.path === '/status') {
      return reply(200, {
        status: 'ok',
        judging: this.#judging.size,
        busy: this.#blocks.isBusy,
        judges: this.judges,
      });
    }
    if (request.method !== 'POST') return reply(404, { error: 'not found' });
    const event = parseJson(request.body);
    if (event === null) return reply(400, { error: 'the body is not a JSON object' });
    this.#handle(request, event).catch((cause) => {
      this.#deps.log.warn('event could not be handled; it will be fetched again', {
        path: request.path,
        cause,
      });
    });
    return reply(200, { result: 'ok' });
  };

  async #handle(request: HttpRequest, event: Json): Promise<void> {
    if (request.path === '/stackerdb_chunks') await this.#onChunks(event);
    else if (request.path === '/proposal_response') await this.#onProposalResponse(event);
    else if (request.path === '/new_burn_block') await this.#blocks.noticeElection();
  }

  async #onChunks(event: Json): Promise<void> {
    const contract = contractIdOf(event);
    for (const chunk of chunksOf(event)) {
      if (contract === this.#contracts.miners) await this.#blocks.onMinerChunk(chunk);
      else if (contract === this.#contracts.receipts) this.#judging.onReceiptChunk(chunk);
      else if ([0, 1].some((parity) => contract === this.#contracts.verdicts(parity))) {
        this.#judging.onVerdictChunk(chunk);
      } else if (
        [0, 1].some((p) => contract === this.#contracts.signers(p, SIGNER_LANE.blockPreCommit))
      ) {
        await this.#blocks.onPreCommitChunk(chunk);
      } else if (
        [0, 1].some((p) => contract === this.#contracts.signers(p, SIGNER_LANE.blockResponse))
      ) {
        this.#blocks.onResponseChunk(chunk);
      }
    }
  }

  async #onProposalResponse(event: Json): Promise<void> {
    const hash = hexField(event.signer_signature_hash);
    if (hash?.length !== 32) return;
    const validation: Validation = {
      signerSignatureHash: hash,
      ok: event.result === 'Ok',
      reason: String(event.reason ?? ''),
      reasonCode: String(event.reason_code ?? ''),
      failedTxid: hexField(event.failed_txid),
      validationMs: Number.isSafeInteger(event.validation_time_ms)
        ? Math.max(0, Number(event.validation_time_ms))
        : 0,
    };
    await this.#blocks.onValidation(validation);
  }

  async #auditLoop(): Promise<void> {
    const { world, log } = this.#deps;
    const { signal } = this.#abort;
    while (await world.timers.sleep(LIMITS.claimLookMs, signal)) {
      try {
        await this.#audit();
      } catch (cause) {
        if (!signal.aborted) log.debug('claims and disputes cannot be looked at', { cause });
      }
    }
  }

  /** One look at what is under audit or in dispute. */
  async #audit(): Promise<void> {
    const { claims, disputes } = this.#deps;
    const pending = await claims.pending();
    const open = await disputes.open();
    const burnHeight = open.length === 0 ? 0 : await disputes.burnHeight();
    const cycles = await this.#audits.look(pending);
    const isNew = await this.#disputes.look(open, burnHeight);
    if (isNew || cycles.size > 0) await this.#judging.publish(cycles);
    await this.#closings.look(pending, open, burnHeight);
  }

  /** Once after the start, then while a proposal is open; receipts every so often. */
  async #resyncLoop(): Promise<void> {
    const { world, log } = this.#deps;
    let isFirst = true;
    let turns = 0;
    while (!this.#abort.signal.aborted) {
      try {
        await this.#blocks.handIn();
        if (isFirst || turns % 5 === 0) await this.#judging.resync();
        if (isFirst || turns % 5 === 0 || this.#blocks.isBusy) await this.#blocks.resync();
        isFirst = false;
      } catch (cause) {
        log.debug('the node does not answer', { cause });
      }
      turns += 1;
      await world.timers.sleep(LIMITS.resyncMs, this.#abort.signal);
    }
  }
}
