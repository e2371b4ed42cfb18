/**
 * Two Clarity VMs behind one face: the reference (`reference.ts`) and ours. Development only.
 */
import { bytesToHex, type Result } from '@assay/bytes';
import { type ClarityValue, encodeClarityValue } from '@assay/clarity-value';
import {
  type AssetMap,
  type BlockInfoDb,
  type CallOutcome,
  type ClarityEvent,
  type ClarityFailure,
  ClarityVm,
  ContractCache,
  CostMeter,
  costDifference,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  UNLIMITED,
} from '../src/index.ts';
import { checkKind } from './check-kinds.ts';
import {
  ACCOUNTS,
  type Answer,
  contractIdOf,
  FUNDS,
  type Machine,
  sortedJson,
} from './reference.ts';

const raw = (value: ClarityValue) => `0x${bytesToHex(encodeClarityValue(value))}`;

/** Our event in the reference's words. */
export function eventText(event: ClarityEvent): string {
  switch (event.type) {
    case 'contract_event':
      return sortedJson({
        event: 'print_event',
        contract_identifier: event.contractId,
        topic: event.topic,
        raw_value: raw(event.value),
      });
    case 'stx_transfer_event':
      return sortedJson({
        event: event.type,
        amount: event.amount.toString(),
        memo: bytesToHex(event.memo),
        recipient: event.recipient,
        sender: event.sender,
      });
    case 'stx_mint_event':
    case 'stx_burn_event':
    case 'stx_lock_event': {
      const { type, amount, ...rest } = event as unknown as Record<string, unknown>;
      return sortedJson({ event: type, amount: String(amount), ...rest });
    }
    case 'ft_transfer_event':
    case 'ft_mint_event':
    case 'ft_burn_event': {
      const { type, asset, amount, ...rest } = event;
      return sortedJson({
        event: type,
        asset_identifier: asset,
        amount: amount.toString(),
        ...rest,
      });
    }
    default: {
      const { type, asset, value, ...rest } = event;
      return sortedJson({ event: type, asset_identifier: asset, raw_value: raw(value), ...rest });
    }
  }
}

function failureAnswer({ error, cost }: ClarityFailure): Answer {
  const text = `${error.kind} ${error.name}: ${error.message}`;
  return { result: null, error: text, events: [], cost, memory: null };
}

const memoryOf = ({ meter }: ClarityVm) => meter.memoryHeld + meter.memoryKept;

function callAnswer(vm: ClarityVm, out: Result<CallOutcome, ClarityFailure>): Answer {
  if (!out.ok) return failureAnswer(out.error);
  const { result, events, cost, assetMap } = out.value;
  const texts = events.map(eventText);
  assertAssetsMatch(texts, assetMap);
  const hex = bytesToHex(encodeClarityValue(result));
  return { result: hex, error: null, events: texts, cost, memory: memoryOf(vm) };
}

export type OurMachine = Machine & {
  readonly db: MemoryClarityDb;
  readonly vm: ClarityVm;
  /** How often contracts have called contracts. */
  readonly innerCalls: () => number;
};

/** @param facts what the reference's chain looks like; made up when absent */
export function ours(facts?: BlockInfoDb): OurMachine {
  const db = new MemoryClarityDb();
  const info = facts ?? new MemoryBlockInfo();
  for (const who of ACCOUNTS) mintStx(db, who, FUNDS, 1);
  const meter = new CostMeter(UNLIMITED);
  let inner = 0;
  const vm = new ClarityVm({
    db,
    info,
    meter,
    cache: new ContractCache(),
    onContractCall: (_, { site }) => {
      if (site !== null) inner++;
    },
  });
  return {
    db,
    vm,
    innerCalls: () => inner,
    deploy(name, source, clarityVersion) {
      const out = vm.deploy({ contractId: contractIdOf(name), source, clarityVersion });
      if (!out.ok) return failureAnswer(out.error);
      const { events, cost, analysisCost, assetMap } = out.value;
      const texts = events.map(eventText);
      assertAssetsMatch(texts, assetMap);
      forgetConstants(db, contractIdOf(name));
      // The reference leaves parsing, analysis and storing the source out of a deploy's cost.
      const run = costDifference(cost, analysisCost);
      const bytes = Buffer.byteLength(source);
      const stored = {
        ...run,
        writeLength: run.writeLength - bytes - 1,
        writeCount: run.writeCount - 1,
        runtime: run.runtime - 11 * bytes - 7165,
      };
      return { result: '', error: null, events: texts, cost: stored, memory: memoryOf(vm) };
    },
    call: (contract, functionName, args, sender) =>
      callAnswer(
        vm,
        vm.callPublic({ contractId: contractIdOf(contract), functionName, args, sender }),
      ),
    // As a transaction: a read-only function may be called like a public one.
    callReadOnly: (contract, functionName, args, sender) =>
      callAnswer(
        vm,
        vm.callPublic({ contractId: contractIdOf(contract), functionName, args, sender }),
      ),
    callPrivate: (contract, functionName, args, sender) =>
      callAnswer(
        vm,
        vm.callPrivateAsSystem({ contractId: contractIdOf(contract), functionName, args, sender }),
      ),
  };
}

