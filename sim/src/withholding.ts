/** Views of the chain for dishonest hosts: what the daemon says does not all reach the network. */
import type { ChainPort } from '@assay/host';
import { decodeReceiptChunk, encodeReceiptChunk } from '@assay/jobs';
import { decodeTransaction, signChunk } from '@assay/wire';
import type { World } from '@assay/world';

/** Publishes receipts and never says where the sketch is. */
export function hidingSketches(chain: ChainPort, operatingKey: Uint8Array): ChainPort {
  return {
    ...chain,
    putReceipts(chunk) {
      const { slotId, slotVersion } = chunk;
      const receipts = decodeReceiptChunk(chunk.data);
      if (!receipts.ok) return chain.putReceipts(chunk);
      const hidden = receipts.value.map((receipt) => ({ ...receipt, sketchHash: null }));
      const data = encodeReceiptChunk(hidden);
      return chain.putReceipts(signChunk({ slotId, slotVersion, data }, operatingKey));
    },
  };
}

/** Says that calls of these functions were accepted, and sends nothing. */
export function withholding(chain: ChainPort, functionNames: readonly string[]): ChainPort {
  return {
    news: (cursor, options) => chain.news(cursor, options),
    openRequests: (after, waitMs) => chain.openRequests(after, waitMs),
    requestsById: (ids) => chain.requestsById(ids),
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

/** The world of a host whose door knows nothing that a judge asks about sessions. */
export function deafToJudges(world: World): World {
  const asked = /^\/(sessions\/claims|prompts|transcripts)\//;
  const serve: World['net']['serve'] = (options, handler) =>
    world.net.serve(options, async (request) =>
      asked.test(request.path)
        ? { status: 404, headers: {}, body: new Uint8Array(0) }
        : handler(request),
    );
  const { clock, random, timers, files } = world;
  return { clock, random, timers, files, net: { ...world.net, serve } };
}
