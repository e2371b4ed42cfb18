/**
 * What is on offer: models, hosts and prices as the chain has them, and the newest Bitcoin block. Asked
 * for again in the background, so that no request waits for a node once the first answer is there.
 */
import type { Logger } from '@assay/observe';
import type { Clock } from '@assay/world';
import type { GatewayChain, ModelOffer } from './chain-port.ts';
import { LIMITS } from './limits.ts';

class Fresh<T> {
  #value: { readonly value: T; readonly atMs: number } | null = null;
  #asking: Promise<T> | null = null;
  readonly #clock: Clock;
  readonly #freshMs: number;
  readonly #ask: () => Promise<T>;
  readonly #onError: (cause: unknown) => void;

  constructor(
    clock: Clock,
    freshMs: number,
    ask: () => Promise<T>,
    onError: (cause: unknown) => void,
  ) {
    this.#clock = clock;
    this.#freshMs = freshMs;
    this.#ask = ask;
    this.#onError = onError;
  }

  /** The known value; an old one is renewed behind the caller's back, a very old one at once. */
  async get(): Promise<T> {
    const known = this.#value;
    if (known === null) return this.renew();
    const ageMs = this.#clock.nowMs() - known.atMs;
    if (ageMs > 10 * this.#freshMs) return this.renew();
    if (ageMs > this.#freshMs) this.renew().catch(this.#onError);
    return known.value;
  }

  renew(): Promise<T> {
    this.#asking ??= this.#ask()
      .then((value) => {
        this.#value = { value, atMs: this.#clock.nowMs() };
        return value;
      })
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }
}

export class Market {
  readonly #models: Fresh<readonly ModelOffer[]>;
  readonly #beacon: Fresh<Uint8Array>;

  constructor(clock: Clock, chain: GatewayChain, log: Logger) {
    const onError = (cause: unknown) => log.warn('the node does not answer', { cause });
    const { hostsFreshMs, beaconFreshMs } = LIMITS;
    this.#models = new Fresh(clock, hostsFreshMs, () => chain.models(), onError);
    this.#beacon = new Fresh(clock, beaconFreshMs, () => chain.beacon(), onError);
  }

  models(): Promise<readonly ModelOffer[]> {
    return this.#models.get();
  }

  /** By name or by id; `default` is the first one. Null when no host serves it. */
  async model(name: string): Promise<ModelOffer | null> {
    const find = (models: readonly ModelOffer[]) =>
      models.find((one) => one.name === name || one.id === name) ??
      (name === 'default' ? (models[0] ?? null) : null);
    return find(await this.#models.get()) ?? find(await this.#models.renew());
  }

  beacon(): Promise<Uint8Array> {
    return this.#beacon.get();
  }
}
