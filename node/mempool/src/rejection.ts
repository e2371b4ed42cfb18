/**
 * Why the pool refused or dropped a transaction. Refusals carry Stacks' reason word and data, ready
 * for the body of `POST /v2/transactions`; drops use the words of the event `/drop_mempool_tx`.
 * Source: reference/stacks-clients.md 3, stacks.md 6.
 */

/** The same shape as chainstate's `TransactionRejection`, with the pool's own reasons added. */
export interface MempoolRejection {
  readonly code: string;
  readonly message: string;
  readonly reason: string;
  readonly reasonData: Readonly<Record<string, unknown>> | null;
}

/** Words of `/drop_mempool_tx`. */
export type DropReason =
  | 'ReplaceByFee'
  | 'ReplaceAcrossFork'
  | 'TooExpensive'
  | 'StaleGarbageCollect'
  | 'Problematic';

/** What became of a transaction that is no longer in the pool. */
export type Departure =
  | { readonly kind: 'mined' }
  | {
      readonly kind: 'dropped';
      readonly reason: DropReason;
      /** One sentence for the person who sent it. */
      readonly detail: string;
      /** The transaction that took its nonce, when one did. */
      readonly replacedBy: Uint8Array | null;
    };

export function conflictRejection(): MempoolRejection {
  return {
    code: 'mempool/conflict',
    message: 'another pending transaction uses this nonce and pays at least as much',
    reason: 'ConflictingNonceInMempool',
    reasonData: null,
  };
}

export function chainingRejection(fault: {
  readonly expected: bigint;
  readonly actual: bigint;
  readonly principal: string;
  readonly isOrigin: boolean;
}): MempoolRejection {
  return {
    code: 'mempool/too-much-chaining',
    message: `nonce ${fault.actual} is more than the pool keeps waiting for ${fault.principal}`,
    reason: 'TooMuchChaining',
    reasonData: {
      message: 'Nonce would exceed chaining limit in mempool',
      expected: Number(fault.expected),
      actual: Number(fault.actual),
      principal: fault.principal,
      is_origin: fault.isOrigin,
    },
  };
}

export function fullRejection(): MempoolRejection {
  const message = 'the pool is full and every transaction in it pays more per byte';
  return {
    code: 'mempool/full',
    message,
    reason: 'ServerFailureOther',
    reasonData: { message },
  };
}
