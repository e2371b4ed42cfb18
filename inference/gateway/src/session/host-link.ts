/**
 * The gateway's end of a host's session door: posts a signed request and reads lines, pays, asks how
 * things stand. Everything a host says is decoded and bounded here and believed nowhere.
 */
import {
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  concatBytes,
  isHex,
  utf8FromBytes,
} from '@assay/bytes';
import {
  type Commitment,
  decodeCommitment,
  decodePostedRequest,
  decodeSessionLine,
  decodeSignedVoucher,
  encodeSignedVoucher,
  type SessionLine,
  type SessionRequest,
  type SignedVoucher,
} from '@assay/jobs';
import type { Net } from '@assay/world';
import { LIMITS } from '../limits.ts';

/** A host refused, broke off, or said what nobody can understand. */
export class HostFault extends Error {
  override readonly name = 'HostFault';
  /** `host/…` as the host said it, or `gateway/unreachable`, `gateway/misbehaved`. */
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 0, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export interface SessionView {
  readonly nextIndex: bigint;
  readonly deliveredMicro: bigint;
  readonly voucher: SignedVoucher | null;
  /** Requests under way. */
  readonly openCount: number;
}

export interface RecordView {
  readonly request: SessionRequest;
  /** By the voucher key: ours. */
  readonly signature: Uint8Array;
  readonly end: {
    readonly commitment: Commitment;
    readonly commitmentHex: string;
    readonly hostSignature: Uint8Array;
    readonly cachedTokens: number;
    readonly costMicro: bigint;
  } | null;
}

export class HostLink {
  readonly #net: Net;
  readonly endpoint: string;

  constructor(net: Net, endpoint: string) {
    this.#net = net;
    this.endpoint = endpoint.replace(/\/+$/, '');
  }

  /** @returns the lines as they come @throws HostFault */
  async post(
    sessionId: bigint,
    body: string,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<SessionLine>> {
    const url = `${this.endpoint}/sessions/${sessionId}/requests`;
    try {
      const answer = await this.#net.stream(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: bytesFromUtf8(body),
        timeoutMs: LIMITS.hostHeadMs,
        idleMs: LIMITS.hostIdleMs,
        bodyBytesMax: LIMITS.hostStreamBytesMax,
        signal,
      });
      if (answer.status === 200) return linesOf(answer.pieces);
      let text = new Uint8Array(0) as Uint8Array;
      for await (const piece of answer.pieces) text = concatBytes(text, piece);
      throw refusalOf(answer.status, text);
    } catch (cause) {
      throw asFault(cause);
    }
  }

  async pay(voucher: SignedVoucher): Promise<void> {
    const path = `/sessions/${voucher.voucher.sessionId}/vouchers`;
    await this.#json('POST', path, encodeSignedVoucher(voucher));
  }

  async view(sessionId: bigint): Promise<SessionView> {
    const json = await this.#json('GET', `/sessions/${sessionId}`);
    const voucher =
      typeof json.voucher === 'string' ? decodeSignedVoucher(sessionId, json.voucher) : null;
    if (voucher?.ok === false) throw misbehaved('a voucher that is none');
    return {
      nextIndex: amount(json.nextIndex),
      deliveredMicro: amount(json.deliveredMicro),
      voucher: voucher?.value ?? null,
      openCount: Array.isArray(json.open) ? json.open.length : 0,
    };
  }

  /** Where the host's claim puts a request: its own words, for receipts; checkers check them. */
  async claim(sessionId: bigint, index: bigint): Promise<Readonly<Record<string, unknown>> | null> {
    const json = await this.#json('GET', `/sessions/${sessionId}/requests/${index}`);
    const { claim } = json;
    return typeof claim === 'object' && claim !== null
      ? (claim as Readonly<Record<string, unknown>>)
      : null;
  }

  async record(sessionId: bigint, index: bigint): Promise<RecordView | null> {
    try {
      const json = await this.#json('GET', `/sessions/${sessionId}/requests/${index}`);
      return recordOf(sessionId, json);
    } catch (error) {
      if (error instanceof HostFault && error.status === 404) return null;
      throw error;
    }
  }

