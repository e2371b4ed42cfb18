/**
 * One wallet: scripts it watches and keys it can spend with. Keys are made from a stored seed and
 * kept in plain text, as fits a chain whose coins are worth nothing. Coins are not tracked here:
 * they are looked up by script in the chain and the mempool.
 */
import {
  formatAddress,
  p2pkhScript,
  p2shScript,
  p2wpkhScript,
  type SpendingKey,
} from '@assay/bitcoin';
import { ByteWriter, bytesFromHex, bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { hash160, isValidPrivateKey, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import type { RegtestChain } from '../chain/chain.ts';
import type { Coin, Outpoint } from '../chain/coin.ts';
import { LIMITS } from '../limits.ts';
import type { Mempool } from '../mempool/mempool.ts';
import { descriptorChecksum } from './descriptor.ts';

export type AddressType = 'legacy' | 'p2sh-segwit' | 'bech32';

/** A script of the wallet, as stored (hex texts make the record plain JSON). */
export interface WalletScript {
  readonly scriptHex: string;
  readonly desc: string;
  readonly label: string;
  readonly isChange: boolean;
  /** Null: watch only. */
  readonly privateKeyHex: string | null;
  readonly isCompressed: boolean;
  readonly isSolvable: boolean;
  readonly timestampSecs: number;
}

export interface WalletRecord {
  readonly name: string;
  readonly hasPrivateKeys: boolean;
  /** 32 bytes in hex; null for watch-only wallets. Secret. */
  readonly seedHex: string | null;
  /** Keys made so far. */
  readonly keyCount: number;
  readonly isLoaded: boolean;
  readonly scripts: readonly WalletScript[];
}

export interface WalletCoin {
  readonly at: Outpoint;
  readonly coin: Coin;
  readonly script: WalletScript;
  /** 0 in the mempool. */
  readonly confirmations: number;
}

export class Wallet {
  #record: Omit<WalletRecord, 'scripts'>;
  readonly #scripts = new Map<string, WalletScript>();

  constructor(record: WalletRecord) {
    const { scripts, ...rest } = record;
    this.#record = rest;
    for (const script of scripts) this.#scripts.set(script.scriptHex, script);
  }

  get name(): string {
    return this.#record.name;
  }

  get hasPrivateKeys(): boolean {
    return this.#record.hasPrivateKeys;
  }

  get isLoaded(): boolean {
    return this.#record.isLoaded;
  }

  get scripts(): Iterable<WalletScript> {
    return this.#scripts.values();
  }

  get scriptCount(): number {
    return this.#scripts.size;
  }

  setLoaded(isLoaded: boolean): void {
    this.#record = { ...this.#record, isLoaded };
  }

  toRecord(): WalletRecord {
    return { ...this.#record, scripts: [...this.#scripts.values()] };
  }

  /** What the wallet knows about a script, or null. */
  scriptOf(script: Uint8Array): WalletScript | null {
    return this.#scripts.get(bytesToHex(script)) ?? null;
  }

  /** Null when the wallet cannot sign for it. */
  keyOf(script: Uint8Array): SpendingKey | null {
    const known = this.scriptOf(script);
    if (known === null || known.privateKeyHex === null) return null;
    return { privateKey: bytesFromHex(known.privateKeyHex), compressed: known.isCompressed };
  }

  /** False when the wallet is full. */
  add(script: WalletScript): boolean {
    if (this.#scripts.size >= LIMITS.walletScriptsMax) return false;
    const known = this.#scripts.get(script.scriptHex);
    if (known !== undefined && known.privateKeyHex !== null && script.privateKeyHex === null) {
      return true;
    }
    this.#scripts.set(script.scriptHex, script);
    return true;
  }

  /** The next key's script; null without private keys or when full. */
  newScript(type: AddressType, label: string, isChange: boolean, nowSecs: number) {
    const { seedHex, keyCount } = this.#record;
    if (seedHex === null) return null;
    this.#record = { ...this.#record, keyCount: keyCount + 1 };
    const privateKey = deriveKey(bytesFromHex(seedHex), keyCount);
    const publicKey = publicKeyFromPrivate(privateKey);
    const { script, desc } = scriptOfType(type, publicKey);
    const added: WalletScript = {
      scriptHex: bytesToHex(script),
      desc: `${desc}#${descriptorChecksum(desc)}`,
      label,
      isChange,
      privateKeyHex: bytesToHex(privateKey),
      isCompressed: true,
      isSolvable: true,
      timestampSecs: nowSecs,
    };
    return this.add(added) ? { script, address: formatAddress(script, 'regtest')! } : null;
  }

  /** Unspent outputs of the wallet, also immature ones; none that the mempool spends. */
  coins(chain: RegtestChain, mempool: Mempool): WalletCoin[] {
    const found: WalletCoin[] = [];
    for (const script of this.#scripts.values()) {
      for (const [at, coin] of chain.coins.ofScript(bytesFromHex(script.scriptHex))) {
        const confirmations = chain.burnHeight - coin.burnHeight + 1;
        found.push({ at, coin, script, confirmations });
      }
    }
    for (const { known } of mempool.pool.all()) {
      for (const [index, output] of known.tx.outputs.entries()) {
        const script = this.scriptOf(output.script);
        if (script === null) continue;
        const coin = { ...output, burnHeight: chain.burnHeight + 1, isCoinbase: false };
        found.push({ at: { txid: known.txid, index }, coin, script, confirmations: 0 });
      }
    }
    return found.filter(({ at }) => mempool.pool.spender(displayId(at), at.index) === null);
  }
}

function displayId(at: Outpoint): string {
  return bytesToHex(at.txid.slice().reverse());
}

/** True when a coinbase output cannot be spent by the next block yet. */
export function isImmature({ coin, confirmations }: WalletCoin): boolean {
  return coin.isCoinbase && confirmations < LIMITS.coinbaseMaturity;
}

/** Keys are hashes of seed and number: no tree is needed here. */
function deriveKey(seed: Uint8Array, index: number): Uint8Array {
  let key = sha256(concatBytes(seed, new ByteWriter(4).u32(index).finish()));
  while (!isValidPrivateKey(key)) key = sha256(key);
  return key;
}

function scriptOfType(type: AddressType, publicKey: Uint8Array) {
  const hash = hash160(publicKey);
  const hex = bytesToHex(publicKey);
  if (type === 'legacy') return { script: p2pkhScript(hash), desc: `pkh(${hex})` };
  const witness = p2wpkhScript(hash);
  if (type === 'bech32') return { script: witness, desc: `wpkh(${hex})` };
  return { script: p2shScript(hash160(witness)), desc: `sh(wpkh(${hex}))` };
}

export function encodeWallet(wallet: Wallet): Uint8Array {
  return bytesFromUtf8(JSON.stringify(wallet.toRecord()));
}
