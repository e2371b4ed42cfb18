/**
 * API keys: `sk-assay-` and 32 random bytes in hex. Only the SHA-256 is kept, so a stolen database opens
 * no door; a key is shown once, when it is made.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { HttpRequest, World } from '@assay/world';
import { ApiError } from './api-error.ts';
import type { ApiKey, Ledger, NewKey } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';

export function hashKey(key: string): string {
  return bytesToHex(sha256(bytesFromUtf8(key)));
}

export interface KeyWish {
  readonly name: string;
  readonly capMicro?: bigint | null;
  readonly requestsPerMinute?: number | null;
  readonly models?: readonly string[] | null;
  readonly expiresAtMs?: number | null;
}

/** A key and what the ledger is to keep of it. */
export function makeKey(
  world: World,
  wish: KeyWish,
): { readonly secret: string; readonly key: NewKey } {
  const secret = `sk-assay-${bytesToHex(world.random.bytes(32))}`;
  return { secret, key: keyOf(secret, `key_${bytesToHex(world.random.bytes(8))}`, wish) };
}

/** What the ledger keeps of a given key. */
export function keyOf(secret: string, id: string, wish: KeyWish): NewKey {
  return {
    id,
    name: wish.name.slice(0, LIMITS.keyNameCharsMax),
    prefix: `${secret.slice(0, 13)}…`,
    hash: hashKey(secret),
    capMicro: wish.capMicro ?? null,
    requestsPerMinute: wish.requestsPerMinute ?? null,
    models: wish.models ?? null,
    expiresAtMs: wish.expiresAtMs ?? null,
  };
}

/** The token of `Authorization: Bearer …`; null without one. */
export function bearerOf(request: HttpRequest): string | null {
  const header = request.headers.get('authorization');
  if (header === undefined) return null;
  return /^Bearer\s+(\S{1,256})\s*$/i.exec(header)?.[1] ?? '';
}

interface Known {
  readonly key: ApiKey | null;
  readonly atMs: number;
}

/** Looks keys up, and believes what it found for a few seconds. */
export class KeyCheck {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #known = new Map<string, Known>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** @throws ApiError 401 */
  async check(token: string): Promise<ApiKey> {
    const key = await this.#find(hashKey(token));
    const isExpired = key?.expiresAtMs != null && key.expiresAtMs <= this.#world.clock.nowMs();
    if (key !== null && !key.isRevoked && !isExpired) return key;
    const shown = token.length > 16 ? `${token.slice(0, 8)}…${token.slice(-4)}` : '…';
    const message = `Incorrect API key provided: ${shown}.`;
    throw new ApiError(401, 'invalid_request_error', 'invalid_api_key', message);
  }

  /** What was last known of a key has changed. */
  forget(): void {
    this.#known.clear();
  }

  async #find(hash: string): Promise<ApiKey | null> {
    const nowMs = this.#world.clock.nowMs();
    const known = this.#known.get(hash);
    if (known !== undefined && nowMs - known.atMs < LIMITS.keyFreshMs) return known.key;
    const key = await this.#ledger.keyByHash(hash);
    if (this.#known.size >= LIMITS.keysRememberedMax) this.#known.clear();
    // Unknown keys are remembered too: guessing costs the database nothing.
    this.#known.set(hash, { key, atMs: nowMs });
    return key;
  }
}
