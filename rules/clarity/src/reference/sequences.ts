/** Lists, buffers, strings and tuples. */
import { type ReferenceChapter, word } from './entry.ts';

export const SEQUENCES: ReferenceChapter = {
  title: 'Lists, buffers and strings',
  source: 'functions/sequences.rs',
  words: [
    word('(list value ...) -> (list n A)', 'A list of these values.', '(list u1 u2 u3)', {
      rule: 'The values have a common type.',
      cost: 'listCons',
      per: 'bytes of the values',
    }),
    word(
      '(map function sequence ...) -> (list n A)',
      'Calls the function with the first elements of all sequences, then the second ones, up to the shortest, and lists the results.',
      '(map + (list 1 2 3) (list 10 20 30))',
      {
        rule: 'The function is one of the contract, or a native whose arguments are evaluated.',
        cost: ['map', 'lookupFunction'],
        per: 'arguments',
      },
    ),
    word(
      '(filter function sequence) -> sequence',
      'Elements for which the function is true.',
      '(filter even (list u1 u2 u3 u4))',
      {
        rule: 'The function takes one element and gives a bool.',
        cost: ['filter', 'lookupFunction'],
        setup: '(define-private (even (n uint)) (is-eq (mod n u2) u0))',
      },
    ),
    word(
      '(fold function sequence start) -> A',
      'Calls the function with each element and the result so far.',
      '(fold + (list 1 2 3) 0)',
      {
        rule: 'The function takes an element and a result, and gives a result.',
        cost: ['fold', 'lookupFunction'],
      },
    ),
    word(
      '(append list value) -> (list n+1 A)',
      'The list with one more element at its end.',
      '(append (list 1 2) 3)',
      {
        rule: 'The value has a common type with the elements.',
        cost: 'append',
        per: 'bytes of an element, the larger of its type and the value',
      },
    ),
    word('(concat sequence sequence) -> sequence', 'One after the other.', '(concat "ab" "cd")', {
      rule: 'Both of one kind; elements of lists have a common type.',
      cost: 'concat',
      per: 'elements of both',
    }),
    word(
      '(as-max-len? sequence length) -> (optional sequence)',
      'The sequence with a smaller longest length as its type; `none` when it is longer than that.',
      '(as-max-len? (list 1 2) u3)',
      { rule: 'The length is a uint literal.', cost: 'asMaxLen' },
    ),
    word(
      '(len sequence) -> uint',
      'How many elements, bytes or characters.',
      '(len u"\\u{1f600}!")',
      { cost: 'len' },
    ),
    word(
      '(element-at sequence uint) -> (optional A)',
      'The element at a position, counted from zero. The older name of `element-at?`.',
      '(element-at (list 5 6) u1)',
      { cost: 'elementAt' },
    ),
    word(
      '(element-at? sequence uint) -> (optional A)',
      'The element at a position, counted from zero; `none` past the end.',
      '(element-at? "abc" u1)',
      { cost: 'elementAt' },
    ),
    word(
      '(index-of sequence value) -> (optional uint)',
      'The first position of a value. The older name of `index-of?`.',
      '(index-of "abcb" "b")',
      { cost: 'indexOf', per: 'serialized bytes of the arguments' },
    ),
    word(
      '(index-of? sequence value) -> (optional uint)',
      'The first position of a value; `none` when it does not occur.',
      '(index-of? (list u7 u8) u8)',
      { cost: 'indexOf', per: 'serialized bytes of the arguments' },
    ),
    word(
      '(slice? sequence uint uint) -> (optional sequence)',
      'The part from one position up to, not including, another; `none` when the positions are not in order or past the end.',
      '(slice? "clarity" u0 u4)',
      { cost: 'slice' },
    ),
    word(
      '(replace-at? sequence uint value) -> (optional sequence)',
      'The sequence with another element at a position; `none` past the end.',
      '(replace-at? (list 1 2 3) u1 9)',
      { cost: 'replaceAt', per: 'bytes of the sequence' },
    ),
  ],
};

