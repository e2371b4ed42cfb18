/**
 * The chain's own record of a request and of its result, each proven to be in the state whose root the
 * signers signed (MARF proof), and compared with the terms that the user signed.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import {
  type ClarityValue,
  Cv,
  clarityValuesEqual,
  formatPrincipal,
  parsePrincipal,
} from '@assay/clarity-value';
import {
  type InferenceRequest,
  requestHash,
  type SamplingParams,
  samplingParamsTuple,
} from '@assay/jobs';
import { decodeMarfProof, verifyMarfProof } from '@assay/marf';
import { inferArguments, type Transaction } from '@assay/wire';
import type { PlacedTransaction } from './block.ts';
import type { Checks } from './checks.ts';
import type { NodeSource } from './node-source.ts';
import { fetchMapEntry } from './sources.ts';

export interface ProvenRequest {
  readonly request: InferenceRequest;
  readonly promptLength: number;
  readonly openedAt: number;
  readonly executor: string;
  readonly hostKey: Uint8Array;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  readonly beacon: Uint8Array;
  readonly requestHash: Uint8Array;
  /** 1 open, 2 settled, 3 rejected, 4 expired. */
  readonly status: bigint;
}

export interface ProvenResult {
  readonly commitmentHash: Uint8Array;
  readonly verdict: bigint;
  readonly cycle: number;
  readonly weight: bigint;
  readonly totalWeight: bigint;
  readonly paidMicro: bigint;
}

/** Typed access to a tuple; the wrong shape is a failed check, as a missing entry is. */
class Tuple {
  readonly #entries: ReadonlyMap<string, ClarityValue>;

  constructor(value: ClarityValue) {
    if (value.type !== 'tuple') throw new WrongShape('not a tuple');
    this.#entries = value.entries;
  }

  #get<T extends ClarityValue['type']>(name: string, type: T): Extract<ClarityValue, { type: T }> {
    const value = this.#entries.get(name);
    if (value?.type !== type) throw new WrongShape(`${name} is not a ${type}`);
    return value as Extract<ClarityValue, { type: T }>;
  }

  uint(name: string): bigint {
    return this.#get(name, 'uint').value;
  }

  bytes(name: string): Uint8Array {
    return this.#get(name, 'buffer').value;
  }

  principal(name: string) {
    return this.#get(name, 'principal');
  }

  tuple(name: string): Tuple {
    return new Tuple(this.#get(name, 'tuple'));
  }
}

class WrongShape extends Error {}

export interface RecordDeps {
  readonly node: NodeSource;
  readonly checks: Checks;
  /** `ST….inference` */
  readonly contract: string;
}

/** A map entry of `.inference` in the state after the settlement's block. @throws CannotGoOn */
async function provenEntry<T>(
  { node, checks, contract }: RecordDeps,
  map: 'requests' | 'results',
  at: { readonly id: bigint; readonly settled: PlacedTransaction },
  read: (tuple: Tuple) => T,
): Promise<T> {
  const { settled, id } = at;
  const noun = map === 'requests' ? 'request' : 'result';
  const what = `the record of the ${noun} is in the state that the signers signed`;
  const entry = checks.need(
    what,
    await fetchMapEntry(node, contract, { map, key: Cv.uint(id), tip: settled.blockId }),
    'the node gives no entry with a proof',
  );
  const proof = decodeMarfProof(entry.proof);
  const root = settled.block.header.stateIndexRoot;
  const isProven = proof.ok && verifyMarfProof(proof.value, root, entry.stateKey, entry.stored);
  if (!isProven) checks.need(what, null, 'the proof does not lead to the state root of the block');
  checks.expect(what, true, `state root ${bytesToHex(root)}`);
  try {
    return read(new Tuple(entry.value));
  } catch (error) {
    if (!(error instanceof WrongShape)) throw error;
    return checks.need<T>(what, null, error.message);
  }
}

