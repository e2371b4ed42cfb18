/**
 * Finds fast native implementations at load time: Node's own hashing and the `secp256k1` addon.
 * In a browser, or where the addon has no build, both are null and the pure JavaScript twins in
 * hash.ts and secp256k1.ts are used. Nothing is imported statically, so bundles stay browser-safe.
 */

/** `crypto.hash` of Node >= 20.12, reduced to the one form used here. */
export type NativeHash = (algorithm: string, data: Uint8Array, encoding: 'latin1') => string;

/** The calls of the `secp256k1` package used here; all throw on malformed input. */
export interface NativeSecp256k1 {
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyVerify(publicKey: Uint8Array): boolean;
  publicKeyConvert(publicKey: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(
    hash: Uint8Array,
    privateKey: Uint8Array,
  ): { readonly signature: Uint8Array; readonly recid: number };
  ecdsaVerify(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean;
  ecdsaRecover(
    signature: Uint8Array,
    recid: number,
    hash: Uint8Array,
    compressed: boolean,
  ): Uint8Array;
}

/** The parts of Node that are looked up rather than imported. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

function builtin(name: string): unknown {
  const node = (globalThis as { process?: NodeProcess }).process;
  return node?.getBuiltinModule?.(name) ?? null;
}

function findHash(): NativeHash | null {
  const crypto = builtin('node:crypto') as { hash?: NativeHash } | null;
  return typeof crypto?.hash === 'function' ? crypto.hash : null;
}

function findSecp256k1(): NativeSecp256k1 | null {
  const module = builtin('node:module') as {
    createRequire?(from: string): (name: string) => unknown;
  } | null;
  if (!module?.createRequire) return null;
  try {
    // `bindings` is the addon alone; the package's main would fall back to a slow JavaScript twin.
    return module.createRequire(import.meta.url)('secp256k1/bindings.js') as NativeSecp256k1;
  } catch {
    return null;
  }
}

export const nativeHash: NativeHash | null = findHash();
export const nativeSecp256k1: NativeSecp256k1 | null = findSecp256k1();
