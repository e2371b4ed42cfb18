/**
 * Plants: answers that are false on purpose, to see whether judges look. From time to time an account of
 * the operator's (not the host's own) asks this host a question like any other. The answer has the true
 * model's tokens and a sketch of noise that follows from a secret; the commitment to that is on chain
 * before a judge can see the answer. A judge that ran the model calls it false. Then the secret is
 * opened: bond and record come back, and whoever said "valid" is marked and loses its pay.
 *
 * ```
 * ask -> answered (noise) -> plant mined -> published, opened, judged, closed -> reveal mined -> mark-lazy
 * ```
 * The secret follows from the operating key and the request, so a killed host loses none. Off unless
 * it is configured. Source: contracts/plants.clar.
 */
import { ByteReader, ByteWriter, bytesEqual, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  commitmentHash,
  commitmentTuple,
  encodePrompt,
  type InferenceRequest,
  PLANT_TOKENS,
  plantDigest,
  plantedSketch,
  promptHash,
  requestHash,
  type Transcript,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { Store } from '@assay/store';
import {
  addressOfPublicKey,
  buildContractCall,
  signTransaction,
  type WalletNetwork,
} from '@assay/wallet';
import { encodeTransaction, type SigningKey } from '@assay/wire';
import type { World } from '@assay/world';
import type { ChainPort } from './chain-port.ts';
import type { Job } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';

export interface PlantingDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly book: JobBook;
  readonly store: Store;
  readonly log: Logger;
}

export interface PlantingOptions {
  readonly network: WalletNetwork;
  /** Address of the boot contracts. */
  readonly boot: string;
  /** Asks and plants; another account than the host's. Secret. */
  readonly accountKey: SigningKey;
  /** Secret. */
  readonly operatingKey: Uint8Array;
  /** The host's principal. */
  readonly host: string;
  /** What is asked, 32 bytes. */
  readonly model: Uint8Array;
  readonly feeMicro: bigint;
  /** Milliseconds between plants. */
  readonly everyMs: number;
}

const PLANT = bytesFromUtf8('q|');
const SECRET_TAG = bytesFromUtf8('assay-plant-v1');
const NONCE_BYTES = 16;
const DEADLINE_BLOCKS = 12;

/** A transaction on its way. */
interface Sent {
  readonly nonce: bigint;
  readonly atMs: number;
}

/** What people ask; with a number, so that no two are alike. */
const QUESTIONS: readonly ((n: number) => string)[] = [
  (n) => `Tell me something about the number ${n}.`,
  (n) => `Write ${2 + (n % 4)} sentences about the sea.`,
  (n) => `What happened in the year ${1000 + (n % 1000)}?`,
  (n) => `Explain how a clock works to a child of ${5 + (n % 8)}.`,
  (n) => `Name ${3 + (n % 5)} rivers and say where they are.`,
];

export class Planting {
  readonly #deps: PlantingDeps;
  readonly #options: PlantingOptions;
  readonly #address: string;
  /** Plants that are on chain: their answers may be shown. */
  readonly #planted = new Set<bigint>();
  /** By what they do. */
  readonly #sent = new Map<string, Sent>();
  #askedAtMs = Number.NEGATIVE_INFINITY;
  /** After a refusal (no funds, for example) the next transaction waits. */
  #pausedUntilMs = 0;

  constructor(deps: PlantingDeps, options: PlantingOptions) {
    this.#deps = deps;
    this.#options = options;
    const publicKey = publicKeyFromPrivate(options.accountKey.privateKey);
    this.#address = addressOfPublicKey(publicKey, options.network);
  }

  #secretOf(request: InferenceRequest): Uint8Array {
    return sha256(concatBytes(SECRET_TAG, this.#options.operatingKey, requestHash(request)));
  }

  #isOurs({ user, privacy }: InferenceRequest): boolean {
    return privacy === 0 && formatPrincipal(user) === this.#address;
  }

  /** The answer with its sketch replaced by noise, when this is a request to plant. */
  disguise(request: InferenceRequest, transcript: Transcript): Transcript {
    if (!this.#isOurs(request) || transcript.outputIds.length !== PLANT_TOKENS) return transcript;
    const { sketch, salt } = plantedSketch(this.#secretOf(request));
    return { ...transcript, sketch, salts: [salt] };
  }

  #isPlant({ assigned: { request }, receipt }: Job): boolean {
    return this.#isOurs(request) && receipt?.commitment.outputTokens === PLANT_TOKENS;
  }

  /** True while nobody may see the answer: its plant is not on chain yet. */
  isHeldBack(job: Job): boolean {
    return job.state === 'answered' && this.#isPlant(job) && !this.#planted.has(job.id);
  }

  /** Looks once at everything. */
  async look(): Promise<void> {
    const { book } = this.#deps;
    for (const job of book.open().filter((one) => this.isHeldBack(one))) await this.#plant(job);
    const open = this.#recorded();
    for (const id of open) await this.#reveal(id);
    const isBusy = open.length > 0 || book.open().some((job) => this.#isOurs(job.assigned.request));
    const nowMs = this.#deps.world.clock.nowMs();
    if (!isBusy && nowMs - this.#askedAtMs >= this.#options.everyMs) await this.#ask(nowMs);
  }

  async #ask(nowMs: number): Promise<void> {
    this.#askedAtMs = nowMs;
    const { random } = this.#deps.world;
    const [pick, high, low] = random.bytes(3);
    const question = QUESTIONS[pick! % QUESTIONS.length]!(high! * 256 + low!);
    const prompt = encodePrompt({ context: '', prompt: question });
    const { model, host } = this.#options;
    await this.#send('ask', 'inference', 'request', [
      Cv.buffer(model),
      Cv.some(Cv.buffer(prompt)),
      Cv.buffer(promptHash(prompt)),
      Cv.uint(prompt.length),
      Cv.tuple({
        temperature: Cv.uint(1_000_000),
        'top-p': Cv.uint(1_000_000),
        'top-k': Cv.uint(20),
        'max-tokens': Cv.uint(PLANT_TOKENS),
      }),
      Cv.uint(LIMITS.plantEscrowMicro),
      Cv.uint(DEADLINE_BLOCKS),
      Cv.some(Cv.principal(host)),
      Cv.uint(0),
      Cv.buffer(random.bytes(NONCE_BYTES)),
    ]);
  }

