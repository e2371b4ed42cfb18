/**
 * Two Clarity VMs behind one face: the reference (clarinet-sdk, upstream's code as WASM) and ours.
 * Development only; product code never imports the oracle.
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { type ClarityValue, encodeClarityValue } from '@assay/clarity-value';
import * as wasm from '@stacks/clarinet-sdk-wasm';
import {
  type BlockInfoDb,
  type ClarityEvent,
  type ClarityFailure,
  type ClarityVersion,
  ClarityVm,
  ContractCache,
  type Cost,
  CostMeter,
  costDifference,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  UNLIMITED,
} from '../src/index.ts';

export const DEPLOYER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
export const WALLET_1 = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';
export const WALLET_2 = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const ACCOUNTS = [DEPLOYER, WALLET_1, WALLET_2];
const FUNDS = 100_000_000_000_000n;

/** What both can be asked and are compared by. */
export interface Answer {
  /** Hex of the result; null for a failure. Empty for a deploy. */
  readonly result: string | null;
  /** Reference: its text. Ours: kind, name, message. */
  readonly error: string | null;
  /** One JSON text per event. */
  readonly events: readonly string[];
  /** Null when the reference gives none (a failure). */
  readonly cost: Cost | null;
}

export interface Machine {
  deploy(name: string, source: string, version: ClarityVersion): Answer;
  call(contract: string, fn: string, args: readonly ClarityValue[], sender: string): Answer;
}

interface ReferenceCosts {
  readonly total: Readonly<Record<string, number>>;
}

function referenceCost(text: string): Cost | null {
  if (text === '' || text === 'null') return null;
  const { total } = JSON.parse(text) as ReferenceCosts;
  return {
    writeLength: total.write_length!,
    writeCount: total.write_count!,
    readLength: total.read_length!,
    readCount: total.read_count!,
    runtime: total.runtime!,
  };
}

function sortedJson(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function referenceEvent(raw: unknown): string {
  const { event, data } = (typeof raw === 'string' ? JSON.parse(raw) : raw) as {
    event: string;
    data: Record<string, unknown>;
  };
  const { value: _decoded, ...rest } = data;
  return sortedJson({ event, ...rest });
}

function referenceAnswer(run: () => wasm.TransactionRes, isDeploy: boolean): Answer {
  try {
    const { result, events, costs } = run();
    const hex = result.startsWith('0x') ? result.slice(2) : result;
    return {
      result: isDeploy ? '' : hex,
      error: null,
      events: (JSON.parse(events) as unknown[]).map(referenceEvent),
      cost: referenceCost(costs),
    };
  } catch (error) {
    const text = String(error);
    // A panic leaves the reference unusable: everything after would look rejected.
    if (/unreachable executed|recursive use|RuntimeError/.test(text)) throw error;
    return { result: null, error: text, events: [], cost: null };
  }
}

export async function reference(): Promise<Machine & { readonly sdk: wasm.SDK }> {
  const sdk = new wasm.SDK(
    () => Promise.reject(new Error('the oracle reads no files')),
    new wasm.SDKOptions(true, false, false),
  );
  await sdk.initEmptySession({ enabled: false, api_url: '', initial_height: undefined });
  sdk.setEpoch('3.4');
  sdk.deployer = DEPLOYER;
  sdk.setLocalAccounts(ACCOUNTS);
  for (const who of ACCOUNTS) sdk.mintSTX(who, FUNDS);
  return {
    sdk,
    deploy(name, source, version) {
      const options = new wasm.ContractOptions(version);
      const args = new wasm.DeployContractArgs(name, source, options, DEPLOYER);
      return referenceAnswer(() => sdk.deployContract(args), true);
    },
    call(contract, fn, args, sender) {
      const bytes = args.map((arg) => encodeClarityValue(arg));
      const call = new wasm.CallFnArgs(`${DEPLOYER}.${contract}`, fn, bytes, sender);
      return referenceAnswer(() => sdk.callPublicFn(call), false);
    },
  };
}

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
  return { result: null, error: text, events: [], cost };
}

