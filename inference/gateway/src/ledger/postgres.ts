/** A PostgreSQL server, over a pool of connections: what several gateways share. */
import pg from 'pg';
import type { Database, Row } from './database.ts';

const CONNECTIONS_MAX = 16;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** @param url `postgres://user:password@host:port/database` */
export function openPostgres(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'assay-gateway',
  });
  // An idle connection that breaks is replaced at the next query; nobody needs to hear of it.
  pool.on('error', () => undefined);
  return {
    query: async (sql, params = []) => (await pool.query<Row>(sql, [...params])).rows,
    transaction: async (statements) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (const one of statements) await client.query(one);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
