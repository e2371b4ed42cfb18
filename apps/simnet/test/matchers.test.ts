/** Matchers accept what they should, refuse the rest, and say why in Clarity's words. */
import { Cl, ClarityType } from '@stacks/transactions';
import { describe, expect, it } from 'vitest';
import '../src/vitest/matchers.ts';

const ADDRESS = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';

describe('matchers for Clarity values', () => {
  it('accept', () => {
    expect(Cl.ok(Cl.uint(1))).toBeOk(Cl.uint(1));
    expect(Cl.ok(Cl.uint(1))).toBeOk(expect.anything());
    expect(Cl.error(Cl.uint(1))).toBeErr(Cl.uint(1));
    expect(Cl.some(Cl.int(-1))).toBeSome(Cl.int(-1));
    expect(Cl.none()).toBeNone();
    expect(Cl.bool(true)).toBeBool(true);
    expect(Cl.int(-5)).toBeInt(-5);
    expect(Cl.uint(5n)).toBeUint(5);
    expect(Cl.stringAscii('hi')).toBeAscii('hi');
    expect(Cl.stringUtf8('hé')).toBeUtf8('hé');
    expect(Cl.principal(ADDRESS)).toBePrincipal(ADDRESS);
    expect(Cl.principal(`${ADDRESS}.a`)).toBePrincipal(`${ADDRESS}.a`);
    expect(Cl.bufferFromHex('00ff')).toBeBuff(Uint8Array.of(0, 255));
    expect(Cl.bufferFromHex('00ff')).toBeBuff('00ff');
    expect(Cl.list([Cl.uint(1)])).toBeList([Cl.uint(1)]);
    expect(Cl.tuple({ a: Cl.uint(1) })).toBeTuple({ a: Cl.uint(1) });
    expect(Cl.tuple({ a: Cl.uint(1) })).toHaveClarityType(ClarityType.Tuple);
    expect(Cl.ok(Cl.uint(1))).not.toBeErr(Cl.uint(1));
    expect(Cl.uint(1)).not.toBeUint(2);
  });

  it.each<[string, () => void, RegExp]>([
    ['another content', () => expect(Cl.ok(Cl.uint(1))).toBeOk(Cl.uint(2)), /u1 to be u2/],
    [
      'another type',
      () => expect(Cl.error(Cl.uint(7))).toBeOk(Cl.uint(2)),
      /ResponseOk.*\(err u7\)/,
    ],
    ['no value at all', () => expect(5).toBeUint(5), /number, which is no Clarity value/],
    ['int for uint', () => expect(Cl.int(5)).toBeUint(5), /a Clarity UInt, got Int: 5/],
    ['true for false', () => expect(Cl.bool(true)).toBeBool(false), /BoolFalse/],
    ['other bytes', () => expect(Cl.bufferFromHex('00')).toBeBuff('01'), /0x00 to be 0x01/],
    ['a missing key', () => expect(Cl.tuple({ a: Cl.uint(1) })).toBeTuple({}), /a: u1/],
    ['a longer list', () => expect(Cl.list([])).toBeList([Cl.uint(1)]), /u1/],
    ['no principal', () => expect(Cl.principal(ADDRESS)).toBePrincipal('x'), /not a principal/],
    ['some', () => expect(Cl.some(Cl.uint(1))).toBeNone(), /OptionalNone/],
    ['negated', () => expect(Cl.uint(1)).not.toBeUint(1), /not to be u1/],
  ])('refuse %s', (_what, run, message) => {
    expect(run).toThrow(message);
  });
});
