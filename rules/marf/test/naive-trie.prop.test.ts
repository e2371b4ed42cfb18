/**
 * Roots of random forests against the naive trie (naive-trie.ts), written independently of the
 * source: forks, splices and growth of nodes, blocks renamed at commit, reopened stores.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { MemoryStore } from '@assay/store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Marf } from '../src/index.ts';
import { NaiveBlock } from './naive-trie.ts';

const id = (text: string) => sha256(bytesFromUtf8(text));

/** Paths that fork late and often: few distinct bytes, equal middles. */
const path = fc
  .tuple(
    fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 }),
    fc.nat({ max: 4 }),
    fc.nat({ max: 80 }),
  )
  .map(([head, middle, tail]) => {
    const bytes = new Uint8Array(32).fill(middle === 4 ? 1 : 0);
    bytes.set(head);
    bytes[8 + 4 * middle] = middle;
    bytes[30] = tail;
    return bytes;
  });

const plan = fc.array(
  fc.record({
    parent: fc.nat(),
    writes: fc.array(fc.tuple(path, fc.nat({ max: 255 })), { maxLength: 90 }),
    isReopened: fc.boolean(),
    isSealedMidway: fc.boolean(),
  }),
  { minLength: 1, maxLength: 9 },
);

it('gives the roots of the naive trie under random forks', () => {
  fc.assert(
    fc.property(plan, (steps) => {
      const store = new MemoryStore();
      let marf = new Marf(store, { cachePagesMax: 6 });
      const twins: NaiveBlock[] = [];
      steps.forEach((step, i) => {
        if (step.isReopened) marf = new Marf(store, { cachePagesMax: 6 });
        const parent = twins.length === 0 ? null : twins[step.parent % twins.length]!;
        const twin = new NaiveBlock(parent, id('sentinel'));
        const open = marf.begin(parent?.id ?? null, id('sentinel'));
        step.writes.forEach(([at, value], n) => {
          const data = new Uint8Array(40).fill(value);
          twin.put(at, data);
          open.putRaw(at, data);
          if (step.isSealedMidway && n === 40) {
            expect(bytesToHex(open.seal())).toBe(bytesToHex(twin.root()));
          }
        });
        twin.commit(id(`block ${i}`));
        open.commit(twin.id);
        expect(bytesToHex(marf.rootOf(twin.id))).toBe(bytesToHex(twin.sealedRoot!));
        twins.push(twin);
      });
    }),
    { numRuns: 60 },
  );
});

it('gives the roots of the naive trie while one node grows from 4 to 256 slots over 40 blocks', () => {
  const marf = new Marf(new MemoryStore(), { cachePagesMax: 6 });
  let parent: NaiveBlock | null = null;
  for (let i = 0; i < 40; i++) {
    const twin: NaiveBlock = new NaiveBlock(parent, id('sentinel'));
    const open = marf.begin(parent?.id ?? null, id('sentinel'));
    for (let k = 0; k < 8; k++) {
      const at = new Uint8Array(32).fill(3);
      at[5] = (i * 8 + k * 37) & 255;
      const data = new Uint8Array(40).fill(k + i);
      twin.put(at, data);
      open.putRaw(at, data);
    }
    twin.commit(id(`${i}`));
    open.commit(twin.id);
    expect(bytesToHex(marf.rootOf(twin.id))).toBe(bytesToHex(twin.sealedRoot!));
    parent = twin;
  }
});
