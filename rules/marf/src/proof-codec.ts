/**
 * Bytes of a MARF proof.
 *
 * ```
 * proof    u8 n, n segments | u8 0, or u8 1 + u8 length + path + data 40 (the other leaf)
 * segment  block 32 | u8 n, n roots 32 | u8 n, n nodes
 * node     u8 kind | u8 length + path | u16 n, n x (u8 chr | u8 kind | u8 is older | hash 32)
 * ```
 * The format is ours; see proof.ts for what it means.
 */
import { ByteReader, ByteWriter, DecodeError, err, ok, type Result } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import type { MarfProof, ProofNode, ProofSegment, ProofSlot } from './proof.ts';
import { CAPACITY, LEAF, LEAF_DATA_BYTES, NODE4, NODE256, PATH_BYTES } from './record.ts';

export function encodeMarfProof(proof: MarfProof): Uint8Array {
  const writer = new ByteWriter(4_096).u8(proof.segments.length);
  for (const segment of proof.segments) {
    writer.raw(segment.block).u8(segment.ancestorRoots.length);
    for (const root of segment.ancestorRoots) writer.raw(root);
    writer.u8(segment.nodes.length);
    for (const { kind, path, slots } of segment.nodes) {
      writer.u8(kind).u8(path.length).raw(path).u16(slots.length);
      for (const { chr, kind: childKind, isOlder, hash } of slots) {
        writer
          .u8(chr)
          .u8(childKind)
          .u8(isOlder ? 1 : 0)
          .raw(hash);
      }
    }
  }
  const { otherLeaf } = proof;
  if (otherLeaf === null) return writer.u8(0).finish();
  return writer.u8(1).u8(otherLeaf.path.length).raw(otherLeaf.path).raw(otherLeaf.data).finish();
}

/** Rejects with `bytes/…` (cut short, left over) or `marf/proof` (out of range). */
export function decodeMarfProof(
  bytes: Uint8Array,
): Result<MarfProof, { readonly code: string; readonly message: string }> {
  try {
    const reader = new ByteReader(bytes);
    const count = reader.u8();
    if (count > LIMITS.proofSegmentsMax) reader.fail('marf/proof', `${count} segments`);
    const segments: ProofSegment[] = [];
    for (let i = 0; i < count; i++) segments.push(readSegment(reader));
    const otherLeaf = readFlag(reader)
      ? { path: readPath(reader), data: reader.take(LEAF_DATA_BYTES) }
      : null;
    reader.end();
    return ok({ segments, otherLeaf });
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return err({ code: cause.code, message: cause.message });
  }
}

function readSegment(reader: ByteReader): ProofSegment {
  const block = reader.take(32);
  const ancestorRoots: Uint8Array[] = [];
  for (let n = reader.u8(); n > 0; n--) ancestorRoots.push(reader.take(32));
  const nodes: ProofNode[] = [];
  for (let n = reader.u8(); n > 0; n--) nodes.push(readNode(reader));
  return { block, ancestorRoots, nodes };
}

function readNode(reader: ByteReader): ProofNode {
  const kind = reader.u8();
  if (kind < NODE4 || kind > NODE256) reader.fail('marf/proof', `node kind ${kind}`);
  const path = readPath(reader);
  const count = reader.u16();
  if (count > CAPACITY[kind]!) reader.fail('marf/proof', `${count} slots`);
  const slots: ProofSlot[] = [];
  for (let i = 0; i < count; i++) {
    const chr = reader.u8();
    const childKind = reader.u8();
    if (childKind < LEAF || childKind > NODE256) reader.fail('marf/proof', `kind ${childKind}`);
    const isOlder = readFlag(reader);
    slots.push({ chr, kind: childKind, isOlder, hash: reader.take(32) });
  }
  return { kind, path, slots };
}

function readPath(reader: ByteReader): Uint8Array {
  const length = reader.u8();
  if (length > PATH_BYTES) reader.fail('marf/proof', `path of ${length} bytes`);
  return reader.take(length);
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8();
  if (flag > 1) reader.fail('marf/proof', `flag ${flag}`);
  return flag === 1;
}
