/**
 * Numbers, text and bytes into each other, and values to and from consensus bytes.
 *
 * Source: stacks-core clarity/src/vm/functions/conversions.rs.
 */
import { bytesToHex } from '@assay/bytes';
import { decodeTyped, encodeValue } from '../codec.ts';
import type { PlainNative } from '../compile/plain.ts';
import { parseType } from '../compile/types.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import { admitsValue } from '../exec/sanitize.ts';
import {
  asciiValue,
  bufferValue,
  errUint,
  INT_MAX,
  INT_MIN,
  intValue,
  NONE,
  okValue,
  someValue,
  UINT_MAX,
  uintValue,
  utf8Value,
  type Value,
  valueSize,
} from '../value.ts';
import { badType, special, wrongArity } from './special.ts';
import type { SpecialNative } from './table.ts';

function buffToInt(name: string, cost: CostName, signed: boolean, little: boolean): PlainNative {
  return {
    name,
    cost,
    input: 'count',
    arity: 1,
    one(value) {
      if (value.type !== 'buffer' || value.value.length > 16) throw badType('(buff 16)', value);
      const bytes = value.value;
      let number = 0n;
      for (let i = 0; i < bytes.length; i++) {
        number = (number << 8n) | BigInt(little ? bytes[bytes.length - 1 - i]! : bytes[i]!);
      }
      // Missing bytes are zero at the far end: a short buffer is never negative.
      return signed ? intValue(BigInt.asIntN(128, number)) : uintValue(number);
    },
  };
}

const DIGITS = /^[+-]?[0-9]+$/;

function stringToNumber(name: string, cost: CostName, signed: boolean): PlainNative {
  return {
    name,
    cost,
    input: 'count',
    arity: 1,
    one(value) {
      if (value.type !== 'string-ascii' && value.type !== 'string-utf8') {
        throw badType('a string', value);
      }
      const text = value.value;
      if (!DIGITS.test(text) || (!signed && text.startsWith('-'))) return NONE;
      const digits = text.replace(/^[+-]/, '').replace(/^0+(?=[0-9])/, '');
      if (digits.length > 40) return NONE;
      const number = text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
      if (signed) return number < INT_MIN || number > INT_MAX ? NONE : someValue(intValue(number));
      return number > UINT_MAX ? NONE : someValue(uintValue(number));
    },
  };
}

function numberToString(name: string, cost: CostName, make: (text: string) => Value): PlainNative {
  return {
    name,
    cost,
    input: 'count',
    arity: 1,
    one(value) {
      if (value.type !== 'int' && value.type !== 'uint') throw badType('(union int uint)', value);
      return make(value.value.toString());
    },
  };
}

function toConsensusBuff(value: Value): Value {
  const bytes = encodeValue(value);
  // The buffer and its optional must both be values.
  if (bytes.length + 5 > 1048576) return NONE;
  return { type: 'some', value: bufferValue(bytes) };
}

export const CONVERSIONS: readonly PlainNative[] = [
  buffToInt('buff-to-int-le', 'buffToIntLe', true, true),
  buffToInt('buff-to-uint-le', 'buffToUintLe', false, true),
  buffToInt('buff-to-int-be', 'buffToIntBe', true, false),
  buffToInt('buff-to-uint-be', 'buffToUintBe', false, false),
  stringToNumber('string-to-int?', 'stringToInt', true),
  stringToNumber('string-to-uint?', 'stringToUint', false),
  numberToString('int-to-ascii', 'intToAscii', asciiValue),
  numberToString('int-to-utf8', 'intToUtf8', utf8Value),
  {
    name: 'to-consensus-buff?',
    cost: 'toConsensusBuff',
    input: 'serialized',
    arity: 1,
    one: toConsensusBuff,
  },
];

const ASCII_TEXT = /^[\x20-\x7e\t\n\f\r]*$/;

const toAscii: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const input = c.code(args[0]!, scope, k + 1);
  return special(call, 0, (f) => {
    const value = input(f);
    charge(f.x.m, 'toAscii', valueSize(value));
    switch (value.type) {
      case 'int':
        return okValue(asciiValue(value.value.toString()));
      case 'uint':
        return okValue(asciiValue(`u${value.value}`));
      case 'bool':
        return okValue(asciiValue(value.value ? 'true' : 'false'));
      case 'principal':
        return okValue(asciiValue(value.text));
      case 'buffer':
        return okValue(asciiValue(`0x${bytesToHex(value.value)}`));
      case 'string-utf8':
        return ASCII_TEXT.test(value.value) ? okValue(asciiValue(value.value)) : errUint(1);
      default:
        throw badType('a simple value', value);
    }
  });
};

const fromConsensusBuff: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const typeExpr = args[0];
  if (args.length !== 2 || typeExpr === undefined || typeExpr.kind === 'slot') {
    return wrongArity(call);
  }
  let steps = 0;
  const type = parseType(typeExpr, { step: () => steps++ });
  const input = c.code(args[1]!, scope, k + 1);
  const atLeast = c.version >= 5 ? 1 : 0;
  return special(call, steps * costRuntime('typeParseStep', 0), (f) => {
    const value = input(f);
    if (value.type !== 'buffer') throw badType('a buffer', value);
    charge(f.x.m, 'fromConsensusBuff', Math.max(value.value.length, atLeast));
    const result = decodeTyped(value.value, type);
    if (result === null || !admitsValue(type, result)) return NONE;
    return someValue(result);
  });
};

export const CONVERSION_SPECIALS: readonly [string, SpecialNative][] = [
  ['to-ascii?', toAscii],
  ['from-consensus-buff?', fromConsensusBuff],
];
