/**
 * A client of bitcoind's JSON-RPC, as far as a Stacks node and its miner need it. The embedded
 * regtest answers the same calls. Calls that cannot reach bitcoind, or find it starting or too busy,
 * are repeated; answers with another error object are not.
 * Source: Bitcoin Core RPC documentation (24 and later), rpc/protocol.h (error numbers).
 */
import { type BitcoinBlock, decodeBitcoinBlock } from '@assay/bitcoin';
import { bytesFromHex, bytesFromUtf8, bytesToHex, isHex, utf8FromBytes } from '@assay/bytes';
import type { HttpResponse, World } from '@assay/world';
import { BurnchainError } from './error.ts';
import { LIMITS } from './limits.ts';

export interface BitcoinRpcOptions {
  /** E.g. `http://127.0.0.1:18443`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Name of a bitcoind wallet; calls then go to `/wallet/<name>`, where others work just as well. */
  readonly wallet?: string;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

/** An unspent output of an address. Txid as 32 bytes in display order. */
export interface Coin {
  readonly txid: Uint8Array;
  readonly index: number;
  readonly sats: bigint;
  /** Null when bitcoind does not say. */
  readonly burnHeight: number | null;
}

export interface HeaderInfo {
  /** 32 bytes, display order. */
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array | null;
  readonly burnHeight: number;
}

/** bitcoind's error numbers that mean something to us. */
const RPC_CODES = {
  methodNotFound: -32601,
  /** Among others: a height above the tip; somebody else scans the UTXO set. */
  invalidParameter: -8,
  /** Among others: no such transaction in the mempool. */
  invalidAddressOrKey: -5,
  /** Reading its databases; answers nothing else until then. */
  inWarmup: -28,
} as const;

/** What it needs of the world: to ask, and to wait before it asks again. */
export interface BitcoinRpcWorld {
  readonly net: Pick<World['net'], 'fetch'>;
  readonly timers: World['timers'];
}

/** bitcoind's work queue is full; the body is no JSON then. */
const HTTP_UNAVAILABLE = 503;

export class BitcoinRpc {
  /** Without the wallet's path, for messages. */
  readonly url: string;
  readonly #endpoint: string;
  readonly #world: BitcoinRpcWorld;
  readonly #options: BitcoinRpcOptions;
  #nextId = 1;

  constructor(world: BitcoinRpcWorld, options: BitcoinRpcOptions) {
    this.#world = world;
    this.#options = options;
    const { wallet } = options;
    this.url = options.url.replace(/\/+$/, '');
    // bitcoind takes all that follows `/wallet/` as the name: no slash at the end.
    const path = wallet === undefined ? '/' : `/wallet/${encodeURIComponent(wallet)}`;
    this.#endpoint = `${this.url}${path}`;
  }