/**
 * The reference shows no asset map, but its events say what left whom: the map must be their sum.
 * Events are compared with the reference's, so the map is too.
 */
function assertAssetsMatch(events: readonly string[], map: AssetMap): void {
  const sums = new Map<string, bigint | string[]>();
  const add = (key: string, amount: bigint) =>
    sums.set(key, ((sums.get(key) as bigint | undefined) ?? 0n) + amount);
  for (const text of events) {
    const one = JSON.parse(text) as Record<string, string>;
    const moved = one.event!.split('_').slice(0, 2).join('_');
    if (moved === 'stx_transfer') add(`stx ${one.sender}`, BigInt(one.amount!));
    if (moved === 'stx_burn') add(`burn ${one.sender}`, BigInt(one.amount!));
    if (moved === 'ft_transfer' || moved === 'ft_burn') {
      add(`ft ${one.sender} ${one.asset_identifier}`, BigInt(one.amount!));
    }
    if (moved === 'nft_transfer' || moved === 'nft_burn') {
      const key = `nft ${one.sender} ${one.asset_identifier}`;
      sums.set(key, [...((sums.get(key) as string[] | undefined) ?? []), one.raw_value!]);
    }
  }
  const found = new Map<string, bigint | string[]>();
  for (const [who, amount] of map.stx) found.set(`stx ${who}`, amount);
  for (const [who, amount] of map.burn) found.set(`burn ${who}`, amount);
  for (const [who, assets] of map.ft) {
    for (const [asset, amount] of assets) found.set(`ft ${who} ${asset}`, amount);
  }
  for (const [who, assets] of map.nft) {
    for (const [asset, ids] of assets) found.set(`nft ${who} ${asset}`, ids.map(raw));
  }
  const [expected, actual] = [sums, found].map((one) =>
    [...one].map(([key, value]) => `${key}: ${String(value)}`).sort(),
  );
  if (String(expected) !== String(actual)) {
    throw new Error(`asset map ${String(actual)}, events ${String(expected)}`);
  }
}

/** The reference's simulator counts no bytes for constants when a contract is loaded; the node does. */
function forgetConstants(db: MemoryClarityDb, contractId: string): void {
  const key = 'vm-metadata::9::contract';
  const fields = db.getMetadata(contractId, key)!.split(' ');
  fields[2] = '0';
  db.putMetadata(contractId, key, fields.join(' '));
}

/** What differs between the reference's answer and ours; empty when nothing does. */
export function differences(theirs: Answer, our: Answer): string[] {
  const out: string[] = [];
  if ((theirs.result === null) !== (our.result === null)) {
    return [`accepts: reference ${theirs.error ?? 'yes'} | ours ${our.error ?? 'yes'}`];
  }
  if (theirs.error !== null && our.error !== null) {
    if (errorsAgree(theirs.error, our.error)) return [];
    return [`error: reference ${theirs.error} | ours ${our.error}`];
  }
  if (theirs.result !== our.result) out.push(`result: ${theirs.result} | ours ${our.result}`);
  const [a, b] = [theirs.events.join('\n'), our.events.join('\n')];
  if (a !== b) out.push(`events: ${a} | ours ${b}`);
  const [c, d] = [JSON.stringify(theirs.cost), JSON.stringify(our.cost)];
  if (theirs.cost !== null && c !== d) out.push(`cost: ${c} | ours ${d}`);
  if (theirs.memory !== our.memory) out.push(`memory: ${theirs.memory} | ours ${our.memory}`);
  return out;
}

/** The simulator has words of its own for these. */
const RUNTIME_WORDS: readonly (readonly [words: RegExp, name: string])[] = [
  [/Method '.*' does not exist/, 'UndefinedFunction'],
  [/Contract '.*' does not exist/, 'NoSuchContract'],
];

/**
 * Run-time errors must have the same name, check errors the same kind. Of parse errors only that
 * there was one: the reference goes on after it and reports whatever came last.
 */
function errorsAgree(theirs: string, our: string): boolean {
  const [, kind, name] = /^(\w+) (.*?): /s.exec(our)!;
  const atRunTime = /Runtime Error: |Call contract function error/.test(theirs);
  if (kind === 'parse') return !atRunTime;
  if (kind === 'check') return !atRunTime && checkKind(theirs) === name;
  const known = RUNTIME_WORDS.find(([words]) => words.test(theirs));
  return atRunTime && (known === undefined ? theirs.includes(name!) : known[1] === name);
}

/**
 * The reference's call tracer looks the callee's name up, at the depth's cost, wherever a call
 * names one by a variable or constant. stacks-core itself does not.
 *
 * @param most runtime the tracer may have added
 */
export function withoutTracer(theirs: Answer, our: Answer, most: number): Answer {
  if (theirs.cost === null || our.cost === null) return theirs;
  const extra = theirs.cost.runtime - our.cost.runtime;
  if (extra < 0 || extra > most) return theirs;
  return { ...theirs, cost: { ...theirs.cost, runtime: our.cost.runtime } };
}
