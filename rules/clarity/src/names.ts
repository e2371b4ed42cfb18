/**
 * The words of the language: natives and keywords with the versions that know them, define forms.
 *
 * Source: stacks-core clarity/src/vm/functions/mod.rs (NativeFunctions), variables.rs.
 */
import type { ClarityVersion } from './version.ts';

/** name -> first and last version. */
type Table = ReadonlyMap<string, readonly [number, number]>;

const since = (first: number, names: string): [string, readonly [number, number]][] =>
  names.split(' ').map((name) => [name, [first, 5]]);

const NATIVES: Table = new Map<string, readonly [number, number]>([
  ...since(
    1,
    '+ - * / >= <= < > to-int to-uint mod pow sqrti log2 xor and or not is-eq if let map fold append concat as-max-len? len element-at index-of list var-get var-set map-get? map-set map-insert map-delete tuple get merge begin hash160 sha256 sha512 sha512/256 keccak256 secp256k1-recover? secp256k1-verify print contract-call? contract-of principal-of? err ok some default-to asserts! unwrap! unwrap-err! unwrap-panic unwrap-err-panic match try! is-ok is-none is-err is-some filter ft-get-balance nft-get-owner? ft-transfer? nft-transfer? nft-mint? ft-mint? ft-get-supply ft-burn? nft-burn? stx-get-balance stx-transfer? stx-burn?',
  ),
  ...since(
    2,
    'element-at? index-of? buff-to-int-le buff-to-uint-le buff-to-int-be buff-to-uint-be is-standard principal-destruct? principal-construct? string-to-int? string-to-uint? int-to-ascii int-to-utf8 get-burn-block-info? stx-transfer-memo? stx-account bit-and bit-or bit-not bit-shift-left bit-shift-right bit-xor slice? to-consensus-buff? from-consensus-buff? replace-at?',
  ),
  ...since(3, 'get-stacks-block-info? get-tenure-info?'),
  ...since(
    4,
    'contract-hash? to-ascii? restrict-assets? as-contract? with-stx with-ft with-nft with-stacking with-all-assets-unsafe secp256r1-verify',
  ),
  ['as-contract', [1, 3]],
  ['at-block', [1, 4]],
  ['get-block-info?', [1, 2]],
]);

const VARIABLES: Table = new Map<string, readonly [number, number]>([
  ...since(
    1,
    'contract-caller tx-sender burn-block-height none true false stx-liquid-supply is-in-regtest',
  ),
  ...since(2, 'tx-sponsor? is-in-mainnet chain-id'),
  ...since(3, 'stacks-block-height tenure-height'),
  ...since(4, 'stacks-block-time current-contract'),
  ['block-height', [1, 2]],
]);

const DEFINE_FORMS: ReadonlySet<string> = new Set([
  'define-constant',
  'define-private',
  'define-public',
  'define-read-only',
  'define-map',
  'define-data-var',
  'define-fungible-token',
  'define-non-fungible-token',
  'define-trait',
  'use-trait',
  'impl-trait',
]);

function has(table: Table, name: string, version: ClarityVersion): boolean {
  const range = table.get(name);
  return range !== undefined && version >= range[0] && version <= range[1];
}

export const isNativeName = (name: string, version: ClarityVersion) => has(NATIVES, name, version);
export const isVariableName = (name: string, version: ClarityVersion) =>
  has(VARIABLES, name, version);
export const isDefineForm = (name: string) => DEFINE_FORMS.has(name);
export const isReservedName = (name: string, version: ClarityVersion) =>
  isNativeName(name, version) || isVariableName(name, version);
export const NATIVE_NAMES: readonly string[] = [...NATIVES.keys()];
export const VARIABLE_NAMES: readonly string[] = [...VARIABLES.keys()];
export const DEFINE_NAMES: readonly string[] = [...DEFINE_FORMS];

/** First and last version that know a word; null for a word that none knows. */
export function versionsOf(name: string): readonly [first: number, last: number] | null {
  if (DEFINE_FORMS.has(name)) return [1, 5];
  return NATIVES.get(name) ?? VARIABLES.get(name) ?? null;
}
