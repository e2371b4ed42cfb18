/**
 * Transactions: submit, look up while pending, look up once mined.
 * Every refusal of a submission is JSON (Differs: stacks-core answers undecodable bodies with plain
 * text, which stacks.js cannot show to the user).
 * Source: reference/stacks-clients.md 1.2 (client bugs), 3; stacks.md 5.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { clarityValueToString } from '@assay/clarity-value';
import { transactionIdOfBytes } from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import { findTransaction } from '../mined-transaction.ts';
import type { RpcDeps } from '../ports.ts';
import { json, notFound, okJson } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { hashParam, parseJsonBody } from '../state-request.ts';

export function transactionRoutes(deps: RpcDeps): Route[] {
  return [
    route('POST', '/v2/transactions', (request) => submit(deps, request)),
    route('GET', '/v2/transactions/unconfirmed/:txid', (request) => {
      const txid = hashParam(request, 'txid', 32);
      if (!txid.ok) return txid.response;
      const pending = deps.mempool.transaction(txid.value);
      if (pending === null) {
        const id = bytesToHex(txid.value);
        return notFound(`Transaction ${id} not found in mempool or unconfirmed microblock stream`);
      }
      return okJson({ tx: bytesToHex(pending.checked.bytes), status: 'Mempool' });
    }),
    route('GET', '/v3/transaction/:txid', (request) => {
      const txid = hashParam(request, 'txid', 32);
      if (!txid.ok) return txid.response;
      const found = findTransaction(deps, txid.value);
      if (found === null) return notFound(`No such transaction ${bytesToHex(txid.value)}\n`);
      return okJson({
        index_block_hash: bytesToHex(found.header.blockId),
        tx: bytesToHex(found.bytes),
        result: clarityValueToString(found.receipt.result),
        block_height: found.header.height,
        is_canonical: found.isCanonical,
      });
    }),
  ];
}

interface Rejection {
  readonly reason: string;
  readonly message: string;
  readonly reasonData: Readonly<Record<string, unknown>> | null;
}

/** `message` is ours: one sentence for people, beside Stacks' words for programs. */
function rejected(rejection: Rejection, txid: string): HttpResponse {
  return json(400, {
    error: 'transaction rejected',
    reason: rejection.reason,
    reason_data: (rejection.reasonData ?? undefined) as Json | undefined,
    txid,
    message: rejection.message,
  });
}

function undecodable(message: string): HttpResponse {
  return rejected({ reason: 'Deserialization', message, reasonData: { message } }, '');
}

async function submit(deps: RpcDeps, request: RouteRequest): Promise<HttpResponse> {
  const body = transactionBytes(request);
  if (typeof body === 'string') return undecodable(body);
  const txid = bytesToHex(transactionIdOfBytes(body));
  try {
    const outcome = await deps.mempool.submit(body);
    if (!outcome.ok) return rejected(outcome.error, txid);
    return okJson(bytesToHex(outcome.value.txid));
  } catch (cause) {
    deps.log.error('transaction could not be stored', { txid, cause });
    const message = 'the node could not store the transaction; send it again';
    const reasonData = { message };
    return rejected({ reason: 'ServerFailureDatabase', message, reasonData }, txid);
  }
}

/** The transaction's bytes, or why there are none. Octets (v6 clients) or JSON `{tx: hex}` (v7). */
function transactionBytes(request: RouteRequest): Uint8Array | string {
  const kind = request.headers.get('content-type') ?? 'application/octet-stream';
  if (!kind.toLowerCase().includes('json')) return bounded(request.body);
  const raw = parseJsonBody(request.body) as { tx?: unknown } | string | null;
  const field = typeof raw === 'string' ? raw : raw?.tx;
  if (typeof field !== 'string') return 'the body must be JSON {"tx": "<hex>"} or the raw bytes';
  const digits = field.startsWith('0x') ? field.slice(2) : field;
  return isHex(digits) ? bounded(bytesFromHex(digits)) : 'tx is not hex';
}

function bounded(bytes: Uint8Array): Uint8Array | string {
  if (bytes.length === 0) return 'the body is empty';
  if (bytes.length <= RPC_LIMITS.transactionBytesMax) return bytes;
  return `a transaction has at most ${RPC_LIMITS.transactionBytesMax} bytes`;
}
