/**
 * The operator's door: API keys. Closed unless an admin token is configured, and then open only to who
 * sends it; a key's secret is in the answer that makes it and nowhere else.
 *
 * ```
 * POST   /admin/v1/keys         {name, cap_micro_stx?, requests_per_minute?, models?, expires_at?}
 * GET    /admin/v1/keys         all keys, with what they have spent
 * POST   /admin/v1/keys/{id}    {cap_micro_stx?, requests_per_minute?}
 * DELETE /admin/v1/keys/{id}    revokes it
 * GET    /admin/v1/sessions     open sessions
 * GET    /metrics               for Prometheus
 * ```
 */
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import { ApiError, json } from './api-error.ts';
import { bearerOf, hashKey, type KeyCheck, makeKey } from './keys.ts';
import type { ApiKey, Ledger } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';
import { Fields, parseBody } from './openai/fields.ts';

const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;

export class AdminApi {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #keys: KeyCheck;
  readonly #tokenHash: string | null;

  constructor(world: World, ledger: Ledger, keys: KeyCheck, adminToken: string | null) {
    this.#world = world;
    this.#ledger = ledger;
    this.#keys = keys;
    // Hashes are compared: how long that takes says nothing about the token.
    this.#tokenHash = adminToken === null ? null : hashKey(adminToken);
  }

  /** @throws ApiError */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    this.authenticate(request);
    const { method, path } = request;
    const [, part, id] = /^\/admin\/v1\/(keys|sessions)(?:\/([a-z0-9_]{1,64}))?$/.exec(path) ?? [];
    if (part === 'sessions' && method === 'GET') return this.#sessions();
    if (part === 'keys' && id === undefined && method === 'GET') {
      return json(200, { object: 'list', data: (await this.#ledger.keys()).map(keyJson) });
    }
    if (part === 'keys' && id === undefined && method === 'POST') return this.#create(request);
    if (part === 'keys' && id !== undefined && method === 'POST') return this.#change(id, request);
    if (part === 'keys' && id !== undefined && method === 'DELETE') {
      return this.#changed(await this.#ledger.changeKey(id, { isRevoked: true }));
    }
    throw new ApiError(404, 'not_found_error', 'unknown_url', `Invalid URL (${method} ${path})`);
  }

  /** @throws ApiError 401 */
  authenticate(request: HttpRequest): void {
    const token = bearerOf(request);
    if (this.#tokenHash !== null && token !== null && hashKey(token) === this.#tokenHash) return;
    const message = 'The admin token is missing or wrong.';
    throw new ApiError(401, 'authentication_error', 'invalid_admin_token', message);
  }

  async #create(request: HttpRequest): Promise<HttpResponse> {
    const fields = new Fields(parseBody(request.body));
    const name = fields.required('name', LIMITS.keyNameCharsMax);
    const models = fields.list('models', 64);
    const expiresAt = fields.integer('expires_at', 0, AMOUNT_MAX);
    const { secret, key } = makeKey(this.#world, {
      name,
      capMicro: bigintOrNull(fields.integer('cap_micro_stx', 0, AMOUNT_MAX)),
      requestsPerMinute: fields.integer('requests_per_minute', 1, 1_000_000),
      models: models === null ? null : models.map(String),
      expiresAtMs: expiresAt === null ? null : expiresAt * 1000,
    });
    fields.end();
    const made = await this.#ledger.createKey(key);
    this.#keys.forget();
    return json(201, { ...keyJson(made), key: secret });
  }

  async #change(id: string, request: HttpRequest): Promise<HttpResponse> {
    const fields = new Fields(parseBody(request.body));
    const cap = fields.integer('cap_micro_stx', 0, AMOUNT_MAX);
    const rate = fields.integer('requests_per_minute', 1, 1_000_000);
    fields.end();
    return this.#changed(
      await this.#ledger.changeKey(id, {
        ...(cap === null ? {} : { capMicro: BigInt(cap) }),
        ...(rate === null ? {} : { requestsPerMinute: rate }),
      }),
    );
  }

  #changed(key: ApiKey | null): HttpResponse {
    this.#keys.forget();
    if (key !== null) return json(200, keyJson(key));
    throw new ApiError(404, 'not_found_error', 'key_not_found', 'There is no such key.');
  }

  async #sessions(): Promise<HttpResponse> {
    const sessions = await this.#ledger.sessions();
    const data = sessions.map(({ id, terms, endpoint }) => ({
      id: String(id),
      host: terms.host,
      endpoint,
      deposit_micro_stx: String(terms.depositMicro),
      claimed_micro_stx: String(terms.claimedMicro),
      expires_at: terms.expiresAt,
    }));
    return json(200, { object: 'list', data });
  }
}

function bigintOrNull(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

function keyJson(key: ApiKey) {
  return {
    id: key.id,
    object: 'api_key',
    name: key.name,
    prefix: key.prefix,
    cap_micro_stx: key.capMicro === null ? null : String(key.capMicro),
    spent_micro_stx: String(key.spentMicro),
    reserved_micro_stx: String(key.reservedMicro),
    requests_per_minute: key.requestsPerMinute,
    models: key.models,
    expires_at: key.expiresAtMs === null ? null : Math.floor(key.expiresAtMs / 1000),
    revoked: key.isRevoked,
    created: Math.floor(key.createdAtMs / 1000),
  };
}
