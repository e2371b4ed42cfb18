/** Addresses of keys: on Stacks for each network, and the Bitcoin address of the same key. */
import { ok, type Result } from '@assay/bytes';
import { formatAddress } from '@assay/clarity-value';
import { hash160, isValidPublicKey, sha256 } from '@assay/crypto';
import {
  addressOfSigner,
  hashPublicKeys,
  type MultiSigMode,
  type SingleSigMode,
} from '@assay/wire';
import { createBase58check } from '@scure/base';
import { LIMITS } from './limits.ts';
import type { WalletNetwork } from './network.ts';
import { fail, type WalletError } from './wallet-error.ts';

const base58check = createBase58check(sha256);

/** Version bytes of Bitcoin's text forms; all of Bitcoin's test networks share theirs. */
const BITCOIN = {
  mainnet: { address: 0, wif: 128 },
  test: { address: 111, wif: 239 },
} as const;

function bitcoinVersions(network: WalletNetwork): { address: number; wif: number } {
  return network.transactionVersion === 0 ? BITCOIN.mainnet : BITCOIN.test;
}

/** `SP…` or `ST…` of one key. @param publicKey 33 or 65 bytes */
export function addressOfPublicKey(
  publicKey: Uint8Array,
  network: WalletNetwork,
  mode: SingleSigMode = 'p2pkh',
): string {
  const hash = hashPublicKeys(mode, [publicKey]);
  return formatAddress(addressOfSigner(mode, hash, network.transactionVersion));
}

/** The keys of a multisig account, in the order that belongs to its address. */
export interface MultiSigKeys {
  readonly publicKeys: readonly Uint8Array[];
  readonly signaturesRequired: number;
  readonly hashMode: MultiSigMode;
}

/** @rejects wallet/multi-sig, wallet/public-key */
export function checkMultiSigKeys(keys: MultiSigKeys): Result<MultiSigKeys, WalletError> {
  const { publicKeys, signaturesRequired, hashMode } = keys;
  const count = publicKeys.length;
  if (count < 1 || count > LIMITS.multiSigKeysMax) {
    return fail('wallet/multi-sig', `A multisig account has 1 to ${LIMITS.multiSigKeysMax} keys.`);
  }
  if (
    !Number.isInteger(signaturesRequired) ||
    signaturesRequired < 1 ||
    signaturesRequired > count
  ) {
    return fail('wallet/multi-sig', `Of ${count} keys, 1 to ${count} must sign.`);
  }
  if (!publicKeys.every(isValidPublicKey)) {
    return fail('wallet/public-key', 'One of the public keys is not a point of secp256k1.');
  }
  const segwit = hashMode === 'p2wsh' || hashMode === 'p2wsh-unordered';
  if (segwit && publicKeys.some((key) => key.length !== 33)) {
    return fail('wallet/public-key', 'Segwit accounts need compressed public keys.');
  }
  return ok(keys);
}

/** `SM…` or `SN…`. @rejects wallet/multi-sig, wallet/public-key */
export function multiSigAddress(
  keys: MultiSigKeys,
  network: WalletNetwork,
): Result<string, WalletError> {
  const checked = checkMultiSigKeys(keys);
  if (!checked.ok) return checked;
  const { publicKeys, signaturesRequired, hashMode } = keys;
  const hash = hashPublicKeys(hashMode, publicKeys, signaturesRequired);
  return ok(formatAddress(addressOfSigner(hashMode, hash, network.transactionVersion)));
}

/** Base58check P2PKH of the key: where mining and stacking rewards of the same key go. */
export function bitcoinAddressOfPublicKey(publicKey: Uint8Array, network: WalletNetwork): string {
  const out = new Uint8Array(21);
  out[0] = bitcoinVersions(network).address;
  out.set(hash160(publicKey), 1);
  return base58check.encode(out);
}

/** Wallet import format of a compressed key, as bitcoind reads it. Secret. */
export function formatWif(privateKey: Uint8Array, network: WalletNetwork): string {
  const out = new Uint8Array(34);
  out[0] = bitcoinVersions(network).wif;
  out.set(privateKey, 1);
  out[33] = 1;
  return base58check.encode(out);
}
