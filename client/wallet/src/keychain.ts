/**
 * From a mnemonic to keys: BIP-39 seed, BIP-32 path `m/44'/5757'/0'/0/n`, one account per index.
 * The record `makeKeychain` returns is what `stx make_keychain` prints.
 * Source: BIP-39, BIP-32, SLIP-44 (5757 Stacks); stacks.js wallet-sdk and cli.
 */
import { bytesToHex, ok, type Result } from '@assay/bytes';
import type { SigningKey } from '@assay/wire';
import { HDKey } from '@scure/bip32';
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { addressOfPublicKey, bitcoinAddressOfPublicKey, formatWif } from './address.ts';
import { LIMITS } from './limits.ts';
import type { WalletNetwork } from './network.ts';
import { formatPrivateKey, publicKeyOf } from './private-key.ts';
import { fail, type WalletError } from './wallet-error.ts';

/** Without the account index. */
export const STACKS_PATH = "m/44'/5757'/0'/0";

/** What `make_keychain` prints. Contains secrets. */
export interface Keychain {
  readonly mnemonic: string;
  readonly keyInfo: {
    /** 66 hex digits ending in 01. */
    readonly privateKey: string;
    /** 66 hex digits. */
    readonly publicKey: string;
    readonly address: string;
    readonly btcAddress: string;
    readonly wif: string;
    readonly index: number;
  };
}

/** 24 words from 32 bytes of entropy (12 from 16). Throws on other sizes: a bug of the caller. */
export function createMnemonic(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/** Words separated by single spaces, trimmed; people paste what they have. */
function normalizeMnemonic(mnemonic: string): string {
  return mnemonic.trim().toLowerCase().split(/\s+/).join(' ');
}

function rootOf(mnemonic: string, passphrase: string): Result<HDKey, WalletError> {
  const words = normalizeMnemonic(mnemonic);
  if (!validateMnemonic(words, wordlist)) {
    return fail('wallet/mnemonic', 'The mnemonic has a wrong word, order, or number of words.');
  }
  return ok(HDKey.fromMasterSeed(mnemonicToSeedSync(words, passphrase)));
}

/**
 * The key at any BIP-32 path, compressed.
 * @rejects wallet/mnemonic, wallet/derivation-path
 */
export function deriveKeyAt(
  mnemonic: string,
  path: string,
  passphrase = '',
): Result<SigningKey, WalletError> {
  const root = rootOf(mnemonic, passphrase);
  if (!root.ok) return root;
  try {
    const privateKey = root.value.derive(path).privateKey;
    if (privateKey) return ok({ privateKey, compressed: true });
  } catch {
    // Fall through: the library's message may quote what it was given.
  }
  return fail('wallet/derivation-path', "A derivation path looks like m/44'/5757'/0'/0/0.");
}

/** The key of account `index`. @rejects wallet/mnemonic, wallet/account-index */
export function deriveAccountKey(
  mnemonic: string,
  index = 0,
  passphrase = '',
): Result<SigningKey, WalletError> {
  if (!Number.isInteger(index) || index < 0 || index > LIMITS.accountIndexMax) {
    return fail('wallet/account-index', 'An account index is a whole number from 0 upward.');
  }
  return deriveKeyAt(mnemonic, `${STACKS_PATH}/${index}`, passphrase);
}

/** @rejects wallet/mnemonic, wallet/account-index */
export function makeKeychain(
  mnemonic: string,
  network: WalletNetwork,
  index = 0,
): Result<Keychain, WalletError> {
  const key = deriveAccountKey(mnemonic, index);
  if (!key.ok) return key;
  const publicKey = publicKeyOf(key.value);
  return ok({
    mnemonic: normalizeMnemonic(mnemonic),
    keyInfo: {
      privateKey: formatPrivateKey(key.value),
      publicKey: bytesToHex(publicKey),
      address: addressOfPublicKey(publicKey, network),
      btcAddress: bitcoinAddressOfPublicKey(publicKey, network),
      wif: formatWif(key.value.privateKey, network),
      index,
    },
  });
}
