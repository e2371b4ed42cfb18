/**
 * Inference: requests for hosts (long poll) and judges, results for users, content by hash.
 * Shapes are those of node/rpc `inference/service.ts`.
 */
import { bytesToHex } from '@assay/bytes';
import { CLIENT_LIMITS } from './limits.ts';
import {
  bigintAt,
  bytesAt,
  bytesOrNullAt,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectOrNullAt,
  textAt,
  textOrNullAt,
} from './shape.ts';
import { ClientError, type Transport } from './transport.ts';

export type RequestStatus = 'open' | 'settled' | 'rejected' | 'expired' | 'reversed';

/** Where on chain something happened. */
export interface Place {
  readonly txid: string;
  readonly blockId: string;
  readonly blockHeight: number;
  readonly tenureConsensusHash: string;
  readonly burnBlockHeight: number;
  readonly burnBlockHash: string;
  readonly signatures: number;
}

export interface InferenceRequestInfo {
  readonly id: bigint;
  readonly status: RequestStatus;
  readonly user: string;
  readonly model: Uint8Array;
  readonly promptHash: Uint8Array;
  readonly promptLength: number;
  /** The prompt blob when it is inline or in the node's content store. */
  readonly prompt: Uint8Array | null;
  readonly params: {
    readonly temperatureMicro: number;
    readonly topPMicro: number;
    readonly topK: number;
    readonly maxTokens: number;
  };
  readonly maxFeeMicro: bigint;
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly privacy: number;
  readonly clientNonce: Uint8Array;
  readonly executor: string;
  readonly executorEndpoint: string | null;
  readonly hostKey: Uint8Array;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  /** Bitcoin block hash that fixed the seed. */
  /** Who may answer from later on: rank k from `openedTimeSecs + k * fallbackWindowSecs`. */
  readonly fallbacks: readonly {
    readonly host: string;
    readonly hostKey: Uint8Array;
    readonly endpoint: string | null;
    readonly inputPriceMicro: bigint;
    readonly outputPriceMicro: bigint;
  }[];
  /** Whether some host's receipt about it stands. */
  readonly isAnswered: boolean;
  /** Block time of the opening. */
  readonly openedTimeSecs: number;
  readonly fallbackWindowSecs: number;
  readonly beacon: Uint8Array;
  readonly requestHash: Uint8Array;
  readonly opened: Place | null;
  readonly closed: Place | null;
  readonly result: JsonObject | null;
}

export interface RequestPage {
  readonly requests: readonly InferenceRequestInfo[];
  readonly lastRequestId: bigint;
  /** Pass as `after` next time. */
  readonly nextAfter: bigint;
  readonly burnBlockHeight: number;
}

export type ResultStatus = 'Created' | 'InProgress' | 'Success' | 'Failure' | 'NotFound';

export interface InferenceResult {
  readonly txid: string;
  readonly status: ResultStatus;
  readonly input: string;
  /** Present as soon as the host has published it; believe it when `status` is Success. */
  readonly output: string;
  readonly outputHash: string;
  readonly executor: string;
  readonly requestId: bigint | null;
  readonly request: InferenceRequestInfo | null;
  readonly receipt: JsonObject | null;
  /** SHA-256 of the sketch part, hex; null until the host opens it. */
  readonly sketchHash: string | null;
  readonly verdicts: readonly {
    readonly signerIndex: number;
    readonly verdict: string;
    readonly reason: string | null;
  }[];
  /** Why it failed, for people; null otherwise. */
  readonly error: string | null;
}

/** Headers that sign a GET of this path, `signCall` of the jobs room. */
export type CallSigner = (path: string) => Readonly<Record<string, string>>;

export interface InferenceNews {
  /** Pass it next time. */
  readonly cursor: string;
  /** Id of the tip, hex. */
  readonly tip: string;
  readonly burnBlockHeight: number;
}

export interface RequestQuery {
  readonly after?: bigint;
  readonly executor?: string;
  readonly status?: RequestStatus | 'any';
  readonly limit?: number;
  /** The node holds an empty answer back this long, at most 30 s. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export class InferenceClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async requests(query: RequestQuery = {}): Promise<RequestPage> {
    const parts = [`after=${query.after ?? 0n}`];
    if (query.executor !== undefined) parts.push(`executor=${query.executor}`);
    if (query.status !== undefined) parts.push(`status=${query.status}`);
    if (query.limit !== undefined) parts.push(`limit=${query.limit}`);
    if (query.waitMs !== undefined) parts.push(`wait=${query.waitMs}`);
    const raw = await this.#transport.json({
      path: `/v2/inference/requests?${parts.join('&')}`,
      timeoutMs: (query.waitMs ?? CLIENT_LIMITS.timeoutMs) + CLIENT_LIMITS.longPollSlackMs,
      ...(query.signal === undefined ? {} : { signal: query.signal }),
    });
    return {
      requests: listAt(raw, 'requests').map(requestOf),
      lastRequestId: bigintAt(raw, 'last_request_id'),
      nextAfter: bigintAt(raw, 'next_after'),
      burnBlockHeight: numberAt(raw, 'burn_block_height'),
    };
  }

  async request(id: bigint): Promise<InferenceRequestInfo | null> {
    const raw = await this.#transport.jsonOrNull({ path: `/v2/inference/requests/${id}` });
    return raw === null ? null : requestOf(raw);
  }

  /** @param sign parties of a hash-only request read prompt and answer by a signed call */
  async result(txid: string, sign?: CallSigner): Promise<InferenceResult> {
    const path = `/v2/infer_res/${txid.replace(/^0x/, '')}`;
    const raw = await this.#transport.json({ path, ...(sign ? { headers: sign(path) } : {}) });
    const request = objectOrNullAt(raw, 'request');
    return {
      txid: textAt(raw, 'txid'),
      status: textAt(raw, 'status') as ResultStatus,
      input: textAt(raw, 'input'),
      output: textAt(raw, 'output'),
      outputHash: textAt(raw, 'output_hash'),
      executor: textAt(raw, 'inference_node_id'),
      requestId: raw.request_id === null ? null : bigintAt(raw, 'request_id'),
      request: request === null ? null : requestOf(request),
      receipt: objectOrNullAt(raw, 'receipt'),
      sketchHash: textOrNullAt(raw, 'sketch_hash'),
      verdicts: listAt(raw, 'verdicts').map((verdict) => ({
        signerIndex: numberAt(verdict, 'signer_index'),
        verdict: textAt(verdict, 'verdict'),
        reason: textOrNullAt(verdict, 'reason'),
      })),
      error: textOrNullAt(raw, 'error'),
    };
  }

