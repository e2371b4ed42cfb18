/**
 * Payload 9, `Infer`: a request for one answer of one model, with everything that decides what is
 * computed, by when, and for how much. All of it is signed and part of the transaction id.
 * Executed as a call of `.inference request`. Byte layout and examples: docs/infer-payload.md.
 */
import type { ByteReader, ByteWriter } from '@assay/bytes';
import { utf8FromBytes } from '@assay/bytes';
import { type Address, readAddress, writeAddress } from '@assay/clarity-value';
import { LIMITS } from './limits.ts';

/** Who may read the prompt: everyone, holders of the hash's preimage, or those it is sealed to. */
export type InferPrivacy = 'public' | 'hash-only' | 'sealed';

export type InferPrompt =
  /** The prompt blob, or with privacy `sealed` its encryption. 1 to 16,384 bytes. */
  | { readonly kind: 'inline'; readonly blob: Uint8Array }
  /** The blob is fetched from the content store. `length` 1 to 1,048,576 bytes. */
  | { readonly kind: 'hash'; readonly hash: Uint8Array; readonly length: number };

export interface InferPayload {
  readonly kind: 'infer';
  readonly privacy: InferPrivacy;
  /** 32 bytes, the hash of the model's manifest. */
  readonly modelId: Uint8Array;
  /** The host that shall answer; null draws one by lot. */
  readonly host: Address | null;
  readonly prompt: InferPrompt;
  /** Millionths, 0 to 2,000,000. 0 takes the likeliest token each time. */
  readonly temperatureMicro: number;
  /** Millionths, 1 to 1,000,000. */
  readonly topPMicro: number;
  /** Candidates per token, 1 to 20. */
  readonly topK: number;
  /** Tokens of the answer at most, 1 to 32,768. */
  readonly maxTokens: number;
  /** u64, put into escrow; what is not used comes back. */
  readonly maxFeeMicro: bigint;
  /** Bitcoin blocks until the request may be expired and refunded, 1 to 65,535. */
  readonly deadlineBurnBlocks: number;
  /** 16 bytes chosen by the user. */
  readonly clientNonce: Uint8Array;
}

/** The layout's own version byte. */
export const INFER_VERSION = 1;

const PRIVACY: readonly InferPrivacy[] = ['public', 'hash-only', 'sealed'];

function writePrompt(writer: ByteWriter, prompt: InferPrompt): void {
  if (prompt.kind === 'inline') writer.u8(0).u32(prompt.blob.length).raw(prompt.blob);
  else writer.u8(1).raw(prompt.hash).u32(prompt.length);
}

/** Without the payload id. The payload is trusted to be within bounds: see `inferPayloadFault`. */
export function writeInferPayload(writer: ByteWriter, payload: InferPayload): void {
  writer.u8(INFER_VERSION).u8(PRIVACY.indexOf(payload.privacy)).raw(payload.modelId);
  writer.u8(payload.host ? 1 : 0);
  if (payload.host) writeAddress(writer, payload.host);
  writePrompt(writer, payload.prompt);
  writer.u32(payload.temperatureMicro).u32(payload.topPMicro).u8(payload.topK);
  writer.u32(payload.maxTokens).u64(payload.maxFeeMicro).u16(payload.deadlineBurnBlocks);
  writer.raw(payload.clientNonce);
}

/** A public prompt must be what everyone can read: `u16 size | context | user prompt`, UTF-8. */
function isPromptBlob(blob: Uint8Array): boolean {
  if (blob.length < 2) return false;
  const contextSize = (blob[0]! << 8) | blob[1]!;
  if (contextSize > blob.length - 2) return false;
  const context = utf8FromBytes(blob.subarray(2, 2 + contextSize));
  return context !== null && utf8FromBytes(blob.subarray(2 + contextSize)) !== null;
}

type Fault = readonly [code: `wire/infer-${string}`, message: string];

