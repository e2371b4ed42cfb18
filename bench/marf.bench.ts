/**
 * The state trie: reads and writes per second at 1,000 and at 100,000 keys, in memory and on LMDB,
 * and the five published regression workloads against the naive trie of the tests.
 *
 * A read costs one hash of the key. A write costs at least three (key, value, leaf), then those of
 * the branches above, once per block: `limit` of a write is a third of the raw hash rate, and on
 * LMDB no more than what LMDB itself stores. Blocks of 3,000 writes are about 1,000 transfers.
 * Expected: some 300,000 reads and 30,000 writes per second on one core of 2020.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import { Marf } from '@assay/marf';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import { NaiveBlock } from '../rules/marf/test/naive-trie.ts';
import { blockHash, WORKLOADS, type Workload } from '../rules/marf/test/workloads.ts';
import type { Row } from './row.ts';

const BENCH = 'marf';
const WRITES_PER_BLOCK = 3_000;
const BLOCKS = 8;
const READS = 60_000;

/** Linear congruential: the same keys in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function row(name: string, ours: number, limit: number | null, peer: number | null = null) {
  const ratio = peer === null ? null : Math.round((ours / peer) * 10) / 10;
  const rounded = limit === null ? null : Math.round(limit);
  return {
    bench: BENCH,
    case: name,
    ours: Math.round(ours),
    peer,
    ratio,
    limit: rounded,
    unit: 'op/s',
  };
}

/** Operations per second of the best of three runs. */
function best(count: number, run: () => void): number {
  let rate = 0;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    run();
    rate = Math.max(rate, (count * 1000) / (performance.now() - start));
  }
  return rate;
}

function rawHashRate(): number {
  const bytes = new Uint8Array(64).fill(7);
  return best(50_000, () => {
    for (let i = 0; i < 50_000; i++) sha512_256(bytes);
  });
}

async function rawStoreRate(path: string): Promise<number> {
  const store = openLmdbStore({ path });
  const value = new Uint8Array(100).fill(1);
  const keys = Array.from({ length: 30_000 }, (_, i) => sha512_256(bytesFromUtf8(`raw ${i}`)));
  const rate = best(keys.length, () => {
    for (let from = 0; from < keys.length; from += WRITES_PER_BLOCK) {
      store.batch((batch) => {
        for (const key of keys.slice(from, from + WRITES_PER_BLOCK)) batch.put(key, value);
      });
    }
  });
  await store.close();
  return rate;
}

/** A balance as the state holds it: 80 hex digits. */
function balance(n: number): string {
  return n.toString(16).padStart(80, '0');
}

function id(text: string): Uint8Array {
  return sha512_256(bytesFromUtf8(text));
}

interface Rates {
  readonly gets: number;
  readonly puts: number;
}

function measure(store: Store, keyCount: number): Rates {
  const marf = new Marf(store);
  const sentinel = id('sentinel');
  const keys = Array.from(
    { length: keyCount },
    (_, i) =>
      `vm-account::ST${bytesToHex(id(`account ${i}`))
        .slice(0, 38)
        .toUpperCase()}::19`,
  );
  const first = marf.begin(null, sentinel);
  for (const key of keys) first.put(key, balance(1));
  first.commit(id('block 0'));
  const random = randomFrom(7);
  let elapsedMs = 0;
  for (let block = 1; block <= BLOCKS; block++) {
    const writes = Array.from({ length: WRITES_PER_BLOCK }, () => keys[random(keyCount)]!);
    const start = performance.now();
    const open = marf.begin(id(`block ${block - 1}`), sentinel);
    writes.forEach((key, i) => {
      open.put(key, balance(block * WRITES_PER_BLOCK + i));
    });
    open.commit(id(`block ${block}`));
    if (block > 2) elapsedMs += performance.now() - start; // The first two warm up.
  }
  const puts = ((BLOCKS - 2) * WRITES_PER_BLOCK * 1000) / elapsedMs;
  const tip = id(`block ${BLOCKS}`);
  const asked = Array.from({ length: READS }, () => keys[random(keyCount)]!);
  const gets = best(READS, () => {
    for (const key of asked) {
      if (marf.get(tip, key)?.length !== 80) throw new Error('a value is missing');
    }
  });
  return { gets, puts };
}

function runWorkload({ blocks, root }: Workload): number {
  const marf = new Marf(new MemoryStore());
  const start = performance.now();
  blocks.forEach((writes, i) => {
    const open = marf.begin(i === 0 ? null : blockHash(i - 1), blockHash(i));
    for (const [path, data] of writes) open.putRaw(path, data);
    open.commit(blockHash(i));
  });
  const elapsedMs = performance.now() - start;
  if (bytesToHex(marf.rootOf(blockHash(blocks.length - 1))) !== root) throw new Error('wrong root');
  return elapsedMs;
}

function runWorkloadNaively({ blocks, root }: Workload): number {
  const start = performance.now();
  let parent: NaiveBlock | null = null;
  blocks.forEach((writes, i) => {
    const block: NaiveBlock = new NaiveBlock(parent, blockHash(i));
    for (const [path, data] of writes) block.put(path, data);
    block.commit(blockHash(i));
    parent = block;
  });
  const elapsedMs = performance.now() - start;
  if (bytesToHex(parent!.sealedRoot!) !== root) throw new Error('wrong root');
  return elapsedMs;
}

/** One measurement per case; called by scripts/bench.mjs. */
export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-marf-'));
  const rows: Row[] = [];
  try {
    const hashes = rawHashRate();
    const stored = await rawStoreRate(join(folder, 'raw.mdb'));
    rows.push(row('raw SHA-512/256 of 64 bytes', hashes, null));
    rows.push(row('raw LMDB put, 3,000 per durable batch', stored, null));
    for (const keyCount of [1_000, 100_000]) {
      const keys = keyCount.toLocaleString('en');
      for (const where of ['memory', 'LMDB']) {
        const store =
          where === 'memory'
            ? new MemoryStore()
            : openLmdbStore({ path: join(folder, `${keyCount}.mdb`) });
        const { gets, puts } = measure(store, keyCount);
        const limit = where === 'memory' ? hashes / 3 : Math.min(hashes / 3, stored);
        rows.push(row(`get, ${keys} keys, ${where}`, gets, hashes));
        rows.push(row(`put and commit, ${keys} keys, ${where}`, puts, limit));
        await store.close();
      }
    }
    for (const workload of WORKLOADS) {
      const count = workload.blocks.reduce((sum, writes) => sum + writes.length, 0);
      runWorkload(workload);
      const ours = best(count, () => runWorkload(workload));
      const peer = Math.round((count * 1000) / runWorkloadNaively(workload));
      rows.push(row(`workload ${workload.name}`, ours, null, peer));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
