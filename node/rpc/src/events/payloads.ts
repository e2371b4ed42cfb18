/**
 * Bodies of the POSTs to observers: new blocks, burn blocks, mempool, StackerDB chunks. Shapes are
 * exact: Hiro's API and Clarinet's observer parse them strictly.
 * Source: reference/stacks-clients.md 1.8 (mutation-tested), stacks.md 6.
 */
import { bytesToHex } from '@assay/bytes';
import type { Chainstate, MaturedReward, Receipt, StoredHeader } from '@assay/chainstate';
import { encodeClarityValue } from '@assay/clarity-value';
import type { DropEvent } from '@assay/mempool';
import type { NetworkParams } from '@assay/params';
import type { Snapshot } from '@assay/sortition';
import type { ChunkEvent } from '@assay/stackerdb';
import { decodeBlock, encodeTransaction, type Transaction } from '@assay/wire';
import { bitVecHex, costJson, ZERO_COST } from '../block-json.ts';
import type { Json } from '../json.ts';
import type { BurnPort } from '../ports.ts';
import { hex0x } from '../state-request.ts';
import { observerEvent } from './event-json.ts';
import type { Subscription } from './subscription.ts';

/** Where a block's parts are read from. */
export interface PayloadSource {
  readonly chain: Pick<
    Chainstate,
    'header' | 'blockBytes' | 'receipts' | 'maturedRewards' | 'genesisBlockId'
  >;
  readonly burn: Pick<BurnPort, 'byConsensusHash'>;
  readonly network: NetworkParams;
}

const ZERO32 = new Uint8Array(32);
const NEVER = 0xffff_ffff;

/** Null when the block is not stored. */
export function newBlockPayload(
  source: PayloadSource,
  blockId: Uint8Array,
  wants: Pick<Subscription, 'wantsEvent'>,
): Json | null {
  const header = source.chain.header(blockId);
  const receipts = source.chain.receipts(blockId);
  if (header === null || receipts === null) return null;
  const parent = header.height === 0 ? null : source.chain.header(header.parentBlockId);
  const winner = source.burn.byConsensusHash(header.tenureView.consensusHash)?.winner ?? null;
  const first = source.network.pox.firstBurnHeight;
  return {
    block_hash: hex0x(header.blockHash),
    block_height: header.height,
    block_time: header.header.timestampSecs,
    burn_block_hash: hex0x(header.tenureView.burnHeaderHash),
    burn_block_height: header.tenureView.burnHeight,
    miner_txid: hex0x(winner?.txid ?? ZERO32),
    burn_block_time: header.tenureView.burnTimestampSecs,
    index_block_hash: hex0x(header.blockId),
    parent_block_hash: hex0x(parent?.blockHash ?? ZERO32),
    parent_index_block_hash: hex0x(header.parentBlockId),
    parent_microblock: hex0x(ZERO32),
    parent_microblock_sequence: 0,
    matured_miner_rewards: rewardsJson(source, source.chain.maturedRewards(blockId) ?? []),
    events: eventsJson(receipts, wants),
    transactions: transactionsJson(source, blockId, receipts),
    parent_burn_block_hash: hex0x(parent?.tenureView.burnHeaderHash ?? ZERO32),
    parent_burn_block_height: parent?.tenureView.burnHeight ?? 0,
    parent_burn_block_timestamp: parent?.tenureView.burnTimestampSecs ?? 0,
    anchored_cost: costJson(header.blockCost),
    confirmed_microblocks_cost: costJson(ZERO_COST),
    pox_v1_unlock_height: first,
    pox_v2_unlock_height: first,
    pox_v3_unlock_height: first,
    pox_v4_unlock_height: NEVER,
    signer_bitvec: bitVecHex(header.header.poxTreatment),
    reward_set: null,
    cycle_number: null,
    tenure_height: header.tenureHeight,
    consensus_hash: hex0x(header.header.consensusHash),
    ...signaturesJson(header),
  };
}

