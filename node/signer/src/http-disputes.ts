/** Disputes over HTTP: read from `.inference` through the node; the answer from its settlement. */
import { bytesEqual, bytesFromHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { closingCertificateOf, commitmentHash, type Receipt } from '@assay/jobs';
import { decodeTransaction } from '@assay/wire';
import type { World } from '@assay/world';
import {
  buffer,
  ContractReader,
  field,
  principal,
  type ReaderOptions,
  some,
  uint,
} from './contract-reader.ts';
import type { DisputePort, OpenDispute } from './dispute-port.ts';
import { LIMITS } from './limits.ts';

/** DISPUTE-OPEN and STATUS-SETTLED of the contract. */
const OPEN = 1n;
const SETTLED = 2n;
/** The newest disputes are always looked at: a reorganisation may open one of them again. */
const LOOKED_BACK = 16n;

export function httpDisputes(world: World, options: ReaderOptions): DisputePort {
  return new HttpDisputes(world, options);
}

class HttpDisputes implements DisputePort {
  readonly #reader: ContractReader;
  /** All disputes up to here are decided for good. */
  #decidedTo = 0n;
  #windowBlocks: number | null = null;

  constructor(world: World, options: ReaderOptions) {
    this.#reader = new ContractReader(world, options);
  }

  async open(): Promise<readonly OpenDispute[]> {
    const last = uint(await this.#reader.dataVar('inference', 'last-dispute-id'));
    const found: OpenDispute[] = [];
    for (let id = this.#decidedTo + 1n; id <= last; id++) {
      if (found.length >= LIMITS.disputesPerLook) break;
      const open = await this.#openDispute(id);
      if (open !== null) found.push(open);
      else if (id === this.#decidedTo + 1n && id <= last - LOOKED_BACK) this.#decidedTo = id;
    }
    return found;
  }

  async #openDispute(id: bigint): Promise<OpenDispute | null> {
    const dispute = some(await this.#reader.read('inference', 'get-dispute', [Cv.uint(id)]));
    if (dispute === null || uint(field(dispute, 'status')) !== OPEN) return null;
    const requestId = uint(field(dispute, 'request-id'));
    const [request, result] = await Promise.all(
      ['get-request', 'get-result'].map(async (name) =>
        some(await this.#reader.read('inference', name, [Cv.uint(requestId)])),
      ),
    );
    if (request == null || result == null) return null;
    return {
      id,
      requestId,
      evidence: buffer(field(dispute, 'evidence')),
      commitmentHash: buffer(field(result, 'commitment-hash')),
      host: principal(field(request, 'executor')),
      hostKey: buffer(field(request, 'host-key')),
      lapsesAt: Number(uint(field(dispute, 'opened-at'))) + (await this.#window()),
      isReversed: uint(field(request, 'status')) !== SETTLED,
    };
  }

  async #window(): Promise<number> {
    if (this.#windowBlocks === null) {
      const parameters = await this.#reader.read('inference', 'get-parameters', []);
      this.#windowBlocks = Number(uint(field(parameters, 'judging-window')));
    }
    return this.#windowBlocks;
  }

  async burnHeight(): Promise<number> {
    return (await this.#reader.client.chain.info()).burnBlockHeight;
  }

  async receipt({ requestId, commitmentHash: hash }: OpenDispute): Promise<Receipt | null> {
    const { client } = this.#reader;
    const request = await client.inference.request(requestId);
    if (request?.closed == null || request.opened === null) return null;
    const mined = await client.chain.transaction(request.closed.txid);
    const tx = mined === null ? null : decodeTransaction(mined.bytes);
    if (!tx?.ok || tx.value.payload.kind !== 'contract-call') return null;
    const certificate = closingCertificateOf(tx.value.payload.args);
    if (certificate === null) return null;
    const { commitment, hostSignature } = certificate;
    if (!bytesEqual(commitmentHash(commitment), hash)) return null;
    const { sketchHash } = await client.inference.result(request.opened.txid);
    if (sketchHash === null) return null;
    return { requestId, commitment, hostSignature, sketchHash: bytesFromHex(sketchHash) };
  }
}
