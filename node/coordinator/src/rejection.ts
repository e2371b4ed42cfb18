/**
 * Why a block is refused, or not yet taken. Codes of the chainstate room pass through unchanged;
 * `reject` is the word Stacks' block proposal endpoint answers with.
 */
import { err } from '@assay/bytes';
import type { BlockRejection } from '@assay/chainstate';
import type { ValidateRejectCode } from '@assay/wire';

export type CoordinatorCode =
  /** Its sortition is not known (yet). Kept in memory and tried again. */
  | 'coordinator/unknown-sortition'
  /** Its parent is not known (yet). */
  | 'coordinator/unknown-parent'
  /** The transactions are not those of the header; says nothing about the block of this id. */
  | 'coordinator/not-its-body'
  /** Nobody won the sortition it names, or the winner registered no signing key. */
  | 'coordinator/no-winner'
  | 'coordinator/bad-header-version'
  | 'coordinator/bad-miner-signature'
  | 'coordinator/bad-signer-signature'
  | 'coordinator/not-enough-signatures'
  | 'coordinator/no-signer-set'
  /** Tenure change and coinbase are not where they must be, or name the wrong things. */
  | 'coordinator/malformed-tenure'
  | 'coordinator/bad-vrf-proof'
  | 'coordinator/bad-vrf-seed'
  | 'coordinator/bad-chain-length'
  | 'coordinator/bad-burn-spent'
  | 'coordinator/bad-timestamp'
  | 'coordinator/bad-tenure-change'
  | 'coordinator/bad-burn-view'
  /** The winning commit was made for another parent tenure. */
  | 'coordinator/wrong-parent-tenure'
  /** The block does not belong to the tenure of its parent and starts none. */
  | 'coordinator/not-in-tenure'
  | 'coordinator/non-canonical-tenure'
  | 'coordinator/not-on-tip'
  | 'coordinator/known-invalid'
  | 'coordinator/staging-full';

export interface BlockRefusal {
  readonly code: CoordinatorCode | `chainstate/${string}`;
  readonly message: string;
  readonly reject: ValidateRejectCode;
  /** The transaction at fault, when one is. */
  readonly txid?: Uint8Array;
}

export function refuse(
  code: CoordinatorCode,
  message: string,
  reject: ValidateRejectCode = 'InvalidBlock',
): { readonly ok: false; readonly error: BlockRefusal } {
  return err({ code, message, reject });
}

/** Whether a refused block can never become right: only missing knowledge can be mended. */
export function isFinal({ code }: BlockRefusal): boolean {
  return code !== 'coordinator/unknown-sortition' && code !== 'coordinator/no-signer-set';
}

/** A verdict of chainstate in this room's words. */
export function refusalOf(error: BlockRejection): BlockRefusal {
  return { ...error, reject: error.txid === undefined ? 'InvalidBlock' : 'BadTransaction' };
}
