/**
 * Finds a mined transaction by id: on the canonical chain first, else on any fork. Used by the
 * transaction, inference and extended routes.
 */
import { bytesEqual } from '@assay/bytes';
import type { Receipt, StoredHeader } from '@assay/chainstate';
import { decodeBlock, encodeTransaction, type NakamotoBlock, type Transaction } from '@assay/wire';
import type { RpcDeps } from './ports.ts';

type Deps = Pick<RpcDeps, 'chain' | 'coordinator'>;

export interface MinedTransaction {
  readonly header: StoredHeader;
  readonly tx: Transaction;
  readonly bytes: Uint8Array;
  readonly receipt: Receipt;
  readonly index: number;
  readonly isCanonical: boolean;
}

export function findTransaction(deps: Deps, txid: Uint8Array): MinedTransaction | null {
  const places = deps.chain.transactionBlocks(txid);
  let orphan: MinedTransaction | null = null;
  for (const { blockId, index } of places) {
    const header = deps.chain.header(blockId);
    if (header === null) continue;
    const isCanonical = isCanonicalBlock(deps, header);
    if (!isCanonical && orphan !== null) continue;
    const tx = readBlock(deps, blockId)?.transactions[index];
    const receipt = deps.chain.receipts(blockId)?.[index];
    if (tx === undefined || receipt === undefined) continue;
    const found = { header, tx, bytes: encodeTransaction(tx), receipt, index, isCanonical };
    if (isCanonical) return found;
    orphan = found;
  }
  return orphan;
}

export function isCanonicalBlock(deps: Deps, header: StoredHeader): boolean {
  const tip = deps.coordinator.tip();
  if (header.height > tip.height) return false;
  const canonical = deps.chain.ancestorAt(tip.blockId, header.height);
  return canonical !== null && bytesEqual(canonical, header.blockId);
}

export function readBlock(deps: Deps, blockId: Uint8Array): NakamotoBlock | null {
  const bytes = deps.chain.blockBytes(blockId);
  if (bytes === null) return null;
  const block = decodeBlock(bytes);
  return block.ok ? block.value : null;
}
