/**
 * Receipts as stored: JSON with Clarity values in consensus hex. A transfer that succeeded is one
 * mark, since everything in its receipt follows from the transaction.
 */
import { assert, bytesFromHex, bytesToHex } from '@assay/bytes';
import { type ClarityEvent, type ContractInterface, type Cost, ZERO_COST } from '@assay/clarity';
import {
  type ClarityValue,
  Cv,
  decodeClarityValue,
  encodeClarityValue,
} from '@assay/clarity-value';
import { authAccounts, type Transaction, transactionId } from '@assay/wire';
import { addressText, principalText } from './addresses.ts';
import type { Receipt, TransactionStatus } from './receipt.ts';
import { decodeRecord, encodeRecord } from './tagged-json.ts';

const TRANSFER = 0;

interface StoredReceipt {
  readonly txid: Uint8Array;
  readonly status: TransactionStatus;
  readonly result: string;
  readonly events: readonly Record<string, unknown>[];
  readonly cost: Cost;
  readonly vmError: string | null;
  readonly feeMicro: bigint;
  readonly contractInterface: ContractInterface | null;
}

const OK_TRUE: ClarityValue = Cv.ok(Cv.bool(true));

/** The receipt of a token transfer that was included: those cannot fail. */
export function transferReceipt(tx: Transaction, sender: string): Receipt {
  const { payload, auth } = tx;
  assert(payload.kind === 'token-transfer', 'not a transfer');
  const payer = auth.kind === 'sponsored' ? auth.sponsor : auth.origin;
  return {
    txid: transactionId(tx),
    status: 'success',
    result: OK_TRUE,
    events: [
      {
        type: 'stx_transfer_event',
        sender,
        recipient: principalText(payload.recipient),
        amount: payload.amountMicro,
        memo: payload.memo,
      },
    ],
    cost: ZERO_COST,
    vmError: null,
    feeMicro: payer.feeMicro,
    contractInterface: null,
  };
}

function encodeEvent(event: ClarityEvent): Record<string, unknown> {
  return 'value' in event
    ? { ...event, value: bytesToHex(encodeClarityValue(event.value)) }
    : { ...event };
}

function decodeValue(hex: string): ClarityValue {
  const value = decodeClarityValue(bytesFromHex(hex));
  assert(value.ok, 'stored Clarity value does not decode');
  return value.value;
}

function decodeEvent(stored: Record<string, unknown>): ClarityEvent {
  const event =
    'value' in stored ? { ...stored, value: decodeValue(stored.value as string) } : stored;
  return event as unknown as ClarityEvent;
}

/** A transfer is recognised by having run without cost and moved STX by itself. */
function isPlainTransfer(receipt: Receipt): boolean {
  return (
    receipt.cost === ZERO_COST &&
    receipt.events.length === 1 &&
    receipt.events[0]!.type === 'stx_transfer_event'
  );
}

export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return encodeRecord(
    receipts.map((receipt) =>
      isPlainTransfer(receipt)
        ? TRANSFER
        : {
            ...receipt,
            result: bytesToHex(encodeClarityValue(receipt.result)),
            events: receipt.events.map(encodeEvent),
          },
    ),
  );
}

export function decodeReceipts(bytes: Uint8Array, transactions: readonly Transaction[]): Receipt[] {
  const stored = decodeRecord<readonly (typeof TRANSFER | StoredReceipt)[]>(bytes);
  return stored.map((receipt, i) => {
    if (receipt === TRANSFER) {
      const tx = transactions[i]!;
      const { origin } = authAccounts(tx);
      return transferReceipt(tx, addressText(origin.version, origin.hash));
    }
    return {
      ...receipt,
      result: decodeValue(receipt.result),
      events: receipt.events.map(decodeEvent),
    };
  });
}
