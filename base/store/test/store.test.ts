/**
 * One compliance suite for every adapter: ordered ranges, atomic batches, prefixes, against a naive
 * model under random operations; and for LMDB, what a returned batch promised survives `kill -9`.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex, bytesFromUtf8, bytesToHex, compareBytes } from '@assay/bytes';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryStore, type Store } from '../src/index.ts';
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

describe('lmdb', () => {
  it('keeps what a batch promised when the process is killed', async () => {
    const path = join(folder, 'killed.mdb');
    const script = join(folder, 'writer.mjs');
    writeFileSync(
      script,
      `import { open } from ${JSON.stringify(import.meta.resolve('lmdb'))};
       const db = open({ path: ${JSON.stringify(path)}, encoding: 'binary', keyEncoding: 'binary', noSubdir: true, overlappingSync: false });
       for (let i = 0; ; i++) {
         const key = Buffer.alloc(4); key.writeUInt32BE(i);
         db.transactionSync(() => { db.putSync(key, key); });
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
    const kept = [...store.range({})].map(({ key: at }) =>
      new DataView(at.buffer, at.byteOffset).getUint32(0),
    );
    expect(kept.length).toBeGreaterThan(acknowledged);
    expect(kept).toEqual(kept.map((_, i) => i));
    await store.close();
  });
});
