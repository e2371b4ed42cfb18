/**
 * All natives by name. Plain ones compute on values; special ones compile themselves.
 * Which version knows which name is decided before, in names.ts.
 */
import type { CallPlace, CompileExpr, Compiler } from '../compile/compiler.ts';
import type { PlainNative } from '../compile/plain.ts';
import type { Code } from '../exec/exec.ts';
import { ALLOWANCE_SPECIALS } from './allowances.ts';
import { ARITHMETIC, COMPARISONS } from './arithmetic.ts';
import { ASSET_SPECIALS } from './assets.ts';
import { BLOCK_SPECIALS } from './blocks.ts';
import { CONTRACT_SPECIALS } from './contracts.ts';
import { CONTROL_PLAIN, CONTROL_SPECIALS } from './control.ts';
import { CONVERSION_SPECIALS, CONVERSIONS } from './conversions.ts';
import { CRYPTO_SPECIALS, HASHES } from './crypto.ts';
import { PRINCIPAL_SPECIALS } from './principals.ts';
import { SEQUENCE_PLAIN, SEQUENCE_SPECIALS } from './sequences.ts';
import { STATE_SPECIALS } from './state.ts';
import { STX_SPECIALS } from './stx.ts';
import { TUPLE_PLAIN, TUPLE_SPECIALS } from './tuples.ts';

/** What a special native gets to compile a call of itself. */
export interface SpecialCall extends CallPlace {
  readonly c: Compiler;
  readonly name: string;
  readonly args: readonly CompileExpr[];
}

export type SpecialNative = (call: SpecialCall) => Code;

export const PLAIN_NATIVES: ReadonlyMap<string, PlainNative> = new Map(
  [
    ...ARITHMETIC,
    ...CONTROL_PLAIN,
    ...CONVERSIONS,
    ...HASHES,
    ...SEQUENCE_PLAIN,
    ...TUPLE_PLAIN,
  ].map((native) => [native.name, native]),
);

export const SPECIAL_NATIVES: ReadonlyMap<string, SpecialNative> = new Map([
  ...COMPARISONS,
  ...CONTROL_SPECIALS,
  ...CONVERSION_SPECIALS,
  ...CRYPTO_SPECIALS,
  ...CONTRACT_SPECIALS,
  ...PRINCIPAL_SPECIALS,
  ...SEQUENCE_SPECIALS,
  ...STATE_SPECIALS,
  ...STX_SPECIALS,
  ...ASSET_SPECIALS,
  ...BLOCK_SPECIALS,
  ...TUPLE_SPECIALS,
  ...ALLOWANCE_SPECIALS,
]);
