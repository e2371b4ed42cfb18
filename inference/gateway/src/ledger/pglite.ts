/**
 * PostgreSQL inside this process (PGlite): nothing to install, one gateway, one folder. Its compiler is
 * told to stay with the quick first pass, which halves its memory and its start.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Database, Row } from './database.ts';

const FLAG = '--liftoff-only';
const PACKAGE = '@electric-sql/pglite';
/** Creates the database in its folder and ends: the memory that takes is then free again. */
const INITIALISE = `
const { PGlite } = require(process.argv[1]);
PGlite.create(process.argv[2]).then((db) => db.close()).then(() => process.exit(0));
`;

async function initialise(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const module = createRequire(import.meta.url).resolve(PACKAGE);
  const child = spawn(process.execPath, [FLAG, '-e', INITIALISE, module, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-500);
  });
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the embedded database cannot be created: ${said}`);
}

/** @param folder where it lives; null keeps it in memory */
export async function openPglite(folder: string | null): Promise<Database> {
  if (folder !== null && !existsSync(folder)) await initialise(folder);
  setFlagsFromString(FLAG);
  const { PGlite } = await import('@electric-sql/pglite');
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
