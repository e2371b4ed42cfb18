/**
 * Collects the verdicts of signers about one commitment into the certificate that `.inference` wants:
 * at least 70 % of the weight of the newest cycle, each signature checked here before it costs a fee.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import {
  commitmentHash,
  commitmentTuple,
  type Receipt,
  recoverStructured,
  type VerdictEntry,
  verdictTuple,
} from '@assay/jobs';
import type { SignerCycle } from './chain-port.ts';
import { LIMITS } from './limits.ts';

export interface Certificate {
  readonly verdict: 'valid' | 'invalid';
  /** Ascending by index. */
  readonly verdicts: readonly { readonly index: number; readonly signature: Uint8Array }[];
  readonly weight: bigint;
}

interface Voice {
  readonly index: number;
  readonly signature: Uint8Array;
  readonly weight: bigint;
}

/** Null while neither verdict has the weight. */
export function collectCertificate(
  receipt: Receipt,
  cycle: SignerCycle,
  published: ReadonlyMap<number, readonly VerdictEntry[]>,
  chainId: number,
): Certificate | null {
  const hash = commitmentHash(receipt.commitment);
  for (const verdict of ['valid', 'invalid'] as const) {
    const tuple = verdictTuple({ commitmentHash: hash, requestId: receipt.requestId, verdict });
    const voices: Voice[] = [];
    cycle.signers.forEach(({ hash: signer, weight }, index) => {
      const entry = published
        .get(index)
        ?.find((one) => one.verdict === verdict && bytesEqual(one.commitmentHash, hash));
      if (entry === undefined || entry.verdict === 'abstain') return;
      const key = recoverStructured(tuple, chainId, entry.signature);
      if (key === null || !bytesEqual(hash160(key), signer)) return;
      voices.push({ index, signature: entry.signature, weight });
    });
    const certificate = enough(voices, cycle.totalWeight);
    if (certificate !== null) return { verdict, ...certificate };
  }
  return null;
}

/** The heaviest voices until they suffice, at most as many as the contract takes. */
function enough(voices: readonly Voice[], total: bigint): Omit<Certificate, 'verdict'> | null {
  const heaviest = [...voices]
    .sort((a, b) => (a.weight === b.weight ? a.index - b.index : a.weight > b.weight ? -1 : 1))
    .slice(0, LIMITS.verdictsPerCertificateMax);
  let weight = 0n;
  for (const [count, voice] of heaviest.entries()) {
    weight += voice.weight;
    if (total > 0n && weight * 10n >= total * 7n) {
      const verdicts = heaviest.slice(0, count + 1).sort((a, b) => a.index - b.index);
      return { verdicts, weight };
    }
  }
  return null;
}

/** Arguments of `.inference settle` and `.inference reject`. */
export function certificateArguments(
  receipt: Receipt,
  certificate: Certificate,
): readonly ClarityValue[] {
  const verdicts = certificate.verdicts.map(({ index, signature }) =>
    Cv.tuple({ index: Cv.uint(index), signature: Cv.buffer(signature) }),
  );
  return [
    Cv.uint(receipt.requestId),
    commitmentTuple(receipt.commitment),
    Cv.buffer(receipt.hostSignature),
    Cv.list(verdicts),
  ];
}
