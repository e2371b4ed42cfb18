/**
 * Type rules of calls into other contracts. Source: stacks-core
 * type_checker/v2_1/natives/mod.rs (check_contract_call, check_contract_of).
 */
import { formatType, type TraitId, Ty, type TypeSignature } from '@assay/clarity-value';
import type { MethodSignature } from '../compile/contract.ts';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import type { TypingContext } from './context.ts';
import { fail } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import { methodTypeSize } from './record.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

function fixedCallee(c: Checker, contractId: string, name: string): MethodSignature {
  const contract =
    c.load(contractId) ?? fail('NoSuchContract', `use of unresolved contract '${contractId}'`);
  const fn = contract.functions.get(name);
  if (fn === undefined || fn.access === 'private') {
    return fail(
      'NoSuchPublicFunction',
      `contract '${contractId}' has no public function '${name}'`,
    );
  }
  const method = { args: fn.args.map((arg) => arg.type), returns: fn.returns };
  c.charge('analysisGetFunctionEntry', methodTypeSize(method));
  return method;
}

function unknownTrait(name: string): never {
  return fail('TraitReferenceUnknown', `use of undeclared trait <${name}>`);
}

function traitCallee(c: Checker, trait: TraitId, name: string): MethodSignature {
  c.charge('analysisLookupFunction', 0);
  const methods = c.traitMethods(trait) ?? unknownTrait(trait.name);
  const method =
    methods.get(name) ??
    fail('TraitMethodUnknown', `method '${name}' unspecified in trait <${trait.name}>`);
  c.charge('analysisLookupFunctionTypes', methodTypeSize(method));
  return method;
}

function callee(c: Checker, target: Expr, name: string, context: TypingContext): MethodSignature {
  if (target.kind === 'literal' && target.value.type === 'principal' && target.value.contractName) {
    return fixedCallee(c, target.value.text, name);
  }
  if (target.kind !== 'atom')
    return fail('ContractCallExpectName', 'missing contract name for call');
  if (c.version >= 2) {
    const constant = c.variables.get(target.name);
    if (constant?.kind === 'callable-principal') return fixedCallee(c, constant.contract, name);
    if (constant !== undefined) return notCallable(constant);
  }
  return traitCallee(c, context.traitOf(target.name) ?? unknownTrait(target.name), name);
}

function notCallable(type: TypeSignature): never {
  return fail('ExpectedCallableType', `expected a callable contract, found ${formatType(type)}`);
}

const contractCall: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const name = args[1]!;
  if (name.kind !== 'atom') return fail('ContractCallExpectName', 'missing contract name for call');
  const method = callee(c, args[0]!, name.name, context);
  requireCount(method.args.length, args.length - 2);
  for (const [i, type] of method.args.entries()) c.expects(args[i + 2]!, context, type);
  return method.returns;
};

const contractOf: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  const name = args[0]!;
  if (name.kind !== 'atom') return fail('ContractOfExpectsTrait', 'trait reference expected');
  const trait = context.traitOf(name.name) ?? unknownTrait(name.name);
  c.charge('contractOf', 1);
  if (c.traitMethods(trait) === null) unknownTrait(trait.name);
  return Ty.principal;
};

const asContract: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  return c.visit(args[0]!, context);
};

export const CONTRACT_CHECKS: readonly [string, NativeCheck][] = [
  ['contract-call?', contractCall],
  ['contract-of', contractOf],
  ['as-contract', asContract],
];
