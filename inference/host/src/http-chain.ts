/**
 * The chain behind Stacks' RPC and this project's inference routes. One instance per host.
 * Shapes: `/v2/inference/requests` and `/v2/content` (docs of the rpc room), StackerDB, `/v2/accounts`,
 * `/v2/transactions` and read-only calls as Stacks has them.
 */
import { bytesFromHex, bytesFromUtf8, bytesToHex, isHex, utf8FromBytes } from '@assay/bytes';
import {
  type ClarityValue,
  Cv,
  decodeClarityValue,
  encodeClarityValue,
  parsePrincipal,
} from '@assay/clarity-value';
import { decodeVerdictChunk, type VerdictEntry } from '@assay/jobs';
import type { StackerDbChunk } from '@assay/wire';
import type { HttpResponse, Net } from '@assay/world';
import type {
  AssignedRequest,
  ChainPort,
  RequestStatus,
  SignerCycle,
  SlotAcknowledgement,
} from './chain-port.ts';
import { LIMITS } from './limits.ts';

export interface HttpChainOptions {
  /** Base URL of the node, e.g. `http://127.0.0.1:20443`. */
  readonly nodeUrl: string;
  /** Address of the boot contracts. */
  readonly bootAddress: string;
  /** Our principal. */
  readonly address: string;
}

/** The node answered, but not what was asked for. */
export class NodeAnswerError extends Error {
  override readonly name = 'NodeAnswerError';
  readonly status: number;

  constructor(path: string, status: number, message: string) {
    super(`${path}: ${status} ${message}`);
    this.status = status;
  }
}

export function createHttpChain(net: Net, options: HttpChainOptions): ChainPort {
  return new HttpChain(net, options);
}

type Json = Readonly<Record<string, unknown>>;

class HttpChain implements ChainPort {
  readonly #net: Net;
  readonly #options: HttpChainOptions;
  /** Verdict lists by contract and slot, kept while the slot's version stands. */
  readonly #verdicts = new Map<string, { version: number; entries: readonly VerdictEntry[] }>();

  constructor(net: Net, options: HttpChainOptions) {
    this.#net = net;
    this.#options = { ...options, nodeUrl: options.nodeUrl.replace(/\/$/, '') };
  }

