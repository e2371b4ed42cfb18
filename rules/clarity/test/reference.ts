/**
 * The reference VM: stacks-core's Clarity as WASM, inside the simulator of `@stacks/clarinet-sdk`.
 * Development only; product code never imports it.
 *
 * Each transaction of the simulator loads the cost contracts and the vote on them again. Small
 * ones stand in for them: prices come from the reference's own code either way, and a
 * transaction takes a third of the time.
 */
import { bytesFromHex } from '@assay/bytes';
import {
  type ClarityValue,
  clarityValueToString,
  decodeClarityValue,
  encodeClarityValue,
} from '@assay/clarity-value';
import * as wasm from '@stacks/clarinet-sdk-wasm';
import type { BlockInfoDb, ClarityVersion, Cost } from '../src/index.ts';

export const DEPLOYER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
export const WALLET_1 = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';
export const WALLET_2 = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
export const ACCOUNTS = [DEPLOYER, WALLET_1, WALLET_2];
export const FUNDS = 100_000_000_000_000n;

/** What both VMs can be asked and are compared by. */
export interface Answer {
  /** Hex of the result; null for a failure. Empty for a deploy. */
  readonly result: string | null;
  /** Reference: its text. Ours: kind, name, message. */
  readonly error: string | null;
  /** One JSON text per event. */
  readonly events: readonly string[];
  /** Null when the reference gives none (a failure). */
  readonly cost: Cost | null;
  /** Bytes of memory still counted at its end; null like `cost`. */
  readonly memory: number | null;
}

/** Contracts by name are the deployer's; other people's go by their whole id. */
export interface Machine {
  deploy(name: string, source: string, version: ClarityVersion): Answer;
  call(contract: string, fn: string, args: readonly ClarityValue[], sender: string): Answer;
  callReadOnly(contract: string, fn: string, args: readonly ClarityValue[], sender: string): Answer;
  /** A private function, called by no contract. */
  callPrivate(contract: string, fn: string, args: readonly ClarityValue[], sender: string): Answer;
}

export const contractIdOf = (contract: string) =>
  contract.includes('.') ? contract : `${DEPLOYER}.${contract}`;

export type Reference = Machine & {
  readonly sdk: wasm.SDK;
  /** The chain of a fresh session: heights, hashes and times. */
  readonly facts: BlockInfoDb;
  /** Starts again with an empty chain; a long run would slow down on a full one. */
  restart(): Promise<void>;
};

const NOTHING = '(define-read-only (nothing) u0)';
const BOOT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'genesis lockup bns costs pox costs-2 pox-2 costs-3 pox-3 pox-4 signers signers-voting costs-4'
      .split(' ')
      .map((name) => [name, NOTHING]),
  ),
  'cost-voting': `(define-data-var confirmed-proposal-count uint u0) ${NOTHING}`,
};

/** Small stand-ins for the contracts every chain of the simulator begins with. */
export const boot: ReadonlyMap<string, string> = new Map(Object.entries(BOOT));

export const DEVNET_TOML = `[network]\nname = "devnet"\n[accounts.deployer]\nmnemonic = "${'abandon '.repeat(23)}art"\nbalance = 0\n`;

const PROJECT = '/oracle';
const FILES: ReadonlyMap<string, string> = new Map([
  [
    `${PROJECT}/Clarinet.toml`,
    [
      '[project]',
      'name = "oracle"',
      'telemetry = false',
      '[repl]',
      'log_print_events = "none"',
      '[project.override_boot_contracts_source]',
      ...Object.keys(BOOT).map((name) => `${name} = "boot/${name}.clar"`),
      '',
    ].join('\n'),
  ],
  [`${PROJECT}/settings/Devnet.toml`, DEVNET_TOML],
  ...Object.entries(BOOT).map(([name, source]): [string, string] => [
    `${PROJECT}/boot/${name}.clar`,
    source,
  ]),
]);

/** The project the simulator believes it runs in; nothing is written. */
async function files(action: string, data: { path: string; paths: readonly string[] }) {
  switch (action) {
    case 'vfs/exists':
      return FILES.has(data.path);
    case 'vfs/readFile':
      return FILES.get(data.path);
    case 'vfs/readFiles':
      return Object.fromEntries(data.paths.map((path) => [path, FILES.get(path)]));
    default:
      return undefined;
  }
}

export async function reference(): Promise<Reference> {
  const sdk = new wasm.SDK(files, new wasm.SDKOptions(true, false, false));
  const restart = () => quietly(() => openSession(sdk));
  await restart();
  const asked = (contract: string, fn: string, args: readonly ClarityValue[], sender: string) =>
    new wasm.CallFnArgs(
      contractIdOf(contract),
      fn,
      args.map((arg) => encodeClarityValue(arg)),
      sender,
    );
  return {
    sdk,
    facts: factsOf(sdk),
    restart,
    deploy(contract, source, version) {
      const options = new wasm.ContractOptions(version);
      const [issuer, name] = contractIdOf(contract).split('.') as [string, string];
      const args = new wasm.DeployContractArgs(name, source, options, issuer);
      return answer(() => sdk.deployContract(args), true);
    },
    call: (...call) => answer(() => sdk.callPublicFn(asked(...call)), false),
    callReadOnly: (...call) => answer(() => sdk.callReadOnlyFn(asked(...call)), false),
    callPrivate: (...call) => answer(() => sdk.callPrivateFn(asked(...call)), false),
  };
}

