/**
 * Transactions of a signer, from the account of its own key: what judges have decided is worth nothing
 * until somebody brings it to the chain, and who was convicted will not do it himself.
 */
import type { ClarityValue } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import { publicKeyFromPrivate } from '@assay/crypto';
import {
  addressOfPublicKey,
  buildContractCall,
  signTransaction,
  type WalletNetwork,
} from '@assay/wallet';
import { encodeTransaction } from '@assay/wire';
import type { World } from '@assay/world';
import { READ_TIMEOUT_MS, type ReaderOptions } from './contract-reader.ts';
import { LIMITS } from './limits.ts';

export interface CallPort {
  /**
   * Sends a call of a boot contract.
   * @returns the node's word for a refusal (`NotEnoughFunds`, …); null when it was taken
   */
  call(
    contract: 'inference' | 'sessions',
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<string | null>;
}

export interface HttpCallsOptions extends ReaderOptions {
  readonly network: WalletNetwork;
  /** Pays fees. 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
}

export function httpCalls(world: World, options: HttpCallsOptions): CallPort {
  return new HttpCalls(world, options);
}

class HttpCalls implements CallPort {
  readonly #client: NodeClient;
  readonly #options: HttpCallsOptions;
  readonly #publicKey: Uint8Array;
  readonly #address: string;

  constructor(world: World, options: HttpCallsOptions) {
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(options.privateKey);
    this.#address = addressOfPublicKey(this.#publicKey, options.network);
    this.#client = createNodeClient({
      baseUrl: options.url,
      fetch: (url, request) => world.net.fetch(url, request),
      timeoutMs: READ_TIMEOUT_MS,
    });
  }

  async call(
    contract: 'inference' | 'sessions',
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<string | null> {
    const nonce = await this.#client.chain.nextNonce(this.#address);
    const build = (feeMicro: bigint) =>
      this.#sign(`${this.#options.bootAddress}.${contract}`, functionName, {
        args,
        nonce,
        feeMicro,
      });
    // A certificate of many signers is large, and the least fee goes by size.
    const size = BigInt(build(LIMITS.callFeeMicroMin).length) * LIMITS.callFeeMicroPerByte;
    const feeMicro = size > LIMITS.callFeeMicroMin ? size : LIMITS.callFeeMicroMin;
    const sent = await this.#client.chain.broadcast(build(feeMicro));
    return sent.ok ? null : sent.error.reason;
  }

  #sign(
    contract: string,
    functionName: string,
    call: {
      readonly args: readonly ClarityValue[];
      readonly nonce: bigint;
      readonly feeMicro: bigint;
    },
  ): Uint8Array {
    const { network, privateKey } = this.#options;
    const built = buildContractCall({
      ...call,
      network,
      origin: { publicKey: this.#publicKey },
      contract,
      functionName,
      // Escrows and bonds move, nothing of ours.
      postConditionMode: 'allow',
    });
    if (!built.ok) throw new Error(built.error.message);
    const signed = signTransaction(built.value, { privateKey, compressed: true });
    if (!signed.ok) throw new Error(signed.error.message);
    return encodeTransaction(signed.value);
  }
}
