/**
 * Answers under way: from a request that was taken to the commitment that ends it. Lines go out as
 * tokens come in; a leaf of 32 tokens is on disk before it is signed; the end is on disk before it is
 * told. A request ends exactly once, however many want to end it (the model, the client, a restart).
 */
import { bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  type AnswerChunk,
  commitTranscript,
  decodeSessionPrompt,
  encodeCommitment,
  encodeSessionLine,
  encodeSketchPart,
  encodeTranscript,
  type Finish,
  idsLeaf,
  LEAF_TOKENS,
  leafCount,
  nextChunkDigest,
  type PostedRequest,
  SALT_BYTES,
  type SessionLine,
  samplingSeed,
  sessionPrice,
  sessionRequestHash,
  signChunk,
  signCommitment,
  type Transcript,
} from '@assay/jobs';
import { type SessionConstraint, sessionPromptIds, sketchOf } from '@assay/verify';
import type { ServedModel } from './answering.ts';
import { LIMITS } from './limits.ts';
import { type AnswerRun, EmbeddingRun, GeneratingRun, tokenLogprob } from './session-answer.ts';
import type { SessionDoorDeps, SessionDoorOptions } from './session-door.ts';
import type { LiveSession, OpenRequest } from './session-live.ts';
import type { RequestEnd, RequestRecord, SessionState } from './session-record.ts';

export interface StreamTask {
  readonly posted: PostedRequest;
  readonly model: ServedModel;
  readonly constraint: SessionConstraint;
  readonly promptIds: readonly number[];
  /** The text to be embedded; null where an answer is asked for. */
  readonly input: string | null;
  readonly signal: AbortSignal | undefined;
}

/** What an ended answer consists of. */
interface Answer {
  readonly record: RequestRecord;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  readonly sketch: Uint8Array;
  readonly salts: readonly Uint8Array[];
  readonly text: string;
  readonly finish: Finish;
  readonly cachedTokens: number;
}

export class SessionStreams {
  readonly #deps: SessionDoorDeps;
  readonly #options: SessionDoorOptions;
  readonly #publicKey: Uint8Array;
  /** Requests under way. */
  count = 0;

  constructor(deps: SessionDoorDeps, options: SessionDoorOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(options.operatingKey);
  }

