/**
 * What the node is asked for, as bytes and plain values; nothing of it is believed here. Missing or
 * malformed answers are null, so that a lying node produces a failed check and no crash.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { type ClarityValue, decodeClarityValue, encodeClarityValue } from '@assay/clarity-value';
import { fetchJson, jsonOf, type NodeSource } from './node-source.ts';

/** Bytes of a hex text of the given size; null for anything else. */
export function hexBytes(value: unknown, size?: number): Uint8Array | null {
  if (typeof value !== 'string') return null;
  const digits = value.startsWith('0x') ? value.slice(2) : value;
  if (!isHex(digits) || (size !== undefined && digits.length !== 2 * size)) return null;
  return bytesFromHex(digits);
}

/** A field of a foreign value; undefined when there is none. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

export async function fetchBytes(node: NodeSource, path: string): Promise<Uint8Array | null> {
  const response = await node.request(path);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

function isHeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** As the node sees the sortition that a tenure stands on. */
export interface SortitionClaim {
  readonly burnHeight: number;
  readonly burnHash: Uint8Array;
  readonly minerPubkeyHash: Uint8Array;
}

export async function fetchSortition(
  node: NodeSource,
  consensusHash: Uint8Array,
): Promise<SortitionClaim | null> {
  const path = `/v3/sortitions/consensus/${bytesToHex(consensusHash)}`;
  const list = await fetchJson(node, path);
  const found: unknown = Array.isArray(list) ? list[0] : null;
  const burnHash = hexBytes(field(found, 'burn_block_hash'), 32);
  const minerPubkeyHash = hexBytes(field(found, 'miner_pk_hash160'), 20);
  const burnHeight = field(found, 'burn_block_height');
  if (burnHash === null || minerPubkeyHash === null || !isHeight(burnHeight)) return null;
  return { burnHeight, burnHash, minerPubkeyHash };
}

export interface Signer {
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

export async function fetchSignerSet(node: NodeSource, cycle: number): Promise<Signer[] | null> {
  const response = await node.request(`/v3/stacker_set/${cycle}`);
  if (!response.ok) return null;
  const signers = field(field(await jsonOf(response), 'stacker_set'), 'signers');
  if (!Array.isArray(signers)) return null;
  const known = signers.flatMap((entry: unknown): Signer[] => {
    const publicKey = hexBytes(field(entry, 'signing_key'), 33);
    const weight = String(field(entry, 'weight'));
    return publicKey === null || !/^\d+$/.test(weight)
      ? []
      : [{ publicKey, weight: BigInt(weight) }];
  });
  return known.length > 0 && known.length === signers.length ? known : null;
}

export interface MapEntryClaim {
  readonly value: ClarityValue;
  /** Hex of the stored `(some value)`, which is what the state's trie holds. */
  readonly stored: string;
  readonly proof: Uint8Array;
  /** Name of the entry in the state. */
  readonly stateKey: string;
}

/** An entry of a contract's map in the state after block `tip`, with its proof. */
export async function fetchMapEntry(
  node: NodeSource,
  contract: string,
  entry: { readonly map: string; readonly key: ClarityValue; readonly tip: Uint8Array },
): Promise<MapEntryClaim | null> {
  const [address, name] = contract.split('.');
  const key = bytesToHex(encodeClarityValue(entry.key));
  const path = `/v2/map_entry/${address}/${name}/${entry.map}?proof=1&tip=${bytesToHex(entry.tip)}`;
  const response = await node.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(`0x${key}`),
  });
  if (!response.ok) return null;
  const json = await jsonOf(response);
  const data = hexBytes(field(json, 'data'));
  const proof = hexBytes(field(json, 'proof'));
  const value = data === null ? null : decodeClarityValue(data);
  if (data === null || proof === null || value === null || !value.ok) return null;
  if (value.value.type !== 'some') return null;
  return {
    value: value.value.value,
    stored: bytesToHex(data),
    proof,
    stateKey: `vm::${contract}::0::${entry.map}::${key}`,
  };
}
