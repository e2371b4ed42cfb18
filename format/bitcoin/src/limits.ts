/**
 * Every bound of this room in one place. Numbers are Bitcoin's own consensus limits, except where
 * a line says otherwise. Decoders check a count against what is left to read before they allocate.
 * Source: Bitcoin Core consensus/consensus.h, serialize.h, script/script.h.
 */
export const LIMITS = {
  /** Largest count or length a compact size may announce (serialize.h MAX_SIZE). */
  compactSizeMax: 0x02000000,
  /** Serialised size of one block with witnesses; a block of 4,000,000 weight is never larger. */
  blockBytesMax: 4_000_000,
  /** Weight units of one block. */
  blockWeightMax: 4_000_000,
  /** All coins that will ever exist, in satoshi: no output or sum of outputs exceeds it. */
  moneySatsMax: 2_100_000_000_000_000n,
  /** Bytes of one script that can still be executed. */
  scriptBytesMax: 10_000,
  /** Bytes one push may carry in an executed script. */
  scriptPushBytesMax: 520,
  /** Payload of a standard OP_RETURN output (policy before Core 30): 80 bytes. */
  opReturnDataBytesMax: 80,
  /** Longest address text this room looks at (bech32 allows 90 characters). */
  addressCharsMax: 90,
} as const;

/** A coin in satoshi. */
export const COIN_SATS = 100_000_000n;

/** A weight unit counts witness bytes once and all other bytes this many times (BIP141). */
export const WITNESS_SCALE = 4;
