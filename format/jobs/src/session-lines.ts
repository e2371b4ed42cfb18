/**
 * The session door on the wire: the JSON of a request and of a voucher, and the lines a host streams
 * back (one JSON object per line). Both ends use this file; nothing here is trusted before it has
 * been decoded by it.
 */
import { bytesFromHex, bytesToHex, isHex, type Result } from '@assay/bytes';
import { type Commitment, decodeCommitment, encodeCommitment } from './commitment.ts';
import { LIMITS } from './limits.ts';
import { type JobsRejection, reject } from './reject.ts';
import type { SamplingParams } from './request.ts';
import type { SessionRequest, Voucher } from './session.ts';
import type { Finish } from './transcript.ts';

/** A request as it is posted to `/sessions/{id}/requests`. */
export interface PostedRequest {
  readonly request: SessionRequest;
  /** 65 bytes R, S, V by the voucher key. */
  readonly signature: Uint8Array;
  /** The prompt blob as text. */
  readonly prompt: string;
  /** The constraint's JSON as text; null without one. */
  readonly constraint: string | null;
  /** Likeliest tokens to report per position, 0..20; null: no logprobs at all. */
  readonly logprobs: number | null;
  /** Tells the token ids of the prompt as the model reads it. */
  readonly promptIds?: boolean;
}

/** A receipt of a session claim as judges read it, one JSON object per line. */
export interface ClaimLine {
  readonly request: SessionRequest;
  /** 65 bytes R, S, V by the voucher key. */
  readonly signature: Uint8Array;
  readonly constraint: string | null;
  readonly commitment: Commitment;
  /** 65 bytes R, S, V by the host's operating key. */
  readonly hostSignature: Uint8Array;
  /** SHA-256 of the stored sketch part. */
  readonly sketchHash: Uint8Array;
}

export interface SignedVoucher {
  readonly voucher: Voucher;
  /** 65 bytes R, S, V. */
  readonly signature: Uint8Array;
}

/** A token's text and how likely it was, for clients that ask. */
export interface TokenLogprob {
  readonly id: number;
  readonly text: string;
  readonly logprob: number;
  readonly top: readonly { readonly id: number; readonly text: string; readonly logprob: number }[];
}

