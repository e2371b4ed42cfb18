/**
 * Inference: requests for hosts (with long poll), one request for judges, results for users, and
 * the content store. Amounts are decimal strings (micro-STX may exceed what JSON numbers hold).
 * Source: DESIGN section 5; reference/funai.md 4 (`infer_res`; `infer_result` is the guide's name).
 */
import { bytesToHex } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
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
  readonly longPoll: LongPoll;
}

export function inferenceRoutes(deps: RpcDeps, { service, longPoll }: InferenceRouteDeps): Route[] {
  const result = (request: RouteRequest): HttpResponse => {
    const label = request.params.txid!;
    const txid = parseHash(label, 32);
    return txid === null
      ? badRequest('txid must be 64 hex digits')
      : okJson(service.resultOf(txid, label));
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
    route('POST', '/v2/content', (request) => putContent(service, request)),
    route('GET', '/v2/content/:hash', (request) => {
      const hash = hashParam(request, 'hash', 32);
      if (!hash.ok) return hash.response;
      const bytes = service.content.get(hash.value);
      return bytes === null ? notFound('No such content') : octets(bytes);
    }),
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

const STATUSES: readonly RequestStatus[] = ['open', 'settled', 'rejected', 'expired'];

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
  if (filter.executor !== null && record.executor !== filter.executor) return false;
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
