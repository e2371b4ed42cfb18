/** A Bitcoin node behind JSON-RPC, as the checks of `assay verify` ask for it. */
import { decodeBitcoinHeader } from '@assay/bitcoin';
import { BitcoinRpc, BurnchainError } from '@assay/burnchain';
import { bytesToHex } from '@assay/bytes';
import { type BitcoinSource, SourceError } from '@assay/proof';
import { nodeWorld } from '@assay/world/node';
import { UserError } from './user-error.ts';

const TIMEOUT_MS = 10_000;

/** @param url `http://user:password@host:port` @throws UserError */
export function bitcoindSource(url: string): BitcoinSource {
  const rpc = rpcOf(url);
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof BurnchainError)) throw error;
      throw new SourceError(error.message, { cause: error });
    }
  };
  return {
    tipHeight: () => ask(rpc.tipHeight()),
    blockHashAt: (burnHeight) => ask(rpc.blockHashAt(burnHeight)),
    block: (hash) => ask(rpc.block(hash)),
    async header(hash) {
      const bytes = await ask(rpc.rawHeader(hash));
      const header = bytes === null ? null : decodeBitcoinHeader(bytes);
      if (!header?.ok) throw new SourceError(`no header ${bytesToHex(hash)}`);
      return header.value;
    },
  };
}

function rpcOf(url: string): BitcoinRpc {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new UserError(
      'cli/bad-url',
      `${url} is not the address of a Bitcoin node.`,
      'Write it like http://user:password@127.0.0.1:18443.',
    );
  }
  const { username, password, host, protocol } = parsed;
  return new BitcoinRpc(nodeWorld(), {
    url: `${protocol}//${host}`,
    timeoutMs: TIMEOUT_MS,
    retries: 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  });
}
