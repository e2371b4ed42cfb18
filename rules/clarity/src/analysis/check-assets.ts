/**
 * Type rules of tokens, STX and signatures. Source: stacks-core
 * type_checker/v2_1/natives/{assets,mod}.rs.
 */
import { Ty, type TypeSignature } from '@assay/clarity-value';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import { fail } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

const BOOL_RESPONSE = Ty.response(Ty.bool, Ty.uint);

function tokenName(expr: Expr | undefined): string {
  return expr?.kind === 'atom'
    ? expr.name
    : fail('BadTokenName', 'expecting a token name as an argument');
}

function requireFt(c: Checker, name: string): void {
  if (!c.fts.has(name))
    fail('NoSuchFT', `tried to use token function with a undefined token ('${name}')`);
}

function nftType(c: Checker, name: string): TypeSignature {
  return (
    c.nfts.get(name) ??
    fail('NoSuchNFT', `tried to use asset function with a undefined asset ('${name}')`)
  );
}

/** A fungible native; `early` looks the token up before the arguments. */
function ft(types: readonly TypeSignature[], returns: TypeSignature, early: boolean): NativeCheck {
  return (c, args, context) => {
    requireCount(types.length + 1, args.length);
    const name = tokenName(args[0]);
    if (early) requireFt(c, name);
    c.charge('analysisTypeLookup', 1);
    for (const [i, type] of types.entries()) c.expects(args[i + 1]!, context, type);
    if (!early) requireFt(c, name);
    return returns;
  };
}

function nft(types: readonly TypeSignature[], returns: TypeSignature): NativeCheck {
  return (c, args, context) => {
    requireCount(types.length + 2, args.length);
    const asset = nftType(c, tokenName(args[0]));
    c.charge('analysisTypeLookup', asset.typeSize);
    c.expects(args[1]!, context, asset);
    for (const [i, type] of types.entries()) c.expects(args[i + 2]!, context, type);
    return returns;
  };
}

/** Arguments of fixed types. `lookup` charges once for the function, as the STX natives do. */
function plain(
  types: readonly TypeSignature[],
  returns: TypeSignature,
  lookup = false,
): NativeCheck {
  return (c, args, context) => {
    requireCount(types.length, args.length);
    if (lookup) c.charge('analysisTypeLookup', 0);
    for (const [i, type] of types.entries()) c.expects(args[i]!, context, type);
    return returns;
  };
}

const PRINCIPAL_FAILURE = Ty.tuple([
  ['error_code', Ty.uint],
  ['value', Ty.optional(Ty.principal)],
]);

const principalConstruct: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  if (args.length > 3)
    fail('RequiresAtMostArguments', `expecting < 3 arguments, got ${args.length}`);
  c.expects(args[0]!, context, Ty.buffer(1));
  c.expects(args[1]!, context, Ty.buffer(20));
  if (args.length > 2) c.expects(args[2]!, context, Ty.ascii(40));
  return Ty.response(Ty.principal, PRINCIPAL_FAILURE);
};

const { uint, principal } = Ty;

export const ASSET_CHECKS: readonly [string, NativeCheck][] = [
  ['ft-get-balance', ft([principal], uint, true)],
  ['ft-get-supply', ft([], uint, true)],
  ['ft-mint?', ft([uint, principal], BOOL_RESPONSE, false)],
  ['ft-transfer?', ft([uint, principal, principal], BOOL_RESPONSE, false)],
  ['ft-burn?', ft([uint, principal], BOOL_RESPONSE, false)],
  ['nft-get-owner?', nft([], Ty.optional(principal))],
  ['nft-mint?', nft([principal], BOOL_RESPONSE)],
  ['nft-transfer?', nft([principal, principal], BOOL_RESPONSE)],
  ['nft-burn?', nft([principal], BOOL_RESPONSE)],
  ['stx-transfer?', plain([uint, principal, principal], BOOL_RESPONSE, true)],
  ['stx-transfer-memo?', plain([uint, principal, principal, Ty.buffer(34)], BOOL_RESPONSE, true)],
  ['principal-of?', plain([Ty.buffer(33)], Ty.response(principal, uint))],
  ['principal-construct?', principalConstruct],
  ['secp256k1-recover?', plain([Ty.buffer(32), Ty.buffer(65)], Ty.response(Ty.buffer(33), uint))],
  ['secp256k1-verify', plain([Ty.buffer(32), Ty.buffer(65), Ty.buffer(33)], Ty.bool)],
  ['secp256r1-verify', plain([Ty.buffer(32), Ty.buffer(64), Ty.buffer(33)], Ty.bool)],
];
