/**
 * The gateway: OpenAI's API in front, sessions with hosts behind. Any number of gateways on one ledger
 * behave as one; each can be killed at any instant, and the others end what it left.
 *
 * ```
 * POST /v1/chat/completions, /v1/completions, /v1/embeddings      with an API key, or paid by x402
 * GET  /v1/models, /v1/models/{id}, /v1/prices, /v1/receipts/{id}, /health
 * GET  /metrics, /admin/v1/…                                       with the admin token
 * ```
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import type { HttpRequest, HttpResponse, HttpServer, World } from '@assay/world';
import { isFarFromLimits, RequestAccount } from './accounting.ts';
import { AdminApi } from './admin.ts';
import { ApiError, errorResponse, json, modelNotFound } from './api-error.ts';
import { Books } from './books.ts';
import type { GatewayChain, ModelOffer } from './chain-port.ts';
import { answerStream, answerWhole } from './exchange.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { Generation, mostMicro, promptTokensMax } from './generation.ts';
import { bearerOf, KeyCheck } from './keys.ts';
import type { ApiKey, Ledger } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';
import { Market } from './market.ts';
import type { Envelope, Usage } from './openai/answer.ts';
import { CALLS, type Call } from './openai/calls.ts';
import { type Json, parseBody } from './openai/fields.ts';
import { modelJson, priceList } from './openai/models.ts';
import type { Question } from './openai/request.ts';
import { Receipts } from './receipts.ts';
import { Leftovers } from './session/leftovers.ts';
import { SessionPool } from './session/pool.ts';
import { Sweep } from './sweep.ts';
import { type TokenOffer, X402 } from './x402.ts';

export interface GatewayDeps {
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
  readonly log: Logger;
}

export interface GatewayOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly chainId: number;
  /** Signs session requests and vouchers. 32 bytes. Secret. */
  readonly voucherKey: Uint8Array;
  /** Opens `/admin/v1`; null closes it. Secret. */
  readonly adminToken: string | null;
  /** Deposit of a session, micro-STX. */
  readonly depositMicro: bigint;
  /** Length of a session in Bitcoin blocks. */
  readonly sessionDuration: number;
  /** Address that callers without a key pay (x402); null: a key is needed. */
  readonly payTo?: string | null;
  /** SIP-010 tokens that they may pay with, beside STX. */
  readonly tokens?: readonly TokenOffer[];
}

export class Gateway {
  readonly #world: World;
  readonly #deps: GatewayDeps;
  readonly #options: GatewayOptions;
  readonly #name: string;
  readonly #market: Market;
  readonly #books: Books;
  readonly #pool: SessionPool;
  readonly #keys: KeyCheck;
  readonly #admin: AdminApi;
  readonly #receipts: Receipts;
  readonly #sweep: Sweep;
  readonly #leftovers: Leftovers;
  readonly #x402: X402 | null;
  readonly #metrics = new GatewayMetrics();
  readonly #abort = new AbortController();
  #server: HttpServer | null = null;
  #underWay = 0;
  #running: Promise<void> = Promise.resolve();
  #tidying: Promise<void> | null = null;

  constructor(world: World, deps: GatewayDeps, options: GatewayOptions) {
    const { chain, ledger, log } = deps;
    this.#world = world;
    this.#deps = deps;
    this.#options = options;
    this.#name = bytesToHex(world.random.bytes(8));
    this.#market = new Market(world.clock, chain, log);
    this.#books = new Books({ world, ledger, log });
    const { chainId, voucherKey, depositMicro, sessionDuration } = options;
    this.#pool = new SessionPool(
      { world, chain, ledger, log },
      { gateway: this.#name, chainId, voucherKey, depositMicro, sessionDuration },
    );
    this.#keys = new KeyCheck(world, ledger);
    this.#admin = new AdminApi(world, ledger, this.#keys, options.adminToken);
    this.#receipts = new Receipts({ world, chain, ledger }, chainId);
    this.#sweep = new Sweep({ world, chain, ledger, log });
    const gateway = this.#name;
    const { signal } = this.#abort;
    this.#leftovers = new Leftovers({ world, chain, ledger, log, signal }, { gateway, voucherKey });
    this.#gauges();
    const { payTo = null, tokens = [] } = options;
    this.#x402 =
      payTo === null ? null : new X402({ world, chain, ledger }, { payTo, tokens, chainId });
  }

