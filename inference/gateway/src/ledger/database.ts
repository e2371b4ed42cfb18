/**
 * A connection to PostgreSQL as the ledger needs it. Adapters: `@assay/gateway/pglite` (embedded, one
 * process) and `@assay/gateway/postgres` (a server, a pool of connections).
 */
export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  /** One statement with `$1…` parameters. Throws when the database fails. */
  query(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements in one transaction. */
  transaction(statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
