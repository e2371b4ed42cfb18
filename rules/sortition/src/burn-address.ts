/**
 * The payees of burn operations: which Bitcoin outputs have an address, and which of them burn.
 * Called by the operation parser, by commit checks and by the wallet that builds commits.
 * Source: BIP-13, BIP-141, BIP-341 (scripts); SIP-007 (burn address is the zero hash).
 */
import { bytesEqual, concatBytes } from '@assay/bytes';

export type BurnAddressKind = 'p2pkh' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'p2tr';

export interface BurnAddress {
  readonly kind: BurnAddressKind;
  /** Hash or witness program: 20 or 32 bytes. */
  readonly program: Uint8Array;
}

interface Shape {
  readonly kind: BurnAddressKind;
  readonly head: readonly number[];
  readonly size: number;
  readonly tail: readonly number[];
}

const SHAPES: readonly Shape[] = [
  { kind: 'p2pkh', head: [0x76, 0xa9, 0x14], size: 20, tail: [0x88, 0xac] },
  { kind: 'p2sh', head: [0xa9, 0x14], size: 20, tail: [0x87] },
  { kind: 'p2wpkh', head: [0x00, 0x14], size: 20, tail: [] },
  { kind: 'p2wsh', head: [0x00, 0x20], size: 32, tail: [] },
  { kind: 'p2tr', head: [0x51, 0x20], size: 32, tail: [] },
];

/** Where commits burn: pay-to-public-key-hash of twenty zero bytes. */
export const BURN_ADDRESS: BurnAddress = { kind: 'p2pkh', program: new Uint8Array(20) };

/** The address an output script pays, or null for any other script. */
export function burnAddressFromScript(script: Uint8Array): BurnAddress | null {
  for (const { kind, head, size, tail } of SHAPES) {
    if (script.length !== head.length + size + tail.length) continue;
    if (!head.every((byte, i) => script[i] === byte)) continue;
    if (!tail.every((byte, i) => script[head.length + size + i] === byte)) continue;
    return { kind, program: script.slice(head.length, head.length + size) };
  }
  return null;
}

export function burnAddressToScript(address: BurnAddress): Uint8Array {
  const shape = SHAPES.find((candidate) => candidate.kind === address.kind)!;
  return concatBytes(Uint8Array.from(shape.head), address.program, Uint8Array.from(shape.tail));
}

/** True when nobody can spend what is paid there: a program of zeros. */
export function isBurnAddress(address: BurnAddress): boolean {
  return address.program.every((byte) => byte === 0);
}

export function burnAddressEqual(a: BurnAddress, b: BurnAddress): boolean {
  return a.kind === b.kind && bytesEqual(a.program, b.program);
}
