/**
 * The type rule of every native, by name. Natives with a fixed signature are listed as data.
 *
 * Source: stacks-core type_checker/v2_1/natives/mod.rs.
 */
import type { TypeSignature } from '@assay/clarity-value';
import type { Expr } from '../parse/ast.ts';
import { ALLOWANCE_CHECKS } from './check-allowances.ts';
import { ASSET_CHECKS } from './check-assets.ts';
import { CONTRACT_CHECKS } from './check-contracts.ts';
import { CONTROL_CHECKS } from './check-control.ts';
import { SEQUENCE_CHECKS } from './check-sequences.ts';
import { STATE_CHECKS } from './check-state.ts';
import type { Checker } from './checker.ts';
import type { TypingContext } from './context.ts';
import { checkSimple, SIMPLE_SIGNATURES } from './signatures.ts';

export type NativeCheck = (
  c: Checker,
  args: readonly Expr[],
  context: TypingContext,
) => TypeSignature;

const simple: [string, NativeCheck][] = [...SIMPLE_SIGNATURES].map(([name, signature]) => [
  name,
  (c, args, context) => checkSimple(c, signature, args, context),
]);

export const NATIVE_CHECKS: ReadonlyMap<string, NativeCheck> = new Map([
  ...simple,
  ...CONTROL_CHECKS,
  ...SEQUENCE_CHECKS,
  ...STATE_CHECKS,
  ...ASSET_CHECKS,
  ...CONTRACT_CHECKS,
  ...ALLOWANCE_CHECKS,
]);
