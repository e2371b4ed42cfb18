/**
 * The print event a chain adds when a stacking function of `pox-4` succeeds: who, how much is
 * unlocked and locked before the lock is applied, and what the call was about.
 *
 * Source: stacks-core pox-locking/src/events.rs.
 */
import { ClarityVm, readStxAccount } from '@assay/clarity';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import type { ContractCall, Execution } from './pox-locks.ts';

/** Reward cycles as the contract counts them. */
interface Cycles {
  readonly current: bigint;
  /** The first cycle that can still be joined. */
  readonly next: bigint;
  heightOf(cycle: bigint): bigint;
  cycleAt(height: bigint): bigint;
}

interface About {
  readonly args: readonly ClarityValue[];
  readonly sender: ClarityValue;
  readonly cycles: Cycles;
  readonly result: ClarityValue;
  account(principal: ClarityValue): { readonly locked: bigint; readonly unlockHeight: bigint };
  mapEntry(map: string, key: ClarityValue): ClarityValue | null;
}

type Fields = Readonly<Record<string, ClarityValue>>;

const NONE = Cv.none();
const uint = (value: bigint) => Cv.uint(value);

function amountOf(value: ClarityValue | undefined): bigint {
  return value?.type === 'uint' ? value.value : 0n;
}

function field(tuple: ClarityValue | null | undefined, name: string): ClarityValue | undefined {
  const content = tuple?.type === 'some' ? tuple.value : tuple;
  return content?.type === 'tuple' ? content.entries.get(name) : undefined;
}

const span = (first: bigint, end: bigint): Fields => ({
  'start-cycle-id': uint(first),
  'end-cycle-id': Cv.some(uint(end)),
});

function signerFields(args: readonly ClarityValue[], from: number): Fields {
  return {
    'signer-sig': args[from] ?? NONE,
    'signer-key': args[from + 1] ?? NONE,
    'max-amount': args[from + 2] ?? NONE,
    'auth-id': args[from + 3] ?? NONE,
  };
}

function lockFields(about: About, amount: number, address: number, start: number, period: number) {
  const { args, cycles } = about;
  const until = cycles.heightOf(cycles.current + 1n + amountOf(args[period]));
  return {
    'lock-amount': args[amount]!,
    'unlock-burn-height': uint(until),
    'pox-addr': args[address]!,
    'start-burn-height': args[start]!,
    'lock-period': args[period]!,
    ...span(cycles.next, cycles.cycleAt(until)),
  };
}

function increaseFields(about: About, stacker: ClarityValue, by: ClarityValue): Fields {
  const { locked, unlockHeight } = about.account(stacker);
  return {
    'increase-by': by,
    'total-locked': uint(locked + amountOf(by)),
    ...span(about.cycles.next, about.cycles.cycleAt(unlockHeight)),
  };
}

function extendFields(about: About, stacker: ClarityValue, count: ClarityValue): Fields {
  const { cycles } = about;
  const unlockCycle = cycles.cycleAt(about.account(stacker).unlockHeight);
  const first = cycles.current + 1n > unlockCycle ? cycles.current + 1n : unlockCycle;
  const until = cycles.heightOf(first + amountOf(count));
  return {
    'extend-count': count,
    'unlock-burn-height': uint(until),
    ...span(cycles.next, cycles.cycleAt(until)),
  };
}

function aggregationFields(about: About): Fields {
  const { args, cycles, sender } = about;
  const cycle = amountOf(args[1]);
  const start = cycle === cycles.current + 1n ? cycles.next : cycle;
  const key = Cv.tuple({ 'pox-addr': args[0]!, sender, 'reward-cycle': args[1]! });
  const logged = about.mapEntry('logged-partial-stacked-by-cycle', key);
  return {
    'pox-addr': args[0]!,
    'reward-cycle': args[1]!,
    'amount-ustx': field(logged, 'stacked-amount') ?? uint(0n),
    delegator: sender,
    ...span(start, cycle + 1n),
  };
}

const commitFields = (about: About): Fields => ({
  ...aggregationFields(about),
  ...signerFields(about.args, 2),
});

