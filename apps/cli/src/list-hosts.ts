/**
 * `assay models` and `assay hosts`: what can be asked, of whom, at what price, and what it would be worth.
 * The class says what a host's engine can prove; the record says how its answers were judged.
 */
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';
import { assuranceOf } from '@assay/jobs';
import { bootAddressOf, modelIdText } from './inference.ts';
import type { NodeApi } from './node-api.ts';

export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly isRetired: boolean;
  /** Hosts that are drawn for it. */
  readonly hosts: number;
}

export interface ListedHost {
  readonly address: string;
  /** `A` to `D`; null when the chain says nothing known. */
  readonly assurance: string | null;
  readonly status: 'active' | 'suspended' | 'leaving';
  readonly models: readonly string[];
  readonly endpoint: string;
  /** Micro-STX per token. */
  readonly inputPriceMicro: bigint;
  readonly cachedPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  readonly bondMicro: bigint;
  readonly settled: bigint;
  /** Judged true since the last fault. */
  readonly clean: bigint;
  readonly faults: bigint;
  readonly missed: bigint;
}

const STATUSES = ['active', 'suspended', 'leaving'] as const;

type Entries = ReadonlyMap<string, ClarityValue>;

function someTuple(value: ClarityValue): Entries | null {
  return value.type === 'some' && value.value.type === 'tuple' ? value.value.entries : null;
}

function uintAt(entries: Entries, name: string): bigint {
  const value = entries.get(name);
  return value?.type === 'uint' ? value.value : 0n;
}

function textAt(entries: Entries, name: string): string {
  const value = entries.get(name);
  return value?.type === 'string-ascii' ? value.value : '';
}

async function bootOf(node: NodeApi): Promise<string> {
  return bootAddressOf((await node.info()).network_id);
}

async function count(node: NodeApi, contract: string, functionName: string): Promise<bigint> {
  const value = await node.callReadOnly(contract, functionName, []);
  return value.type === 'uint' ? value.value : 0n;
}

export async function listModels(node: NodeApi): Promise<readonly ListedModel[]> {
  const boot = await bootOf(node);
  const models = `${boot}.models`;
  const total = await count(node, models, 'get-model-count');
  const found: ListedModel[] = [];
  for (let index = 0n; index < total; index++) {
    const id = await node.callReadOnly(models, 'get-model-by-index', [Cv.uint(index)]);
    if (id.type !== 'some' || id.value.type !== 'buffer') continue;
    const entries = someTuple(await node.callReadOnly(models, 'get-model', [id.value]));
    const hosts = await node.callReadOnly(`${boot}.hosts`, 'get-model-hosts', [id.value]);
    const isRetired = entries?.get('is-retired');
    found.push({
      id: modelIdText(id.value.value),
      name: entries === null ? '' : textAt(entries, 'name'),
      isRetired: isRetired?.type === 'bool' && isRetired.value,
      hosts: hosts.type === 'list' ? hosts.items.length : 0,
    });
  }
  return found;
}

export async function listHosts(node: NodeApi): Promise<readonly ListedHost[]> {
  const contract = `${await bootOf(node)}.hosts`;
  const total = await count(node, contract, 'get-host-count');
  const found: ListedHost[] = [];
  for (let index = 0n; index < total; index++) {
    const at = await node.callReadOnly(contract, 'get-host-by-index', [Cv.uint(index)]);
    if (at.type !== 'some' || at.value.type !== 'principal') continue;
    const entries = someTuple(await node.callReadOnly(contract, 'get-host', [at.value]));
    if (entries !== null) found.push(hostOf(formatPrincipal(at.value), entries));
  }
  return found;
}

function hostOf(address: string, entries: Entries): ListedHost {
  const models = entries.get('models');
  return {
    address,
    assurance: assuranceOf(uintAt(entries, 'assurance')),
    status: STATUSES[Number(uintAt(entries, 'status')) - 1] ?? 'active',
    models:
      models?.type === 'list'
        ? models.items.flatMap((one) => (one.type === 'buffer' ? modelIdText(one.value) : []))
        : [],
    endpoint: textAt(entries, 'endpoint'),
    inputPriceMicro: uintAt(entries, 'input-price'),
    cachedPriceMicro: uintAt(entries, 'cached-price'),
    outputPriceMicro: uintAt(entries, 'output-price'),
    bondMicro: uintAt(entries, 'bond'),
    settled: uintAt(entries, 'settled'),
    clean: uintAt(entries, 'clean'),
    faults: uintAt(entries, 'faults'),
    missed: uintAt(entries, 'missed'),
  };
}
