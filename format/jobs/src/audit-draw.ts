/**
 * What Bitcoin's lots decide, as the contracts compute it: which receipts of a claim are audited, which
 * signers judge it, which hosts are drawn for a request. Every draw takes the first 16 bytes of a hash
 * as a big-endian number; by weight, number k owns the interval from the sum of weights before it to
 * the sum with it.
 * Source: contracts/sessions.clar, signers.clar, hosts.clar; docs/protocol.md.
 */
import { bytesFromUtf8, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';

const MILLION = 1_000_000n;
/** 2^128 / 10^6, rounded down. */
const LOT_UNIT = 340_282_366_920_938_463_463_374_607_431_768n;
const JUDGE_TAG = bytesFromUtf8('judge');
const JUDGES = 3;
const LOTS = 16;
const RANKS = 3;

/** A number as 16 bytes, big-endian. */
function u128(value: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value >> 64n);
  view.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  return bytes;
}

function lotOf(hash: Uint8Array): bigint {
  const view = new DataView(hash.buffer, hash.byteOffset, 16);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

/** Index of the owner of a lot below the sum of `weights`. */
function ownerOf(lot: bigint, weights: readonly bigint[]): number {
  let left = lot;
  return weights.findIndex((weight) => {
    if (left < weight) return true;
    left -= weight;
    return false;
  });
}

const sumOf = (weights: readonly bigint[]): bigint => weights.reduce((sum, one) => sum + one, 0n);

/** Share of receipts that is audited, millionths: 1 / (1 + clean / 8), at least `leastMicro`. */
export function auditRateMicro(clean: bigint, leastMicro: bigint): bigint {
  const rate = (8n * MILLION) / (8n + clean);
  return rate > leastMicro ? rate : leastMicro;
}

export interface AuditDraw {
  /** Sortition hash of the second beacon after the claim's, 32 bytes. */
  readonly lots: Uint8Array;
  /** 32 bytes. */
  readonly claimHash: Uint8Array;
  /** As the chain copied it into the claim, millionths. */
  readonly rateMicro: bigint;
}

/** Whether receipt number `receipt` (from < receipt <= to) is to be audited. */
export function isAudited({ lots, claimHash, rateMicro }: AuditDraw, receipt: bigint): boolean {
  if (rateMicro >= MILLION) return true;
  return lotOf(sha256(concatBytes(lots, claimHash, u128(receipt)))) < rateMicro * LOT_UNIT;
}

/** Numbers of the audited receipts of a claim, ascending. */
export function auditedReceipts(
  draw: AuditDraw,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): bigint[] {
  const audited: bigint[] = [];
  for (let receipt = from + 1n; receipt <= to; receipt++) {
    if (isAudited(draw, receipt)) audited.push(receipt);
  }
  return audited;
}

/** What the judges of a claim are drawn from. */
export function judgeEntropy(lots: Uint8Array, claimHash: Uint8Array): Uint8Array {
  return sha256(concatBytes(lots, claimHash, JUDGE_TAG));
}

/**
 * The judges of a claim: up to three different signers by weight, in the order of the draw. Sixteen
 * lots are looked at; those that hit a signer already drawn or excluded are passed over.
 * @param weights of all signers of the claim's cycle, in their order
 * @param isExcluded true for the indexes of signers that are the host's own
 */
export function drawJudges(
  weights: readonly bigint[],
  entropy: Uint8Array,
  isExcluded: (index: number) => boolean,
): number[] {
  const total = sumOf(weights);
  const drawn: number[] = [];
  for (let i = 0n; total > 0n && i < LOTS && drawn.length < JUDGES; i++) {
    const index = ownerOf(lotOf(sha256(concatBytes(entropy, u128(i)))) % total, weights);
    if (!isExcluded(index) && !drawn.includes(index)) drawn.push(index);
  }
  return drawn;
}

/** What the executors of a request are drawn from. */
export function drawEntropy(sortitionHash: Uint8Array, requestId: bigint): Uint8Array {
  return sha256(concatBytes(sortitionHash, u128(requestId)));
}

/**
 * The executors of a request, rank 0 first: up to three different hosts by weight. Rank 0 by
 * `entropy`, rank 1 by its hash among the others, rank 2 by the hash of that.
 * @param weights in the order of `.hosts get-model-hosts`
 * @returns indexes
 */
export function drawRanked(weights: readonly bigint[], entropy: Uint8Array): number[] {
  const drawn: number[] = [];
  for (let hash = entropy; drawn.length < RANKS; hash = sha256(hash)) {
    const left = weights.map((weight, i) => (drawn.includes(i) ? 0n : weight));
    const total = sumOf(left);
    if (total === 0n) break;
    drawn.push(ownerOf(lotOf(hash) % total, left));
  }
  return drawn;
}

/** What a host weighs in draws: by its capacity, its bond and its record; at least one. */
export function hostWeight(host: {
  readonly capacity: bigint;
  readonly bondMicro: bigint;
  /** Answers and claims judged true since the last fault. */
  readonly clean: bigint;
  readonly bondPerWeightMicro: bigint;
}): bigint {
  const covered = host.bondMicro / host.bondPerWeightMicro;
  const usable = host.capacity < covered ? host.capacity : covered;
  const quarters = [4n, 16n, 64n].filter((step) => host.clean >= step).length + 1;
  const weight = (usable * BigInt(quarters)) / 4n;
  return weight > 1n ? weight : 1n;
}
