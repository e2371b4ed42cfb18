/** Streaming text: what clients see while tokens arrive. Models: the whole text at once. */
import { bytesFromUtf8 } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings, TextStream } from '../src/index.ts';

const decoder = new TextDecoder();
/** Ids are bytes; 256 is a control token that vanishes. */
const bytesAsText = (ids: readonly number[]): string =>
  decoder.decode(Uint8Array.from(ids.filter((id) => id < 256)));
/** A SentencePiece habit: the space before the first word of a text vanishes. */
const withoutFirstSpace = (ids: readonly number[]): string => bytesAsText(ids).replace(/^ /, '');

const utf8 = fc
  .string({ unit: fc.constantFrom('a', ' ', 'é', '東', '🚀', '\ufffd'), maxLength: 24 })
  .map((text) => [...bytesFromUtf8(text)]);
const withControls = fc.array(fc.oneof(utf8, fc.constant([256])), { maxLength: 5 });
const anyBytes = fc.array(fc.integer({ min: 0, max: 256 }), { maxLength: 40 });

function streamed(
  detokenize: (ids: readonly number[]) => string,
  ids: readonly number[],
): string[] {
  const stream = new TextStream(detokenize);
  return [...ids.map((id) => stream.push(id)), stream.finish()];
}

describe('TextStream', () => {
  it('pieces of valid text together are the text, and no piece is half a character', () => {
    for (const detokenize of [bytesAsText, withoutFirstSpace]) {
      fc.assert(
        fc.property(withControls, (parts) => {
          const ids = parts.flat();
          const pieces = streamed(detokenize, ids);
          expect(pieces.join('')).toBe(detokenize(ids));
          for (const piece of pieces) {
            expect(decoder.decode(bytesFromUtf8(piece))).toBe(piece);
            expect(bytesAsText(ids)).toContain(piece);
          }
        }),
      );
    }
  });

  it('pieces of broken bytes together are what a decoder makes of all of them', () => {
    fc.assert(
      fc.property(anyBytes, (ids) => {
        expect(streamed(bytesAsText, ids).join('')).toBe(bytesAsText(ids));
      }),
    );
  });

  it('a character of four tokens comes with its last', () => {
    expect(streamed(bytesAsText, [...bytesFromUtf8('a🚀b')])).toEqual([
      'a',
      '',
      '',
      '',
      '🚀',
      'b',
      '',
    ]);
  });
});

describe('StopStrings', () => {
  const letters = (maxLength: number, minLength = 0) =>
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength });

  it('shows the text up to the stop string that ends first, however it is cut', () => {
    const stops = fc.array(letters(4, 1), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters(3), { maxLength: 12 }), stops, (pieces, stop) => {
        const watch = new StopStrings(stop);
        let shown = '';
        for (const piece of pieces) shown += watch.push(piece);
        shown += watch.finish();
        expect({ shown, found: watch.found }).toEqual(naiveStop(pieces, stop));
      }),
    );
  });

  it('refuses empty, too many and endless stop strings', () => {
    for (const stops of [[''], ['a', 'b', 'c', 'd', 'e'], ['x'.repeat(257)]]) {
      expect(() => new StopStrings(stops)).toThrowError(
        expect.objectContaining({ code: 'engine/refused' }),
      );
    }
  });
});

/** Piece by piece as it arrives, looking at everything so far. */
function naiveStop(pieces: readonly string[], stops: readonly string[]) {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    const hits = stops
      .map((stop) => ({ stop, at: text.indexOf(stop) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at + a.stop.length - (b.at + b.stop.length) || a.at - b.at);
    if (hits.length > 0) return { shown: text.slice(0, hits[0]!.at), found: hits[0]!.stop };
  }
  return { shown: text, found: null };
}