function promptFault({ privacy, prompt }: InferPayload): Fault | null {
  if (prompt.kind === 'hash') {
    if (privacy === 'sealed') return ['wire/infer-privacy', 'a sealed prompt is carried inline'];
    if (prompt.length < 1 || prompt.length > LIMITS.inferPromptBytesMax) {
      return ['wire/infer-prompt-size', `prompt of ${prompt.length} bytes`];
    }
    return null;
  }
  if (privacy === 'hash-only') return ['wire/infer-privacy', 'a hash-only prompt is not inline'];
  if (prompt.blob.length < 1 || prompt.blob.length > LIMITS.inferInlineBytesMax) {
    return ['wire/infer-prompt-size', `inline prompt of ${prompt.blob.length} bytes`];
  }
  if (privacy === 'public' && !isPromptBlob(prompt.blob)) {
    return ['wire/infer-prompt', 'public prompt is not a prompt blob'];
  }
  return null;
}

function outside(value: number, min: number, max: number): boolean {
  return !Number.isInteger(value) || value < min || value > max;
}

/** The first bound a payload breaks, as error code and message; null for a good one. */
export function inferPayloadFault(payload: InferPayload): Fault | null {
  const { temperatureMicro, topPMicro, topK, maxTokens, deadlineBurnBlocks } = payload;
  if (outside(temperatureMicro, 0, LIMITS.inferTemperatureMicroMax)) {
    return ['wire/infer-temperature', `temperature of ${temperatureMicro} millionths`];
  }
  if (outside(topPMicro, 1, LIMITS.inferTopPMicroMax)) {
    return ['wire/infer-top-p', `top-p of ${topPMicro} millionths`];
  }
  if (outside(topK, 1, LIMITS.inferTopKMax)) return ['wire/infer-top-k', `top-k of ${topK}`];
  if (outside(maxTokens, 1, LIMITS.inferMaxTokensMax)) {
    return ['wire/infer-max-tokens', `${maxTokens} tokens`];
  }
  if (outside(deadlineBurnBlocks, 1, 0xffff)) {
    return ['wire/infer-deadline', `deadline of ${deadlineBurnBlocks} Bitcoin blocks`];
  }
  if (payload.maxFeeMicro < 0n || payload.maxFeeMicro > 0xffff_ffff_ffff_ffffn) {
    return ['wire/infer-max-fee', 'fee outside 64 bits'];
  }
  if (payload.modelId.length !== 32) return ['wire/infer-model', 'model id is not 32 bytes'];
  if (payload.clientNonce.length !== 16) return ['wire/infer-nonce', 'nonce is not 16 bytes'];
  return promptFault(payload);
}

function readPrompt(reader: ByteReader): InferPrompt {
  const kind = reader.u8();
  if (kind === 1) {
    const hash = reader.take(32);
    return { kind: 'hash', hash, length: reader.u32() };
  }
  if (kind !== 0) reader.fail('wire/infer-prompt-kind', `unknown prompt kind ${kind}`);
  const size = reader.u32();
  if (size > LIMITS.inferInlineBytesMax) {
    reader.fail('wire/infer-prompt-size', `inline prompt of ${size} bytes`);
  }
  return { kind: 'inline', blob: reader.take(size) };
}

function readHost(reader: ByteReader): Address | null {
  const choice = reader.u8();
  if (choice > 1) reader.fail('wire/infer-host', `unknown host choice ${choice}`);
  return choice === 0 ? null : readAddress(reader);
}

/** Stands after the payload id. @throws DecodeError wire/infer-… for every broken bound */
export function readInferPayload(reader: ByteReader): InferPayload {
  const version = reader.u8();
  if (version !== INFER_VERSION) reader.fail('wire/infer-version', `unknown version ${version}`);
  const privacyId = reader.u8();
  const privacy = PRIVACY[privacyId];
  if (!privacy) reader.fail('wire/infer-privacy', `unknown privacy mode ${privacyId}`);
  const payload: InferPayload = {
    kind: 'infer',
    privacy,
    modelId: reader.take(32),
    host: readHost(reader),
    prompt: readPrompt(reader),
    temperatureMicro: reader.u32(),
    topPMicro: reader.u32(),
    topK: reader.u8(),
    maxTokens: reader.u32(),
    maxFeeMicro: reader.u64(),
    deadlineBurnBlocks: reader.u16(),
    clientNonce: reader.take(16),
  };
  const fault = inferPayloadFault(payload);
  if (fault) reader.fail(fault[0], fault[1]);
  return payload;
}
