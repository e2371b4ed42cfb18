/**
 * A node's RPC as the commands use it: every failure becomes one sentence and a next step.
 * (Services use the typed client over `world`; commands run once, on the real network.)
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { type ClarityValue, decodeClarityValue, encodeClarityValue } from '@assay/clarity-value';
import type { NodeSource } from '@assay/proof';
import { type Rejection, rejectionError } from './rejection.ts';
import { UserError } from './user-error.ts';

export const DEFAULT_NODE_URL = 'http://127.0.0.1:20443';
const TIMEOUT_MS = 20_000;

export interface NodeInfo {
  readonly burn_block_height: number;
  readonly stacks_tip_height: number;
  readonly stacks_tip: string;
  readonly network_id: number;
  readonly server_version: string;
  readonly tenure_height?: number;
}

export interface Account {
  readonly balanceMicro: bigint;
  readonly lockedMicro: bigint;
  readonly unlockHeight: number;
  readonly nonce: bigint;
}

/** Undefined when the body is not JSON. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

export class NodeApi implements NodeSource {
  readonly url: string;

  /** @throws UserError cli/bad-url */
  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
    if (/^https?:\/\/[^/\s]+/.test(url) && URL.canParse(url)) return;
    throw new UserError(
      'cli/bad-url',
      `${url} is not the address of a node.`,
      `Write it like ${DEFAULT_NODE_URL}.`,
    );
  }

  async request(path: string, init?: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        ...init,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new UserError(
        'cli/node-unreachable',
        `No node answers at ${this.url}.`,
        'Start one with `npm start`, or give the address of another with -I http://host:port.',
      );
    }
  }

  at(url: string): NodeApi {
    return new NodeApi(url);
  }

  /** The JSON of a 2xx answer, null for 404. */
  async getJson<T>(path: string): Promise<T | null> {
    const response = await this.request(path);
    if (response.status === 404) return null;
    if (!response.ok) throw await this.#unexpected(path, response);
    const value = await jsonOf(response);
    if (value !== undefined) return value as T;
    throw new UserError(
      'cli/node-error',
      `The node answered ${path} with something that is not JSON.`,
      'Check that the address is that of a node.',
    );
  }

  async #unexpected(path: string, response: Response): Promise<UserError> {
    const text = (await response.text()).slice(0, 300);
    return new UserError(
      'cli/node-error',
      `The node answered ${path} with ${response.status}: ${text}`,
      'Look at the log of the node.',
    );
  }

  async info(): Promise<NodeInfo> {
    const info = await this.getJson<NodeInfo>('/v2/info');
    if (info !== null) return info;
    throw new UserError(
      'cli/not-a-node',
      `${this.url} is not a Stacks node.`,
      'Give the address of a node with -I http://host:port.',
    );
  }

  async account(address: string): Promise<Account> {
    const json = await this.getJson<{
      balance: string;
      locked: string;
      unlock_height: number;
      nonce: number;
    }>(`/v2/accounts/${address}?proof=0`);
    if (json === null)
      throw new UserError(
        'cli/bad-address',
        `${address} is not an address.`,
        'Check it for typing errors.',
      );
    return {
      balanceMicro: BigInt(json.balance),
      lockedMicro: BigInt(json.locked),
      unlockHeight: json.unlock_height,
      nonce: BigInt(json.nonce),
    };
  }

  /** The next nonce, counting what waits in the mempool; a gap there is filled first. */
  async nextNonce(address: string): Promise<bigint> {
    const nonces = await this.getJson<{
      possible_next_nonce: number;
      detected_missing_nonces?: readonly number[];
    }>(`/extended/v1/address/${address}/nonces`);
    if (nonces === null) return (await this.account(address)).nonce;
    const missing = nonces.detected_missing_nonces ?? [];
    return BigInt(Math.min(nonces.possible_next_nonce, ...missing));
  }

  /** Micro-STX per byte. */
  async feeRate(): Promise<bigint> {
    const response = await this.request('/v2/fees/transfer');
    return response.ok ? BigInt((await response.text()).trim()) : 1n;
  }

  /** @returns the transaction id without prefix */
  async broadcast(transaction: Uint8Array): Promise<string> {
    const response = await this.request('/v2/transactions', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(transaction),
    });
    if (response.ok) return ((await response.json()) as string).replace(/^0x/, '');
    throw rejectionError(((await jsonOf(response)) ?? {}) as Rejection);
  }

  async callReadOnly(
    contractId: string,
    functionName: string,
    args: readonly ClarityValue[],
    sender = contractId.split('.')[0]!,
  ): Promise<ClarityValue> {
    const [address, name] = contractId.split('.');
    const response = await this.request(
      `/v2/contracts/call-read/${address}/${name}/${functionName}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          sender,
          arguments: args.map((arg) => `0x${bytesToHex(encodeClarityValue(arg))}`),
        }),
      },
    );
    if (!response.ok)
      throw await this.#unexpected(`/v2/contracts/call-read/${contractId}`, response);
    const json = (await response.json()) as { okay: boolean; result?: string; cause?: string };
    const value = json.okay ? decodeClarityValue(bytesFromHex(json.result!)) : null;
    if (value?.ok) return value.value;
    throw new UserError(
      'cli/call-failed',
      `${contractId} ${functionName} failed: ${json.cause ?? 'the answer is not a Clarity value'}`,
      'Check the contract, the function and its arguments.',
    );
  }
}
