/**
 * Calling functions: arguments are charged and cast, public functions get a context of their own,
 * contracts are loaded at a cost.
 *
 * Source: stacks-core clarity/src/vm/callables.rs (DefinedFunction), contexts.rs
 * (inner_execute_contract, execute_function_as_transaction).
 */
import type { UserFunction } from '../compile/contract.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import { checkError, EarlyReturn } from '../errors.ts';
import { type PrincipalV, type Value, valueSize } from '../value.ts';
import type { CallSite, Exec } from './exec.ts';
import { sanitize } from './sanitize.ts';

const APPLICATION = Array.from({ length: 32 }, (_, n) => costRuntime('userFunctionApplication', n));

export interface Caller {
  readonly sender: PrincipalV;
  readonly caller: PrincipalV;
}

/** Evaluated arguments and the sum of their sizes. The array becomes the function's locals. */
export interface Arguments {
  readonly args: Value[];
  readonly size: number;
}

/** @param depth call stack entries below the body */
function applyBody(
  x: Exec,
  fn: UserFunction,
  { args, size }: Arguments,
  who: Caller,
  depth: number,
): Value {
  const m = x.m;
  const count = fn.parameters.length;
  const applied = APPLICATION[count] ?? costRuntime('userFunctionApplication', count);
  // Each argument's type is checked, at a cost by its size.
  m.addRuntime(applied + 2 * size + 5 * args.length);
  if (args.length !== count) {
    throw checkError('IncorrectArgumentCount', `expected ${count} arguments, got ${args.length}`);
  }
  const { kinds } = fn;
  for (let i = 0; i < count; i++) {
    if (args[i]!.type !== kinds[i]) args[i] = fn.accept[i]!(args[i]!);
  }
  const held = m.memoryHeld;
  try {
    return fn.body({ x, locals: args, sender: who.sender, caller: who.caller, depth });
  } catch (error) {
    if (!(error instanceof EarlyReturn)) throw error;
    m.memoryHeld = held;
    return error.value;
  }
}

/** A function of the running contract. The recursion guard is the caller's business. */
export function applyFunction(
  x: Exec,
  fn: UserFunction,
  args: Arguments,
  who: Caller,
  depth: number,
): Value {
  if (fn.activeIn === x.id) {
    throw checkError('CircularReference', `${fn.contract.id}:${fn.name} calls itself`);
  }
  fn.activeIn = x.id;
  try {
    return fn.access === 'private'
      ? applyBody(x, fn, args, who, depth)
      : applyAsTransaction(x, fn, args, who, depth, false);
  } finally {
    // Also after a failure: `restrict-assets?` may go on.
    fn.activeIn = 0;
  }
}

function applyAsTransaction(
  x: Exec,
  fn: UserFunction,
  args: Arguments,
  who: Caller,
  depth: number,
  anyResult: boolean,
): Value {
  if (fn.access === 'read-only') {
    x.begin(true);
    const result = applyBody(x, fn, args, who, depth);
    x.rollback();
    return result;
  }
  x.begin(false);
  const result = applyBody(x, fn, args, who, depth);
  if (result.type === 'ok') x.commit();
  else if (result.type === 'err') x.rollback();
  else if (anyResult) x.commit();
  else {
    x.rollback();
    throw checkError('Unreachable', 'Public function must return response');
  }
  return result;
}

export interface ContractCall {
  readonly contractId: string;
  readonly functionName: string;
  readonly args: readonly Value[];
  readonly readOnly: boolean;
  /** The node itself may call private functions. */
  readonly allowPrivate: boolean;
  /** The expression that makes the call; null for a transaction. */
  readonly site: CallSite | null;
}

/** A function of any contract, by name. `depth` counts the stack entries of the caller. */
export function executeContract(x: Exec, call: ContractCall, who: Caller, depth: number): Value {
  const contract = x.loadContract(call.contractId);
  if (contract === null) throw checkError('NoSuchContract', `no contract ${call.contractId}`);
  const m = x.m;
  charge(m, 'loadContract', contract.loadSize);
  m.hold(contract.loadSize);
  const fn = contract.functions.get(call.functionName);
  if (fn === undefined) {
    throw checkError('UndefinedFunction', `no function ${call.functionName} in ${contract.id}`);
  }
  if (fn.access === 'private' && !call.allowPrivate) {
    throw checkError('NoSuchPublicFunction', `${contract.id} ${fn.name} is not public`);
  }
  if (call.readOnly && fn.access !== 'read-only') {
    throw checkError('Unreachable', `Public function not read-only: ${contract.id} ${fn.name}`);
  }
  const args = call.args.map(sanitize);
  if (fn.activeIn === x.id) {
    throw checkError('CircularReference', `${contract.id}:${fn.name} calls itself`);
  }
  fn.activeIn = x.id;
  // The arguments become locals: the hook must see what was passed.
  const passed = x.onContractCall === null ? args : args.slice();
  let size = 0;
  for (const arg of args) size += valueSize(arg);
  let result: Value;
  try {
    result = applyAsTransaction(x, fn, { args, size }, who, depth + 1, call.allowPrivate);
  } finally {
    fn.activeIn = 0;
  }
  x.onContractCall?.(x, {
    contractId: contract.id,
    functionName: fn.name,
    args: passed,
    sender: who.sender,
    result,
    site: call.site,
  });
  m.memoryHeld -= contract.loadSize;
  return result;
}
