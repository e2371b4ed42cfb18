/**
 * Keys of a simulated network: derived from names, so that every run has the same addresses and a
 * failing seed can be replayed anywhere. Worthless outside of a simulation.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { addressOfPublicKey, DEVNET_IDS } from '@assay/wallet';

export interface SimKey {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** `ST…` of the single key. */
  readonly address: string;
}

export function simKey(name: string): SimKey {
  const privateKey = sha256(bytesFromUtf8(`assay simulation ${name}`));
  const publicKey = publicKeyFromPrivate(privateKey);
  return { privateKey, publicKey, address: addressOfPublicKey(publicKey, DEVNET_IDS) };
}
