/**
 * The ledger on PostgreSQL. What money depends on is one statement each (`begin_request`,
 * `finish_request`, `insert … on conflict`), so it holds however many gateways share the database.
 */

import type { Database, Row } from './database.ts';
import { Group } from './group.ts';
import type {
  AnswerPart,
  ApiKey,
  BeginOutcome,
  KeyChange,
  Ledger,
  NewKey,
  NewRequest,
  Opening,
  Payment,
  RequestRow,
  SessionRow,
} from './ledger.ts';
import { partFromJson, partJson, partToJson, sessionFromJson, sessionToJson } from './rows.ts';
import { MIGRATIONS } from './sql-schema.ts';

/** Requests begun, or ended, in one statement. */
const GROUP_MAX = 64;
/** Any number; equal for all gateways, so that only one migrates at a time. */
const MIGRATION_LOCK = 7_268_199;

/** Brings the database up to date. Several gateways may start at once. */
export async function openSqlLedger(db: Database): Promise<Ledger> {
  await db.transaction([
    `select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
    'create table if not exists migrations (number integer primary key)',
  ]);
  for (const [i, migration] of MIGRATIONS.entries()) {
    const [done] = await db.query('select 1 from migrations where number = $1', [i + 1]);
    if (done !== undefined) continue;
    try {
      await db.transaction([
        `select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
        `insert into migrations (number) values (${i + 1})`,
        migration,
      ]);
    } catch (error) {
      // Another gateway was faster.
      const [now] = await db.query('select 1 from migrations where number = $1', [i + 1]);
      if (now === undefined) throw error;
    }
  }
  return new SqlLedger(db);
}

interface Ending {
  readonly id: string;
  readonly parts: readonly AnswerPart[];
}

class SqlLedger implements Ledger {
  readonly #db: Database;
  readonly #begins: Group<NewRequest, BeginOutcome>;
  readonly #ends: Group<Ending, boolean>;

  constructor(db: Database) {
    this.#db = db;
    this.#begins = new Group(GROUP_MAX, (requests) => this.#beginAll(requests));
    this.#ends = new Group(GROUP_MAX, (endings) => this.#finishAll(endings));
  }

