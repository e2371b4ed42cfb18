/**
 * Proofs that a key has a value as of a block, or has none. A proof is a chain of segments, each the
 * way from one block's root toward the key: it ends where the key does, or at a pointer to an older
 * block, where the next segment begins again at that block's root. An older block's root is
 * authenticated by its id (the id is the hash of a header that contains the root), so the verifier
 * brings a way from ids to roots: `rootOf` of headers it has checked.
 *
 * Differs: Stacks' own proofs also lead from root to root through the ancestors' root lists; they
 * need the same table of ids and roots, and ours are shorter.
 * Source: SIP-004. Encoded in proof-codec.ts.
 */
import { bytesEqual } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import type { BlockRecord, Blocks } from './blocks.ts';
import { EMPTY_HASH, hashLeaf, hashRoot } from './hash.ts';
import { LIMITS } from './limits.ts';
import { offsetOf, type Pages, pageOf } from './pages.ts';
import {
  assertRecord,
  BACK_POINTER,
  CAPACITY,
  findPointer,
  HEADER_BYTES,
  LEAF,
  LEAF_DATA_BYTES,
  NODE256,
  PATH_BYTES,
  POINTER_BYTES,
  pointersOf,
  readU16,
  readU32,
  sharedPath,
} from './record.ts';
import { hashText, pathOf } from './text.ts';

export interface ProofSlot {
  readonly chr: number;
  /** Kind of the child: 1 leaf, 2 to 5 branches of 4, 16, 48 and 256 slots. */
  readonly kind: number;
  /** Is the child in an older block? Then `hash` is that block's id. */
  readonly isOlder: boolean;
  /** Hash of the child, 32 bytes. */
  readonly hash: Uint8Array;
}

export interface ProofNode {
  readonly kind: number;
  readonly path: Uint8Array;
  /** In insertion order; of a Node256, by character. */
  readonly slots: readonly ProofSlot[];
}

export interface ProofSegment {
  /** Id of the block, 32 bytes. */
  readonly block: Uint8Array;
  /** Roots 1, 2, 4, … blocks before. */
  readonly ancestorRoots: readonly Uint8Array[];
  /** From the root downward. */
  readonly nodes: readonly ProofNode[];
}

export interface MarfProof {
  readonly segments: readonly ProofSegment[];
  /** Of a proof of absence: the leaf that sits where the key's would. */
  readonly otherLeaf: { readonly path: Uint8Array; readonly data: Uint8Array } | null;
}

interface Source {
  readonly pages: Pages;
  readonly blocks: Blocks;
}

interface Place {
  readonly page: Uint8Array;
  readonly at: number;
}

function placeOf(source: Source, page: Uint8Array, pointer: number): Place {
  const address = readU32(page, pointer + 6);
  const child = source.pages.read(readU32(page, pointer + 2), pageOf(address));
  assertRecord(child, offsetOf(address));
  return { page: child, at: offsetOf(address) };
}

function leafParts({ page, at }: Place): { path: Uint8Array; data: Uint8Array } {
  const dataAt = at + HEADER_BYTES + page[at + 1]!;
  return {
    path: page.slice(at + HEADER_BYTES, dataAt),
    data: page.slice(dataAt, dataAt + LEAF_DATA_BYTES),
  };
}

function hashOfRecord(place: Place): Uint8Array {
  const { page, at } = place;
  if (page[at] === LEAF) {
    const { path, data } = leafParts(place);
    return hashLeaf(path, 0, data);
  }
  const hashAt = pointersOf(page, at) - 32;
  return page.slice(hashAt, hashAt + 32);
}

function proofNode(source: Source, own: number, { page, at }: Place): ProofNode {
  const slots: ProofSlot[] = [];
  const first = pointersOf(page, at);
  for (let i = 0; i < readU16(page, at + 2); i++) {
    const p = first + i * POINTER_BYTES;
    const block = readU32(page, p + 2);
    const isOlder = block !== own;
    const hash = isOlder
      ? source.blocks.numbered(block).id
      : hashOfRecord(placeOf(source, page, p));
    slots.push({ chr: page[p]!, kind: page[p + 1]!, isOlder, hash });
  }
  const path = page.slice(at + HEADER_BYTES, at + HEADER_BYTES + page[at + 1]!);
  return { kind: page[at]!, path, slots };
}

