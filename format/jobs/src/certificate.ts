/**
 * The certificate that closes a request, as `.inference settle` and `reject` take it in their arguments:
 * the host's signed commitment and the verdicts of signers. Once it is mined, everybody can read from
 * the chain what was judged.
 */
import type { ClarityValue } from '@assay/clarity-value';
import { type Commitment, commitmentOfTuple } from './commitment.ts';

export interface SignedIndex {
  /** Of the signer in the set of its cycle. */
  readonly index: number;
  /** 65 bytes R, S, V. */
  readonly signature: Uint8Array;
}

export interface ClosingCertificate {
  readonly requestId: bigint;
  readonly commitment: Commitment;
  /** 65 bytes R, S, V by the host's operating key. */
  readonly hostSignature: Uint8Array;
  readonly verdicts: readonly SignedIndex[];
}

function verdictOf(value: ClarityValue): SignedIndex | null {
  if (value.type !== 'tuple') return null;
  const index = value.entries.get('index');
  const signature = value.entries.get('signature');
  if (index?.type !== 'uint' || signature?.type !== 'buffer') return null;
  return { index: Number(index.value), signature: signature.value };
}

/** @param args of `.inference settle` or `reject`; null when they are none */
export function closingCertificateOf(args: readonly ClarityValue[]): ClosingCertificate | null {
  const [id, tuple, signature, list] = args;
  if (id?.type !== 'uint' || tuple === undefined || signature?.type !== 'buffer') return null;
  if (list?.type !== 'list') return null;
  const commitment = commitmentOfTuple(tuple);
  const verdicts = list.items.flatMap((item) => verdictOf(item) ?? []);
  if (commitment === null || verdicts.length !== list.items.length) return null;
  return { requestId: id.value, commitment, hostSignature: signature.value, verdicts };
}
