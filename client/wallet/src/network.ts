/**
 * The two numbers of a network that a transaction carries. `NetworkParams` of @assay/params has
 * them, so any of its networks can be passed wherever a wallet asks for one.
 */
export interface WalletNetwork {
  /** First byte of a transaction: 0x00 mainnet, 0x80 test networks. */
  readonly transactionVersion: 0x00 | 0x80;
  /** u32. */
  readonly chainId: number;
}

/** The ids of Stacks' testnet, which the devnet keeps so that wallets just work. */
export const DEVNET_IDS: WalletNetwork = { transactionVersion: 0x80, chainId: 0x80000000 };

/** The ids of Stacks' mainnet, for deriving `SP…` addresses. */
export const STACKS_MAINNET_IDS: WalletNetwork = { transactionVersion: 0x00, chainId: 1 };
