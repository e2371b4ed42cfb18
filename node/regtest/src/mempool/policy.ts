/**
 * What this node relays although more would be valid: standard forms, sizes, dust, fee rates.
 * Same rules and words as bitcoind with default settings.
 * Source: Bitcoin Core policy/policy.cpp (IsStandardTx, GetDustThreshold), validation.cpp.
 */
import {
  type BitcoinOutput,
  isPushOnly,
  type OutputKind,
  recognizeOutput,
  witnessProgram,
} from '@assay/bitcoin';
import { ok, type Result } from '@assay/bytes';
import { type Rejection, reject } from '../chain/check-transaction.ts';
import type { KnownTransaction } from '../chain/known-transaction.ts';
import { LIMITS } from '../limits.ts';

/** Satoshi for `vsize` vbytes at a rate per 1,000 vbytes, rounded up as bitcoind does. */
export function feeAtRate(rateSats: bigint, vsize: number): bigint {
  return (rateSats * BigInt(vsize) + 999n) / 1000n;
}

/** Satoshi per 1,000 vbytes. */
export function rateOfFee(feeSats: bigint, vsize: number): bigint {
  return vsize === 0 ? 0n : (feeSats * 1000n) / BigInt(vsize);
}

export function checkStandard({ tx, weight, bytes }: KnownTransaction): Result<null, Rejection> {
  if (tx.version < 1 || tx.version > 3) return reject('version');
  if (weight > LIMITS.standardWeightMax) return reject('tx-size');
  for (const { scriptSig } of tx.inputs) {
    if (scriptSig.length > LIMITS.scriptSigBytesMax) return reject('scriptsig-size');
    if (!isPushOnly(scriptSig)) return reject('scriptsig-not-pushonly');
  }
  let dataOutputs = 0;
  for (const output of tx.outputs) {
    const kind = recognizeOutput(output.script);
    if (!isStandardOutput(kind, output)) return reject('scriptpubkey');
    if (kind.kind === 'op-return') dataOutputs++;
    else if (output.valueSats < dustSats(output)) return reject('dust');
  }
  if (dataOutputs > 1) return reject('multi-op-return');
  // Weight is three stripped sizes and one full size.
  const strippedBytes = (weight - bytes.length) / 3;
  return strippedBytes < LIMITS.standardBytesMin ? reject('tx-size-small') : ok(null);
}

function isStandardOutput(kind: OutputKind, output: BitcoinOutput): boolean {
  if (kind.kind === 'nonstandard') return false;
  if (kind.kind === 'multisig') return kind.publicKeys.length <= 3;
  return kind.kind !== 'op-return' || output.script.length <= LIMITS.dataScriptBytesMax;
}

/** The least an output must hold to be worth spending at 3 satoshi per vbyte. */
export function dustSats(output: BitcoinOutput): bigint {
  const scriptBytes = output.script.length;
  const outputBytes = 8 + (scriptBytes < 0xfd ? 1 : 3) + scriptBytes;
  const inputBytes = witnessProgram(output.script) === null ? 148 : 67;
  return feeAtRate(LIMITS.dustFeePerKvbSats, outputBytes + inputBytes);
}

/** True when the transaction allows its own replacement (BIP125 rule 1, directly). */
export function signalsReplacement({ tx }: KnownTransaction): boolean {
  return tx.inputs.some((input) => input.sequence <= 0xfffffffd);
}
