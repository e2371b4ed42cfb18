/**
 * `as-contract?` and `restrict-assets?`: a body that may move only what its allowances permit.
 * On a violation everything the body did is undone and the answer is `(err index)`.
 *
 * Source: SIP-033; stacks-core clarity/src/vm/functions/post_conditions.rs.
 */
import { ClarityTypeError, isClarityName } from '@assay/clarity-value';
import type { CompileExpr } from '../compile/compiler.ts';
import { costRuntime } from '../costs/charge.ts';
import { MemoryExceeded } from '../costs/cost.ts';
import { checkError, EarlyReturn, RuntimeFailure } from '../errors.ts';
import type { AssetLog } from '../exec/assets.ts';
import type { Code, Frame } from '../exec/exec.ts';
import {
  errValue,
  okValue,
  type PrincipalV,
  uintValue,
  type Value,
  valueSize,
  valuesEqual,
} from '../value.ts';
import { AS_CONTRACT_MEMORY } from './contracts.ts';
import { expectPrincipal, expectUint, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

/** More cannot be written; also the index of «moved without any allowance». */
export const ALLOWANCES_MAX = 128;

type Allowance =
  | { readonly kind: 'all' }
  | { readonly kind: 'stx' | 'stacking'; readonly amount: bigint }
  | { readonly kind: 'ft'; readonly asset: string; readonly amount: bigint }
  | { readonly kind: 'nft'; readonly asset: string; readonly ids: readonly Value[] };

type AllowanceCode = (f: Frame) => Allowance;

/** Bytes upstream counts for the structures that hold them. */
const STX_BYTES = 16;
const TOKEN_BYTES = 21;

function allowanceBytes(allowance: Allowance): number {
  switch (allowance.kind) {
    case 'all':
      return 0;
    case 'stx':
    case 'stacking':
      return STX_BYTES;
    case 'ft':
      return 96 + TOKEN_BYTES + nameBytes(allowance.asset);
    case 'nft':
      return (
        96 +
        TOKEN_BYTES +
        nameBytes(allowance.asset) +
        allowance.ids.reduce((sum, id) => sum + valueSize(id), 0)
      );
  }
}

/** Length of the contract's and the asset's names in `ST....name::asset`. */
function nameBytes(asset: string): number {
  return asset.length - asset.indexOf('.') - 1 - 2;
}

function compileAllowance(call: SpecialCall, expr: CompileExpr): AllowanceCode | null {
  if (expr.kind !== 'list' || expr.items[0]?.kind !== 'atom') return null;
  const args = expr.items.slice(1);
  const codes = args.map((arg) => call.c.owned(arg, call.scope, call.k + 1));
  switch (expr.items[0].name) {
    case 'with-stx':
    case 'with-stacking': {
      if (codes.length !== 1) return null;
      const kind = expr.items[0].name === 'with-stx' ? 'stx' : 'stacking';
      // The STX amount is read, not copied.
      const read = kind === 'stx' ? call.c.code(args[0]!, call.scope, call.k + 1) : codes[0]!;
      return (f) => ({ kind, amount: expectUint(read(f)) });
    }
    case 'with-ft':
      if (codes.length !== 3) return null;
      return (f) => {
        const asset = assetName(f, codes);
        return { kind: 'ft', asset, amount: expectUint(codes[2]!(f)) };
      };
    case 'with-nft':
      if (codes.length !== 3) return null;
      return (f) => {
        const asset = assetName(f, codes);
        const ids = codes[2]!(f);
        if (ids.type !== 'list') throw unreachableType('Expected list');
        return { kind: 'nft', asset, ids: ids.items };
      };
    case 'with-all-assets-unsafe':
      return codes.length === 0 ? () => ({ kind: 'all' }) : null;
    default:
      return null;
  }
}

function assetName(f: Frame, codes: readonly Code[]): string {
  const contract = expectPrincipal(codes[0]!(f));
  if (contract.contractName === null) throw checkError('ExpectedContractPrincipalValue');
  const name = codes[1]!(f);
  if (name.type !== 'string-ascii') throw unreachableType('Expected ASCII String.');
  if (!isClarityName(name.value)) throw new RuntimeFailure('BadTokenName', name.value);
  return `${contract.text}::${name.value}`;
}

function allowanceList(call: SpecialCall, expr: CompileExpr | undefined): AllowanceCode[] | null {
  if (expr?.kind !== 'list') return null;
  const codes: AllowanceCode[] = [];
  for (const item of expr.items) {
    const code = compileAllowance(call, item);
    if (code === null) return null;
    codes.push(code);
  }
  return codes;
}

function hold(
  f: Frame,
  codes: readonly AllowanceCode[],
): { allowances: Allowance[]; held: number } {
  let held = 0;
  const allowances = codes.map((code) => {
    const allowance = code(f);
    const bytes = allowanceBytes(allowance);
    f.x.m.hold(bytes);
    held += bytes;
    return allowance;
  });
  return { allowances, held };
}

/** Errors of the machine itself, and costs: no contract may go on after them. */
function makesBlockInvalid(error: unknown): boolean {
  if (error instanceof RuntimeFailure) return INTERNAL_ERRORS.has(error.name);
  const contractual =
    error instanceof EarlyReturn ||
    error instanceof MemoryExceeded ||
    error instanceof ClarityTypeError;
  return !contractual;
}

const INTERNAL_ERRORS: ReadonlySet<string> = new Set([
  'Unreachable',
  'Expect',
  'InterpreterFailure',
]);

/**
 * Quirk: a violated allowance is the answer even when the body failed at run time after it; the
 * failure is forgotten.
 */
function runGuarded(
  f: Frame,
  owner: PrincipalV,
  allowances: readonly Allowance[],
  body: readonly Code[],
): Value {
  const { x } = f;
  x.begin(false);
  const held = x.m.memoryHeld;
  const nesting = x.nesting;
  let last: Value | null = null;
  let failure: unknown = null;
  try {
    for (const code of body) last = code(f);
  } catch (error) {
    if (makesBlockInvalid(error)) throw error;
    failure = error;
    x.rollbackTo(nesting);
    x.m.memoryHeld = held;
  }
  const log = x.assetsOrNull;
  const violation = log === null ? null : findViolation(owner.text, allowances, log);
  if (violation !== null) {
    x.rollback();
    return errValue(uintValue(BigInt(violation)));
  }
  x.commit();
  if (failure !== null) throw failure;
  return okValue(last!);
}

/** Index of the first allowance that was passed; `ALLOWANCES_MAX` for something not allowed at all. */
function findViolation(
  owner: string,
  allowances: readonly Allowance[],
  log: AssetLog,
): number | null {
  if (allowances.some((allowance) => allowance.kind === 'all')) return null;
  let first = Number.POSITIVE_INFINITY;
  const record = (index: number) => {
    first = Math.min(first, index);
  };
  const amounts = (kind: 'stx' | 'stacking', moved: bigint | undefined) => {
    if (moved === undefined) return;
    const permitted = allowances.some((allowance) => allowance.kind === kind);
    if (!permitted) {
      record(ALLOWANCES_MAX);
      return;
    }
    const index = allowances.findIndex((one) => one.kind === kind && moved > one.amount);
    if (index >= 0) record(index);
  };
  const moved = log.stx.get(owner);
  const burned = log.burn.get(owner);
  amounts('stx', moved);
  amounts('stx', burned);
  for (const [asset, amount] of log.ft.get(owner) ?? [])
    ftViolations(allowances, asset, amount, record);
  for (const [asset, ids] of log.nft.get(owner) ?? [])
    nftViolations(allowances, asset, ids, record);
  amounts('stacking', log.stacking.get(owner));
  const total = (moved ?? 0n) + (burned ?? 0n);
  if (total > 0n) {
    const index = allowances.findIndex((one) => one.kind === 'stx' && total > one.amount);
    if (index >= 0) record(index);
  }
  return first === Number.POSITIVE_INFINITY ? null : first;
}

/** `ST....name::*` stands for every asset of the contract. */
const wildcardOf = (asset: string) => `${asset.slice(0, asset.indexOf('::'))}::*`;

function ftViolations(
  allowances: readonly Allowance[],
  asset: string,
  amount: bigint,
  record: (index: number) => void,
): void {
  let permitted = false;
  for (const [index, one] of allowances.entries()) {
    if (one.kind !== 'ft' || (one.asset !== asset && one.asset !== wildcardOf(asset))) continue;
    permitted = true;
    if (amount > one.amount) record(index);
  }
  if (!permitted) record(ALLOWANCES_MAX);
}

function nftViolations(
  allowances: readonly Allowance[],
  asset: string,
  ids: readonly Value[],
  record: (index: number) => void,
): void {
  let permitted = false;
  for (const name of [asset, wildcardOf(asset)]) {
    // Several allowances of one asset add up, under the index of the first.
    const own = [...allowances.entries()].filter(
      ([, one]) => one.kind === 'nft' && one.asset === name,
    );
    if (own.length === 0) continue;
    permitted = true;
    const allowed = own.flatMap(([, one]) => (one.kind === 'nft' ? one.ids : []));
    const covered = ids.every((id) => allowed.some((other) => valuesEqual(id, other)));
    if (!covered) record(own[0]![0]);
  }
  if (!permitted) record(ALLOWANCES_MAX);
}

const asContractSafe: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const codes = allowanceList(call, args[0]);
  if (args.length < 2 || codes === null) return wrongArity(call);
  const body = args.slice(1).map((arg) => c.owned(arg, scope, k + 1));
  const self = c.contract.principal;
  return special(call, costRuntime('asContractSafe', codes.length), (f) => {
    const { allowances, held } = hold(f, codes);
    f.x.m.hold(AS_CONTRACT_MEMORY);
    const inner: Frame = { x: f.x, locals: f.locals, sender: self, caller: self, depth: f.depth };
    const result = runGuarded(inner, self, allowances, body);
    f.x.m.memoryHeld -= held + AS_CONTRACT_MEMORY;
    return result;
  });
};

const restrictAssets: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const codes = allowanceList(call, args[1]);
  if (args.length < 3 || codes === null) return wrongArity(call);
  const ownerCode = c.owned(args[0]!, scope, k + 1);
  const body = args.slice(2).map((arg) => c.owned(arg, scope, k + 1));
  const cost = costRuntime('restrictAssets', codes.length);
  return special(call, 0, (f) => {
    const owner = expectPrincipal(ownerCode(f));
    f.x.m.addRuntime(cost);
    const { allowances, held } = hold(f, codes);
    const result = runGuarded(f, owner, allowances, body);
    f.x.m.memoryHeld -= held;
    return result;
  });
};

const notHere: SpecialNative = (call) =>
  special(call, 0, () => {
    throw unreachableType('Allowance expr not allowed');
  });

export const ALLOWANCE_SPECIALS: readonly [string, SpecialNative][] = [
  ['as-contract?', asContractSafe],
  ['restrict-assets?', restrictAssets],
  ['with-stx', notHere],
  ['with-ft', notHere],
  ['with-nft', notHere],
  ['with-stacking', notHere],
  ['with-all-assets-unsafe', notHere],
];
