/**
 * Follows the devnet from outside, through its public RPC alone, and tells what is new: Bitcoin
 * blocks, tenures, blocks with their signatures, hosts, requests. Knows no process and no file.
 */
import { bytesToHex } from '@assay/bytes';
import type { RequestJson } from '@assay/proof';
import { blockId, decodeBlock, type NakamotoBlock, type Transaction } from '@assay/wire';
import type { NodeApi } from '../node-api.ts';
import type { BitcoinHeight } from './bitcoin-height.ts';

export interface WatchedBlock {
  readonly height: number;
  readonly id: string;
  readonly signatures: number;
  readonly isTenureStart: boolean;
  readonly consensusHash: string;
  /** Without the miner's own. */
  readonly transactions: readonly Transaction[];
}

export interface WatchListener {
  /** @param height of the chain it found on disk; 0 for a new one */
  nodeUp(height: number): void;
  bitcoin(height: number): void;
  block(block: WatchedBlock): void;
  hosts(count: number, models: number): void;
  request(request: RequestJson): void;
}

/** Blocks told one by one; a longer way is told from its end. */
const CATCH_UP_MAX = 8;

const OWN = new Set(['tenure-change', 'nakamoto-coinbase', 'coinbase', 'coinbase-to-alt']);

interface RequestPage {
  readonly requests: readonly RequestJson[];
  readonly next_after: number;
}

export class Watcher {
  readonly #node: NodeApi;
  readonly #bitcoin: BitcoinHeight;
  readonly #boot: string;
  readonly #listener: WatchListener;
  #isUp = false;
  #bitcoinHeight = -1;
  /** Null before the first look: what was there at the start is no news. */
  #height: number | null = null;
  #hosts = '';
  #afterRequest: number | null = null;
  readonly #open = new Map<number, string>();

  constructor(node: NodeApi, bitcoin: BitcoinHeight, boot: string, listener: WatchListener) {
    this.#node = node;
    this.#bitcoin = bitcoin;
    this.#boot = boot;
    this.#listener = listener;
  }

  /** Height of the newest block seen; 0 before the first tenure. */
  get height(): number {
    return this.#height ?? 0;
  }

  get isNodeUp(): boolean {
    return this.#isUp;
  }

  /** Looks once; whatever does not answer is looked at again next time. */
  async look(): Promise<void> {
    await this.#lookAtBitcoin();
    try {
      await this.#lookAtNode();
    } catch {
      // The node is starting, busy or restarting.
    }
  }

  async #lookAtBitcoin(): Promise<void> {
    const height = await this.#bitcoin.height();
    if (height === null || height === this.#bitcoinHeight) return;
    this.#bitcoinHeight = height;
    this.#listener.bitcoin(height);
  }

  async #lookAtNode(): Promise<void> {
    const info = await this.#node.info();
    const tip = info.stacks_tip_height;
    if (!this.#isUp) this.#listener.nodeUp(tip);
    this.#isUp = true;
    // What was there at the start is no news.
    const seen = this.#height ?? tip;
    this.#height = Math.min(tip, Math.max(seen, tip - CATCH_UP_MAX));
    while (this.#height < tip) {
      const block = await this.#blockAt(this.#height + 1);
      if (block === null) break;
      this.#height += 1;
      this.#listener.block(block);
    }
    if (tip === 0) return;
    await this.#lookAtHosts();
    await this.#lookAtRequests();
  }

  async #blockAt(height: number): Promise<WatchedBlock | null> {
    const response = await this.#node.request(`/v3/blocks/height/${height}`);
    const block = response.ok ? decodeBlock(new Uint8Array(await response.arrayBuffer())) : null;
    return block?.ok ? watched(block.value) : null;
  }

  async #lookAtHosts(): Promise<void> {
    const count = async (contract: string, name: string) => {
      const value = await this.#node.callReadOnly(`${this.#boot}.${contract}`, name, []);
      return value.type === 'uint' ? Number(value.value) : 0;
    };
    const hosts = await count('hosts', 'get-host-count');
    const models = await count('models', 'get-model-count');
    const now = `${hosts} ${models}`;
    if (now === this.#hosts || hosts === 0) return;
    this.#hosts = now;
    this.#listener.hosts(hosts, models);
  }

  async #lookAtRequests(): Promise<void> {
    const base = '/v2/inference/requests?status=any&limit=20&after=';
    if (this.#afterRequest === null) {
      const page = await this.#node.getJson<{ last_request_id: number }>(`${base}0`);
      this.#afterRequest = page?.last_request_id ?? 0;
      return;
    }
    const page = await this.#node.getJson<RequestPage>(`${base}${this.#afterRequest}`);
    for (const request of page?.requests ?? []) this.#tell(request);
    this.#afterRequest = page?.next_after ?? this.#afterRequest;
    for (const id of [...this.#open.keys()]) {
      const request = await this.#node.getJson<RequestJson>(`/v2/inference/requests/${id}`);
      if (request !== null) this.#tell(request);
    }
  }

  #tell(request: RequestJson): void {
    if (this.#open.get(request.id) !== request.status) this.#listener.request(request);
    if (request.status === 'open') this.#open.set(request.id, request.status);
    else this.#open.delete(request.id);
  }
}

function watched({ header, transactions }: NakamotoBlock): WatchedBlock {
  const first = transactions[0]?.payload;
  return {
    height: header.chainLength,
    id: bytesToHex(blockId(header)),
    signatures: header.signerSignatures.length,
    isTenureStart: first?.kind === 'tenure-change' && first.cause === 'block-found',
    consensusHash: bytesToHex(header.consensusHash),
    transactions: transactions.filter(({ payload }) => !OWN.has(payload.kind)),
  };
}
