/**
 * JSON the way bitcoind writes it: amounts carry eight decimals (1 BTC is `1.00000000`), which
 * `JSON.stringify` cannot print. Keys keep their order, undefined members are left out.
 */
import { formatSats } from '../chain/check-transaction.ts';

/** A number printed exactly as given. */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type RpcValue =
  | null
  | boolean
  | number
  | string
  | RawNumber
  | readonly RpcValue[]
  | RpcObject;

export interface RpcObject {
  readonly [name: string]: RpcValue | undefined;
}

/** Satoshi as a JSON number of bitcoin. */
export function amount(sats: bigint): RawNumber {
  return new RawNumber(formatSats(sats));
}

export function writeJson(value: RpcValue): string {
  if (value instanceof RawNumber) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${writeJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: readonly RpcValue[] | RpcObject): value is readonly RpcValue[] {
  return Array.isArray(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
