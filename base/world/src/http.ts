/**
 * The little of HTTP that both adapters need: queries and plain answers. Browser-safe.
 * Called by `node-net.ts` and `sim-net.ts`.
 */
import type { HttpResponse } from './world.ts';

/** First value of a repeated name wins. */
export function parseQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!query.has(name)) query.set(name, value);
  }
  return query;
}

export function plainText(status: number, text: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain' },
    body: new TextEncoder().encode(text),
  };
}

/** The pieces as one. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
