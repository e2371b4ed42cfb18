/**
 * Events of a transaction in the extended API's form (grouped by kind of asset).
 * Source: golden answer vectors/hiro-api 11; stacks-blockchain-api schemas (facts).
 */
import type { ClarityEvent } from '@assay/clarity';
import { type ClarityValue, clarityValueToString, encodeClarityValue } from '@assay/clarity-value';
import type { Json } from './json.ts';
import { hex0x } from './state-request.ts';

export function extendedEvent(event: ClarityEvent, index: number, txid: Uint8Array): Json {
  return { event_index: index, ...kindAndBody(event), tx_id: hex0x(txid) };
}

const value = (clarity: ClarityValue): Json => ({
  hex: hex0x(encodeClarityValue(clarity)),
  repr: clarityValueToString(clarity),
});

function kindAndBody(event: ClarityEvent): Readonly<Record<string, Json>> {
  switch (event.type) {
    case 'contract_event':
      return {
        event_type: 'smart_contract_log',
        contract_log: {
          contract_id: event.contractId,
          topic: event.topic,
          value: value(event.value),
        },
      };
    case 'stx_lock_event':
      return {
        event_type: 'stx_lock',
        stx_lock_event: {
          locked_amount: event.lockedAmount.toString(),
          unlock_height: event.unlockHeight,
          locked_address: event.lockedAddress,
          contract_id: event.contractId,
        },
      };
    case 'stx_transfer_event':
    case 'stx_mint_event':
    case 'stx_burn_event':
      return { event_type: 'stx_asset', asset: stxAsset(event) };
    case 'ft_transfer_event':
    case 'ft_mint_event':
    case 'ft_burn_event':
      return {
        event_type: 'fungible_token_asset',
        asset: {
          asset_event_type: kindOf(event.type),
          asset_id: event.asset,
          ...parties(event),
          amount: event.amount.toString(),
        },
      };
    default:
      return {
        event_type: 'non_fungible_token_asset',
        asset: {
          asset_event_type: kindOf(event.type),
          asset_id: event.asset,
          ...parties(event),
          value: value(event.value),
        },
      };
  }
}

/** `transfer`, `mint` or `burn`. */
const kindOf = (type: string): string => type.split('_')[1]!;

function parties(event: { sender?: string; recipient?: string }): Readonly<Record<string, string>> {
  return { sender: event.sender ?? '', recipient: event.recipient ?? '' };
}

type StxEvent = Extract<
  ClarityEvent,
  { type: 'stx_transfer_event' | 'stx_mint_event' | 'stx_burn_event' }
>;

/** A memo always shows 34 bytes, as the API pads it. */
function stxAsset(event: StxEvent): Json {
  const base = {
    asset_event_type: kindOf(event.type),
    ...parties(event),
    amount: event.amount.toString(),
  };
  if (event.type !== 'stx_transfer_event') return base;
  const memo = new Uint8Array(34);
  memo.set(event.memo.subarray(0, 34));
  return { ...base, memo: hex0x(memo) };
}
