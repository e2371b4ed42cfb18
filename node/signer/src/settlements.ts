/**
 * Looks for settlements in a block that contradict our own verdicts. The chain itself demands a
 * certificate of 70 % of weight; this is the signer's own word on top: it does not sign a block that
 * pays for what it judged false, nor one that rejects what it judged true. A call whose certificate
 * does not hold pays nobody: the contract aborts it and keeps the fee, so it may stand in a block (if
 * it could not, anyone could stop the miner with a handful of them).
 */
import { type ClarityValue, formatPrincipal } from '@assay/clarity-value';
import { hashClarityValue, verifyVerdict } from '@assay/jobs';
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
  readonly chainId: number;
}

/** Arguments of settle and reject: id, commitment, host signature, verdicts. */
const ID_ARGUMENT = 0;
const COMMITMENT_ARGUMENT = 1;
const VERDICTS_ARGUMENT = 3;

function contradiction(tx: Transaction, facts: SettlementFacts): string | null {
  const { payload } = tx;
  if (payload.kind !== 'contract-call') return null;
  const { contract, functionName, args } = payload;
  if (formatPrincipal(contract) !== facts.contracts.inference) return null;
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

/** Whether the verdicts in the call are of 70 % of weight, so that the contract will act on it. */
function isCertified(
  args: readonly ClarityValue[],
  said: { readonly commitmentHash: Uint8Array; readonly verdict: 'valid' | 'invalid' },
  { set, chainId }: SettlementFacts,
): boolean {
  const id = args[ID_ARGUMENT];
  const verdicts = args[VERDICTS_ARGUMENT];
  if (id?.type !== 'uint' || verdicts?.type !== 'list') return false;
  const verdict = { ...said, requestId: id.value };
  const voices = new Set<SignerSlot>();
  for (const item of verdicts.items) {
    if (item.type !== 'tuple') return false;
    const index = item.entries.get('index');
    const signature = item.entries.get('signature');
    if (index?.type !== 'uint' || signature?.type !== 'buffer') return false;
    const signer = set[Number(index.value)];
    if (signer === undefined) return false;
    const { publicKey } = signer;
    if (!verifyVerdict(verdict, chainId, { signature: signature.value, publicKey })) return false;
    voices.add(signer);
  }
  const weigh = (sum: bigint, { weight }: SignerSlot): bigint => sum + weight;
  return [...voices].reduce(weigh, 0n) * 10n >= set.reduce(weigh, 0n) * 7n;
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
