export { Marf } from './marf.ts';
export { type MarfBlock, pathOf } from './open-block.ts';
export {
  decodeMarfProof,
  encodeMarfProof,
  type MarfProof,
  type ProofNode,
  type ProofSegment,
  type ProofSlot,
  verifyMarfProof,
} from './proof.ts';
