/**
 * The node over its RPC, as a signer sees it. Every answer is checked for shape; a node that answers
 * nonsense is treated like one that does not answer.
 * Source: reference/stacks-clients.md 1.6; the inference routes of node/rpc.
 */
import {
  bytesEqual,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  isHex,
  utf8FromBytes,
} from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { sha512_256 } from '@assay/crypto';
import { type InferenceRequest, signCall } from '@assay/jobs';
import { type PoxParams, rewardCycleAt } from '@assay/params';
import { decodeBlock, type StackerDbChunk, signerSignatureHash } from '@assay/wire';
import { type HttpResponse, type World, WorldError } from '@assay/world';
import type {
  Executor,
  JudgedRequest,
  NodePort,
  SignerSlot,
  SortitionView,
  TenureView,
} from './ports.ts';

export interface HttpNodeOptions {
  /** Base URL, e.g. `http://127.0.0.1:20443`. */
  readonly url: string;
  readonly authToken: string;
  readonly chainId: number;
  /** Signs calls for content of hash-only requests, as a signer may. 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
}

type Json = Readonly<Record<string, unknown>>;

type CycleGeometry = Pick<PoxParams, 'firstBurnHeight' | 'rewardCycleLength'>;

/**
 * Patience with one attempt, then with the next: a lost message costs the first, a node that is busy
 * with a large block gets the last. Every call here may be repeated.
 */
const TIMEOUTS_MS = [1_000, 2_000, 4_000, 8_000] as const;
/** Transcripts may come from slow machines. */
const CONTENT_TIMEOUTS_MS = [10_000] as const;
/** The signer set of a cycle never changes once it is known. */
const CYCLES_KEPT = 4;

class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

function hex(value: unknown, size: number): Uint8Array {
  const text = typeof value === 'string' && value.startsWith('0x') ? value.slice(2) : value;
  if (typeof text === 'string' && text.length === size * 2 && isHex(text))
    return bytesFromHex(text);
  throw new BadAnswer(`expected ${size} bytes of hex`);
}

function integer(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new BadAnswer('expected a whole number');
}

function object(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new BadAnswer('expected an object');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BadAnswer('expected a list');
}

function jsonOf(response: HttpResponse): unknown {
  try {
    return JSON.parse(utf8FromBytes(response.body) ?? '');
  } catch {
    throw new BadAnswer('expected JSON');
  }
}

export function httpNode(world: World, options: HttpNodeOptions): NodePort {
  return new HttpNode(world, options);
}

class HttpNode implements NodePort {
  readonly #world: World;
  readonly #options: HttpNodeOptions;
  readonly #sets = new Map<number, readonly SignerSlot[]>();
  #pox: CycleGeometry | null = null;

