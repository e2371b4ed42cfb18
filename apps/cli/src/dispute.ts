/**
 * `assay dispute`: says that a settled answer was false, with a bond. The signers judge it again, with all
 * they have, and bring the outcome to the chain themselves: upheld, the host's bond repays the user and
 * rewards the disputer; dismissed, the disputer's bond goes to the host; lapsed, it comes back.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import {
  addressOfPublicKey,
  buildContractCall,
  DEVNET_IDS,
  publicKeyOf,
  signTransaction,
} from '@assay/wallet';
import { encodeTransaction, type SigningKey } from '@assay/wire';
import { bootAddressOf, inferResult } from './inference.ts';
import type { NodeApi } from './node-api.ts';
import { UserError } from './user-error.ts';
import { must } from './wallet-result.ts';

/** About the size of the call, with room to spare. */
const SIZE_BYTES = 500n;
const POLL_MS = 500;

const OUTCOMES = { 2: 'upheld', 3: 'dismissed', 4: 'lapsed' } as const;

/** `open`: nobody has decided yet. */
export type DisputeOutcome = 'open' | (typeof OUTCOMES)[keyof typeof OUTCOMES];

export interface SentDispute {
  readonly txid: string;
  readonly bondMicro: bigint;
}

/**
 * @param evidence what the disputer has to show; its hash goes on chain
 * @throws UserError when there is nothing to dispute, or no longer
 */
export async function openDispute(
  node: NodeApi,
  requestTxid: string,
  { key, evidence }: { readonly key: SigningKey; readonly evidence: string },
): Promise<SentDispute> {
  const { request, status, error } = await inferResult(node, requestTxid);
  const result = request?.result ?? null;
  if (request == null || request.status !== 'settled' || result === null) {
    const why = request == null ? (error ?? status) : `it is ${request.status}`;
    throw new UserError(
      'cli/nothing-to-dispute',
      `The request has no settled answer: ${why}.`,
      `See what became of it with: assay result ${requestTxid}`,
    );
  }
  const info = await node.info();
  const contract = `${bootAddressOf(info.network_id)}.inference`;
  const parameters = await node.callReadOnly(contract, 'get-parameters', []);
  const parameter = (name: string): bigint => {
    const value = parameters.type === 'tuple' ? parameters.entries.get(name) : undefined;
    return value?.type === 'uint' ? value.value : 0n;
  };
  const lastBlock = BigInt(result.closed_at) + parameter('dispute-window');
  if (BigInt(info.burn_block_height) > lastBlock) {
    throw new UserError(
      'cli/too-late-to-dispute',
      `The answer could be disputed until Bitcoin block ${lastBlock}, now it is ${info.burn_block_height}.`,
      'Dispute sooner; until then `assay verify --rescore` shows whether it is worth it.',
    );
  }
  const paid = BigInt(result.paid);
  const least = parameter('dispute-bond');
  const bondMicro = paid > least ? paid : least;
  const publicKey = publicKeyOf(key);
  const built = must(
    buildContractCall({
      network: DEVNET_IDS,
      origin: { publicKey },
      nonce: await node.nextNonce(addressOfPublicKey(publicKey, DEVNET_IDS)),
      feeMicro: (await node.feeRate()) * SIZE_BYTES,
      contract,
      functionName: 'dispute',
      args: [Cv.uint(request.id), Cv.buffer(sha256(bytesFromUtf8(evidence)))],
      postConditions: [{ kind: 'stx', principal: 'origin', code: 'eq', amount: bondMicro }],
    }),
  );
  const txid = await node.broadcast(encodeTransaction(must(signTransaction(built, key))));
  return { txid, bondMicro };
}

/** Waits until the dispute that a transaction opened is decided, or for `timeoutMs`. */
export async function waitForDispute(
  node: NodeApi,
  txid: string,
  timeoutMs: number,
): Promise<DisputeOutcome> {
  const contract = `${bootAddressOf((await node.info()).network_id)}.inference`;
  const endMs = Date.now() + timeoutMs;
  while (Date.now() < endMs) {
    const id = await disputeOf(node, txid);
    const dispute = id === null ? null : await node.callReadOnly(contract, 'get-dispute', [id]);
    const record = dispute?.type === 'some' ? dispute.value : null;
    const status = record?.type === 'tuple' ? record.entries.get('status') : undefined;
    const code = status?.type === 'uint' ? Number(status.value) : 1;
    if (code in OUTCOMES) return OUTCOMES[code as keyof typeof OUTCOMES];
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return 'open';
}

/** The dispute's id once the transaction is mined. @throws UserError when it opened none */
async function disputeOf(node: NodeApi, txid: string) {
  const tx = await node.getJson<{ tx_status: string; tx_result?: { repr?: string } }>(
    `/extended/v1/tx/0x${txid}`,
  );
  if (tx === null || tx.tx_status === 'pending') return null;
  const repr = tx.tx_result?.repr ?? tx.tx_status;
  const [, id] = /^\(ok u(\d+)\)$/.exec(repr) ?? [];
  if (id !== undefined) return Cv.uint(BigInt(id));
  throw new UserError(
    'cli/dispute-refused',
    `The chain refused the dispute: ${repr}.`,
    'docs/protocol.md lists what the codes mean.',
  );
}