  #gauges(): void {
    const metrics = this.#metrics;
    metrics.gauge('gateway_requests_under_way', 'Requests being answered', () => this.#underWay);
    metrics.gauge('gateway_ends_unwritten', 'Ended requests not in the ledger yet', () => {
      return this.#books.count;
    });
    metrics.gauge('gateway_sessions_held', 'Sessions whose vouchers this gateway signs', () => {
      return this.#pool.sizes().sessions;
    });
    metrics.gauge('gateway_room_micro_stx', 'Deposit left in the sessions held', () => {
      return Number(this.#pool.sizes().roomMicro);
    });
  }

  get port(): number {
    return this.#server?.port ?? this.#options.listen.port;
  }

  /** @throws WorldError world/port-in-use */
  async start(): Promise<void> {
    const { host, port } = this.#options.listen;
    await this.#renewLeases();
    const options = { host, port, bodyBytesMax: LIMITS.bodyBytesMax };
    this.#server = await this.#world.net.serve(options, (request) => this.handle(request));
    this.#running = this.#keepUp();
    this.#deps.log.info('gateway started', { name: this.#name, host, port: this.port });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#server?.close();
    await this.#running;
    await this.#tidying;
    await this.#books.stop();
    await this.#pool.stop();
    await this.#deps.ledger.release(`gateway:${this.#name}`, this.#name);
  }

  /** Renews leases, and looks after what others left, until stopped. */
  async #keepUp(): Promise<void> {
    const { signal } = this.#abort;
    let sweptAtMs = 0;
    while (await this.#world.timers.sleep(LIMITS.leaseRenewMs, signal)) {
      try {
        await this.#renewLeases();
        const nowMs = this.#world.clock.nowMs();
        if (nowMs - sweptAtMs < LIMITS.sweepMs) continue;
        sweptAtMs = nowMs;
        // Hosts and the chain may take their time; leases do not wait for them.
        this.#tidying ??= this.#tidy().finally(() => {
          this.#tidying = null;
        });
      } catch (cause) {
        if (signal.aborted) return;
        this.#deps.log.warn('the ledger or the chain does not answer', { cause });
      }
    }
  }

  /** Ends what dead gateways left: requests, deposits on their way, sessions that are over. */
  async #tidy(): Promise<void> {
    try {
      const burnHeight = await this.#deps.chain.burnHeight();
      this.#pool.atHeight(burnHeight);
      await this.#sweep.run();
      await this.#leftovers.run(burnHeight);
    } catch (cause) {
      if (this.#abort.signal.aborted) return;
      this.#deps.log.warn('the ledger or the chain does not answer', { cause });
    }
  }

  async #renewLeases(): Promise<void> {
    await this.#deps.ledger.lease(`gateway:${this.#name}`, this.#name, LIMITS.leaseMs);
    await this.#pool.renew();
  }

  // ---- HTTP -------------------------------------------------------------------------------------

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const id = `req_${bytesToHex(this.#world.random.bytes(12))}`;
    const headers = { 'x-request-id': id };
    const startMs = this.#world.clock.nowMs();
    const answer = await this.#answer(request, id, headers);
    const path = MEASURED.has(request.path) ? request.path : 'other';
    this.#metrics.answered(path, answer.status, this.#world.clock.nowMs() - startMs);
    return answer;
  }

  async #answer(
    request: HttpRequest,
    id: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> {
    try {
      const answer = await this.#route(request, id, headers);
      return { ...answer, headers: { ...headers, ...answer.headers } };
    } catch (error) {
      if (error instanceof ApiError) return errorResponse(error, headers);
      if (request.signal?.aborted) return errorResponse(LEFT, headers);
      this.#deps.log.error('a request failed', { request: id, path: request.path, cause: error });
      return errorResponse(INTERNAL, headers);
    }
  }

  async #route(
    request: HttpRequest,
    id: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> {
    const { method, path } = request;
    if (path === '/health') return json(200, { status: 'ok', under_way: this.#underWay });
    if (path === '/metrics') {
      this.#admin.authenticate(request);
      const type = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
      return { status: 200, headers: type, body: bytesFromUtf8(this.#metrics.render()) };
    }
    if (path.startsWith('/admin/v1/')) {
      await this.#books.settled();
      return this.#admin.handle(request);
    }
    const call = CALLS.get(path);
    if (call !== undefined) {
      if (method !== 'POST') throw notAllowed(method, path);
      return this.#bounded(() => this.#complete(request, call, id, headers));
    }
    switch (path) {
      case '/v1/models':
        if (method !== 'GET') throw notAllowed(method, path);
        return json(200, { object: 'list', data: (await this.#market.models()).map(modelJson) });
      case '/v1/prices':
        return json(200, priceList(await this.#market.models()));
    }
    const [, kind, rest] = /^\/v1\/(models|receipts)\/(.{1,300})$/.exec(path) ?? [];
    if (kind === 'receipts' && method === 'GET') {
      await this.#books.written(rest!);
      return this.#receipts.get(rest!);
    }
    if (kind === 'models' && method === 'GET') {
      const model = await this.#market.model(decodeURIComponent(rest!));
      if (model === null) throw modelNotFound(rest!);
      return json(200, modelJson(model));
    }
    const message = `Invalid URL (${method} ${path})`;
    throw new ApiError(404, 'invalid_request_error', 'unknown_url', message);
  }

  async #bounded(serve: () => Promise<HttpResponse>): Promise<HttpResponse> {
    const isBehind = this.#books.count >= LIMITS.unwrittenMax;
    if (isBehind || this.#underWay >= LIMITS.requestsMax) throw OVERLOADED;
    this.#underWay += 1;
    let isStreaming = false;
    try {
      const answer = await serve();
      if (answer.stream === undefined) return answer;
      isStreaming = true;
      return { ...answer, stream: this.#counted(answer.stream) };
    } finally {
      if (!isStreaming) this.#underWay -= 1;
    }
  }

  async *#counted(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* stream;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #complete(
    request: HttpRequest,
    read: (body: Json) => Call,
    id: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> {
    const known = await this.#authenticate(request);
    const { kind, questions, stream, delivery: deliver } = read(parseBody(request.body));
    const model = await this.#modelOf(questions[0]!.model);
    const callId = () => `call_${bytesToHex(this.#world.random.bytes(12))}`;
    const delivery = deliver(this.#envelope(kind, id, model), callId);
    const priceMicro = questions.reduce((sum, one) => sum + dearest(model, one), 0n);
    const paid = known === null ? await this.#x402!.pay(request, priceMicro) : null;
    const key = known ?? paid!.key;
    checkModel(key, model);
    const aborts = questions.map(() => new AbortController());
    const account = await this.#open(id, key, model, priceMicro);
    const generations = questions.map((question, choice) =>
      this.#generation({ account, model, question, choice, signal: aborts[choice]!.signal }),
    );
    const exchange = {
      account,
      generations,
      delivery,
      headers: { ...headers, ...paid?.headers, 'x-assay-receipt': id },
      timers: this.#world.timers,
      onUsage: (usage: Usage) => this.#metrics.used(usage),
      abort: () => {
        for (const abort of aborts) abort.abort();
      },
      signal: request.signal,
    };
    return stream ? answerStream(exchange) : answerWhole(exchange);
  }

  /** Null for a caller without a key who may pay on the spot. @throws ApiError 401 */
  async #authenticate(request: HttpRequest): Promise<ApiKey | null> {
    const token = bearerOf(request);
    if (token !== null && token !== '') return this.#keys.check(token);
    if (this.#x402 !== null && token === null) return null;
    const message =
      "You didn't provide an API key. Send it in an Authorization header: " +
      'Authorization: Bearer YOUR_KEY.';
    throw new ApiError(401, 'invalid_request_error', 'missing_api_key', message);
  }

  async #modelOf(name: string): Promise<ModelOffer> {
    const model = await this.#market.model(name);
    if (model === null || model.hosts.length === 0) throw modelNotFound(name);
    return model;
  }

  /** Counts the request against its key: beside the work when limits are far, before it when near. */
  async #open(
    id: string,
    key: ApiKey,
    model: ModelOffer,
    reserveMicro: bigint,
  ): Promise<RequestAccount> {
    const { ledger } = this.#deps;
    const request = { id, keyId: key.id, gateway: this.#name, model: model.id, reserveMicro };
    const account = new RequestAccount(ledger, this.#books, request);
    if (!isFarFromLimits(key, reserveMicro)) await account.counted();
    return account;
  }

  #generation(of: {
    readonly account: RequestAccount;
    readonly model: ModelOffer;
    readonly question: Question;
    readonly choice: number;
    readonly signal: AbortSignal;
  }): Generation {
    const { account, ...task } = of;
    const { chainId, voucherKey } = this.#options;
    const deps = {
      world: this.#world,
      market: this.#market,
      pool: this.#pool,
      log: this.#deps.log,
      metrics: this.#metrics,
    };
    return new Generation(
      deps,
      { chainId, voucherKey },
      {
        ...task,
        requestId: account.id,
        nextPart: () => account.nextPart(),
        onBegin: (part) => account.beginPart(part),
      },
    );
  }

  #envelope(kind: string, id: string, model: ModelOffer): Envelope {
    return {
      id: id.replace('req', kind).replace('_', '-'),
      created: Math.floor(this.#world.clock.nowMs() / 1000),
      model: model.name,
      fingerprint: `fp_${model.id.slice(0, 16)}`,
    };
  }
}

function checkModel(key: ApiKey, { name }: ModelOffer): void {
  if (key.models === null || key.models.includes(name)) return;
  const message = `This key may not use the model ${name}.`;
  throw new ApiError(403, 'permission_error', 'model_not_allowed', message, { param: 'model' });
}

/** What an answer may cost at the dearest host. */
function dearest(model: ModelOffer, question: Question): bigint {
  const promptTokens = promptTokensMax(question, model);
  const { maxTokens } = question.params;
  return model.hosts
    .map(({ prices }) => mostMicro(prices, promptTokens, maxTokens))
    .reduce((a, b) => (a > b ? a : b), 0n);
}

/** Paths with numbers of their own in the metrics. */
const MEASURED: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/models',
]);
const INTERNAL = new ApiError(
  500,
  'server_error',
  null,
  'The server had an error while processing your request. Sorry about that!',
);
const LEFT = new ApiError(499, 'server_error', 'client_closed', 'The client went away.');
const OVERLOADED = new ApiError(
  503,
  'service_unavailable',
  'overloaded',
  'The gateway is overloaded. Please try again later.',
  { headers: { 'retry-after': '1' } },
);

function notAllowed(method: string, path: string): ApiError {
  const message = `Not allowed to ${method} on ${path}.`;
  return new ApiError(405, 'invalid_request_error', 'method_not_allowed', message);
}
