/**
 * The ledger's tables and the two functions that money depends on, as numbered migrations. One dialect,
 * PostgreSQL's; PGlite and a server run the same text. A migration that was released is never changed,
 * a new one is added. Amounts are numeric(39,0): a u128 fits.
 */

/** Applied in order, each once, each in one transaction. */
export const MIGRATIONS: readonly string[] = [
  `
create table api_keys (
  id text primary key,
  hash text not null unique,
  name text not null,
  prefix text not null,
  cap_micro numeric(39,0),
  spent_micro numeric(39,0) not null default 0,
  reserved_micro numeric(39,0) not null default 0,
  requests_per_minute integer,
  models jsonb,
  expires_at_ms bigint,
  is_revoked boolean not null default false,
  created_at_ms bigint not null,
  rate_minute bigint not null default 0,
  rate_count integer not null default 0
);

create table requests (
  id text primary key,
  key_id text not null references api_keys (id),
  gateway text not null,
  model text not null,
  state text not null check (state in ('open', 'done')),
  reserved_micro numeric(39,0) not null,
  spent_micro numeric(39,0) not null default 0,
  created_at_ms bigint not null
);
create index requests_open on requests (gateway) where state = 'open';

create table parts (
  request_id text not null references requests (id),
  part integer not null,
  session_id numeric(39,0) not null,
  index_in_session numeric(39,0) not null,
  body jsonb not null,
  primary key (request_id, part)
);
create index parts_of_session on parts (session_id, index_in_session);

create table leases (
  name text primary key,
  owner text not null,
  until timestamptz not null
);

create table sessions (
  id numeric(39,0) primary key,
  state text not null check (state in ('open', 'closed')),
  body jsonb not null
);

create table openings (
  txid text primary key,
  state text not null check (state in ('sent', 'done')),
  body jsonb not null
);

create table payments (
  id text primary key,
  payer text not null,
  amount_micro numeric(39,0) not null,
  taken_at timestamptz not null default clock_timestamp()
);

-- Milliseconds since 1970 by the clock of the database.
create function now_ms() returns bigint language sql volatile as
  'select (extract(epoch from clock_timestamp()) * 1000)::bigint';

-- Counts a request against its key. Rate and cap are decided under the key's row lock, so any number
-- of gateways together never exceed them. Returns: outcome, limit, remaining, milliseconds to reset.
create function begin_request(
  p_id text, p_key text, p_gateway text, p_model text, p_reserve numeric
) returns table (outcome text, rate_limit integer, remaining integer, reset_ms bigint)
language plpgsql as $$
declare
  k api_keys%rowtype;
  v_now bigint := now_ms();
  v_minute bigint := v_now / 60000;
  v_count integer := 0;
begin
  select * into k from api_keys where id = p_key for update;
  if not found or k.is_revoked then
    return query select 'revoked', null::integer, null::integer, null::bigint;
    return;
  end if;
  if k.rate_minute = v_minute then v_count := k.rate_count; end if;
  if k.requests_per_minute is not null and v_count >= k.requests_per_minute then
    return query select 'rate', k.requests_per_minute, 0, (v_minute + 1) * 60000 - v_now;
    return;
  end if;
  if k.cap_micro is not null and k.spent_micro + k.reserved_micro + p_reserve > k.cap_micro then
    return query select 'cap', null::integer, null::integer, null::bigint;
    return;
  end if;
  update api_keys set reserved_micro = reserved_micro + p_reserve,
    rate_minute = v_minute, rate_count = v_count + 1 where id = p_key;
  insert into requests (id, key_id, gateway, model, state, reserved_micro, created_at_ms)
    values (p_id, p_key, p_gateway, p_model, 'open', p_reserve, v_now);
  return query select 'ok', k.requests_per_minute, k.requests_per_minute - v_count - 1,
    (v_minute + 1) * 60000 - v_now;
end $$;

-- Ends a request once. p_parts: [{part, session, index, body}]. Returns whether it was open.
create function finish_request(p_id text, p_parts jsonb) returns boolean
language plpgsql as $$
declare
  r requests%rowtype;
  v_spent numeric;
begin
  select * into r from requests where id = p_id for update;
  if not found or r.state = 'done' then return false; end if;
  insert into parts (request_id, part, session_id, index_in_session, body)
    select p_id, (e->>'part')::integer, (e->>'session')::numeric, (e->>'index')::numeric, e->'body'
    from jsonb_array_elements(p_parts) e
    on conflict (request_id, part) do update set body = excluded.body;
  select coalesce(sum((body->'end'->>'costMicro')::numeric), 0) into v_spent
    from parts where request_id = p_id and body->'end' <> 'null'::jsonb;
  update requests set state = 'done', spent_micro = v_spent where id = p_id;
  update api_keys set spent_micro = spent_micro + v_spent,
    reserved_micro = reserved_micro - r.reserved_micro where id = r.key_id;
  return true;
end $$;
`,
  `
-- Many at once, in one statement. Keys are locked in one order, so that two gateways never wait for
-- each other. p: [{id, key, gateway, model, reserve}] and [{id, parts}].
create function begin_requests(p jsonb)
returns table (id text, outcome text, rate_limit integer, remaining integer, reset_ms bigint)
language plpgsql as $$
declare
  e jsonb;
begin
  for e in select value from jsonb_array_elements(p) with ordinality as t(value, n)
    order by value->>'key', n loop
    return query select e->>'id', b.* from begin_request(
      e->>'id', e->>'key', e->>'gateway', e->>'model', (e->>'reserve')::numeric) b;
  end loop;
end $$;

create function finish_requests(p jsonb) returns table (id text, done boolean)
language plpgsql as $$
declare
  e jsonb;
begin
  for e in select value from jsonb_array_elements(p)
    order by (select r.key_id from requests r where r.id = value->>'id') loop
    return query select e->>'id', finish_request(e->>'id', e->'parts');
  end loop;
end $$;
`,
];
