/** The overlay: nested rollback against a naive model, and the write order of reference 2.11. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_BASE, StateDb } from '../src/state-db.ts';

/** Copies everything at every begin: obviously right, and slow. Order: an explicit list. */
class NaiveDb {
  entries: [string, string][] = [];
  readonly saved: [string, string][][] = [];
  put(key: string, value: string): void {
    const at = this.entries.findIndex(([name]) => name === key);
    if (at < 0) this.entries.push([key, value]);
    else this.entries[at] = [key, value];
  }
  begin(): void {
    this.saved.push(this.entries.map(([key, value]) => [key, value]));
  }
  commit(): void {
    this.saved.pop();
  }
  rollback(): void {
    this.entries = this.saved.pop()!;
  }
}

type Step = { put: [string, string] } | 'begin' | 'commit' | 'rollback';
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      put: fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.string({ maxLength: 2 })),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>('begin') },
  { weight: 1, arbitrary: fc.constant<Step>('commit') },
  { weight: 1, arbitrary: fc.constant<Step>('rollback') },
);

describe('StateDb', () => {
  it('keeps values and first-commit order like the naive model', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = new StateDb(EMPTY_BASE);
        const model = new NaiveDb();
        for (const action of steps) {
          if (typeof action === 'object') {
            db.put(...action.put);
            model.put(...action.put);
          } else if (action === 'begin' || db.depth > 0) {
            db[action]();
            model[action]();
          }
          for (const key of ['a', 'b', 'c', 'd', 'e']) {
            const expected = model.entries.find(([name]) => name === key)?.[1] ?? null;
            expect(db.get(key)).toBe(expected);
          }
        }
        while (db.depth > 0) {
          db.commit();
          model.commit();
        }
        expect([...db.writes()]).toEqual(model.entries);
      }),
      { numRuns: 300 },
    );
  });

  it('reads through to the base and lets side records roll back too', () => {
    const db = new StateDb({ get: (key) => `base ${key}`, getMetadata: () => null });
    expect(db.get('x')).toBe('base x');
    db.begin();
    db.put('x', '1');
    db.putMetadata('c', 'k', 'v');
    expect(db.getMetadata('c', 'k')).toBe('v');
    db.rollback();
    expect(db.get('x')).toBe('base x');
    expect(db.getMetadata('c', 'k')).toBe(null);
  });

  it('asserts that begins and ends match', () => {
    const db = new StateDb(EMPTY_BASE);
    expect(() => db.commit()).toThrow();
    expect(() => db.rollback()).toThrow();
    db.begin();
    expect(() => db.writes()).toThrow();
  });
});
