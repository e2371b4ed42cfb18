/**
 * A judge's word in a dispute about a settled answer: another message than the first verdict, so that
 * neither stands for the other. Source: contracts/inference.clar `dispute-digest`.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import type { Signed } from './session.ts';
import { recoverStructured, signStructured } from './signing.ts';
import { VERDICT_CODES } from './verdict.ts';

export interface DisputeVerdict {
  readonly disputeId: bigint;
  /** What the disputer committed to, 32 bytes. */
  readonly evidence: Uint8Array;
  /** Hash of the settled commitment, 32 bytes. */
  readonly commitmentHash: Uint8Array;
  readonly verdict: 'valid' | 'invalid';
}

export function disputeVerdictTuple(verdict: DisputeVerdict): ClarityValue {
  return Cv.tuple({
    dispute: Cv.uint(verdict.disputeId),
    evidence: Cv.buffer(verdict.evidence),
    commitment: Cv.buffer(verdict.commitmentHash),
    verdict: Cv.uint(BigInt(VERDICT_CODES[verdict.verdict])),
  });
}

/** @returns 65 bytes R, S, V */
export function signDisputeVerdict(
  verdict: DisputeVerdict,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  return signStructured(disputeVerdictTuple(verdict), chainId, privateKey);
}

export function verifyDisputeVerdict(
  verdict: DisputeVerdict,
  chainId: number,
  { signature, publicKey }: Signed,
): boolean {
  const key = recoverStructured(disputeVerdictTuple(verdict), chainId, signature);
  return key !== null && bytesEqual(key, publicKey);
}
