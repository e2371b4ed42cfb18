/** What the session door needs from the chain. `session-chain.ts` reads it over RPC; tests bring their own. */
import type { SessionTerms } from '@assay/jobs';

export interface SessionChainPort {
  /** Null when the chain knows no such session. Throws when the world fails. */
  session(id: bigint): Promise<SessionTerms | null>;
  /** Hashes of the newest Bitcoin blocks, newest first: beacons a request may name. */
  recentBurnHashes(): Promise<readonly Uint8Array[]>;
  burnHeight(): Promise<number>;
}
