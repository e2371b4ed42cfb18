/**
 * A node and a Bitcoin node that answer from a recording of a real devnet, and lie where a test says so.
 * The recordings: fixtures/record-answer.mjs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromHex } from '@assay/bytes';
import { type Genesis, parseGenesis } from '@assay/chainstate';
import { type FakeAnswer, FakeNode } from './fake-node.ts';

export interface Recording {
  readonly txid: string;
  readonly genesis: unknown;
  readonly node: Readonly<Record<string, { readonly status: number; readonly hex: string }>>;
  readonly bitcoin: Readonly<Record<string, { readonly status: number; readonly json: unknown }>>;
}

export function loadRecording(name: string): { recording: Recording; genesis: Genesis } {
  const path = join(import.meta.dirname, 'fixtures', name);
  const recording: Recording = JSON.parse(readFileSync(path, 'utf8'));
  const parsed = parseGenesis(JSON.stringify(recording.genesis));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { recording, genesis: parsed.value };
}

/** @param lies what is said instead, by recorded request; null: 404 */
export async function serveRecording(
  { node, bitcoin }: Recording,
  lies: ReadonlyMap<string, FakeAnswer | null>,
): Promise<{ node: FakeNode; bitcoin: FakeNode }> {
  const nodeServer = await FakeNode.start(({ method, path, body }) => {
    const text = new TextDecoder().decode(body);
    const key = `${method} ${path}${text === '' ? '' : ` ${text}`}`;
    const lie = lies.get(key);
    if (lie !== undefined) return lie;
    const known = node[key];
    return known === undefined ? null : { status: known.status, bytes: bytesFromHex(known.hex) };
  });
  const bitcoinServer = await FakeNode.start(({ body }) => {
    const call = JSON.parse(new TextDecoder().decode(body));
    const key = `${call.method} ${JSON.stringify(call.params)}`;
    const lie = lies.get(key);
    if (lie !== undefined) return lie;
    const known = bitcoin[key];
    return known === undefined ? null : { status: known.status, json: known.json };
  });
  return { node: nodeServer, bitcoin: bitcoinServer };
}