export function proveRequest(
  deps: RecordDeps,
  at: { readonly id: bigint; readonly settled: PlacedTransaction },
): Promise<ProvenRequest> {
  return provenEntry(deps, 'requests', at, (tuple) => {
    const params = tuple.tuple('params');
    const number = (name: string) => Number(tuple.uint(name));
    const sampling: SamplingParams = {
      temperatureMicro: Number(params.uint('temperature')),
      topPMicro: Number(params.uint('top-p')),
      topK: Number(params.uint('top-k')),
      maxTokens: Number(params.uint('max-tokens')),
    };
    return {
      request: {
        id: at.id,
        user: tuple.principal('user'),
        model: tuple.bytes('model'),
        promptHash: tuple.bytes('prompt-hash'),
        params: sampling,
        maxFeeMicro: tuple.uint('max-fee'),
        expiresAt: number('expires-at'),
        privacy: number('privacy'),
        clientNonce: tuple.bytes('client-nonce'),
      },
      promptLength: number('prompt-length'),
      openedAt: number('opened-at'),
      executor: formatPrincipal(tuple.principal('executor')),
      hostKey: tuple.bytes('host-key'),
      inputPriceMicro: tuple.uint('input-price'),
      outputPriceMicro: tuple.uint('output-price'),
      beacon: tuple.bytes('beacon'),
      requestHash: tuple.bytes('request-hash'),
      status: tuple.uint('status'),
    };
  });
}

export function proveResult(
  deps: RecordDeps,
  at: { readonly id: bigint; readonly settled: PlacedTransaction },
): Promise<ProvenResult> {
  return provenEntry(deps, 'results', at, (tuple) => ({
    commitmentHash: tuple.bytes('commitment-hash'),
    verdict: tuple.uint('verdict'),
    cycle: Number(tuple.uint('cycle')),
    weight: tuple.uint('weight'),
    totalWeight: tuple.uint('total-weight'),
    paidMicro: tuple.uint('paid'),
  }));
}

/** The arguments of `.inference request`, natively or as a contract call; null: another transaction. */
export function requestArguments(
  tx: Transaction,
  contract: string,
): readonly ClarityValue[] | null {
  const { payload } = tx;
  if (payload.kind === 'infer') return inferArguments(payload);
  if (payload.kind !== 'contract-call' || payload.functionName !== 'request') return null;
  const called = formatPrincipal(payload.contract);
  return called === contract && payload.args.length === 10 ? payload.args : null;
}

/** What the user signed is what the chain recorded, and the record hashes to the request hash. */
export function checkTerms(
  checks: Checks,
  opened: PlacedTransaction,
  record: ProvenRequest,
  contract: string,
): void {
  const args = checks.need(
    'the transaction is a request for inference',
    requestArguments(opened.tx, contract),
    'it is something else',
  );
  const { request } = record;
  const user = parsePrincipal(opened.sender);
  const host = args[7]!;
  const executor = parsePrincipal(record.executor);
  const expected: readonly (readonly [string, ClarityValue, ClarityValue])[] = [
    ['user', user.ok ? Cv.principal(user.value) : Cv.none(), Cv.principal(request.user)],
    ['model', args[0]!, Cv.buffer(request.model)],
    ['prompt hash', args[2]!, Cv.buffer(request.promptHash)],
    ['prompt length', args[3]!, Cv.uint(record.promptLength)],
    ['sampling parameters', args[4]!, samplingParamsTuple(request.params)],
    ['highest fee', args[5]!, Cv.uint(request.maxFeeMicro)],
    ['deadline', args[6]!, Cv.uint(request.expiresAt - record.openedAt)],
    ['privacy', args[8]!, Cv.uint(request.privacy)],
    ['nonce', args[9]!, Cv.buffer(request.clientNonce)],
    ...(host.type === 'some' && executor.ok
      ? [['named host', host.value, Cv.principal(executor.value)] as const]
      : []),
  ];
  const differing = expected.filter(([, signed, kept]) => !clarityValuesEqual(signed, kept));
  checks.expect(
    'the chain recorded what the user signed',
    differing.length === 0,
    differing.length === 0
      ? 'model, prompt, parameters, fee, deadline, nonce'
      : `different: ${differing.map(([name]) => name).join(', ')}`,
  );
  const hash = requestHash(request);
  checks.expect(
    'the request hash follows from the record',
    bytesEqual(hash, record.requestHash),
    bytesToHex(hash),
  );
}
