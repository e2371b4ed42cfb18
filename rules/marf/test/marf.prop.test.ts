/**
 * The MARF against a naive model under random forks, restarts and roll-backs; and its proofs, which
 * hold for what is there and for nothing else.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { MemoryStore } from '@assay/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMarfProof,
  encodeMarfProof,
  Marf,
  verifyMarfAbsence,
  verifyMarfProof,
} from '../src/index.ts';
import { NaiveForest } from './model.ts';

const block = fc.record({
  parent: fc.nat(),
  writes: fc.array(
    fc.tuple(fc.nat({ max: 400 }), fc.string({ maxLength: 6, unit: 'grapheme-ascii' })),
    {
      maxLength: 60,
    },
  ),
  isRolledBack: fc.boolean(),
  isRestarted: fc.boolean(),
});

const id = (text: string) => sha256(bytesFromUtf8(text));

describe('MARF against the naive model', () => {
  it('reads the same at every block of every fork', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 12 }), (plan) => {
        const store = new MemoryStore();
        let marf = new Marf(store, { cachePagesMax: 4 });
        const model = new NaiveForest();
        const hashes: Uint8Array[] = [];
        plan.forEach((step, i) => {
          const parent = hashes.length === 0 ? null : hashes[step.parent % hashes.length]!;
          const writes = step.writes.map(([key, value]) => [`key-${key}`, value] as const);
          const open = marf.begin(parent, id('sentinel'));
          for (const [key, value] of writes) open.put(key, value);
          for (const [key, value] of new Map(writes)) expect(open.get(key)).toBe(value);
          if (step.isRolledBack) open.rollback();
          else {
            const hash = id(`block ${i}`);
            const sealed = open.seal();
            open.commit(hash);
            expect(marf.rootOf(hash)).toEqual(sealed);
            model.add(parent, hash, writes);
            hashes.push(hash);
          }
          if (step.isRestarted) marf = new Marf(store, { cachePagesMax: 4 });
        });
        for (const hash of hashes) {
          const expected = model.entries(hash);
          for (let key = 0; key <= 400; key += 3) {
            expect(marf.get(hash, `key-${key}`)).toBe(expected.get(`key-${key}`) ?? null);
          }
          for (const [key, value] of expected) expect(marf.get(hash, key)).toBe(value);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has the same root whether nodes come from memory or from disk', () => {
    const build = (cachePagesMax: number, isRestarted: boolean) => {
      const store = new MemoryStore();
      let marf = new Marf(store, { cachePagesMax });
      for (let i = 0; i < 20; i++) {
        const open = marf.begin(i === 0 ? null : id(`${i - 1}`), id('s'));
        for (let k = 0; k < 30; k++) open.put(`k${(i * 7 + k * 13) % 90}`, `${i}/${k}`);
        open.commit(id(`${i}`));
        if (isRestarted) marf = new Marf(store, { cachePagesMax });
      }
      return bytesToHex(marf.rootOf(id('19')));
    };
    expect(build(2, true)).toBe(build(100_000, false));
  });

  it('finds ancestors and roots by height', () => {
    const marf = new Marf(new MemoryStore());
    for (let i = 0; i < 70; i++) {
      const open = marf.begin(i === 0 ? null : id(`${i - 1}`), id('s'));
      open.put('i', `${i}`);
      open.commit(id(`${i}`));
    }
    for (let height = 0; height < 70; height++) {
      expect(marf.ancestorAt(id('69'), height)).toEqual(id(`${height}`));
    }
    expect(marf.ancestorAt(id('69'), 70)).toBeNull();
    expect(marf.parentOf(id('0'))).toBeNull();
  });
});

describe('MARF proofs', () => {
  const marf = new Marf(new MemoryStore());
  for (let i = 0; i < 12; i++) {
    const open = marf.begin(i === 0 ? null : id(`${i - 1}`), id('s'));
    for (let k = 0; k < 40; k++) if ((k + i) % 3 === 0) open.put(`key ${k}`, `${i}`);
    open.commit(id(`${i}`));
  }
  const tip = id('11');
  const root = marf.rootOf(tip);
  const rootOf = (hash: Uint8Array) => (marf.has(hash) ? marf.rootOf(hash) : null);

  it('verify for every key, also after a round trip through bytes', () => {
    for (let k = 0; k < 40; k++) {
      const key = `key ${k}`;
      const value = marf.get(tip, key)!;
      const decoded = decodeMarfProof(encodeMarfProof(marf.prove(tip, key)!));
      if (!decoded.ok) throw new Error(decoded.error.message);
      expect(verifyMarfProof(decoded.value, root, key, value, rootOf)).toBe(true);
      expect(verifyMarfProof(decoded.value, root, key, `${value}x`, rootOf)).toBe(false);
      expect(verifyMarfProof(decoded.value, root, `${key}x`, value, rootOf)).toBe(false);
      expect(verifyMarfProof(decoded.value, id('other'), key, value, rootOf)).toBe(false);
    }
    expect(marf.prove(tip, 'absent')).toBeNull();
  });

  it('reject every proof with a flipped bit', () => {
    const key = 'key 7';
    const value = marf.get(tip, key)!;
    const bytes = encodeMarfProof(marf.prove(tip, key)!);
    fc.assert(
      // Bytes 1 to 32 name the first block, which the trusted root already identifies.
      fc.property(fc.integer({ min: 33 * 8, max: bytes.length * 8 - 1 }), (bit) => {
        const bad = bytes.slice();
        bad[bit >> 3]! ^= 1 << (bit & 7);
        const decoded = decodeMarfProof(bad);
        expect(decoded.ok && verifyMarfProof(decoded.value, root, key, value, rootOf)).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  it('of absence verify for keys that were never written, and only for them', () => {
    let ends = 0;
    for (let k = 0; k < 300; k++) {
      const key = `absent ${k}`;
      const proof = marf.proveAbsence(tip, key)!;
      const decoded = decodeMarfProof(encodeMarfProof(proof));
      if (!decoded.ok) throw new Error(decoded.error.message);
      if (proof.otherLeaf !== null) ends += 1;
      expect(verifyMarfAbsence(decoded.value, root, key, rootOf), key).toBe(true);
      expect(verifyMarfAbsence(decoded.value, id('other'), key, rootOf)).toBe(false);
      expect(verifyMarfProof(decoded.value, root, key, '0', rootOf)).toBe(false);
      expect(marf.prove(tip, key)).toBeNull();
    }
    expect(ends).toBeGreaterThan(10); // Both ends occur: another leaf there, and nothing there.
    expect(ends).toBeLessThan(290);
    for (let k = 0; k < 40; k++) {
      const key = `key ${k}`;
      expect(marf.proveAbsence(tip, key)).toBeNull();
      expect(verifyMarfAbsence(marf.prove(tip, key)!, root, key, rootOf), key).toBe(false);
      for (let other = 0; other < 20; other++) {
        const proof = marf.proveAbsence(tip, `absent ${other}`)!;
        expect(verifyMarfAbsence(proof, root, key, rootOf), key).toBe(false);
      }
    }
  });

  it('of absence reject every flipped bit', () => {
    for (const key of ['absent 1', 'absent 2', 'absent 3', 'absent 5']) {
      const bytes = encodeMarfProof(marf.proveAbsence(tip, key)!);
      fc.assert(
        fc.property(fc.integer({ min: 33 * 8, max: bytes.length * 8 - 1 }), (bit) => {
          const bad = bytes.slice();
          bad[bit >> 3]! ^= 1 << (bit & 7);
          const decoded = decodeMarfProof(bad);
          expect(decoded.ok && verifyMarfAbsence(decoded.value, root, key, rootOf)).toBe(false);
        }),
        { numRuns: 150 },
      );
    }
  });

  it('do not trust an older block whose root is not known', () => {
    const key = 'key 0';
    const proof = marf.prove(tip, key)!;
    const value = marf.get(tip, key)!;
    const needsOlder = proof.segments.length > 1;
    expect(verifyMarfProof(proof, root, key, value)).toBe(!needsOlder);
  });

  it('decode any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodeMarfProof(bytes);
      }),
    );
  });
});
