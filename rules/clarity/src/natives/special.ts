/** What special natives share: the opening checks of a call, and casts of evaluated arguments. */
import { DEPTH_MAX, tooDeep } from '../compile/depth.ts';
import { checkError, type RuntimeFailure } from '../errors.ts';
import type { Code } from '../exec/exec.ts';
import { describeValue, type PrincipalV, type Value } from '../value.ts';
import type { SpecialCall } from './table.ts';

/** Checks depth, charges the lookup and `runtime`, then runs `body`. */
export function special(call: SpecialCall, runtime: number, body: Code): Code {
  const { k, lookup } = call;
  const cost = lookup + runtime;
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    f.x.m.addRuntime(cost);
    return body(f);
  };
}

/** A call with the wrong number of arguments: the type checker rejects it before. */
export function wrongArity(call: SpecialCall): Code {
  return special(call, 0, () => {
    throw checkError('IncorrectArgumentCount', `${call.name}: ${call.args.length} arguments`);
  });
}

export function badType(expected: string, value: Value): RuntimeFailure {
  return checkError('TypeValueError', `expected ${expected}, got ${describeValue(value)}`);
}

export function unreachableType(message: string): RuntimeFailure {
  return checkError('Unreachable', message);
}

export function expectUint(value: Value): bigint {
  if (value.type !== 'uint') throw badType('uint', value);
  return value.value;
}

export function expectPrincipal(value: Value): PrincipalV {
  if (value.type !== 'principal') throw badType('principal', value);
  return value;
}

/** The plain name at an argument position, or null. */
export function atomName(call: SpecialCall, index: number): string | null {
  const arg = call.args[index];
  return arg?.kind === 'atom' ? arg.name : null;
}
