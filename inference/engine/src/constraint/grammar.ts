/** The pieces grammars are made of, over bytes. */

export type Node =
  /** One byte of a set. */
  | { readonly kind: 'byte'; readonly set: ReadonlySet<number> }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  /** `node` must not match nothing. */
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }
  /** Another node by name: recursion. */
  | { readonly kind: 'named'; readonly target: () => Node };

export const sequence = (...parts: readonly Node[]): Node => ({ kind: 'sequence', parts });
export const choice = (...options: readonly Node[]): Node => ({ kind: 'choice', options });
export const repeat = (node: Node, min: number, max: number): Node => ({
  kind: 'repeat',
  node,
  min,
  max,
});
export const maybe = (...parts: readonly Node[]): Node => choice(sequence(), sequence(...parts));

const encoder = new TextEncoder();

export function literal(text: string): Node {
  return sequence(...Array.from(encoder.encode(text), (byte) => byteIn([byte, byte])));
}

export function byteIn(...ranges: readonly (readonly [from: number, to: number])[]): Node {
  const set = new Set<number>();
  for (const [from, to] of ranges) for (let byte = from; byte <= to; byte++) set.add(byte);
  return { kind: 'byte', set };
}

/** One of the characters of an ASCII text. */
export function oneOf(characters: string): Node {
  return { kind: 'byte', set: new Set(encoder.encode(characters)) };
}