  async burnHeight(): Promise<number> {
    return number(await this.#json('/v2/info'), 'burn_block_height');
  }

  async openRequests(after: bigint, waitMs: number): Promise<readonly AssignedRequest[]> {
    const { address } = this.#options;
    const query = `after=${after}&executor=${address}&status=open&wait=${waitMs}`;
    const path = `/v2/inference/requests?${query}`;
    const answer = await this.#json(path, { timeoutMs: waitMs + LIMITS.callTimeoutMs });
    const list = Array.isArray(answer) ? answer : (answer as Json).requests;
    if (!Array.isArray(list)) throw new NodeAnswerError(path, 200, 'no list of requests');
    return list
      .map((item) => readRequest(item as Json))
      .sort((a, b) => (a.request.id < b.request.id ? -1 : 1));
  }

  async request(id: bigint): Promise<AssignedRequest | null> {
    const response = await this.#call(`/v2/inference/requests/${id}`);
    if (response.status === 404) return null;
    return readRequest(parse(response, '/v2/inference/requests'));
  }

  async content(hash: Uint8Array): Promise<Uint8Array | null> {
    const path = `/v2/content/${bytesToHex(hash)}`;
    const response = await this.#call(path);
    if (response.status === 404) return null;
    if (response.status !== 200) throw new NodeAnswerError(path, response.status, text(response));
    return response.body;
  }

  async putContent(bytes: Uint8Array): Promise<boolean> {
    const response = await this.#call('/v2/content', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    });
    if (response.status >= 500) {
      throw new NodeAnswerError('/v2/content', response.status, text(response));
    }
    return response.status < 300;
  }

  async receiptSlot(): Promise<{ readonly slotId: number; readonly version: number } | null> {
    const { address } = this.#options;
    const host = await this.#read('hosts', 'get-host', [Cv.principal(address)]);
    if (host.type !== 'some') return null;
    const slotId = Number(uint(field(host.value, 'index')));
    const slots = await this.#metadata('inference-receipts');
    return { slotId, version: slots.get(slotId) ?? 0 };
  }

  async putReceipts(chunk: StackerDbChunk): Promise<SlotAcknowledgement> {
    const { bootAddress } = this.#options;
    const path = `/v2/stackerdb/${bootAddress}/inference-receipts/chunks`;
    const body = JSON.stringify({
      slot_id: chunk.slotId,
      slot_version: chunk.slotVersion,
      sig: bytesToHex(chunk.signature),
      data: bytesToHex(chunk.data),
    });
    const headers = { 'content-type': 'application/json' };
    const answer = (await this.#json(path, {
      method: 'POST',
      body: bytesFromUtf8(body),
      headers,
    })) as { accepted?: unknown; metadata?: { slot_version?: unknown } | null };
    const version = answer.metadata?.slot_version;
    return {
      accepted: answer.accepted === true,
      currentVersion: typeof version === 'number' ? version : null,
    };
  }

  async signers(): Promise<SignerCycle> {
    const current = await this.#read('signers', 'get-current', []);
    const cycle = uint(field(current, 'cycle'));
    const totalWeight = uint(field(current, 'total-weight'));
    const set = await this.#read('signers', 'get-signers', [Cv.uint(cycle)]);
    if (set.type !== 'some' || set.value.type !== 'list') {
      return { cycle: Number(cycle), signers: [], totalWeight };
    }
    const signers = set.value.items.map((item) => {
      const signer = field(item, 'signer');
      if (signer.type !== 'principal') throw new Error('a signer is no principal');
      return { hash: signer.hash, weight: uint(field(item, 'weight')) };
    });
    return { cycle: Number(cycle), signers, totalWeight };
  }

  async verdicts({ cycle }: SignerCycle): Promise<ReadonlyMap<number, readonly VerdictEntry[]>> {
    const contract = `inference-verdicts-${cycle % 2}`;
    const found = new Map<number, readonly VerdictEntry[]>();
    for (const [slot, version] of await this.#metadata(contract)) {
      if (version === 0) continue;
      const key = `${contract}/${slot}`;
      let known = this.#verdicts.get(key);
      if (known?.version !== version) {
        known = { version, entries: await this.#verdictChunk(contract, slot) };
        this.#verdicts.set(key, known);
      }
      found.set(slot, known.entries);
    }
    return found;
  }

  async nonce(address: string): Promise<bigint> {
    return BigInt(number(await this.#json(`/v2/accounts/${address}?proof=0`), 'nonce'));
  }

  async broadcast(bytes: Uint8Array): Promise<string | null> {
    const path = '/v2/transactions';
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await this.#call(path, { method: 'POST', body: bytes, headers });
    if (response.status === 200) return null;
    if (response.status !== 400) throw new NodeAnswerError(path, response.status, text(response));
    const { reason } = parse(response, path, true);
    return typeof reason === 'string' ? reason : 'Refused';
  }

  async #verdictChunk(contract: string, slot: number): Promise<readonly VerdictEntry[]> {
    const path = `/v2/stackerdb/${this.#options.bootAddress}/${contract}/${slot}`;
    const response = await this.#call(path);
    if (response.status !== 200) return [];
    const chunk = decodeVerdictChunk(response.body);
    return chunk.ok ? chunk.value : [];
  }

  /** Versions by slot; 0 where nothing was written. */
  async #metadata(contract: string): Promise<ReadonlyMap<number, number>> {
    const path = `/v2/stackerdb/${this.#options.bootAddress}/${contract}`;
    const list = await this.#json(path);
    if (!Array.isArray(list)) throw new NodeAnswerError(path, 200, 'no list of slots');
    return new Map(
      (list as Json[]).map((slot) => [number(slot, 'slot_id'), number(slot, 'slot_version')]),
    );
  }

  async #read(
    contract: string,
    name: string,
    args: readonly ClarityValue[],
  ): Promise<ClarityValue> {
    const { bootAddress, address } = this.#options;
    const path = `/v2/contracts/call-read/${bootAddress}/${contract}/${name}`;
    const encoded = args.map((value) => `0x${bytesToHex(encodeClarityValue(value))}`);
    const body = bytesFromUtf8(JSON.stringify({ sender: address, arguments: encoded }));
    const headers = { 'content-type': 'application/json' };
    const answer = (await this.#json(path, { method: 'POST', body, headers })) as Json;
    if (answer.okay !== true || typeof answer.result !== 'string') {
      throw new NodeAnswerError(path, 200, String(answer.cause ?? 'no result'));
    }
    const value = decodeClarityValue(bytesFromHex(answer.result));
    if (!value.ok) throw new NodeAnswerError(path, 200, value.error.message);
    return value.value;
  }

  async #json(path: string, options: CallOptions = {}): Promise<Json> {
    return parse(await this.#call(path, options), path);
  }

  #call(path: string, options: CallOptions = {}): Promise<HttpResponse> {
    const timeoutMs = options.timeoutMs ?? LIMITS.callTimeoutMs;
    return this.#net.fetch(`${this.#options.nodeUrl}${path}`, { ...options, timeoutMs });
  }
}

