/**
 * Inference: requests for hosts (with long poll), one request for judges, results for users, and
 * the content store. Amounts are decimal strings (micro-STX may exceed what JSON numbers hold).
 * Source: DESIGN section 5; reference/funai.md 4 (`infer_res`; `infer_result` is the guide's name).
 */
import { bytesToHex } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import { callerOf } from '../inference/entitlement.ts';
import type { InferenceRecords, RequestStatus } from '../inference/records.ts';
import type { InferenceService } from '../inference/service.ts';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import type { LongPoll } from '../long-poll.ts';
import type { RpcDeps } from '../ports.ts';
import { badRequest, json, notFound, octets, okJson, text } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { hashParam, parseHash } from '../state-request.ts';

export interface InferenceRouteDeps {
  readonly service: InferenceService;
  /** Wakes with the chain. */
  readonly longPoll: LongPoll;
  /** Wakes with the chain and with signers' words. */
  readonly news: LongPoll;
}

export function inferenceRoutes(
  deps: RpcDeps,
  { service, longPoll, news }: InferenceRouteDeps,
): Route[] {
  const result = (request: RouteRequest): HttpResponse => {
    const label = request.params.txid!;
    const txid = parseHash(label, 32);
    return txid === null
      ? badRequest('txid must be 64 hex digits')
      : okJson(service.resultOf(txid, label, callerOf(request, deps.world.clock.nowMs())));
  };
  return [
    route('GET', '/v2/infer_res/:txid', result),
    route('GET', '/v2/infer_result/:txid', result),
    route('GET', '/v2/inference/requests', (request) => list(deps, service, longPoll, request)),
    route('GET', '/v2/inference/requests/:id', (request) => {
      const id = parseId(request.params.id!);
      const found = id === null ? null : service.request(id);
      return found === null ? notFound('No such inference request') : okJson(found);
    }),
    route('GET', '/v2/inference/news', (request) => tellNews(deps, service, news, request)),
    route('POST', '/v2/content', (request) => putContent(service, request)),
    route('GET', '/v2/content/:hash', (request) => getContent(deps, service, request)),
  ];
}

function parseId(value: string): bigint | null {
  return /^[0-9]{1,30}$/.test(value) ? BigInt(value) : null;
}

interface Filter {
  readonly after: bigint;
  readonly executor: string | null;
  readonly status: RequestStatus | null;
  readonly limit: number;
  readonly waitMs: number;
}

const STATUSES: readonly RequestStatus[] = ['open', 'settled', 'rejected', 'expired', 'reversed'];

function parseFilter(query: ReadonlyMap<string, string>): Filter | string {
  const after = parseId(query.get('after') ?? '0');
  if (after === null) return 'after must be a request id';
  const executor = query.get('executor') ?? null;
  if (executor !== null && !parsePrincipal(executor).ok) return 'executor must be a principal';
  const word = query.get('status') ?? null;
  const status = STATUSES.find((known) => known === word) ?? null;
  if (word !== null && word !== 'any' && status === null) {
    return `status must be one of ${STATUSES.join(', ')}, any`;
  }
  const number = (name: string, otherwise: number, most: number) => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isFinite(value) && value >= 0 ? Math.min(Math.floor(value), most) : otherwise;
  };
  return {
    after,
    executor,
    status,
    limit: Math.max(1, number('limit', 20, RPC_LIMITS.inferencePageMax)),
    waitMs: number('wait', 0, RPC_LIMITS.longPollMsMax),
  };
}

/** With `wait`, an empty page is held back until the chain moves or the time is up. */
async function list(
  deps: RpcDeps,
  service: InferenceService,
  longPoll: LongPoll,
  request: RouteRequest,
): Promise<HttpResponse> {
  const ids = request.query.get('ids');
  if (ids !== undefined) return listByIds(deps, service, ids);
  const filter = parseFilter(request.query);
  if (typeof filter === 'string') return badRequest(filter);
  const untilMs = deps.world.clock.nowMs() + filter.waitMs;
  for (;;) {
    const page = readPage(service, filter);
    const leftMs = untilMs - deps.world.clock.nowMs();
    if (page.requests.length > 0 || leftMs <= 0) return okJson(pageJson(deps, page));
    if (!(await longPoll.wait(leftMs))) return okJson(pageJson(deps, readPage(service, filter)));
  }
}

