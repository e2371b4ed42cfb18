/**
 * One request at one host: signs it, reads the answer, checks every signature while it streams, and
 * pays as it goes: after each signed chunk, and at the end. A host that breaks off, or says anything
 * that does not hold, costs at most what was received under its signature.
 */
import { bytesEqual, bytesToHex, utf8FromBytes } from '@assay/bytes';
import {
  type Commitment,
  commitmentRoot,
  constraintHash,
  decodeCommitment,
  encodePostedRequest,
  encodeSessionPrompt,
  idsLeaf,
  idsLeaves,
  LEAF_TOKENS,
  nextChunkDigest,
  outputHash,
  promptHash,
  type SamplingParams,
  type SessionLine,
  type SessionPrompt,
  type SessionRequest,
  samplingSeed,
  sessionPrice,
  sessionRequestHash,
  signSessionRequest,
  type TokenLogprob,
  verifyChunk,
  verifyCommitment,
} from '@assay/jobs';
import type { AnswerPart, PartEnd } from '../ledger/ledger.ts';
import type { HeldSession } from './held-session.ts';
import { HostFault, misbehaved, type RecordView } from './host-link.ts';

export interface AttemptTask {
  readonly requestId: string;
  readonly part: number;
  readonly choice: number;
  readonly prompt: SessionPrompt;
  readonly params: SamplingParams;
  /** The constraint's JSON; null without one. */
  readonly constraint: string | null;
  readonly topLogprobs: number | null;
  readonly tokenIds: boolean;
  readonly maxFeeMicro: bigint;
  readonly beacon: Uint8Array;
  readonly clientNonce: Uint8Array;
}

export interface AttemptOptions {
  readonly chainId: number;
  /** Secret. */
  readonly voucherKey: Uint8Array;
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
  /** Writes the part down; awaited before anything of the answer is given out. */
  readonly onBegin: (part: AnswerPart) => Promise<void>;
}

export interface TokenDelta {
  readonly ids: readonly number[];
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[] | null;
  /** Of the whole prompt, with the first tokens of a host, when token ids were asked for. */
  readonly promptIds?: readonly number[];
}

export class Attempt {
  readonly #session: HeldSession;
  readonly #task: AttemptTask;
  readonly #options: AttemptOptions;
  readonly #request: SessionRequest;
  readonly #requestHash: Uint8Array;
  readonly #body: string;
  readonly #part: AnswerPart;
  /** Of this host. */
  readonly ids: number[] = [];
  text = '';
  promptTokens = 0;
  /** How the answer ended; null while it has not, or when the host failed. */
  commitment: Commitment | null = null;
  #end: PartEnd | null = null;
  /** Told by the host, and not given out yet. */
  #promptIds: readonly number[] | null = null;
  #digest: Uint8Array;
  #signedTokens = 0;
  #isTaken = false;

