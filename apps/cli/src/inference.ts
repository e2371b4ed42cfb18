/**
 * Asking the network: which model, what transaction, and waiting for the verified answer.
 * Used by `assay infer`, `stx infer` and the devnet's first question.
 */
import { randomBytes } from 'node:crypto';
import { bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { createNodeClient } from '@assay/client';
import { DEVNET, MAINNET } from '@assay/params';
import type { InferResult } from '@assay/proof';
import {
  addressOfPublicKey,
  buildInfer,
  DEVNET_IDS,
  publicKeyOf,
  readSealedAnswer,
  SealError,
  sealForRequest,
  signTransaction,
} from '@assay/wallet';
import { encodeTransaction, type SigningKey, transactionIdOfBytes } from '@assay/wire';
import { nodeWorld } from '@assay/world/node';
import type { NodeApi } from './node-api.ts';
import { UserError } from './user-error.ts';
import { must } from './wallet-result.ts';

export interface Question {
  readonly prompt: string;
  readonly context: string;
  readonly key: SigningKey;
  /** Transaction fee; null: estimated. */
  readonly feeMicro: bigint | null;
  /** Null: the account's next. */
  readonly nonce: bigint | null;
  /** Most the answer may cost. */
  readonly maxFeeMicro: bigint;
  readonly maxTokens: number;
  readonly temperatureMicro: number;
  /** Hex of a manifest hash; null: the first registered model. */
  readonly model: string | null;
  /** Encrypts prompt and answer: only hosts, judges and the asker can read them. Default false. */
  readonly sealed?: boolean;
}

export type { InferResult } from '@assay/proof';

export function bootAddressOf(networkId: number): string {
  return networkId === MAINNET.networkId ? MAINNET.bootAddress : DEVNET.bootAddress;
}

/** The model to ask: the one named, or the first in the registry. */
async function chooseModel(node: NodeApi, boot: string, named: string | null): Promise<Uint8Array> {
  if (named !== null) {
    if (/^(0x)?[0-9a-f]{64}$/i.test(named)) return Buffer.from(named.replace(/^0x/, ''), 'hex');
    throw new UserError(
      'cli/unknown-model',
      `${named} is not a model id (64 hex digits).`,
      'List the models with `assay models`.',
    );
  }
  const first = await node.callReadOnly(`${boot}.models`, 'get-model-by-index', [Cv.uint(0n)]);
  if (first.type === 'some' && first.value.type === 'buffer') return first.value.value;
  throw new UserError(
    'cli/no-model',
    'No model is registered on this network yet.',
    'Start a host (`assay host --config host.toml`), which registers its model.',
  );
}

export interface Asked {
  readonly txid: string;
  readonly transaction: Uint8Array;
}

/** Builds and signs; nothing is sent. */
export async function prepareQuestion(
  node: NodeApi,
  question: Question,
): Promise<Asked & { readonly address: string }> {
  if (question.prompt.trim() === '') {
    const next = 'Put a question in quotes, for example "Is the Earth round?".';
    throw new UserError('cli/empty-question', 'The question is empty.', next);
  }
  const info = await node.info();
  const address = addressOfPublicKey(publicKeyOf(question.key), DEVNET_IDS);
  const nonce = question.nonce ?? (await node.nextNonce(address));
  const modelId = await chooseModel(node, bootAddressOf(info.network_id), question.model);
  const prompt = { context: question.context, prompt: question.prompt };
  const box = question.sealed === true ? await sealQuestion(node, question, modelId) : null;
  const clientNonce = randomBytes(16);
  const built = (feeMicro: bigint) =>
    must(
      buildInfer({
        network: DEVNET_IDS,
        origin: { publicKey: publicKeyOf(question.key) },
        nonce,
        feeMicro,
        modelId,
        ...(box === null
          ? { prompt }
          : { privacy: 'sealed', prompt: { kind: 'inline', blob: box } }),
        maxFeeMicro: question.maxFeeMicro,
        maxTokens: question.maxTokens,
        temperatureMicro: question.temperatureMicro,
        clientNonce,
      }),
    ).transaction;
  // The fee is by size, which the fee itself does not change.
  const feeMicro =
    question.feeMicro ?? (await node.feeRate()) * BigInt(encodeTransaction(built(0n)).length);
  const signed = must(signTransaction(built(feeMicro), question.key));
  const transaction = encodeTransaction(signed);
  return { address, transaction, txid: bytesToHex(transactionIdOfBytes(transaction)) };
}

/** @throws UserError when nobody would answer, or too few could judge */
async function sealQuestion(
  node: NodeApi,
  question: Question,
  modelId: Uint8Array,
): Promise<Uint8Array> {
  const { network_id: chainId } = await node.info();
  const { privateKey } = question.key;
  try {
    return await sealForRequest(
      nodeClient(node),
      {
        prompt: { context: question.context, prompt: question.prompt },
        modelId,
        host: null,
        user: addressOfPublicKey(publicKeyOf(question.key), DEVNET_IDS),
        privateKey,
        chainId,
        bootAddress: bootAddressOf(chainId),
      },
      (size) => randomBytes(size),
    );
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new UserError('cli/sealed', `The prompt cannot be sealed: ${error.message}.`, SEAL_HINT);
  }
}

const SEAL_HINT =
  'Ask without --private, or wait until hosts and signers have published seal keys.';

function nodeClient(node: NodeApi) {
  const world = nodeWorld();
  return createNodeClient({ baseUrl: node.url, fetch: world.net.fetch });
}

/** The text of the answer to one's own sealed request. @throws UserError when the key is not its key */
export async function sealedAnswer(node: NodeApi, txid: string, key: SigningKey): Promise<string> {
  const client = nodeClient(node);
  const { network_id: chainId } = await node.info();
  try {
    const result = await client.inference.result(txid);
    const { privateKey } = key;
    const answer = await readSealedAnswer(client, result, { privateKey, chainId });
    return answer?.text ?? '';
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    const hint = 'Give the key that asked, with --key or --account.';
    throw new UserError('cli/sealed', `The answer cannot be opened: ${error.message}.`, hint);
  }
}

/** A transaction id as people paste it: 64 hex digits, with or without 0x. @returns without */
export function parseTxid(text: string): string {
  const digits = text.trim().replace(/^0x/i, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new UserError(
    'cli/bad-txid',
    `${text} is not a transaction id (64 hex digits).`,
    'Copy the id again; `assay infer` and `stx infer` print it.',
  );
}

export async function ask(node: NodeApi, question: Question): Promise<string> {
  const { transaction } = await prepareQuestion(node, question);
  return node.broadcast(transaction);
}

export async function inferResult(node: NodeApi, txid: string): Promise<InferResult> {
  const result = await node.getJson<InferResult>(`/v2/infer_res/${txid}`);
  if (result !== null) return result;
  throw new UserError(
    'cli/unknown-txid',
    `The node knows no transaction ${txid}.`,
    'Check the transaction id.',
  );
}

/** Polls until the answer is final; `onStatus` hears every change. */
export async function waitForAnswer(
  node: NodeApi,
  txid: string,
  timeoutMs: number,
  onStatus: (result: InferResult) => void = () => {},
): Promise<InferResult> {
  const endMs = Date.now() + timeoutMs;
  for (let last = ''; ; ) {
    const result = await inferResult(node, txid);
    if (result.status !== last) onStatus(result);
    last = result.status;
    if (result.status === 'Success' || result.status === 'Failure') return result;
    if (Date.now() > endMs) {
      throw new UserError(
        'cli/no-answer-yet',
        `There is no verified answer after ${Math.round(timeoutMs / 1000)} seconds; the request stands at ${result.status}.`,
        `Ask again later with: assay result ${txid}. After the deadline, assay refund ${txid} brings the money back.`,
      );
    }
    await new Promise((done) => setTimeout(done, 150));
  }
}

export function modelIdText(id: Uint8Array): string {
  return bytesToHex(id);
}
