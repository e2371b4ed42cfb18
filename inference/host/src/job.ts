/**
 * A job: one request of ours from assignment to the end. Its state on disk is what the world may
 * already know, so a host that was killed goes on where it stood:
 *
 * ```
 * assigned    nothing was said yet (a substitute waits for its turn); answering again harms nobody
 * answered    transcript, commitment and signature are on disk; from now on no other answer exists
 * published   the receipt is in our slot and the ids part in the content store
 * opened      the sketch part may be seen: enough judges have committed, or were waited for
 * settling    a transaction (settle, reject, expire) is on disk and was sent, perhaps
 * closed      the chain has closed the request, or it was given up
 * ```
 */
import {
  bytesEqual,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  err,
  isHex,
  ok,
  type Result,
  utf8FromBytes,
} from '@assay/bytes';
import { formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import {
  decodeCommitment,
  encodeCommitment,
  type Receipt,
  requestHash,
  samplingSeed,
} from '@assay/jobs';
import type { AssignedRequest } from './chain-port.ts';

export type JobState = 'assigned' | 'answered' | 'published' | 'opened' | 'settling' | 'closed';

export type SettlementAction = 'settle' | 'reject' | 'expire';

export interface Settlement {
  readonly action: SettlementAction;
  readonly nonce: bigint;
  /** The signed transaction. */
  readonly bytes: Uint8Array;
  readonly txid: Uint8Array;
  readonly sentAtMs: number;
  readonly feeMicro: bigint;
  /** How often these bytes were sent. */
  readonly sends: number;
}

export interface Job {
  readonly id: bigint;
  readonly state: JobState;
  readonly assigned: AssignedRequest;
  /** From `answered` on; it names the sketch part from `opened` on. */
  readonly receipt: Receipt | null;
  /** SHA-256 of the sketch part as it is stored; from `answered` on. */
  readonly sketchHash: Uint8Array | null;
  /** When the receipt was published, for patience with judges. */
  readonly publishedAtMs: number | null;
  readonly settlement: Settlement | null;
  readonly attempts: number;
  /** How it ended, once closed: the request's status on chain, or why it was given up. */
  readonly outcome: string | null;
}

export function newJob(assigned: AssignedRequest): Job {
  const { id } = assigned.request;
  const nothing = { receipt: null, sketchHash: null, publishedAtMs: null, settlement: null };
  return { id, state: 'assigned', assigned, ...nothing, attempts: 0, outcome: null };
}

/**
 * What makes two requests the same one: the sampling seed. A Bitcoin reorg may give an id to another
 * request, or the same request another beacon; then an old answer is no answer any more.
 */
export function isSameRequest(a: AssignedRequest, b: AssignedRequest): boolean {
  return bytesEqual(seedOf(a), seedOf(b));
}

function seedOf({ request, hostKey, beaconBurnHash }: AssignedRequest): Uint8Array {
  return samplingSeed(requestHash(request), hostKey, beaconBurnHash);
}

const optional = <T, U>(value: T | null, change: (value: T) => U): U | null =>
  value === null ? null : change(value);

export function encodeJob(job: Job): Uint8Array {
  const { request, ...assigned } = job.assigned;
  const json = {
    id: String(job.id),
    state: job.state,
    attempts: job.attempts,
    outcome: job.outcome,
    executor: assigned.executor,
    hostKey: bytesToHex(assigned.hostKey),
    rank: assigned.rank,
    turnAtSecs: assigned.turnAtSecs,
    beacon: bytesToHex(assigned.beaconBurnHash),
    prompt: optional(assigned.promptBlob, bytesToHex),
    status: assigned.status,
    request: {
      ...request,
      id: String(request.id),
      user: formatPrincipal(request.user),
      model: bytesToHex(request.model),
      promptHash: bytesToHex(request.promptHash),
      maxFeeMicro: String(request.maxFeeMicro),
      clientNonce: bytesToHex(request.clientNonce),
    },
    receipt: optional(job.receipt, (receipt) => ({
      commitment: bytesToHex(encodeCommitment(receipt.commitment)),
      signature: bytesToHex(receipt.hostSignature),
      opened: receipt.sketchHash !== null,
    })),
    sketchHash: optional(job.sketchHash, bytesToHex),
    publishedAtMs: job.publishedAtMs,
    settlement: optional(job.settlement, (settlement) => ({
      ...settlement,
      nonce: String(settlement.nonce),
      feeMicro: String(settlement.feeMicro),
      bytes: bytesToHex(settlement.bytes),
      txid: bytesToHex(settlement.txid),
    })),
  };
  return bytesFromUtf8(JSON.stringify(json));
}

/** Reads our own record. An unreadable one is a damaged disk, told by its message. */
export function decodeJob(bytes: Uint8Array): Result<Job, { code: 'host/job'; message: string }> {
  try {
    return ok(readJob(JSON.parse(utf8FromBytes(bytes) ?? '')));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return err({ code: 'host/job', message: `a job on disk is unreadable: ${message}` });
  }
}

// Our own JSON: any of these casts that is wrong makes the reader throw, and decodeJob answers.
function readJob(json: Record<string, never>): Job {
  const raw = json as unknown as Raw;
  const user = parsePrincipal(raw.request.user);
  if (!user.ok) throw new Error('user');
  const id = BigInt(raw.id);
  const sketchHash = optional(raw.sketchHash, hex);
  return {
    id,
    state: raw.state,
    attempts: raw.attempts,
    outcome: raw.outcome,
    assigned: {
      executor: raw.executor,
      hostKey: hex(raw.hostKey),
      rank: raw.rank,
      turnAtSecs: raw.turnAtSecs,
      isAnswered: false,
      beaconBurnHash: hex(raw.beacon),
      promptBlob: optional(raw.prompt, hex),
      status: raw.status,
      request: {
        ...raw.request,
        id,
        user: user.value,
        model: hex(raw.request.model),
        promptHash: hex(raw.request.promptHash),
        maxFeeMicro: BigInt(raw.request.maxFeeMicro),
        clientNonce: hex(raw.request.clientNonce),
      },
    },
    receipt: optional(raw.receipt, ({ commitment, signature, opened }) => {
      const decoded = decodeCommitment(hex(commitment));
      if (!decoded.ok) throw new Error(decoded.error.message);
      const hostSignature = hex(signature);
      const shown = opened ? sketchHash : null;
      return { requestId: id, commitment: decoded.value, hostSignature, sketchHash: shown };
    }),
    sketchHash,
    publishedAtMs: raw.publishedAtMs,
    settlement: optional(raw.settlement, (settlement) => ({
      ...settlement,
      nonce: BigInt(settlement.nonce),
      feeMicro: BigInt(settlement.feeMicro),
      bytes: hex(settlement.bytes),
      txid: hex(settlement.txid),
    })),
  };
}

function hex(text: string): Uint8Array {
  if (typeof text !== 'string' || !isHex(text)) throw new Error('not hex');
  return bytesFromHex(text);
}

interface Raw {
  readonly id: string;
  readonly state: JobState;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly executor: string;
  readonly hostKey: string;
  readonly rank: number;
  readonly turnAtSecs: number;
  readonly beacon: string;
  readonly prompt: string | null;
  readonly status: AssignedRequest['status'];
  readonly request: Omit<
    AssignedRequest['request'],
    'id' | 'user' | 'model' | 'promptHash' | 'maxFeeMicro' | 'clientNonce'
  > & {
    readonly user: string;
    readonly model: string;
    readonly promptHash: string;
    readonly maxFeeMicro: string;
    readonly clientNonce: string;
  };
  readonly receipt: {
    readonly commitment: string;
    readonly signature: string;
    readonly opened: boolean;
  } | null;
  readonly sketchHash: string | null;
  readonly publishedAtMs: number | null;
  readonly settlement:
    | (Omit<Settlement, 'nonce' | 'feeMicro' | 'bytes' | 'txid'> & {
        readonly nonce: string;
        readonly feeMicro: string;
        readonly bytes: string;
        readonly txid: string;
      })
    | null;
}