/** The simulator tells of a plan it wrote; we have no use for it. */
async function quietly(run: () => Promise<void>): Promise<void> {
  const { log } = console;
  console.log = () => {};
  try {
    await run();
  } finally {
    console.log = log;
  }
}

async function openSession(sdk: wasm.SDK): Promise<void> {
  await sdk.initSession(PROJECT, 'Clarinet.toml', undefined);
  sdk.setEpoch('3.4');
  sdk.deployer = DEPLOYER;
  sdk.setLocalAccounts(ACCOUNTS);
  for (const who of ACCOUNTS) sdk.mintSTX(who, FUNDS);
}

interface ReferenceCosts {
  readonly total: Readonly<Record<string, number>>;
  readonly memory: number;
}

function costsOf(text: string): Pick<Answer, 'cost' | 'memory'> {
  if (text === '' || text === 'null') return { cost: null, memory: null };
  const { total, memory } = JSON.parse(text) as ReferenceCosts;
  const cost = {
    writeLength: total.write_length!,
    writeCount: total.write_count!,
    readLength: total.read_length!,
    readCount: total.read_count!,
    runtime: total.runtime!,
  };
  return { cost, memory };
}

export function sortedJson(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function eventOf(raw: unknown): string {
  const { event, data } = (typeof raw === 'string' ? JSON.parse(raw) : raw) as {
    event: string;
    data: Record<string, unknown>;
  };
  const { value: _decoded, ...rest } = data;
  return sortedJson({ event, ...rest });
}

function answer(run: () => wasm.TransactionRes, isDeploy: boolean): Answer {
  try {
    const { result, events, costs } = run();
    const hex = result.startsWith('0x') ? result.slice(2) : result;
    return {
      result: isDeploy ? '' : hex,
      error: null,
      events: (JSON.parse(events) as unknown[]).map(eventOf),
      ...costsOf(costs),
    };
  } catch (error) {
    const text = String(error);
    // A panic leaves the reference unusable: everything after would look rejected.
    if (/unreachable|recursive use|RuntimeError/.test(text)) throw error;
    return { result: null, error: text, events: [], cost: null, memory: null };
  }
}

/** The reference's own chain, asked fact by fact, once per block. */
function factsOf(sdk: wasm.SDK): BlockInfoDb {
  let height = -1;
  let known = new Map<string, string>();
  const ask = (snippet: string): string => {
    if (sdk.stacksBlockHeight !== height) {
      height = sdk.stacksBlockHeight;
      known = new Map();
    }
    const answer = known.get(snippet) ?? sdk.runSnippet(snippet);
    known.set(snippet, answer);
    return answer;
  };
  const number = (keyword: string) => Number(uintOf(ask(keyword)));
  const bytes = (snippet: string) => bufferOf(ask(snippet));
  const uint = (snippet: string) => uintOf(ask(snippet));
  const isKnown = (snippet: string) => ask(snippet) !== NONE;
  return {
    chainId: 0x80000000,
    isMainnet: false,
    get stacksHeight() {
      return sdk.stacksBlockHeight;
    },
    get tenureHeight() {
      return number('tenure-height');
    },
    get burnHeight() {
      return sdk.burnBlockHeight;
    },
    get blockTimeSecs() {
      return uint('stacks-block-time');
    },
    stacksBlock(at) {
      const info = (what: string) => `(get-stacks-block-info? ${what} u${at})`;
      if (!isKnown(info('time'))) return null;
      return {
        idHeaderHash: bytes(info('id-header-hash')),
        headerHash: bytes(info('header-hash')),
        timeSecs: uint(`(unwrap-panic ${info('time')})`),
      };
    },
    tenureOfBlock(at) {
      const info = (what: string) => `(get-tenure-info? ${what} u${at})`;
      if (!isKnown(info('time'))) return null;
      return {
        burnHeaderHash: bytes(info('burnchain-header-hash')),
        minerAddress: addressOf(ask(info('miner-address'))),
        timeSecs: uint(`(unwrap-panic ${info('time')})`),
        vrfSeed: bytes(info('vrf-seed')),
        blockRewardMicro: maybeUint(ask(info('block-reward'))),
        minerSpendTotalSats: maybeUint(ask(info('miner-spend-total'))) ?? 0n,
        // The simulator's chain has none, and fails when asked.
        minerSpendWinnerSats: 0n,
      };
    },
    burnBlock(at) {
      const answer = ask(`(get-burn-block-info? header-hash u${at})`);
      return answer === NONE ? null : { headerHash: bufferOf(answer), poxAddresses: NOBODY_PAID };
    },
  };
}

const NONE = '0x09';
const NOBODY_PAID = { addresses: [], payoutSats: 0n };

/** From the serialized value a snippet answers with. */
function uintOf(hex: string): bigint {
  return BigInt(`0x${hex.replace(/^0x/, '').slice(2)}`);
}

/** `none`, or a uint in an optional. */
function maybeUint(hex: string): bigint | null {
  return hex === NONE ? null : uintOf(`0x${hex.slice(4)}`);
}

/** The last 32 bytes: a buffer, bare or in an optional. */
function bufferOf(hex: string): Uint8Array {
  return bytesFromHex(hex.slice(-64));
}

/** A principal in an optional. */
function addressOf(hex: string): string {
  const value = decodeClarityValue(bytesFromHex(hex.slice(4)));
  if (!value.ok) throw new Error(`no principal: ${hex}`);
  return clarityValueToString(value.value);
}
