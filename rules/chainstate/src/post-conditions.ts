/**
 * Post-conditions: what the origin allowed a transaction to move, checked against what it moved.
 * Pure. Source: SIP-005 "Transaction Post-Conditions", SIP-040; stacks-core
 * `chainstate/stacks/db/transactions.rs` (facts).
 */
import type { AssetMap } from '@assay/clarity';
import { type ClarityValue, clarityValuesEqual, clarityValueToString } from '@assay/clarity-value';
import type {
  AssetId,
  FungibleCode,
  PostCondition,
  PostConditionMode,
  PostConditionPrincipal,
} from '@assay/wire';
import { addressText, principalText } from './addresses.ts';

function holds(code: FungibleCode, sent: bigint, limit: bigint): boolean {
  switch (code) {
    case 'eq':
      return sent === limit;
    case 'gt':
      return sent > limit;
    case 'ge':
      return sent >= limit;
    case 'lt':
      return sent < limit;
    case 'le':
      return sent <= limit;
  }
}

const WORDS: Readonly<Record<FungibleCode, string>> = {
  eq: 'exactly',
  gt: 'more than',
  ge: 'at least',
  lt: 'less than',
  le: 'at most',
};

function assetText({ contract, assetName }: AssetId): string {
  const owner = addressText(contract.version, contract.hash);
  return `${owner}.${contract.contractName}::${assetName}`;
}

/** What post-conditions spoke about: fungibles by `who asset`, tokens by value. */
interface Covered {
  readonly fungible: Set<string>;
  readonly tokens: Map<string, ClarityValue[]>;
}

const STX = 'STX';
const slot = (who: string, asset: string): string => `${who} ${asset}`;

function stxSent(moved: AssetMap, who: string): bigint {
  return (moved.stx.get(who) ?? 0n) + (moved.burn.get(who) ?? 0n);
}

function checkFungible(
  condition: Extract<PostCondition, { kind: 'stx' | 'ft' }>,
  who: string,
  moved: AssetMap,
  covered: Covered,
): string | null {
  const asset = condition.kind === 'stx' ? STX : assetText(condition.asset);
  const sent =
    condition.kind === 'stx' ? stxSent(moved, who) : (moved.ft.get(who)?.get(asset) ?? 0n);
  covered.fungible.add(slot(who, asset));
  if (holds(condition.code, sent, condition.amount)) return null;
  return `${who} sent ${sent} of ${asset}, allowed ${WORDS[condition.code]} ${condition.amount}`;
}

function checkToken(
  condition: Extract<PostCondition, { kind: 'nft' }>,
  who: string,
  moved: AssetMap,
  covered: Covered,
): string | null {
  const asset = assetText(condition.asset);
  const { value, code } = condition;
  const key = slot(who, asset);
  covered.tokens.set(key, [...(covered.tokens.get(key) ?? []), value]);
  const tokens = moved.nft.get(who)?.get(asset) ?? [];
  const wasSent = tokens.some((token) => clarityValuesEqual(token, value));
  const shown = `token ${clarityValueToString(value)} of ${asset}`;
  if (code === 'sent' && !wasSent) return `${who} did not send ${shown}`;
  if (code === 'not-sent' && wasSent) return `${who} sent ${shown}`;
  return null;
}

/** The first asset of `who` that moved without any post-condition about it. */
function uncovered(who: string, moved: AssetMap, covered: Covered): string | null {
  const unspoken = (asset: string): boolean => !covered.fungible.has(slot(who, asset));
  if (stxSent(moved, who) > 0n && unspoken(STX)) return `${who} sent STX without a post-condition`;
  for (const [asset, amount] of moved.ft.get(who) ?? []) {
    if (amount > 0n && unspoken(asset)) return `${who} sent ${asset} without a post-condition`;
  }
  for (const [asset, tokens] of moved.nft.get(who) ?? []) {
    const spoken = covered.tokens.get(slot(who, asset)) ?? [];
    const missing = tokens.find(
      (token) => !spoken.some((value) => clarityValuesEqual(value, token)),
    );
    if (missing) {
      return `${who} sent token ${clarityValueToString(missing)} of ${asset} without a post-condition`;
    }
  }
  return null;
}

function movers(moved: AssetMap): string[] {
  return [
    ...new Set([
      ...moved.stx.keys(),
      ...moved.burn.keys(),
      ...moved.ft.keys(),
      ...moved.nft.keys(),
    ]),
  ];
}

/**
 * Null when the movements are allowed, else one sentence about the first that is not.
 * Mode `deny` demands a post-condition for every movement, `originator` (SIP-040) only for those of
 * the origin, `allow` for none.
 */
export function checkPostConditions(
  conditions: readonly PostCondition[],
  mode: PostConditionMode,
  origin: string,
  moved: AssetMap,
): string | null {
  const covered: Covered = { fungible: new Set(), tokens: new Map() };
  const nameOf = (principal: PostConditionPrincipal): string =>
    principal === 'origin' ? origin : principalText(principal);
  for (const condition of conditions) {
    const who = nameOf(condition.principal);
    const fault =
      condition.kind === 'nft'
        ? checkToken(condition, who, moved, covered)
        : checkFungible(condition, who, moved, covered);
    if (fault) return fault;
  }
  if (mode === 'allow') return null;
  for (const who of mode === 'originator' ? [origin] : movers(moved)) {
    const fault = uncovered(who, moved, covered);
    if (fault) return fault;
  }
  return null;
}
