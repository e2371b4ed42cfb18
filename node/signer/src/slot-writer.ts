/**
 * Writes our slot of a StackerDB: each write is the next version; when the node knows a newer one
 * (we lost our count in a crash), the write is repeated above it.
 */
import { signChunk } from '@assay/wire';
import type { NodePort } from './ports.ts';

const ATTEMPTS_MAX = 4;

export class SlotWriter {
  readonly #node: NodePort;
  readonly #privateKey: Uint8Array;
  readonly #versions = new Map<string, number>();
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @param privateKey 32 bytes. Secret. */
  constructor(node: NodePort, privateKey: Uint8Array) {
    this.#node = node;
    this.#privateKey = privateKey;
  }

  /** Writes to one contract happen one after another, in the order asked. */
  write(contract: string, slotId: number, data: Uint8Array): Promise<boolean> {
    const before = this.#queues.get(contract) ?? Promise.resolve();
    const write = before.then(() => this.#write(contract, slotId, data));
    this.#queues.set(
      contract,
      write.catch(() => {}),
    );
    return write;
  }

  async #write(contract: string, slotId: number, data: Uint8Array): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const known = this.#versions.get(contract);
      const slotVersion =
        (known ?? (await this.#node.chunk(contract, slotId))?.slotVersion ?? 0) + 1;
      const chunk = signChunk({ slotId, slotVersion, data }, this.#privateKey);
      const answer = await this.#node.putChunk(contract, chunk);
      if (answer.accepted) {
        this.#versions.set(contract, slotVersion);
        return true;
      }
      if (answer.currentVersion === null) return false;
      this.#versions.set(contract, answer.currentVersion);
    }
    return false;
  }
}
