/** JSON-schema constraints: sound (what passes fits the schema), and the same for host and judge. */
import { bytesFromUtf8 } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConstraintState,
  compileConstraint,
  drawGmV1,
  FakeEngine,
  type JsonSchema,
  type Tokenizer,
} from '../src/index.ts';

/** Ids 0 to 255 are bytes, 256 ends a text, from 257 on a few longer tokens. */
const LONGER = ['{"', '":', '": ', '",', '"}', ' true', 'false', '12', '[]', 'é', '🚀'];
const PIECES: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  new Uint8Array(),
  ...LONGER.map(bytesFromUtf8),
];
const END = 256;
const BYTES: Tokenizer = {
  sha256: '00'.repeat(32),
  vocabularySize: PIECES.length,
  beginId: 0,
  eosIds: [END],
  tokenize: (text) => [...bytesFromUtf8(text)],
  detokenize: () => '',
  pieces: () => PIECES,
};

/** Whether the whole text passes, and may end there. */
function accepts(schema: JsonSchema, text: string): boolean {
  let state: ConstraintState | null = compileConstraint(schema, BYTES);
  for (const id of BYTES.tokenize(text)) {
    state = state.next(id);
    if (state === null) return false;
  }
  return state.allowed.has(END);
}

const PERSON: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 8 },
    age: { type: 'integer' },
    tags: { type: 'array', items: { enum: ['a', 'b"c'] }, minItems: 1, maxItems: 2 },
    next: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
  },
  required: ['name', 'next'],
  additionalProperties: false,
};

describe('JSON schema constraints', () => {
  it('accept what fits and refuse what does not', () => {
    const good = [
      '{"name":"Ada","next":null}',
      '{ "name": "Ada", "age": -12, "next": null }',
      '{"name":"é🚀\\n\\u00e9","tags":["a"],"next":{"name":"","next":null}}',
      '{\n  "name": "Ada",\n  "tags": ["b\\"c", "a"],\n  "next": null\n}',
    ];
    const bad = [
      '',
      '{"name":"Ada"}',
      '{"next":null}',
      '{"name":"Ada","next":null',
      '{"name":"Ada","next":null}}',
      '{"name":"123456789","next":null}',
      '{"name":"Ada","age":01,"next":null}',
      '{"name":"Ada","age":1.5,"next":null}',
      '{"name":"Ada","tags":[],"next":null}',
      '{"name":"Ada","tags":["c"],"next":null}',
      '{"name":"Ada","tags":["a","a","a"],"next":null}',
      '{"name":"A\nda","next":null}',
      '{"name":"Ada","other":1,"next":null}',
      '{"name":"Ada",  "next":null}',
    ];
    for (const text of good) expect(accepts(PERSON, text), text).toBe(true);
    for (const text of bad) expect(accepts(PERSON, text), text).toBe(false);
  });

  it('any JSON value passes without a schema, nothing else does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        // Numbers are bounded in digits; the others are any.
        fc.pre(!/\d{15}|e[+-]?\d{3}/.test(text));
        expect(accepts(true, text)).toBe(true);
        expect(accepts(true, `${text} x`)).toBe(false);
      }),
    );
  });

  it('no token is allowed that could not be followed to a fitting text', () => {
    const draws = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(draws, (choices) => {
        let state = compileConstraint(PERSON, BYTES);
        const bytes: number[] = [];
        for (const choice of choices) {
          const ids = [...state.allowed.ids()];
          expect(ids.length).toBe(state.allowed.size);
          const naive = PIECES.map((_, id) => id).filter((id) => state.next(id) !== null);
          expect(ids).toEqual(naive);
          const id = ids[choice % ids.length]!;
          if (id === END) break;
          bytes.push(...PIECES[id]!);
          state = state.next(id)!;
        }
        // Every prefix of bytes that passed is a prefix of JSON: closing it by force parses.
        const text = new TextDecoder('utf-8', { fatal: false }).decode(Uint8Array.from(bytes));
        if (state.allowed.has(END)) expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what it does not understand, by name', () => {
    const schemas: readonly (readonly [JsonSchema, string])[] = [
      [{ type: 'string', pattern: '^a' }, "'pattern'"],
      [{ type: 'integer', minimum: 3 }, "'minimum'"],
      [{ type: 'array', uniqueItems: true }, "'uniqueItems'"],
      [{ $ref: 'https://example.org/other' }, 'references inside'],
      [{ $ref: '#/$defs/none' }, 'not in the schema'],
      [{ allOf: [true, true] }, "'allOf'"],
      [{ type: 'object', required: ['x'] }, "'x' is required"],
      [false, 'not a schema'],
      [{ type: 'tuple' }, 'type "tuple"'],
      [{ type: 'string', minLength: 5, maxLength: 4 }, 'nothing lies between'],
      [{ description: 'x'.repeat(70_000) }, 'too large'],
    ];
    for (const [schema, told] of schemas) {
      expect(() => compileConstraint(schema, BYTES), told).toThrowError(
        expect.objectContaining({
          code: 'engine/unsupported',
          message: expect.stringContaining(told),
        }),
      );
    }
  });

  it('a schema that only leads to itself is refused, not followed', () => {
    const loop: JsonSchema = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
    expect(() => compileConstraint(loop, BYTES).allowed.size).toThrowError(
      expect.objectContaining({ code: 'engine/unsupported' }),
    );
  });

  it('an answer under a schema fits it, and the judge sees the same candidates', async () => {
    const engine = new FakeEngine();
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        verdict: { enum: ['true', 'false', 'unknown'] },
        sure: { type: 'boolean' },
        words: { type: 'array', items: { type: 'string', maxLength: 12 }, maxItems: 3 },
      },
      required: ['verdict', 'sure', 'words'],
    };
    const constraint = engine.constrain(schema);
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 400 };
    const prompt = engine.promptIds([{ role: 'user', content: 'Is the Earth round?' }]);
    for (let seed = 0; seed < 5; seed++) {
      const key = new Uint8Array(32).fill(seed);
      const made = await engine.generate(prompt, {
        topK: 20,
        maxTokens: 400,
        constraint,
        pick: (i, top) => drawGmV1(key, i, top, params).id,
      });
      expect(made.finish).toBe('stop');
      const value = JSON.parse(made.text) as { verdict: string; sure: boolean; words: string[] };
      expect(Object.keys(value)).toEqual(['verdict', 'sure', 'words']);
      const ids = made.tokens.map((token) => token.id);
      const scores = await engine.score(prompt, ids, 20, { constraint });
      expect(scores).toEqual(made.tokens);
    }
  });
});
