/** A ledger in memory, shared by the gateways of one process: tests, simulation, benchmarks. */
import type { Clock } from '@assay/world';
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
  RateRemaining,
  RequestRow,
  SessionRow,
} from './ledger.ts';

interface Lease {
  readonly owner: string;
  readonly untilMs: number;
}

const MINUTE_MS = 60_000;

export class MemoryLedger implements Ledger {
  readonly #clock: Clock;
  readonly #keys = new Map<string, ApiKey>();
  readonly #idsByHash = new Map<string, string>();
  readonly #requests = new Map<string, RequestRow>();
  readonly #rates = new Map<string, { minute: number; count: number }>();
  readonly #leases = new Map<string, Lease>();
  readonly #sessions = new Map<bigint, SessionRow>();
  readonly #openings = new Map<string, Opening>();
  readonly #payments = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async createKey({ hash, ...key }: NewKey): Promise<ApiKey> {
    const createdAtMs = this.#clock.nowMs();
    const made = { ...key, spentMicro: 0n, reservedMicro: 0n, isRevoked: false, createdAtMs };
    this.#keys.set(key.id, made);
    this.#idsByHash.set(hash, key.id);
    return made;
  }

  async keyByHash(hash: string): Promise<ApiKey | null> {
    return this.#keys.get(this.#idsByHash.get(hash) ?? '') ?? null;
  }

  async keys(): Promise<readonly ApiKey[]> {
    return [...this.#keys.values()];
  }

  async changeKey(id: string, change: KeyChange): Promise<ApiKey | null> {
    const key = this.#keys.get(id);
    if (key === undefined) return null;
    const changed = { ...key, ...change };
    this.#keys.set(id, changed);
    return changed;
  }

  async begin(request: NewRequest): Promise<BeginOutcome> {
    const { keyId, reserveMicro } = request;
    const key = this.#keys.get(keyId);
    if (key === undefined || key.isRevoked) return { kind: 'revoked' };
    const rate = this.#rateOf(key);
    if (rate !== null && rate.remaining < 1) return { kind: 'rate', remaining: rate };
    const reservedMicro = key.reservedMicro + reserveMicro;
    if (key.capMicro !== null && key.spentMicro + reservedMicro > key.capMicro) {
      return { kind: 'cap' };
    }
    this.#keys.set(key.id, { ...key, reservedMicro });
    if (rate !== null) this.#rates.get(key.id)!.count += 1;
    const remaining: RateRemaining | null =
      rate === null ? null : { ...rate, remaining: rate.remaining - 1 };
    const { id, gateway, model } = request;
    const createdAtMs = this.#clock.nowMs();
    const money = { reservedMicro: reserveMicro, spentMicro: 0n };
    const state = 'open' as const;
    this.#requests.set(id, { id, keyId, gateway, model, state, ...money, createdAtMs, parts: [] });
    return { kind: 'ok', remaining };
  }

  #rateOf({ id, requestsPerMinute: limit }: ApiKey): RateRemaining | null {
    if (limit === null) return null;
    const nowMs = this.#clock.nowMs();
    const minute = Math.floor(nowMs / MINUTE_MS);
    const seen = this.#rates.get(id);
    if (seen?.minute !== minute) this.#rates.set(id, { minute, count: 0 });
    const { count } = this.#rates.get(id)!;
    return { limit, remaining: limit - count, resetMs: (minute + 1) * MINUTE_MS - nowMs };
  }

  async putPart(part: AnswerPart): Promise<void> {
    const row = this.#requests.get(part.requestId);
    if (row === undefined || row.state === 'done') return;
    const others = row.parts.filter((one) => one.part !== part.part);
    const parts = [...others, part].sort((a, b) => a.part - b.part);
    this.#requests.set(row.id, { ...row, parts });
  }

  async finish(id: string, ends: readonly AnswerPart[]): Promise<boolean> {
    for (const part of ends) await this.putPart(part);
    const row = this.#requests.get(id);
    if (row === undefined || row.state === 'done') return false;
    const spentMicro = row.parts.reduce((sum, { end }) => sum + (end?.costMicro ?? 0n), 0n);
    this.#requests.set(id, { ...row, state: 'done', spentMicro });
    const key = this.#keys.get(row.keyId);
    if (key !== undefined) {
      this.#keys.set(key.id, {
        ...key,
        spentMicro: key.spentMicro + spentMicro,
        reservedMicro: key.reservedMicro - row.reservedMicro,
      });
    }
    return true;
  }

  async request(id: string): Promise<RequestRow | null> {
    return this.#requests.get(id) ?? null;
  }

  async abandoned(limit: number): Promise<readonly RequestRow[]> {
    const nowMs = this.#clock.nowMs();
    const isDead = (gateway: string) =>
      (this.#leases.get(`gateway:${gateway}`)?.untilMs ?? 0) <= nowMs;
    return [...this.#requests.values()]
      .filter((row) => row.state === 'open' && isDead(row.gateway))
      .slice(0, limit);
  }

  async lease(name: string, owner: string, durationMs: number): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    const held = this.#leases.get(name);
    if (held !== undefined && held.owner !== owner && held.untilMs > nowMs) return false;
    this.#leases.set(name, { owner, untilMs: nowMs + durationMs });
    return true;
  }

  async release(name: string, owner: string): Promise<void> {
    if (this.#leases.get(name)?.owner === owner) this.#leases.delete(name);
  }

  async putSession(session: SessionRow): Promise<void> {
    this.#sessions.set(session.id, session);
  }

  async sessions(): Promise<readonly SessionRow[]> {
    return [...this.#sessions.values()].filter(({ state }) => state === 'open');
  }

  async putOpening(opening: Opening): Promise<void> {
    this.#openings.set(opening.txid, opening);
  }

  async openings(): Promise<readonly Opening[]> {
    return [...this.#openings.values()].filter(({ state }) => state === 'sent');
  }

  async takePayment({ id }: Payment): Promise<boolean> {
    if (this.#payments.has(id)) return false;
    this.#payments.add(id);
    return true;
  }

  async close(): Promise<void> {}
}
