/**
 * The session door: streamed answers for whoever opened a session with this host. Requests come signed
 * by the session's voucher key, tokens go out as they are made, every 32 of them under the host's
 * signature, and the stream waits when too much of it is unpaid.
 *
 * ```
 * POST   /sessions/{id}/requests                 signed request in, lines out (session-lines of jobs)
 * DELETE /sessions/{id}/requests/{index}         ?request={hash}&tokens={n}: ends it after n tokens
 * GET    /sessions/{id}/requests/{index}         its record: commitment and price once it has ended
 * POST   /sessions/{id}/vouchers                 pays
 * GET    /sessions/{id}                          next index, what was delivered, highest voucher
 * GET    /sessions/claims/{hash}                 receipts of a claim in order, one JSON object per line
 * GET    /prompts/{sha256}                       prompt blob of a request
 * ```
 * The last two are for signers of the network, who sign the call (and so are transcripts of sessions).
 * Before anything leaves it is on disk: a killed host ends what was under way with the leaves it signed.
 */
import {
  bytesEqual,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  isHex,
  utf8FromBytes,
} from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import {
  claimHash,
  commitmentHash,
  commitmentProof,
  constraintHash,
  decodePostedRequest,
  decodeSessionPrompt,
  decodeSignedVoucher,
  encodeClaimLine,
  encodeSignedVoucher,
  type PostedRequest,
  promptHash,
  readSignedCall,
  type SessionPrompt,
  sessionPrice,
  verifySessionRequest,
  verifyVoucher,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { parseConstraint, type SessionConstraint, sessionPromptIds } from '@assay/verify';
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import type { ServedModel } from './answering.ts';
import { LIMITS } from './limits.ts';
import type { SessionBook } from './session-book.ts';
import { LiveSession } from './session-live.ts';
import type { SessionChainPort } from './session-port.ts';
import { requestRecordJson } from './session-record.ts';
import { SessionStreams } from './session-streams.ts';

export interface SessionDoorDeps {
  readonly world: World;
  readonly chain: SessionChainPort;
  readonly book: SessionBook;
  readonly log: Logger;
  /** By model id, hex. */
  readonly models: ReadonlyMap<string, ServedModel>;
  /** Whether the holder of this key is a signer of the network. @throws when the node fails */
  readonly isSigner: (publicKey: Uint8Array) => Promise<boolean>;
}

export interface SessionDoorOptions {
  readonly chainId: number;
  /** Our principal: sessions of other hosts are refused. */
  readonly address: string;
  /** 32 bytes. Secret. */
  readonly operatingKey: Uint8Array;
}

/** Why a request is not taken: an HTTP status and a `host/…` code. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What a request brings along, read and checked as far as it can be without the chain. */
interface Task {
  readonly posted: PostedRequest;
  readonly model: ServedModel;
  readonly prompt: SessionPrompt;
  readonly constraint: SessionConstraint;
}

export class SessionDoor {
  readonly #deps: SessionDoorDeps;
  readonly #options: SessionDoorOptions;
  readonly #publicKey: Uint8Array;
  readonly #streams: SessionStreams;
  readonly #live = new Map<bigint, LiveSession>();

  constructor(deps: SessionDoorDeps, options: SessionDoorOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(options.operatingKey);
    this.#streams = new SessionStreams(deps, options);
  }

  /** Ends what was under way when this process was killed. Before the first request. */
  async recover(): Promise<void> {
    await this.#streams.recover();
  }

  /** Null for a path that is not ours. */
  async handle(request: HttpRequest): Promise<HttpResponse | null> {
    const audited = /^\/(sessions\/claims|prompts)\/([0-9a-f]{64})$/.exec(request.path);
    if (audited !== null && request.method === 'GET') {
      const hash = bytesFromHex(audited[2]!);
      const refusal = await this.refuseStranger(request);
      return refusal ?? (audited[1] === 'prompts' ? this.#prompt(hash) : this.#claim(hash));
    }
    const match = /^\/sessions\/(\d{1,19})(?:\/(requests|vouchers)(?:\/(\d{1,19}))?)?$/.exec(
      request.path,
    );
    if (match === null) return null;
    const id = BigInt(match[1]!);
    const [, , part, index] = match;
    const route = `${request.method} ${part ?? ''}${index === undefined ? '' : '/i'}`;
    try {
      switch (route) {
        case 'POST requests':
          return await this.#request(id, request);
        case 'POST vouchers':
          return await this.#voucher(id, request);
        case 'GET ':
          return await this.#view(id);
        case 'GET requests/i':
          return this.#record(id, BigInt(index!));
        case 'DELETE requests/i':
          return await this.#stop(id, BigInt(index!), request);
        default:
          return json(405, { error: 'no such method here', code: 'host/method' });
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const nextIndex = String((this.#live.get(id)?.state.lastIndex ?? 0n) + 1n);
      return json(error.status, { error: error.message, code: error.code, nextIndex });
    }
  }

  // ---- requests ---------------------------------------------------------------------------------

  async #request(id: bigint, http: HttpRequest): Promise<HttpResponse> {
    const task = this.#read(id, http);
    const { request } = task.posted;
    const session = await this.#session(id);
    const [beacons, burnHeight] = await Promise.all([
      this.#deps.chain.recentBurnHashes(),
      this.#deps.chain.burnHeight(),
    ]);
    if (!beacons.slice(0, LIMITS.beaconsMax).some((one) => bytesEqual(one, request.beacon))) {
      throw new Refusal(409, 'host/beacon', 'the beacon is none of the newest Bitcoin blocks');
    }
    await this.#refresh(session, request.maxFeeMicro);
    this.#checkSession(session, task, burnHeight);
    const promptIds = sessionPromptIds(task.model.engine, task.prompt);
    this.#checkPrice(session, task, promptIds.length);
    await this.#turn(session, request.index);
    this.#checkRoom(session, request.maxFeeMicro);
    const { content } = task.prompt;
    const input = 'input' in content ? content.input : null;
    const stream = this.#streams.begin(session, { ...task, promptIds, input, signal: http.signal });
    const headers = { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' };
    return { status: 200, headers, body: new Uint8Array(0), stream };
  }

  #read(id: bigint, http: HttpRequest): Task {
    const decoded = decodePostedRequest(id, utf8FromBytes(http.body) ?? '');
    if (!decoded.ok) throw new Refusal(400, 'host/body', decoded.error.message);
    const posted = decoded.value;
    const { request, prompt: text, constraint: constraintText } = posted;
    const model = this.#deps.models.get(bytesToHex(request.model));
    if (model === undefined) throw new Refusal(404, 'host/model', 'this model is not served here');
    const blob = bytesFromUtf8(text);
    if (!bytesEqual(promptHash(blob), request.promptHash)) {
      throw new Refusal(400, 'host/prompt-hash', 'the prompt is not the one that was signed');
    }
    if (!bytesEqual(constraintHash(constraintText), request.constraintHash)) {
      throw new Refusal(400, 'host/constraint', 'the constraint is not the one that was signed');
    }
    const prompt = decodeSessionPrompt(blob);
    if (!prompt.ok) throw new Refusal(400, 'host/prompt', prompt.error.message);
    if ('input' in prompt.value.content && !model.engine.info.capabilities.embeddings) {
      throw new Refusal(400, 'host/embeddings', 'this model makes no embeddings here');
    }
    const constraint = parseConstraint(constraintText, model.engine, prompt.value.prefixIds);
    if (!constraint.ok) throw new Refusal(400, 'host/constraint', constraint.error.message);
    return { posted, model, prompt: prompt.value, constraint: constraint.value };
  }

  #checkSession(session: LiveSession, { posted }: Task, burnHeight: number): void {
    const { terms } = session;
    const { request, signature } = posted;
    if (!terms.isOpen || burnHeight + LIMITS.sessionEndMarginBlocks >= terms.expiresAt) {
      throw new Refusal(409, 'host/session-over', 'the session is closed or about to end');
    }
    if (!bytesEqual(request.model, terms.model)) {
      throw new Refusal(409, 'host/model', 'the session was opened for another model');
    }
    const signed = { signature, publicKey: terms.voucherKey };
    if (!verifySessionRequest(request, this.#options.chainId, signed)) {
      throw new Refusal(401, 'host/signature', "the session's voucher key did not sign this");
    }
  }

  #checkPrice(session: LiveSession, { posted, model }: Task, promptTokens: number): void {
    const { maxTokens } = posted.request.params;
    const { contextTokens } = model.manifest;
    if (promptTokens >= contextTokens) {
      const message = `the prompt has ${promptTokens} tokens, the model takes ${contextTokens}`;
      throw new Refusal(400, 'host/prompt-too-long', message);
    }
    const outputTokens = Math.min(maxTokens, contextTokens - promptTokens);
    const usage = { promptTokens, cachedTokens: 0, outputTokens };
    const mostMicro = sessionPrice(session.terms.prices, usage);
    if (posted.request.maxFeeMicro >= mostMicro) return;
    throw new Refusal(402, 'host/max-fee', `the answer may cost ${mostMicro} micro-STX`);
  }

  #checkRoom(session: LiveSession, maxFeeMicro: bigint): void {
    if (session.roomMicro() < maxFeeMicro) {
      throw new Refusal(402, 'host/deposit', 'the deposit has no room for this request');
    }
    const bound = BigInt(LIMITS.sessionUnpaidTokensMax) * session.terms.prices.outputMicro;
    const { deliveredMicro, voucher } = session.state;
    if (deliveredMicro - (voucher?.voucher.cumulativeMicro ?? 0n) > bound) {
      throw new Refusal(402, 'host/unpaid', 'earlier answers are not paid yet');
    }
    if (
      session.open.size >= LIMITS.sessionOpenMax ||
      this.#streams.count >= LIMITS.sessionRequestsMax
    ) {
      throw new Refusal(503, 'host/busy', 'too many requests under way');
    }
  }

  /** Requests are taken in the order of their index; one that overtook another waits a little. */
  async #turn(session: LiveSession, index: bigint): Promise<void> {
    const { clock, timers } = this.#deps.world;
    const endMs = clock.nowMs() + LIMITS.sessionTurnMs;
    while (index > session.state.lastIndex + 1n && clock.nowMs() < endMs) {
      const left = new AbortController();
      await Promise.race([
        session.news(),
        timers.sleep(Math.max(1, endMs - clock.nowMs()), left.signal),
      ]);
      left.abort();
    }
    if (index === session.state.lastIndex + 1n) return;
    throw new Refusal(409, 'host/index', `the next index is ${session.state.lastIndex + 1n}`);
  }

  async #stop(id: bigint, index: bigint, http: HttpRequest): Promise<HttpResponse> {
    const hash = http.query.get('request') ?? '';
    const tokens = Number(http.query.get('tokens') ?? 'NaN');
    if (hash.length !== 64 || !isHex(hash) || !Number.isSafeInteger(tokens) || tokens < 0) {
      throw new Refusal(400, 'host/body', 'request={hash} and tokens={count} are needed');
    }
    const open = this.#live.get(id)?.open.get(index);
    if (open !== undefined) {
      if (!bytesEqual(open.requestHash, bytesFromHex(hash))) {
        throw new Refusal(403, 'host/forbidden', 'another request has this index');
      }
      await this.#streams.stop(this.#live.get(id)!, open, tokens);
    }
    return this.#record(id, index);
  }

  #record(id: bigint, index: bigint): HttpResponse {
    const record = this.#deps.book.request(id, index);
    if (record === null) return json(404, { error: 'no such request', code: 'host/not-found' });
    return json(200, { ...requestRecordJson(record), claim: this.#claimOf(id, index) });
  }

  /** Where a request stands in the claim that covers it; null while there is none. */
  #claimOf(id: bigint, index: bigint) {
    const { book } = this.#deps;
    const sent = book.claimOf(id, index);
    if (sent === null) return null;
    const { claim, txid } = sent;
    const hashes = [...book.requests(id, claim.from, claim.to)].flatMap(({ end }) => {
      return end === null ? [] : [commitmentHash(end.commitment)];
    });
    const siblings = commitmentProof(hashes, Number(index - claim.from) - 1);
    return {
      hash: bytesToHex(claimHash(claim)),
      from: String(claim.from),
      to: String(claim.to),
      amount: String(claim.amountMicro),
      receipts_root: bytesToHex(claim.receiptsRoot),
      siblings: siblings.map(bytesToHex),
      txid: bytesToHex(txid),
    };
  }

  // ---- audits -----------------------------------------------------------------------------------

  /** Null for signers who signed the call: what passed in a session is nobody else's business. */
  async refuseStranger(request: HttpRequest): Promise<HttpResponse | null> {
    const nowSecs = Math.floor(this.#deps.world.clock.nowMs() / 1000);
    const call = readSignedCall(request.headers, request, nowSecs);
    const caller = call.ok ? (call.value?.publicKey ?? null) : null;
    if (caller === null) {
      return json(401, { error: 'sign the call, as a signer of the network', code: 'host/sign' });
    }
    if (await this.#deps.isSigner(caller)) return null;
    return json(403, { error: 'only signers may read this', code: 'host/not-entitled' });
  }

  #prompt(hash: Uint8Array): HttpResponse {
    const body = this.#deps.book.prompt(hash);
    if (body === null) return json(404, { error: 'no such prompt', code: 'host/not-found' });
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
  }

  /** What judges read: every receipt of the claim, streamed. */
  #claim(hash: Uint8Array): HttpResponse {
    const { book } = this.#deps;
    const sent = book.claim(hash);
    if (sent === null) return json(404, { error: 'no such claim', code: 'host/not-found' });
    const { sessionId, from, to } = sent.claim;
    async function* lines(): AsyncGenerator<Uint8Array> {
      for (const record of book.requests(sessionId, from, to)) {
        const { request, signature, end } = record;
        if (end === null) continue;
        const { commitment, hostSignature, sketchHash } = end;
        const text = book.constraint(request.constraintHash);
        const constraint = text === null ? null : utf8FromBytes(text);
        const receipt = { commitment, hostSignature, sketchHash };
        yield bytesFromUtf8(`${encodeClaimLine({ request, signature, constraint, ...receipt })}\n`);
      }
    }
    const headers = { 'content-type': 'application/x-ndjson' };
    return { status: 200, headers, body: new Uint8Array(0), stream: lines() };
  }

  // ---- vouchers ---------------------------------------------------------------------------------

  async #voucher(id: bigint, http: HttpRequest): Promise<HttpResponse> {
    const session = await this.#session(id);
    const decoded = decodeSignedVoucher(id, utf8FromBytes(http.body) ?? '');
    if (!decoded.ok) throw new Refusal(400, 'host/body', decoded.error.message);
    const { voucher, signature } = decoded.value;
    const signed = { signature, publicKey: session.terms.voucherKey };
    if (!verifyVoucher(voucher, this.#options.chainId, signed)) {
      throw new Refusal(401, 'host/signature', "the session's voucher key did not sign this");
    }
    const best = session.state.voucher?.voucher;
    const isHigher =
      best === undefined ||
      (voucher.cumulativeMicro >= best.cumulativeMicro && voucher.requests >= best.requests);
    // An older voucher that arrives late is no fault: the higher one stands.
    if (isHigher) {
      if (voucher.cumulativeMicro > session.terms.depositMicro) await this.#refresh(session, null);
      if (voucher.cumulativeMicro > session.terms.depositMicro) {
        throw new Refusal(402, 'host/deposit', 'the deposit does not cover this voucher');
      }
      // Claims are held against their receipts: nobody may make ours look like more than they account for.
      if (voucher.cumulativeMicro > session.dueMicroMax()) {
        throw new Refusal(409, 'host/overpaid', 'more than was delivered and is under way');
      }
      const firstOpen = [...session.open.keys()].reduce((a, b) => (a < b ? a : b), U64_MAX);
      if (voucher.requests > session.state.lastIndex || voucher.requests >= firstOpen) {
        throw new Refusal(409, 'host/requests', 'not all of these requests have ended');
      }
      session.state = { ...session.state, voucher: decoded.value };
      const written = this.#deps.book.putSession(session.state);
      session.tell();
      await written;
    }
    return json(200, { unpaidMicro: String(session.unpaidMicro()) });
  }

  async #view(id: bigint): Promise<HttpResponse> {
    const session = await this.#session(id);
    const { lastIndex, deliveredMicro, voucher } = session.state;
    return json(200, {
      nextIndex: String(lastIndex + 1n),
      deliveredMicro: String(deliveredMicro),
      voucher: voucher === null ? null : encodeSignedVoucher(voucher),
      open: [...session.open.keys()].map(String),
    });
  }

  // ---- sessions ---------------------------------------------------------------------------------

  /** @throws Refusal for a session that is not ours */
  async #session(id: bigint): Promise<LiveSession> {
    const known = this.#live.get(id);
    if (known !== undefined) return known;
    const terms = await this.#deps.chain.session(id);
    if (terms === null) throw new Refusal(404, 'host/session', 'the chain knows no such session');
    if (
      terms.host !== this.#options.address ||
      !bytesEqual(terms.hostKey, this.#publicKey) ||
      !this.#deps.models.has(bytesToHex(terms.model))
    ) {
      throw new Refusal(404, 'host/session', 'the session is with another host, key or model');
    }
    const again = this.#live.get(id);
    if (again !== undefined) return again;
    const fresh = { id, lastIndex: 0n, deliveredMicro: 0n, voucher: null };
    const state = this.#deps.book.session(id) ?? fresh;
    const session = new LiveSession(terms, this.#deps.world.clock.nowMs(), state);
    this.#makeRoom();
    this.#live.set(id, session);
    return session;
  }

  #makeRoom(): void {
    if (this.#live.size < LIMITS.sessionsLiveMax) return;
    for (const [id, { open }] of this.#live) {
      if (open.size > 0) continue;
      this.#live.delete(id);
      return;
    }
    throw new Refusal(503, 'host/busy', 'too many sessions under way');
  }

  /** Asks the chain again when its word is old or the deposit looks too small. */
  async #refresh(session: LiveSession, neededMicro: bigint | null): Promise<void> {
    const nowMs = this.#deps.world.clock.nowMs();
    const isOld = nowMs - session.termsAtMs > LIMITS.sessionTermsMs;
    if (neededMicro !== null && !isOld && session.roomMicro() >= neededMicro) return;
    const terms = await this.#deps.chain.session(session.terms.id);
    if (terms === null) throw new Refusal(404, 'host/session', 'the session is gone');
    session.terms = terms;
    session.termsAtMs = nowMs;
  }
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

function json(status: number, value: unknown): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: bytesFromUtf8(JSON.stringify(value)) };
}