/** Walks to where `path` ends in `block`'s trie and takes down what a verifier must see. */
export function provePath(
  source: Source,
  block: BlockRecord,
  path: Uint8Array,
): { readonly proof: MarfProof; readonly isPresent: boolean } {
  const segments: ProofSegment[] = [];
  let record = block;
  for (;;) {
    const page = source.pages.read(record.number, pageOf(record.rootAddress));
    const nodes: ProofNode[] = [];
    const parent = record.parent === null ? null : source.blocks.numbered(record.parent);
    const ancestorRoots = source.blocks.ancestorRoots(parent);
    segments.push({ block: record.id, ancestorRoots, nodes });
    const end = walkBlock(
      source,
      record.number,
      { page, at: offsetOf(record.rootAddress) },
      path,
      nodes,
    );
    if (end.older === null) {
      const { otherLeaf, isPresent } = end;
      return { proof: { segments, otherLeaf }, isPresent };
    }
    record = source.blocks.numbered(end.older);
  }
}

interface WalkEnd {
  /** Number of the block in which the way goes on. */
  readonly older: number | null;
  readonly isPresent: boolean;
  readonly otherLeaf: MarfProof['otherLeaf'];
}

function walkBlock(
  source: Source,
  own: number,
  root: Place,
  path: Uint8Array,
  nodes: ProofNode[],
): WalkEnd {
  const absent: WalkEnd = { older: null, isPresent: false, otherLeaf: null };
  let place = root;
  let depth = 0;
  for (;;) {
    const { page, at } = place;
    const shared = sharedPath(page, at, path, depth);
    const isWhole = shared === page[at + 1];
    if (page[at] === LEAF) {
      return isWhole ? { ...absent, isPresent: true } : { ...absent, otherLeaf: leafParts(place) };
    }
    nodes.push(proofNode(source, own, place));
    if (!isWhole) return absent;
    depth += shared;
    const p = findPointer(page, at, path[depth]!);
    if (p < 0) return absent;
    depth += 1;
    const block = readU32(page, p + 2);
    if (block !== own) return { ...absent, older: block };
    place = placeOf(source, page, p);
  }
}

/** The plain form of hash.ts's branch hash, over what a proof shows; null for an impossible node. */
function hashProofNode(node: ProofNode): Uint8Array | null {
  const capacity = CAPACITY[node.kind] ?? 0;
  if (capacity === 0 || node.slots.length > capacity) return null;
  const hashesAt = 1 + capacity * 34 + 1 + node.path.length;
  const bytes = new Uint8Array(hashesAt + capacity * 32);
  bytes[0] = node.kind;
  bytes[hashesAt - node.path.length - 1] = node.path.length;
  bytes.set(node.path, hashesAt - node.path.length);
  for (let i = 0; i < capacity; i++) bytes.set(EMPTY_HASH, hashesAt + 32 * i);
  const seen = new Set<number>();
  if (node.slots.some(({ kind }) => kind < LEAF || kind > NODE256)) return null;
  node.slots.forEach((slot, i) => {
    const index = node.kind === NODE256 ? slot.chr : i;
    seen.add(slot.chr);
    bytes[1 + 34 * index] = slot.isOlder ? slot.kind | BACK_POINTER : slot.kind;
    bytes[2 + 34 * index] = slot.chr;
    if (slot.isOlder) bytes.set(slot.hash, 3 + 34 * index);
    bytes.set(slot.hash, hashesAt + 32 * index);
  });
  return seen.size === node.slots.length ? sha512_256(bytes) : null;
}

type RootOf = (block: Uint8Array) => Uint8Array | null;

/**
 * Checks a proof of presence.
 *
 * @param root state root the verifier trusts for the proof's first block
 * @param rootOf state roots of older blocks, from headers whose hash is the block; null: not known
 */
