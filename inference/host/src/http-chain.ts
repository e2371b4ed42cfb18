/**
 * The chain as a host sees it, behind the RPC of a node. Requests and content go through this project's
 * inference routes; registration and signer set are read from the contracts themselves.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv, parsePrincipal } from '@assay/clarity-value';
import { createNodeClient, type InferenceRequestInfo, type NodeClient } from '@assay/client';
import { sha256 } from '@assay/crypto';
import { decodeVerdictChunk, signCall, type VerdictChunk } from '@assay/jobs';
import { type StackerDbChunk, verifyChunk } from '@assay/wire';
import type { Net } from '@assay/world';
import type {
  AccountNonce,
  AssignedRequest,
  ChainNews,
  ChainPort,
  RequestPage,
  SignerCycle,
  SlotAcknowledgement,
} from './chain-port.ts';
import { LIMITS } from './limits.ts';

const SILENCE: VerdictChunk = { sealKey: null, entries: [], claims: [], disputes: [] };

export interface HttpChainOptions {
  /** Base URL of the node, e.g. `http://127.0.0.1:20443`. */
  readonly nodeUrl: string;
  /** Address of the boot contracts. */
  readonly bootAddress: string;
  /** Our principal. */
  readonly address: string;
  /** Signs calls for content of hash-only requests; without it only public content is read. */
  readonly caller?: {
    /** The operating key, 32 bytes. Secret. */
    readonly privateKey: Uint8Array;
    readonly nowSecs: () => number;
  };
}

export function createHttpChain(net: Pick<Net, 'fetch'>, options: HttpChainOptions): ChainPort {
  const client = createNodeClient({
    baseUrl: options.nodeUrl,
    fetch: (url, request) => net.fetch(url, request),
    timeoutMs: LIMITS.callTimeoutMs,
  });
  return new HttpChain(client, options);
}

class HttpChain implements ChainPort {
  readonly #client: NodeClient;
  readonly #options: HttpChainOptions;
  /** What signers said, by contract and slot, kept while the slot's version stands. */
  readonly #verdicts = new Map<string, { version: number; said: VerdictChunk }>();

  constructor(client: NodeClient, options: HttpChainOptions) {
    this.#client = client;
    this.#options = options;
  }

