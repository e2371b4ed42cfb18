/** Reads the boot contracts through the node; a value of another shape than the contract's is an error. */
import { type ClarityValue, formatPrincipal } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import type { World } from '@assay/world';

export const READ_TIMEOUT_MS = 10_000;

export interface ReaderOptions {
  /** Base URL of the node. */
  readonly url: string;
  /** Address of the boot contracts. */
  readonly bootAddress: string;
}

export class ContractReader {
  readonly client: NodeClient;
  readonly #bootAddress: string;

  constructor(world: World, { url, bootAddress }: ReaderOptions) {
    this.#bootAddress = bootAddress;
    this.client = createNodeClient({
      baseUrl: url,
      fetch: (path, request) => world.net.fetch(path, request),
      timeoutMs: READ_TIMEOUT_MS,
    });
  }

  contract(name: string): string {
    return `${this.#bootAddress}.${name}`;
  }

  async read(
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<ClarityValue> {
    const contractId = this.contract(contract);
    const answer = await this.client.chain.callReadOnly({ contractId, functionName, args });
    if (!answer.ok) throw new Error(`${contractId} ${functionName}: ${answer.error.message}`);
    return answer.value;
  }

  async dataVar(contract: string, name: string): Promise<ClarityValue> {
    const value = await this.client.chain.dataVar(this.contract(contract), name);
    if (value === null) throw new Error(`${contract} has no variable ${name}`);
    return value;
  }
}

export function some(value: ClarityValue): ClarityValue | null {
  return value.type === 'some' ? value.value : null;
}

export function field(value: ClarityValue, name: string): ClarityValue {
  const found = value.type === 'tuple' ? value.entries.get(name) : undefined;
  if (found === undefined) throw new TypeError(`the contract's answer has no ${name}`);
  return found;
}

export function uint(value: ClarityValue): bigint {
  if (value.type !== 'uint') throw new TypeError(`expected a uint, found ${value.type}`);
  return value.value;
}

export function buffer(value: ClarityValue): Uint8Array {
  if (value.type !== 'buffer') throw new TypeError(`expected a buffer, found ${value.type}`);
  return value.value;
}

export function principal(value: ClarityValue): string {
  if (value.type !== 'principal') throw new TypeError(`expected a principal, found ${value.type}`);
  return formatPrincipal(value);
}