export const TUPLES: ReferenceChapter = {
  title: 'Tuples',
  source: 'functions/tuples.rs',
  words: [
    word(
      '(tuple (name value) ...) -> {name: A, ...}',
      'A tuple of named fields; `{name: value, ...}` is the short form.',
      '(tuple (id u7) (open true))',
      { rule: 'No name twice.', cost: 'tupleCons', per: 'fields' },
    ),
    word(
      '(get name tuple) -> A',
      'A field. Of an optional tuple it is an optional field.',
      '(get id {id: u7, open: true})',
      { rule: 'The field exists.', cost: 'tupleGet', per: 'fields' },
    ),
    word(
      '(merge tuple tuple) -> tuple',
      'Fields of both; where both have one, the second counts.',
      '(merge {a: 1, b: 2} {b: 3, c: 4})',
      { cost: 'tupleMerge', per: 'serialized bytes of the arguments' },
    ),
  ],
};

export const CONVERSIONS: ReferenceChapter = {
  title: 'Conversions',
  source: 'functions/conversions.rs',
  words: [
    word(
      '(buff-to-int-le (buff 16)) -> int',
      'The bytes as a number, lowest byte first; missing bytes are zero.',
      '(buff-to-int-le 0x0100)',
      { cost: 'buffToIntLe' },
    ),
    word(
      '(buff-to-uint-le (buff 16)) -> uint',
      'The bytes as a number, lowest byte first.',
      '(buff-to-uint-le 0x0001)',
      { cost: 'buffToUintLe' },
    ),
    word(
      '(buff-to-int-be (buff 16)) -> int',
      'The bytes as a number, highest byte first.',
      '(buff-to-int-be 0x0100)',
      { cost: 'buffToIntBe' },
    ),
    word(
      '(buff-to-uint-be (buff 16)) -> uint',
      'The bytes as a number, highest byte first.',
      '(buff-to-uint-be 0x0100)',
      { cost: 'buffToUintBe' },
    ),
    word(
      '(string-to-int? string) -> (optional int)',
      'The number a decimal text stands for; `none` when it is none or too large.',
      '(string-to-int? "-12")',
      { cost: 'stringToInt' },
    ),
    word(
      '(string-to-uint? string) -> (optional uint)',
      'The number a decimal text stands for; `none` when it is none or too large.',
      '(string-to-uint? u"12a")',
      { cost: 'stringToUint' },
    ),
    word('(int-to-ascii number) -> (string-ascii 40)', 'Decimal digits.', '(int-to-ascii u42)', {
      rule: 'int or uint.',
      cost: 'intToAscii',
    }),
    word('(int-to-utf8 number) -> (string-utf8 40)', 'Decimal digits.', '(int-to-utf8 -42)', {
      rule: 'int or uint.',
      cost: 'intToUtf8',
    }),
    word(
      '(to-ascii? value) -> (response (string-ascii n) uint)',
      'A simple value as text; `(err u1)` for a string-utf8 with other than ASCII characters.',
      '(to-ascii? 0xbeef)',
      {
        rule: 'int, uint, bool, principal, buff of up to 524,284 bytes, or string-utf8.',
        cost: 'toAscii',
        per: 'bytes of the value',
      },
    ),
    word(
      '(to-consensus-buff? value) -> (optional (buff n))',
      'The bytes that stand for the value on the chain (SIP-005); `none` when they are more than a buffer holds.',
      '(to-consensus-buff? u1)',
      { cost: 'toConsensusBuff', per: 'serialized bytes' },
    ),
    word(
      '(from-consensus-buff? type buff) -> (optional type)',
      'The value that bytes stand for; `none` when they are not one of that type.',
      '(from-consensus-buff? bool 0x03)',
      { cost: ['typeParseStep', 'fromConsensusBuff'], per: 'bytes (from Clarity 5 on at least 1)' },
    ),
  ],
};
