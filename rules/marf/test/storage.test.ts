/**
 * What the forest keeps on disk: large and non-ASCII values, blocks forgotten, damage noticed, a
 * commit that joins a larger batch.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { MemoryStore, type Store } from '@assay/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS, Marf, pathOf } from '../src/index.ts';

const id = (text: string) => sha256(bytesFromUtf8(text));

function addBlock(marf: Marf, parent: string | null, name: string, writes: [string, string][]) {
  const open = marf.begin(parent === null ? null : id(parent), id('sentinel'));
  for (const [key, value] of writes) open.put(key, value);
  open.commit(id(name));
}

describe('values', () => {
  const sizes = [0, 1, 1_023, 1_024, 1_025, 4_096, 70_000];

  it.each(['x', 'é', '💡'])(
    'of any size made of %s are read back, also after reopening',
    (unit) => {
      const store = new MemoryStore();
      const marf = new Marf(store);
      const value = (size: number) => unit.repeat(size);
      addBlock(
        marf,
        null,
        'a',
        sizes.map((size) => [`size ${size}`, value(size)]),
      );
      // Many neighbours: leaves with large values are moved by splices into later blocks.
      for (let i = 0; i < 4; i++) {
        const parent = i === 0 ? 'a' : `b${i - 1}`;
        const more = Array.from({ length: 2_000 }, (_, k): [string, string] => [
          `more ${i} ${k}`,
          '',
        ]);
        addBlock(marf, parent, `b${i}`, more);
      }
      for (const reader of [marf, new Marf(store, { cachePagesMax: 2 })]) {
        for (const size of sizes) {
          expect(reader.get(id('a'), `size ${size}`)).toBe(value(size));
          expect(reader.getByPath(id('b3'), pathOf(`size ${size}`))).toBe(value(size));
        }
        expect(reader.get(id('a'), 'more 0 1')).toBeNull();
        expect(reader.get(id('b3'), 'more 0 1')).toBe('');
      }
    },
  );

  it('of the open block are read before and after it is sealed, large ones included', () => {
    const marf = new Marf(new MemoryStore());
    addBlock(marf, null, 'a', [['old', 'o'.repeat(5_000)]]);
    const open = marf.begin(id('a'), id('s'));
    open.put('new', 'n'.repeat(5_000));
    expect([open.get('old')?.length, open.get('new')?.length]).toEqual([5_000, 5_000]);
    const root = open.seal();
    expect(open.get('new')).toBe('n'.repeat(5_000));
    open.put('new', '2');
    expect(open.seal()).not.toEqual(root);
    expect([open.get('new'), open.get('never')]).toEqual(['2', null]);
    open.rollback();
    expect(marf.has(id('s'))).toBe(false);
  });
});

describe('blocks', () => {
  it('are forgotten without a trace, and may come back', () => {
    const store = new MemoryStore();
    const marf = new Marf(store);
    addBlock(marf, null, 'a', [['k', 'a']]);
    const before = [...store.range({})].length;
    addBlock(marf, 'a', 'b', [['k', 'b'.repeat(3_000)]]);
    const root = marf.rootOf(id('b'));
    marf.drop(id('b'));
    marf.drop(id('never seen'));
    expect(marf.has(id('b'))).toBe(false);
    expect([...store.range({})].length).toBe(before);
    addBlock(marf, 'a', 'b', [['k', 'b'.repeat(3_000)]]);
    expect(marf.rootOf(id('b'))).toEqual(root);
    expect(marf.get(id('b'), 'k')).toBe('b'.repeat(3_000));
  });

  it('refuse misuse', () => {
    const marf = new Marf(new MemoryStore());
    addBlock(marf, null, 'a', []);
    expect(() => marf.get(id('unknown'), 'k')).toThrow('unknown MARF block');
    const open = marf.begin(id('a'), id('s'));
    expect(() => marf.begin(id('a'), id('s'))).toThrow('another MARF block is open');
    expect(() => open.commit(id('a'))).toThrow('has this block already');
    open.rollback();
    open.rollback();
    expect(() => open.put('k', 'v')).toThrow('closed');
    expect(() => marf.begin(id('a'), new Uint8Array(31))).toThrow('32 bytes');
  });

  it('commit together with another record, or not at all', () => {
    const store = new MemoryStore();
    const marf = new Marf(store.prefixed(Uint8Array.of(1)));
    const open = marf.begin(null, id('s'));
    open.put('k', 'v');
    expect(() =>
      store.batch((batch) => {
        batch.put(Uint8Array.of(2), Uint8Array.of(2));
        open.commit(id('a'));
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect([...store.range({})]).toEqual([]);
    expect(new Marf(store.prefixed(Uint8Array.of(1))).has(id('a'))).toBe(false);
  });
});

describe('damage', () => {
  const store = new MemoryStore();
  addBlock(
    new Marf(store),
    null,
    'a',
    Array.from({ length: 300 }, (_, k) => [`k${k}`, `v${k}`]),
  );
  const pages = [...store.range({ prefix: bytesFromUtf8('p') })];

  /** The same store with one page changed. */
  function damaged(page: number, change: (bytes: Uint8Array) => Uint8Array | null): Store {
    const copy = new MemoryStore();
    copy.batch((batch) => {
      for (const { key, value } of store.range({})) batch.put(key, value);
      const bytes = change(pages[page]!.value.slice());
      if (bytes === null) batch.remove(pages[page]!.key);
      else batch.put(pages[page]!.key, bytes);
    });
    return copy;
  }

  function readAll(from: Store): void {
    const marf = new Marf(from);
    for (let k = 0; k < 300; k++) expect(marf.get(id('a'), `k${k}`)).toBe(`v${k}`);
  }

  it('of any bit of a page is noticed', () => {
    expect(pages.length).toBeGreaterThan(3);
    readAll(store);
    fc.assert(
      fc.property(fc.nat({ max: pages.length - 1 }), fc.nat(), (page, where) => {
        const bad = damaged(page, (bytes) => {
          const bit = where % (bytes.length * 8);
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          return bytes;
        });
        expect(() => readAll(bad)).toThrow(/damaged/);
      }),
      { numRuns: 200 },
    );
  });

  it('of a page cut short or lost is noticed', () => {
    for (let page = 0; page < pages.length; page++) {
      expect(() => readAll(damaged(page, (bytes) => bytes.slice(0, -1)))).toThrow(/damaged/);
      expect(() => readAll(damaged(page, () => new Uint8Array(0)))).toThrow(/damaged/);
      expect(() => readAll(damaged(page, () => null))).toThrow(/missing/);
    }
  });

  it('leaves pages within their limit', () => {
    for (const { value } of pages) expect(value.length).toBeLessThanOrEqual(LIMITS.pageBytesMax);
  });
});
