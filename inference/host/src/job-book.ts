/**
 * Jobs and their content (ids part, sketch part, as stored) on disk, with open jobs in memory. A change
 * is durable when `put` returns; nothing is told to the world before.
 *
 * Store layout: `j|` request id u64 -> job; `t|` sha256 -> content; `o|` sha256 -> request id u64.
 */
import { assert, ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { Store } from '@assay/store';
import { decodeJob, encodeJob, type Job } from './job.ts';
import { LIMITS } from './limits.ts';

const JOB = bytesFromUtf8('j|');
const CONTENT = bytesFromUtf8('t|');
const OWNER = bytesFromUtf8('o|');

const jobKey = (id: bigint): Uint8Array => concatBytes(JOB, new ByteWriter(8).u64(id).finish());

export class JobBook {
  readonly #store: Store;
  readonly #open = new Map<bigint, Job>();
  #closedCount = 0;

  constructor(store: Store) {
    this.#store = store;
    for (const { value } of store.range({ prefix: JOB })) {
      const job = decodeJob(value);
      assert(job.ok, job.ok ? '' : job.error.message);
      if (job.value.state === 'closed') this.#closedCount += 1;
      else this.#open.set(job.value.id, job.value);
    }
  }

  /** Jobs that are not closed, by ascending id. */
  open(): Job[] {
    return [...this.#open.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: bigint): Job | null {
    const open = this.#open.get(id);
    if (open !== undefined) return open;
    const bytes = this.#store.get(jobKey(id));
    const job = bytes === null ? null : decodeJob(bytes);
    return job?.ok ? job.value : null;
  }

  /** Writes the job, with its content when it has just been answered. */
  put(job: Job, content: readonly Uint8Array[] = []): void {
    this.#store.batch((batch) => {
      batch.put(jobKey(job.id), encodeJob(job));
      for (const bytes of content) {
        const hash = sha256(bytes);
        batch.put(concatBytes(CONTENT, hash), bytes);
        batch.put(concatBytes(OWNER, hash), new ByteWriter(8).u64(job.id).finish());
      }
    });
    if (job.state !== 'closed') {
      this.#open.set(job.id, job);
      return;
    }
    this.#open.delete(job.id);
    this.#closedCount += 1;
    if (this.#closedCount > LIMITS.closedJobsKept * 1.1) this.#forget();
  }

  content(hash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(CONTENT, hash));
  }

  /** The job that content belongs to. */
  ownerOf(hash: Uint8Array): Job | null {
    const id = this.#store.get(concatBytes(OWNER, hash));
    return id === null ? null : this.get(new ByteReader(id).u64());
  }

  /** Drops the oldest closed jobs beyond the limit, with their content. */
  #forget(): void {
    const closed: Job[] = [];
    for (const { value } of this.#store.range({ prefix: JOB })) {
      const job = decodeJob(value);
      if (job.ok && job.value.state === 'closed') closed.push(job.value);
    }
    const leaving = closed.slice(0, Math.max(0, closed.length - LIMITS.closedJobsKept));
    this.#store.batch((batch) => {
      for (const job of leaving) {
        batch.remove(jobKey(job.id));
        for (const hash of [job.receipt?.commitment.transcriptHash, job.sketchHash]) {
          if (hash == null) continue;
          batch.remove(concatBytes(CONTENT, hash));
          batch.remove(concatBytes(OWNER, hash));
        }
      }
    });
    this.#closedCount = closed.length - leaving.length;
  }
}
