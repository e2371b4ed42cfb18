/**
 * Writes GGUF version 3, the file format of llama.cpp: a header, typed metadata, tensor descriptions,
 * aligned tensor data; all little-endian. Only what the generated model needs.
 * Source: ggml docs/gguf.md.
 */
import { assert, bytesFromUtf8 } from '@assay/bytes';

export type GgufType = 'F32' | 'F16' | 'Q8_0';

export type GgufValue =
  | { readonly kind: 'u32' | 'f32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'f32s' | 'i32s'; readonly value: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Fastest-moving dimension first. */
  readonly dimensions: readonly number[];
  readonly type: GgufType;
  readonly values: Float32Array;
}

const TENSOR_TYPES: Readonly<Record<GgufType, number>> = { F32: 0, F16: 1, Q8_0: 8 };
const VALUE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const ALIGNMENT = 32;

export function encodeGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Uint8Array {
  const out = new LittleEndianWriter();
  out.raw(bytesFromUtf8('GGUF')).u32(3).u64(tensors.length).u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) writeValue(out.string(key), value);
  const blobs = tensors.map(({ type, values }) => encodeTensor(type, values));
  let offset = 0;
  for (const [i, tensor] of tensors.entries()) {
    out.string(tensor.name).u32(tensor.dimensions.length);
    for (const size of tensor.dimensions) out.u64(size);
    out.u32(TENSOR_TYPES[tensor.type]).u64(offset);
    offset += aligned(blobs[i]!.length);
  }
  out.pad();
  for (const blob of blobs) out.raw(blob).pad();
  return out.finish();
}

function writeValue(out: LittleEndianWriter, { kind, value }: GgufValue): void {
  switch (kind) {
    case 'u32':
      out.u32(VALUE.u32).u32(value);
      break;
    case 'f32':
      out.u32(VALUE.f32).f32(value);
      break;
    case 'bool':
      out.u32(VALUE.bool).raw(Uint8Array.of(value ? 1 : 0));
      break;
    case 'string':
      out.u32(VALUE.string).string(value);
      break;
    case 'strings':
      out.u32(VALUE.array).u32(VALUE.string).u64(value.length);
      for (const one of value) out.string(one);
      break;
    case 'f32s':
      out.u32(VALUE.array).u32(VALUE.f32).u64(value.length);
      for (const one of value) out.f32(one);
      break;
    case 'i32s':
      out.u32(VALUE.array).u32(VALUE.i32).u64(value.length);
      for (const one of value) out.u32(one);
      break;
  }
}

function encodeTensor(type: GgufType, values: Float32Array): Uint8Array {
  if (type === 'Q8_0') return encodeQ8(values);
  const bytes = new Uint8Array(values.length * (type === 'F32' ? 4 : 2));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    if (type === 'F32') view.setFloat32(4 * i, values[i]!, true);
    else view.setUint16(2 * i, toHalf(values[i]!), true);
  }
  return bytes;
}

/** Blocks of 32: a half-precision scale and 32 signed bytes. */
function encodeQ8(values: Float32Array): Uint8Array {
  assert(values.length % 32 === 0, 'Q8_0 tensors come in blocks of 32');
  const bytes = new Uint8Array((values.length / 32) * 34);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < values.length / 32; block++) {
    const part = values.subarray(32 * block, 32 * block + 32);
    const scale = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127;
    view.setUint16(34 * block, toHalf(scale), true);
    for (let i = 0; i < 32; i++) {
      const level = scale === 0 ? 0 : Math.round(part[i]! / scale);
      view.setInt8(34 * block + 2 + i, Math.max(-127, Math.min(127, level)));
    }
  }
  return bytes;
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** IEEE 754 half precision, rounded to nearest, ties away from zero. */
function toHalf(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent < -10) return sign;
  if (exponent <= 0) {
    const shift = 14 - exponent;
    return sign | (((mantissa | 0x800000) + (1 << (shift - 1))) >>> shift);
  }
  return sign | Math.min(((exponent << 23) + mantissa + 0x1000) >>> 13, 0x7c00);
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

class LittleEndianWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  #grow(size: number): number {
    const at = this.#at;
    this.#at = at + size;
    if (this.#at > this.#bytes.length) {
      const next = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      next.set(this.#bytes);
      this.#bytes = next;
      this.#view = new DataView(next.buffer);
    }
    return at;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  f32(value: number): this {
    const at = this.#grow(4);
    this.#view.setFloat32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  string(text: string): this {
    const bytes = bytesFromUtf8(text);
    return this.u64(bytes.length).raw(bytes);
  }

  pad(): this {
    this.#grow(aligned(this.#at) - this.#at);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}
