/**
 * The named facts of a rule set. Only this room knows epoch numbers; everybody else asks for a fact.
 * Our chains start in epoch 3.4 (PoX-4, Clarity 1 to 5, costs-4), so there is one rule set today;
 * the next one is a second object and a dispatch by burn height here.
 * Source: SIP-021, SIP-033, SIP-034, SIP-039, SIP-040; reference/stacks.md 2.1.
 */
export interface Rules {
  /** As Stacks names it, e.g. in `/v2/pox`. */
  readonly epoch: '3.4';
  readonly epochId: number;
  /** Low byte of the P2P peer version. */
  readonly peerEpoch: number;
  /** Smallest epoch marker a block commit must carry to be accepted. */
  readonly commitMarkerMin: number;
  /** Clarity version of an unversioned contract, and the highest that may be named. */
  readonly clarityDefault: 1 | 2 | 3 | 4 | 5;
  readonly clarityMax: 1 | 2 | 3 | 4 | 5;
  readonly costTable: 'costs-4';
  readonly blockHeaderVersion: 0;
  /** Tenure extends of one cost dimension, causes 2 to 6 (SIP-034). */
  readonly extendOneDimensionAllowed: boolean;
  /** Post-condition mode 3 (originator) and NFT condition 0x12 (maybe sent). */
  readonly originatorModeAllowed: boolean;
  /** Quirk: before 4.0 the order of signer signatures is compared with the first index only. */
  readonly signatureOrderStrict: boolean;
  /** High-S signatures of transactions are refused from 4.0. */
  readonly lowSRequired: boolean;
  readonly atBlockAllowed: boolean;
  /** Sortition looks at this many Bitcoin blocks of commits (`MINING_COMMITMENT_WINDOW`). */
  readonly commitWindow: number;
  /** A candidate needs commits in this many blocks of the window (or all, when it is shorter). */
  readonly commitFrequencyMin: number;
  /** Payload id 9, the inference request of this project. */
  readonly inferAllowed: boolean;
}

const EPOCH_3_4: Rules = {
  epoch: '3.4',
  epochId: 0x03004,
  peerEpoch: 0x0f,
  commitMarkerMin: 0x10,
  clarityDefault: 5,
  clarityMax: 5,
  costTable: 'costs-4',
  blockHeaderVersion: 0,
  extendOneDimensionAllowed: true,
  originatorModeAllowed: true,
  signatureOrderStrict: false,
  lowSRequired: false,
  atBlockAllowed: false,
  commitWindow: 6,
  commitFrequencyMin: 3,
  inferAllowed: true,
};

/** The rules in force at a burn height. @consensus */
export function rulesAt(_burnHeight: number): Rules {
  return EPOCH_3_4;
}