  /**
   * One call; the `result` of the answer.
   * @throws BurnchainError burnchain/unreachable, /unauthorized, /rpc-error, /bad-answer
   */
  async call(
    method: string,
    params: readonly unknown[] = [],
    timeoutMs: number = this.#options.timeoutMs ?? LIMITS.rpcTimeoutMs,
  ): Promise<unknown> {
    const id = this.#nextId++;
    const body = bytesFromUtf8(JSON.stringify({ jsonrpc: '1.0', id, method, params }));
    const retries = this.#options.retries ?? LIMITS.rpcRetries;
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#resultOf(method, await this.#post(body, timeoutMs));
      } catch (error) {
        const isTemporary =
          error instanceof BurnchainError && error.code === 'burnchain/unreachable';
        if (!isTemporary || attempt >= retries) throw error;
        const waitMs = Math.min(LIMITS.rpcRetryMs * 2 ** attempt, LIMITS.rpcRetryMsMax);
        await this.#world.timers.sleep(waitMs);
      }
    }
  }

  async #post(body: Uint8Array, timeoutMs: number): Promise<HttpResponse> {
    const { username, password } = this.#options;
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (username !== undefined) {
      headers.authorization = `Basic ${btoa(`${username}:${password ?? ''}`)}`;
    }
    const bodyBytesMax = LIMITS.rpcBodyBytesMax;
    const request = { method: 'POST', headers, body, timeoutMs, bodyBytesMax };
    try {
      return await this.#world.net.fetch(this.#endpoint, request);
    } catch (cause) {
      const text = `no Bitcoin node answers at ${this.url}; is bitcoind running there?`;
      throw new BurnchainError('burnchain/unreachable', text, { cause });
    }
  }

  #resultOf(method: string, response: HttpResponse): unknown {
    if (response.status === 401 || response.status === 403) {
      const text = `the Bitcoin node at ${this.url} refuses the user name or password`;
      throw new BurnchainError('burnchain/unauthorized', text);
    }
    if (response.status === HTTP_UNAVAILABLE) {
      const text = `the Bitcoin node at ${this.url} has too much to do; raise its -rpcworkqueue`;
      throw new BurnchainError('burnchain/unreachable', text);
    }
    const answer = parseJson(response.body);
    if (!isRecord(answer)) {
      const text = `${method}: status ${response.status} without a JSON object`;
      throw new BurnchainError('burnchain/bad-answer', text);
    }
    if (isRecord(answer.error)) {
      const rpcCode = Number(answer.error.code);
      const message = String(answer.error.message);
      if (rpcCode === RPC_CODES.inWarmup) {
        const text = `the Bitcoin node at ${this.url} is starting: ${message}`;
        throw new BurnchainError('burnchain/unreachable', text, { rpcCode });
      }
      throw new BurnchainError('burnchain/rpc-error', `${method}: ${message}`, { rpcCode });
    }
    return answer.result;
  }

  async bestBlockHash(): Promise<Uint8Array> {
    return this.#hash('getbestblockhash', await this.call('getbestblockhash'));
  }

  /** Null when the chain is shorter. */
  async blockHashAt(burnHeight: number): Promise<Uint8Array | null> {
    try {
      return this.#hash('getblockhash', await this.call('getblockhash', [burnHeight]));
    } catch (error) {
      if (error instanceof BurnchainError && error.rpcCode === RPC_CODES.invalidParameter) {
        return null;
      }
      throw error;
    }
  }

  async headerInfo(hash: Uint8Array): Promise<HeaderInfo> {
    const answer = await this.call('getblockheader', [bytesToHex(hash), true]);
    if (!isRecord(answer) || typeof answer.height !== 'number') throw badAnswer('getblockheader');
    const parent = answer.previousblockhash;
    const parentHash = parent === undefined ? null : this.#hash('getblockheader', parent);
    return { hash, parentHash, burnHeight: answer.height };
  }

  async block(hash: Uint8Array): Promise<BitcoinBlock> {
    const answer = await this.call('getblock', [bytesToHex(hash), 0]);
    const block = decodeBitcoinBlock(this.#bytes('getblock', answer));
    if (!block.ok) throw badAnswer('getblock', block.error.message);
    return block.value;
  }

  /** Null when the Bitcoin node does not know the block. */
  rawBlock(hash: Uint8Array): Promise<Uint8Array | null> {
    return this.#known('getblock', [bytesToHex(hash), 0]);
  }

  /** 80 bytes; null when the Bitcoin node does not know the block. */
  rawHeader(hash: Uint8Array): Promise<Uint8Array | null> {
    return this.#known('getblockheader', [bytesToHex(hash), false]);
  }

  async tipHeight(): Promise<number> {
    const height = await this.call('getblockcount');
    if (typeof height !== 'number') throw badAnswer('getblockcount');
    return height;
  }

  async #known(method: string, params: readonly unknown[]): Promise<Uint8Array | null> {
    try {
      return this.#bytes(method, await this.call(method, params));
    } catch (error) {
      const isUnknown =
        error instanceof BurnchainError && error.rpcCode === RPC_CODES.invalidAddressOrKey;
      if (isUnknown) return null;
      throw error;
    }
  }

  /** Txid in display order. */
  async sendTransaction(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#hash(
      'sendrawtransaction',
      await this.call('sendrawtransaction', [bytesToHex(bytes)]),
    );
  }

  async isInMempool(txid: Uint8Array): Promise<boolean> {
    try {
      await this.call('getmempoolentry', [bytesToHex(txid)]);
      return true;
    } catch (error) {
      if (error instanceof BurnchainError && error.rpcCode === RPC_CODES.invalidAddressOrKey) {
        return false;
      }
      throw error;
    }
  }

  /**
   * Confirmed, spendable outputs of an address, richest first: by scanning the UTXO set, or from
   * bitcoind's wallet where it cannot scan.
   */
  async coinsOf(address: string): Promise<Coin[]> {
    let found: Coin[];
    try {
      found = await this.#scan(address);
    } catch (error) {
      if (!(error instanceof BurnchainError) || error.rpcCode !== RPC_CODES.methodNotFound)
        throw error;
      found = await this.#listUnspent(address);
    }
    found.sort((a, b) => (a.sats > b.sats ? -1 : a.sats < b.sats ? 1 : 0));
    return found.slice(0, LIMITS.coinsMax);
  }

  async #scan(address: string): Promise<Coin[]> {
    const params = ['start', [`addr(${address})`]];
    const answer = await this.call('scantxoutset', params, LIMITS.scanTimeoutMs);
    if (!isRecord(answer) || !Array.isArray(answer.unspents)) throw badAnswer('scantxoutset');
    const tip = Number(answer.height);
    return answer.unspents.filter(isRecord).flatMap((entry) => {
      const mature = tip - Number(entry.height) + 1 >= LIMITS.coinbaseMaturity;
      return entry.coinbase === true && !mature ? [] : [this.#coin('scantxoutset', entry)];
    });
  }

  async #listUnspent(address: string): Promise<Coin[]> {
    const answer = await this.call('listunspent', [1, 9_999_999, [address]]);
    if (!Array.isArray(answer)) throw badAnswer('listunspent');
    return answer
      .filter(isRecord)
      .filter((entry) => entry.spendable !== false)
      .map((entry) => this.#coin('listunspent', entry));
  }

  #coin(method: string, entry: Record<string, unknown>): Coin {
    const { vout, amount, height } = entry;
    if (typeof vout !== 'number' || typeof amount !== 'number') throw badAnswer(method);
    return {
      txid: this.#hash(method, entry.txid),
      index: vout,
      sats: BigInt(Math.round(amount * 1e8)),
      burnHeight: typeof height === 'number' ? height : null,
    };
  }

  #bytes(method: string, value: unknown): Uint8Array {
    if (typeof value !== 'string' || !isHex(value)) throw badAnswer(method);
    return bytesFromHex(value);
  }

  #hash(method: string, value: unknown): Uint8Array {
    const bytes = this.#bytes(method, value);
    if (bytes.length !== 32) throw badAnswer(method);
    return bytes;
  }
}

function badAnswer(method: string, detail = 'unexpected answer'): BurnchainError {
  return new BurnchainError('burnchain/bad-answer', `${method}: ${detail}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8FromBytes(bytes) ?? '');
  } catch {
    return null;
  }
}