/** @param facts what the reference's chain looks like; made up when absent */
export function ours(
  facts?: BlockInfoDb,
): Machine & { readonly db: MemoryClarityDb; readonly vm: ClarityVm } {
  const db = new MemoryClarityDb();
  const info = facts ?? new MemoryBlockInfo();
  for (const who of ACCOUNTS) mintStx(db, who, FUNDS, 1);
  const vm = new ClarityVm({
    db,
    info,
    meter: new CostMeter(UNLIMITED),
    cache: new ContractCache(),
  });
  return {
    db,
    vm,
    deploy(name, source, version) {
      const out = vm.deploy({ contractId: `${DEPLOYER}.${name}`, source, clarityVersion: version });
      if (!out.ok) return failureAnswer(out.error);
      const { events, cost, analysisCost } = out.value;
      forgetConstants(db, `${DEPLOYER}.${name}`);
      // The reference leaves parsing, analysis and storing the source out of a deploy's cost.
      const run = costDifference(cost, analysisCost);
      const stored = {
        ...run,
        writeLength: run.writeLength - source.length - 1,
        writeCount: run.writeCount - 1,
        runtime: run.runtime - 11 * source.length - 7165,
      };
      return { result: '', error: null, events: events.map(eventText), cost: stored };
    },
    call(contract, fn, args, sender) {
      const contractId = `${DEPLOYER}.${contract}`;
      const out = vm.callPublic({ contractId, functionName: fn, args, sender });
      if (!out.ok) return failureAnswer(out.error);
      const { result, events, cost } = out.value;
      return {
        result: bytesToHex(encodeClarityValue(result)),
        error: null,
        events: events.map(eventText),
        cost,
      };
    },
  };
}

/** The reference's own chain, asked fact by fact. */
export function factsOf(sdk: wasm.SDK): BlockInfoDb {
  const number = (keyword: string) => Number(uintOf(sdk.runSnippet(keyword)));
  const bytes = (snippet: string) => bufferOf(sdk.runSnippet(snippet));
  const uint = (snippet: string) => uintOf(sdk.runSnippet(snippet));
  return {
    chainId: 0x80000000,
    isMainnet: false,
    get stacksHeight() {
      return number('stacks-block-height');
    },
    get tenureHeight() {
      return number('tenure-height');
    },
    get burnHeight() {
      return number('burn-block-height');
    },
    get blockTimeSecs() {
      return uint('stacks-block-time');
    },
    stacksBlock: (height) => ({
      idHeaderHash: bytes(`(unwrap-panic (get-stacks-block-info? id-header-hash u${height}))`),
      headerHash: bytes(`(unwrap-panic (get-stacks-block-info? header-hash u${height}))`),
      timeSecs: uint(`(unwrap-panic (get-stacks-block-info? time u${height}))`),
    }),
    tenureOfBlock: (height) => ({
      burnHeaderHash: bytes(`(unwrap-panic (get-tenure-info? burnchain-header-hash u${height}))`),
      minerAddress: 'ST000000000000000000002AMW42H',
      timeSecs: uint(`(unwrap-panic (get-tenure-info? time u${height}))`),
      vrfSeed: bytes(`(unwrap-panic (get-tenure-info? vrf-seed u${height}))`),
      blockRewardMicro: null,
      minerSpendTotalSats: 0n,
      minerSpendWinnerSats: 0n,
    }),
    burnBlock(height) {
      const answer = sdk.runSnippet(`(get-burn-block-info? header-hash u${height})`);
      return answer === '0x09' ? null : { headerHash: bufferOf(answer), poxAddresses: null };
    },
  };
}

/** From the serialized value a snippet answers with. */
function uintOf(hex: string): bigint {
  return BigInt(`0x${hex.replace(/^0x/, '').slice(2)}`);
}

/** The last 32 bytes: a buffer, bare or in an optional. */
function bufferOf(hex: string): Uint8Array {
  return bytesFromHex(hex.slice(-64));
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
    const name = /^\w+ (.*?): /.exec(our.error)?.[1] ?? '';
    if (!errorMatches(theirs.error, name, our.error.startsWith('runtime'))) {
      out.push(`error: reference ${theirs.error} | ours ${our.error}`);
    }
    return out;
  }
  if (theirs.result !== our.result) out.push(`result: ${theirs.result} | ours ${our.result}`);
  const [a, b] = [theirs.events.join('\n'), our.events.join('\n')];
  if (a !== b) out.push(`events: ${a} | ours ${b}`);
  const [c, d] = [JSON.stringify(theirs.cost), JSON.stringify(our.cost)];
  if (theirs.cost !== null && c !== d) out.push(`cost: ${c} | ours ${d}`);
  return out;
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

/**
 * Run-time errors must have the same name. Rejections before running are compared as such: the
 * reference goes on after a parse error and reports whatever came last.
 */
function errorMatches(theirs: string, name: string, atRunTime: boolean): boolean {
  return !atRunTime || theirs.includes(name);
}
