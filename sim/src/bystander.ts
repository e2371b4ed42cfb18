/**
 * What anybody may do for a user whose host does not: bring the signers' verdicts to the chain, or
 * close a request that nobody answered in time. Uses public routes only.
 */
import { Cv } from '@assay/clarity-value';
import { certificateArguments, collectCertificate, createHttpChain } from '@assay/host';
import { decodeReceiptChunk, type Receipt } from '@assay/jobs';
import { DEVNET_IDS } from '@assay/wallet';
import type { SimWorld } from '@assay/world/sim';
import { NODE_URL } from './places.ts';
import type { SimUser } from './user.ts';

const PAUSE_MS = 250;

export interface Closing {
  readonly action: 'settle' | 'reject';
  /** Of the transaction, hex. */
  readonly txid: string;
}

/** Waits for a certificate about the request and sends what it says, or what `lie` says instead. */
export async function bringVerdicts(
  user: SimUser,
  world: SimWorld,
  bootAddress: string,
  { requestId, lie }: { readonly requestId: bigint; readonly lie?: Closing['action'] },
): Promise<Closing> {
  const chain = createHttpChain(world.net, {
    nodeUrl: NODE_URL,
    bootAddress,
    address: user.address,
  });
  for (;;) {
    for (const receipt of await receiptsOf(user, bootAddress, requestId)) {
      const cycle = await chain.signers();
      const verdicts = await chain.verdicts(cycle);
      const certificate = collectCertificate(receipt, cycle, verdicts, DEVNET_IDS.chainId);
      if (certificate === null) continue;
      const action = lie ?? (certificate.verdict === 'valid' ? 'settle' : 'reject');
      const args = certificateArguments(receipt, certificate);
      return { action, txid: await user.call(`${bootAddress}.inference`, action, args) };
    }
    await world.timers.sleep(PAUSE_MS);
  }
}

/** Receipts that hosts have published for a request. */
async function receiptsOf(
  user: SimUser,
  bootAddress: string,
  requestId: bigint,
): Promise<Receipt[]> {
  const contract = `${bootAddress}.inference-receipts`;
  const { stackerdb } = user.client;
  const found: Receipt[] = [];
  for (const { slotId, slotVersion } of (await stackerdb.slots(contract)) ?? []) {
    if (slotVersion === 0) continue;
    const chunk = await stackerdb.chunk(contract, slotId);
    const receipts = chunk === null ? null : decodeReceiptChunk(chunk.data);
    if (!receipts?.ok) continue;
    found.push(...receipts.value.filter((receipt) => receipt.requestId === requestId));
  }
  return found;
}

export function sendExpire(user: SimUser, bootAddress: string, requestId: bigint): Promise<string> {
  return user.call(`${bootAddress}.inference`, 'expire', [Cv.uint(requestId)]);
}