interface CallOptions {
  readonly method?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

function text(response: HttpResponse): string {
  return (utf8FromBytes(response.body) ?? '').slice(0, 200);
}

/** @throws NodeAnswerError unless the answer is 200 (or any, with `refusals`) and JSON */
function parse(response: HttpResponse, path: string, refusals = false): Json {
  if (response.status === 200 || refusals) {
    try {
      const value: unknown = JSON.parse(utf8FromBytes(response.body) ?? '');
      if (typeof value === 'object' && value !== null) return value as Json;
    } catch {
      // Told below.
    }
  }
  throw new NodeAnswerError(path, response.status, text(response));
}

function number(json: Json, name: string): number {
  const value = json[name];
  if (typeof value !== 'number') throw new Error(`the node's ${name} is not a number`);
  return value;
}

function string(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new Error(`the node's ${name} is not a string`);
  return value;
}

function hex(json: Json, name: string): Uint8Array {
  const value = string(json, name);
  const digits = value.startsWith('0x') ? value.slice(2) : value;
  if (!isHex(digits)) throw new Error(`the node's ${name} is not hex`);
  return bytesFromHex(digits);
}

function readRequest(json: Json): AssignedRequest {
  const params = json.params as Json;
  const user = parsePrincipal(string(json, 'user'));
  if (!user.ok) throw new Error("the node's user is not a principal");
  return {
    executor: string(json, 'executor'),
    hostKey: hex(json, 'host_key'),
    beaconBurnHash: hex(json, 'beacon'),
    promptBlob: typeof json.prompt === 'string' ? hex(json, 'prompt') : null,
    status: string(json, 'status') as RequestStatus,
    request: {
      id: BigInt(number(json, 'id')),
      user: user.value,
      model: hex(json, 'model'),
      promptHash: hex(json, 'prompt_hash'),
      params: {
        temperatureMicro: number(params, 'temperature'),
        topPMicro: number(params, 'top_p'),
        topK: number(params, 'top_k'),
        maxTokens: number(params, 'max_tokens'),
      },
      maxFeeMicro: BigInt(string(json, 'max_fee')),
      expiresAt: number(json, 'expires_at'),
      privacy: number(json, 'privacy'),
      clientNonce: hex(json, 'client_nonce'),
    },
  };
}

function field(value: ClarityValue, name: string): ClarityValue {
  const found = value.type === 'tuple' ? value.entries.get(name) : undefined;
  if (found === undefined) throw new Error(`the contract's answer has no ${name}`);
  return found;
}

function uint(value: ClarityValue): bigint {
  if (value.type !== 'uint') throw new Error(`expected a uint, found ${value.type}`);
  return value.value;
}
