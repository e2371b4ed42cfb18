/**
 * Clarity values as plain readonly data, and the constructors `Cv.*` that check their bounds.
 * Everything that crosses between the VM, transactions, receipts and clients is one of these.
 * Source: SIP-002 "Types"; clarity-types/src/types/mod.rs Value.
 */
import { assert } from '@assay/bytes';
import { INT_MAX, INT_MIN, UINT_MAX } from './limits.ts';
import { isClarityName } from './names.ts';
import { type Principal, parsePrincipal } from './principal.ts';

export type IntValue = { readonly type: 'int'; readonly value: bigint };
export type UintValue = { readonly type: 'uint'; readonly value: bigint };
export type BoolValue = { readonly type: 'bool'; readonly value: boolean };
export type BufferValue = { readonly type: 'buffer'; readonly value: Uint8Array };
export type NoneValue = { readonly type: 'none' };
export type SomeValue = { readonly type: 'some'; readonly value: ClarityValue };
export type OkValue = { readonly type: 'ok'; readonly value: ClarityValue };
export type ErrValue = { readonly type: 'err'; readonly value: ClarityValue };
export type PrincipalValue = { readonly type: 'principal' } & Principal;
export type ListValue = {
  readonly type: 'list';
  readonly items: readonly ClarityValue[];
  /** The declared type of the entries; only the VM sets it, the wire does not carry it. */
  readonly entryType?: unknown;
};
export type TupleValue = {
  readonly type: 'tuple';
  /** In ascending order of keys (ASCII). */
  readonly entries: ReadonlyMap<string, ClarityValue>;
};
export type AsciiValue = { readonly type: 'string-ascii'; readonly value: string };
export type Utf8Value = { readonly type: 'string-utf8'; readonly value: string };

export type ClarityValue =
  | IntValue
  | UintValue
  | BoolValue
  | BufferValue
  | NoneValue
  | SomeValue
  | OkValue
  | ErrValue
  | PrincipalValue
  | ListValue
  | TupleValue
  | AsciiValue
  | Utf8Value;

const TRUE: BoolValue = { type: 'bool', value: true };
const FALSE: BoolValue = { type: 'bool', value: false };
const NONE: NoneValue = { type: 'none' };

/** Half of a pair has no UTF-8 form; an encoder would silently write another character. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Printable ASCII and the five ASCII white spaces; no other control characters. */
export function isAsciiText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isAsciiCode(text.charCodeAt(i))) return false;
  return true;
}

/** One byte of a `string-ascii`: 0x20 to 0x7e, tab, line feed, form feed, carriage return. */
export function isAsciiCode(code: number): boolean {
  if (code >= 0x20) return code <= 0x7e;
  return code === 9 || code === 10 || code === 12 || code === 13;
}

/** Constructors. They assert: an out-of-range argument is a mistake of the caller. */
export const Cv = {
  int(value: bigint | number): IntValue {
    const big = BigInt(value);
    assert(big >= INT_MIN && big <= INT_MAX, 'int out of 128-bit range');
    return { type: 'int', value: big };
  },
  uint(value: bigint | number): UintValue {
    const big = BigInt(value);
    assert(big >= 0n && big <= UINT_MAX, 'uint out of 128-bit range');
    return { type: 'uint', value: big };
  },
  bool(value: boolean): BoolValue {
    return value ? TRUE : FALSE;
  },
  buffer(value: Uint8Array): BufferValue {
    return { type: 'buffer', value };
  },
  none(): NoneValue {
    return NONE;
  },
  some(value: ClarityValue): SomeValue {
    return { type: 'some', value };
  },
  ok(value: ClarityValue): OkValue {
    return { type: 'ok', value };
  },
  err(value: ClarityValue): ErrValue {
    return { type: 'err', value };
  },
  /** From `ST…` or `ST….name`, or from a parsed principal. Throws on text that is neither. */
  principal(from: string | Principal): PrincipalValue {
    if (typeof from !== 'string') {
      const { version, hash, contractName } = from;
      return { type: 'principal', version, hash, contractName };
    }
    const parsed = parsePrincipal(from);
    assert(parsed.ok, 'not a principal');
    return { type: 'principal', ...parsed.value };
  },
  list(items: readonly ClarityValue[]): ListValue {
    return { type: 'list', items };
  },
  /** Sorts the keys. */
  tuple(fields: Readonly<Record<string, ClarityValue>>): TupleValue {
    const names = Object.keys(fields).sort(compareNames);
    const entries = new Map<string, ClarityValue>();
    for (const name of names) {
      assert(isClarityName(name), 'tuple key is not a Clarity name');
      entries.set(name, fields[name]!);
    }
    return { type: 'tuple', entries };
  },
  ascii(value: string): AsciiValue {
    assert(isAsciiText(value), 'string-ascii holds a character outside its alphabet');
    return { type: 'string-ascii', value };
  },
  utf8(value: string): Utf8Value {
    assert(!LONE_SURROGATE.test(value), 'string-utf8 holds half a surrogate pair');
    return { type: 'string-utf8', value };
  },
} as const;
