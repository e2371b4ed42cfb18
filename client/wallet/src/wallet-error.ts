/**
 * What a wallet tells its user: one code, one clear sentence. Nothing here ever quotes a key, a
 * mnemonic or text that could be one; a test feeds secrets to every entry and reads the errors.
 */
import { err } from '@assay/bytes';

export type WalletErrorCode =
  | 'wallet/private-key'
  | 'wallet/mnemonic'
  | 'wallet/account-index'
  | 'wallet/derivation-path'
  | 'wallet/public-key'
  | 'wallet/address'
  | 'wallet/amount'
  | 'wallet/fee'
  | 'wallet/nonce'
  | 'wallet/memo'
  | 'wallet/contract-name'
  | 'wallet/function-name'
  | 'wallet/source'
  | 'wallet/infer'
  | 'wallet/wrong-key'
  | 'wallet/multi-sig'
  | 'wallet/not-sponsored';

export interface WalletError {
  readonly code: WalletErrorCode;
  readonly message: string;
}

export function fail(
  code: WalletErrorCode,
  message: string,
): { readonly ok: false; readonly error: WalletError } {
  return err({ code, message });
}
