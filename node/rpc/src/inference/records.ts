/**
 * Requests and results as `.inference` keeps them, read from a state. Field names are those of the
 * contract. Used by the inference routes and the content store.
 */
import type { StateView } from '@assay/chainstate';
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';

export type RequestStatus = 'open' | 'settled' | 'rejected' | 'expired' | 'reversed';

const STATUSES: Readonly<Record<string, RequestStatus>> = {
  '1': 'open',
  '2': 'settled',
  '3': 'rejected',
  '4': 'expired',
  '5': 'reversed',
};

/** A tuple's fields with the types we expect; a missing field is a bug in the contract. */
export class Fields {
  readonly #entries: ReadonlyMap<string, ClarityValue>;

  constructor(value: ClarityValue) {
    if (value.type !== 'tuple') throw new Error(`expected a tuple, found ${value.type}`);
    this.#entries = value.entries;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  #field<T extends ClarityValue['type']>(name: string, type: T): ClarityValue & { type: T } {
    const value = this.#entries.get(name);
    if (value?.type !== type) throw new Error(`field ${name} is ${value?.type}, not ${type}`);
    return value as ClarityValue & { type: T };
  }

  uint(name: string): bigint {
    return this.#field(name, 'uint').value;
  }

  number(name: string): number {
    return Number(this.uint(name));
  }

  bytes(name: string): Uint8Array {
    return this.#field(name, 'buffer').value;
  }

  ascii(name: string): string {
    return this.#field(name, 'string-ascii').value;
  }

  principal(name: string): string {
    return formatPrincipal(this.#field(name, 'principal'));
  }

  tuple(name: string): Fields {
    return new Fields(this.#field(name, 'tuple'));
  }

  list(name: string): Fields[] {
    return this.#field(name, 'list').items.map((item) => new Fields(item));
  }

  /** The buffer inside `(some ..)`, or null. */
  optionalBytes(name: string): Uint8Array | null {
    const value = this.#entries.get(name);
    return value?.type === 'some' && value.value.type === 'buffer' ? value.value.value : null;
  }
}

export interface ExecutorRecord {
  readonly host: string;
  readonly key: Uint8Array;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
}

export interface RequestRecord {
  readonly id: bigint;
  readonly status: RequestStatus;
  readonly user: string;
  readonly model: Uint8Array;
  readonly promptHash: Uint8Array;
  readonly promptLength: number;
  readonly params: {
    readonly temperatureMicro: number;
    readonly topPMicro: number;
    readonly topK: number;
    readonly maxTokens: number;
  };
  readonly maxFeeMicro: bigint;
  /** Bitcoin heights. */
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly privacy: number;
  readonly clientNonce: Uint8Array;
  /** The first host drawn; once closed, the one that answered. */
  readonly executor: string;
  readonly hostKey: Uint8Array;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  /** Hosts that may answer from later on, by rank. */
  readonly fallbacks: readonly ExecutorRecord[];
  /** Block time of the opening, seconds. */
  readonly openedTimeSecs: number;
  /** Bitcoin block hash that fixed the seed. */
  readonly beacon: Uint8Array;
  readonly requestHash: Uint8Array;
}

export interface ResultRecord {
  readonly commitmentHash: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly finish: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly verdict: 'valid' | 'invalid';
  readonly cycle: number;
  readonly weight: bigint;
  readonly totalWeight: bigint;
  readonly paidMicro: bigint;
  readonly closedAt: number;
}

/** Reads `.inference` and `.hosts` at one block. */
export class InferenceRecords {
  readonly #view: StateView;
  readonly #contractId: string;
  readonly #hostsId: string;

  constructor(view: StateView, bootAddress: string) {
    this.#view = view;
    this.#contractId = `${bootAddress}.inference`;
    this.#hostsId = `${bootAddress}.hosts`;
  }

  /** 0 before the first; null on a chain without the contract. */
  lastRequestId(): bigint | null {
    const value = this.#view.dataVar(this.#contractId, 'last-request-id');
    return value?.type === 'uint' ? value.value : null;
  }

  request(id: bigint): RequestRecord | null {
    const found = this.#entry(this.#contractId, 'requests', Cv.uint(id));
    return found === null ? null : requestRecord(id, found);
  }

  result(id: bigint): ResultRecord | null {
    const fields = this.#entry(this.#contractId, 'results', Cv.uint(id));
    if (fields === null) return null;
    return {
      commitmentHash: fields.bytes('commitment-hash'),
      outputHash: fields.bytes('output-hash'),
      transcriptHash: fields.bytes('transcript-hash'),
      finish: fields.ascii('finish'),
      promptTokens: fields.number('prompt-tokens'),
      outputTokens: fields.number('output-tokens'),
      verdict: fields.uint('verdict') === 1n ? 'valid' : 'invalid',
      cycle: fields.number('cycle'),
      weight: fields.uint('weight'),
      totalWeight: fields.uint('total-weight'),
      paidMicro: fields.uint('paid'),
      closedAt: fields.number('closed-at'),
    };
  }

  /** Seconds that each rank of executors is ahead of the next. */
  fallbackWindowSecs(): number {
    const value = this.#view.dataVar(this.#contractId, 'parameters');
    return value === null ? 0 : new Fields(value).number('fallback-window');
  }

  /** Base URL that the host registered; null for somebody who is no host. */
  hostEndpoint(principal: ClarityValue): string | null {
    return this.#entry(this.#hostsId, 'hosts', principal)?.ascii('endpoint') ?? null;
  }

  #entry(contractId: string, map: string, key: ClarityValue): Fields | null {
    const value = this.#view.mapEntry(contractId, map, key);
    return value?.type === 'some' ? new Fields(value.value) : null;
  }
}

function requestRecord(id: bigint, fields: Fields): RequestRecord {
  const params = fields.tuple('params');
  return {
    id,
    status: STATUSES[fields.uint('status').toString()] ?? 'open',
    user: fields.principal('user'),
    model: fields.bytes('model'),
    promptHash: fields.bytes('prompt-hash'),
    promptLength: fields.number('prompt-length'),
    params: {
      temperatureMicro: params.number('temperature'),
      topPMicro: params.number('top-p'),
      topK: params.number('top-k'),
      maxTokens: params.number('max-tokens'),
    },
    maxFeeMicro: fields.uint('max-fee'),
    openedAt: fields.number('opened-at'),
    expiresAt: fields.number('expires-at'),
    privacy: fields.number('privacy'),
    clientNonce: fields.bytes('client-nonce'),
    executor: fields.principal('executor'),
    hostKey: fields.bytes('host-key'),
    inputPriceMicro: fields.uint('input-price'),
    outputPriceMicro: fields.uint('output-price'),
    fallbacks: fields.list('fallbacks').map((one) => ({
      host: one.principal('host'),
      key: one.bytes('key'),
      inputPriceMicro: one.uint('input-price'),
      outputPriceMicro: one.uint('output-price'),
    })),
    openedTimeSecs: fields.number('opened-time'),
    beacon: fields.bytes('beacon'),
    requestHash: fields.bytes('request-hash'),
  };
}