  /** Ends a request after `tokens` tokens. */
  async stop(
    request: SessionRequest,
    requestHash: Uint8Array,
    tokens: number,
  ): Promise<RecordView> {
    const { sessionId, index } = request;
    const query = `request=${bytesToHex(requestHash)}&tokens=${tokens}`;
    const path = `/sessions/${sessionId}/requests/${index}?${query}`;
    return recordOf(sessionId, await this.#json('DELETE', path));
  }

  async #json(
    method: string,
    path: string,
    body?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    try {
      const answer = await this.#net.fetch(`${this.endpoint}${path}`, {
        method,
        timeoutMs: LIMITS.callTimeoutMs,
        bodyBytesMax: LIMITS.hostLineBytesMax,
        ...(body === undefined
          ? {}
          : { body: bytesFromUtf8(body), headers: { 'content-type': 'application/json' } }),
      });
      if (answer.status !== 200) throw refusalOf(answer.status, answer.body);
      const value: unknown = JSON.parse(utf8FromBytes(answer.body) ?? '');
      if (typeof value !== 'object' || value === null) throw misbehaved('no object');
      return value as Readonly<Record<string, unknown>>;
    } catch (cause) {
      throw asFault(cause);
    }
  }
}

function recordOf(sessionId: bigint, json: Readonly<Record<string, unknown>>): RecordView {
  const posted = decodePostedRequest(sessionId, String(json.posted));
  if (!posted.ok) throw misbehaved(posted.error.message);
  const { request, signature } = posted.value;
  if (json.end === null) return { request, signature, end: null };
  const end = json.end as Readonly<Record<string, unknown>> | undefined;
  const commitmentHex = String(end?.commitment);
  const hostSignature = String(end?.hostSignature);
  if (!isHex(commitmentHex) || !isHex(hostSignature)) throw misbehaved('a record that is none');
  const commitment = decodeCommitment(bytesFromHex(commitmentHex));
  if (!commitment.ok) throw misbehaved(commitment.error.message);
  return {
    request,
    signature,
    end: {
      commitment: commitment.value,
      commitmentHex,
      hostSignature: bytesFromHex(hostSignature),
      cachedTokens: Number(amount(String(end?.cachedTokens))),
      costMicro: amount(end?.costMicro),
    },
  };
}

function amount(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d{1,39}$/.test(value)) throw misbehaved('no amount');
  return BigInt(value);
}

export function misbehaved(what: string): HostFault {
  return new HostFault('gateway/misbehaved', `the host answered what no host may: ${what}`);
}

function refusalOf(status: number, body: Uint8Array): HostFault {
  let code = 'host/unknown';
  let message = `status ${status}`;
  try {
    const json = JSON.parse(utf8FromBytes(body) ?? '') as { code?: unknown; error?: unknown };
    if (typeof json.code === 'string') code = json.code.slice(0, 64);
    if (typeof json.error === 'string') message = json.error.slice(0, 300);
  } catch {
    // Not JSON: the status says enough.
  }
  return new HostFault(code, message, status);
}

function asFault(cause: unknown): unknown {
  if (cause instanceof HostFault) return cause;
  if (cause instanceof SyntaxError) return misbehaved('not JSON');
  const message = cause instanceof Error ? cause.message : String(cause);
  return new HostFault('gateway/unreachable', message, 0, { cause });
}

/** Lines of a stream; malformed ones and broken connections throw HostFault. */
async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SessionLine> {
  let rest: Uint8Array = new Uint8Array(0);
  try {
    for await (const piece of pieces) {
      rest = rest.length === 0 ? piece : concatBytes(rest, piece);
      let from = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
        const line = decodeSessionLine(utf8FromBytes(rest.subarray(from, end)) ?? '');
        if (!line.ok) throw misbehaved(line.error.message);
        from = end + 1;
        yield line.value;
      }
      rest = rest.subarray(from);
      if (rest.length > LIMITS.hostLineBytesMax) throw misbehaved('a line without end');
    }
  } catch (cause) {
    throw asFault(cause);
  }
}