export type SessionLine =
  | {
      readonly type: 'accepted';
      readonly requestHash: Uint8Array;
      readonly promptTokens: number;
      /** When they were asked for. */
      readonly promptIds?: readonly number[];
    }
  | {
      readonly type: 'tokens';
      readonly ids: readonly number[];
      /** Whole characters only; what is half sent comes with a later line. */
      readonly text: string;
      /** One per id; null when nobody asked. */
      readonly logprobs: readonly TokenLogprob[] | null;
    }
  | {
      readonly type: 'chunk';
      readonly chunk: number;
      /** Answer tokens so far. */
      readonly tokens: number;
      readonly signature: Uint8Array;
    }
  | {
      readonly type: 'end';
      readonly finish: Finish;
      /** Prompt tokens that the host's cache held; known only now. */
      readonly cachedTokens: number;
      /** `encodeCommitment`, 241 bytes. */
      readonly commitment: Uint8Array;
      readonly signature: Uint8Array;
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

export function encodePostedRequest(posted: PostedRequest): string {
  const { request, signature, prompt, constraint, logprobs, promptIds = false } = posted;
  return JSON.stringify({
    request: {
      index: String(request.index),
      model: bytesToHex(request.model),
      promptHash: bytesToHex(request.promptHash),
      params: request.params,
      constraintHash: bytesToHex(request.constraintHash),
      maxFeeMicro: String(request.maxFeeMicro),
      beacon: bytesToHex(request.beacon),
      clientNonce: bytesToHex(request.clientNonce),
    },
    signature: bytesToHex(signature),
    prompt,
    constraint,
    logprobs,
    ...(promptIds ? { promptIds } : {}),
  });
}

export function decodePostedRequest(
  sessionId: bigint,
  text: string,
): Result<PostedRequest, JobsRejection> {
  return readJson(text, (json) => {
    const request = json.object('request');
    const params = request.object('params');
    return {
      request: {
        sessionId,
        index: request.bigint('index'),
        model: request.bytes('model', 32),
        promptHash: request.bytes('promptHash', 32),
        params: samplingParams(params),
        constraintHash: request.bytes('constraintHash', 32),
        maxFeeMicro: request.bigint('maxFeeMicro'),
        beacon: request.bytes('beacon', 32),
        clientNonce: request.bytes('clientNonce', 16),
      },
      signature: json.bytes('signature', 65),
      prompt: json.text('prompt', LIMITS.promptByHashBytesMax),
      constraint: json.isNull('constraint') ? null : json.text('constraint', LIMITS.textBytesMax),
      logprobs: json.isNull('logprobs') ? null : json.integer('logprobs', LIMITS.topKMax),
      ...(json.isNull('promptIds') ? {} : { promptIds: json.flag('promptIds') }),
    };
  });
}

function samplingParams(json: JsonReader): SamplingParams {
  return {
    temperatureMicro: json.integer('temperatureMicro', LIMITS.temperatureMicroMax),
    topPMicro: json.integer('topPMicro', 1_000_000, 1),
    topK: json.integer('topK', LIMITS.topKMax, 1),
    maxTokens: json.integer('maxTokens', LIMITS.outputTokensMax, 1),
  };
}

/** Without a line feed. */
export function encodeClaimLine(line: ClaimLine): string {
  const { request, signature, constraint, commitment, hostSignature, sketchHash } = line;
  const posted = { request, signature, prompt: '', constraint, logprobs: null };
  return JSON.stringify({
    posted: encodePostedRequest(posted),
    commitment: bytesToHex(encodeCommitment(commitment)),
    hostSignature: bytesToHex(hostSignature),
    sketchHash: bytesToHex(sketchHash),
  });
}

export function decodeClaimLine(sessionId: bigint, text: string): Result<ClaimLine, JobsRejection> {
  const parts = readJson(text, (json) => ({
    posted: json.text('posted', LIMITS.promptByHashBytesMax),
    commitment: json.bytes('commitment', 241),
    hostSignature: json.bytes('hostSignature', 65),
    sketchHash: json.bytes('sketchHash', 32),
  }));
  if (!parts.ok) return parts;
  const { posted: postedText, hostSignature, sketchHash } = parts.value;
  const posted = decodePostedRequest(sessionId, postedText);
  if (!posted.ok) return posted;
  const commitment = decodeCommitment(parts.value.commitment);
  if (!commitment.ok) return commitment;
  const { request, signature, constraint } = posted.value;
  const receipt = { commitment: commitment.value, hostSignature, sketchHash };
  return { ok: true, value: { request, signature, constraint, ...receipt } };
}

export function encodeSignedVoucher({ voucher, signature }: SignedVoucher): string {
  return JSON.stringify({
    cumulativeMicro: String(voucher.cumulativeMicro),
    requests: String(voucher.requests),
    signature: bytesToHex(signature),
  });
}

export function decodeSignedVoucher(
  sessionId: bigint,
  text: string,
): Result<SignedVoucher, JobsRejection> {
  return readJson(text, (json) => ({
    voucher: {
      sessionId,
      cumulativeMicro: json.bigint('cumulativeMicro'),
      requests: json.bigint('requests'),
    },
    signature: json.bytes('signature', 65),
  }));
}

/** With the newline that ends it. */
export function encodeSessionLine(line: SessionLine): string {
  return `${JSON.stringify(lineJson(line))}\n`;
}

function lineJson(line: SessionLine): unknown {
  switch (line.type) {
    case 'accepted':
      return { ...line, requestHash: bytesToHex(line.requestHash) };
    case 'chunk':
      return { ...line, signature: bytesToHex(line.signature) };
    case 'end': {
      const { commitment, signature } = line;
      return { ...line, commitment: bytesToHex(commitment), signature: bytesToHex(signature) };
    }
    default:
      return line;
  }
}

/** @param text one line without its newline */
export function decodeSessionLine(text: string): Result<SessionLine, JobsRejection> {
  return readJson(text, readLine);
}

const TOKENS_PER_LINE_MAX = 1_024;

function readLine(json: JsonReader): SessionLine {
  const type = json.text('type', 16);
  switch (type) {
    case 'accepted':
      return {
        type,
        requestHash: json.bytes('requestHash', 32),
        promptTokens: json.integer('promptTokens', LIMITS.promptTokensMax),
        ...(json.isNull('promptIds')
          ? {}
          : { promptIds: json.list('promptIds', LIMITS.promptTokensMax, tokenId) }),
      };
    case 'tokens':
      return {
        type,
        ids: json.list('ids', TOKENS_PER_LINE_MAX, tokenId),
        text: json.text('text', LIMITS.textBytesMax),
        logprobs: json.isNull('logprobs')
          ? null
          : json.list('logprobs', TOKENS_PER_LINE_MAX, (one) => {
              const reader = new JsonReader(one);
              const top = reader.list('top', LIMITS.topKMax, (each) => {
                return tokenLogprob(new JsonReader(each));
              });
              return { ...tokenLogprob(reader), top };
            }),
      };
    case 'chunk':
      return {
        type,
        chunk: json.integer('chunk', LIMITS.outputTokensMax, 1),
        tokens: json.integer('tokens', LIMITS.outputTokensMax, 1),
        signature: json.bytes('signature', 65),
      };
    case 'end': {
      const finish = json.text('finish', 8);
      if (!isFinish(finish)) throw new Malformed('finish');
      return {
        type,
        finish,
        cachedTokens: json.integer('cachedTokens', LIMITS.promptTokensMax),
        commitment: json.bytes('commitment', 241),
        signature: json.bytes('signature', 65),
      };
    }
    case 'error':
      return { type, code: json.text('code', 64), message: json.text('message', 1_024) };
    default:
      throw new Malformed('type');
  }
}

function isFinish(text: string): text is Finish {
  return text === 'stop' || text === 'length' || text === 'cancel';
}

function tokenId(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new Malformed('token id');
  const id = value as number;
  if (id < 0 || id >= LIMITS.vocabularyMax) throw new Malformed('token id');
  return id;
}

function tokenLogprob(json: JsonReader): { id: number; text: string; logprob: number } {
  return {
    id: json.integer('id', LIMITS.vocabularyMax),
    text: json.text('text', 1_024),
    logprob: json.number('logprob'),
  };
}

class Malformed extends Error {}

/** Reads foreign JSON field by field; anything unexpected throws `Malformed`. */
class JsonReader {
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new Malformed('not an object');
    this.#value = value as Readonly<Record<string, unknown>>;
  }

  isNull(name: string): boolean {
    const value = this.#value[name];
    return value === null || value === undefined;
  }

  object(name: string): JsonReader {
    return new JsonReader(this.#value[name]);
  }

  text(name: string, charactersMax: number): string {
    const value = this.#value[name];
    if (typeof value !== 'string' || value.length > charactersMax) throw new Malformed(name);
    return value;
  }

  bytes(name: string, size: number): Uint8Array {
    const value = this.text(name, 2 * size);
    if (value.length !== 2 * size || !isHex(value)) throw new Malformed(name);
    return bytesFromHex(value);
  }

  /** Decimal text of a u128. */
  bigint(name: string): bigint {
    const value = this.text(name, 39);
    if (!/^\d+$/.test(value)) throw new Malformed(name);
    return BigInt(value);
  }

  number(name: string): number {
    const value = this.#value[name];
    if (typeof value !== 'number') throw new Malformed(name);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#value[name];
    if (typeof value !== 'boolean') throw new Malformed(name);
    return value;
  }

  integer(name: string, max: number, min = 0): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value) || value < min || value > max) throw new Malformed(name);
    return value;
  }

  list<T>(name: string, countMax: number, read: (item: unknown) => T): readonly T[] {
    const value = this.#value[name];
    if (!Array.isArray(value) || value.length > countMax) throw new Malformed(name);
    return value.map(read);
  }
}

function readJson<T>(text: string, read: (json: JsonReader) => T): Result<T, JobsRejection> {
  try {
    return { ok: true, value: read(new JsonReader(JSON.parse(text))) };
  } catch (error) {
    if (error instanceof Malformed) return reject('jobs/field', `bad field: ${error.message}`);
    if (error instanceof SyntaxError) return reject('jobs/malformed', 'not JSON');
    throw error;
  }
}
