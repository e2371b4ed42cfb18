/**
 * `assay refund`: takes the escrow of an unanswered request back after its deadline. Hosts do that for
 * requests of theirs; when a host is gone, anybody may, and the money goes to the user in any case.
 */
import { Cv } from '@assay/clarity-value';
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

/** About the size of the call at the rate nodes ask, with room to spare. */
const SIZE_BYTES = 400n;

/** @returns the transaction id @throws UserError when there is nothing to take back, or not yet */
export async function refund(node: NodeApi, requestTxid: string, key: SigningKey): Promise<string> {
  const { request, status, error } = await inferResult(node, requestTxid);
  if (request == null || request.status !== 'open') {
    const why = request == null ? (error ?? status) : `it is ${request.status}`;
    throw new UserError(
      'cli/nothing-to-refund',
      `The request holds no money in escrow: ${why}.`,
      `See what became of it with: assay result ${requestTxid}`,
    );
  }
  const info = await node.info();
  if (info.burn_block_height <= request.expires_at) {
    const left = request.expires_at - info.burn_block_height + 1;
    throw new UserError(
      'cli/not-expired',
      `The host still has time: the deadline is Bitcoin block ${request.expires_at}, now it is ${info.burn_block_height}.`,
      `Try again in ${left} Bitcoin ${left === 1 ? 'block' : 'blocks'}.`,
    );
  }
  const publicKey = publicKeyOf(key);
  const built = must(
    buildContractCall({
      network: DEVNET_IDS,
      origin: { publicKey },
      nonce: await node.nextNonce(addressOfPublicKey(publicKey, DEVNET_IDS)),
      feeMicro: (await node.feeRate()) * SIZE_BYTES,
      contract: `${bootAddressOf(info.network_id)}.inference`,
      functionName: 'expire',
      args: [Cv.uint(request.id)],
      // The escrow pays; nothing of the caller's moves but the fee.
      postConditionMode: 'allow',
    }),
  );
  return node.broadcast(encodeTransaction(must(signTransaction(built, key))));
}
