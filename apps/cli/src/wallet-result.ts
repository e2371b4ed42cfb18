/** Wallet verdicts as user errors: the wallet's sentence and a next step. */
import type { Result } from '@assay/bytes';
import { UserError } from './user-error.ts';

const NEXT: Readonly<Record<string, string>> = {
  'wallet/private-key': 'Copy the private key again, e.g. from the output of `stx make_keychain`.',
  'wallet/address': 'Copy the address again; test networks use ST..., mainnet SP....',
  'wallet/amount': 'Give a whole number of micro-STX (1 STX = 1000000 micro-STX).',
  'wallet/mnemonic': 'Check the words and their order.',
};

/** The value, or a `UserError`. */
export function must<T>(result: Result<T, { readonly code: string; readonly message: string }>): T {
  if (result.ok) return result.value;
  const { code, message } = result.error;
  throw new UserError(code, message, NEXT[code] ?? 'Correct the command and run it again.');
}

/** A whole number from the command line. */
export function parseAmount(name: string, text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new UserError(
    'cli/not-a-number',
    `${name} is not a whole number: ${text}.`,
    `Give ${name} in digits only.`,
  );
}