/** Exactly these requests, in this order; unknown ids are left out. */
function listByIds(deps: RpcDeps, service: InferenceService, text: string): HttpResponse {
  const ids = text.split(',').map(parseId);
  if (ids.length > RPC_LIMITS.inferencePageMax || ids.includes(null)) {
    return badRequest(`ids must be at most ${RPC_LIMITS.inferencePageMax} request ids, by comma`);
  }
  const records = service.records();
  const requests = ids.flatMap((id) => service.request(id!, records) ?? []);
  const lastRequestId = records.lastRequestId() ?? 0n;
  return okJson(pageJson(deps, { requests, lastRequestId, nextAfter: lastRequestId }));
}

interface Page {
  readonly requests: Json[];
  readonly lastRequestId: bigint;
  /** Ids up to here were looked at: the next page's `after`. */
  readonly nextAfter: bigint;
}

function readPage(service: InferenceService, filter: Filter): Page {
  const records = service.records();
  const lastRequestId = records.lastRequestId() ?? 0n;
  const requests: Json[] = [];
  let id = filter.after;
  let scanned = 0;
  while (id < lastRequestId && requests.length < filter.limit) {
    if (scanned >= RPC_LIMITS.inferenceScanMax) break;
    id += 1n;
    scanned += 1;
    const found = matches(records, id, filter) ? service.request(id, records) : null;
    if (found !== null) requests.push(found);
  }
  return { requests, lastRequestId, nextAfter: id };
}

function matches(records: InferenceRecords, id: bigint, filter: Filter): boolean {
  const record = records.request(id);
  if (record === null) return false;
  const executors = [record.executor, ...record.fallbacks.map(({ host }) => host)];
  if (filter.executor !== null && !executors.includes(filter.executor)) return false;
  return filter.status === null || record.status === filter.status;
}

function pageJson(deps: RpcDeps, page: Page): Json {
  const tip = deps.coordinator.tip();
  return {
    requests: page.requests,
    last_request_id: Number(page.lastRequestId),
    next_after: Number(page.nextAfter),
    tip: { block_id: bytesToHex(tip.blockId), height: tip.height },
    burn_block_height: tip.burnView.burnHeight,
  };
}

function getContent(deps: RpcDeps, service: InferenceService, request: RouteRequest): HttpResponse {
  const hash = hashParam(request, 'hash', 32);
  if (!hash.ok) return hash.response;
  const bytes = service.content.get(hash.value);
  if (bytes === null) return notFound('No such content');
  const access = service.access(hash.value, callerOf(request, deps.world.clock.nowMs()));
  if (access === 'granted') return octets(bytes);
  const message =
    access === 'sign'
      ? 'this content belongs to a hash-only request: sign the call (X-Address, X-Timestamp, X-Signature)'
      : 'only the user, the executors and the signers may read this content';
  return json(access === 'sign' ? 401 : 403, { error: message, reason: 'NotEntitled' });
}

/** Held back until something differs from the caller's cursor: the tip, or what signers have said. */
async function tellNews(
  deps: RpcDeps,
  service: InferenceService,
  news: LongPoll,
  request: RouteRequest,
): Promise<HttpResponse> {
  const known = request.query.get('cursor') ?? '';
  const asked = Number(request.query.get('wait') ?? 0);
  const waitMs = Number.isFinite(asked)
    ? Math.min(Math.max(asked, 0), RPC_LIMITS.longPollMsMax)
    : 0;
  const untilMs = deps.world.clock.nowMs() + waitMs;
  while (service.newsCursor() === known) {
    const leftMs = untilMs - deps.world.clock.nowMs();
    if (leftMs <= 0 || !(await news.wait(leftMs))) break;
  }
  const tip = deps.coordinator.tip();
  return okJson({
    cursor: service.newsCursor(),
    tip: { block_id: bytesToHex(tip.blockId), height: tip.height },
    burn_block_height: tip.burnView.burnHeight,
  });
}

function putContent(service: InferenceService, request: RouteRequest): HttpResponse {
  const outcome = service.content.put(request.body);
  switch (outcome.kind) {
    case 'too-large':
      return text(413, `content has at most ${RPC_LIMITS.contentBytesMax} bytes`);
    case 'not-announced':
      return json(403, {
        error: 'content not accepted',
        reason: 'NotAnnounced',
        sha256: bytesToHex(outcome.hash),
        message: 'nothing on chain or in a receipt names this hash; announce it first',
      });
    default:
      return okJson({ sha256: bytesToHex(outcome.hash), stored: outcome.kind === 'stored' });
  }
}
