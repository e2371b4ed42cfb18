/** A chain in one process, asked by another: calls and answers as V8 serializes them. */
import { deserialize, serialize } from 'node:v8';
import type { HttpResponse } from '@assay/world';
import type { GatewayChain } from '../src/index.ts';

const METHODS = [
  'models',
  'beacon',
  'burnHeight',
  'claimGrace',
  'session',
  'prepareOpen',
  'prepareTopUp',
  'prepareClose',
  'broadcast',
  'outcome',
  'blockOf',
] as const;

type Method = (...args: readonly unknown[]) => Promise<unknown>;

export function remoteChain(url: string): GatewayChain {
  const call =
    (method: string): Method =>
    async (...args) => {
      const answer = await fetch(`${url}/${method}`, { method: 'POST', body: serialize(args) });
      return deserialize(new Uint8Array(await answer.arrayBuffer()));
    };
  return Object.fromEntries(METHODS.map((name) => [name, call(name)])) as unknown as GatewayChain;
}

/** The other end. @param path `/{method}` */
export async function answerChainCall(
  chain: GatewayChain,
  path: string,
  body: Uint8Array,
): Promise<HttpResponse> {
  const method = METHODS.find((name) => name === path.slice(1));
  if (method === undefined) throw new Error(`no method ${path}`);
  // Plain arrays in place of the buffers that V8 gives back, which compare otherwise.
  const args = (deserialize(body) as unknown[]).map(plain);
  const value = await (chain[method] as Method).apply(chain, args);
  return { status: 200, headers: {}, body: new Uint8Array(serialize(value)) };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
