/** A receipt as JSON: hashes and signatures as hex, amounts as decimal text. */
import { bytesToHex } from '@assay/bytes';
import { decodePostedRequest, sessionRequestHash } from '@assay/jobs';
import type { AnswerPart, RequestRow } from './ledger/ledger.ts';

export const RECEIPT_VERSION = 1;

/** Hash, range, amount, root, siblings, txid and block of a claim, as the host tells them. */
export type ReceiptClaim = Readonly<Record<string, unknown>>;

/** @param claims one per part */
export function receiptJson(
  row: RequestRow,
  chainId: number,
  claims: readonly (ReceiptClaim | null)[],
) {
  return {
    object: 'assay.receipt',
    version: RECEIPT_VERSION,
    id: row.id,
    created: Math.floor(row.createdAtMs / 1000),
    status: row.state,
    chain_id: chainId,
    model: row.model,
    cost_micro_stx: String(row.spentMicro),
    parts: row.parts.map((part, i) => ({ ...partJson(part), claim: claims[i] ?? null })),
  };
}

function partJson(part: AnswerPart) {
  const posted = decodePostedRequest(part.sessionId, part.posted);
  if (!posted.ok) throw new Error(`a part in the ledger is unreadable: ${posted.error.message}`);
  const { request, signature } = posted.value;
  const { terms, end } = part;
  return {
    choice: part.choice,
    session: String(part.sessionId),
    index: String(part.index),
    host: terms.host,
    host_key: bytesToHex(terms.hostKey),
    voucher_key: bytesToHex(terms.voucherKey),
    endpoint: part.endpoint,
    request_hash: bytesToHex(sessionRequestHash(request)),
    request: {
      session: String(request.sessionId),
      index: String(request.index),
      model: bytesToHex(request.model),
      prompt_hash: bytesToHex(request.promptHash),
      params: {
        temperature: request.params.temperatureMicro,
        top_p: request.params.topPMicro,
        top_k: request.params.topK,
        max_tokens: request.params.maxTokens,
      },
      constraint: bytesToHex(request.constraintHash),
      max_fee: String(request.maxFeeMicro),
      beacon: bytesToHex(request.beacon),
      client_nonce: bytesToHex(request.clientNonce),
    },
    request_signature: bytesToHex(signature),
    commitment: end?.commitment ?? null,
    host_signature: end?.hostSignature ?? null,
    usage:
      end === null
        ? null
        : {
            prompt_tokens: end.promptTokens,
            cached_tokens: end.cachedTokens,
            completion_tokens: end.outputTokens,
            cost_micro_stx: String(end.costMicro),
          },
  };
}
