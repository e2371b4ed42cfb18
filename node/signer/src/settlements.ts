/**
 * Looks for settlements in a block that contradict our own verdicts. The chain itself demands a
 * certificate of 70 % of weight; this is the signer's own word on top: it does not sign a block that
 * pays for what it judged false, nor one that rejects what it judged true.
 */
import { formatPrincipal } from '@assay/clarity-value';
import { hashClarityValue } from '@assay/jobs';
import { type NakamotoBlock, type Transaction, transactionId } from '@assay/wire';
import type { Refusal } from './check-proposal.ts';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';

/** Arguments of settle and reject: id, commitment, host signature, verdicts. */
const COMMITMENT_ARGUMENT = 1;

function contradiction(tx: Transaction, inference: string, ledger: Ledger): string | null {
  const { payload } = tx;
  if (payload.kind !== 'contract-call') return null;
  const { contract, functionName, args } = payload;
  if (formatPrincipal(contract) !== inference) return null;
  if (functionName !== 'settle' && functionName !== 'reject') return null;
  const commitment = args[COMMITMENT_ARGUMENT];
  if (commitment === undefined) return null;
  const own = ledger.verdict(hashClarityValue(commitment));
  if (functionName === 'settle' && own?.verdict === 'invalid')
    return 'settles an answer we judged false';
  if (functionName === 'reject' && own?.verdict === 'valid')
    return 'rejects an answer we judged true';
  return null;
}

/** The first settlement we cannot sign, or null. */
export function checkSettlements(
  block: NakamotoBlock,
  contracts: Contracts,
  ledger: Ledger,
): (Refusal & { readonly txid: Uint8Array }) | null {
  for (const tx of block.transactions) {
    const reason = contradiction(tx, contracts.inference, ledger);
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
