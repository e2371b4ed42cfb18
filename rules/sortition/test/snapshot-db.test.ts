import { bytesToHex } from '@assay/bytes';
import { MemoryStore } from '@assay/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Snapshot, SnapshotDb } from '../src/index.ts';
import { BurnChain } from './burn-chain.ts';

const id = (snapshot: Snapshot | null) => snapshot && bytesToHex(snapshot.sortitionId);

describe('SnapshotDb', () => {
  it('answers as a naive tree does under random forks and tips', () => {
    const step = fc.record({ parent: fc.nat(), select: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const chain = new BurnChain();
        const all = [chain.db.tip];
        for (const [i, { parent, select }] of steps.entries()) {
          const decision = chain.decide(all[parent % all.length]!, [], String(i));
          chain.db.append(decision);
          all.push(decision.snapshot);
          chain.db.setTip(all[select % all.length]!.sortitionId);
        }
        const byId = new Map(all.map((snapshot) => [id(snapshot), snapshot]));
        const path = (from: Snapshot): Snapshot[] => {
          const parent = byId.get(bytesToHex(from.parentSortitionId))!;
          return parent === from ? [from] : [...path(parent), from];
        };
        const canonical = new Set(path(byId.get(id(chain.db.tip))!).map(id));
        for (const snapshot of all) {
          expect(id(chain.db.byBurnHash(snapshot.burnHeaderHash))).toBe(id(snapshot));
          expect(id(chain.db.byConsensusHash(snapshot.consensusHash))).toBe(id(snapshot));
          expect(chain.db.isCanonical(snapshot)).toBe(canonical.has(id(snapshot)));
          for (const ancestor of path(snapshot)) {
            expect(id(chain.db.ancestorAt(snapshot, ancestor.burnHeight))).toBe(id(ancestor));
            expect(chain.db.isAncestor(ancestor, snapshot)).toBe(true);
          }
        }
        expect(chain.db.atHeight(chain.db.tip.burnHeight + 1)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it('reads the same from a reopened store, operations included', () => {
    const store = new MemoryStore();
    const chain = new BurnChain();
    const db = new SnapshotDb(store);
    db.initialize(chain.db.first);
    const miner = chain.miner('a');
    const decision = chain.push([chain.keyOp(miner, 101, 1)]);
    db.append(decision);
    db.append(decision);
    db.setTip(decision.snapshot.sortitionId);
    const again = new SnapshotDb(store);
    expect(again.isInitialized).toBe(true);
    expect(again.tip).toEqual(decision.snapshot);
    expect(again.ops(again.tip)).toEqual(decision.ops);
    expect(again.history(again.tip).hasVrfKey(chain.keyOp(miner, 101, 1).vrfPublicKey)).toBe(true);
    const { vrfPublicKey } = chain.keyOp(miner, 101, 1);
    expect(again.keyPosition(vrfPublicKey, again.tip)).toEqual({ burnHeight: 101, vtxindex: 1 });
    expect(again.keyPosition(vrfPublicKey, again.first)).toBeNull();
    expect(again.history(again.first).hasVrfKey(new Uint8Array(32))).toBe(false);
  });
});