  constructor(world: World, options: HttpNodeOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** Again after silence, not after a refused connection: that node is down, and we come back. */
  async #fetch(
    url: string,
    options: Parameters<World['net']['fetch']>[1] = {},
    timeoutsMs: readonly number[] = TIMEOUTS_MS,
  ): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt++) {
      try {
        const timeoutMs = timeoutsMs[attempt]!;
        return await this.#world.net.fetch(url, { ...options, timeoutMs });
      } catch (cause) {
        const isSilence = cause instanceof WorldError && cause.code === 'world/timeout';
        if (!isSilence || attempt + 1 >= timeoutsMs.length) throw cause;
      }
    }
  }

  async #get(path: string): Promise<HttpResponse | null> {
    const response = await this.#fetch(`${this.#options.url}${path}`);
    if (response.status === 404) return null;
    if (response.status !== 200) throw new BadAnswer(`${path} answered ${response.status}`);
    return response;
  }

  async #getJson(path: string): Promise<unknown> {
    const response = await this.#get(path);
    return response === null ? null : jsonOf(response);
  }

  #post(
    path: string,
    body: Json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpResponse> {
    return this.#fetch(`${this.#options.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: bytesFromUtf8(JSON.stringify(body)),
    });
  }

  async signerSet(cycle: number): Promise<readonly SignerSlot[] | null> {
    const known = this.#sets.get(cycle);
    if (known !== undefined) return known;
    const path = `/v3/stacker_set/${cycle}`;
    const response = await this.#fetch(`${this.#options.url}${path}`);
    // 400: the set of this cycle is not known yet.
    if (response.status === 400 || response.status === 404) return null;
    const set = object(object(jsonOf(response)).stacker_set);
    const signers = list(set.signers).map((entry) => {
      const { signing_key: key, weight } = object(entry);
      return { publicKey: hex(key, 33), weight: BigInt(integer(weight)) };
    });
    this.#sets.set(cycle, signers);
    if (this.#sets.size > CYCLES_KEPT) this.#sets.delete(this.#sets.keys().next().value!);
    return signers;
  }

  async currentCycle(): Promise<number> {
    return integer(object(await this.#getJson('/v3/tenures/info')).reward_cycle);
  }

  /** The geometry of cycles never changes. */
  async cycleAt(burnHeight: number): Promise<number> {
    this.#pox ??= poxOf(object(await this.#getJson('/v2/pox')));
    return rewardCycleAt(this.#pox, burnHeight) ?? 0;
  }

  async lastElection(): Promise<SortitionView | null> {
    const both = await this.#getJson('/v3/sortitions/latest_and_last');
    if (both === null) return null;
    const won = list(both)
      .map(object)
      .find((entry) => entry.was_sortition === true);
    return won === undefined ? null : sortitionOf(won);
  }

  async ongoingTenure(): Promise<TenureView | null> {
    const info = await this.#getJson('/v3/tenures/info');
    if (info === null) return null;
    const { consensus_hash: tenure, tenure_start_block_id: startBlockId } = object(info);
    const name = bytesToHex(hex(tenure, 20));
    const [sortitions, tip] = await Promise.all([
      this.#getJson(`/v3/sortitions/consensus/${name}`),
      this.#getJson(`/v3/tenures/tip_metadata/${name}`),
    ]);
    if (sortitions === null || tip === null) return null;
    return {
      sortition: sortitionOf(object(list(sortitions)[0])),
      startBlockId: hex(startBlockId, 32),
      burnView: hex(object(tip).burn_view, 20),
    };
  }

  async sortition(consensusHash: Uint8Array): Promise<SortitionView | null> {
    const found = await this.#getJson(`/v3/sortitions/consensus/${bytesToHex(consensusHash)}`);
    const sortition = found === null ? null : sortitionOf(object(list(found)[0]));
    if (sortition === null || !(await this.isCanonicalSortition(sortition))) return null;
    return sortition;
  }

  async isCanonicalSortition(
    sortition: Pick<SortitionView, 'burnHeight' | 'consensusHash'>,
  ): Promise<boolean> {
    const found = await this.#getJson(`/v3/sortitions/burn_height/${sortition.burnHeight}`);
    if (found === null) return false;
    const { consensus_hash: canonical } = object(list(found)[0]);
    return bytesEqual(hex(canonical, 20), sortition.consensusHash);
  }

  async canonicalBlockHash(height: number): Promise<Uint8Array | null> {
    const response = await this.#get(`/v3/blocks/height/${height}`);
    if (response === null) return null;
    const block = decodeBlock(response.body);
    if (!block.ok) throw new BadAnswer('expected a block');
    return signerSignatureHash(block.value.header);
  }

  async tipHeight(): Promise<number> {
    return integer(object(await this.#getJson('/v3/tenures/info')).tip_height);
  }

  async uploadBlock(block: Uint8Array): Promise<boolean> {
    const response = await this.#fetch(`${this.#options.url}/v3/blocks/upload`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: block,
    });
    return response.status === 200 && object(jsonOf(response)).accepted === true;
  }

  async proposeBlock(block: Uint8Array): Promise<void> {
    const { chainId, authToken } = this.#options;
    const body = { block: bytesToHex(block), chain_id: chainId };
    const response = await this.#post('/v3/block_proposal', body, { authorization: authToken });
    if (response.status === 401) {
      throw new BadAnswer('the node refuses our auth_password; it must equal its auth_token');
    }
    if (response.status !== 202) throw new BadAnswer(`block_proposal answered ${response.status}`);
  }

  async #slots(contract: string): Promise<readonly Json[]> {
    const slots = await this.#getJson(`/v2/stackerdb/${contract.replace('.', '/')}`);
    return slots === null ? [] : list(slots).map(object);
  }

  async writtenSlots(contract: string): Promise<readonly number[]> {
    const slots = await this.#slots(contract);
    return slots.filter((s) => integer(s.slot_version) > 0).map((s) => integer(s.slot_id));
  }

  async chunk(contract: string, slot: number): Promise<StackerDbChunk | null> {
    const metadata = (await this.#slots(contract)).find((entry) => entry.slot_id === slot);
    const slotVersion = metadata === undefined ? 0 : integer(metadata.slot_version);
    if (metadata === undefined || slotVersion === 0) return null;
    const path = `/v2/stackerdb/${contract.replace('.', '/')}/${slot}/${slotVersion}`;
    const data = await this.#get(path);
    // Overwritten in between: the next look finds the newer one.
    if (data === null) return null;
    if (!bytesEqual(sha512_256(data.body), hex(metadata.data_hash, 32))) return null;
    return { slotId: slot, slotVersion, signature: hex(metadata.signature, 65), data: data.body };
  }

  async putChunk(
    contract: string,
    chunk: StackerDbChunk,
  ): Promise<{ accepted: boolean; currentVersion: number | null }> {
    const response = await this.#post(`/v2/stackerdb/${contract.replace('.', '/')}/chunks`, {
      slot_id: chunk.slotId,
      slot_version: chunk.slotVersion,
      sig: bytesToHex(chunk.signature),
      data: bytesToHex(chunk.data),
    });
    if (response.status !== 200) throw new BadAnswer(`chunks answered ${response.status}`);
    const answer = object(jsonOf(response));
    if (answer.accepted === true) return { accepted: true, currentVersion: chunk.slotVersion };
    const metadata = answer.metadata == null ? null : object(answer.metadata);
    // Code 0: data of this version is there already; any other refusal cannot be mended by a version.
    const isOld = answer.code === 0 && metadata !== null;
    return { accepted: false, currentVersion: isOld ? integer(metadata.slot_version) : null };
  }

  async inferenceRequest(id: bigint): Promise<JudgedRequest | null> {
    const json = await this.#getJson(`/v2/inference/requests/${id}`);
    return json === null ? null : judgedRequest(object(json));
  }

  async putContent(bytes: Uint8Array): Promise<boolean> {
    const response = await this.#fetch(
      `${this.#options.url}/v2/content`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: bytes,
      },
      CONTENT_TIMEOUTS_MS,
    );
    return response.status === 200;
  }

  async content(hash: Uint8Array, hostEndpoint: string | null): Promise<Uint8Array | null> {
    const name = bytesToHex(hash);
    const stored = await this.#signedGet(this.#options.url, `/v2/content/${name}`);
    if (stored !== null || hostEndpoint === null) return stored;
    try {
      const base = hostEndpoint.replace(/\/+$/, '');
      return await this.#signedGet(base, `/transcripts/${name}`);
    } catch {
      // The host is another party: that it does not answer is no failure of ours.
      return null;
    }
  }

  /** Null when the other side has nothing, or not for us. */
  async #signedGet(base: string, path: string): Promise<Uint8Array | null> {
    const nowSecs = Math.floor(this.#world.clock.nowMs() / 1000);
    const call = { path: new URL(`${base}${path}`).pathname, body: new Uint8Array(0) };
    const headers = signCall(call, nowSecs, this.#options.privateKey);
    const response = await this.#fetch(`${base}${path}`, { headers }, CONTENT_TIMEOUTS_MS);
    if (response.status === 404 || response.status === 403) return null;
    if (response.status !== 200) throw new BadAnswer(`${path} answered ${response.status}`);
    return response.body;
  }
}

