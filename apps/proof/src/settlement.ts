/**
 * The certificate that the settlement carries: the host's signed commitment and the signers' signed
 * verdicts. Each signature is recovered anew; the contract's own arithmetic is repeated.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { formatPrincipal } from '@assay/clarity-value';
import {
  type ClosingCertificate,
  closingCertificateOf,
  commitmentHash,
  samplingSeed,
  verifyCommitment,
  verifyVerdict,
} from '@assay/jobs';
import { signerThreshold } from '@assay/params';
import type { Transaction } from '@assay/wire';
import type { Checks } from './checks.ts';
import type { ProvenRequest, ProvenResult } from './record.ts';
import type { Signer } from './sources.ts';
import { formatStx } from './stx.ts';

/** Null when the transaction is not a call of `.inference settle`. */
export function settlementOf(tx: Transaction, contract: string): ClosingCertificate | null {
  const { payload } = tx;
  if (payload.kind !== 'contract-call' || payload.functionName !== 'settle') return null;
  if (formatPrincipal(payload.contract) !== contract) return null;
  return closingCertificateOf(payload.args);
}

/** The commitment is about this request, drawn with the only right seed, signed by the executor. */
export function checkCommitment(
  checks: Checks,
  chainId: number,
  { commitment, hostSignature }: ClosingCertificate,
  record: ProvenRequest,
): void {
  const { request } = record;
  checks.expect(
    'the commitment is about this request and its model',
    bytesEqual(commitment.requestHash, record.requestHash) &&
      bytesEqual(commitment.model, request.model),
    bytesToHex(commitment.model),
  );
  const seed = samplingSeed(record.requestHash, record.hostKey, record.beacon);
  checks.expect(
    'the sampling seed follows from request, host and Bitcoin block',
    bytesEqual(commitment.seed, seed),
    bytesToHex(seed),
  );
  const signed = { signature: hostSignature, publicKey: record.hostKey };
  checks.expect(
    'the executor of the request signed the commitment',
    verifyCommitment(commitment, chainId, signed),
    `${record.executor}, commitment ${bytesToHex(commitmentHash(commitment))}`,
  );
}

/** Signers of 70 % of weight called this very commitment valid. */
export function checkVerdicts(
  checks: Checks,
  chainId: number,
  settlement: ClosingCertificate,
  set: readonly Signer[],
): void {
  const what = 'signers of 70 % of weight signed the verdict: valid';
  const hash = commitmentHash(settlement.commitment);
  const verdict = {
    commitmentHash: hash,
    requestId: settlement.requestId,
    verdict: 'valid',
  } as const;
  const seen = new Set<number>();
  let weight = 0n;
  for (const { index, signature } of settlement.verdicts) {
    const signer = set[index];
    const isRight =
      signer !== undefined &&
      !seen.has(index) &&
      verifyVerdict(verdict, chainId, { signature, publicKey: signer.publicKey });
    if (!isRight) {
      checks.expect(what, false, `the verdict of signer ${index} is not its signature`);
      return;
    }
    seen.add(index);
    weight += signer.weight;
  }
  const total = set.reduce((sum, signer) => sum + signer.weight, 0n);
  const who = [...seen].map((index) => `signer ${index}`).join(', ');
  checks.expect(what, weight >= signerThreshold(total), `${who}; weight ${weight} of ${total}`);
}

/** The price follows from the tokens and the prices at the draw; the chain kept the same figures. */
export function checkPayment(
  checks: Checks,
  { commitment }: ClosingCertificate,
  record: ProvenRequest,
  result: ProvenResult,
): void {
  const hash = commitmentHash(commitment);
  checks.expect(
    'the chain recorded this commitment as valid and the request as settled',
    bytesEqual(result.commitmentHash, hash) && result.verdict === 1n && record.status === 2n,
    `weight ${result.weight} of ${result.totalWeight} in cycle ${result.cycle}`,
  );
  const price =
    BigInt(commitment.promptTokens) * record.inputPriceMicro +
    BigInt(commitment.outputTokens) * record.outputPriceMicro;
  const { maxFeeMicro, params } = record.request;
  const paid = price < maxFeeMicro ? price : maxFeeMicro;
  checks.expect(
    'the host was paid for these tokens at its price, within the limits of the user',
    result.paidMicro === paid && commitment.outputTokens <= params.maxTokens,
    `${commitment.promptTokens} + ${commitment.outputTokens} tokens, ${formatStx(paid)}; ` +
      `${formatStx(maxFeeMicro - paid)} refunded`,
  );
}
