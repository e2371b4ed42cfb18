/**
 * Static checks: everything about a transaction that needs no state. The only maker of
 * `CheckedTransaction`. Signatures verified once (say, when the mempool took the transaction) are
 * remembered by txid, which binds every byte.
 * Source: SIP-005; stacks-core `process_transaction_precheck` (facts).
 */
import { bytesToHex, err, ok, type Result } from '@assay/bytes';
import { type NetworkParams, type Rules, rulesAt } from '@assay/params';
import {
  authAccounts,
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  transactionId,
  verifyTransaction,
} from '@assay/wire';
import { addressText } from './addresses.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import { LIMITS } from './limits.ts';
import { poisonRejection, reject, type TransactionRejection } from './rejection.ts';

type Verdict = Result<CheckedTransaction, TransactionRejection>;

/** Null when the chain's rules know this kind of transaction. */
function formFault(
  tx: Transaction,
  network: NetworkParams,
  rules: Rules,
): TransactionRejection | null {
  if (tx.version !== network.transactionVersion) {
    return reject('version', 'BadTransactionVersion', 'the transaction is of another network');
  }
  if (tx.chainId !== network.chainId) {
    const message = `chain id ${tx.chainId}, this chain has ${network.chainId}`;
    return reject('chain-id', 'SignatureValidation', message, { message });
  }
  const { payload } = tx;
  if (payload.kind === 'poison-microblock') {
    return poisonRejection();
  }
  if (payload.kind === 'coinbase' || payload.kind === 'coinbase-to-alt') {
    return reject('coinbase', 'NoCoinbaseViaMempool', 'coinbase of an older epoch');
  }
  if (payload.kind === 'infer' && !rules.inferAllowed) {
    const message = 'inference requests are not part of this chain';
    return reject('infer', 'ServerFailureOther', message, { message });
  }
  return null;
}

export class TransactionChecker {
  readonly #network: NetworkParams;
  /** Hex txids whose signatures are known to be right, oldest first. */
  readonly #verified = new Set<string>();

  constructor(network: NetworkParams) {
    this.#network = network;
  }

  checkBytes(bytes: Uint8Array): Verdict {
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok) {
      const { message } = decoded.error;
      return err(reject('malformed', 'Deserialization', message, { message }));
    }
    return this.check(decoded.value);
  }

  check(tx: Transaction): Verdict {
    const fault = formFault(tx, this.#network, rulesAt(this.#network.pox.firstBurnHeight));
    if (fault) return err(fault);
    const txid = transactionId(tx);
    const name = bytesToHex(txid);
    if (!this.#verified.has(name)) {
      const verified = verifyTransaction(tx);
      if (!verified.ok) {
        const { message } = verified.error;
        return err(reject('signature', 'SignatureValidation', message, { message }));
      }
      this.#remember(name);
    }
    return ok(checkedFrom(tx, txid));
  }

  #remember(name: string): void {
    if (this.#verified.size >= LIMITS.verifiedCacheEntries) {
      const oldest = this.#verified.values().next().value;
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.add(name);
  }
}

function checkedFrom(tx: Transaction, txid: Uint8Array): CheckedTransaction {
  const { origin, sponsor } = authAccounts(tx);
  const { auth } = tx;
  const isSponsored = auth.kind === 'sponsored';
  return {
    tx,
    bytes: encodeTransaction(tx),
    txid,
    origin: addressText(origin.version, origin.hash),
    originNonce: auth.origin.nonce,
    sponsor: sponsor === null ? null : addressText(sponsor.version, sponsor.hash),
    sponsorNonce: isSponsored ? auth.sponsor.nonce : null,
    feeMicro: isSponsored ? auth.sponsor.feeMicro : auth.origin.feeMicro,
  };
}
