/** A chain in memory for the daemon's tests: the contract's bookkeeping without blocks. */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  commitmentHash,
  decodeReceiptChunk,
  hashClarityValue,
  type Receipt,
  signVerdict,
  type VerdictChunk,
  type VerdictEntry,
} from '@assay/jobs';
import {
  decodeTransaction,
  type StackerDbChunk,
  verifyChunk,
  verifyTransaction,
} from '@assay/wire';
import type {
  AssignedRequest,
  ChainNews,
  ChainPort,
  RequestPage,
  RequestStatus,
  SignerCycle,
} from '../src/index.ts';

export const CHAIN_ID = 0x80000000;

export interface SentCall {
  readonly functionName: string;
  readonly id: bigint;
  readonly nonce: bigint;
}

export class FakeChain implements ChainPort {
  readonly requests = new Map<bigint, AssignedRequest>();
  readonly store = new Map<string, Uint8Array>();
  readonly signerKeys = ['a', 'b', 'c', 'd'].map((name) => sha256(new TextEncoder().encode(name)));
  readonly published = new Map<number, VerdictEntry[]>();
  readonly sealKeys = new Map<number, Uint8Array>();
  readonly calls: SentCall[] = [];
  /** Every receipt ever seen in the slot, by request hash. */
  readonly seenReceipts = new Map<string, Set<string>>();
  chunk: StackerDbChunk | null = null;
  height = 100;
  confirmedNonce = 0n;
  isDown = false;
  isRegistered = true;
  /** Refuses the next transactions with these words. */
  refusals: string[] = [];
  /** Keeps transactions in the mempool instead of applying them. */
  isMining = true;
  pending: SentCall[] = [];
  /** Latency, once on the way there and once on the way back: a crash can fall between. */
  pace: () => Promise<unknown> = async () => undefined;
  /** The long poll of a chain without news. */
  idle: () => Promise<unknown> = async () => undefined;
  readonly #operatingPublicKey: Uint8Array;

  constructor(operatingPublicKey: Uint8Array) {
    this.#operatingPublicKey = operatingPublicKey;
  }

