/**
 * Is a 32-byte string a point of Ed25519? Key registrations with anything else are not operations.
 * Decompression only: x^2 = (y^2 - 1) / (d y^2 + 1) must have a root modulo 2^255 - 19.
 * Source: RFC 8032 5.1.3; the reference accepts unreduced y.
 */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SQRT_MINUS_ONE =
  19681161376707505956807079304988542015446066515923890162744021073123829784752n;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

export function isEdwardsPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(i === 31 ? bytes[i]! & 0x7f : bytes[i]!);
  const yy = (y * y) % P;
  const u = (yy + P - 1n) % P;
  const v = (D * yy + 1n) % P;
  const candidate = (u * power(v, 3n) * power((u * power(v, 7n)) % P, (P - 5n) / 8n)) % P;
  const check = (v * candidate * candidate) % P;
  if (check !== u && check !== (P - u) % P) return false;
  const x = check === u ? candidate : (candidate * SQRT_MINUS_ONE) % P;
  const sign = bytes[31]! >> 7;
  return !(x === 0n && sign === 1);
}
