/** Properties of the value codec: one byte form per value, and foreign bytes only ever a verdict. */
import { bytesToHex } from '@assay/bytes';
import { Cl, cvToString } from '@stacks/transactions';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type ClarityValue,
  clarityValuesEqual,
  clarityValueToString,
  decodeClarityValue,
  encodeClarityValue,
  VALUE_WIRE_BYTES_MAX,
} from '../src/index.ts';
import { arbitraryValue } from './arbitrary-value.ts';

it('every value decodes from its bytes', () => {
  fc.assert(
    fc.property(arbitraryValue, (value) => {
      const bytes = encodeClarityValue(value);
      const decoded = decodeClarityValue(bytes);
      expect(decoded).toEqual({ ok: true, value });
      expect(decoded.ok && clarityValuesEqual(decoded.value, value)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('equal values have equal bytes and different values different bytes', () => {
  fc.assert(
    fc.property(arbitraryValue, arbitraryValue, (a, b) => {
      const same = bytesToHex(encodeClarityValue(a)) === bytesToHex(encodeClarityValue(b));
      expect(clarityValuesEqual(a, b)).toBe(same);
    }),
    { numRuns: 500 },
  );
});

/** Bytes near valid ones: one value with a few bytes changed, cut, or repeated. */
const mutated = fc
  .tuple(arbitraryValue, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }), fc.nat(3))
  .map(([value, edits, cut]) => {
    const bytes = encodeClarityValue(value);
    for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
    return cut === 0 ? bytes.subarray(0, bytes.length - 1) : bytes;
  });

it('foreign bytes never throw, and what decodes encodes to the same bytes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated), (bytes) => {
      const decoded = decodeClarityValue(bytes);
      if (!decoded.ok) {
        expect(decoded.error.code).toMatch(/^(value|bytes)\/[a-z0-9-]+$/);
        return;
      }
      expect(encodeClarityValue(decoded.value)).toEqual(Uint8Array.from(bytes));
    }),
    { numRuns: 4000 },
  );
});

it('promises of size cost nothing: a huge count over few bytes fails at once', () => {
  // Were the count believed, these would allocate terabytes and never end.
  for (let i = 0; i < 2000; i++) {
    expect(decodeClarityValue(Uint8Array.of(11, 0, 16, 0, 0, 9, 9)).ok).toBe(false);
    expect(decodeClarityValue(Uint8Array.of(2, 0, 16, 0, 0, 1)).ok).toBe(false);
  }
  expect(decodeClarityValue(new Uint8Array(VALUE_WIRE_BYTES_MAX + 1))).toMatchObject({
    error: { code: 'value/too-large' },
  });
});

/** The peer does not escape, so texts that need it are left out. */
function needsEscape(value: ClarityValue): boolean {
  return /\\/.test(clarityValueToString(value));
}

it('texts equal those of stacks.js cvToString', () => {
  fc.assert(
    fc.property(arbitraryValue, (value) => {
      fc.pre(!needsEscape(value));
      const peer = Cl.deserialize(bytesToHex(encodeClarityValue(value)));
      expect(clarityValueToString(value)).toBe(cvToString(peer));
    }),
    { numRuns: 300 },
  );
});
