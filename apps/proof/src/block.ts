/**
 * A transaction in a block, checked from bytes: the block is the one named, the transaction is in it
 * and is signed, the miner of the tenure signed the block, and signers of 70 % of weight did.
 * What is not checked here: that the block's transactions give its state root (that takes a node).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { formatAddress } from '@assay/clarity-value';
import { hash160, recoverPublicKey } from '@assay/crypto';
import { type PoxParams, rewardCycleAt, signerThreshold } from '@assay/params';
import {
  authAccounts,
  blockId,
  decodeBlock,
  type NakamotoBlock,
  recoverMinerKey,
  signerSignatureHash,
  type Transaction,
  transactionId,
  transactionsRoot,
  verifyTransaction,
} from '@assay/wire';
import type { Checks } from './checks.ts';
import type { PlaceJson } from './infer-result.ts';
import type { NodeSource } from './node-source.ts';
import type { SignerSets } from './signer-sets.ts';
import {
  fetchBytes,
  fetchSortition,
  hexBytes,
  type Signer,
  type SortitionClaim,
} from './sources.ts';

export interface PlacedTransaction {
  readonly tx: Transaction;
  readonly txid: Uint8Array;
  /** Address of the account that sent it. */
  readonly sender: string;
  readonly block: NakamotoBlock;
  readonly blockId: Uint8Array;
  readonly sortition: SortitionClaim;
  readonly minerKey: Uint8Array;
}

export interface BlockCheckDeps {
  readonly node: NodeSource;
  readonly checks: Checks;
  readonly pox: PoxParams;
  readonly signerSets: SignerSets;
}

/** @param name what the transaction is: `request` or `settlement` @throws CannotGoOn */
export async function checkPlace(
  deps: BlockCheckDeps,
  name: string,
  claimed: { readonly txid: Uint8Array; readonly place: PlaceJson },
): Promise<PlacedTransaction> {
  const { checks } = deps;
  const { txid, place } = claimed;
  const id = checks.need(`the ${name} names a block`, hexBytes(place.block_id, 32), 'no block id');
  const block = await fetchBlock(deps, name, id);
  const tx = checks.need(
    `the ${name} is in the block`,
    block.transactions.find((each) => bytesEqual(transactionId(each), txid)) ?? null,
    `no transaction with id ${bytesToHex(txid)}`,
  );
  checks.expect(`the ${name} is in the block, with the id asked for`, true, bytesToHex(txid));
  const verified = verifyTransaction(tx);
  const sender = formatAddress(authAccounts(tx).origin);
  const signature = verified.ok ? `signed by ${sender}` : verified.error.message;
  checks.expect(`the ${name}'s signature is its sender's`, verified.ok, signature);
  const root = transactionsRoot(block.transactions);
  checks.expect(
    `the ${name}'s block commits to its ${block.transactions.length} transactions`,
    bytesEqual(root, block.header.txMerkleRoot),
    `Merkle root ${bytesToHex(root)}`,
  );
  const { sortition, minerKey } = await checkMiner(deps, name, block);
  await checkSigners(deps, name, block, sortition);
  return { tx, txid, sender, block, blockId: id, sortition, minerKey };
}

async function fetchBlock(
  { node, checks }: BlockCheckDeps,
  name: string,
  id: Uint8Array,
): Promise<NakamotoBlock> {
  const what = `the ${name}'s block is the one with this id`;
  const bytes = await fetchBytes(node, `/v3/blocks/${bytesToHex(id)}`);
  const decoded = decodeBlock(checks.need(what, bytes, 'the node does not have the block'));
  const block = checks.need(what, decoded.ok ? decoded.value : null, 'its bytes are no block');
  const computed = blockId(block.header);
  if (!bytesEqual(computed, id))
    checks.need(what, null, `its bytes have id ${bytesToHex(computed)}`);
  checks.expect(what, true, `height ${block.header.chainLength}, ${bytesToHex(id)}`);
  return block;
}

async function checkMiner(
  { node, checks }: BlockCheckDeps,
  name: string,
  { header }: NakamotoBlock,
): Promise<{ sortition: SortitionClaim; minerKey: Uint8Array }> {
  const what = `the ${name}'s block is signed by the miner of its tenure`;
  const sortition = checks.need(
    what,
    await fetchSortition(node, header.consensusHash),
    'the node knows no sortition of the tenure',
  );
  const minerKey = checks.need(what, recoverMinerKey(header), 'no key gives the signature');
  const isWinner = bytesEqual(hash160(minerKey), sortition.minerPubkeyHash);
  checks.expect(what, isWinner, `tenure ${bytesToHex(header.consensusHash)}`);
  return { sortition, minerKey };
}

async function checkSigners(
  { checks, pox, signerSets }: BlockCheckDeps,
  name: string,
  { header }: NakamotoBlock,
  sortition: SortitionClaim,
): Promise<void> {
  const what = `the ${name}'s block is signed by 70 % of signer weight`;
  const cycle = rewardCycleAt(pox, sortition.burnHeight) ?? 0;
  const set = checks.need(what, await signerSets.of(cycle), `no signer set of cycle ${cycle}`);
  const hash = signerSignatureHash(header);
  const open = new Map<string, Signer>(set.map((s) => [bytesToHex(s.publicKey), s]));
  let weight = 0n;
  for (const signature of header.signerSignatures) {
    const key = recoverPublicKey(hash, signature);
    const signer = key === null ? undefined : open.get(bytesToHex(key));
    if (key === null || signer === undefined) {
      checks.expect(what, false, 'a signature is of nobody in the signer set, or a second one');
      return;
    }
    open.delete(bytesToHex(key));
    weight += signer.weight;
  }
  const total = set.reduce((sum, signer) => sum + signer.weight, 0n);
  const detail = `weight ${weight} of ${total}, ${header.signerSignatures.length} signatures`;
  checks.expect(what, weight >= signerThreshold(total), detail);
}
