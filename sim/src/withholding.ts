/** A host's view of the chain that keeps some of the host's own transactions from being sent. */
import type { ChainPort } from '@assay/host';
import { decodeTransaction } from '@assay/wire';

/** Says that calls of these functions were accepted, and sends nothing. */
export function withholding(chain: ChainPort, functionNames: readonly string[]): ChainPort {
  return {
    burnHeight: () => chain.burnHeight(),
    openRequests: (after, waitMs) => chain.openRequests(after, waitMs),
    request: (id) => chain.request(id),
    content: (hash) => chain.content(hash),
    putContent: (bytes) => chain.putContent(bytes),
    receiptSlot: () => chain.receiptSlot(),
    putReceipts: (chunk) => chain.putReceipts(chunk),
    signers: () => chain.signers(),
    verdicts: (cycle) => chain.verdicts(cycle),
    nonce: (address) => chain.nonce(address),
    async broadcast(bytes) {
      const tx = decodeTransaction(bytes);
      if (!tx.ok || tx.value.payload.kind !== 'contract-call') return chain.broadcast(bytes);
      if (functionNames.includes(tx.value.payload.functionName)) return null;
      return chain.broadcast(bytes);
    },
  };
}
