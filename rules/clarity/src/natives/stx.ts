/**
 * STX: balances, transfers, burning. Source: stacks-core clarity/src/vm/functions/assets.rs.
 */
import { burnStx, readStxAccount, transferStx } from '../accounts.ts';
import { costRuntime } from '../costs/charge.ts';
import { COST_ROWS, type CostName } from '../costs/costs.table.ts';
import { RuntimeFailure } from '../errors.ts';
import { addTo } from '../exec/assets.ts';
import type { Code, Frame } from '../exec/exec.ts';
import {
  errUint,
  OK_TRUE,
  type PrincipalV,
  tupleOfEntries,
  uintValue,
  type Value,
} from '../value.ts';
import { expectPrincipal, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

const NO_BYTES = new Uint8Array(0);
/** Memory a balance and a principal count. */
const BALANCE_BYTES = 40;
const PRINCIPAL_BYTES = 148;

/** A special whose whole cost is constant but has reads or writes. */
export function storageSpecial(call: SpecialCall, cost: CostName, body: Code): Code {
  const row = COST_ROWS[cost] as readonly unknown[];
  const length = (column: number) => (row[column] as readonly number[] | undefined)?.[1] ?? 0;
  const count = (column: number) => (row[column] as number | undefined) ?? 0;
  const [writeLength, writeCount, readLength, readCount] = [
    length(3),
    count(4),
    length(5),
    count(6),
  ];
  const runtime = costRuntime(cost, 0);
  return special(call, 0, (f) => {
    f.x.m.add(writeLength, writeCount, readLength, readCount, runtime);
    return body(f);
  });
}

const getBalance: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const owner = c.code(args[0]!, scope, k + 1);
  return storageSpecial(call, 'stxBalance', (f) => {
    const principal = expectPrincipal(owner(f));
    return uintValue(readStxAccount(f.x.db, principal.text, f.x.info.burnHeight).unlockedMicro);
  });
};

const account: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const owner = c.code(args[0]!, scope, k + 1);
  return storageSpecial(call, 'stxAccount', (f) => {
    const principal = expectPrincipal(owner(f));
    const state = readStxAccount(f.x.db, principal.text, f.x.info.burnHeight);
    return tupleOfEntries([
      ['locked', uintValue(state.lockedMicro)],
      ['unlock-height', uintValue(BigInt(state.unlockHeight))],
      ['unlocked', uintValue(state.unlockedMicro)],
    ]);
  });
};

export interface StxTransfer {
  readonly from: PrincipalV;
  readonly to: PrincipalV;
  readonly amount: bigint;
  readonly memo: Uint8Array;
}

/** `stx-transfer?` once its arguments are known. */
function transfer(f: Frame, { from, to, amount, memo }: StxTransfer): Value {
  if (amount === 0n) return errUint(3);
  if (from.text === to.text) return errUint(2);
  if (from.text !== f.sender.text) return errUint(4);
  const { x } = f;
  x.m.keep(2 * PRINCIPAL_BYTES + 2 * BALANCE_BYTES);
  try {
    if (!transferStx(x.db, { from: from.text, to: to.text, amount }, x.info.burnHeight)) {
      return errUint(1);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new RuntimeFailure('ArithmeticOverflow');
    throw error;
  }
  addTo(x.assets.stx, from.text, amount);
  x.addEvent({
    type: 'stx_transfer_event',
    sender: from.text,
    recipient: to.text,
    amount,
    memo,
  });
  return OK_TRUE;
}

function transferNative(cost: CostName, withMemo: boolean): SpecialNative {
  return (call) => {
    const { c, args, scope, k } = call;
    if (args.length !== (withMemo ? 4 : 3)) return wrongArity(call);
    const codes = args.map((arg) => c.code(arg, scope, k + 1));
    return storageSpecial(call, cost, (f) => {
      const amount = codes[0]!(f);
      const from = codes[1]!(f);
      const to = codes[2]!(f);
      const memo = withMemo ? codes[3]!(f) : null;
      if (
        amount.type !== 'uint' ||
        from.type !== 'principal' ||
        to.type !== 'principal' ||
        (memo !== null && memo.type !== 'buffer')
      ) {
        throw unreachableType('Bad transfer STX args');
      }
      return transfer(f, { from, to, amount: amount.value, memo: memo?.value ?? NO_BYTES });
    });
  };
}

const burn: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 2) return wrongArity(call);
  const amountCode = c.code(args[0]!, scope, k + 1);
  const fromCode = c.code(args[1]!, scope, k + 1);
  return storageSpecial(call, 'stxTransfer', (f) => {
    const amount = amountCode(f);
    const from = fromCode(f);
    if (amount.type !== 'uint' || from.type !== 'principal') {
      throw unreachableType('Bad transfer STX args');
    }
    if (amount.value === 0n) return errUint(3);
    if (from.text !== f.sender.text) return errUint(4);
    const { x } = f;
    x.m.keep(PRINCIPAL_BYTES + BALANCE_BYTES);
    if (!burnStx(x.db, from.text, amount.value, x.info.burnHeight)) return errUint(1);
    addTo(x.assets.burn, from.text, amount.value);
    x.addEvent({ type: 'stx_burn_event', sender: from.text, amount: amount.value });
    return OK_TRUE;
  });
};

export const STX_SPECIALS: readonly [string, SpecialNative][] = [
  ['stx-get-balance', getBalance],
  ['stx-account', account],
  ['stx-transfer?', transferNative('stxTransfer', false)],
  ['stx-transfer-memo?', transferNative('stxTransferMemo', true)],
  ['stx-burn?', burn],
];
