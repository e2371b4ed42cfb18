/**
 * One question with all its choices: starts the generations, delivers their pieces whole or as a stream,
 * and closes the books. Errors before the first piece become a status; later ones an event, because the
 * status has been sent.
 */
import type { HttpResponse, Timers } from '@assay/world';
import { type RequestAccount, rateHeaders } from './accounting.ts';
import { ApiError, json } from './api-error.ts';
import type { Generation } from './generation.ts';
import { LIMITS } from './limits.ts';
import { merge } from './merge.ts';
import type { Usage } from './openai/answer.ts';
import type { TokenDelta } from './session/attempt.ts';
import { DONE, event, keptAlive, SSE_HEADERS } from './sse.ts';

/** How deltas of choice `index` become what the caller sees. */
export interface Delivery {
  /** Events before the first piece of a choice. */
  begin(index: number): readonly unknown[];
  push(index: number, delta: TokenDelta): readonly unknown[];
  /** Events that end a choice. */
  end(index: number, finish: 'stop' | 'length'): readonly unknown[];
  /** The last event of a stream, when the caller wants one. */
  usage(usage: Usage): readonly unknown[];
  /** The whole answer. */
  object(usage: Usage): unknown;
}

export interface Exchange {
  readonly account: RequestAccount;
  readonly generations: readonly Generation[];
  readonly delivery: Delivery;
  readonly headers: Readonly<Record<string, string>>;
  readonly timers: Timers;
  /** Told once, when the answer is over. */
  readonly onUsage: (usage: Usage) => void;
  /** Ends everything that is under way. */
  readonly abort: () => void;
  readonly signal: AbortSignal | undefined;
}

type Merged = AsyncGenerator<readonly [number, TokenDelta | null]>;

/** @throws ApiError before the first piece */
export async function answerWhole(exchange: Exchange): Promise<HttpResponse> {
  const { account, delivery, headers, abort, signal } = exchange;
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const [index, delta] of start(exchange)) deliver(exchange, index, delta);
  } finally {
    signal?.removeEventListener('abort', abort);
    close(exchange);
  }
  const all = { ...headers, ...rateHeaders(account.remaining) };
  return json(200, delivery.object(account.usage()), all);
}

/** @throws ApiError before the first piece */
export async function answerStream(exchange: Exchange): Promise<HttpResponse> {
  const merged = start(exchange);
  let first: IteratorResult<readonly [number, TokenDelta | null]>;
  try {
    first = await merged.next();
  } catch (cause) {
    close(exchange);
    throw cause;
  }
  const headers = { ...exchange.headers, ...rateHeaders(exchange.account.remaining) };
  const { keepAliveMs } = LIMITS;
  const stream = keptAlive(events(exchange, merged, first), exchange.timers, keepAliveMs);
  return { status: 200, headers: { ...headers, ...SSE_HEADERS }, body: new Uint8Array(0), stream };
}

async function* events(
  exchange: Exchange,
  merged: Merged,
  first: IteratorResult<readonly [number, TokenDelta | null]>,
): AsyncGenerator<Uint8Array> {
  const { account, delivery, generations, abort, signal } = exchange;
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for (let index = 0; index < generations.length; index++) {
      for (const one of delivery.begin(index)) yield event(one);
    }
    for (let turn = first; turn.done !== true; turn = await merged.next()) {
      const [index, delta] = turn.value;
      for (const one of deliver(exchange, index, delta)) yield event(one);
    }
    close(exchange);
    for (const one of delivery.usage(account.usage())) yield event(one);
    yield DONE;
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    yield event(cause.body());
  } finally {
    signal?.removeEventListener('abort', abort);
    abort();
    await merged.return(undefined);
    close(exchange);
  }
}

function start({ generations }: Exchange): Merged {
  return merge(generations.map((generation) => generation.run()));
}

function deliver(
  { delivery, generations }: Exchange,
  index: number,
  delta: TokenDelta | null,
): readonly unknown[] {
  if (delta !== null) return delivery.push(index, delta);
  const { finish } = generations[index]!;
  return delivery.end(index, finish === 'stop' ? 'stop' : 'length');
}

function close({ account, generations, onUsage }: Exchange): void {
  account.add(generations.flatMap((generation) => generation.parts.splice(0)));
  if (account.finish()) onUsage(account.usage());
}
