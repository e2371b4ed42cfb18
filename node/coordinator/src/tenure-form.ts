/**
 * The form of a block with respect to tenures: it starts one (tenure change first, coinbase
 * second), extends one (tenure change first), or has neither anywhere. Looks at nothing but the
 * block.
 * Called by `verify-block.ts` and by `Coordinator.checkProposal`.
 * Source: SIP-021; reference/stacks.md 2.4; stacks-core `nakamoto/mod.rs` (facts).
 */
import { bytesEqual, ok, type Result } from '@assay/bytes';
import type {
  NakamotoBlock,
  NakamotoCoinbasePayload,
  TenureChangePayload,
  TransactionPayload,
} from '@assay/wire';
import { type BlockRefusal, refuse } from './rejection.ts';

export type TenureForm =
  | {
      readonly kind: 'start';
      readonly change: TenureChangePayload;
      readonly coinbase: NakamotoCoinbasePayload;
    }
  | { readonly kind: 'extend'; readonly change: TenureChangePayload }
  | { readonly kind: 'none' };

const malformed = (message: string) => refuse('coordinator/malformed-tenure', message);

/** @rejects coordinator/malformed-tenure @consensus */
export function tenureForm(block: NakamotoBlock): Result<TenureForm, BlockRefusal> {
  const { header, transactions } = block;
  const changes = positionsOf(block, ['tenure-change']);
  const coinbases = positionsOf(block, ['nakamoto-coinbase', 'coinbase', 'coinbase-to-alt']);
  if (transactions.length === 0) return malformed('the block has no transactions');
  if (changes.length === 0 && coinbases.length === 0) return ok({ kind: 'none' });
  if (changes.length !== 1 || changes[0] !== 0) {
    return malformed('exactly one tenure change is allowed, as the first transaction');
  }
  const change = transactions[0]!.payload as TenureChangePayload;
  if (!bytesEqual(change.previousTenureEnd, header.parentBlockId)) {
    return malformed('the tenure change names another parent than the header');
  }
  if (!bytesEqual(change.tenureConsensusHash, header.consensusHash)) {
    return malformed('the tenure change names another tenure than the header');
  }
  if (change.cause === 'block-found') return startForm(block, change, coinbases);
  if (coinbases.length > 0) return malformed('a tenure extend mints no coinbase');
  if (!bytesEqual(change.prevTenureConsensusHash, header.consensusHash)) {
    return malformed('a tenure extend stays in its tenure');
  }
  return ok({ kind: 'extend', change });
}

function startForm(
  block: NakamotoBlock,
  change: TenureChangePayload,
  coinbases: readonly number[],
): Result<TenureForm, BlockRefusal> {
  const coinbase = block.transactions[1]?.payload;
  if (coinbases.length !== 1 || coinbase?.kind !== 'nakamoto-coinbase') {
    return malformed('a tenure start has one coinbase with a VRF proof, as the second transaction');
  }
  return ok({ kind: 'start', change, coinbase });
}

function positionsOf(
  { transactions }: NakamotoBlock,
  kinds: readonly TransactionPayload['kind'][],
): number[] {
  return transactions.flatMap(({ payload }, i) => (kinds.includes(payload.kind) ? [i] : []));
}
