/**
 * Verdicts of this room. A `TransactionRejection` carries Stacks' reason word and data, ready for
 * the body of `POST /v2/transactions`; a `BlockRejection` says why a block is not part of any chain.
 * Source: reference/stacks-clients.md section 3; stacks-core `core/mempool.rs` (facts).
 */

/** Reason words of `POST /v2/transactions` that this room can answer with. */
export type RejectionReason =
  | 'SignatureValidation'
  | 'FeeTooLow'
  | 'BadNonce'
  | 'NotEnoughFunds'
  | 'NoSuchContract'
  | 'NoSuchPublicFunction'
  | 'BadFunctionArgument'
  | 'ContractAlreadyExists'
  | 'BadAddressVersionByte'
  | 'NoCoinbaseViaMempool'
  | 'NoTenureChangeViaMempool'
  | 'TooMuchChaining'
  | 'BadTransactionVersion'
  | 'TransferRecipientCannotEqualSender'
  | 'TransferAmountMustBePositive'
  | 'ServerFailureNoSuchChainTip'
  | 'ServerFailureOther'
  | 'Deserialization';

export interface TransactionRejection {
  readonly code: `chainstate/${string}`;
  readonly message: string;
  readonly reason: RejectionReason;
  /** Body of `reason_data`, or null when Stacks sends none. JSON-ready. */
  readonly reasonData: Readonly<Record<string, unknown>> | null;
}

export interface BlockRejection {
  readonly code: `chainstate/${string}`;
  readonly message: string;
  /** The transaction at fault, when one is. */
  readonly txid?: Uint8Array;
}

/** @param code without the room's name */
export function reject(
  code: string,
  reason: RejectionReason,
  message: string,
  reasonData: TransactionRejection['reasonData'] = null,
): TransactionRejection {
  return { code: `chainstate/${code}`, message, reason, reasonData };
}

/** There are no microblocks, and since stacks-core 4.0 no pool takes proofs about them. */
export function poisonRejection(): TransactionRejection {
  const message = 'PoisonMicroblock transactions not accepted via mempool';
  return reject('poison', 'ServerFailureOther', message, { message });
}

export function blockFault(code: string, message: string, txid?: Uint8Array): BlockRejection {
  return { code: `chainstate/${code}`, message, ...(txid ? { txid } : {}) };
}

export function bodyRejection(code: string, message: string): BlockRejection {
  return { code: `chainstate/body-${code}`, message };
}

/**
 * True when only the list of transactions is at fault, which the block id does not cover: the block
 * of this id may still be right, so nobody may remember the id as invalid.
 */
export function blamesBody({ code }: Pick<BlockRejection, 'code'>): boolean {
  return code.startsWith('chainstate/body-');
}