  /** Takes the index, at once, and starts the model. @returns the lines of the answer */
  begin(session: LiveSession, task: StreamTask): AsyncIterable<Uint8Array> {
    const { posted, model, promptIds } = task;
    const { request, signature, prompt, constraint } = posted;
    const requestHash = sessionRequestHash(request);
    const record = { request, signature, end: null };
    session.state = { ...session.state, lastIndex: request.index };
    const written = this.#deps.book.begin(session.state, record, {
      prompt: bytesFromUtf8(prompt),
      constraint: constraint === null ? null : bytesFromUtf8(constraint),
    });
    const run =
      task.input !== null
        ? new EmbeddingRun(model.engine, task.input)
        : new GeneratingRun(model.engine, {
            promptIds,
            params: request.params,
            seed: samplingSeed(requestHash, this.#publicKey, request.beacon),
            stop: task.constraint.stop,
            ...(task.constraint.state === null ? {} : { constraint: task.constraint.state }),
          });
    const open: OpenRequest = {
      toleranceMicro: model.manifest.thresholds.toleranceMicro,
      record,
      requestHash,
      run,
      promptIds,
      emitted: 0,
      shown: 0,
      sketches: [],
      salts: [],
      ending: null,
      grace: null,
    };
    session.open.set(request.index, open);
    this.count += 1;
    session.tell();
    return this.#stream(session, open, { task, written });
  }

  async *#stream(
    session: LiveSession,
    open: OpenRequest,
    { task, written }: { readonly task: StreamTask; readonly written: Promise<void> },
  ): AsyncGenerator<Uint8Array> {
    const { requestHash, promptIds, run } = open;
    try {
      const promptTokens = promptIds.length;
      const told = task.posted.promptIds === true ? { promptIds } : {};
      yield line({ type: 'accepted', requestHash, promptTokens, ...told });
      yield* this.#lines(session, open, task);
      await written;
      if (run.failure !== null) {
        this.#deps.log.error('a session answer failed', { cause: run.failure });
        yield line({ type: 'error', code: 'host/engine', message: 'the model failed' });
        return;
      }
      if (open.ending !== null) return;
      const { commitment, hostSignature, cachedTokens } = await this.#end(session, open, {
        count: run.tokens.length,
        finish: run.finish ?? 'cancel',
      });
      const { finish } = commitment;
      yield line({
        type: 'end',
        finish,
        cachedTokens,
        commitment: encodeCommitment(commitment),
        signature: hostSignature,
      });
    } finally {
      this.#leave(session, open);
    }
  }

  async *#lines(
    session: LiveSession,
    open: OpenRequest,
    { posted, model }: StreamTask,
  ): AsyncGenerator<Uint8Array> {
    const { run } = open;
    const { clock } = this.#deps.world;
    let digest: Uint8Array = open.requestHash;
    let nextLineMs = 0;
    for (;;) {
      await run.beyond(open.emitted);
      const leafEnd = (Math.floor(open.emitted / LEAF_TOKENS) + 1) * LEAF_TOKENS;
      await this.#gathered(run, leafEnd, nextLineMs - clock.nowMs());
      if (open.ending !== null || run.failure !== null) return;
      const end = Math.min(run.tokens.length, leafEnd);
      if (end > open.emitted) {
        await this.#paid(session, open);
        if (open.ending !== null) return;
        const made = run.tokens.slice(open.emitted, end);
        const text = run.text.slice(open.shown, made.at(-1)!.textEnd);
        open.emitted = end;
        open.shown += text.length;
        nextLineMs = clock.nowMs() + LIMITS.sessionLineMs;
        const { logprobs } = posted;
        yield line({
          type: 'tokens',
          ids: made.map(({ score }) => score.id),
          text,
          logprobs:
            logprobs === null
              ? null
              : made.map(({ score }) => tokenLogprob(model.engine, score, logprobs)),
        });
        if (end === leafEnd) {
          digest = await this.#signLeaf(session, open, digest);
          const chunk = end / LEAF_TOKENS;
          const signed = { requestHash: open.requestHash, chunk, tokens: end, digest };
          yield line({ type: 'chunk', chunk, tokens: end, signature: this.#sign(signed) });
        }
      }
      if (!run.isOver || open.emitted < run.tokens.length) continue;
      // What was held back for a stop text that did not come.
      const text = run.text.slice(open.shown);
      open.shown += text.length;
      if (text !== '') yield line({ type: 'tokens', ids: [], text, logprobs: null });
      return;
    }
  }

  /** Resolves when `count` tokens are there, when no more will come, or when the time is over. */
  async #gathered(run: AnswerRun, count: number, waitMs: number): Promise<void> {
    if (waitMs <= 0 || run.tokens.length >= count || run.isOver) return;
    await new Promise<void>((done) => {
      const timer = this.#deps.world.timers.after(waitMs, done);
      void run.beyond(count - 1).then(() => {
        timer.cancel();
        done();
      });
    });
  }

  #sign(chunk: AnswerChunk): Uint8Array {
    return signChunk(chunk, this.#options.chainId, this.#options.operatingKey);
  }

  /** Puts the leaf that just became full on disk. @returns the digest with it */
  async #signLeaf(
    session: LiveSession,
    open: OpenRequest,
    digest: Uint8Array,
  ): Promise<Uint8Array> {
    const leaf = open.emitted / LEAF_TOKENS - 1;
    const tokens = open.run.tokens.slice(leaf * LEAF_TOKENS, open.emitted);
    const scores = tokens.map(({ score }) => score);
    const ids = scores.map(({ id }) => id);
    const salt = this.#deps.world.random.bytes(SALT_BYTES);
    open.salts.push(salt);
    const sketch = sketchOf(scores, open.toleranceMicro);
    open.sketches.push(sketch);
    const stored = { ids, sketch, salt };
    await this.#deps.book.putLeaf(session.terms.id, open.record.request.index, leaf, stored);
    return nextChunkDigest(digest, idsLeaf(leaf, ids));
  }

  /** Waits while too much of the session is unpaid; a client that never pays is left. */
  async #paid(session: LiveSession, open: OpenRequest): Promise<void> {
    const { timers, clock } = this.#deps.world;
    const endMs = clock.nowMs() + LIMITS.sessionVoucherWaitMs;
    while (session.unpaidMicro() > session.unpaidMicroMax() && open.ending === null) {
      const leftMs = endMs - clock.nowMs();
      if (leftMs <= 0) {
        await this.stop(session, open, open.emitted);
        return;
      }
      const done = new AbortController();
      await Promise.race([session.news(), timers.sleep(leftMs, done.signal)]);
      done.abort();
    }
  }

  // ---- the end ----------------------------------------------------------------------------------

  /** The client has enough: ends the answer after `tokens` of what was given out. */
  async stop(session: LiveSession, open: OpenRequest, tokens: number): Promise<void> {
    const signedTokens = open.salts.length * LEAF_TOKENS;
    const count = Math.min(open.emitted, Math.max(tokens, signedTokens));
    const { finish, tokens: made } = open.run;
    const isWhole = finish !== null && finish !== 'cancel' && count === made.length;
    await this.#end(session, open, { count, finish: isWhole ? finish : 'cancel' });
  }

  /** The connection is gone. When the answer has not ended, somebody may still say how far it got. */
  #leave(session: LiveSession, open: OpenRequest): void {
    if (open.ending !== null) return;
    open.run.cancel();
    open.grace = this.#deps.world.timers.after(LIMITS.sessionStopGraceMs, () => {
      this.stop(session, open, open.emitted).catch((cause) => {
        this.#deps.log.error('an answer could not be ended', { cause });
      });
    });
  }

  #end(
    session: LiveSession,
    open: OpenRequest,
    { count, finish }: { readonly count: number; readonly finish: Finish },
  ): Promise<RequestEnd> {
    open.ending ??= this.#endOnce(session, open, count, finish);
    return open.ending;
  }

  async #endOnce(
    session: LiveSession,
    open: OpenRequest,
    count: number,
    finish: Finish,
  ): Promise<RequestEnd> {
    const { record, run, promptIds } = open;
    open.grace?.cancel();
    run.cancel();
    const tokens = run.tokens.slice(0, count);
    const scores = tokens.map(({ score }) => score);
    while (open.salts.length < leafCount(count)) {
      open.salts.push(this.#deps.world.random.bytes(SALT_BYTES));
    }
    const { index } = record.request;
    const change = (costMicro: bigint): SessionState => {
      session.open.delete(index);
      this.count -= 1;
      session.state = {
        ...session.state,
        deliveredMicro: session.state.deliveredMicro + costMicro,
      };
      return session.state;
    };
    const answer = {
      record,
      promptIds,
      outputIds: scores.map(({ id }) => id),
      sketch: concatBytes(
        ...open.sketches,
        sketchOf(scores.slice(open.sketches.length * LEAF_TOKENS), open.toleranceMicro),
      ),
      salts: open.salts,
      text: run.text.slice(0, count === open.emitted ? open.shown : (tokens.at(-1)?.textEnd ?? 0)),
      finish,
      cachedTokens: run.cachedTokens,
    };
    const end = await this.#write(session.terms.prices, answer, change);
    session.tell();
    return end;
  }

  /** Commits, signs, and writes: after this no other answer to the request exists. */
  async #write(
    prices: LiveSession['terms']['prices'],
    answer: Answer,
    change: (costMicro: bigint) => SessionState,
  ): Promise<RequestEnd> {
    const { record, promptIds, outputIds, cachedTokens } = answer;
    const { request } = record;
    const { chainId, operatingKey } = this.#options;
    const requestHash = sessionRequestHash(request);
    const transcript: Transcript = {
      requestHash,
      model: request.model,
      seed: samplingSeed(requestHash, this.#publicKey, request.beacon),
      finish: answer.finish,
      promptIds,
      outputIds,
      sketch: answer.sketch,
      salts: answer.salts,
      text: answer.text,
    };
    const nowSecs = Math.floor(this.#deps.world.clock.nowMs() / 1000);
    const commitment = commitTranscript(transcript, nowSecs);
    const usage = { promptTokens: promptIds.length, cachedTokens, outputTokens: outputIds.length };
    // An answer of nothing costs nothing: the model may not even have read the prompt.
    const isEmpty = outputIds.length === 0 && answer.text === '';
    const costMicro = isEmpty ? 0n : sessionPrice(prices, usage);
    const hostSignature = signCommitment(commitment, chainId, operatingKey);
    const content = [encodeTranscript(transcript), encodeSketchPart(transcript)] as const;
    const sketchHash = sha256(content[1]);
    const end: RequestEnd = { commitment, hostSignature, sketchHash, cachedTokens, costMicro };
    await this.#deps.book.end(change(costMicro), { ...record, end }, content);
    return end;
  }

  // ---- after a restart --------------------------------------------------------------------------

  /** Ends what was under way when the process was killed, with the leaves that were signed. */
  async recover(): Promise<void> {
    const { book, chain, log } = this.#deps;
    for (const session of book.sessions()) {
      const from = session.voucher?.voucher.requests ?? 0n;
      for (const record of [...book.requests(session.id, from, session.lastIndex)]) {
        if (record.end !== null) continue;
        const terms = await chain.session(session.id);
        const model = this.#deps.models.get(bytesToHex(record.request.model));
        const blob = book.prompt(record.request.promptHash);
        const prompt = blob === null ? null : decodeSessionPrompt(blob);
        if (terms === null || model === undefined || !prompt?.ok) {
          log.error('an answer under way cannot be ended', { session: session.id });
          continue;
        }
        await this.#endFromDisk(record, model, {
          prices: terms.prices,
          promptIds: sessionPromptIds(model.engine, prompt.value),
        });
      }
    }
  }

  async #endFromDisk(
    record: RequestRecord,
    { engine }: ServedModel,
    { prices, promptIds }: Pick<Answer, 'promptIds'> & Pick<LiveSession['terms'], 'prices'>,
  ): Promise<void> {
    const { sessionId, index } = record.request;
    const { book, log } = this.#deps;
    const leaves = book.leaves(sessionId, index);
    const outputIds = leaves.flatMap(({ ids }) => ids);
    const sketch = concatBytes(...leaves.map((leaf) => leaf.sketch));
    const answer: Answer = {
      record,
      promptIds,
      outputIds,
      sketch,
      salts: leaves.map(({ salt }) => salt),
      text: engine.detokenize(outputIds),
      finish: 'cancel',
      cachedTokens: 0,
    };
    await this.#write(prices, answer, (costMicro) => {
      const state = book.session(sessionId)!;
      return { ...state, deliveredMicro: state.deliveredMicro + costMicro };
    });
    log.info('an answer under way was ended', { session: sessionId, index });
  }
}

function line(of: SessionLine): Uint8Array {
  return bytesFromUtf8(encodeSessionLine(of));
}
