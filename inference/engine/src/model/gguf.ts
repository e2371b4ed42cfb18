/**
 * Writes and reads GGUF version 3, the file format of llama.cpp: a header, typed metadata, tensor
 * descriptions, aligned tensor data; all little-endian. The writer serves the generated model, the
 * reader and writer together the coarser copies that an evaluation hosts (variant.ts).
 * Source: ggml docs/gguf.md.
 */
import { assert, bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { decodeTensor, encodeTensor, type GgufType, TENSOR_TYPES } from './tensor-types.ts';

export type { GgufType } from './tensor-types.ts';

export type GgufValue =
  | { readonly kind: 'u32' | 'i32' | 'f32'; readonly value: number }
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

export interface GgufFile {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
}

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
    case 'i32':
      out.u32(VALUE[kind]).u32(value);
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

/**
 * Reads a whole file. For files of our own or of a user's choice, not for strangers' bytes: sizes are
 * checked only by running off the end.
 * @throws RangeError on a short file, AssertionError on kinds and tensor types that llama.cpp knows
 *   and this reader does not
 */
export function decodeGguf(bytes: Uint8Array): GgufFile {
  const reader = new LittleEndianReader(bytes);
  assert(reader.u32() === 0x46554747, 'the file starts with GGUF');
  assert(reader.u32() === 3, 'version 3');
  const tensorCount = reader.u64();
  const metadataCount = reader.u64();
  const metadata: Record<string, GgufValue> = {};
  for (let i = 0; i < metadataCount; i++) {
    const key = reader.string();
    metadata[key] = readValue(reader);
  }
  const described = Array.from({ length: tensorCount }, () => {
    const name = reader.string();
    const dimensions = Array.from({ length: reader.u32() }, () => reader.u64());
    return { name, dimensions, code: reader.u32(), offset: reader.u64() };
  });
  const start = aligned(reader.at);
  const tensors = described.map(({ name, dimensions, code, offset }) => {
    const type = (Object.keys(TENSOR_TYPES) as GgufType[]).find((t) => TENSOR_TYPES[t] === code);
    assert(type !== undefined, `tensor ${name} has a known type`);
    const count = dimensions.reduce((product, size) => product * size, 1);
    return { name, dimensions, type, values: decodeTensor(type, bytes, start + offset, count) };
  });
  return { metadata, tensors };
}

function readValue(reader: LittleEndianReader): GgufValue {
  const code = reader.u32();
  if (code === VALUE.u32) return { kind: 'u32', value: reader.u32() };
  if (code === VALUE.i32) return { kind: 'i32', value: reader.u32() | 0 };
  if (code === VALUE.f32) return { kind: 'f32', value: reader.f32() };
  if (code === VALUE.bool) return { kind: 'bool', value: reader.u8() !== 0 };
  if (code === VALUE.string) return { kind: 'string', value: reader.string() };
  assert(code === VALUE.array, `metadata kind ${code} is known`);
  const item = reader.u32();
  const length = reader.u64();
  const list = <T>(read: () => T): T[] => Array.from({ length }, read);
  if (item === VALUE.string) return { kind: 'strings', value: list(() => reader.string()) };
  if (item === VALUE.f32) return { kind: 'f32s', value: list(() => reader.f32()) };
  assert(item === VALUE.i32, `metadata list kind ${item} is known`);
  return { kind: 'i32s', value: list(() => reader.u32() | 0) };
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

class LittleEndianReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    this.at += 1;
    return this.#view.getUint8(this.at - 1);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  f32(): number {
    this.at += 4;
    return this.#view.getFloat32(this.at - 4, true);
  }

  u64(): number {
    this.at += 8;
    return Number(this.#view.getBigUint64(this.at - 8, true));
  }

  string(): string {
    const length = this.u64();
    this.at += length;
    const text = utf8FromBytes(this.#bytes.subarray(this.at - length, this.at));
    assert(text !== null, 'strings are UTF-8');
    return text;
  }
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
