/** The ledger in memory and on the embedded PostgreSQL: one suite, two adapters. */
import { nodeWorld } from '@assay/world/node';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Ledger, MemoryLedger, openSqlLedger } from '../src/index.ts';
import { openPglite } from '../src/ledger/pglite.ts';
import { ledgerSuite } from './ledger-suite.ts';

describe('in memory', () => {
  const ledger = new MemoryLedger(nodeWorld().clock);
  ledgerSuite(() => ledger);
});

describe('on PGlite', () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await openSqlLedger(await openPglite(null));
  });
  afterAll(() => ledger?.close());
  ledgerSuite(() => ledger);
});
