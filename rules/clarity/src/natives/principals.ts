/**
 * Principals taken apart and put together. Source: stacks-core clarity/src/vm/functions/principals.rs.
 */
import { costRuntime } from '../costs/charge.ts';
import type { Frame } from '../exec/exec.ts';
import {
  asciiValue,
  bufferValue,
  FALSE,
  NONE,
  principalFromParts,
  TRUE,
  tupleOfEntries,
  uintValue,
  type Value,
  valueSize,
} from '../value.ts';
import { isBorrowed } from './sequences.ts';
import { badType, expectPrincipal, special, wrongArity } from './special.ts';
import type { SpecialNative } from './table.ts';

const CONTRACT_NAME = /^[a-zA-Z][a-zA-Z0-9\-_]*$/;

function isOfThisNetwork(version: number, f: Frame): boolean {
  return f.x.info.isMainnet ? version === 22 || version === 20 : version === 26 || version === 21;
}

const isStandard: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const input = c.code(args[0]!, scope, k + 1);
  return special(call, costRuntime('isStandard', 0), (f) =>
    isOfThisNetwork(expectPrincipal(input(f)).version, f) ? TRUE : FALSE,
  );
};

const destruct: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const input = c.owned(args[0]!, scope, k + 1);
  return special(call, costRuntime('principalDestruct', 0), (f) => {
    const principal = expectPrincipal(input(f));
    const { version, hash, contractName } = principal;
    const tuple = tupleOfEntries([
      ['hash-bytes', bufferValue(hash)],
      ['name', contractName === null ? NONE : { type: 'some', value: asciiValue(contractName) }],
      ['version', bufferValue(Uint8Array.of(version))],
    ]);
    return { type: isOfThisNetwork(version, f) ? 'ok' : 'err', value: tuple };
  });
};

function failure(code: bigint, value: Value | null): Value {
  const tuple = tupleOfEntries([
    ['error_code', uintValue(code)],
    ['value', value === null ? NONE : { type: 'some', value }],
  ]);
  return { type: 'err', value: tuple };
}

const WRONG_VERSION = 0n;
const WRONG_LENGTH = 1n;
const WRONG_NAME = 2n;

const construct: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length < 2 || args.length > 3) return wrongArity(call);
  const codes = args.map((arg) => c.code(arg, scope, k + 1));
  const copiesName = isBorrowed(call, 2);
  return special(call, costRuntime('principalConstruct', 0), (f) => {
    const versionBuffer = codes[0]!(f);
    const hash = codes[1]!(f);
    const name = codes[2]?.(f) ?? null;
    if (versionBuffer.type !== 'buffer' || versionBuffer.value.length > 1) {
      throw badType('(buff 1)', versionBuffer);
    }
    const version = versionBuffer.value[0];
    if (version === undefined || version >= 32) return failure(WRONG_LENGTH, null);
    if (hash.type !== 'buffer' || hash.value.length > 20) throw badType('(buff 20)', hash);
    if (hash.value.length < 20) return failure(WRONG_LENGTH, null);
    let contractName: string | null = null;
    if (name !== null) {
      if (copiesName) f.x.m.addRuntime(1 + 2 * valueSize(name));
      if (name.type !== 'string-ascii') throw badType('(string-ascii 40)', name);
      if (name.value.length < 1) return failure(WRONG_NAME, null);
      if (name.value.length > 40) throw badType('(string-ascii 40)', name);
      if (!CONTRACT_NAME.test(name.value) && name.value !== '__transient') {
        return failure(WRONG_NAME, null);
      }
      contractName = name.value;
    }
    const principal = principalFromParts(version, hash.value, contractName);
    if (!isOfThisNetwork(version, f)) return failure(WRONG_VERSION, principal);
    return { type: 'ok', value: principal };
  });
};

export const PRINCIPAL_SPECIALS: readonly [string, SpecialNative][] = [
  ['is-standard', isStandard],
  ['principal-destruct?', destruct],
  ['principal-construct?', construct],
];
