/** Parts and sessions as JSON for a database column: bytes as hex, amounts as decimal text. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import type { SessionTerms } from '@assay/jobs';
import type { AnswerPart, SessionRow } from './ledger.ts';

function termsToJson(terms: SessionTerms) {
  return {
    ...terms,
    id: String(terms.id),
    hostKey: bytesToHex(terms.hostKey),
    model: bytesToHex(terms.model),
    voucherKey: bytesToHex(terms.voucherKey),
    prices: {
      inputMicro: String(terms.prices.inputMicro),
      cachedMicro: String(terms.prices.cachedMicro),
      outputMicro: String(terms.prices.outputMicro),
    },
    depositMicro: String(terms.depositMicro),
    claimedMicro: String(terms.claimedMicro),
    claimedRequests: String(terms.claimedRequests),
  };
}

// Our own JSON: a wrong cast makes a reader throw, which is a damaged database.
function termsFromJson(json: ReturnType<typeof termsToJson>): SessionTerms {
  return {
    ...json,
    id: BigInt(json.id),
    hostKey: bytesFromHex(json.hostKey),
    model: bytesFromHex(json.model),
    voucherKey: bytesFromHex(json.voucherKey),
    prices: {
      inputMicro: BigInt(json.prices.inputMicro),
      cachedMicro: BigInt(json.prices.cachedMicro),
      outputMicro: BigInt(json.prices.outputMicro),
    },
    depositMicro: BigInt(json.depositMicro),
    claimedMicro: BigInt(json.claimedMicro),
    claimedRequests: BigInt(json.claimedRequests),
  };
}

export function partJson(part: AnswerPart) {
  return {
    ...part,
    sessionId: String(part.sessionId),
    index: String(part.index),
    terms: termsToJson(part.terms),
    end: part.end === null ? null : { ...part.end, costMicro: String(part.end.costMicro) },
  };
}

export function partToJson(part: AnswerPart): string {
  return JSON.stringify(partJson(part));
}

export function partFromJson(value: unknown): AnswerPart {
  const json = value as ReturnType<typeof partJson>;
  return {
    ...json,
    sessionId: BigInt(json.sessionId),
    index: BigInt(json.index),
    terms: termsFromJson(json.terms),
    end: json.end === null ? null : { ...json.end, costMicro: BigInt(json.end.costMicro) },
  };
}

export function sessionToJson({ id, terms, endpoint, state }: SessionRow): string {
  return JSON.stringify({ id: String(id), terms: termsToJson(terms), endpoint, state });
}

export function sessionFromJson(value: unknown): SessionRow {
  const json = value as {
    readonly id: string;
    readonly terms: ReturnType<typeof termsToJson>;
    readonly endpoint: string;
    readonly state: SessionRow['state'];
  };
  return { ...json, id: BigInt(json.id), terms: termsFromJson(json.terms) };
}