  /** False: nobody announced this hash yet. @throws ClientError otherwise */
  async putContent(bytes: Uint8Array): Promise<boolean> {
    const path = '/v2/content';
    const contentType = 'application/octet-stream';
    const answer = await this.#transport.send({ path, body: bytes, contentType });
    if (answer.status === 403) return false;
    if (answer.status === 200) return true;
    throw new ClientError('client/status', path, answer);
  }

  /**
   * Check the hash of what comes.
   * @param sign headers for the path: content of hash-only requests is for its parties only
   */
  content(hash: Uint8Array, sign?: CallSigner): Promise<Uint8Array | null> {
    const path = `/v2/content/${bytesToHex(hash)}`;
    return this.#transport.bytesOrNull({ path, ...(sign ? { headers: sign(path) } : {}) });
  }

  /** Exactly these requests; unknown ids are left out. At most 100. */
  async requestsById(ids: readonly bigint[]): Promise<readonly InferenceRequestInfo[]> {
    const path = `/v2/inference/requests?ids=${ids.join(',')}`;
    return listAt(await this.#transport.json({ path }), 'requests').map(requestOf);
  }

  /** Waits until the tip or a signer's words differ from what `cursor` stands for. */
  async news(
    cursor: string,
    options: { readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<InferenceNews> {
    const { waitMs, signal } = options;
    const raw = await this.#transport.json({
      path: `/v2/inference/news?cursor=${cursor}&wait=${waitMs}`,
      timeoutMs: waitMs + CLIENT_LIMITS.longPollSlackMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      cursor: textAt(raw, 'cursor'),
      tip: textAt(objectAt(raw, 'tip'), 'block_id'),
      burnBlockHeight: numberAt(raw, 'burn_block_height'),
    };
  }
}

function requestOf(raw: JsonObject): InferenceRequestInfo {
  const params = objectAt(raw, 'params');
  return {
    id: bigintAt(raw, 'id'),
    status: textAt(raw, 'status') as RequestStatus,
    user: textAt(raw, 'user'),
    model: bytesAt(raw, 'model'),
    promptHash: bytesAt(raw, 'prompt_hash'),
    promptLength: numberAt(raw, 'prompt_length'),
    prompt: bytesOrNullAt(raw, 'prompt'),
    params: {
      temperatureMicro: numberAt(params, 'temperature'),
      topPMicro: numberAt(params, 'top_p'),
      topK: numberAt(params, 'top_k'),
      maxTokens: numberAt(params, 'max_tokens'),
    },
    maxFeeMicro: bigintAt(raw, 'max_fee'),
    openedAt: numberAt(raw, 'opened_at'),
    expiresAt: numberAt(raw, 'expires_at'),
    privacy: numberAt(raw, 'privacy'),
    clientNonce: bytesAt(raw, 'client_nonce'),
    executor: textAt(raw, 'executor'),
    executorEndpoint: textOrNullAt(raw, 'executor_endpoint'),
    hostKey: bytesAt(raw, 'host_key'),
    inputPriceMicro: bigintAt(raw, 'input_price'),
    outputPriceMicro: bigintAt(raw, 'output_price'),
    fallbacks: listAt(raw, 'fallbacks').map((one) => ({
      host: textAt(one, 'host'),
      hostKey: bytesAt(one, 'host_key'),
      endpoint: textOrNullAt(one, 'endpoint'),
      inputPriceMicro: bigintAt(one, 'input_price'),
      outputPriceMicro: bigintAt(one, 'output_price'),
    })),
    isAnswered: raw.is_answered === true,
    openedTimeSecs: numberAt(raw, 'opened_time'),
    fallbackWindowSecs: numberAt(raw, 'fallback_window'),
    beacon: bytesAt(raw, 'beacon'),
    requestHash: bytesAt(raw, 'request_hash'),
    opened: placeOf(objectOrNullAt(raw, 'opened')),
    closed: placeOf(objectOrNullAt(raw, 'closed')),
    result: objectOrNullAt(raw, 'result'),
  };
}

function placeOf(raw: JsonObject | null): Place | null {
  if (raw === null) return null;
  return {
    txid: textAt(raw, 'txid'),
    blockId: textAt(raw, 'block_id'),
    blockHeight: numberAt(raw, 'block_height'),
    tenureConsensusHash: textAt(raw, 'tenure_consensus_hash'),
    burnBlockHeight: numberAt(raw, 'burn_block_height'),
    burnBlockHash: textAt(raw, 'burn_block_hash'),
    signatures: numberAt(raw, 'signatures'),
  };
}