function poxOf(json: Json): CycleGeometry {
  return {
    firstBurnHeight: integer(json.first_burnchain_block_height),
    rewardCycleLength: integer(json.reward_cycle_length),
  };
}

function sortitionOf(entry: Json): SortitionView {
  const { miner_pk_hash160: miner, committed_block_hash: parent } = entry;
  return {
    consensusHash: hex(entry.consensus_hash, 20),
    burnHeight: integer(entry.burn_block_height),
    minerPubkeyHash: miner === null ? null : hex(miner, 20),
    parentTenureStart: parent === null ? null : hex(parent, 32),
  };
}

function judgedRequest(json: Json): JudgedRequest {
  const user = parsePrincipal(String(json.user));
  if (!user.ok) throw new BadAnswer('user is not a principal');
  const params = object(json.params);
  const request: InferenceRequest = {
    id: BigInt(integer(json.id)),
    user: user.value,
    model: hex(json.model, 32),
    promptHash: hex(json.prompt_hash, 32),
    params: {
      temperatureMicro: integer(params.temperature),
      topPMicro: integer(params.top_p),
      topK: integer(params.top_k),
      maxTokens: integer(params.max_tokens),
    },
    maxFeeMicro: BigInt(String(json.max_fee)),
    expiresAt: integer(json.expires_at),
    privacy: integer(json.privacy),
    clientNonce: hex(json.client_nonce, 16),
  };
  const { prompt } = json;
  const first = { host: json.executor, host_key: json.host_key, endpoint: json.executor_endpoint };
  const executors = [first, ...list(json.fallbacks).map(object)].map(executorOf);
  return {
    request,
    executors,
    beaconBurnHash: hex(json.beacon, 32),
    prompt: typeof prompt === 'string' && isHex(prompt) ? bytesFromHex(prompt) : null,
  };
}

function executorOf({ host, host_key: key, endpoint }: Json): Executor {
  const principal = parsePrincipal(String(host));
  const isAccount = principal.ok && principal.value.contractName === null;
  return {
    principal: isAccount ? principal.value : null,
    hostKey: hex(key, 33),
    endpoint: typeof endpoint === 'string' && endpoint !== '' ? endpoint : null,
  };
}
