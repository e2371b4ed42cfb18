/**
 * Looks for settlements in a block that contradict our own verdicts. The chain itself demands a
 * certificate; this is the signer's own word on top: it does not sign a block that pays for what it
 * judged false, nor one that punishes what it judged true.
 *
 * | call | says | refused when we said |
 * |---|---|---|
 * | `.inference settle` | valid | invalid |
 * | `.inference reject` | invalid | valid |
 * | `.sessions release` | valid | invalid, withheld |
 * | `.sessions convict` | invalid | valid, withheld |
 * | `.sessions deny` | withheld | valid, invalid |
 * | `.inference uphold` | invalid | valid, in the same dispute |
 * | `.inference dismiss` | valid | invalid, in the same dispute |
 *
 * A call whose certificate does not hold pays nobody: the contract aborts it and keeps the fee, so it may
 * stand in a block (if it could not, anyone could stop the miner with a handful of them).
 */
import { type ClarityValue, formatPrincipal } from '@assay/clarity-value';
import {
  type ClaimVerdict,
  type DisputeVerdict,
  hashClarityValue,
  verifyClaimVerdict,
  verifyDisputeVerdict,
  verifyVerdict,
} from '@assay/jobs';
import { type NakamotoBlock, type Transaction, transactionId } from '@assay/wire';
import type { Refusal } from './check-proposal.ts';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';
import type { SignerSlot } from './ports.ts';

export interface SettlementFacts {
  readonly contracts: Contracts;
  readonly ledger: Ledger;
  /** Whose verdicts count. */
  readonly set: readonly SignerSlot[];
  /** Of the cycle before, who still judge its claims; null: there was none. */
  readonly earlierSet: readonly SignerSlot[] | null;
  readonly chainId: number;
}

/** Arguments of settle and reject: id, commitment, host signature, verdicts. */
const ID_ARGUMENT = 0;
const COMMITMENT_ARGUMENT = 1;
const VERDICTS_ARGUMENT = 3;

function contradiction(tx: Transaction, facts: SettlementFacts): string | null {
  const { payload } = tx;
  if (payload.kind !== 'contract-call') return null;
  const contract = formatPrincipal(payload.contract);
  if (contract === facts.contracts.inference) {
    if (DISPUTE_CALLS.has(payload.functionName)) return disputeContradiction(payload, facts);
    return answerContradiction(payload.functionName, payload.args, facts);
  }
  if (contract !== facts.contracts.sessions) return null;
  return claimContradiction(payload.functionName, payload.args, facts);
}

function answerContradiction(
  functionName: string,
  args: readonly ClarityValue[],
  facts: SettlementFacts,
): string | null {
  if (functionName !== 'settle' && functionName !== 'reject') return null;
  const commitment = args[COMMITMENT_ARGUMENT];
  if (commitment === undefined) return null;
  const commitmentHash = hashClarityValue(commitment);
  const own = facts.ledger.verdict(commitmentHash)?.verdict;
  const said = functionName === 'settle' ? 'valid' : 'invalid';
  const isAgainstUs = own === (said === 'valid' ? 'invalid' : 'valid');
  if (!isAgainstUs || !isCertified(args, { commitmentHash, verdict: said }, facts)) return null;
  return said === 'valid'
    ? 'settles an answer we judged false'
    : 'rejects an answer we judged true';
}

/** What each call says about a claim. */
const CLAIM_CALLS: ReadonlyMap<string, ClaimVerdict['verdict']> = new Map([
  ['release', 'valid'],
  ['convict', 'invalid'],
  ['deny', 'withheld'],
]);