  async #plant({ id, assigned, receipt }: Job): Promise<void> {
    const { store } = this.#deps;
    const name = `plant ${id}`;
    if (await this.#isMined(name)) {
      this.#planted.add(id);
      return;
    }
    // On disk before it is sent: a plant on chain that nobody reveals would cost us the bond.
    store.batch((batch) => batch.put(plantKey(id), new Uint8Array(0)));
    const secret = this.#secretOf(assigned.request);
    const hash = commitmentHash(receipt!.commitment);
    const digest = plantDigest({ requestId: id, commitmentHash: hash, secret });
    await this.#send(name, 'plants', 'plant', [Cv.buffer(digest)]);
  }

  #recorded(): bigint[] {
    const { store } = this.#deps;
    return [...store.range({ prefix: PLANT })].map(({ key }) =>
      new ByteReader(key, PLANT.length).u64(),
    );
  }

  async #reveal(id: bigint): Promise<void> {
    const { book, store, log } = this.#deps;
    const job = book.get(id);
    if (job === null || job.state !== 'closed') return;
    const isJudged = job.outcome === 'rejected' || job.outcome === 'settled';
    const name = `reveal ${id}`;
    if (isJudged && job.receipt !== null) {
      if (!(await this.#isMined(name))) {
        const secret = this.#secretOf(job.assigned.request);
        const tuple = commitmentTuple(job.receipt.commitment);
        await this.#send(name, 'plants', 'reveal', [Cv.uint(id), tuple, Cv.buffer(secret)]);
        return;
      }
      await this.#markLazy(job);
    }
    store.batch((batch) => batch.remove(plantKey(id)));
    this.#planted.delete(id);
    log.info('a plant was revealed', { request: id, outcome: job.outcome });
  }

  /** Everybody who said "valid" about noise. */
  async #markLazy({ id, receipt }: Job): Promise<void> {
    const { chain, log } = this.#deps;
    const hash = commitmentHash(receipt!.commitment);
    const cycle = await chain.signers();
    for (const [index, { entries }] of await chain.verdicts(cycle)) {
      const entry = entries.find((one) => bytesEqual(one.commitmentHash, hash));
      if (entry?.verdict !== 'valid') continue;
      log.warn('a judge called a plant valid', { request: id, signer: index });
      const named = [Cv.uint(id), Cv.uint(cycle.cycle), Cv.uint(index)];
      await this.#send(`mark ${id} ${index}`, 'plants', 'mark-lazy', [
        ...named,
        Cv.buffer(entry.signature),
      ]);
    }
  }

  // ---- transactions -----------------------------------------------------------------------------

  async #isMined(name: string): Promise<boolean> {
    const sent = this.#sent.get(name);
    if (sent === undefined) return false;
    const { confirmed } = await this.#deps.chain.nonce(this.#address);
    if (confirmed <= sent.nonce) return false;
    this.#sent.delete(name);
    return true;
  }

  /** Once, and again when it has not been mined for long. */
  async #send(
    name: string,
    contract: 'inference' | 'plants',
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<void> {
    const { world, chain, log } = this.#deps;
    const nowMs = world.clock.nowMs();
    const before = this.#sent.get(name);
    if (before !== undefined && nowMs - before.atMs < LIMITS.resendMs) return;
    if (nowMs < this.#pausedUntilMs) return;
    const nonce = before?.nonce ?? (await chain.nonce(this.#address)).next;
    const { network, boot, accountKey, feeMicro } = this.#options;
    const built = buildContractCall({
      network,
      origin: { publicKey: publicKeyFromPrivate(accountKey.privateKey, accountKey.compressed) },
      nonce,
      feeMicro,
      contract: `${boot}.${contract}`,
      functionName,
      args,
      // An escrow of our own making at most.
      postConditionMode: 'allow',
    });
    if (!built.ok) throw new Error(built.error.message);
    const signed = signTransaction(built.value, accountKey);
    if (!signed.ok) throw new Error(signed.error.message);
    const refusal = await chain.broadcast(encodeTransaction(signed.value));
    if (refusal === null) this.#sent.set(name, { nonce, atMs: nowMs });
    else {
      this.#sent.delete(name);
      this.#pausedUntilMs = nowMs + LIMITS.refusedPauseMs;
    }
    log.info('planting', { step: name, nonce, refusal });
  }
}

function plantKey(id: bigint): Uint8Array {
  return concatBytes(PLANT, new ByteWriter(8).u64(id).finish());
}
