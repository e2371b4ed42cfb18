/**
 * One compliance suite for every adapter: ordered ranges, atomic batches, prefixes, against a naive
 * model under random operations; and for LMDB, what a returned batch promised survives `kill -9`.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesFromHex, bytesFromUtf8, bytesToHex, compareBytes } from '@assay/bytes';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Batch, MemoryStore, type Store } from '../src/index.ts';
import { openLmdbStore } from '../src/lmdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const adapters: readonly [string, () => Store][] = [
  ['memory', () => new MemoryStore()],
  ['lmdb', () => openLmdbStore({ path: join(folder, `${files++}.mdb`), durable: false })],
];

const key = fc.uint8Array({ minLength: 1, maxLength: 6 });
const change = fc.oneof(
  fc.record({ key, value: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ key, value: fc.constant(null) }),
);

describe.each(adapters)('%s', (_name, create) => {
  it('behaves as a sorted map under random batches and ranges', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 8 }),
        fc.record({
          start: fc.option(key, { nil: undefined }),
          end: fc.option(key, { nil: undefined }),
          reverse: fc.boolean(),
          limit: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
        }),
        async (batches, asked) => {
          const store = create();
          const model = new Map<string, Uint8Array>();
          for (const changes of batches) {
            store.batch((batch) => {
              for (const { key: at, value } of changes) {
                if (value === null) batch.remove(at);
                else batch.put(at, value);
              }
            });
            for (const { key: at, value } of changes) {
              if (value === null) model.delete(bytesToHex(at));
              else model.set(bytesToHex(at), value);
            }
          }
          const range = Object.fromEntries(
            Object.entries(asked).filter(([, v]) => v !== undefined),
          );
          let expected = [...model]
            .map(([hex, value]) => ({ key: bytesFromHex(hex), value }))
            .sort((a, b) => compareBytes(a.key, b.key))
            .filter((e) => asked.start === undefined || compareBytes(e.key, asked.start) >= 0)
            .filter((e) => asked.end === undefined || compareBytes(e.key, asked.end) < 0);
          if (asked.reverse) expected = expected.reverse();
          if (asked.limit !== undefined) expected = expected.slice(0, asked.limit);
          const show = (e: { key: Uint8Array; value: Uint8Array }) =>
            `${bytesToHex(e.key)}=${bytesToHex(e.value)}`;
          expect([...store.range(range)].map(show)).toEqual(expected.map(show));
          for (const [hex, value] of model) expect(store.get(bytesFromHex(hex))).toEqual(value);
          await store.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes nothing when a batch throws', async () => {
    const store = create();
    store.batch((batch) => batch.put(bytesFromUtf8('a'), bytesFromUtf8('1')));
    expect(() =>
      store.batch((batch) => {
        batch.put(bytesFromUtf8('a'), bytesFromUtf8('2'));
        batch.put(bytesFromUtf8('b'), bytesFromUtf8('2'));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.get(bytesFromUtf8('a'))).toEqual(bytesFromUtf8('1'));
    expect(store.has(bytesFromUtf8('b'))).toBe(false);
    await store.close();
  });

  it('reads the state before the batch inside of it', async () => {
    const store = create();
    store.batch((batch) => batch.put(bytesFromUtf8('a'), bytesFromUtf8('1')));
    store.batch((batch) => {
      batch.put(bytesFromUtf8('a'), bytesFromUtf8('2'));
      batch.put(bytesFromUtf8('b'), bytesFromUtf8('2'));
      batch.remove(bytesFromUtf8('b'));
      expect(store.get(bytesFromUtf8('a'))).toEqual(bytesFromUtf8('1'));
    });
    expect(store.get(bytesFromUtf8('a'))).toEqual(bytesFromUtf8('2'));
    expect(store.has(bytesFromUtf8('b'))).toBe(false);
    await store.close();
  });

  it('joins a batch inside a batch, and undoes only an inner one that throws', async () => {
    const store = create();
    const left = store.prefixed(bytesFromUtf8('l'));
    const right = store.prefixed(bytesFromUtf8('r'));
    const key1 = Uint8Array.of(1);
    const join = (isFailing: boolean) =>
      store.batch(() => {
        left.batch((batch) => batch.put(key1, key1));
        expect(() =>
          right.batch((batch) => {
            batch.put(key1, key1);
            throw new Error('inner');
          }),
        ).toThrow('inner');
        if (isFailing) throw new Error('outer');
      });
    expect(() => join(true)).toThrow('outer');
    expect([...store.range({})]).toEqual([]);
    join(false);
    expect([left.has(key1), right.has(key1)]).toEqual([true, false]);
    expect(() => {
      let kept: Batch | null = null;
      store.batch((batch) => {
        kept = batch;
      });
      kept!.put(key1, key1);
    }).toThrow('ended');
    await store.close();
  });

  it.each([false, true])(
    'iterates over one snapshot while it is written to, reverse %s',
    async (reverse) => {
      const store = create();
      const view = store.prefixed(Uint8Array.of(7));
      const entries = Array.from({ length: 2_000 }, (_, i) => Uint8Array.of(i >> 8, i & 255));
      view.batch((batch) => {
        for (const entry of entries) batch.put(entry, entry);
      });
      const seen: number[] = [];
      for (const { key: at, value } of view.range({ reverse })) {
        expect(value).toEqual(at);
        seen.push((at[0]! << 8) | at[1]!);
        if (seen.length % 500 !== 1) continue;
        view.batch((batch) => {
          for (const entry of entries) {
            if (seen.length < 1_000) batch.put(entry, Uint8Array.of(9));
            else batch.remove(entry);
          }
          batch.put(Uint8Array.of(0, 0, 1), Uint8Array.of(9));
        });
      }
      const expected = entries.map((_, i) => i);
      expect(seen).toEqual(reverse ? expected.reverse() : expected);
      expect([...view.range({})].length).toBe(1);
      await store.close();
    },
  );

  it('refuses keys of no or too many bytes', async () => {
    const store = create();
    for (const size of [0, 1_025]) {
      const bad = new Uint8Array(size);
      expect(() => store.batch((batch) => batch.put(bad, bad))).toThrow(`a key of ${size} bytes`);
    }
    const longest = new Uint8Array(1_024).fill(255);
    store.batch((batch) => batch.put(longest, longest));
    expect(store.get(longest)).toEqual(longest);
    await store.close();
  });

  it('stops an iteration early and closes', async () => {
    const store = create();
    store.batch((batch) => {
      for (let i = 0; i < 50; i++) batch.put(Uint8Array.of(i), new Uint8Array(0));
    });
    for (const { key: at, value } of store.range({ start: Uint8Array.of(20) })) {
      expect(value.length).toBe(0);
      if (at[0] === 25) break;
    }
    expect([...store.range({ limit: 3, reverse: true })].map((e) => e.key[0])).toEqual([
      49, 48, 47,
    ]);
    await store.close();
  });

  it('separates prefixed views, also at the byte 0xff', async () => {
    const store = create();
    const views = ['00', '01', 'ff', 'ffff'].map((hex) => store.prefixed(bytesFromHex(hex)));
    views.forEach((view, i) => {
      view.batch((batch) => {
        batch.put(Uint8Array.of(i), Uint8Array.of(i));
        batch.put(Uint8Array.of(0xfe, i), Uint8Array.of(i));
      });
    });
    for (const [i, view] of views.entries()) {
      if (i === 2) continue; // the prefix ff also sees the keys of ffff
      expect([...view.range({})].map(({ key: at }) => [...at])).toEqual([[i], [0xfe, i]]);
      expect([...view.range({ reverse: true, limit: 1 })].map((e) => [...e.key])).toEqual([
        [0xfe, i],
      ]);
    }
    await store.close();
  });
});

/** The adapter as a module that a child process can run, which knows no TypeScript. */
async function bundleAdapter(): Promise<string> {
  const outfile = join(folder, 'lmdb-adapter.mjs');
  const lmdb = import.meta.resolve('lmdb');
  await build({
    entryPoints: [fileURLToPath(new URL('../src/lmdb.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'lmdb-by-url',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^lmdb$/ }, () => ({ path: lmdb, external: true })),
      },
    ],
  });
  return outfile;
}

describe('lmdb', () => {
  it('keeps every batch that returned, whole, when the process is killed', async () => {
    const path = join(folder, 'killed.mdb');
    const script = join(folder, 'writer.mjs');
    writeFileSync(
      script,
      `import { openLmdbStore } from ${JSON.stringify(await bundleAdapter())};
       const store = openLmdbStore({ path: ${JSON.stringify(path)} });
       for (let i = 0; ; i++) {
         store.batch((batch) => {
           for (let k = 0; k < 10; k++) {
             const key = Uint8Array.of(i >> 8, i & 255, k);
             batch.put(key, new Uint8Array(500).fill(k));
           }
         });
         process.send(i);
       }`,
    );
    const child = fork(script, { execArgv: [] });
    let acknowledged = -1;
    await new Promise<void>((resolve) => {
      child.on('message', (i: number) => {
        acknowledged = i;
        if (i === 40) child.kill('SIGKILL');
      });
      child.on('exit', () => resolve());
    });
    expect(acknowledged).toBeGreaterThanOrEqual(40);
    const store = openLmdbStore({ path });
    const kept = [...store.range({})].map(({ key: [high, low, k], value }) => {
      expect(value).toEqual(new Uint8Array(500).fill(k!));
      return 10 * ((high! << 8) | low!) + k!;
    });
    expect(kept.length).toBeGreaterThanOrEqual(10 * (acknowledged + 1));
    expect(kept.length % 10).toBe(0);
    expect(kept).toEqual(kept.map((_, i) => i));
    await store.close();
  });

  it('holds its data after it is closed and opened again', async () => {
    const path = join(folder, 'reopened.mdb');
    const first = openLmdbStore({ path, mapSizeBytes: 1 << 20 });
    // Four times the address space reserved at first.
    for (let i = 0; i < 64; i++) {
      first.batch((batch) => batch.put(Uint8Array.of(i), new Uint8Array(65_536).fill(i)));
    }
    await first.close();
    const second = openLmdbStore({ path });
    for (let i = 0; i < 64; i++) expect(second.get(Uint8Array.of(i))?.at(-1)).toBe(i);
    await second.close();
  });
});
