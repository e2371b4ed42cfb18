/**
 * Proofs that a key has a value as of a block. A proof is a chain of segments, each the path from
 * one block's root toward the key: it ends at the leaf, or at a pointer to an older block, where the
 * next segment begins again at the root. The root of an older block is authenticated by its id
 * (a block id is the hash of a header that contains the root), so the verifier brings a way from
 * block hash to root; `rootOf` of headers it has checked.
 *
 * Differs: Stacks' own proofs go through the ancestors' root lists instead of headers.
 */
import {
  ByteReader,
  ByteWriter,
  bytesEqual,
  DecodeError,
  err,
  ok,
  type Result,
} from '@assay/bytes';
import { EMPTY_HASH, hashBranch, hashLeaf, hashRoot } from './hash.ts';
import {
  type Branch,
  type BranchKind,
  CAPACITY,
  emptyBranch,
  findChild,
  LEAF,
  NODE256,
  PATH_BYTES,
} from './node.ts';
import type { BlockRecord, NodeStore } from './node-store.ts';
import { dataOf, pathOf } from './open-block.ts';

export interface ProofSlot {
  readonly chr: number;
  /** Kind of the child. */
  readonly kind: number;
  /** Id of the older block that holds the child; null when it is in this block. */
  readonly block: Uint8Array | null;
  /** Hash of the child; of an older block's child, that block's id. */
  readonly hash: Uint8Array;
}

export interface ProofNode {
  readonly kind: BranchKind;
  readonly path: Uint8Array;
  /** In insertion order; of a Node256, by character. */
  readonly slots: readonly ProofSlot[];
}

export interface ProofSegment {
  /** Hash of the block, 32 bytes. */
  readonly block: Uint8Array;
  /** Roots 1, 2, 4, … blocks before. */
  readonly ancestorRoots: readonly Uint8Array[];
  /** From the root downward. */
  readonly nodes: readonly ProofNode[];
}

export interface MarfProof {
  readonly segments: readonly ProofSegment[];
}

/** Segments and slots a verifier reads at most: a path has 32 characters. */
const SEGMENTS_MAX = 33;

function proofNode(branch: Branch, own: number, nodes: NodeStore): ProofNode {
  const slots: ProofSlot[] = [];
  for (const child of branch.children) {
    if (child === null) continue;
    const block = child.block === own ? null : nodes.blockNumbered(child.block).hash;
    const hash = block ?? nodes.node(child.block, child.index).hash!;
    slots.push({ chr: child.chr, kind: child.kind, block, hash });
  }
  return { kind: branch.kind, path: branch.path, slots };
}

export function proveKey(block: BlockRecord, path: Uint8Array, nodes: NodeStore): MarfProof | null {
  const segments: ProofSegment[] = [];
  for (let record = block; ; ) {
    const chain: ProofNode[] = [];
    let branch = nodes.node(record.number, 0) as Branch;
    let at = 0;
    let older: number | null = null;
    for (;;) {
      chain.push(proofNode(branch, record.number, nodes));
      const child = findChild(branch, path[at]!);
      if (child === null) return null;
      at += 1;
      if (child.block !== record.number) {
        older = child.block;
        break;
      }
      const node = nodes.node(child.block, child.index);
      if (!bytesEqual(node.path, path.subarray(at, at + node.path.length))) return null;
      if (node.kind === LEAF) break;
      at += node.path.length;
      branch = node;
    }
    const ancestorRoots = nodes.ancestorRoots(record.parent);
    segments.push({ block: record.hash, ancestorRoots, nodes: chain });
    if (older === null) return { segments };
    record = nodes.blockNumbered(older);
  }
}

/** A branch of our own shape out of a proof's node; children of this block are number 0. */
function branchOf(
  node: ProofNode,
): { branch: Branch; hashes: Map<number, Uint8Array>; blocks: Uint8Array[] } | null {
  if (node.slots.length > CAPACITY[node.kind]) return null;
  const branch = emptyBranch(node.kind, node.path);
  const hashes = new Map<number, Uint8Array>();
  const blocks: Uint8Array[] = [EMPTY_HASH];
  const seen = new Set<number>();
  node.slots.forEach((slot, i) => {
    const at = node.kind === NODE256 ? slot.chr : i;
    seen.add(slot.chr);
    if (slot.block !== null) blocks.push(slot.block);
    const block = slot.block === null ? 0 : blocks.length - 1;
    branch.children[at] = { chr: slot.chr, kind: slot.kind, block, index: 0, node: null };
    hashes.set(at, slot.hash);
  });
  return seen.size === node.slots.length ? { branch, hashes, blocks } : null;
}

function hashProofNode(node: ProofNode): Uint8Array | null {
  const parts = branchOf(node);
  if (parts === null) return null;
  const { branch, hashes, blocks } = parts;
  return hashBranch(
    branch,
    0,
    (number) => blocks[number]!,
    (slot) => hashes.get(slot)!,
  );
}

function slotFor(node: ProofNode, chr: number): ProofSlot | null {
  return node.slots.find((slot) => slot.chr === chr) ?? null;
}

/**
 * Where a segment leads: the offset in the path after each node, or null when it leaves the path.
 */