  constructor(session: HeldSession, task: AttemptTask, options: AttemptOptions) {
    this.#session = session;
    this.#task = task;
    this.#options = options;
    const { terms } = session;
    const blob = encodeSessionPrompt(task.prompt);
    this.#request = {
      sessionId: terms.id,
      index: session.begin(task.maxFeeMicro),
      model: terms.model,
      promptHash: promptHash(blob),
      params: task.params,
      constraintHash: constraintHash(task.constraint),
      maxFeeMicro: task.maxFeeMicro,
      beacon: task.beacon,
      clientNonce: task.clientNonce,
    };
    this.#requestHash = sessionRequestHash(this.#request);
    this.#digest = this.#requestHash;
    const signature = signSessionRequest(this.#request, options.chainId, options.voucherKey);
    const posted = {
      request: this.#request,
      signature,
      prompt: utf8FromBytes(blob)!,
      constraint: task.constraint,
      logprobs: task.topLogprobs,
      promptIds: task.tokenIds,
    };
    this.#body = encodePostedRequest(posted);
    this.#part = {
      requestId: task.requestId,
      part: task.part,
      choice: task.choice,
      sessionId: terms.id,
      index: this.#request.index,
      terms,
      endpoint: session.link.endpoint,
      posted: encodePostedRequest({ ...posted, prompt: '', constraint: null }),
      end: null,
    };
  }

  /** Pieces of the answer. @throws HostFault; whatever was yielded before stays good */
  async *run(): AsyncGenerator<TokenDelta> {
    const { signal, onBegin } = this.#options;
    const written = onBegin(this.#part);
    // Awaited below; a failure before that must not count as unhandled.
    written.catch(() => undefined);
    try {
      const lines = await this.#session.link.post(this.#request.sessionId, this.#body, signal);
      this.#isTaken = true;
      for await (const line of lines) {
        if (line.type === 'tokens') {
          await written;
          this.#take(line);
          const promptIds = this.#promptIds;
          this.#promptIds = null;
          const told = promptIds === null ? {} : { promptIds };
          yield { ids: line.ids, text: line.text, logprobs: line.logprobs, ...told };
        } else this.#check(line);
        if (this.commitment !== null) return;
      }
      throw new HostFault('gateway/unreachable', 'the answer broke off');
    } catch (error) {
      if (error instanceof HostFault && error.status > 0) {
        this.#isTaken = false;
        // We disagree about where the session stands: it is asked about anew before it is used again.
        if (error.code === 'host/index' || error.code === 'host/session-over') {
          this.#session.isRetired = true;
        }
      }
      throw error;
    }
  }

  #take({ ids, text }: Extract<SessionLine, { type: 'tokens' }>): void {
    this.ids.push(...ids);
    this.text += text;
    if (this.ids.length > this.#task.params.maxTokens) throw misbehaved('too many tokens');
    if (this.ids.length > this.#signedTokens + LEAF_TOKENS) throw misbehaved('unsigned tokens');
  }

  #check(line: SessionLine): void {
    switch (line.type) {
      case 'accepted':
        if (!bytesEqual(line.requestHash, this.#requestHash)) throw misbehaved('another request');
        this.promptTokens = line.promptTokens;
        this.#promptIds = line.promptIds ?? null;
        if (this.#task.tokenIds && this.#promptIds?.length !== line.promptTokens) {
          throw misbehaved('another number of prompt ids than tokens');
        }
        return;
      case 'chunk':
        this.#checkChunk(line);
        return;
      case 'end':
        this.#checkEnd(line);
        return;
      case 'error':
        throw new HostFault(line.code, line.message);
      case 'tokens':
        return;
    }
  }

  #checkChunk({ chunk, tokens, signature }: Extract<SessionLine, { type: 'chunk' }>): void {
    const leaf = chunk - 1;
    const from = leaf * LEAF_TOKENS;
    const isNext = from === this.#signedTokens && tokens === from + LEAF_TOKENS;
    if (!isNext || this.ids.length < tokens) throw misbehaved('a chunk out of turn');
    this.#digest = nextChunkDigest(this.#digest, idsLeaf(leaf, this.ids.slice(from, tokens)));
    const signed = { requestHash: this.#requestHash, chunk, tokens, digest: this.#digest };
    const publicKey = this.#session.terms.hostKey;
    if (!verifyChunk(signed, this.#options.chainId, { signature, publicKey })) {
      throw misbehaved('a chunk that it did not sign');
    }
    this.#signedTokens = tokens;
    this.#session.pay(this.#request.index, this.#priceOf(this.promptTokens, tokens));
  }

  /** While it streams the prompt counts at its lower price; the end says what was cached. */
  #priceOf(promptTokens: number, outputTokens: number, cached?: number): bigint {
    const { prices } = this.#session.terms;
    const isCheaper = prices.cachedMicro < prices.inputMicro;
    const cachedTokens = cached ?? (isCheaper ? promptTokens : 0);
    const price = sessionPrice(prices, { promptTokens, cachedTokens, outputTokens });
    if (price > this.#task.maxFeeMicro) throw misbehaved('a price above the most that was agreed');
    return price;
  }

  #checkEnd(line: Extract<SessionLine, { type: 'end' }>): void {
    const decoded = decodeCommitment(line.commitment);
    if (!decoded.ok) throw misbehaved(decoded.error.message);
    const commitment = decoded.value;
    this.#checkCommitment(commitment, line.signature, 0);
    if (commitment.finish !== line.finish) throw misbehaved('two ways to end');
    if (!bytesEqual(commitment.outputHash, outputHash(this.text))) throw misbehaved('another text');
    if (line.cachedTokens > commitment.promptTokens) throw misbehaved('cached tokens');
    this.#finish(commitment, {
      commitment: bytesToHex(line.commitment),
      hostSignature: bytesToHex(line.signature),
      cachedTokens: line.cachedTokens,
    });
  }

  /** @param unseenMax tokens that may have been sent and never have reached us */
  #checkCommitment(commitment: Commitment, signature: Uint8Array, unseenMax: number): void {
    const { hostKey, model } = this.#session.terms;
    const seed = samplingSeed(this.#requestHash, hostKey, this.#request.beacon);
    const isOurs =
      bytesEqual(commitment.requestHash, this.#requestHash) &&
      bytesEqual(commitment.model, model) &&
      bytesEqual(commitment.seed, seed) &&
      commitment.promptTokens === this.promptTokens;
    if (!isOurs) throw misbehaved('a commitment to another request');
    const unseen = commitment.outputTokens - this.ids.length;
    const root = commitmentRoot(idsLeaves(this.ids.slice(0, commitment.outputTokens)));
    if (unseen > unseenMax || (unseen <= 0 && !bytesEqual(root, commitment.idsRoot))) {
      throw misbehaved('a commitment to other tokens');
    }
    const signed = { signature, publicKey: hostKey };
    if (!verifyCommitment(commitment, this.#options.chainId, signed)) {
      throw misbehaved('a commitment that it did not sign');
    }
  }

  #finish(
    commitment: Commitment,
    signed: Pick<PartEnd, 'commitment' | 'hostSignature' | 'cachedTokens'>,
  ): void {
    const { promptTokens, outputTokens } = commitment;
    const { cachedTokens } = signed;
    const isEmpty = outputTokens === 0 && this.text === '';
    const costMicro = isEmpty ? 0n : this.#priceOf(promptTokens, outputTokens, cachedTokens);
    this.commitment = commitment;
    this.#end = { ...signed, promptTokens, outputTokens, costMicro };
    this.#session.end(this.#request.index, costMicro);
  }

  /**
   * Closes the books of this attempt, however it went. An answer that the caller left is ended at what
   * it was given; a host that broke off keeps what it was paid by then.
   * @param tokens what the caller was given of it
   */
  async settle(tokens: number, hasHostFailed: boolean): Promise<AnswerPart> {
    if (!this.#isTaken) {
      this.#session.giveBack(this.#request.index);
      return { ...this.#part, end: NOTHING };
    }
    if (this.#end === null && !hasHostFailed) {
      try {
        const count = Math.max(tokens, this.#signedTokens);
        const { link } = this.#session;
        this.#settleWith(await link.stop(this.#request, this.#requestHash, count));
      } catch (error) {
        if (!(error instanceof HostFault)) throw error;
      }
    }
    return { ...this.#part, end: this.#end ?? this.#leave() };
  }

  #leave(): PartEnd {
    const costMicro = this.#session.leave(this.#request.index);
    const { promptTokens } = this;
    return { ...NOTHING, promptTokens, outputTokens: this.ids.length, costMicro };
  }

  #settleWith({ end }: RecordView): void {
    if (end === null) throw misbehaved('a request without an end');
    this.#checkCommitment(end.commitment, end.hostSignature, 2 * LEAF_TOKENS);
    this.#finish(end.commitment, {
      commitment: end.commitmentHex,
      hostSignature: bytesToHex(end.hostSignature),
      cachedTokens: end.cachedTokens,
    });
  }
}

/** An attempt that no host took. */
const NOTHING: PartEnd = {
  commitment: null,
  hostSignature: null,
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  costMicro: 0n,
};
