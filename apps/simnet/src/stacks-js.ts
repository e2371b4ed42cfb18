/**
 * Our values and events in the shapes of @stacks/transactions and of the Simnet API. Values cross
 * as consensus bytes, so whichever version of @stacks/transactions a test uses makes its own.
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import type { ClarityEvent as OurEvent } from '@assay/clarity';
import {
  decodeClarityValue,
  encodeClarityValue,
  type ClarityValue as Ours,
} from '@assay/clarity-value';
import { Cl, type ClarityValue } from '@stacks/transactions';

export interface ClarityEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the reference's type; tests read any field
  readonly data: { raw_value?: string; value?: ClarityValue; [key: string]: any };
}

/** @throws Error the value is not one Clarity could hold */
export function fromStacksJs(value: ClarityValue): Ours {
  // Version 6 answers with bytes, version 7 with hex.
  const serialized: unknown = Cl.serialize(value);
  const bytes =
    serialized instanceof Uint8Array
      ? serialized
      : bytesFromHex(String(serialized).replace(/^0x/, ''));
  const decoded = decodeClarityValue(bytes);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

export function toStacksJs(value: Ours): ClarityValue {
  return Cl.deserialize(encodeClarityValue(value));
}

/** `0x` and the consensus bytes. */
export function rawValue(value: Ours): string {
  return `0x${bytesToHex(encodeClarityValue(value))}`;
}

function valueFields(value: Ours): { raw_value: string; value: ClarityValue } {
  return { raw_value: rawValue(value), value: toStacksJs(value) };
}

export function toSimnetEvent(event: OurEvent): ClarityEvent {
  switch (event.type) {
    case 'contract_event':
      return {
        event: 'print_event',
        data: {
          contract_identifier: event.contractId,
          topic: event.topic,
          ...valueFields(event.value),
        },
      };
    case 'stx_transfer_event':
      return {
        event: event.type,
        data: {
          amount: event.amount.toString(),
          memo: bytesToHex(event.memo),
          recipient: event.recipient,
          sender: event.sender,
        },
      };
    case 'stx_mint_event': {
      const { recipient, amount } = event;
      return { event: event.type, data: { amount: amount.toString(), recipient } };
    }
    case 'stx_burn_event': {
      const { sender, amount } = event;
      return { event: event.type, data: { amount: amount.toString(), sender } };
    }
    case 'stx_lock_event':
      return {
        event: event.type,
        data: {
          contract_identifier: event.contractId,
          locked_address: event.lockedAddress,
          locked_amount: event.lockedAmount.toString(),
          unlock_height: event.unlockHeight.toString(),
        },
      };
    case 'ft_transfer_event':
    case 'ft_mint_event':
    case 'ft_burn_event': {
      const { type, asset, amount, ...parties } = event;
      const data = { amount: amount.toString(), asset_identifier: asset, ...parties };
      return { event: type, data };
    }
    default: {
      const { type, asset, value, ...parties } = event;
      return { event: type, data: { asset_identifier: asset, ...parties, ...valueFields(value) } };
    }
  }
}
