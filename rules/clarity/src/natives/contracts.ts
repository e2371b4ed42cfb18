/**
 * Calls into other contracts, fixed or by trait, and what a contract can know of another.
 *
 * Source: stacks-core clarity/src/vm/functions/database.rs (special_contract_call,
 * special_contract_hash), functions/mod.rs (as_contract, contract_of).
 */
import { bytesFromHex } from '@assay/bytes';
import { admitsType, formatType, type TypeSignature } from '@assay/clarity-value';
import type { CompiledContract, UserFunction } from '../compile/contract.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import { checkError } from '../errors.ts';
import type { Code, Exec, Frame } from '../exec/exec.ts';
import { executeContract } from '../exec/invoke.ts';
import { sanitize } from '../exec/sanitize.ts';
import { contractKey } from '../state/keys.ts';
import {
  bufferValue,
  errUint,
  okValue,
  type PrincipalV,
  typeOfValue,
  type Value,
} from '../value.ts';
import { atomName, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

/** Memory an `as-contract` counts while its body runs. */
export const AS_CONTRACT_MEMORY = 1;

interface Target {
  readonly contractId: string;
  /** What the trait promises; null when nothing has to be checked. */
  readonly returns: TypeSignature | null;
}

const contractCall: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = args[1];
  if (args.length < 2 || name?.kind !== 'atom') return wrongArity(call);
  const functionName = name.name;
  const codes = args.slice(2).map((arg) => c.owned(arg, scope, k + 1));
  const target = compileTarget(call, functionName);
  const self = c.contract.principal;
  const site = call.span === null ? null : { contractId: c.contract.id, span: call.span };
  return special(call, costRuntime('contractCall', 0), (f) => {
    const values: Value[] = new Array(codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = codes[i]!(f);
    const { contractId, returns } = target(f);
    const result = sanitize(
      executeContract(
        f.x,
        { contractId, functionName, args: values, readOnly: false, allowPrivate: false, site },
        { sender: f.sender, caller: self },
        f.depth + k + 1,
      ),
    );
    if (returns !== null) {
      const actual = typeOfValue(result);
      if (!admitsType(returns, actual)) {
        throw checkError(
          'ReturnTypesMustMatch',
          `expected ${formatType(returns)}, got ${formatType(actual)}`,
        );
      }
    }
    return result;
  });
};

function compileTarget(call: SpecialCall, functionName: string): (f: Frame) => Target {
  const first = call.args[0]!;
  if (first.kind === 'literal' && first.value.type === 'principal' && first.value.contractName) {
    const target: Target = { contractId: first.value.text, returns: null };
    return () => target;
  }
  const notCallable = (): Target => {
    throw checkError('ContractCallExpectName', 'missing contract name for call');
  };
  if (first.kind !== 'atom') return notCallable;
  const { contract } = call.c;
  const constant = contract.constants.get(first.name);
  if (constant?.type === 'principal' && constant.contractName !== null && call.c.version >= 2) {
    if (!contract.deploying) {
      const target: Target = { contractId: constant.text, returns: null };
      return () => target;
    }
  }
  const local = call.scope.lookup(first.name);
  if (local === null) return notCallable;
  const { slot } = local;
  return (f) => {
    const value = f.locals[slot]!;
    if (value.type !== 'principal' || value.trait === null) return notCallable();
    return dispatch(f.x, contract, value, functionName);
  };
}

function load(x: Exec, contractId: string): CompiledContract {
  const contract = x.loadContract(contractId);
  if (contract === null)
    throw checkError('NoSuchContract', `use of unresolved contract ${contractId}`);
  return contract;
}

/** A contract passed as a trait must keep the trait's promise for this function. */
function dispatch(
  x: Exec,
  self: CompiledContract,
  callee: PrincipalV,
  functionName: string,
): Target {
  const trait = callee.trait!;
  const contractId = callee.text;
  if (contractId === self.id) throw checkError('CircularReference', contractId);
  const contract = load(x, contractId);
  if (contract.implemented.has(`${trait.contract}.${trait.name}`))
    return { contractId, returns: null };
  const definer = load(x, trait.contract);
  const fn = contract.functions.get(functionName);
  if (fn === undefined) {
    throw checkError(
      'BadTraitImplementation',
      `${contractId} lacks ${functionName} of ${trait.name}`,
    );
  }
  if (x.readOnly) throw unreachableType('Trait based contract call in read-only');
  if (fn.access === 'private') {
    throw checkError('NoSuchPublicFunction', `${contractId} ${functionName} is not public`);
  }
  return { contractId, returns: checkTrait(definer, trait.name, fn) };
}

function checkTrait(definer: CompiledContract, traitName: string, fn: UserFunction): TypeSignature {
  const trait = definer.traits.get(traitName);
  if (trait === undefined)
    throw checkError('TraitReferenceUnknown', `use of undeclared trait ${traitName}`);
  const method = trait.get(fn.name);
  if (method === undefined) {
    throw checkError('TraitMethodUnknown', `method ${fn.name} unspecified in trait ${traitName}`);
  }
  const complies =
    method.args.length === fn.parameters.length &&
    method.args.every((expected, i) => admitsType(fn.parameters[i]!.type, expected));
  if (!complies) {
    throw checkError(
      'BadTraitImplementation',
      `invalid signature for method ${fn.name} of ${traitName}`,
    );
  }
  return method.returns;
}

const asContract: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const body = c.owned(args[0]!, scope, k + 1);
  const self = c.contract.principal;
  return special(call, costRuntime('asContract', 0), (f) => {
    f.x.m.hold(AS_CONTRACT_MEMORY);
    const result = body({ x: f.x, locals: f.locals, sender: self, caller: self, depth: f.depth });
    f.x.m.memoryHeld -= AS_CONTRACT_MEMORY;
    return result;
  });
};

const contractOf: SpecialNative = (call) => {
  const name = atomName(call, 0);
  if (call.args.length !== 1 || name === null) return wrongArity(call);
  const local = call.scope.lookup(name);
  return special(call, costRuntime('contractOf', 0), (f) => {
    const value = local === null ? null : f.locals[local.slot]!;
    if (value === null || value.type !== 'principal' || value.trait === null) {
      throw unreachableType('Contract of expects trait');
    }
    load(f.x, value.text);
    return { ...value, trait: null };
  });
};

const contractHash: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const input: Code = c.code(args[0]!, scope, k + 1);
  return special(call, 0, (f) => {
    const value = input(f);
    if (value.type !== 'principal' || value.trait !== null) {
      throw checkError('ExpectedContractPrincipalValue');
    }
    if (value.contractName === null) return errUint(1);
    charge(f.x.m, 'contractHash', 0);
    const record = f.x.db.get(contractKey(value.text));
    if (record === null) return errUint(2);
    return okValue(bufferValue(bytesFromHex(record.slice(0, 64))));
  });
};

export const CONTRACT_SPECIALS: readonly [string, SpecialNative][] = [
  ['contract-call?', contractCall],
  ['as-contract', asContract],
  ['contract-of', contractOf],
  ['contract-hash?', contractHash],
];