  async news(
    cursor: string,
    options: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<ChainNews> {
    const news = await this.#client.inference.news(cursor, options);
    return { cursor: news.cursor, tip: news.tip, burnHeight: news.burnBlockHeight };
  }

  async openRequests(
    after: bigint,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<RequestPage> {
    const executor = this.#options.address;
    const query = { after, executor, status: 'open', waitMs, signal } as const;
    const page = await this.#client.inference.requests(query);
    return { ...page, requests: page.requests.map((info) => assignedOf(info, executor)) };
  }

  async requestsById(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, AssignedRequest>> {
    const found = new Map<bigint, AssignedRequest>();
    for (let i = 0; i < ids.length; i += LIMITS.requestsPerCall) {
      const page = ids.slice(i, i + LIMITS.requestsPerCall);
      for (const info of await this.#client.inference.requestsById(page)) {
        found.set(info.id, assignedOf(info, this.#options.address));
      }
    }
    return found;
  }

  async content(hash: Uint8Array): Promise<Uint8Array | null> {
    const { caller } = this.#options;
    const sign = (path: string) => {
      const call = { path, body: new Uint8Array(0) };
      return caller === undefined ? {} : signCall(call, caller.nowSecs(), caller.privateKey);
    };
    const bytes = await this.#client.inference.content(hash, sign);
    return bytes !== null && bytesEqual(sha256(bytes), hash) ? bytes : null;
  }

  putContent(bytes: Uint8Array): Promise<boolean> {
    return this.#client.inference.putContent(bytes);
  }

  async receiptSlot(): Promise<{ readonly slotId: number; readonly version: number } | null> {
    const host = await this.#read('hosts', 'get-host', [Cv.principal(this.#options.address)]);
    if (host.type !== 'some') return null;
    const slotId = Number(uint(field(host.value, 'index')));
    const slots = await this.#client.stackerdb.slots(this.#contract('inference-receipts'));
    const slot = slots?.find((one) => one.slotId === slotId);
    return slot === undefined ? null : { slotId, version: slot.slotVersion };
  }

  async putReceipts(chunk: StackerDbChunk): Promise<SlotAcknowledgement> {
    const contract = this.#contract('inference-receipts');
    const { accepted, metadata } = await this.#client.stackerdb.putChunk(contract, chunk);
    return { accepted, currentVersion: metadata?.slotVersion ?? null };
  }

  async signers(named?: number): Promise<SignerCycle> {
    const current = named === undefined ? await this.#read('signers', 'get-current', []) : null;
    const cycle = current === null ? BigInt(named!) : uint(field(current, 'cycle'));
    const set = await this.#read('signers', 'get-signers', [Cv.uint(cycle)]);
    const items = set.type === 'some' && set.value.type === 'list' ? set.value.items : [];
    const signers = items.map((item) => {
      const signer = field(item, 'signer');
      if (signer.type !== 'principal') throw new TypeError('a signer is no principal');
      return { hash: signer.hash, weight: uint(field(item, 'weight')) };
    });
    const totalWeight =
      current === null
        ? uint(await this.#read('signers', 'get-total-weight', [Cv.uint(cycle)]))
        : uint(field(current, 'total-weight'));
    return { cycle: Number(cycle), signers, totalWeight };
  }

  async verdicts({ cycle, signers }: SignerCycle): Promise<ReadonlyMap<number, VerdictChunk>> {
    const contract = this.#contract(`inference-verdicts-${cycle % 2}`);
    const found = new Map<number, VerdictChunk>();
    for (const { slotId, slotVersion } of (await this.#client.stackerdb.slots(contract)) ?? []) {
      const signer = signers[slotId];
      if (slotVersion === 0 || signer === undefined) continue;
      const key = `${contract}/${slotId}`;
      let known = this.#verdicts.get(key);
      if (known?.version !== slotVersion) {
        const chunk = await this.#client.stackerdb.chunk(contract, slotId);
        const isIts = chunk !== null && verifyChunk(chunk, signer.hash);
        const decoded = isIts ? decodeVerdictChunk(chunk.data) : null;
        const said = decoded?.ok ? decoded.value : SILENCE;
        known = { version: chunk?.slotVersion ?? slotVersion, said };
        this.#verdicts.set(key, known);
      }
      found.set(slotId, known.said);
    }
    return found;
  }

  async nonce(address: string): Promise<AccountNonce> {
    const { nonce } = await this.#client.chain.account(address);
    return { confirmed: nonce, next: await this.#client.chain.nextNonce(address) };
  }

  async broadcast(bytes: Uint8Array): Promise<string | null> {
    const sent = await this.#client.chain.broadcast(bytes);
    return sent.ok ? null : sent.error.reason;
  }

  #contract(name: string): string {
    return `${this.#options.bootAddress}.${name}`;
  }

  async #read(
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<ClarityValue> {
    const contractId = this.#contract(contract);
    const answer = await this.#client.chain.callReadOnly({ contractId, functionName, args });
    if (!answer.ok) throw new Error(`${contractId} ${functionName}: ${answer.error.message}`);
    return answer.value;
  }
}

function assignedOf(info: InferenceRequestInfo, us: string): AssignedRequest {
  const fallback = info.executor === us ? -1 : info.fallbacks.findIndex(({ host }) => host === us);
  const rank = fallback + 1;
  const user = parsePrincipal(info.user);
  if (!user.ok) throw new TypeError("the node's user is no principal");
  const { id, model, promptHash, params, maxFeeMicro, expiresAt, privacy, clientNonce } = info;
  return {
    executor: rank === 0 ? info.executor : us,
    hostKey: info.fallbacks[fallback]?.hostKey ?? info.hostKey,
    rank,
    isAnswered: info.isAnswered,
    turnAtSecs: info.openedTimeSecs + rank * info.fallbackWindowSecs,
    beaconBurnHash: info.beacon,
    promptBlob: info.prompt,
    status: info.status,
    request: {
      id,
      user: user.value,
      model,
      promptHash,
      params,
      maxFeeMicro,
      expiresAt,
      privacy,
      clientNonce,
    },
  };
}

function field(value: ClarityValue, name: string): ClarityValue {
  const found = value.type === 'tuple' ? value.entries.get(name) : undefined;
  if (found === undefined) throw new TypeError(`the contract's answer has no ${name}`);
  return found;
}

function uint(value: ClarityValue): bigint {
  if (value.type !== 'uint') throw new TypeError(`expected a uint, found ${value.type}`);
  return value.value;
}
