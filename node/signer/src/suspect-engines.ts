/**
 * Engines of suspected models, for channel C: opened when a judgement first asks for one, and closed
 * again when more are open than a machine should hold. What cannot be opened is remembered as absent, so
 * that a suspicion does not try again and again; the judge then abstains from asking. One answer is
 * judged at a time, so nobody uses an engine while the next one is opened.
 */
import type { Engine } from '@assay/engine';
import type { SuspectModel } from '@assay/jobs';
import { LIMITS } from './limits.ts';

export class SuspectEngines {
  /** By hash of the suspect's weights, least recently used first. */
  readonly #known = new Map<string, Promise<Engine | null>>();
  readonly #openMax: number;

  constructor(openMax: number = LIMITS.suspectEnginesMax) {
    this.#openMax = openMax;
  }

  /** @param make null, or a rejection: this suspect cannot be run here */
  async open(
    { weightsSha256 }: SuspectModel,
    make: () => Promise<Engine | null>,
  ): Promise<Engine | null> {
    const known = this.#known.get(weightsSha256);
    this.#known.delete(weightsSha256);
    if (known === undefined) await this.#makeRoom();
    const engine = known ?? make().catch(() => null);
    this.#known.set(weightsSha256, engine);
    return engine;
  }

  async #makeRoom(): Promise<void> {
    while (this.#known.size >= this.#openMax) {
      const [oldest] = this.#known;
      if (oldest === undefined) return;
      this.#known.delete(oldest[0]);
      await (await oldest[1])?.close();
    }
  }

  async close(): Promise<void> {
    const engines = [...this.#known.values()];
    this.#known.clear();
    for (const engine of engines) await (await engine)?.close();
  }
}
