/**
 * The three networks a node can join, as plain data: identifiers, address versions, Bitcoin side,
 * PoX geometry, emission. `mainnet` and `testnet` carry ids of their own so that nothing of ours can
 * be mistaken for Stacks; `devnet` keeps Stacks' testnet ids so that wallets work unmodified.
 * Source: reference/stacks.md 2.3, 2.5, 2.7, 2.8, 2.14.
 */
import type { EmissionStep } from './emission.ts';
import { MICRO_PER_STX } from './emission.ts';
import type { PoxParams } from './pox.ts';

export type NetworkName = 'mainnet' | 'testnet' | 'devnet';

export interface NetworkParams {
  readonly name: NetworkName;
  /** Real money: mainnet transaction version and address versions. */
  readonly isMainnet: boolean;
  /** First byte of a transaction. */
  readonly transactionVersion: 0x00 | 0x80;
  /** u32 inside every transaction. */
  readonly chainId: number;
  /** C32 versions of addresses. */
  readonly addressVersions: { readonly singleSig: number; readonly multiSig: number };
  /** Owner of the boot contracts (hash of zeros, single-sig version). */
  readonly bootAddress: string;
  /** u32 of the P2P preamble: network, and peer version whose low byte is the epoch. */
  readonly networkId: number;
  readonly peerVersion: number;
  readonly bitcoin: BitcoinParams;
  readonly pox: PoxParams;
  readonly emission: readonly EmissionStep[];
  /** Tenures until a coinbase and its fees can be spent (`MINER_REWARD_MATURITY`). */
  readonly minerRewardMaturity: number;
  /** Sortitions that share the bonus of Bitcoin blocks before the first winner. */
  readonly initialMiningBonusWindow: number;
  /** Default ports on loopback. */
  readonly ports: { readonly rpc: number; readonly p2p: number };
}

export interface BitcoinParams {
  readonly network: 'mainnet' | 'testnet' | 'regtest';
  /** Two bytes in front of every burn operation. */
  readonly magic: Uint8Array;
  readonly rpcPort: number;
  /** Least payout of a commit output in satoshis that Bitcoin relays. */
  readonly dustSats: bigint;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export const MAINNET: NetworkParams = {
  name: 'mainnet',
  isMainnet: true,
  transactionVersion: 0x00,
  chainId: 0x41535359,
  addressVersions: { singleSig: 22, multiSig: 20 },
  bootAddress: 'SP000000000000000000002Q6VF78',
  networkId: 0x41000000,
  peerVersion: 0xa550_000f,
  bitcoin: { network: 'mainnet', magic: ascii('A1'), rpcPort: 8332, dustSats: 5_500n },
  pox: {
    firstBurnHeight: 960_000,
    rewardCycleLength: 2_100,
    prepareLength: 100,
    outputsPerCommit: 2,
  },
  emission: [
    { fromOffset: 0, coinbaseMicro: 1_000n * MICRO_PER_STX },
    { fromOffset: 278_950, coinbaseMicro: 500n * MICRO_PER_STX },
    { fromOffset: 488_950, coinbaseMicro: 250n * MICRO_PER_STX },
    { fromOffset: 698_950, coinbaseMicro: 125n * MICRO_PER_STX },
    { fromOffset: 908_950, coinbaseMicro: 62_500_000n },
  ],
  minerRewardMaturity: 100,
  initialMiningBonusWindow: 10_000,
  ports: { rpc: 20443, p2p: 20444 },
};

export const TESTNET: NetworkParams = {
  ...MAINNET,
  name: 'testnet',
  isMainnet: false,
  transactionVersion: 0x80,
  chainId: 0xc1535359,
  addressVersions: { singleSig: 26, multiSig: 21 },
  bootAddress: 'ST000000000000000000002AMW42H',
  networkId: 0xc1000000,
  peerVersion: 0xa551_000f,
  bitcoin: { network: 'testnet', magic: ascii('a1'), rpcPort: 18332, dustSats: 5_500n },
  pox: {
    firstBurnHeight: 100_000,
    rewardCycleLength: 900,
    prepareLength: 100,
    outputsPerCommit: 2,
  },
};

/**
 * One machine, loopback, Bitcoin regtest. Sortitions start at height 101, when the miner's first
 * regtest coinbase can be spent.
 */
export const DEVNET: NetworkParams = {
  ...TESTNET,
  name: 'devnet',
  chainId: 0x80000000,
  networkId: 0xff000000,
  peerVersion: 0xfacade0f,
  bitcoin: { network: 'regtest', magic: ascii('id'), rpcPort: 18443, dustSats: 5_500n },
  pox: { firstBurnHeight: 100, rewardCycleLength: 20, prepareLength: 5, outputsPerCommit: 2 },
  emission: [{ fromOffset: 0, coinbaseMicro: 1_000n * MICRO_PER_STX }],
  minerRewardMaturity: 10,
  initialMiningBonusWindow: 10,
};

export const NETWORKS: Readonly<Record<NetworkName, NetworkParams>> = {
  mainnet: MAINNET,
  testnet: TESTNET,
  devnet: DEVNET,
};

/** A network whose PoX geometry comes from a genesis file or a test. */
export function withPox(network: NetworkParams, pox: Partial<PoxParams>): NetworkParams {
  return { ...network, pox: { ...network.pox, ...pox } };
}
