/** Coarser and smaller copies of a model: what GGUF's block formats keep, and what they cost. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeGguf, encodeGguf, layerCount, makeVariant } from '../src/model/index.ts';

const FILE = readFileSync(new URL('../../../models/assay-small.gguf', import.meta.url));

describe('GGUF', () => {
  it('a file of another writer survives reading and writing, byte for byte', () => {
    const { metadata, tensors } = decodeGguf(FILE);
    expect(Buffer.compare(FILE, encodeGguf(metadata, tensors))).toBe(0);
  });

  it('values of a block stay within half a step, of 4, 5 and 8 bits', () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i) * (i < 32 ? 1 : 5));
    for (const [type, bits] of [
      ['Q4_0', 4],
      ['Q5_0', 5],
      ['Q8_0', 8],
    ] as const) {
      const file = encodeGguf({}, [{ name: 'm', dimensions: [32, 2], type, values }]);
      const found = decodeGguf(file).tensors[0]!.values;
      for (let i = 0; i < 64; i++) {
        // The far end of the range is clipped by one step where levels are not symmetric.
        const step = (i < 32 ? 1 : 5) / (bits === 8 ? 127 : 1 << (bits - 1));
        expect(Math.abs(found[i]! - values[i]!), `${type} ${i}`).toBeLessThan(1.02 * step);
      }
    }
  });
});

describe('variants', () => {
  it('fewer bits make a smaller file of the same shape', () => {
    const shapes = (file: Uint8Array) =>
      decodeGguf(file).tensors.map((t) => [t.name, t.dimensions]);
    const int8 = makeVariant(FILE, { type: 'Q8_0' });
    const int4 = makeVariant(FILE, { type: 'Q4_0' });
    expect(shapes(int8)).toEqual(shapes(FILE));
    expect(int8.length).toBeLessThan(0.6 * FILE.length);
    expect(int4.length).toBeLessThan(0.6 * int8.length);
  });

  it('a dropped layer leaves no gap', () => {
    const shallow = makeVariant(FILE, { dropLayer: 1 });
    expect(layerCount(shallow)).toBe(layerCount(FILE) - 1);
    const before = decodeGguf(FILE).tensors;
    const after = decodeGguf(shallow).tensors;
    const of = (list: typeof before, name: string) => list.find((t) => t.name === name)?.values;
    const sum = (values?: Float32Array) => values?.reduce((total, value) => total + value, 0);
    expect(sum(of(after, 'blk.1.ffn_up.weight'))).toBe(sum(of(before, 'blk.2.ffn_up.weight')));
    expect(of(after, 'blk.3.ffn_up.weight')).toBeUndefined();
  });

  it('drift is repeatable and leaves the norms alone', () => {
    const once = makeVariant(FILE, { drift: 0.05 });
    expect(Buffer.compare(once, makeVariant(FILE, { drift: 0.05 }))).toBe(0);
    expect(Buffer.compare(once, FILE)).not.toBe(0);
    const norm = (file: Uint8Array) =>
      decodeGguf(file).tensors.find((t) => t.name === 'output_norm.weight')!.values;
    expect(norm(once)).toEqual(norm(FILE));
  });
});
