/**
 * SIP-004: the five state roots that stacks-core publishes for its MARF regression workloads
 * (reference/stacks.md 4.2), reproduced on both stores and over a cold cache.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import { afterAll, describe, expect, it } from 'vitest';
import { Marf } from '../src/index.ts';
import { blockHash, WORKLOADS } from './workloads.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-marf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores: readonly [string, () => Store][] = [
  ['memory', () => new MemoryStore()],
  ['lmdb', () => openLmdbStore({ path: join(folder, `${files++}.mdb`), durable: false })],
];

describe.each(stores)('published roots on %s', (_name, create) => {
  it.each(WORKLOADS)('$name', async ({ blocks, root }) => {
    const store = create();
    // A tiny cache: nearly every node is read back from its record.
    const marf = new Marf(store, { cachePagesMax: 4 });
    blocks.forEach((writes, i) => {
      const block = marf.begin(i === 0 ? null : blockHash(i - 1), blockHash(i));
      for (const [path, data] of writes) block.putRaw(path, data);
      block.commit(blockHash(i));
    });
    expect(bytesToHex(marf.rootOf(blockHash(blocks.length - 1)))).toBe(root);
    await store.close();
  });
});
