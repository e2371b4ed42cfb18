import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { MemoryStore } from '@assay/store';
import { type StackerDbChunk, signChunk } from '@assay/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_REFUSALS, StackerDb } from '../src/index.ts';

const CONTRACT = 'ST000000000000000000002AMW42H.signers-0-1';
const key = (name: string) => sha256(bytesFromUtf8(name));
const owner = (name: string) => hash160(publicKeyFromPrivate(key(name)));
const write = (name: string, slotId: number, slotVersion: number, text: string): StackerDbChunk =>
  signChunk({ slotId, slotVersion, data: bytesFromUtf8(text) }, key(name));

function open(store = new MemoryStore()): StackerDb {
  const db = new StackerDb({ store });
  db.configure(CONTRACT, { signers: [owner('a'), owner('b'), null], chunkBytesMax: 64 });
  return db;
}

const code = (db: StackerDb, chunk: StackerDbChunk) => {
  const outcome = db.put(CONTRACT, chunk);
  if (outcome === null) return 'unknown';
  return outcome.accepted ? 'ok' : outcome.refusal.code;
};

describe('writing (codes of stacks-core)', () => {
  it('takes a signed chunk of the slot`s owner', () => {
    const db = open();
    expect(code(db, write('a', 0, 1, 'one'))).toBe('ok');
    expect(db.chunk(CONTRACT, 0)?.data).toEqual(bytesFromUtf8('one'));
    expect(db.chunk(CONTRACT, 0, 1)).not.toBeNull();
    expect(db.chunk(CONTRACT, 0, 2)).toBeNull();
    expect(db.chunk(CONTRACT, 1)).toBeNull();
  });

  it('refuses replays, old versions, other signers, other slots, large chunks', () => {
    const db = open();
    const second = write('a', 0, 2, 'two');
    expect(code(db, second)).toBe('ok');
    expect(code(db, second)).toBe(CHUNK_REFUSALS.dataAlreadyExists.code);
    expect(code(db, write('a', 0, 1, 'old'))).toBe(0);
    expect(code(db, write('a', 7, 1, 'x'))).toBe(CHUNK_REFUSALS.noSuchSlot.code);
    expect(code(db, write('a', 2, 1, 'closed'))).toBe(1);
    expect(code(db, write('b', 0, 3, 'thief'))).toBe(CHUNK_REFUSALS.badSigner.code);
    expect(code(db, { ...write('a', 0, 3, 'x'), data: bytesFromUtf8('y') })).toBe(2);
    expect(code(db, write('a', 0, 3, 'x'.repeat(65)))).toBe(CHUNK_REFUSALS.chunkTooBig.code);
    expect(db.chunk(CONTRACT, 0)?.slotVersion).toBe(2);
    expect(db.put('ST000000000000000000002AMW42H.none', second)).toBeNull();
  });

  it('counts writes by version', () => {
    const db = new StackerDb({ store: new MemoryStore() });
    db.configure(CONTRACT, { signers: [owner('a')], writesMax: 2 });
    expect(code(db, write('a', 0, 3, 'x'))).toBe(CHUNK_REFUSALS.tooManySlotWrites.code);
    expect(code(db, write('a', 0, 2, 'x'))).toBe('ok');
  });

  it('a refusal tells what the slot holds, so that the writer can go past it', () => {
    const db = open();
    db.put(CONTRACT, write('a', 0, 9, 'nine'));
    const outcome = db.put(CONTRACT, write('a', 0, 1, 'one'));
    expect(outcome).toMatchObject({ accepted: false, metadata: { slotVersion: 9 } });
  });

  it('listeners hear accepted chunks, once, and one that throws stops nobody', () => {
    const db = open();
    const heard: string[] = [];
    db.onChunks(() => {
      throw new Error('planted');
    });
    const stop = db.onChunks(({ contractId, chunks }) =>
      heard.push(`${contractId} ${chunks.map((chunk) => chunk.slotVersion)}`),
    );
    db.put(CONTRACT, write('a', 0, 1, 'x'));
    db.put(CONTRACT, write('a', 0, 1, 'x'));
    stop();
    db.put(CONTRACT, write('a', 0, 2, 'x'));
    expect(heard).toEqual([`${CONTRACT} 1`]);
  });
});

describe('the slot table', () => {
  it('keeps chunks of owners who stay and empties slots that change hands', () => {
    const db = open();
    db.put(CONTRACT, write('a', 0, 5, 'a'));
    db.put(CONTRACT, write('b', 1, 6, 'b'));
    db.configure(CONTRACT, { signers: [owner('a'), owner('c')] });
    expect(db.metadata(CONTRACT)!.map((slot) => slot.slotVersion)).toEqual([5, 0]);
    expect(code(db, write('c', 1, 1, 'c'))).toBe('ok');
    expect(code(db, write('b', 1, 7, 'b'))).toBe(2);
  });

  it('lists every slot; unwritten ones have version 0 and zeros', () => {
    const db = open();
    const slots = db.metadata(CONTRACT)!;
    expect(slots.map((slot) => slot.slotId)).toEqual([0, 1, 2]);
    expect(bytesToHex(slots[0]!.dataHash)).toBe('0'.repeat(64));
    expect(db.metadata('ST000000000000000000002AMW42H.none')).toBeNull();
    expect(db.contracts).toEqual([CONTRACT]);
  });

  it('survives a restart with tables, chunks and versions', () => {
    const store = new MemoryStore();
    open(store).put(CONTRACT, write('a', 0, 4, 'kept'));
    const again = new StackerDb({ store });
    expect(again.chunk(CONTRACT, 0)?.data).toEqual(bytesFromUtf8('kept'));
    expect(code(again, write('a', 0, 4, 'replay'))).toBe(0);
    expect(code(again, write('a', 0, 5, 'next'))).toBe('ok');
  });
});

it('the highest version wins in whatever order chunks arrive', () => {
  const chunks = [1, 2, 3, 4, 5].map((version) => write('a', 0, version, `v${version}`));
  fc.assert(
    fc.property(fc.shuffledSubarray(chunks, { minLength: 1 }), (arriving) => {
      const db = open();
      for (const chunk of arriving) db.put(CONTRACT, chunk);
      const best = Math.max(...arriving.map((chunk) => chunk.slotVersion));
      expect(db.chunk(CONTRACT, 0)?.slotVersion).toBe(best);
    }),
    { numRuns: 40 },
  );
});
