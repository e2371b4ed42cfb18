/**
 * What is fuzzed: the parser on text, the value decoders on bytes, and whole deployments under a
 * small cost limit. Each target states what must hold for any input at all.
 */
import { bytesEqual, bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import {
  clarityValueToString,
  decodeClarityValue,
  encodeClarityValue,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { BOOT_CONTRACTS } from '@assay/contracts';
import { decodeTyped, encodedSize, encodeValue } from '../../src/codec.ts';
import { ParseFailure } from '../../src/errors.ts';
import { ClarityVm, CostMeter, MemoryBlockInfo, MemoryClarityDb } from '../../src/index.ts';
import { NATIVE_NAMES } from '../../src/names.ts';
import type { Expr } from '../../src/parse/ast.ts';
import { parseProgram } from '../../src/parse/program.ts';
import { encodeValueHex, storedReader } from '../../src/stored.ts';
import { valuesEqual } from '../../src/value.ts';
import type { ClarityVersion } from '../../src/version.ts';
import type { Target } from './fuzzer.ts';

const ISSUER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const ID = `${ISSUER}.fuzzed`;

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Small pieces of the network's own contracts: one top-level form each. */
function contractForms(bytesMax: number): string[] {
  const forms: string[] = [];
  for (const { source } of BOOT_CONTRACTS) {
    for (const form of source.split(/\n(?=\(define|\(use|\(impl|;;)/)) {
      if (form.length <= bytesMax) forms.push(form);
    }
  }
  return forms;
}

const WORDS = [
  ...NATIVE_NAMES,
  ...'define-constant define-private define-public define-read-only define-map define-data-var define-fungible-token define-non-fungible-token define-trait use-trait impl-trait'.split(
    ' ',
  ),
  ...'int uint bool principal buff string-ascii string-utf8 optional response tuple list'.split(' '),
  ...'none true false tx-sender contract-caller block-height stacks-block-height'.split(' '),
  '(', ')', '{', '}', ',', ':', '.', ' ', '\n', ';;', '"', 'u"', '\\', '\\u{', '}', "'", '0x', '<', '>',
  'u1', '1', '-1', 'u340282366920938463463374607431768211455', '170141183460469231731687303715884105728',
  `'${ISSUER}`, '.other', '.other.trait', '<trait>', '__proto__', 'constructor', 'toString',
  '(ok ', '(err ', '(some ', '(list ', '(let ((a ', '(define-public (f (x uint)) ',
]; // biome-ignore format: a list of words
const DICTIONARY = WORDS.map(bytesFromUtf8);

/** Places lie inside the text, inner ones inside outer ones. */
function checkSpans(expressions: readonly Expr[], lines: number): void {
  for (const { span } of expressions) {
    must(span.startLine >= 1 && span.endLine <= lines + 1, 'a span outside the text');
    must(span.startLine <= span.endLine, 'a span that ends before it starts');
  }
}

const parser: Target = {
  name: 'parser',
  seeds: contractForms(300).map((form) => bytesFromUtf8(`5${form}`)),
  dictionary: DICTIONARY,
  bytesMax: 600,
  work: { base: 20_000, perByte: 400 },
  run(input) {
    if (input.length === 0) return;
    const version = ((input[0]! % 5) + 1) as ClarityVersion;
    const text = utf8FromBytes(input.subarray(1));
    if (text === null) return;
    try {
      const program = parseProgram(ID, text, version);
      checkSpans(program.expressions, text.split('\n').length);
      must(program.order.length === program.expressions.length, 'an expression got lost');
      must(new Set(program.order).size === program.order.length, 'an expression comes twice');
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      must(error.span.startLine >= 1 && error.name.length > 0, 'a failure without a place');
    }
  },
};

const TYPES: readonly TypeSignature[] = [
  Ty.int,
  Ty.uint,
  Ty.bool,
  Ty.principal,
  Ty.buffer(40),
  Ty.ascii(40),
  Ty.utf8(40),
  Ty.optional(Ty.uint),
  Ty.response(Ty.list(Ty.bool, 10), Ty.ascii(5)),
  Ty.list(Ty.optional(Ty.buffer(4)), 20),
  Ty.tuple([
    ['a', Ty.int],
    ['b', Ty.tuple([['c', Ty.optional(Ty.principal)]])],
  ]),
];
const READERS = TYPES.map(storedReader);

const VALUES = [
  '0000000000000000000000000000000001',
  '01ffffffffffffffffffffffffffffffff',
  '0200000004deadbeef',
  '03',
  '04',
  '051a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce',
  '061a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce0861626364656667682d',
  '0703',
  '080d00000003616263',
  '09',
  '0a0a0909',
  '0b000000020a02000000010009',
  '0c00000002016100000000000000000000000000000000010162' + '0c00000001016309',
  '0d0000000568656c6c6f',
  '0e00000006c3a9e282ac21',
];

const valueDecoder: Target = {
  name: 'value',
  seeds: VALUES.flatMap((hex) =>
    TYPES.map((_, i) => bytesFromHex(`${i.toString(16).padStart(2, '0')}${hex}`)),
  ),
  dictionary: [
    ...Array.from({ length: 16 }, (_, i) => Uint8Array.of(i)),
    ...[
      '00000000',
      '00000001',
      '00000002',
      '0000000a',
      '7fffffff',
      'ffffffff',
      '00100000',
      '00100001',
    ].map(bytesFromHex),
    ...['0161', '0162', '0163', '0c00000001', '0b00000001', '0a', 'f09f9880', 'eda080', 'c080'].map(
      bytesFromHex,
    ),
  ],
  bytesMax: 400,
  work: { base: 20_000, perByte: 400 },
  run(input) {
    if (input.length === 0) return;
    const index = input[0]! % TYPES.length;
    const type = TYPES[index]!;
    const bytes = input.subarray(1);
    const plain = decodeClarityValue(bytes);
    if (plain.ok) {
      must(bytesEqual(encodeClarityValue(plain.value), bytes), 'a value has two encodings');
      clarityValueToString(plain.value);
    }
    const typed = decodeTyped(bytes, type);
    if (typed === null) return;
    const encoded = encodeValue(typed);
    must(encoded.length === encodedSize(typed), 'the size is not that of the bytes');
    const hex = encodeValueHex(typed);
    must(hex === bytesToHex(encoded), 'the hex is not that of the bytes');
    must(valuesEqual(READERS[index]!(hex), typed), 'the state gives another value back');
    const again = decodeTyped(encoded, type);
    must(again !== null && valuesEqual(again, typed), 'a value changes on the way');
  },
};

const LIMIT = {
  runtime: 3_000_000,
  readCount: 200,
  readLength: 100_000,
  writeCount: 100,
  writeLength: 50_000,
};

const deployment: Target = {
  name: 'deploy',
  seeds: contractForms(400).map((form) => bytesFromUtf8(`5${form}`)),
  dictionary: DICTIONARY,
  bytesMax: 1024,
  work: { base: 4_000_000, perByte: 4_000 },
  run(input) {
    if (input.length === 0) return;
    const clarityVersion = ((input[0]! % 5) + 1) as ClarityVersion;
    const source = utf8FromBytes(input.subarray(1));
    if (source === null) return;
    const db = new MemoryClarityDb();
    const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter: new CostMeter(LIMIT) });
    const out = vm.deploy({ contractId: ID, source, clarityVersion });
    if (!out.ok) {
      must(db.state.size === 0 && db.metadata.size === 0, 'a refused contract left state');
      return;
    }
    must(vm.contractInterface(ID) !== null, 'an accepted contract has no interface');
  },
};

export const TARGETS: readonly Target[] = [parser, valueDecoder, deployment];
