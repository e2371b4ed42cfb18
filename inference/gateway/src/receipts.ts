/**
 * Receipts: everything that proves an answer, without its text. A receipt can be fetched by whoever
 * knows its id, kept as a file, and checked without trusting this gateway (`assay verify`).
 */
import { type HttpResponse, type World, WorldError } from '@assay/world';
import { ApiError, json } from './api-error.ts';
import type { GatewayChain } from './chain-port.ts';
import type { AnswerPart, Ledger } from './ledger/ledger.ts';
import { type ReceiptClaim, receiptJson } from './receipt-json.ts';
import { HostFault, HostLink } from './session/host-link.ts';

export interface ReceiptDeps {
  readonly world: World;
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
}

export class Receipts {
  readonly #deps: ReceiptDeps;
  readonly #chainId: number;

  constructor(deps: ReceiptDeps, chainId: number) {
    this.#deps = deps;
    this.#chainId = chainId;
  }

  /** @throws ApiError 404 */
  async get(id: string): Promise<HttpResponse> {
    const row = /^req_[0-9a-f]{24}$/.test(id) ? await this.#deps.ledger.request(id) : null;
    if (row === null) {
      throw new ApiError(
        404,
        'not_found_error',
        'receipt_not_found',
        `No receipt ${id.slice(0, 64)}.`,
      );
    }
    const claims = await Promise.all(row.parts.map((part) => this.#claimOf(part)));
    return json(200, receiptJson(row, this.#chainId, claims));
  }

  /** The claim that brought a part to the chain; null while there is none, or nobody tells. */
  async #claimOf({ endpoint, sessionId, index, end }: AnswerPart): Promise<ReceiptClaim | null> {
    if (end?.commitment == null) return null;
    const { world, chain } = this.#deps;
    try {
      const claim = await new HostLink(world.net, endpoint).claim(sessionId, index);
      if (claim === null) return null;
      return { ...claim, block_id: await chain.blockOf(String(claim.txid)) };
    } catch (error) {
      if (error instanceof HostFault || error instanceof WorldError) return null;
      throw error;
    }
  }
}
