/**
 * The genesis file: what the first state of a chain contains. Two nodes that read the same file
 * compute the same genesis block id; its hash is inside, so a store cannot be opened with another.
 */
import type { Result } from '@assay/bytes';

export interface GenesisBalance {
  readonly address: string;
  readonly amountMicro: bigint;
}

export interface GenesisSigner {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

export interface GenesisModel {
  /** Owner of the entry; default the boot address. */
  readonly owner: string | null;
  /** 32 bytes. */
  readonly manifestHash: Uint8Array;
  readonly name: string;
  readonly uri: string;
}

export interface GenesisHost {
  readonly address: string;
  readonly endpoint: string;
  /** Compressed, 33 bytes. */
  readonly operatingKey: Uint8Array;
  /** Manifest hashes. */
  readonly models: readonly Uint8Array[];
  readonly capacity: bigint;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  readonly bondMicro: bigint;
}

export interface Genesis {
  /** Name in @assay/params: mainnet, testnet or devnet. */
  readonly network: string;
  readonly chainId: number;
  readonly epoch: '3.4';
  readonly timestampSecs: number;
  readonly pox: {
    readonly firstBurnHeight: number;
    readonly rewardCycleLength: number;
    readonly prepareLength: number;
  };
  readonly balances: readonly GenesisBalance[];
  readonly signers: readonly GenesisSigner[];
  readonly models: readonly GenesisModel[];
  readonly hosts: readonly GenesisHost[];
}

export interface GenesisError {
  readonly code: `chainstate/genesis-${string}`;
  /** One sentence that names the field and what is wrong with it. */
  readonly message: string;
}

/** Parses and checks the text of a genesis file. */
export function parseGenesis(_text: string): Result<Genesis, GenesisError> {
  throw new Error('not written yet');
}
