/** Numbers and bits. */
import { type ReferenceChapter, word } from './entry.ts';

const ARGUMENTS = 'arguments';
const SAME = 'All arguments are int, or all are uint.';

export const NUMBERS: ReferenceChapter = {
  title: 'Numbers',
  source: 'functions/arithmetic.rs',
  words: [
    word(
      '(+ number ...) -> number',
      'Adds. Above the largest value of the type the transaction aborts with `ArithmeticOverflow`.',
      '(+ u1 u2 u3)',
      { rule: SAME, cost: 'add', per: ARGUMENTS },
    ),
    word(
      '(- number ...) -> number',
      'Subtracts the later arguments from the first; one argument alone is negated. Below the smallest value of the type: `ArithmeticUnderflow`.',
      '(- 10 4 3)',
      { rule: SAME, cost: 'sub', per: ARGUMENTS },
    ),
    word(
      '(* number ...) -> number',
      'Multiplies. Too large a product: `ArithmeticOverflow`.',
      '(* u6 u7)',
      { rule: SAME, cost: 'mul', per: ARGUMENTS },
    ),
    word(
      '(/ number ...) -> number',
      'Divides the first argument by the others, one after the other, and drops what is left over (toward zero). By zero: `DivisionByZero`.',
      '(/ -7 2)',
      { rule: SAME, cost: 'div', per: ARGUMENTS },
    ),
    word(
      '(mod number number) -> number',
      'What is left over by a division; it has the sign of the first argument. By zero: `DivisionByZero`.',
      '(mod 7 4)',
      { rule: SAME, cost: 'mod' },
    ),
    word(
      '(pow number number) -> number',
      'The first argument raised to the second, which must be below 2^32. Too large: `ArithmeticOverflow`; a negative exponent: `Arithmetic`.',
      '(pow u2 u10)',
      { rule: SAME, cost: 'pow' },
    ),
    word(
      '(sqrti number) -> number',
      'The largest whole number whose square is not above the argument. Of a negative number: `Arithmetic`.',
      '(sqrti u17)',
      { cost: 'sqrti' },
    ),
    word(
      '(log2 number) -> number',
      'The position of the highest bit that is set. Of zero or less: `Arithmetic`.',
      '(log2 u1000)',
      { cost: 'log2' },
    ),
    word(
      '(>= a b) -> bool',
      'Whether the first is not smaller. From Clarity 2 on, strings and buffers compare too, element by element; a prefix is smaller.',
      '(>= u5 u5)',
      {
        rule: 'Both of one type: int, uint, and from Clarity 2 on string-ascii, string-utf8 or buff.',
        cost: 'geq',
        per: 'bytes of the smaller argument (Clarity 1: 2)',
      },
    ),
    word('(<= a b) -> bool', 'Whether the first is not larger.', '(<= "abc" "abd")', {
      rule: 'As `>=`.',
      cost: 'leq',
      per: 'as `>=`',
    }),
    word('(< a b) -> bool', 'Whether the first is smaller.', '(< 0x01 0x0100)', {
      rule: 'As `>=`.',
      cost: 'le',
      per: 'as `>=`',
    }),
    word('(> a b) -> bool', 'Whether the first is larger.', '(> -1 -2)', {
      rule: 'As `>=`.',
      cost: 'ge',
      per: 'as `>=`',
    }),
    word(
      '(to-int uint) -> int',
      'The same number as an int. At 2^127 and above: `ArithmeticOverflow`.',
      '(to-int u7)',
      { cost: 'intCast' },
    ),
    word(
      '(to-uint int) -> uint',
      'The same number as a uint. Below zero: `ArithmeticUnderflow`.',
      '(to-uint 7)',
      { cost: 'intCast' },
    ),
    word(
      '(xor number number) -> number',
      'Bits that differ; the older form of `bit-xor`, with two arguments.',
      '(xor u12 u10)',
      { rule: SAME, cost: 'xor', per: ARGUMENTS },
    ),
    word('(bit-and number ...) -> number', 'Bits set in all arguments.', '(bit-and u12 u10)', {
      rule: SAME,
      cost: 'bitwiseAnd',
      per: ARGUMENTS,
    }),
    word('(bit-or number ...) -> number', 'Bits set in any argument.', '(bit-or u12 u10)', {
      rule: SAME,
      cost: 'bitwiseOr',
      per: ARGUMENTS,
    }),
    word(
      '(bit-xor number ...) -> number',
      'Bits set in an odd number of arguments.',
      '(bit-xor u1 u3 u7)',
      { rule: SAME, cost: 'xor', per: ARGUMENTS },
    ),
    word('(bit-not number) -> number', 'All 128 bits turned over.', '(bit-not 0)', {
      cost: 'bitwiseNot',
    }),
    word(
      '(bit-shift-left number uint) -> number',
      'Moves bits up, by the second argument modulo 128. Bits that leave at the top are lost; there is no overflow.',
      '(bit-shift-left u1 u4)',
      { cost: 'bitwiseLShift' },
    ),
    word(
      '(bit-shift-right number uint) -> number',
      'Moves bits down, by the second argument modulo 128. The sign of an int stays.',
      '(bit-shift-right -16 u2)',
      { cost: 'bitwiseRShift' },
    ),
  ],
};