export function verifyMarfProof(
  proof: MarfProof,
  root: Uint8Array,
  key: string,
  value: string,
  rootOf: RootOf = () => null,
): boolean {
  const path = pathOf(key);
  const data = hashText(value);
  return verifyEnds(proof, root, path, rootOf, (last, depth) => {
    if (last === null) return null;
    const slot = slotFor(last, path[depth]!);
    if (slot === null || slot.isOlder || slot.kind !== LEAF) return null;
    return { childHash: hashLeaf(path, depth + 1, data) };
  });
}

/** Checks that `key` was never written; parameters as for `verifyMarfProof`. */
export function verifyMarfAbsence(
  proof: MarfProof,
  root: Uint8Array,
  key: string,
  rootOf: RootOf = () => null,
): boolean {
  const path = pathOf(key);
  return verifyEnds(proof, root, path, rootOf, (last, depth) => {
    // The last branch's own path leaves the key's, or it has no child for the key.
    if (last === null) return { childHash: null };
    const slot = slotFor(last, path[depth]!);
    if (slot === null) return { childHash: null };
    const { otherLeaf } = proof;
    if (slot.isOlder || slot.kind !== LEAF || otherLeaf === null) return null;
    const rest = path.subarray(depth + 1);
    if (otherLeaf.path.length !== rest.length || bytesEqual(otherLeaf.path, rest)) return null;
    return { childHash: hashLeaf(otherLeaf.path, 0, otherLeaf.data) };
  });
}

function slotFor(node: ProofNode, chr: number): ProofSlot | null {
  return node.slots.find((slot) => slot.chr === chr) ?? null;
}

/**
 * How the way must end: given the last branch (null when its path leaves the key's) and the depth of
 * its slots, the hash of the child on the way, if there is one; null when this is no valid end.
 */
type JudgeEnd = (
  last: ProofNode | null,
  depth: number,
) => { readonly childHash: Uint8Array | null } | null;

function verifyEnds(
  proof: MarfProof,
  root: Uint8Array,
  path: Uint8Array,
  rootOf: RootOf,
  judgeEnd: JudgeEnd,
): boolean {
  const { segments } = proof;
  if (segments.length === 0 || segments.length > LIMITS.proofSegmentsMax) return false;
  for (const [i, segment] of segments.entries()) {
    const hash = verifySegment(segment, segments[i + 1] ?? null, path, judgeEnd);
    const expected = i === 0 ? root : rootOf(segment.block);
    if (hash === null || expected === null) return false;
    if (!bytesEqual(hashRoot(hash, segment.ancestorRoots), expected)) return false;
  }
  return true;
}

/** Hash of the segment's trie when it leads toward `path` and ends well; null otherwise. */
function verifySegment(
  segment: ProofSegment,
  next: ProofSegment | null,
  path: Uint8Array,
  judgeEnd: JudgeEnd,
): Uint8Array | null {
  const { nodes } = segment;
  /** Depth of each node's slots in the path. */
  const depths: number[] = [];
  let isDiverged = false;
  let depth = 0;
  for (const [n, node] of nodes.entries()) {
    const isLast = n === nodes.length - 1;
    isDiverged = !bytesEqual(node.path, path.subarray(depth, depth + node.path.length));
    depth += node.path.length;
    if (depth >= PATH_BYTES || (isDiverged && (!isLast || next !== null))) return null;
    depths.push(depth);
    depth += 1;
  }
  const last = nodes.at(-1);
  if (last === undefined) return null;
  let childHash: Uint8Array | null = null;
  if (next === null) {
    const end = judgeEnd(isDiverged ? null : last, depths.at(-1)!);
    if (end === null) return null;
    childHash = end.childHash;
  } else {
    const slot = slotFor(last, path[depths.at(-1)!]!);
    if (slot === null || !slot.isOlder || !bytesEqual(slot.hash, next.block)) return null;
  }
  for (let n = nodes.length - 1; n >= 0; n--) {
    const node = nodes[n]!;
    const below = nodes[n + 1];
    const slot = slotFor(node, path[depths[n]!]!);
    if (below !== undefined && (slot === null || slot.isOlder || slot.kind !== below.kind)) {
      return null;
    }
    if (childHash !== null && (slot === null || !bytesEqual(slot.hash, childHash))) return null;
    childHash = hashProofNode(node);
    if (childHash === null) return null;
  }
  return childHash;
}
