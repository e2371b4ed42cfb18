/**
 * Somebody with a key who speaks to the node over HTTP, as a wallet would. Every method is one
 * conversation; the scenario drives virtual time while it goes on (`SimAssay.run`).
 */
import { bytesToHex, type Result } from '@assay/bytes';
import type { ClarityValue } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import type { Prompt } from '@assay/jobs';
import {
  buildContractCall,
  buildContractDeploy,
  buildInfer,
  buildTransfer,
  DEVNET_IDS,
  readSealedAnswer,
  sealForRequest,
  signTransaction,
} from '@assay/wallet';
import { encodeTransaction, type Transaction, transactionId } from '@assay/wire';
import { WorldError } from '@assay/world';
import type { SimWorld } from '@assay/world/sim';
import type { SimKey } from './keys.ts';

/** Of every network with test addresses. */
const BOOT_ADDRESS = 'ST000000000000000000002AMW42H';

export interface Question {
  readonly modelId: Uint8Array;
  readonly prompt: string;
  /** Address of the host that shall answer; default by lot. */
  readonly host?: string;
  readonly maxFeeMicro?: bigint;
  readonly maxTokens?: number;
  readonly deadlineBurnBlocks?: number;
  /** Default public. Hash-only prompts are uploaded, sealed ones sealed to hosts and judges. */
  readonly privacy?: 'public' | 'hash-only' | 'sealed';
  /** Sends this box instead of one that is sealed as it should be. */
  readonly box?: Uint8Array;
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

  async deploy(contractName: string, source: string): Promise<string> {
    const options = { ...(await this.#options(50_000n)), contractName, source };
    return this.#send(must(buildContractDeploy({ ...options, postConditionMode: 'allow' })));
  }

  async ask(question: Question): Promise<string> {
    const { modelId, prompt, host = null, maxFeeMicro = 1_000_000n } = question;
    const { maxTokens = 40, deadlineBurnBlocks = 12 } = question;
    const { privacy = 'public' } = question;
    const plain = { context: '', prompt };
    const blob = privacy === 'sealed' ? (question.box ?? (await this.seal(question, plain))) : null;
    const built = buildInfer({
      ...(await this.#options(2_000n)),
      modelId,
      privacy,
      prompt: blob === null ? plain : { kind: 'inline', blob },
      host,
      maxFeeMicro,
      maxTokens,
      deadlineBurnBlocks,
      clientNonce: this.#world.random.bytes(16),
    });
    const { transaction, promptBlob } = must(built);
    const txid = await this.#send(transaction);
    if (promptBlob !== null) {
      await this.#patiently(() => this.client.inference.putContent(promptBlob));
    }
    return txid;
  }

  seal(question: Question, prompt: Prompt): Promise<Uint8Array> {
    const { modelId, host = null } = question;
    const { chainId } = DEVNET_IDS;
    const { privateKey } = this.key;
    const user = this.address;
    const task = { prompt, modelId, host, user, privateKey, chainId, bootAddress: BOOT_ADDRESS };
    return this.#patiently(() =>
      sealForRequest(this.client, task, (size) => this.#world.random.bytes(size)),
    );
  }

  /** The text of the answer to a sealed request of ours. */
  async readSealed(txid: string): Promise<string | null> {
    const result = await this.#patiently(() => this.client.inference.result(txid));
    const { privateKey } = this.key;
    const own = { privateKey, chainId: DEVNET_IDS.chainId };
    return (await readSealedAnswer(this.client, result, own))?.text ?? null;
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
