/** Finds the leaf of a key, from a trie's root downward. */
import { type Branch, findChild, LEAF, type Leaf } from './node.ts';
import type { NodeStore } from './node-store.ts';

/** Null when the key was never written. */
export function lookUp(root: Branch, path: Uint8Array, nodes: NodeStore): Leaf | null {
  let branch = root;
  let at = 0;
  for (;;) {
    const child = findChild(branch, path[at]!);
    if (child === null) return null;
    const node = child.node ?? nodes.node(child.block, child.index);
    at += 1;
    const { path: own } = node;
    for (let i = 0; i < own.length; i++) if (own[i] !== path[at + i]) return null;
    if (node.kind === LEAF) return node;
    at += own.length;
    branch = node;
  }
}