/** What the call was about, by function. */
const DATA: Readonly<Record<string, (about: About) => Fields>> = {
  'stack-stx': (about) => ({ ...lockFields(about, 0, 1, 2, 3), ...signerFields(about.args, 4) }),
  'delegate-stack-stx': (about) => ({
    ...lockFields(about, 1, 2, 3, 4),
    delegator: about.sender,
    stacker: about.args[0]!,
  }),
  'stack-increase': (about) => {
    const state = about.mapEntry('stacking-state', Cv.tuple({ stacker: about.sender }));
    return {
      ...increaseFields(about, about.sender, about.args[0]!),
      'pox-addr': field(state, 'pox-addr') ?? NONE,
      ...signerFields(about.args, 1),
    };
  },
  'delegate-stack-increase': (about) => ({
    ...increaseFields(about, about.args[0]!, about.args[2]!),
    'pox-addr': about.args[1]!,
    delegator: about.sender,
    stacker: about.args[0]!,
  }),
  'stack-extend': (about) => ({
    ...extendFields(about, about.sender, about.args[0]!),
    'pox-addr': about.args[1]!,
    ...signerFields(about.args, 2),
  }),
  'delegate-stack-extend': (about) => ({
    ...extendFields(about, about.args[0]!, about.args[2]!),
    'pox-addr': about.args[1]!,
    delegator: about.sender,
    stacker: about.args[0]!,
  }),
  'stack-aggregation-commit': commitFields,
  'stack-aggregation-commit-indexed': commitFields,
  'stack-aggregation-increase': (about) => ({
    ...aggregationFields(about),
    'reward-cycle-index': about.args[2]!,
    ...signerFields(about.args, 3),
  }),
  'delegate-stx': ({ args, cycles }) => {
    const [amount, to, until, address] = args;
    const end = until?.type === 'some' ? cycles.cycleAt(amountOf(until.value)) : null;
    return {
      'amount-ustx': amount!,
      'delegate-to': to!,
      'unlock-burn-height': until!,
      'pox-addr': address!,
      'start-cycle-id': uint(cycles.next),
      'end-cycle-id': end === null ? NONE : Cv.some(uint(end)),
    };
  },
  'revoke-delegate-stx': ({ cycles, result }) => ({
    'delegate-to': field(result, 'delegated-to') ?? NONE,
    'start-cycle-id': uint(cycles.current + 1n),
    'end-cycle-id': NONE,
  }),
};

const BY_SENDER = new Set([
  'stack-stx',
  'stack-increase',
  'stack-extend',
  'delegate-stx',
  'revoke-delegate-stx',
  'stack-aggregation-commit',
  'stack-aggregation-commit-indexed',
  'stack-aggregation-increase',
]);

function cyclesOf(vm: ClarityVm, contractId: string, burnHeight: bigint): Cycles {
  const read = (name: string) => amountOf(vm.readDataVar(contractId, name) ?? undefined);
  const first = read('first-burnchain-block-height');
  const length = read('pox-reward-cycle-length');
  const prepare = read('pox-prepare-cycle-length');
  const current = (burnHeight - first) / length;
  const isSetOpen = (burnHeight - first) % length < length - prepare;
  return {
    current,
    next: current + (isSetOpen ? 1n : 2n),
    heightOf: (cycle) => first + cycle * length,
    cycleAt: (height) => (height < first ? 0n : (height - first) / length),
  };
}

/** Adds the event of one successful call; nothing for functions that have none. */
export function addPoxEvent(exec: Execution, call: ContractCall): void {
  const { contractId, functionName } = call;
  const dataOf = Object.hasOwn(DATA, functionName) ? DATA[functionName]! : null;
  if (dataOf === null || call.result.type !== 'ok') return;
  const args = call.args as readonly ClarityValue[];
  const sender = call.sender as ClarityValue;
  const stacker = BY_SENDER.has(functionName) ? sender : args[0]!;
  const burnHeight = exec.info.burnHeight;
  const vm = new ClarityVm({ db: exec.db, info: exec.info, metered: false });
  const accountOf = (principal: ClarityValue) => {
    const { text } = principal as unknown as { readonly text: string };
    const { lockedMicro, unlockedMicro, unlockHeight } = readStxAccount(exec.db, text, burnHeight);
    return { locked: lockedMicro, balance: unlockedMicro, unlockHeight: BigInt(unlockHeight) };
  };
  const { balance, locked, unlockHeight } = accountOf(stacker);
  const data = dataOf({
    args,
    sender,
    cycles: cyclesOf(vm, contractId, BigInt(burnHeight)),
    result: call.result.value as ClarityValue,
    account: accountOf,
    mapEntry: (map, key) => vm.readMapEntry(contractId, map, key),
  });
  const value = Cv.ok(
    Cv.tuple({
      name: Cv.ascii(functionName),
      stacker,
      balance: uint(balance),
      locked: uint(locked),
      'burnchain-unlock-height': uint(unlockHeight),
      data: Cv.tuple(data),
    }),
  );
  exec.addEvent({ type: 'contract_event', contractId, topic: 'print', value });
}