function offsetsOf(segment: ProofSegment, path: Uint8Array): number[] | null {
  const offsets: number[] = [];
  let at = 0;
  for (const node of segment.nodes) {
    if (!bytesEqual(node.path, path.subarray(at, at + node.path.length))) return null;
    at += node.path.length;
    offsets.push(at);
    at += 1;
  }
  return at <= PATH_BYTES ? offsets : null;
}

/**
 * @param root state root the verifier trusts for the proof's first block
 * @param rootOf state roots of older blocks, from headers whose hash is the block; null: not known
 */
export function verifyMarfProof(
  proof: MarfProof,
  root: Uint8Array,
  key: string,
  value: string,
  rootOf: (block: Uint8Array) => Uint8Array | null = () => null,
): boolean {
  const path = pathOf(key);
  const { segments } = proof;
  if (segments.length === 0 || segments.length > SEGMENTS_MAX) return false;
  for (const [i, segment] of segments.entries()) {
    const next = segments[i + 1];
    const offsets = offsetsOf(segment, path);
    const last = segment.nodes.at(-1);
    if (offsets === null || last === undefined) return false;
    const lastAt = offsets.at(-1)!;
    const taken = slotFor(last, path[lastAt]!);
    if (taken === null) return false;
    let hash: Uint8Array | null;
    if (next === undefined) {
      if (taken.block !== null || taken.kind !== LEAF) return false;
      hash = hashLeaf({ path: path.subarray(lastAt + 1), data: dataOf(value) });
    } else {
      if (taken.block === null || !bytesEqual(taken.block, next.block)) return false;
      hash = taken.block;
    }
    for (let n = segment.nodes.length - 1; n >= 0; n--) {
      const node = segment.nodes[n]!;
      const chr = path[offsets[n]!]!;
      const slot = slotFor(node, chr);
      const isLast = n === segment.nodes.length - 1;
      if (slot === null || (!isLast && slot.block !== null)) return false;
      if (!isLast && slot.kind !== segment.nodes[n + 1]!.kind) return false;
      // What the slot claims is what we computed from below.
      if (!bytesEqual(slot.hash, hash!)) return false;
      hash = hashProofNode(node);
      if (hash === null) return false;
    }
    const expected = i === 0 ? root : rootOf(segment.block);
    if (expected === null || !bytesEqual(hashRoot(hash!, segment.ancestorRoots), expected))
      return false;
  }
  return true;
}

/** Segments: u8 count; each block 32, u8 n + roots, u8 n + nodes (u8 kind, u8 length + path, u16 n + slots). */
export function encodeMarfProof(proof: MarfProof): Uint8Array {
  const writer = new ByteWriter(4_096).u8(proof.segments.length);
  for (const segment of proof.segments) {
    writer.raw(segment.block).u8(segment.ancestorRoots.length);
    for (const root of segment.ancestorRoots) writer.raw(root);
    writer.u8(segment.nodes.length);
    for (const { kind, path, slots } of segment.nodes) {
      writer.u8(kind).u8(path.length).raw(path).u16(slots.length);
      for (const slot of slots) {
        writer
          .u8(slot.chr)
          .u8(slot.kind)
          .u8(slot.block === null ? 0 : 1)
          .raw(slot.hash);
      }
    }
  }
  return writer.finish();
}

function readNode(reader: ByteReader): ProofNode {
  const kind = reader.u8();
  if (kind < 2 || kind > NODE256) reader.fail('marf/proof', `node kind ${kind}`);
  const pathLength = reader.u8();
  if (pathLength > PATH_BYTES) reader.fail('marf/proof', `path of ${pathLength} bytes`);
  const path = reader.take(pathLength);
  const count = reader.u16();
  if (count > CAPACITY[kind as BranchKind]) reader.fail('marf/proof', `${count} slots`);
  const slots: ProofSlot[] = [];
  for (let i = 0; i < count; i++) {
    const chr = reader.u8();
    const childKind = reader.u8();
    if (childKind < LEAF || childKind > NODE256) reader.fail('marf/proof', `kind ${childKind}`);
    const flag = reader.u8();
    if (flag > 1) reader.fail('marf/proof', `flag ${flag}`);
    const isOlder = flag === 1;
    const hash = reader.take(32);
    slots.push({ chr, kind: childKind, block: isOlder ? hash : null, hash });
  }
  return { kind: kind as BranchKind, path, slots };
}

export function decodeMarfProof(
  bytes: Uint8Array,
): Result<MarfProof, { readonly code: string; readonly message: string }> {
  try {
    const reader = new ByteReader(bytes);
    const segments: ProofSegment[] = [];
    const count = reader.u8();
    if (count > SEGMENTS_MAX) reader.fail('marf/proof', `${count} segments`);
    for (let i = 0; i < count; i++) {
      const block = reader.take(32);
      const ancestorRoots = Array.from({ length: reader.u8() }, () => reader.take(32));
      const nodes = Array.from({ length: reader.u8() }, () => readNode(reader));
      segments.push({ block, ancestorRoots, nodes });
    }
    reader.end();
    return ok({ segments });
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return err({ code: cause.code, message: cause.message });
  }
}
