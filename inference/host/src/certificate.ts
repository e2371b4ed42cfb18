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
  type VerdictChunk,
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
  published: ReadonlyMap<number, VerdictChunk>,
  chainId: number,
): Certificate | null {
  const hash = commitmentHash(receipt.commitment);
  for (const verdict of ['valid', 'invalid'] as const) {
    const tuple = verdictTuple({ commitmentHash: hash, requestId: receipt.requestId, verdict });
    const voices: Voice[] = [];
    cycle.signers.forEach(({ hash: signer, weight }, index) => {
      const entry = entryAbout(hash, published.get(index));
      if (entry?.verdict !== verdict) return;
      const key = recoverStructured(tuple, chainId, entry.signature);
      if (key === null || !bytesEqual(hash160(key), signer)) return;
      voices.push({ index, signature: entry.signature, weight });
    });
    const certificate = enough(voices, cycle.totalWeight);
    if (certificate !== null) return { verdict, ...certificate };
  }
  return null;
}

function entryAbout(hash: Uint8Array, said: VerdictChunk | undefined): VerdictEntry | undefined {
  return said?.entries.find((one) => bytesEqual(one.commitmentHash, hash));
}

/**
 * Weight of the signers that have said anything about an answer: committed, judged, or abstained. From
 * 70 % on the host opens its sketch, for whoever is missing then would not have been waited for.
 */
export function heardWeight(
  receipt: Receipt,
  cycle: SignerCycle,
  published: ReadonlyMap<number, VerdictChunk>,
): bigint {
  const hash = commitmentHash(receipt.commitment);
  return cycle.signers.reduce(
    (sum, { weight }, index) =>
      entryAbout(hash, published.get(index)) === undefined ? sum : sum + weight,
    0n,
  );
}

/** The heaviest voices until they suffice, at most as many as the contract takes. */
function enough(voices: readonly Voice[], total: bigint): Omit<Certificate, 'verdict'> | null {
  const heaviest = [...voices]
    .sort((a, b) => (a.weight === b.weight ? a.index - b.index : a.weight > b.weight ? -1 : 1))
    .slice(0, LIMITS.verdictsPerCertificateMax);
  let weight = 0n;
  for (const [count, voice] of heaviest.entries()) {
    weight += voice.weight;
    if (isEnough(weight, total)) {
      const verdicts = heaviest.slice(0, count + 1).sort((a, b) => a.index - b.index);
      return { verdicts, weight };
    }
  }
  return null;
}

/** Seven tenths of the weight, as the contract asks. */
export function isEnough(weight: bigint, total: bigint): boolean {
  return total > 0n && weight * 10n >= total * 7n;
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
