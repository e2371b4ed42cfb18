/**
 * The pieces of one answer between a producer that pushes and a consumer that loops over them.
 * Used by `sim-net.ts`.
 */
import type { WorldError } from './error.ts';

export class PieceQueue implements AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = [];
  #end: { readonly error: WorldError | null } | null = null;
  #wake: () => void = () => {};
  readonly #onLeave: () => void;

  /** @param onLeave called once when the consumer is done, in whatever way */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  get isEnded(): boolean {
    return this.#end !== null;
  }

  push(piece: Uint8Array): void {
    if (this.#end !== null) return;
    this.#waiting.push(piece);
    this.#wake();
  }

  /** The consumer gets what waits, then the end, or the error. */
  end(error: WorldError | null = null): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = this.#waiting.shift();
        if (piece !== undefined) {
          yield piece;
        } else if (this.#end !== null) {
          if (this.#end.error !== null) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#onLeave();
    }
  }
}
