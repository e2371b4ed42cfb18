/**
 * Bitcoin's blocks as the node's own Bitcoin node gives them, in the shapes of Esplora, so that a
 * page can check proof of work and commits itself: browsers may not ask bitcoind. Bytes only;
 * whoever reads them hashes them anew.
 * Source: Esplora's API.md (`/blocks/tip/height`, `/block-height/:height`, `/block/:hash/raw`, `/header`).
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { HttpResponse } from '@assay/world';
import { RPC_LIMITS } from '../limits.ts';
import type { BitcoinPort, RpcDeps } from '../ports.ts';
import { badRequest, notFound, octets, text } from '../reply.ts';
import { type Route, route } from '../router.ts';

export function bitcoinRoutes({ bitcoin, log }: RpcDeps): Route[] {
  if (bitcoin === undefined) return [];
  const blocks = new BlockCache(bitcoin);
  const guarded = (ask: () => Promise<HttpResponse>): Promise<HttpResponse> =>
    ask().catch((cause) => {
      log.warn('the Bitcoin node does not answer', { cause });
      return text(503, 'the Bitcoin node does not answer');
    });
  const withHash = (
    digits: string | undefined,
    answer: (hash: Uint8Array) => Promise<HttpResponse>,
  ) =>
    digits !== undefined && digits.length === 64 && isHex(digits)
      ? guarded(() => answer(bytesFromHex(digits)))
      : badRequest('a block hash has 64 hex digits');
  return [
    route('GET', '/bitcoin/blocks/tip/height', () =>
      guarded(async () => text(200, String(await bitcoin.tipHeight()))),
    ),
    route('GET', '/bitcoin/block-height/:height', ({ params }) => {
      if (!/^\d{1,9}$/.test(params.height ?? '')) return badRequest('a height is a number');
      return guarded(async () => {
        const hash = await bitcoin.blockHashAt(Number(params.height));
        return hash === null ? notFound('Block not found') : text(200, bytesToHex(hash));
      });
    }),
    route('GET', '/bitcoin/block/:hash/raw', ({ params }) =>
      withHash(params.hash, async (hash) => {
        const bytes = await blocks.read(hash);
        return bytes === null ? notFound('Block not found') : octets(bytes);
      }),
    ),
    route('GET', '/bitcoin/block/:hash/header', ({ params }) =>
      withHash(params.hash, async (hash) => {
        const bytes = await bitcoin.rawHeader(hash);
        return bytes === null ? notFound('Block not found') : text(200, bytesToHex(bytes));
      }),
    ),
  ];
}

/** Blocks never change; the newest read are kept so that a page's checks ask bitcoind once. */
class BlockCache {
  readonly #bitcoin: BitcoinPort;
  readonly #known = new Map<string, Uint8Array>();
  #size = 0;

  constructor(bitcoin: BitcoinPort) {
    this.#bitcoin = bitcoin;
  }

  async read(hash: Uint8Array): Promise<Uint8Array | null> {
    const key = bytesToHex(hash);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = await this.#bitcoin.rawBlock(hash);
    if (bytes === null || this.#known.has(key)) return bytes;
    this.#known.set(key, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#known) {
      if (this.#size <= RPC_LIMITS.bitcoinCacheBytesMax) break;
      this.#known.delete(oldest);
      this.#size -= length;
    }
    return bytes;
  }
}