/** Only about claims that we audited ourselves. */
function claimContradiction(
  functionName: string,
  args: readonly ClarityValue[],
  { ledger, set, earlierSet, chainId }: SettlementFacts,
): string | null {
  const verdict = CLAIM_CALLS.get(functionName);
  const [hash, verdicts] = args;
  if (verdict === undefined || hash?.type !== 'buffer') return null;
  const own = ledger.claim(hash.value)?.verdict;
  if (own === undefined || own === verdict) return null;
  const said = { claimHash: hash.value, verdict };
  const isSound = [set, earlierSet ?? []].some((judges) => {
    const voices = voicesOf(verdicts, judges, (signed) =>
      verifyClaimVerdict(said, chainId, signed),
    );
    if (voices === null) return false;
    // The drawn judges alone may release; so any sound voice makes it a call that could act.
    return verdict === 'valid' ? voices.size > 0 : isWeightEnough(voices, judges);
  });
  return isSound ? `calls a claim ${verdict} that we found ${own}` : null;
}

/** What each call says about a disputed answer. */
const DISPUTE_CALLS: ReadonlyMap<string, DisputeVerdict['verdict']> = new Map([
  ['uphold', 'invalid'],
  ['dismiss', 'valid'],
]);

/** Only in disputes that we judged ourselves. */
function disputeContradiction(
  { functionName, args }: { readonly functionName: string; readonly args: readonly ClarityValue[] },
  { ledger, set, chainId }: SettlementFacts,
): string | null {
  const verdict = DISPUTE_CALLS.get(functionName);
  const [id, verdicts] = args;
  if (verdict === undefined || id?.type !== 'uint' || id.value > U64_MAX) return null;
  for (const own of ledger.disputes(id.value)) {
    if (own.verdict === verdict) continue;
    const { evidence, commitmentHash } = own;
    const said = { disputeId: id.value, evidence, commitmentHash, verdict };
    const voices = voicesOf(verdicts, set, (signed) => verifyDisputeVerdict(said, chainId, signed));
    if (voices === null || !isWeightEnough(voices, set)) continue;
    return `calls a disputed answer ${verdict} that we found ${own.verdict}`;
  }
  return null;
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

type Voices = ReadonlySet<SignerSlot>;

/** The signers behind a list of verdicts; null when one of them is not what it should be. */
function voicesOf(
  verdicts: ClarityValue | undefined,
  set: readonly SignerSlot[],
  isSigned: (signed: { readonly signature: Uint8Array; readonly publicKey: Uint8Array }) => boolean,
): Voices | null {
  if (verdicts?.type !== 'list') return null;
  const voices = new Set<SignerSlot>();
  for (const item of verdicts.items) {
    if (item.type !== 'tuple') return null;
    const index = item.entries.get('index');
    const signature = item.entries.get('signature');
    if (index?.type !== 'uint' || signature?.type !== 'buffer') return null;
    const signer = set[Number(index.value)];
    if (signer === undefined) return null;
    const { publicKey } = signer;
    if (!isSigned({ signature: signature.value, publicKey })) return null;
    voices.add(signer);
  }
  return voices;
}

function isWeightEnough(voices: Voices, set: readonly SignerSlot[]): boolean {
  const weigh = (sum: bigint, { weight }: SignerSlot): bigint => sum + weight;
  return [...voices].reduce(weigh, 0n) * 10n >= set.reduce(weigh, 0n) * 7n;
}

/** Whether the verdicts in the call are of 70 % of weight, so that the contract will act on it. */
function isCertified(
  args: readonly ClarityValue[],
  said: { readonly commitmentHash: Uint8Array; readonly verdict: 'valid' | 'invalid' },
  { set, chainId }: SettlementFacts,
): boolean {
  const id = args[ID_ARGUMENT];
  if (id?.type !== 'uint') return false;
  const verdict = { ...said, requestId: id.value };
  const voices = voicesOf(args[VERDICTS_ARGUMENT], set, (signed) =>
    verifyVerdict(verdict, chainId, signed),
  );
  return voices !== null && isWeightEnough(voices, set);
}

/** The first settlement we cannot sign, or null. */
export function checkSettlements(
  block: NakamotoBlock,
  facts: SettlementFacts,
): (Refusal & { readonly txid: Uint8Array }) | null {
  for (const tx of block.transactions) {
    const reason = contradiction(tx, facts);
    if (reason !== null) {
      return {
        code: { kind: 'validation-failed', code: 'BadTransaction' },
        reason: `the block ${reason}`,
        txid: transactionId(tx),
      };
    }
  }
  return null;
}
