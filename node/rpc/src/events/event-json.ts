/**
 * Clarity events as event observers read them: `{txid, event_index, committed, type, <type>: body}`.
 * All numbers are strings; `memo` is hex without 0x, values are hex with 0x.
 * Source: reference/stacks.md 6, stacks-clients.md 1.8; stacks-core `clarity/src/vm/events.rs` (facts).
 */
import { bytesToHex } from '@assay/bytes';
import type { ClarityEvent } from '@assay/clarity';
import { encodeClarityValue } from '@assay/clarity-value';
import type { Json } from '../json.ts';
import { hex0x } from '../state-request.ts';

export function observerEvent(event: ClarityEvent, index: number, txid: Uint8Array): Json {
  return {
    txid: hex0x(txid),
    event_index: index,
    committed: true,
    type: event.type,
    [event.type]: body(event),
  };
}

function body(event: ClarityEvent): Json {
  switch (event.type) {
    case 'stx_transfer_event':
      return {
        sender: event.sender,
        recipient: event.recipient,
        amount: event.amount.toString(),
        memo: bytesToHex(event.memo),
      };
    case 'stx_mint_event':
      return { recipient: event.recipient, amount: event.amount.toString() };
    case 'stx_burn_event':
      return { sender: event.sender, amount: event.amount.toString() };
    case 'stx_lock_event':
      return {
        locked_amount: event.lockedAmount.toString(),
        unlock_height: event.unlockHeight.toString(),
        locked_address: event.lockedAddress,
        contract_identifier: event.contractId,
      };
    case 'ft_transfer_event':
    case 'ft_mint_event':
    case 'ft_burn_event':
      return {
        asset_identifier: event.asset,
        ...parties(event),
        amount: event.amount.toString(),
      };
    case 'nft_transfer_event':
    case 'nft_mint_event':
    case 'nft_burn_event':
      return {
        asset_identifier: event.asset,
        ...parties(event),
        raw_value: hex0x(encodeClarityValue(event.value)),
      };
    case 'contract_event':
      return {
        contract_identifier: event.contractId,
        topic: event.topic,
        raw_value: hex0x(encodeClarityValue(event.value)),
      };
  }
}

function parties(event: { readonly sender?: string; readonly recipient?: string }) {
  return {
    ...(event.sender === undefined ? {} : { sender: event.sender }),
    ...(event.recipient === undefined ? {} : { recipient: event.recipient }),
  };
}
