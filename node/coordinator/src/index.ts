/** Bitcoin block in, sortition out; Stacks block in, verified, executed, perhaps the new tip. */
export { burnStateOf, burnViewOf } from './block-context.ts';
export type { BurnPosition, Election } from './burn-intake.ts';
export {
  type ChainstatePort,
  Coordinator,
  type CoordinatorDeps,
  type CoordinatorOptions,
  type Submitted,
} from './coordinator.ts';
export type { CoordinatorEvent, CoordinatorEvents } from './events.ts';
export type { TipMove } from './fork-choice.ts';
export { LIMITS } from './limits.ts';
export type { BlockRefusal, CoordinatorCode } from './rejection.ts';
export { checkSignerSignatures } from './signer-signatures.ts';
export { type TenureForm, tenureForm } from './tenure-form.ts';
export { type VerifiedBlock, verifyAlone, verifyOnParent } from './verify-block.ts';
