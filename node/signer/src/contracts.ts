/** Names of the StackerDB contracts a signer reads and writes. */
export interface Contracts {
  readonly miners: string;
  readonly inference: string;
  readonly sessions: string;
  readonly receipts: string;
  /** `.signers-{cycle mod 2}-{lane}` */
  signers(cycle: number, lane: number): string;
  /** `.inference-verdicts-{cycle mod 2}` */
  verdicts(cycle: number): string;
}

export function contractsOf(bootAddress: string): Contracts {
  return {
    miners: `${bootAddress}.miners`,
    inference: `${bootAddress}.inference`,
    sessions: `${bootAddress}.sessions`,
    receipts: `${bootAddress}.inference-receipts`,
    signers: (cycle, lane) => `${bootAddress}.signers-${cycle % 2}-${lane}`,
    verdicts: (cycle) => `${bootAddress}.inference-verdicts-${cycle % 2}`,
  };
}
