/**
 * Sealed requests from the user's side: who must be able to open the prompt (the hosts that may be
 * drawn, the signers that judge, the user himself), sealing it to them, and reading the answer. A node
 * is believed about none of the keys: hosts' come from the chain, signers' are signed by the signers.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';
import type { InferenceResult, NodeClient } from '@assay/client';
import { sha256 } from '@assay/crypto';
import {
  decodeTranscript,
  decodeVerdictChunk,
  encodePrompt,
  openBody,
  openSealedPrompt,
  type Prompt,
  sealKeyPair,
  sealPrompt,
  sealSecretOf,
  type TranscriptIds,
} from '@assay/jobs';
import { recoverChunkKey } from '@assay/wire';

/** Nobody would answer, or nobody could pay for the answer. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly code: 'wallet/no-sealed-host' | 'wallet/too-few-judges' | 'wallet/sealed-answer';

  constructor(code: SealError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface SealTask {
  readonly prompt: Prompt;
  readonly modelId: Uint8Array;
  /** Principal text of the host that shall answer; null: whoever is drawn. */
  readonly host: string | null;
  /** Principal text of the user. */
  readonly user: string;
  /** The user's account key, 32 bytes: opens the answer later. Secret. */
  readonly privateKey: Uint8Array;
  readonly chainId: number;
  readonly bootAddress: string;
}

/**
 * The box for an Infer transaction with privacy `sealed`.
 * @throws SealError wallet/no-sealed-host, wallet/too-few-judges; RangeError: too many recipients
 */
export async function sealForRequest(
  client: NodeClient,
  task: SealTask,
  random: (size: number) => Uint8Array,
): Promise<Uint8Array> {
  const hosts = await hostKeys(client, task);
  if (hosts.length === 0) {
    const message =
      task.host === null
        ? 'no host of this model takes sealed prompts'
        : `${task.host} takes no sealed prompts`;
    throw new SealError('wallet/no-sealed-host', message);
  }
  const judges = await judgeKeys(client, task.bootAddress);
  const own = sealKeyPair(sealSecretOf(task.privateKey)).publicKey;
  const { chainId, user } = task;
  const blob = encodePrompt(task.prompt);
  const { box } = await sealPrompt(blob, [...hosts, ...judges, own], { chainId, user }, random);
  return box;
}

/** Seal keys of the hosts that may be drawn; zeros stand for a host that takes no sealed prompts. */
async function hostKeys(client: NodeClient, task: SealTask): Promise<Uint8Array[]> {
  const { bootAddress, modelId, host } = task;
  const listed = await read(client, bootAddress, 'get-model-hosts', [Cv.buffer(modelId)]);
  const hosts = listed.type === 'list' ? listed.items : [];
  const keys: Uint8Array[] = [];
  for (const item of hosts) {
    const one = item.type === 'tuple' ? item.entries.get('host') : undefined;
    if (one?.type !== 'principal') continue;
    if (host !== null && formatPrincipal(one) !== host) continue;
    const record = await read(client, bootAddress, 'get-host', [one]);
    const fields = record.type === 'some' && record.value.type === 'tuple' ? record.value : null;
    const key = fields?.entries.get('seal-key');
    if (key?.type === 'buffer' && key.value.some((byte) => byte !== 0)) keys.push(key.value);
  }
  return keys;
}

/** Of signers of 70 % of the weight at least, each key signed by its signer. */
async function judgeKeys(client: NodeClient, bootAddress: string): Promise<Uint8Array[]> {
  const current = await read(client, bootAddress, 'get-current', [], 'signers');
  const cycle = current.type === 'tuple' ? current.entries.get('cycle') : undefined;
  if (cycle?.type !== 'uint') throw new TypeError('the node knows no signers');
  const set = (await client.stackerdb.signerSet(Number(cycle.value))) ?? [];
  const contract = `${bootAddress}.inference-verdicts-${cycle.value % 2n}`;
  const keys: Uint8Array[] = [];
  let weight = 0n;
  for (const [slot, signer] of set.entries()) {
    const chunk = await client.stackerdb.chunk(contract, slot);
    const author = chunk === null ? null : recoverChunkKey(chunk);
    if (author === null || !bytesEqual(author, signer.publicKey)) continue;
    const said = decodeVerdictChunk(chunk!.data);
    if (!said.ok || said.value.sealKey === null) continue;
    keys.push(said.value.sealKey);
    weight += signer.weight;
  }
  const total = set.reduce((sum, signer) => sum + signer.weight, 0n);
  if (total > 0n && weight * 10n >= total * 7n) return keys;
  const message = `only signers of ${weight} of ${total} weight have published a seal key; 70 % must be able to judge`;
  throw new SealError('wallet/too-few-judges', message);
}

async function read(
  client: NodeClient,
  bootAddress: string,
  functionName: string,
  args: readonly ClarityValue[],
  contract = 'hosts',
): Promise<ClarityValue> {
  const contractId = `${bootAddress}.${contract}`;
  const answer = await client.chain.callReadOnly({ contractId, functionName, args });
  if (!answer.ok) throw new TypeError(`${contractId} ${functionName}: ${answer.error.message}`);
  return answer.value;
}

/**
 * The answer to one's own sealed request; null while there is none.
 * @throws SealError wallet/sealed-answer when it cannot be opened with this key
 */
export async function readSealedAnswer(
  client: NodeClient,
  result: InferenceResult,
  own: { readonly privateKey: Uint8Array; readonly chainId: number },
): Promise<TranscriptIds | null> {
  const { request, receipt } = result;
  const name = receipt?.transcript_hash;
  if (request === null || request.prompt === null || typeof name !== 'string') return null;
  const keys = sealKeyPair(sealSecretOf(own.privateKey));
  const context = { chainId: own.chainId, user: request.user };
  const opened = await openSealedPrompt(request.prompt, keys, context);
  if (!opened.ok) throw new SealError('wallet/sealed-answer', opened.error.message);
  const hash = Uint8Array.from(name.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const box = await client.inference.content(hash);
  if (box === null || !bytesEqual(sha256(box), hash)) return null;
  const { contentKey } = opened.value;
  const { requestHash } = request;
  for (const hostKey of [request.hostKey, ...request.fallbacks.map((one) => one.hostKey)]) {
    const bytes = await openBody({ contentKey, requestHash, hostKey }, 'transcript', box);
    const transcript = bytes === null ? null : decodeTranscript(bytes);
    if (transcript?.ok) return transcript.value;
  }
  throw new SealError('wallet/sealed-answer', 'the answer is not sealed as agreed');
}
