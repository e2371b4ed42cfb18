/** What a node is told: plain data, from configuration files or tests. */
import type { Genesis } from '@assay/chainstate';
import type { Page } from '@assay/rpc';

export interface MinerSettings {
  /** 32 bytes. Secret. Signs blocks and Bitcoin transactions. */
  readonly privateKey: Uint8Array;
  /** Which Bitcoin address of the key pays. Default p2wpkh. */
  readonly addressKind?: 'p2wpkh' | 'p2pkh';
  readonly burnFeeCapSats: bigint;
  readonly satsPerVbyte: number;
  readonly minTimeBetweenBlocksMs: number;
  /** How long a commit waits for the tenure just won to begin. */
  readonly commitDelayMs: number;
  /** How long another winner may take to begin before our tenure is extended. */
  readonly extendWaitMs: number;
  /** Per cent of its budget that a tenure has spent before it is renewed: all of it, reads alone. */
  readonly renewBudget: { readonly fullPercent: number; readonly readCountPercent: number };
}

export interface ObserverSettings {
  /** `host:port` */
  readonly endpoint: string;
  readonly eventsKeys: readonly string[];
  /** Patience with one delivery before it is repeated. Default 1,000, as stacks-core. */
  readonly timeoutMs?: number;
}

export interface FullNodeOptions {
  readonly genesis: Genesis;
  readonly bitcoin: {
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    readonly wallet?: string;
    readonly pollMs: number;
  };
  /** The same router on each. */
  readonly rpcBinds: readonly { readonly host: string; readonly port: number }[];
  readonly authToken: string | null;
  readonly observers: readonly ObserverSettings[];
  /** Null: a follower. */
  readonly miner: MinerSettings | null;
  /** Key of the account a devnet's faucet pays from, 32 bytes; null: no faucet. Secret. */
  readonly faucetKey: Uint8Array | null;
  readonly serverVersion: string;
  /** Pages that the RPC serves to people. */
  readonly pages?: readonly Page[];
}
