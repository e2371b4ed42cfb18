/**
 * SIP-004: the five state roots that stacks-core publishes for its MARF regression workloads
 * (reference/stacks.md 4.2), reproduced on both stores and over a cold cache.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import { afterAll, describe, expect, it } from 'vitest';
import { Marf } from '../src/index.ts';

type Write = readonly [path: Uint8Array, data: Uint8Array];

function leafData(bytes: Uint8Array): Uint8Array {
  const data = new Uint8Array(40);
  data.set(bytes);
  return data;
}

/** `perBlock` writes in each of `blocks` blocks, chained from zeros as the published test does. */
function chained(perBlock: number, blocks: number): Write[][] {
  let last: Uint8Array = new Uint8Array(32);
  return Array.from({ length: blocks }, () =>
    Array.from({ length: perBlock }, () => {
      const key = sha512_256(last);
      const value = sha512_256(key);
      last = value;
      return [sha512_256(bytesFromUtf8(bytesToHex(key))), leafData(value)] as const;
    }),
  );
}

/** One branch that grows from 1 to 256 children, a child per block. */
const expansion: Write[][] = Array.from({ length: 256 }, (_, i) => {
  const path = new Uint8Array(32);
  path[31] = i;
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, i, true);
  return [[path, leafData(number)] as const];
});

const WORKLOADS: readonly [string, Write[][], string][] = [
  [
    '128 x 128',
    chained(128, 128),
    'a19887150b55ced50245a7c29b037e037dd99234ab9dda4a12c9c48fc698b47d',
  ],
  ['1 x 256', chained(1, 256), '121bc70a287841705094027210e4fe03a89a9f090d2df80a4a8c1d782623fdf0'],
  [
    '2048 x 1',
    chained(2048, 1),
    '1db4f6390c21e80600fbbd3f5a6df2875a92aa5680d1448b560356dc6489a805',
  ],
  ['8 x 256', chained(8, 256), '7f69e13a7ff6911a9fa79b3592c8432536adc30d39accb5a7070eff0cb71beef'],
  [
    'expansion of one node',
    expansion,
    'aa05b16d1c59a9cb019efeac1276dfdec41f932072d2254d35675c691f79214e',
  ],
];

function blockHash(i: number): Uint8Array {
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setBigUint64(0, BigInt(i));
  return hash;
}

const folder = mkdtempSync(join(tmpdir(), 'assay-marf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores: readonly [string, () => Store][] = [
  ['memory', () => new MemoryStore()],
  ['lmdb', () => openLmdbStore({ path: join(folder, `${files++}.mdb`), durable: false })],
];

describe.each(stores)('published roots on %s', (_name, create) => {
  it.each(WORKLOADS)('%s', async (_title, blocks, root) => {
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
