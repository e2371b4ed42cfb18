/** Every reason a node gives for refusing a transaction becomes one sentence and a next step. */
import { describe, expect, it } from 'vitest';
import { rejectionError } from '../src/rejection.ts';

describe('reasons of POST /v2/transactions', () => {
  it.each([
    ['BadNonce', { actual: 1, expected: 4 }, 'cli/bad-nonce', /next nonce is 4/],
    ['TooMuchChaining', { actual: 99, expected: 4 }, 'cli/nonce-too-high', /99 is too far ahead/],
    ['ConflictingNonceInMempool', {}, 'cli/nonce-taken', /already waits/],
    ['NotEnoughFunds', { actual: '0x05', expected: '10' }, 'cli/no-funds', /has 5 .* but 10 are/],
    ['FeeTooLow', { actual: 206, expected: 227 }, 'cli/fee-too-low', /206 .* at least 227/],
    ['SignatureValidation', { message: 'high S.' }, 'cli/bad-signature', /: high S\.$/],
    ['BadAddressVersionByte', {}, 'cli/wrong-network', /another network/],
    ['BadTransactionVersion', {}, 'cli/wrong-network', /another network/],
    ['TransferRecipientCannotEqualSender', {}, 'cli/self-transfer', /same account/],
    ['TransferAmountMustBePositive', {}, 'cli/zero-amount', /zero/],
    ['NoSuchContract', {}, 'cli/no-contract', /does not exist/],
    ['NoSuchPublicFunction', {}, 'cli/no-function', /no such function/],
    ['BadFunctionArgument', { message: 'u5 is no int' }, 'cli/bad-argument', /u5 is no int/],
    ['ContractAlreadyExists', {}, 'cli/contract-exists', /already exists/],
    ['Deserialization', { message: 'cut short' }, 'cli/malformed', /cut short/],
  ])('%s', (reason, reason_data, code, message) => {
    const error = rejectionError({ reason, reason_data });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/\.$/);
    expect(error.next).toMatch(/\.$/);
  });

  it('an unknown reason is named, with what the node says', () => {
    const error = rejectionError({ reason: 'NewReason', message: 'because of this' });
    expect(error.message).toBe('The node refused the transaction (NewReason): because of this.');
  });

  it.each([{}, { reason: 'toString' }, { reason_data: { expected: 'no number' } }])(
    'survives %j',
    (rejection) => {
      expect(rejectionError(rejection).code).toBe('cli/rejected');
    },
  );

  it('survives figures that are none', () => {
    const error = rejectionError({ reason: 'NotEnoughFunds', reason_data: { actual: 'x' } });
    expect(error.message).toContain('has x micro-STX, but undefined are needed');
  });
});
