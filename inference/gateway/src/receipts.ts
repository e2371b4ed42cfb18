/**
 * Receipts: everything that proves an answer, without its text. A receipt can be fetched by whoever
 * knows its id, kept as a file, and checked without trusting this gateway (`assay verify`).
 */
import type { HttpResponse, World } from '@assay/world';
import { ApiError, json } from './api-error.ts';
import type { GatewayChain } from './chain-port.ts';
import type { Ledger } from './ledger/ledger.ts';
import { receiptJson } from './receipt-json.ts';

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
    return json(200, receiptJson(row, this.#chainId));
  }
}
