export { LIMITS } from './limits.ts';
export { Marf, type MarfOptions } from './marf.ts';
export type { MarfBlock } from './open-block.ts';
export {
  type MarfProof,
  type ProofNode,
  type ProofSegment,
  type ProofSlot,
  verifyMarfAbsence,
  verifyMarfProof,
} from './proof.ts';
export { decodeMarfProof, encodeMarfProof } from './proof-codec.ts';
export { pathOf } from './text.ts';
