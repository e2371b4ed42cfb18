/**
 * The event queue of the simulation: virtual time in milliseconds, events ordered by
 * (time, sequence number). Nothing here knows processes or networks; `sim.ts` does.
 */
export interface SimEvent {
  readonly atMs: number;
  readonly sequence: number;
  readonly action: () => void;
  cancelled: boolean;
}

/** A binary min-heap over (atMs, sequence). */
export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #sequence = 0;
  #liveCount = 0;

  /** Events not yet run nor cancelled. */
  get size(): number {
    return this.#liveCount;
  }

  push(atMs: number, action: () => void): SimEvent {
    const event: SimEvent = { atMs, sequence: this.#sequence++, action, cancelled: false };
    this.#heap.push(event);
    this.#liveCount += 1;
    this.#siftUp(this.#heap.length - 1);
    return event;
  }

  cancel(event: SimEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#liveCount -= 1;
  }

  /** Time of the next live event, or null. */
  nextAtMs(): number | null {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? null;
  }

  /** Removes and returns the next live event, or null. It counts as cancelled from now on. */
  pop(): SimEvent | null {
    this.#dropCancelled();
    const event = this.#removeTop();
    if (event !== null) this.cancel(event);
    return event;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) this.#removeTop();
  }

  #removeTop(): SimEvent | null {
    const top = this.#heap[0];
    if (top === undefined) return null;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
    return top;
  }

  #siftUp(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#heap[at]!, this.#heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(start: number): void {
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      let least = at;
      for (const child of [left, left + 1]) {
        if (child < this.#heap.length && isBefore(this.#heap[child]!, this.#heap[least]!)) {
          least = child;
        }
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const event = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = event;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}
