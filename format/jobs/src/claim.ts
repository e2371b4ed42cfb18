/**
 * Claims: what a host asks of `.sessions` for the requests since its last claim, and what judges sign
 * about it. The chain sees one hash for thousands of receipts; a later Bitcoin block draws which of
 * them are audited (`audit-draw.ts`). Tuples and hashes are those of `contracts/sessions.clar`.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { LIMITS } from './limits.ts';
import { commitmentRoot } from './merkle.ts';
import { type SessionPrices, type Signed, sessionPrice } from './session.ts';
import { hashClarityValue, recoverStructured, signStructured } from './signing.ts';

export interface Claim {
  readonly sessionId: bigint;
  /** Receipts from + 1 to `to`, numbered as the session's requests are. */
  readonly from: bigint;
  readonly to: bigint;
  readonly amountMicro: bigint;
  /** `receiptsRoot`, 32 bytes. */
  readonly receiptsRoot: Uint8Array;
}

export function claimTuple(claim: Claim): ClarityValue {
  return Cv.tuple({
    session: Cv.uint(claim.sessionId),
    from: Cv.uint(claim.from),
    to: Cv.uint(claim.to),
    amount: Cv.uint(claim.amountMicro),
    'receipts-root': Cv.buffer(claim.receiptsRoot),
  });
}

/** Names the claim on chain and in verdicts, 32 bytes. */
export function claimHash(claim: Claim): Uint8Array {
  return hashClarityValue(claimTuple(claim));
}

/**
 * Root over the commitment hashes of the receipts of a claim, in the order of their numbers: receipt
 * `i` is leaf `i - from - 1`. Proofs of single receipts: `commitmentProof`.
 */
export function receiptsRoot(commitmentHashes: readonly Uint8Array[]): Uint8Array {
  return commitmentRoot(commitmentHashes);
}

/** A receipt as the amount of a claim is held against it. */
export interface PricedReceipt {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly maxFeeMicro: bigint;
}

/**
 * The most that a claim can account for: each of its receipts without any cached token, and what may
 * have been paid ahead for requests that were under way with them (a voucher is a running total, and is
 * raised while answers stream).
 */
export function claimAmountMaxMicro(
  prices: SessionPrices,
  receipts: Iterable<PricedReceipt>,
): bigint {
  let sum = 0n;
  let dearest = 0n;
  for (const { promptTokens, outputTokens, maxFeeMicro } of receipts) {
    sum += sessionPrice(prices, { promptTokens, cachedTokens: 0, outputTokens });
    if (maxFeeMicro > dearest) dearest = maxFeeMicro;
  }
  return sum + dearest * BigInt(LIMITS.sessionOpenMax);
}

/** The number a judgement of a claim has in Clarity. */
export const CLAIM_VERDICT_CODES = { valid: 1, invalid: 2, withheld: 3 } as const;

export interface ClaimVerdict {
  /** 32 bytes. */
  readonly claimHash: Uint8Array;
  /** `withheld`: the host did not hand out what the draw says. */
  readonly verdict: keyof typeof CLAIM_VERDICT_CODES;
}

export function claimVerdictTuple({ claimHash: claim, verdict }: ClaimVerdict): ClarityValue {
  return Cv.tuple({
    claim: Cv.buffer(claim),
    verdict: Cv.uint(BigInt(CLAIM_VERDICT_CODES[verdict])),
  });
}

/** @param privateKey the key with which the signer signs blocks @returns 65 bytes R, S, V */
export function signClaimVerdict(
  verdict: ClaimVerdict,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  return signStructured(claimVerdictTuple(verdict), chainId, privateKey);
}

export function verifyClaimVerdict(
  verdict: ClaimVerdict,
  chainId: number,
  { signature, publicKey }: Signed,
): boolean {
  const key = recoverStructured(claimVerdictTuple(verdict), chainId, signature);
  return key !== null && bytesEqual(key, publicKey);
}
