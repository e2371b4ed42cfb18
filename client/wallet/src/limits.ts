/** Bounds of what a wallet accepts from its user. */
export const LIMITS = {
  /** Bytes of a transfer's memo. */
  memoBytesMax: 34,
  /** Address index in a keychain: BIP-32 indices below the hardened range. */
  accountIndexMax: 0x7fff_ffff,
  /** Keys of one multisig account; Bitcoin scripts count up to 15 keys in 520 bytes. */
  multiSigKeysMax: 15,
} as const;
