/** Signed transfers of test accounts and an admission port over a table of nonces. */
import { bytesFromUtf8, ok, type Result } from '@assay/bytes';
import type { CheckedTransaction } from '@assay/chainstate';
import { formatPrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { MemoryStore } from '@assay/store';
import {
  authAccounts,
  decodeTransaction,
  encodeTransaction,
  setSponsor,
  signOrigin,
  signSponsor,
  singleSigCondition,
  type Transaction,
  transactionId,
} from '@assay/wire';
import type { SimWorld } from '@assay/world/sim';
import {
  Mempool,
  type MempoolLimits,
  type MempoolRejection,
  type NonceView,
} from '../src/index.ts';

export interface Account {
  readonly key: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: string;
}

export function account(name: string): Account {
  const key = sha256(bytesFromUtf8(name));
  const publicKey = publicKeyFromPrivate(key);
  const address = formatPrincipal({ version: 26, hash: hash160(publicKey), contractName: null });
  return { key, publicKey, address };
}

export const accounts = ['a', 'b', 'c', 'd'].map(account);

export interface TransferSpec {
  readonly from: Account;
  readonly nonce: bigint;
  readonly feeMicro: bigint;
  readonly sponsor?: { readonly account: Account; readonly nonce: bigint };
  readonly amountMicro?: bigint;
}

const signingKey = ({ key }: Account) => ({ privateKey: key, compressed: true });

/** Signing is slow: the same transfer is signed once. */
const signed = new Map<string, Transaction>();

export function transfer(spec: TransferSpec): Transaction {
  const sponsorText = spec.sponsor ? `${spec.sponsor.account.address}/${spec.sponsor.nonce}` : '';
  const key = `${spec.from.address}/${spec.nonce}/${spec.feeMicro}/${sponsorText}/${spec.amountMicro}`;
  const known = signed.get(key);
  if (known !== undefined) return known;
  const tx = build(spec);
  signed.set(key, tx);
  return tx;
}

function build({ from, nonce, feeMicro, sponsor, amountMicro = 1n }: TransferSpec): Transaction {
  const origin = singleSigCondition(from.publicKey, {
    nonce,
    feeMicro: sponsor ? 0n : feeMicro,
  });
  const base = {
    version: 0x80,
    chainId: 0x80000000,
    anchorMode: 'any',
    postConditionMode: 'deny',
    postConditions: [],
    payload: {
      kind: 'token-transfer',
      recipient: { version: 26, hash: new Uint8Array(20).fill(7), contractName: null },
      amountMicro,
      memo: new Uint8Array(34),
    },
  } as const;
  if (sponsor === undefined) {
    const tx: Transaction = { ...base, auth: { kind: 'standard', origin } };
    return roundTrip(signOrigin(tx, signingKey(from)));
  }
  const condition = singleSigCondition(sponsor.account.publicKey, {
    nonce: sponsor.nonce,
    feeMicro,
  });
  const tx: Transaction = {
    ...base,
    auth: { kind: 'sponsored', origin, sponsor: condition },
  };
  const withOrigin = signOrigin(tx, signingKey(from));
  return roundTrip(signSponsor(setSponsor(withOrigin, condition), signingKey(sponsor.account)));
}

function roundTrip(tx: Transaction): Transaction {
  const decoded = decodeTransaction(encodeTransaction(tx));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

export function checkedOf(bytes: Uint8Array): CheckedTransaction {
  const decoded = decodeTransaction(bytes);
  if (!decoded.ok) throw new Error(decoded.error.message);
  const tx = decoded.value;
  const { origin, sponsor } = authAccounts(tx);
  const sponsorAuth = tx.auth.kind === 'sponsored' ? tx.auth.sponsor : null;
  return {
    tx,
    bytes,
    txid: transactionId(tx),
    origin: formatPrincipal({ ...origin, contractName: null }),
    originNonce: tx.auth.origin.nonce,
    sponsor: sponsor === null ? null : formatPrincipal({ ...sponsor, contractName: null }),
    sponsorNonce: sponsorAuth?.nonce ?? null,
    feeMicro: sponsorAuth?.feeMicro ?? tx.auth.origin.feeMicro,
  };
}

/** A chain that only knows nonces. */
export class NonceChain {
  readonly nonces = new Map<string, bigint>();
  height = 0;

  view(): NonceView {
    const nonces = new Map(this.nonces);
    return {
      header: { blockId: new Uint8Array(32).fill(this.height) },
      account: (principal) => ({ nonce: nonces.get(principal) ?? 0n }),
    };
  }

  /** Mines; returns what `Mempool.advance` wants. */
  mine(transactions: readonly Transaction[]) {
    const parentBlockId = this.view().header.blockId;
    for (const tx of transactions) {
      const checked = checkedOf(encodeTransaction(tx));
      this.nonces.set(checked.origin, checked.originNonce + 1n);
      if (checked.sponsor !== null) this.nonces.set(checked.sponsor, checked.sponsorNonce! + 1n);
    }
    this.height += 1;
    return { parentBlockId, mined: transactions };
  }

  admit(checked: CheckedTransaction): Result<void, MempoolRejection> {
    const expected = this.nonces.get(checked.origin) ?? 0n;
    if (checked.originNonce >= expected) return ok(undefined);
    return {
      ok: false,
      error: { code: 'test/bad-nonce', message: 'x', reason: 'BadNonce', reasonData: null },
    };
  }
}

export function openMempool(
  world: SimWorld,
  chain: NonceChain,
  store = new MemoryStore(),
  limits: Partial<MempoolLimits> = {},
): Mempool {
  const check = (bytes: Uint8Array): Result<CheckedTransaction, MempoolRejection> => {
    try {
      return ok(checkedOf(bytes));
    } catch (error) {
      const message = String(error);
      const reasonData = { message };
      return {
        ok: false,
        error: { code: 'test/decode', message, reason: 'Deserialization', reasonData },
      };
    }
  };
  return new Mempool(
    {
      world,
      store,
      admission: { view: () => chain.view(), check, admit: (checked) => chain.admit(checked) },
    },
    limits,
  );
}
