/**
 * What became of a transaction that was tried on a state: part of the block with a receipt, or left
 * out with a reason and the state untouched.
 */
import type { Receipt } from './receipt.ts';

export type Processed = { readonly included: true; readonly receipt: Receipt } | Refusal;

export interface Refusal {
  readonly included: false;
  readonly code: `chainstate/${string}`;
  readonly message: string;
  /** It can never be mined on this fork. */
  readonly fatal: boolean;
}

export function refuse(code: Refusal['code'], message: string, fatal = true): Refusal {
  return { included: false, code, message, fatal };
}
