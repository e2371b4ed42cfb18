/**
 * Fee estimates. A busy pool raises the middle and upper estimate; an estimate always exists, since
 * clients handle "no estimate" badly (stacks.js then asks another network).
 * Source: reference/stacks-clients.md 1.2, 3.
 */
import { bytesFromHex, isHex } from '@assay/bytes';
import { FEE_RATE_MICRO_MIN } from '@assay/params';
import { decodePayload } from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import type { RpcDeps } from '../ports.ts';
import { badRequest, okJson, undecodable } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { parseJsonBody } from '../state-request.ts';

/** Header, single-signature authorization and modes around a payload, bytes. */
const ENVELOPE_BYTES = 115;
/** Pending transactions looked at, and from how many on the pool counts as busy. */
const SAMPLE = 500;
const BUSY = 200;

export function feeRoutes(deps: RpcDeps): Route[] {
  return [
    route('GET', '/v2/fees/transfer', () => okJson(Number(FEE_RATE_MICRO_MIN))),
    route('POST', '/v2/fees/transaction', (request) => estimate(deps, request)),
  ];
}

function estimate(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const raw = parseJsonBody(request.body) as {
    transaction_payload?: unknown;
    estimated_len?: unknown;
  } | null;
  const payload = raw?.transaction_payload;
  if (typeof payload !== 'string') {
    return undecodable('Failed to parse JSON body: transaction_payload must be a string');
  }
  const digits = payload.startsWith('0x') ? payload.slice(2) : payload;
  if (!isHex(digits)) return undecodable('Bad hex string supplied for transaction payload');
  const decoded = decodePayload(bytesFromHex(digits));
  if (!decoded.ok) {
    return badRequest(`Failed to decode due to SIP-003 codec error: ${decoded.error.message}`);
  }
  const payloadBytes = digits.length / 2;
  const given = raw?.estimated_len;
  const isUsable = Number.isSafeInteger(given) && (given as number) >= payloadBytes;
  const sizeBytes = isUsable ? (given as number) : payloadBytes + ENVELOPE_BYTES;
  const estimations = feeRates(deps).map((rate) => ({
    fee_rate: rate,
    fee: Math.ceil(rate * sizeBytes),
  }));
  return okJson({
    estimated_cost: {
      write_length: 0,
      write_count: 0,
      read_length: 0,
      read_count: 0,
      runtime: 0,
    },
    estimated_cost_scalar: sizeBytes,
    estimations,
    cost_scalar_change_by_byte: 1,
  });
}

/** Low, middle, high, in micro-STX per byte. */
function feeRates(deps: RpcDeps): [number, number, number] {
  const least = Number(FEE_RATE_MICRO_MIN);
  if (deps.mempool.size < BUSY) return [least, least, 2 * least];
  const rates = deps.mempool
    .recent(SAMPLE)
    .map((tx) => Number(tx.feeMicro) / tx.bytes.length)
    .sort((a, b) => a - b);
  const at = (part: number) =>
    Math.max(least, rates[Math.floor(part * (rates.length - 1))] ?? least);
  return [at(0.25), at(0.5), at(0.9)];
}
