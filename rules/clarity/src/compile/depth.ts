/** The call-stack limit, and what finding a function costs before anything is called. */
import { costRuntime } from '../costs/charge.ts';
import { RuntimeFailure } from '../errors.ts';
import type { Frame } from '../exec/exec.ts';
import { LIMITS } from '../limits.ts';

export const LOOKUP_FUNCTION: number = costRuntime('lookupFunction', 0);
export const DEPTH_MAX: number = LIMITS.callStackDepth;

/** The stack is full: the reference has charged the lookup before it notices. */
export function tooDeep(frame: Frame, lookup: number): never {
  frame.x.m.addRuntime(lookup);
  throw new RuntimeFailure('MaxStackDepthReached');
}
