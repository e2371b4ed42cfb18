/**
 * Somebody with a key who speaks to the node over HTTP, as a wallet would. Every method is one
 * conversation; the scenario drives virtual time while it goes on (`SimAssay.run`).
 */
import { bytesToHex, type Result } from '@assay/bytes';
import type { ClarityValue } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import {
  buildContractCall,
  buildInfer,
  buildTransfer,
  DEVNET_IDS,
  signTransaction,
} from '@assay/wallet';
import { encodeTransaction, type Transaction, transactionId } from '@assay/wire';
import { WorldError } from '@assay/world';
import type { SimWorld } from '@assay/world/sim';
import type { SimKey } from './keys.ts';

export interface Question {
  readonly modelId: Uint8Array;
  readonly prompt: string;
  /** Address of the host that shall answer; default by lot. */
  readonly host?: string;
  readonly maxFeeMicro?: bigint;
  readonly maxTokens?: number;
  readonly deadlineBurnBlocks?: number;
}

const ATTEMPTS_MAX = 30;
const RETRY_MS = 1_000;

function must<T>(result: Result<T, { readonly message: string }>): T {
  if (result.ok) return result.value;
  throw new Error(result.error.message);
}

export class SimUser {
  readonly client: NodeClient;
  readonly key: SimKey;
  readonly #world: SimWorld;
  #nextNonce: bigint | null = null;

  constructor(world: SimWorld, nodeUrl: string, key: SimKey) {
    this.key = key;
    this.#world = world;
    this.client = createNodeClient({ baseUrl: nodeUrl, fetch: world.net.fetch, timeoutMs: 5_000 });
  }

  get address(): string {
    return this.key.address;
  }

  /** @returns the transaction id, hex; when this resolves the node has acknowledged it */
  async transfer(recipient: string, amountMicro: bigint, feeMicro = 500n): Promise<string> {
    const options = { ...(await this.#options(feeMicro)), recipient, amountMicro };
    return this.#send(must(buildTransfer(options)));
  }

  async call(
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<string> {
    const options = { ...(await this.#options(5_000n)), contract, functionName, args };
    return this.#send(must(buildContractCall({ ...options, postConditionMode: 'allow' })));
  }

  async ask(question: Question): Promise<string> {
    const { modelId, prompt, host = null, maxFeeMicro = 1_000_000n } = question;
    const { maxTokens = 40, deadlineBurnBlocks = 12 } = question;
    const built = buildInfer({
      ...(await this.#options(2_000n)),
      modelId,
      prompt: { context: '', prompt },
      host,
      maxFeeMicro,
      maxTokens,
      deadlineBurnBlocks,
      clientNonce: this.#world.random.bytes(16),
    });
    return this.#send(must(built).transaction);
  }

  async #options(feeMicro: bigint) {
    this.#nextNonce ??= (
      await this.#patiently(() => this.client.chain.account(this.address))
    ).nonce;
    const nonce = this.#nextNonce;
    this.#nextNonce += 1n;
    return { network: DEVNET_IDS, origin: { publicKey: this.key.publicKey }, nonce, feeMicro };
  }

  async #send(transaction: Transaction): Promise<string> {
    const { privateKey } = this.key;
    const signed = must(signTransaction(transaction, { privateKey, compressed: true }));
    const bytes = encodeTransaction(signed);
    const txid = bytesToHex(transactionId(signed));
    const answer = await this.#patiently(() => this.client.chain.broadcast(bytes));
    if (answer.ok) return answer.value;
    // When the answer to the first attempt was lost, the second may find it mined already.
    const mined = await this.#patiently(() => this.client.chain.transaction(txid));
    if (mined !== null) return txid;
    const { reason, message } = answer.error;
    throw new Error(`transaction refused: ${reason} ${message}`);
  }

  /** Messages get lost and nodes restart; every call here may be repeated. */
  async #patiently<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (cause) {
        if (!(cause instanceof WorldError) || attempt >= ATTEMPTS_MAX) throw cause;
        await this.#world.timers.sleep(RETRY_MS);
      }
    }
  }
}