  async #up(): Promise<void> {
    if (this.isDown) throw new Error('node down');
    await this.pace();
  }

  async news(cursor: string, { waitMs }: { readonly waitMs: number }): Promise<ChainNews> {
    await this.#up();
    if (this.#cursor() === cursor && waitMs > 0) await this.idle();
    return { cursor: this.#cursor(), tip: this.#tip(), burnHeight: this.height };
  }

  #tip(): string {
    const requests = [...this.requests.values()];
    const beacons = requests.map(({ status, beaconBurnHash }) => `${status}${beaconBurnHash[0]}`);
    return `${this.height}.${beacons.join('.')}`;
  }

  #cursor(): string {
    const said = [...this.published.values()].flat();
    return `${this.#tip()}.${said.map(({ verdict }) => verdict).join('.')}`;
  }

  async openRequests(after: bigint, { waitMs }: { readonly waitMs: number }): Promise<RequestPage> {
    await this.#up();
    const find = () =>
      [...this.requests.values()].filter((one) => one.request.id > after && one.status === 'open');
    if (find().length === 0 && waitMs > 0) await this.idle();
    const requests = find();
    const lastRequestId = [...this.requests.keys()].reduce((a, b) => (a > b ? a : b), 0n);
    return { requests, nextAfter: lastRequestId, lastRequestId };
  }

  async requestsById(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, AssignedRequest>> {
    await this.#up();
    return new Map([...this.requests].filter(([id]) => ids.includes(id)));
  }

  async content(hash: Uint8Array): Promise<Uint8Array | null> {
    await this.#up();
    return this.store.get(bytesToHex(hash)) ?? null;
  }

  async putContent(bytes: Uint8Array): Promise<boolean> {
    await this.#up();
    const hash = sha256(bytes);
    const isKnown = this.receipts().some(
      ({ commitment, sketchHash }) =>
        bytesEqual(commitment.transcriptHash, hash) ||
        (sketchHash !== null && bytesEqual(sketchHash, hash)),
    );
    if (isKnown) this.store.set(bytesToHex(hash), bytes);
    await this.pace();
    return isKnown;
  }

  async receiptSlot(): Promise<{ slotId: number; version: number } | null> {
    await this.#up();
    return this.isRegistered ? { slotId: 3, version: this.chunk?.slotVersion ?? 0 } : null;
  }

  async putReceipts(chunk: StackerDbChunk) {
    await this.#up();
    const currentVersion = this.chunk?.slotVersion ?? 0;
    const isOurs = verifyChunk(chunk, hash160(this.#operatingPublicKey));
    if (!isOurs || chunk.slotId !== 3 || chunk.slotVersion <= currentVersion) {
      return { accepted: false, currentVersion };
    }
    this.chunk = chunk;
    for (const { commitment } of this.receipts()) {
      const key = bytesToHex(commitment.requestHash);
      const seen = this.seenReceipts.get(key) ?? new Set();
      this.seenReceipts.set(key, seen.add(bytesToHex(commitmentHash(commitment))));
    }
    await this.pace();
    return { accepted: true, currentVersion: null };
  }

  async signers(): Promise<SignerCycle> {
    await this.#up();
    const signers = this.signerKeys.map((key) => ({
      hash: hash160(publicKeyFromPrivate(key)),
      weight: 25n,
    }));
    return { cycle: 4, signers, totalWeight: 100n };
  }

  async verdicts(): Promise<ReadonlyMap<number, VerdictChunk>> {
    await this.#up();
    return new Map(
      this.signerKeys.map((_, index) => {
        const entries = this.published.get(index) ?? [];
        return [
          index,
          { sealKey: this.sealKeys.get(index) ?? null, entries, claims: [], disputes: [] },
        ];
      }),
    );
  }

  async nonce() {
    await this.#up();
    const confirmed = this.confirmedNonce;
    return { confirmed, next: confirmed + BigInt(this.pending.length) };
  }

  async broadcast(bytes: Uint8Array): Promise<string | null> {
    await this.#up();
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok || !verifyTransaction(decoded.value).ok) return 'SignatureValidation';
    const { payload, auth } = decoded.value;
    if (payload.kind !== 'contract-call') return 'NoSuchContract';
    const id = payload.args[0];
    if (id?.type !== 'uint') return 'BadFunctionArgument';
    const { nonce } = auth.origin;
    if (nonce < this.confirmedNonce) return 'BadNonce';
    const call = { functionName: payload.functionName, id: id.value, nonce };
    this.calls.push(call);
    if (payload.functionName !== 'expire') {
      const commitment = payload.args[1]!;
      const receipt = this.receipts().find((one) => one.requestId === id.value);
      if (!receipt || !bytesEqual(hashClarityValue(commitment), commitmentHash(receipt.commitment)))
        return 'BadFunctionArgument';
    }
    if (this.isMining) this.apply(call);
    else this.pending.push(call);
    await this.pace();
    return null;
  }

  apply({ functionName, id, nonce }: SentCall): void {
    const ends: Record<string, RequestStatus> = {
      settle: 'settled',
      reject: 'rejected',
      expire: 'expired',
    };
    const found = this.requests.get(id)!;
    this.requests.set(id, { ...found, status: ends[functionName]! });
    this.confirmedNonce = nonce + 1n;
  }

  receipts(): readonly Receipt[] {
    const decoded = decodeReceiptChunk(this.chunk?.data ?? new Uint8Array([3, 0, 0, 0, 0]));
    return decoded.ok ? decoded.value : [];
  }

  /** Signers `indexes` publish a verdict about a request's receipt. */
  vote(id: bigint, verdict: 'valid' | 'invalid', indexes: readonly number[]): void {
    const receipt = this.receipts().find((one) => one.requestId === id)!;
    const hash = commitmentHash(receipt.commitment);
    for (const index of indexes) {
      const about = { commitmentHash: hash, requestId: id, verdict };
      const signature = signVerdict(about, CHAIN_ID, this.signerKeys[index]!);
      this.#say(index, { ...about, signature, blind: null });
    }
  }

  /** Signers `indexes` commit to sketches of their own. */
  commit(id: bigint, indexes: readonly number[]): void {
    const receipt = this.receipts().find((one) => one.requestId === id)!;
    const commitment = commitmentHash(receipt.commitment);
    for (const index of indexes) {
      const blind = new Uint8Array(32).fill(index + 1);
      const about = { requestId: id, commitmentHash: commitment, blind };
      this.#say(index, { verdict: 'committed', ...about });
    }
  }

  /** One entry per answer, as signers keep it. */
  #say(index: number, entry: VerdictEntry): void {
    const others = (this.published.get(index) ?? []).filter(
      (one) => !bytesEqual(one.commitmentHash, entry.commitmentHash),
    );
    this.published.set(index, [...others, entry]);
  }
}
