/**
 * x402, version 2: callers without an account pay per request. Without a key the answer is 402 with what
 * it costs; the caller signs an STX transfer, or the `transfer` call of a SIP-010 token that the operator
 * takes, sends it along, and is served once it is mined. The scheme is `exact`: the most the answer can cost. What it costs less is not lost: the payment opens a key whose
 * cap is what was paid, and the response carries it.
 *
 * A payment is bound to its request (the memo is the SHA-256 of the body) and serves it once, whoever
 * sends it and however often. Headers are base64 of JSON. Source: x402 specification v2 (coinbase/x402).
 */
import {
  bytesEqual,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  isHex,
  utf8FromBytes,
} from '@assay/bytes';
import { formatAddress, formatPrincipal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import {
  authAccounts,
  decodeTransaction,
  type Transaction,
  transactionIdOfBytes,
  verifyTransaction,
} from '@assay/wire';
import type { HttpRequest, World } from '@assay/world';
import { ApiError } from './api-error.ts';
import type { GatewayChain } from './chain-port.ts';
import { makeKey } from './keys.ts';
import type { ApiKey, Ledger } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';

/** A SIP-010 token that is taken as payment. Its contract is trusted to move what it says. */
export interface TokenOffer {
  /** `SP….name`. */
  readonly contract: string;
  /** Micro-STX that a million of its smallest units count for; at least 1. */
  readonly microStxPerMillion: bigint;
}

export interface X402Options {
  /** Address that is paid. */
  readonly payTo: string;
  readonly tokens: readonly TokenOffer[];
  readonly chainId: number;
}

export interface X402Deps {
  readonly world: World;
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
}

/** What a payment gives: a key to spend, and the headers that say so. */
export interface Paid {
  readonly key: ApiKey;
  readonly headers: Readonly<Record<string, string>>;
}

const POLL_MS = 200;
const MILLION = 1_000_000n;

interface Payment {
  /** In units of its asset. */
  readonly amount: bigint;
  /** What it counts for, micro-STX. */
  readonly creditMicro: bigint;
}

interface TransferCall {
  readonly recipient: string;
  readonly memo: Uint8Array;
  readonly payment: Payment;
}

export class X402 {
  readonly #deps: X402Deps;
  readonly #options: X402Options;

  constructor(deps: X402Deps, options: X402Options) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Takes the payment of a request. @throws ApiError 402 when there is none, or it does not suffice */
  async pay(request: HttpRequest, amountMicro: bigint): Promise<Paid> {
    const requirements = this.#requirements(request, amountMicro);
    const refuse = (reason: string): ApiError => paymentRequired(requirements, reason);
    const header = request.headers.get('payment-signature');
    if (header === undefined) throw refuse('Payment required.');
    const bytes = transactionOf(header);
    if (bytes === null) throw refuse('PAYMENT-SIGNATURE holds no transaction.');
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok) throw refuse('PAYMENT-SIGNATURE holds no transaction.');
    const payment = this.#read(decoded.value, request);
    if (typeof payment === 'string') throw refuse(payment);
    if (payment.creditMicro < amountMicro) throw refuse('The transfer pays too little.');
    if (!verifyTransaction(decoded.value).ok) throw refuse("The transaction's signature is wrong.");
    const txid = bytesToHex(transactionIdOfBytes(bytes));
    const reason = await this.#mine(txid, bytes);
    if (reason !== null) throw refuse(reason);
    const payer = formatAddress(authAccounts(decoded.value).origin);
    const { amount, creditMicro: paidMicro } = payment;
    const { ledger, world } = this.#deps;
    if (!(await ledger.takePayment({ id: txid, payer, amountMicro: paidMicro }))) {
      throw refuse('This payment has served its request before.');
    }
    const wish = { name: `x402 ${txid.slice(0, 16)}`, capMicro: paidMicro };
    const { secret, key } = makeKey(world, wish);
    const network = this.#network;
    const response = {
      success: true,
      transaction: txid,
      network,
      payer,
      amount: String(amount),
      extensions: { credit: { key: secret, capMicroStx: String(paidMicro) } },
    };
    return { key: await ledger.createKey(key), headers: { 'payment-response': encode(response) } };
  }

  get #network(): string {
    return `stacks:${this.#options.chainId}`;
  }

  #requirements({ path, body }: HttpRequest, amountMicro: bigint) {
    return {
      x402Version: 2,
      resource: {
        url: path,
        description: 'An answer of a language model',
        mimeType: 'application/json',
      },
      accepts: [
        this.#accept('STX', amountMicro, body),
        ...this.#options.tokens.map(({ contract, microStxPerMillion }) => {
          const units = (amountMicro * MILLION + microStxPerMillion - 1n) / microStxPerMillion;
          return this.#accept(contract, units, body);
        }),
      ],
    };
  }

  #accept(asset: string, amount: bigint, body: Uint8Array) {
    return {
      scheme: 'exact',
      network: this.#network,
      amount: String(amount),
      asset,
      payTo: this.#options.payTo,
      maxTimeoutSeconds: LIMITS.paymentTimeoutMs / 1000,
      // The memo of the transfer: these bytes; of STX, then zeros.
      extra: { memo: bytesToHex(sha256(body)) },
    };
  }

  /** What a transaction pays once it has succeeded; text: why it does not pay for this request. */
  #read(tx: Transaction, { body }: HttpRequest): Payment | string {
    const { payload } = tx;
    if (tx.chainId !== this.#options.chainId) return 'The transaction is for another chain.';
    const transfer =
      payload.kind === 'token-transfer'
        ? {
            recipient: formatPrincipal(payload.recipient),
            memo: payload.memo,
            payment: { amount: payload.amountMicro, creditMicro: payload.amountMicro },
          }
        : this.#readTokenCall(tx);
    if (typeof transfer === 'string') return transfer;
    if (transfer.recipient !== this.#options.payTo) return 'The transfer pays somebody else.';
    if (!bytesEqual(transfer.memo.subarray(0, 32), sha256(body))) {
      return 'The memo of the transfer is not the hash of this request.';
    }
    return transfer.payment;
  }

  #readTokenCall(tx: Transaction): TransferCall | string {
    const { payload, postConditions, postConditionMode } = tx;
    if (payload.kind !== 'contract-call') return 'The transaction is no transfer.';
    const { contract: id, functionName, args } = payload;
    const contract = `${formatAddress(id)}.${id.contractName}`;
    const token = this.#options.tokens.find((one) => one.contract === contract);
    if (token === undefined || functionName !== 'transfer') {
      return 'The transaction calls no transfer of a token that is taken here.';
    }
    // Its result would stand on chain although a post-condition had undone it.
    if (postConditionMode !== 'allow' || postConditions.length > 0) {
      return 'A token must be paid in post-condition mode allow, without post-conditions.';
    }
    const [amount, sender, recipient, memo] = args;
    if (
      args.length !== 4 ||
      amount?.type !== 'uint' ||
      sender?.type !== 'principal' ||
      recipient?.type !== 'principal' ||
      memo?.type !== 'some' ||
      memo.value.type !== 'buffer'
    ) {
      return 'The arguments are not amount, sender, recipient and memo.';
    }
    if (formatPrincipal(sender) !== formatAddress(authAccounts(tx).origin)) {
      return "The transfer spends somebody else's tokens.";
    }
    const creditMicro = (amount.value * token.microStxPerMillion) / MILLION;
    return {
      recipient: formatPrincipal(recipient),
      memo: memo.value.value,
      payment: { amount: amount.value, creditMicro },
    };
  }

  /** Sees to it that the transfer is mined. @returns why it is not, or null */
  async #mine(txid: string, bytes: Uint8Array): Promise<string | null> {
    const { chain, world } = this.#deps;
    // Sent before, perhaps by a gateway that died: then only its outcome counts.
    if ((await chain.outcome(txid)).kind === 'unknown') {
      const refusal = await chain.broadcast(bytes);
      if (refusal !== null) return `The network refused the transfer (${refusal}).`;
    }
    const endMs = world.clock.nowMs() + LIMITS.paymentTimeoutMs;
    while (world.clock.nowMs() < endMs) {
      const outcome = await chain.outcome(txid);
      if (outcome.kind === 'success') return null;
      if (outcome.kind === 'failed') return `The transfer failed (${outcome.reason}).`;
      await world.timers.sleep(POLL_MS);
    }
    return 'The transfer was not mined in time. Send the same payment again.';
  }
}

function paymentRequired(requirements: object, reason: string): ApiError {
  const headers = { 'payment-required': encode({ ...requirements, error: reason }) };
  return new ApiError(402, 'payment_required', 'payment_required', reason, { headers });
}

function transactionOf(header: string): Uint8Array | null {
  if (header.length > 2 * LIMITS.paymentBytesMax) return null;
  try {
    const json = JSON.parse(utf8FromBytes(fromBase64(header)) ?? '') as {
      payload?: { transaction?: unknown };
    } | null;
    const hex = String(json?.payload?.transaction).replace(/^0x/, '');
    return isHex(hex) ? bytesFromHex(hex) : null;
  } catch {
    return null;
  }
}

function encode(value: unknown): string {
  return btoa(String.fromCharCode(...bytesFromUtf8(JSON.stringify(value))));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}
