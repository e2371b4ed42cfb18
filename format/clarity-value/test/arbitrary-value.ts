/** Arbitrary Clarity values for property tests; lists hold copies of one entry. */
import fc from 'fast-check';
import { type ClarityValue, Cv } from '../src/index.ts';

const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });
const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_?!-]{0,11}$/);

const principal = fc
  .tuple(fc.nat(31), hash, fc.option(fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/)))
  .map(([version, bytes, contractName]) => Cv.principal({ version, hash: bytes, contractName }));

const ascii = fc.stringMatching(/^[\x20-\x7e\n\t]{0,20}$/);
const utf8 = fc.string({ unit: 'binary', maxLength: 12 });

const leaf: fc.Arbitrary<ClarityValue> = fc.oneof(
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }).map(Cv.int),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(Cv.uint),
  fc.boolean().map(Cv.bool),
  fc.uint8Array({ maxLength: 40 }).map(Cv.buffer),
  fc.constant(Cv.none()),
  principal,
  ascii.map(Cv.ascii),
  utf8.map(Cv.utf8),
);

export const arbitraryValue: fc.Arbitrary<ClarityValue> = fc.letrec<{ value: ClarityValue }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      leaf,
      tie('value').map(Cv.some),
      tie('value').map(Cv.ok),
      tie('value').map(Cv.err),
      fc.tuple(tie('value'), fc.nat(4)).map(([entry, n]) => Cv.list(new Array(n).fill(entry))),
      fc
        .dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true })
        .map(Cv.tuple),
    ),
  }),
).value;
