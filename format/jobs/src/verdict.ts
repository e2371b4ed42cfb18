/**
 * The verdict of one signer about one commitment, signed with the key that signs its blocks, so that
 * `.inference` can weigh it. A judge that could not judge signs nothing: `abstain` exists in chunks
 * and logs only, with a reason, and counts for nobody.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { recoverStructured, signStructured } from './signing.ts';

export type Judgement = 'valid' | 'invalid' | 'abstain';

/** The number a verdict has in Clarity: 1 valid, 2 invalid. */
export const VERDICT_CODES = { valid: 1, invalid: 2 } as const;

export interface Verdict {
  /** Hash of the commitment tuple, 32 bytes. */
  readonly commitmentHash: Uint8Array;
  readonly requestId: bigint;
  readonly verdict: 'valid' | 'invalid';
}

export function verdictTuple(verdict: Verdict): ClarityValue {
  return Cv.tuple({
    commitment: Cv.buffer(verdict.commitmentHash),
    'request-id': Cv.uint(verdict.requestId),
    verdict: Cv.uint(BigInt(VERDICT_CODES[verdict.verdict])),
  });
}

/** @returns 65 bytes R, S, V */
export function signVerdict(verdict: Verdict, chainId: number, privateKey: Uint8Array): Uint8Array {
  return signStructured(verdictTuple(verdict), chainId, privateKey);
}

export function verifyVerdict(
  verdict: Verdict,
  chainId: number,
  signed: { readonly signature: Uint8Array; readonly publicKey: Uint8Array },
): boolean {
  const key = recoverStructured(verdictTuple(verdict), chainId, signed.signature);
  return key !== null && bytesEqual(key, signed.publicKey);
}
