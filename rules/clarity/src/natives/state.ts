/**
 * Data variables and maps. A read or write costs by the bytes it touches.
 *
 * Source: stacks-core clarity/src/vm/functions/database.rs, database/clarity_db.rs.
 */

import type { DataMap } from '../compile/contract.ts';
import { charge } from '../costs/charge.ts';
import { checkError } from '../errors.ts';
import type { Code, Exec } from '../exec/exec.ts';
import { admitsValue, typeMismatch } from '../exec/sanitize.ts';
import { encodeValueHex } from '../stored.ts';
import { FALSE, NONE, someValue, TRUE, type Value, valueSize } from '../value.ts';
import { isBorrowed } from './sequences.ts';
import { atomName, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

const NONE_HEX = '09';

function requireWritable(x: Exec): void {
  if (x.readOnly) throw checkError('Unreachable', 'Write attempted in read-only');
}

const missing = (call: SpecialCall, what: string) =>
  special(call, 0, () => {
    throw unreachableType(`No such ${what}`);
  });

const varGet: SpecialNative = (call) => {
  const name = atomName(call, 0);
  if (call.args.length !== 1 || name === null) return wrongArity(call);
  const descriptor = call.c.contract.vars.get(name);
  if (descriptor === undefined) return missing(call, `data variable: ${name}`);
  const { key, read } = descriptor;
  return special(call, 0, (f) => {
    const hex = f.x.db.get(key);
    if (hex === null) {
      charge(f.x.m, 'fetchVar', 1);
      return NONE;
    }
    charge(f.x.m, 'fetchVar', hex.length >> 1);
    return read(hex);
  });
};

const varSet: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = atomName(call, 0);
  if (args.length !== 2 || name === null) return wrongArity(call);
  const descriptor = c.contract.vars.get(name);
  if (descriptor === undefined) return missing(call, `data variable: ${name}`);
  const input = c.owned(args[1]!, scope, k + 1);
  const { key, type } = descriptor;
  return special(call, 0, (f) => {
    const { x } = f;
    requireWritable(x);
    const value = input(f);
    if (!admitsValue(type, value)) {
      charge(x.m, 'setVar', type.size);
      return typeMismatch(type, value);
    }
    const hex = encodeValueHex(value);
    x.db.put(key, hex);
    const size = hex.length >> 1;
    charge(x.m, 'setVar', size);
    x.m.keep(size);
    return TRUE;
  });
};

/** The map a call names, or what the call does without it. Quirk: the checker lets surplus through. */
function mapOf(call: SpecialCall, arity: number): DataMap | Code {
  const name = atomName(call, 0);
  if (call.args.length !== arity || name === null) return wrongArity(call);
  return call.c.contract.maps.get(name) ?? missing(call, `map: ${name}`);
}

function rejectKey(
  x: Exec,
  cost: 'fetchEntry' | 'setEntry',
  size: number,
  map: DataMap,
  key: Value,
): never {
  charge(x.m, cost, size);
  return typeMismatch(map.keyType, key);
}

const mapGet: SpecialNative = (call) => {
  const map = mapOf(call, 2);
  if (typeof map === 'function') return map;
  const { c, args, scope, k } = call;
  const input = c.code(args[1]!, scope, k + 1);
  return special(call, 0, (f) => {
    const { x } = f;
    const key = input(f);
    if (!admitsValue(map.keyType, key)) {
      rejectKey(x, 'fetchEntry', map.keyType.size + map.valueType.size, map, key);
    }
    const keyHex = encodeValueHex(key);
    const hex = x.db.get(map.prefix + keyHex);
    if (hex === null) {
      charge(x.m, 'fetchEntry', keyHex.length >> 1);
      return NONE;
    }
    charge(x.m, 'fetchEntry', (keyHex.length + hex.length) >> 1);
    return hex === NONE_HEX ? NONE : map.read(hex);
  });
};

function mapWrite(onlyNew: boolean): SpecialNative {
  return (call) => {
    const map = mapOf(call, 3);
    if (typeof map === 'function') return map;
    const { c, args, scope, k } = call;
    const keyInput = c.code(args[1]!, scope, k + 1);
    const valueInput = c.code(args[2]!, scope, k + 1);
    const keyCopy = isBorrowed(call, 1);
    const valueCopy = isBorrowed(call, 2);
    return special(call, 0, (f) => {
      const { x } = f;
      requireWritable(x);
      const key = keyInput(f);
      const value = valueInput(f);
      if (keyCopy) x.m.addRuntime(1 + 2 * valueSize(key));
      if (valueCopy) x.m.addRuntime(1 + 2 * valueSize(value));
      if (!admitsValue(map.keyType, key)) {
        rejectKey(x, 'setEntry', map.keyType.size + map.valueType.size, map, key);
      }
      if (!admitsValue(map.valueType, value)) {
        charge(x.m, 'setEntry', map.keyType.size + map.valueType.size);
        return typeMismatch(map.valueType, value);
      }
      const keyHex = encodeValueHex(key);
      const stateKey = map.prefix + keyHex;
      if (onlyNew) {
        const old = x.db.get(stateKey);
        if (old !== null && old !== NONE_HEX) {
          charge(x.m, 'setEntry', keyHex.length >> 1);
          x.m.keep(keyHex.length >> 1);
          return FALSE;
        }
      }
      const hex = encodeValueHex(someValue(value));
      x.db.put(stateKey, hex);
      const size = (keyHex.length + hex.length) >> 1;
      charge(x.m, 'setEntry', size);
      x.m.keep(size);
      return TRUE;
    });
  };
}

const mapDelete: SpecialNative = (call) => {
  const map = mapOf(call, 2);
  if (typeof map === 'function') return map;
  const { c, args, scope, k } = call;
  const input = c.code(args[1]!, scope, k + 1);
  return special(call, 0, (f) => {
    const { x } = f;
    requireWritable(x);
    const key = input(f);
    if (!admitsValue(map.keyType, key)) rejectKey(x, 'setEntry', map.keyType.size, map, key);
    const keyHex = encodeValueHex(key);
    const stateKey = map.prefix + keyHex;
    const old = x.db.get(stateKey);
    const present = old !== null && old !== NONE_HEX;
    if (present) x.db.put(stateKey, NONE_HEX);
    const size = (keyHex.length >> 1) + (present ? 1 : 0);
    charge(x.m, 'setEntry', size);
    x.m.keep(size);
    return present ? TRUE : FALSE;
  });
};

export const STATE_SPECIALS: readonly [string, SpecialNative][] = [
  ['var-get', varGet],
  ['var-set', varSet],
  ['map-get?', mapGet],
  ['map-set', mapWrite(false)],
  ['map-insert', mapWrite(true)],
  ['map-delete', mapDelete],
];
