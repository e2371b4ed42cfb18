/**
 * How GGUF stores numbers: floats, halves, and blocks of 32 with a common half-precision scale and 8,
 * 5 or 4 bits each. The rounding is that of ggml's reference quantisers, so a copy made here is the
 * copy a host would make. Source: ggml-quants.c (layouts and rounding, by description).
 */
import { assert } from '@assay/bytes';

export type GgufType = 'F32' | 'F16' | 'Q8_0' | 'Q5_0' | 'Q4_0';

/** ggml's numbers. */
export const TENSOR_TYPES: Readonly<Record<GgufType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q5_0: 6,
  Q8_0: 8,
};

/** `general.file_type` of a file whose matrices have this type. */
export const FILE_TYPES: Readonly<Record<GgufType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q8_0: 7,
  Q5_0: 8,
};

const BLOCK = 32;

export function encodeTensor(type: GgufType, values: Float32Array): Uint8Array {
  if (type === 'Q8_0') return encodeQ8(values);
  if (type === 'Q5_0') return encodeCoarse(values, 5);
  if (type === 'Q4_0') return encodeCoarse(values, 4);
  const bytes = new Uint8Array(values.length * (type === 'F32' ? 4 : 2));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    if (type === 'F32') view.setFloat32(4 * i, values[i]!, true);
    else view.setUint16(2 * i, toHalf(values[i]!), true);
  }
  return bytes;
}

/** Reads `count` numbers at `offset`: what the engine sees of them. */
export function decodeTensor(
  type: GgufType,
  bytes: Uint8Array,
  offset: number,
  count: number,
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  const values = new Float32Array(count);
  if (type === 'F32') for (let i = 0; i < count; i++) values[i] = view.getFloat32(4 * i, true);
  else if (type === 'F16') {
    for (let i = 0; i < count; i++) values[i] = fromHalf(view.getUint16(2 * i, true));
  } else for (let i = 0; i < count; i += BLOCK) decodeBlock(type, view, values, i);
  return values;
}

function decodeBlock(
  type: 'Q8_0' | 'Q5_0' | 'Q4_0',
  view: DataView,
  values: Float32Array,
  first: number,
): void {
  const bits = { Q8_0: 8, Q5_0: 5, Q4_0: 4 }[type];
  const at = (first / BLOCK) * blockBytes(bits);
  const scale = fromHalf(view.getUint16(at, true));
  if (bits === 8) {
    for (let i = 0; i < BLOCK; i++) values[first + i] = scale * view.getInt8(at + 2 + i);
    return;
  }
  const high = bits === 5 ? view.getUint32(at + 2, true) : 0;
  const low = at + (bits === 5 ? 6 : 2);
  for (let i = 0; i < BLOCK; i++) {
    const byte = view.getUint8(low + (i % 16));
    const level = (i < 16 ? byte & 15 : byte >>> 4) | (((high >>> i) & 1) << 4);
    values[first + i] = scale * (level - (1 << (bits - 1)));
  }
}

function blockBytes(bits: number): number {
  return 2 + (bits === 8 ? 32 : bits === 5 ? 20 : 16);
}

/** Blocks of 32: a half-precision scale and 32 signed bytes. */
function encodeQ8(values: Float32Array): Uint8Array {
  assert(values.length % BLOCK === 0, 'Q8_0 tensors come in blocks of 32');
  const bytes = new Uint8Array((values.length / BLOCK) * 34);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < values.length / BLOCK; block++) {
    const part = values.subarray(BLOCK * block, BLOCK * block + BLOCK);
    const scale = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127;
    view.setUint16(34 * block, toHalf(scale), true);
    for (let i = 0; i < BLOCK; i++) {
      const level = scale === 0 ? 0 : Math.round(part[i]! / scale);
      view.setInt8(34 * block + 2 + i, Math.max(-127, Math.min(127, level)));
    }
  }
  return bytes;
}

/**
 * Four or five bits: the value of greatest magnitude becomes the lowest level, the others round to
 * the nearest; low halves of two numbers share a byte, fifth bits follow the scale.
 */
function encodeCoarse(values: Float32Array, bits: 4 | 5): Uint8Array {
  assert(values.length % BLOCK === 0, 'quantised tensors come in blocks of 32');
  const size = blockBytes(bits);
  const half = 1 << (bits - 1);
  const bytes = new Uint8Array((values.length / BLOCK) * size);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < values.length / BLOCK; block++) {
    const part = values.subarray(BLOCK * block, BLOCK * block + BLOCK);
    const extreme = part.reduce((max, value) => (Math.abs(value) > Math.abs(max) ? value : max), 0);
    const scale = extreme / -half;
    const at = block * size;
    view.setUint16(at, toHalf(scale), true);
    const low = at + (bits === 5 ? 6 : 2);
    let high = 0;
    for (let i = 0; i < BLOCK; i++) {
      const exact = scale === 0 ? 0 : part[i]! / scale;
      const level = Math.min(2 * half - 1, Math.floor(exact + half + 0.5));
      bytes[low + (i % 16)]! |= (level & 15) << (i < 16 ? 0 : 4);
      high |= ((level >>> 4) & 1) << i;
    }
    if (bits === 5) view.setUint32(at + 2, high >>> 0, true);
  }
  return bytes;
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** IEEE 754 half precision, rounded to nearest, ties away from zero. */
export function toHalf(value: number): number {
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

export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
