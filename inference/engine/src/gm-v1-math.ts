/**
 * Logarithm and exponential of gm-v1: the same 64 bits on every machine and in every language,
 * because they use nothing but IEEE 754 additions, multiplications and divisions in a fixed order.
 * `Math.log` and `Math.exp` promise no such thing. Source: docs/sampler-gm-v1.md sections 3 and 4.
 */

// biome-ignore lint/suspicious/noApproximativeNumericConstant: these digits are the standard
const LN_2 = 0.6931471805599453;
const LN_2_HIGH = 0.6931471803691238;
const LN_2_LOW = 1.9082149292705877e-10;
// biome-ignore lint/suspicious/noApproximativeNumericConstant: these digits are the standard
const SQRT_HALF = 0.7071067811865476;

const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);
/** Place of the word with sign and exponent: the second on little-endian machines. */
const UPPER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Natural logarithm. @param y a normal double > 0 */
export function lnGm(y: number): number {
  FLOAT[0] = y;
  const upper = WORDS[UPPER]!;
  let exponent = ((upper >>> 20) & 0x7ff) - 1022;
  WORDS[UPPER] = (upper & 0xfffff) | (1022 << 20);
  let m = FLOAT[0];
  if (m < SQRT_HALF) {
    m = m * 2;
    exponent = exponent - 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 1 / 23;
  for (let k = 21; k >= 1; k -= 2) p = p * z + 1 / k;
  return exponent * LN_2 + 2 * s * p;
}

/** Exponential. @param x <= 0; results below 2^-1000 are 0 */
export function expGm(x: number): number {
  const k = Math.floor(x / LN_2 + 0.5);
  if (k < -1000) return 0;
  const r = x - k * LN_2_HIGH - k * LN_2_LOW;
  let p = 1;
  for (let n = 13; n >= 1; n--) p = 1 + (r * p) / n;
  FLOAT[0] = 1;
  WORDS[UPPER] = (k + 1023) << 20;
  return p * FLOAT[0]!;
}
