/**
 * PostgreSQL inside this process (PGlite): nothing to install, one gateway, one folder. Its compiler is
 * told to stay with the quick first pass, which halves its memory and its start.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Database, Row } from './database.ts';

/** @param folder where it lives; null keeps it in memory */
export async function openPglite(folder: string | null): Promise<Database> {
  setFlagsFromString('--liftoff-only');
  const { PGlite } = await import('@electric-sql/pglite');
  if (folder !== null) mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const db = await PGlite.create(folder === null ? {} : { dataDir: folder });
  return {
    query: async (sql, params = []) => (await db.query<Row>(sql, [...params])).rows,
    transaction: async (statements) => {
      await db.transaction(async (tx) => {
        for (const one of statements) await tx.exec(one);
      });
    },
    close: () => db.close(),
  };
}
