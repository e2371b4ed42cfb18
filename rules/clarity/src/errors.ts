/**
 * How an execution stops early. Parse and check failures come before running; runtime failures and
 * early returns travel as JavaScript throws inside the VM and never leave its door (`vm.ts`).
 *
 * Names are Stacks': stacks-core clarity/src/vm/errors.rs, analysis/errors.rs, ast/errors.rs.
 */
import type { Span } from './outcome.ts';
import type { Value } from './value.ts';

/** The source text is not a program. */
export class ParseFailure {
  readonly name: string;
  readonly message: string;
  readonly span: Span;

  constructor(name: string, message: string, span: Span) {
    this.name = name;
    this.message = message;
    this.span = span;
  }
}

/** What to say of a refusal that has nothing of its own to tell. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['AtBlockClosureMustBeReadOnly', 'the expression in at-block may only read'],
  ['BadMapName', 'the name of a map of this contract belongs here'],
  ['ConstructedListTooLarge', 'the list would be longer than a list may be'],
  ['CouldNotDetermineMatchTypes', 'match needs a value whose branches both have a known type'],
  ['CouldNotDetermineResponseErrType', "there is no 'err' type to unwrap: the value is never err"],
  [
    'CouldNotDetermineResponseOkType',
    "there is no 'ok' or 'some' type to unwrap: the value is always err or none",
  ],
  [
    'CouldNotDetermineSerializationType',
    'the size of the serialized value cannot be told from its type',
  ],
  ['CouldNotDetermineType', 'the type of this expression cannot be told'],
  ['DefineFunctionBadSignature', 'a function is defined as (name (parameter type) ...) and a body'],
  ['EmptyTuplesNotAllowed', 'a tuple has at least one field'],
  ['ExpectedListOfAllowances', 'a list of allowances, such as ((with-stx u1)), belongs here'],
  ['GetBlockInfoExpectPropertyName', 'the name of a property, such as time, belongs here'],
  ['GetBurnBlockInfoExpectPropertyName', 'header-hash or pox-addrs belongs here'],
  ['GetStacksBlockInfoExpectPropertyName', 'the name of a property, such as time, belongs here'],
  ['GetTenureInfoExpectPropertyName', 'the name of a property, such as vrf-seed, belongs here'],
  ['MaxIdentifierLengthExceeded', 'with-nft takes at most 128 identifiers'],
  ['MaxLengthOverflow', 'the length does not fit 32 bits'],
  ['NonFunctionApplication', 'a list in code begins with the name of a function'],
  ['ReadOnlyCheckerRecursionLimitExceeded', 'functions call each other too deep to be checked'],
  ['SupertypeTooLarge', 'the type that covers both values would be too large'],
  ['TooManyAllowances', 'at most 128 allowances can be given'],
  ['TooManyFunctionParameters', 'a function takes at most 256 parameters'],
  ['TraitReferenceChainTooDeep', 'traits refer to traits too many levels deep'],
  ['TypeError', 'the types do not fit together'],
  ['TypeSignatureTooDeep', 'a type nests at most 32 levels'],
  ['ValueOutOfBounds', 'a length cannot be negative'],
  ['ValueTooLarge', 'a value holds at most 1,048,576 bytes'],
  ['WithAllAllowanceNotAllowed', 'with-all-assets-unsafe cannot be used here'],
  ['WithAllAllowanceNotAlone', 'with-all-assets-unsafe stands alone or not at all'],
  ['WithNftExpectedListOfIdentifiers', 'with-nft needs a list of asset identifiers'],
]);

export const wordsOf = (name: string): string => WORDS.get(name) ?? name;

/** Static analysis rejected the program. */
export class CheckFailure {
  readonly name: string;
  readonly message: string;
  span: Span | null;

  constructor(name: string, message: string, span: Span | null = null) {
    this.name = name;
    this.message = message === name ? wordsOf(name) : message;
    this.span = span;
  }
}

/**
 * A run that cannot go on: arithmetic, unwraps, missing contracts, broken run-time checks.
 * Not an `Error`: no JavaScript stack is captured, throwing stays cheap.
 */
export class RuntimeFailure {
  readonly name: string;
  readonly message: string;
  /** `check` for Stacks' RuntimeCheckErrorKind, `runtime` for RuntimeError. */
  readonly kind: 'runtime' | 'check';

  constructor(name: string, message = name, kind: 'runtime' | 'check' = 'runtime') {
    this.name = name;
    this.message = message;
    this.kind = kind;
  }
}

/** `try!`, `unwrap!`, `asserts!`: leaves the enclosing function with `value`. */
export class EarlyReturn {
  readonly value: Value;
  readonly kind: 'unwrap' | 'assert';

  constructor(value: Value, kind: 'unwrap' | 'assert') {
    this.value = value;
    this.kind = kind;
  }
}

export function checkError(name: string, message = name): RuntimeFailure {
  return new RuntimeFailure(name, message, 'check');
}