function signaturesJson(header: StoredHeader): Readonly<Record<string, Json>> {
  return {
    signer_signature_hash: hex0x(header.blockHash),
    miner_signature: hex0x(header.header.minerSignature),
    signer_signature: header.header.signerSignatures.map(bytesToHex),
  };
}

function rewardsJson(source: PayloadSource, rewards: readonly MaturedReward[]): Json {
  return rewards.map((reward) => {
    const from = source.chain.header(reward.fromBlockId);
    return {
      recipient: reward.recipient,
      miner_address: reward.minerAddress,
      coinbase_amount: reward.coinbaseMicro.toString(),
      tx_fees_anchored: reward.feesMicro.toString(),
      tx_fees_streamed_confirmed: '0',
      tx_fees_streamed_produced: '0',
      from_stacks_block_hash: hex0x(from?.blockHash ?? ZERO32),
      from_index_consensus_hash: hex0x(reward.fromBlockId),
    };
  });
}

/** The index counts all events of the block, wanted or not; aborted transactions have none. */
function eventsJson(receipts: readonly Receipt[], wants: Pick<Subscription, 'wantsEvent'>): Json[] {
  const events: Json[] = [];
  let index = 0;
  for (const receipt of receipts) {
    if (receipt.status === 'abort_by_post_condition') continue;
    for (const event of receipt.events) {
      if (wants.wantsEvent(event)) events.push(observerEvent(event, index, receipt.txid));
      index += 1;
    }
  }
  return events;
}

/** Genesis has receipts and no transactions: its raw transactions read `0x00`. */
function transactionsJson(
  source: PayloadSource,
  blockId: Uint8Array,
  receipts: readonly Receipt[],
): Json[] {
  const bytes = source.chain.blockBytes(blockId);
  const block = bytes === null ? null : decodeBlock(bytes);
  const transactions: readonly Transaction[] = block?.ok ? block.value.transactions : [];
  return receipts.map((receipt, index) => {
    const tx = transactions[index];
    return {
      txid: hex0x(receipt.txid),
      tx_index: index,
      status: receipt.status,
      raw_result: hex0x(encodeClarityValue(receipt.result)),
      raw_tx: tx === undefined ? '0x00' : hex0x(encodeTransaction(tx)),
      contract_interface: receipt.contractInterface as unknown as Json,
      burnchain_op: null,
      execution_cost: costJson(receipt.cost),
      microblock_sequence: null,
      microblock_hash: null,
      microblock_parent_hash: null,
      vm_error: receipt.vmError,
    };
  });
}

/** `reward_recipients` are empty while no reward set pays Bitcoin addresses: everything burns. */
export function newBurnBlockPayload(snapshot: Snapshot): Json {
  return {
    burn_block_hash: hex0x(snapshot.burnHeaderHash),
    burn_block_height: snapshot.burnHeight,
    reward_recipients: [],
    reward_slot_holders: [],
    burn_amount: snapshot.winner?.blockBurnSats ?? 0,
    consensus_hash: hex0x(snapshot.consensusHash),
    parent_burn_block_hash: hex0x(snapshot.parentBurnHeaderHash),
    pox_transactions: [],
  };
}

export function newMempoolPayload(transactions: readonly Uint8Array[]): Json {
  return transactions.map(hex0x);
}

export function dropMempoolPayload(event: DropEvent): Json {
  return {
    dropped_txids: event.txids.map(hex0x),
    reason: event.reason,
    new_txid: event.replacedBy === null ? null : hex0x(event.replacedBy),
  };
}

/** `signature` as documented; `sig` as stacks-core's own client reads it. */
export function stackerDbPayload(event: ChunkEvent): Json {
  return {
    contract_id: event.contractId,
    modified_slots: event.chunks.map((chunk) => ({
      slot_id: chunk.slotId,
      slot_version: chunk.slotVersion,
      signature: bytesToHex(chunk.signature),
      sig: bytesToHex(chunk.signature),
      data: bytesToHex(chunk.data),
    })),
  };
}
