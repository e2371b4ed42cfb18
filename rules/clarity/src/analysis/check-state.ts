/**
 * Type rules of variables, maps and facts about blocks. Source: stacks-core
 * type_checker/v2_1/natives/{mod,maps}.rs.
 */
import { admitsType, Ty, type TypeSignature } from '@assay/clarity-value';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import { fail, typeError } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

function nameOf(expr: Expr, error: string): string {
  return expr.kind === 'atom' ? expr.name : fail(error);
}

const varGet: NativeCheck = (c, args) => {
  requireCount(1, args.length);
  const name = nameOf(args[0]!, 'BadMapName');
  const type =
    c.dataVars.get(name) ??
    fail('NoSuchDataVariable', `use of unresolved persisted variable '${name}'`);
  c.charge('analysisTypeLookup', type.typeSize);
  return type;
};

const varSet: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const name = nameOf(args[0]!, 'BadMapName');
  const value = c.visit(args[1]!, context);
  const type =
    c.dataVars.get(name) ??
    fail('NoSuchDataVariable', `use of unresolved persisted variable '${name}'`);
  c.charge('analysisTypeLookup', type.typeSize);
  c.chargeCompare(value, type);
  if (!admitsType(type, value)) typeError(type, value);
  return Ty.bool;
};

function mapOf(c: Checker, name: string) {
  return c.maps.get(name) ?? fail('NoSuchMap', `use of unresolved map '${name}'`);
}

const mapGet: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const name = nameOf(args[0]!, 'BadMapName');
  const key = c.visit(args[1]!, context);
  const map = mapOf(c, name);
  c.charge('analysisTypeLookup', map.key.typeSize);
  c.charge('analysisTypeLookup', map.value.typeSize);
  c.chargeCompare(map.key, key);
  const type = Ty.optional(map.value);
  if (!admitsType(map.key, key)) typeError(map.key, key);
  return type;
};

const mapDelete: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const name = nameOf(args[0]!, 'BadMapName');
  const key = c.visit(args[1]!, context);
  const map = mapOf(c, name);
  c.charge('analysisTypeLookup', map.key.typeSize);
  c.chargeCompare(map.key, key);
  if (!admitsType(map.key, key)) typeError(map.key, key);
  return Ty.bool;
};

const mapSet: NativeCheck = (c, args, context) => {
  requireAtLeast(3, args.length);
  const name = nameOf(args[0]!, 'BadMapName');
  const key = c.visit(args[1]!, context);
  const value = c.visit(args[2]!, context);
  const map = mapOf(c, name);
  c.charge('analysisTypeLookup', map.key.typeSize);
  // By the given value's type, not the map's.
  c.charge('analysisTypeLookup', value.typeSize);
  c.chargeCompare(map.key, key);
  c.chargeCompare(map.value, value);
  if (!admitsType(map.key, key)) typeError(map.key, key);
  if (!admitsType(map.value, value)) typeError(map.value, value);
  return Ty.bool;
};

const HASH = Ty.buffer(32);
const STACKS_BLOCK: ReadonlyMap<string, TypeSignature> = new Map([
  ['time', Ty.uint],
  ['header-hash', HASH],
  ['id-header-hash', HASH],
]);
const TENURE: ReadonlyMap<string, TypeSignature> = new Map([
  ['time', Ty.uint],
  ['vrf-seed', HASH],
  ['burnchain-header-hash', HASH],
  ['miner-address', Ty.principal],
  ['miner-spend-winner', Ty.uint],
  ['miner-spend-total', Ty.uint],
  ['block-reward', Ty.uint],
]);
const BLOCK_V1: ReadonlyMap<string, TypeSignature> = new Map([
  ['time', Ty.uint],
  ['vrf-seed', HASH],
  ['header-hash', HASH],
  ['id-header-hash', HASH],
  ['burnchain-header-hash', HASH],
  ['miner-address', Ty.principal],
]);
const BLOCK_V2: ReadonlyMap<string, TypeSignature> = new Map([
  ...BLOCK_V1,
  ['miner-spend-winner', Ty.uint],
  ['miner-spend-total', Ty.uint],
  ['block-reward', Ty.uint],
]);
const POX_ADDRESS = Ty.tuple([
  ['version', Ty.buffer(1)],
  ['hashbytes', Ty.buffer(32)],
]);
const BURN_BLOCK: ReadonlyMap<string, TypeSignature> = new Map<string, TypeSignature>([
  ['header-hash', HASH],
  [
    'pox-addrs',
    Ty.tuple([
      ['addrs', Ty.list(POX_ADDRESS, 2)],
      ['payout', Ty.uint],
    ]),
  ],
]);

function info(
  properties: (c: Checker) => ReadonlyMap<string, TypeSignature>,
  errors: { readonly name: string; readonly property: string },
  count: (expected: number, given: number) => void = requireCount,
): NativeCheck {
  return (c, args, context) => {
    count(2, args.length);
    const name = nameOf(args[0]!, errors.name);
    const type =
      properties(c).get(name) ?? fail(errors.property, `use of block unknown property '${name}'`);
    c.expects(args[1]!, context, Ty.uint);
    return Ty.optional(type);
  };
}

const atBlock: NativeCheck = (_c, args) => {
  requireCount(2, args.length);
  return fail('AtBlockUnavailable', '(at-block ...) is not available in this epoch');
};

export const STATE_CHECKS: readonly [string, NativeCheck][] = [
  ['var-get', varGet],
  ['var-set', varSet],
  ['map-get?', mapGet],
  ['map-set', mapSet],
  ['map-insert', mapSet],
  ['map-delete', mapDelete],
  [
    'get-stacks-block-info?',
    info(() => STACKS_BLOCK, {
      name: 'GetStacksBlockInfoExpectPropertyName',
      property: 'NoSuchStacksBlockInfoProperty',
    }),
  ],
  [
    'get-tenure-info?',
    info(() => TENURE, {
      name: 'GetTenureInfoExpectPropertyName',
      property: 'NoSuchTenureInfoProperty',
    }),
  ],
  [
    'get-block-info?',
    // Quirk: surplus arguments are found only when running.
    info(
      (c) => (c.version >= 2 ? BLOCK_V2 : BLOCK_V1),
      { name: 'GetBlockInfoExpectPropertyName', property: 'NoSuchBlockInfoProperty' },
      requireAtLeast,
    ),
  ],
  [
    'get-burn-block-info?',
    info(() => BURN_BLOCK, {
      name: 'GetBurnBlockInfoExpectPropertyName',
      property: 'NoSuchBlockInfoProperty',
    }),
  ],
  ['at-block', atBlock],
];
