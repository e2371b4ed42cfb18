/**
 * Matchers for Clarity values: `expect(result).toBeOk(Cl.uint(1))` and their like. What is compared
 * may hold asymmetric matchers (`expect.anything()`); messages show values as Clarity text.
 *
 * Names and arguments are those of @stacks/clarinet-sdk, so that test files run unchanged.
 */
import { Cl, ClarityType, type ClarityValue, cvToValue } from '@stacks/transactions';
import { expect } from 'vitest';

interface State {
  readonly isNot: boolean;
  equals(a: unknown, b: unknown, testers?: unknown[], strict?: boolean): boolean;
}

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

// Version 6 of @stacks/transactions numbers its types, version 7 names them.
const TYPE_NAMES = new Map<unknown, string>(
  Object.entries(ClarityType)
    .filter(([name]) => Number.isNaN(Number(name)))
    .map(([name, type]) => [type, name]),
);

function isValue(value: unknown): value is ClarityValue {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return TYPE_NAMES.has(value.type);
}

function show(value: unknown): string {
  if (isValue(value)) return Cl.prettyPrint(value);
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'object' && value !== null && !('asymmetricMatch' in value)) {
    const fields = Object.entries(value).map(([key, one]) => `${key}: ${show(one)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return String(value);
}

const not = (state: State) => (state.isNot ? 'not ' : '');

/** Null when the value has the type; else the verdict that it does not. */
function wrongType(state: State, actual: unknown, type: ClarityType): Verdict | null {
  if (isValue(actual) && actual.type === type) return null;
  const wanted = TYPE_NAMES.get(type);
  const got = isValue(actual)
    ? `${TYPE_NAMES.get(actual.type)}: ${show(actual)}`
    : `${typeof actual}, which is no Clarity value`;
  return {
    pass: false,
    message: () => `expected ${not(state)}a Clarity ${wanted}, got ${got}`,
    actual: isValue(actual) ? TYPE_NAMES.get(actual.type) : actual,
    expected: wanted,
  };
}

function compare(state: State, actual: unknown, pass: boolean, expected: unknown): Verdict {
  return {
    pass,
    message: () => `expected ${show(actual)} ${not(state)}to be ${show(expected)}`,
    actual: show(actual),
    expected: show(expected),
  };
}

/** The whole value is compared. */
function whole(state: State, actual: unknown, type: ClarityType, expected: () => ClarityValue) {
  const wrong = wrongType(state, actual, type);
  if (wrong !== null) return wrong;
  const value = expected();
  return compare(state, actual, state.equals(actual, value, undefined, true), value);
}

/** What is inside is compared: `ok`, `err`, `some`, lists, tuples. */
function inside(state: State, actual: unknown, type: ClarityType, expected: unknown): Verdict {
  const wrong = wrongType(state, actual, type);
  if (wrong !== null) return wrong;
  const content = contentOf(actual as ClarityValue);
  return compare(state, content, state.equals(content, expected, undefined, true), expected);
}

/** Version 6 keeps lists in `list` and tuples in `data`. */
function contentOf(value: ClarityValue): unknown {
  const fields = value as unknown as Record<string, unknown>;
  return fields.value ?? fields.list ?? fields.data;
}

function principalOf(text: string): ClarityValue {
  const dot = text.indexOf('.');
  return dot === -1
    ? Cl.standardPrincipal(text)
    : Cl.contractPrincipal(text.slice(0, dot), text.slice(dot + 1));
}

export const clarityMatchers = {
  toHaveClarityType(this: State, actual: unknown, type: ClarityType): Verdict {
    const wrong = wrongType(this, actual, type);
    if (wrong !== null) return wrong;
    const name = TYPE_NAMES.get(type);
    return { pass: true, message: () => `expected ${not(this)}a Clarity ${name}` };
  },
  toBeOk(this: State, actual: unknown, expected: unknown) {
    return inside(this, actual, ClarityType.ResponseOk, expected);
  },
  toBeErr(this: State, actual: unknown, expected: unknown) {
    return inside(this, actual, ClarityType.ResponseErr, expected);
  },
  toBeSome(this: State, actual: unknown, expected: unknown) {
    return inside(this, actual, ClarityType.OptionalSome, expected);
  },
  toBeNone(this: State, actual: unknown) {
    return whole(this, actual, ClarityType.OptionalNone, () => Cl.none());
  },
  toBeBool(this: State, actual: unknown, expected: boolean) {
    const type = expected ? ClarityType.BoolTrue : ClarityType.BoolFalse;
    return whole(this, actual, type, () => Cl.bool(expected));
  },
  toBeInt(this: State, actual: unknown, expected: number | bigint) {
    return whole(this, actual, ClarityType.Int, () => Cl.int(expected));
  },
  toBeUint(this: State, actual: unknown, expected: number | bigint) {
    return whole(this, actual, ClarityType.UInt, () => Cl.uint(expected));
  },
  toBeAscii(this: State, actual: unknown, expected: string) {
    return whole(this, actual, ClarityType.StringASCII, () => Cl.stringAscii(expected));
  },
  toBeUtf8(this: State, actual: unknown, expected: string) {
    return whole(this, actual, ClarityType.StringUTF8, () => Cl.stringUtf8(expected));
  },
  toBePrincipal(this: State, actual: unknown, expected: string): Verdict {
    const type = expected.includes('.')
      ? ClarityType.PrincipalContract
      : ClarityType.PrincipalStandard;
    const wrong = wrongType(this, actual, type);
    if (wrong !== null) return wrong;
    try {
      principalOf(expected);
    } catch {
      return { pass: false, message: () => `${expected} is not a principal` };
    }
    const text = String(cvToValue(actual as ClarityValue));
    return compare(this, actual, text === expected, principalOf(expected));
  },
  /** @param expected bytes, or hex with or without `0x` */
  toBeBuff(this: State, actual: unknown, expected: Uint8Array | string) {
    const bytes = () =>
      typeof expected === 'string' ? Cl.bufferFromHex(expected) : Cl.buffer(expected);
    return whole(this, actual, ClarityType.Buffer, bytes);
  },
  toBeList(this: State, actual: unknown, expected: readonly unknown[]) {
    return inside(this, actual, ClarityType.List, expected);
  },
  toBeTuple(this: State, actual: unknown, expected: Readonly<Record<string, unknown>>) {
    return inside(this, actual, ClarityType.Tuple, expected);
  },
};

expect.extend(clarityMatchers);

interface ClarityMatchers<R = unknown> {
  toHaveClarityType(type: ClarityType): R;
  toBeOk(expected: unknown): R;
  toBeErr(expected: unknown): R;
  toBeSome(expected: unknown): R;
  toBeNone(): R;
  toBeBool(expected: boolean): R;
  toBeInt(expected: number | bigint): R;
  toBeUint(expected: number | bigint): R;
  toBeAscii(expected: string): R;
  toBeUtf8(expected: string): R;
  toBePrincipal(expected: string): R;
  toBeBuff(expected: Uint8Array | string): R;
  toBeList(expected: readonly unknown[]): R;
  toBeTuple(expected: Readonly<Record<string, unknown>>): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own declaration
  interface Assertion<T = any> extends ClarityMatchers<T> {}
  interface AsymmetricMatchersContaining extends ClarityMatchers {}
}
