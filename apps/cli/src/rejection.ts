/**
 * What the node's refusal of a transaction means, for a person: one sentence and the next step.
 * Reasons and their data are those of stacks-core (`POST /v2/transactions`); docs/use.md lists them.
 */
import { UserError } from './user-error.ts';

export interface Rejection {
  readonly error?: string;
  readonly reason?: string;
  readonly reason_data?: Readonly<Record<string, unknown>>;
  /** Ours: the node's own sentence. */
  readonly message?: string;
}

type Data = Readonly<Record<string, unknown>>;
type Told = readonly [code: string, sentence: string, next: string];

/** Amounts come as numbers, decimals or 0x hex. */
function amount(value: unknown): string {
  try {
    return BigInt(String(value)).toString();
  } catch {
    return String(value);
  }
}

/** The node's sentence as the end of one of ours. */
function because(rejection: Rejection): string {
  const text = rejection.message ?? rejection.reason_data?.message;
  return typeof text === 'string' && text !== '' ? `: ${text.replace(/\.$/, '')}` : '';
}

const REASONS: Readonly<Record<string, (data: Data, rejection: Rejection) => Told>> = {
  BadNonce: (data) => [
    'bad-nonce',
    `The nonce ${data.actual} is wrong: the account's next nonce is ${data.expected}.`,
    `Send the transaction again with nonce ${data.expected}.`,
  ],
  TooMuchChaining: (data) => [
    'nonce-too-high',
    `The nonce ${data.actual} is too far ahead: the node keeps nothing above ${data.expected}.`,
    `Use the account's next nonce; \`stx balance ${data.principal}\` shows it.`,
  ],
  ConflictingNonceInMempool: () => [
    'nonce-taken',
    'A transaction with this nonce already waits to be mined.',
    'Use the next nonce, or a higher fee to replace it.',
  ],
  NotEnoughFunds: (data) => [
    'no-funds',
    `The account has ${amount(data.actual)} micro-STX, but ${amount(data.expected)} are needed.`,
    'Send tokens to the account first, or use a smaller amount.',
  ],
  FeeTooLow: (data) => [
    'fee-too-low',
    `The fee of ${data.actual} micro-STX is too low; at least ${data.expected} are needed.`,
    `Use a fee of ${data.expected} or more.`,
  ],
  SignatureValidation: (_data, rejection) => [
    'bad-signature',
    `The signature is not accepted${because(rejection)}.`,
    'Check that the private key and the network (-t) are those of the account.',
  ],
  BadAddressVersionByte: () => [
    'wrong-network',
    'An address in the transaction belongs to another network.',
    'Use addresses that begin with ST on test networks, with SP on mainnet.',
  ],
  BadTransactionVersion: () => [
    'wrong-network',
    'The transaction was made for another network.',
    'Use -t for test networks.',
  ],
  TransferRecipientCannotEqualSender: () => [
    'self-transfer',
    'Sender and recipient are the same account.',
    'Choose another recipient.',
  ],
  TransferAmountMustBePositive: () => [
    'zero-amount',
    'The amount is zero.',
    'Send at least 1 micro-STX.',
  ],
  NoSuchContract: (_data, rejection) => [
    'no-contract',
    `The contract does not exist${because(rejection)}.`,
    'Check the address and the name of the contract.',
  ],
  NoSuchPublicFunction: (_data, rejection) => [
    'no-function',
    `The contract has no such function${because(rejection)}.`,
    'Look at /v2/contracts/interface for the functions of the contract.',
  ],
  BadFunctionArgument: (_data, rejection) => [
    'bad-argument',
    `The chain does not accept the request${because(rejection)}.`,
    /model/.test(because(rejection))
      ? 'Correct that and send it again; `assay models` lists the registered models.'
      : 'Correct that and send it again; /v2/contracts/interface shows what functions take.',
  ],
  ContractAlreadyExists: () => [
    'contract-exists',
    'A contract with this name already exists at this address.',
    'Choose another name.',
  ],
  Deserialization: (_data, rejection) => [
    'malformed',
    `The bytes are not a transaction${because(rejection)}.`,
    'Make the transaction again with a current wallet.',
  ],
};

export function rejectionError(rejection: Rejection): UserError {
  const { reason, reason_data: data = {} } = rejection;
  const tell = Object.hasOwn(REASONS, reason ?? '') ? REASONS[reason!] : undefined;
  if (tell !== undefined) {
    const [code, sentence, next] = tell(data, rejection);
    return new UserError(`cli/${code}`, sentence, next);
  }
  const word = reason ?? rejection.error ?? 'no reason given';
  return new UserError(
    'cli/rejected',
    `The node refused the transaction (${word})${because(rejection)}.`,
    'See docs/use.md for what each reason means.',
  );
}