  async createKey(key: NewKey): Promise<ApiKey> {
    const rows = await this.#db.query(
      `insert into api_keys (id, hash, name, prefix, cap_micro, requests_per_minute, models,
         expires_at_ms, created_at_ms)
       values ($1, $2, $3, $4, $5, $6, $7, $8, now_ms())
       on conflict (id) do update set name = excluded.name
       returning ${KEY_COLUMNS}`,
      [
        key.id,
        key.hash,
        key.name,
        key.prefix,
        key.capMicro === null ? null : String(key.capMicro),
        key.requestsPerMinute,
        key.models === null ? null : JSON.stringify(key.models),
        key.expiresAtMs,
      ],
    );
    return keyOf(rows[0]!);
  }

  async keyByHash(hash: string): Promise<ApiKey | null> {
    const sql = `select ${KEY_COLUMNS} from api_keys where hash = $1`;
    const [row] = await this.#db.query(sql, [hash]);
    return row === undefined ? null : keyOf(row);
  }

  async keys(): Promise<readonly ApiKey[]> {
    const sql = `select ${KEY_COLUMNS} from api_keys order by created_at_ms, id`;
    return (await this.#db.query(sql)).map(keyOf);
  }

  async changeKey(id: string, change: KeyChange): Promise<ApiKey | null> {
    const { capMicro, requestsPerMinute, isRevoked } = change;
    const [row] = await this.#db.query(
      `update api_keys set
         cap_micro = case when $2 then $3::numeric else cap_micro end,
         requests_per_minute = case when $4 then $5::integer else requests_per_minute end,
         is_revoked = coalesce($6::boolean, is_revoked)
       where id = $1 returning ${KEY_COLUMNS}`,
      [
        id,
        capMicro !== undefined,
        capMicro == null ? null : String(capMicro),
        requestsPerMinute !== undefined,
        requestsPerMinute ?? null,
        isRevoked ?? null,
      ],
    );
    return row === undefined ? null : keyOf(row);
  }

  begin(request: NewRequest): Promise<BeginOutcome> {
    return this.#begins.add(request);
  }

  async #beginAll(requests: readonly NewRequest[]): Promise<readonly BeginOutcome[]> {
    const asked = requests.map(({ id, keyId, gateway, model, reserveMicro }) => {
      return { id, key: keyId, gateway, model, reserve: String(reserveMicro) };
    });
    const sql = 'select * from begin_requests($1)';
    const rows = await this.#db.query(sql, [JSON.stringify(asked)]);
    const byId = new Map(rows.map((row) => [String(row.id), outcomeOf(row)]));
    return requests.map(({ id }) => byId.get(id)!);
  }

  async putPart(part: AnswerPart): Promise<void> {
    const { requestId, part: number, sessionId, index } = part;
    await this.#db.query(
      `insert into parts (request_id, part, session_id, index_in_session, body)
       select $1, $2, $3, $4, $5 from requests where id = $1 and state = 'open'
       on conflict (request_id, part) do update set body = excluded.body`,
      [requestId, number, String(sessionId), String(index), partToJson(part)],
    );
  }

  finish(id: string, parts: readonly AnswerPart[]): Promise<boolean> {
    return this.#ends.add({ id, parts });
  }

  async #finishAll(endings: readonly Ending[]): Promise<readonly boolean[]> {
    const ended = endings.map(({ id, parts }) => ({ id, parts: parts.map(endOf) }));
    const sql = 'select * from finish_requests($1)';
    const rows = await this.#db.query(sql, [JSON.stringify(ended)]);
    const byId = new Map(rows.map((row) => [String(row.id), row.done === true]));
    return endings.map(({ id }) => byId.get(id)!);
  }

  async request(id: string): Promise<RequestRow | null> {
    const [row] = await this.#rows('r.id = $1', [id], 1);
    return row ?? null;
  }

  abandoned(limit: number): Promise<readonly RequestRow[]> {
    const isLeft = `r.state = 'open' and not exists (select 1 from leases l
      where l.name = 'gateway:' || r.gateway and l.until > clock_timestamp())`;
    return this.#rows(isLeft, [], limit);
  }

  async #rows(
    where: string,
    params: readonly unknown[],
    limit: number,
  ): Promise<readonly RequestRow[]> {
    const rows = await this.#db.query(
      `select r.id, r.key_id, r.gateway, r.model, r.state,
         r.reserved_micro::text, r.spent_micro::text, r.created_at_ms::text,
         coalesce((select jsonb_agg(p.body order by p.part) from parts p where p.request_id = r.id),
           '[]'::jsonb) as parts
       from requests r where ${where} order by r.created_at_ms limit ${limit}`,
      params,
    );
    return rows.map(requestOf);
  }

  async lease(name: string, owner: string, durationMs: number): Promise<boolean> {
    const rows = await this.#db.query(
      `insert into leases (name, owner, until)
       values ($1, $2, clock_timestamp() + $3::integer * interval '1 millisecond')
       on conflict (name) do update set owner = excluded.owner, until = excluded.until
       where leases.owner = excluded.owner or leases.until <= clock_timestamp()
       returning name`,
      [name, owner, Math.ceil(durationMs)],
    );
    return rows.length === 1;
  }

  async release(name: string, owner: string): Promise<void> {
    await this.#db.query('delete from leases where name = $1 and owner = $2', [name, owner]);
  }

  async putSession(session: SessionRow): Promise<void> {
    await this.#db.query(
      `insert into sessions (id, state, body) values ($1, $2, $3)
       on conflict (id) do update set state = excluded.state, body = excluded.body`,
      [String(session.id), session.state, sessionToJson(session)],
    );
  }

  async sessions(): Promise<readonly SessionRow[]> {
    const rows = await this.#db.query(`select body from sessions where state = 'open' order by id`);
    return rows.map(({ body }) => sessionFromJson(body));
  }

  async putOpening(opening: Opening): Promise<void> {
    await this.#db.query(
      `insert into openings (txid, state, body) values ($1, $2, $3)
       on conflict (txid) do update set state = excluded.state`,
      [opening.txid, opening.state, JSON.stringify(opening)],
    );
  }

  async openings(): Promise<readonly Opening[]> {
    const rows = await this.#db.query(`select body from openings where state = 'sent'`);
    return rows.map(({ body }) => body as Opening);
  }

  async takePayment({ id, payer, amountMicro }: Payment): Promise<boolean> {
    const rows = await this.#db.query(
      `insert into payments (id, payer, amount_micro) values ($1, $2, $3)
       on conflict (id) do nothing returning id`,
      [id, payer, String(amountMicro)],
    );
    return rows.length === 1;
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

// Amounts as text: both adapters then give the same, and nothing passes through a float.
const KEY_COLUMNS = `id, name, prefix, cap_micro::text, spent_micro::text, reserved_micro::text,
  requests_per_minute, models, expires_at_ms::text, is_revoked, created_at_ms::text`;

function amount(value: unknown): bigint {
  return BigInt(String(value));
}

function outcomeOf({ outcome, rate_limit, remaining, reset_ms }: Row): BeginOutcome {
  const rate =
    rate_limit === null
      ? null
      : { limit: Number(rate_limit), remaining: Number(remaining), resetMs: Number(reset_ms) };
  if (outcome === 'ok') return { kind: 'ok', remaining: rate };
  if (outcome === 'rate') return { kind: 'rate', remaining: rate! };
  return { kind: outcome as 'cap' | 'revoked' };
}

function endOf(part: AnswerPart) {
  return {
    part: part.part,
    session: String(part.sessionId),
    index: String(part.index),
    body: partJson(part),
  };
}

function keyOf(row: Row): ApiKey {
  return {
    id: String(row.id),
    name: String(row.name),
    prefix: String(row.prefix),
    capMicro: row.cap_micro === null ? null : amount(row.cap_micro),
    spentMicro: amount(row.spent_micro),
    reservedMicro: amount(row.reserved_micro),
    requestsPerMinute: row.requests_per_minute === null ? null : Number(row.requests_per_minute),
    models: row.models as readonly string[] | null,
    expiresAtMs: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
    isRevoked: row.is_revoked === true,
    createdAtMs: Number(row.created_at_ms),
  };
}

function requestOf(row: Row): RequestRow {
  return {
    id: String(row.id),
    keyId: String(row.key_id),
    gateway: String(row.gateway),
    model: String(row.model),
    state: row.state as RequestRow['state'],
    reservedMicro: amount(row.reserved_micro),
    spentMicro: amount(row.spent_micro),
    createdAtMs: Number(row.created_at_ms),
    parts: (row.parts as readonly unknown[]).map(partFromJson),
  };
}
