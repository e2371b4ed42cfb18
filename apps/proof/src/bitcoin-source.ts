/**
 * A Bitcoin node as the checks see it. `esploraSource` reads the HTTP interface of Esplora (block
 * explorers, and our own node under `/bitcoin`), which browsers may ask; the command line brings one
 * that speaks bitcoind's JSON-RPC.
 * Source: Esplora's API.md (`/blocks/tip/height`, `/block-height/:height`, `/block/:hash/raw`, `/header`).
 */
import {
  type BitcoinBlock,
  type BitcoinBlockHeader,
  decodeBitcoinBlock,
  decodeBitcoinHeader,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { httpSource, type NodeSource, SourceError } from './node-source.ts';

/** Hashes are 32 bytes in display order. All throw SourceError when nobody answers. */
export interface BitcoinSource {
  tipHeight(): Promise<number>;
  /** Null above the tip. */
  blockHashAt(burnHeight: number): Promise<Uint8Array | null>;
  block(hash: Uint8Array): Promise<BitcoinBlock>;
  header(hash: Uint8Array): Promise<BitcoinBlockHeader>;
}

/** @param url beginning of the interface, e.g. `https://blockstream.info/api` */
export function esploraSource(url: string, http: NodeSource = httpSource(url)): BitcoinSource {
  const ask = async (path: string): Promise<Response> => {
    const response = await http.request(path);
    if (response.ok || response.status === 404) return response;
    throw new SourceError(`${url}${path} answered ${response.status}`);
  };
  const text = async (path: string): Promise<string | null> => {
    const response = await ask(path);
    return response.ok ? (await response.text()).trim() : null;
  };
  const malformed = (path: string) => new SourceError(`${url}${path} answered with nonsense`);
  return {
    async tipHeight() {
      const height = await text('/blocks/tip/height');
      if (height === null || !/^\d{1,9}$/.test(height)) throw malformed('/blocks/tip/height');
      return Number(height);
    },
    async blockHashAt(burnHeight) {
      const path = `/block-height/${burnHeight}`;
      const hash = await text(path);
      if (hash === null) return null;
      if (!isHex(hash) || hash.length !== 64) throw malformed(path);
      return bytesFromHex(hash);
    },
    async block(hash) {
      const path = `/block/${bytesToHex(hash)}/raw`;
      const response = await ask(path);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const block = response.ok ? decodeBitcoinBlock(bytes) : null;
      if (block === null || !block.ok) throw malformed(path);
      return block.value;
    },
    async header(hash) {
      const path = `/block/${bytesToHex(hash)}/header`;
      const digits = await text(path);
      const header =
        digits === null || !isHex(digits) ? null : decodeBitcoinHeader(bytesFromHex(digits));
      if (header === null || !header.ok) throw malformed(path);
      return header.value;
    },
  };
}
