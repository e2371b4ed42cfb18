/** An embedding as the text of an answer: float32, little endian, in base64. */
import { LIMITS } from './limits.ts';

export function encodeVector(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * vector.length));
  for (const [i, value] of vector.entries()) view.setFloat32(4 * i, value, true);
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

/** Null for a text that is no vector of finite numbers. */
export function decodeVector(text: string): readonly number[] | null {
  let raw: string;
  try {
    raw = atob(text);
  } catch {
    return null;
  }
  const count = raw.length / 4;
  if (!Number.isInteger(count) || count < 1 || count > LIMITS.dimensionsMax) return null;
  const view = new DataView(Uint8Array.from(raw, (one) => one.charCodeAt(0)).buffer);
  const vector = Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  return vector.every(Number.isFinite) ? vector : null;
}
