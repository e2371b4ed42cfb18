/**
 * Calls of one kind that go to the database together: while a group is on its way the next one gathers,
 * so that a busy gateway pays one round trip and one commit for many requests.
 */
interface Waiting<T, R> {
  readonly item: T;
  readonly done: (result: R) => void;
  readonly failed: (cause: unknown) => void;
}

export class Group<T, R> {
  readonly #send: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #sizeMax: number;
  #waiting: Waiting<T, R>[] = [];
  #isSending = false;

  /** @param send all or nothing; one result per item, in order */
  constructor(sizeMax: number, send: (items: readonly T[]) => Promise<readonly R[]>) {
    this.#sizeMax = sizeMax;
    this.#send = send;
  }

  add(item: T): Promise<R> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, done, failed });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#sizeMax);
      try {
        const results = await this.#send(group.map(({ item }) => item));
        for (const [i, { done }] of group.entries()) done(results[i]!);
      } catch (cause) {
        await this.#sendEach(group, cause);
      }
    }
    this.#isSending = false;
  }

  /** One that the database refuses must not fail the others. */
  async #sendEach(group: readonly Waiting<T, R>[], cause: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]!.failed(cause);
      return;
    }
    for (const { item, done, failed } of group) {
      await this.#send([item]).then(([result]) => done(result!), failed);
    }
  }
}
