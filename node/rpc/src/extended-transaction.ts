/**
 * One transaction in the extended API's form: what wallets and stacks.js' tests read of a pending or
 * mined transaction. Source: golden answers vectors/hiro-api 11 and 14.
 */
import { bytesToHex } from '@assay/bytes';
import type { CheckedTransaction, Receipt } from '@assay/chainstate';
import { clarityValueToString, encodeClarityValue, formatPrincipal } from '@assay/clarity-value';
import {
  authAccounts,
  type Transaction,
  type TransactionPayload,
  transactionId,
} from '@assay/wire';
import { extendedEvent } from './extended-event.ts';
import type { Json } from './json.ts';
import type { MinedTransaction } from './mined-transaction.ts';
import type { RpcDeps } from './ports.ts';
import { hex0x } from './state-request.ts';

type JsonObject = Readonly<Record<string, Json | undefined>>;

export function pendingTransaction(
  pending: { readonly checked: CheckedTransaction; readonly receivedMs: number },
  status: string,
): Json {
  const receiptSecs = Math.floor(pending.receivedMs / 1000);
  return {
    ...common(pending.checked.tx),
    tx_status: status,
    replaced_by_tx_id: null,
    receipt_time: receiptSecs,
    receipt_time_iso: iso(receiptSecs),
    ...payloadJson(pending.checked.tx.payload),
  };
}

export function extendedTransaction(deps: Pick<RpcDeps, 'chain'>, mined: MinedTransaction): Json {
  const { header, receipt } = mined;
  const parent = deps.chain.header(header.parentBlockId);
  const blockSecs = header.header.timestampSecs;
  const burnSecs = header.burnView.burnTimestampSecs;
  const parentBurnSecs = parent?.burnView.burnTimestampSecs ?? burnSecs;
  return {
    ...common(mined.tx),
    block_hash: hex0x(header.blockHash),
    block_height: header.height,
    block_time: blockSecs,
    block_time_iso: iso(blockSecs),
    burn_block_time: burnSecs,
    burn_block_height: header.burnView.burnHeight,
    burn_block_time_iso: iso(burnSecs),
    parent_burn_block_time: parentBurnSecs,
    parent_burn_block_time_iso: iso(parentBurnSecs),
    canonical: mined.isCanonical,
    tx_index: mined.index,
    tx_status: receipt.status,
    tx_result: {
      hex: hex0x(encodeClarityValue(receipt.result)),
      repr: clarityValueToString(receipt.result),
    },
    event_count: receipt.events.length,
    parent_block_hash: hex0x(parent?.blockHash ?? new Uint8Array(32)),
    is_unanchored: false,
    microblock_hash: '0x',
    microblock_sequence: 2_147_483_647,
    microblock_canonical: true,
    ...costMembers(receipt),
    vm_error: receipt.vmError,
    events: receipt.events.map((event, index) => extendedEvent(event, index, receipt.txid)),
    ...payloadJson(mined.tx.payload),
  };
}

const iso = (secs: number): string => new Date(secs * 1000).toISOString();

function common(tx: Transaction): JsonObject {
  const accounts = authAccounts(tx);
  const payer = tx.auth.kind === 'sponsored' ? tx.auth.sponsor : tx.auth.origin;
  const textOf = (account: { version: number; hash: Uint8Array }) =>
    formatPrincipal({ ...account, contractName: null });
  return {
    tx_id: hex0x(transactionId(tx)),
    nonce: tx.auth.origin.nonce,
    fee_rate: payer.feeMicro.toString(),
    sender_address: textOf(accounts.origin),
    sponsored: tx.auth.kind === 'sponsored',
    ...(accounts.sponsor === null ? {} : { sponsor_address: textOf(accounts.sponsor) }),
    post_condition_mode: tx.postConditionMode,
    post_conditions: [],
    anchor_mode: tx.anchorMode === 'any' ? 'any' : tx.anchorMode.replaceAll('-', '_'),
  };
}

function costMembers({ cost }: Receipt): JsonObject {
  return {
    execution_cost_read_count: cost.readCount,
    execution_cost_read_length: cost.readLength,
    execution_cost_runtime: cost.runtime,
    execution_cost_write_count: cost.writeCount,
    execution_cost_write_length: cost.writeLength,
  };
}

function payloadJson(payload: TransactionPayload): JsonObject {
  switch (payload.kind) {
    case 'token-transfer':
      return {
        tx_type: 'token_transfer',
        token_transfer: {
          recipient_address: formatPrincipal(payload.recipient),
          amount: payload.amountMicro.toString(),
          memo: hex0x(payload.memo),
        },
      };
    case 'contract-call':
      return {
        tx_type: 'contract_call',
        contract_call: {
          contract_id: contractIdText(payload.contract),
          function_name: payload.functionName,
          function_args: payload.args.map((value) => ({
            hex: hex0x(encodeClarityValue(value)),
            repr: clarityValueToString(value),
          })),
        },
      };
    case 'smart-contract':
    case 'versioned-smart-contract':
      return {
        tx_type: 'smart_contract',
        smart_contract: {
          clarity_version:
            payload.kind === 'versioned-smart-contract' ? payload.clarityVersion : null,
          contract_name: payload.contractName,
          source_code: payload.source,
        },
      };
    case 'tenure-change':
      return {
        tx_type: 'tenure_change',
        tenure_change_payload: {
          tenure_consensus_hash: hex0x(payload.tenureConsensusHash),
          prev_tenure_consensus_hash: hex0x(payload.prevTenureConsensusHash),
          burn_view_consensus_hash: hex0x(payload.burnViewConsensusHash),
          previous_tenure_end: hex0x(payload.previousTenureEnd),
          previous_tenure_blocks: payload.previousTenureBlocks,
          cause: payload.cause.replaceAll('-', '_'),
          pubkey_hash: hex0x(payload.pubkeyHash),
        },
      };
    case 'coinbase':
    case 'coinbase-to-alt':
    case 'nakamoto-coinbase':
      return {
        tx_type: 'coinbase',
        coinbase_payload: {
          data: hex0x(payload.payload),
          alt_recipient: null,
          ...(payload.kind === 'nakamoto-coinbase' ? { vrf_proof: hex0x(payload.vrfProof) } : {}),
        },
      };
    case 'infer':
      return {
        tx_type: 'infer',
        infer: {
          model: bytesToHex(payload.modelId),
          privacy: payload.privacy,
          max_tokens: payload.maxTokens,
          max_fee: payload.maxFeeMicro.toString(),
        },
      };
    default:
      return { tx_type: 'poison_microblock' };
  }
}

function contractIdText(contract: {
  readonly version: number;
  readonly hash: Uint8Array;
  readonly contractName: string;
}): string {
  return formatPrincipal(contract);
}
