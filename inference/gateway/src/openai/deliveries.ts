/** The two endpoints as deliveries: chat messages, and plain text. */
import type { TokenLogprob } from '@assay/jobs';
import type { Delivery } from '../exchange.ts';
import type { TokenDelta } from '../session/attempt.ts';
import {
  type ChoicePiece,
  ChoiceWriter,
  chatFinishEvent,
  chatIdsEvent,
  chatObject,
  chatPieceEvent,
  chatRoleEvent,
  chatUsageEvent,
  completionObject,
  type Envelope,
  type FinishReason,
  type IdsOf,
  type Usage,
} from './answer.ts';
import type { ToolUse } from './chat.ts';

interface ChatState {
  readonly ids: TokenIds | null;
  readonly writer: ChoiceWriter;
  readonly pieces: ChoicePiece[];
  reason: FinishReason;
}

export class ChatDelivery implements Delivery {
  readonly #envelope: Envelope;
  readonly #choices: readonly ChatState[];
  readonly #includeUsage: boolean;

  constructor(
    envelope: Envelope,
    options: {
      readonly choices: number;
      readonly tools: ToolUse | null;
      readonly tokenIds: boolean;
      readonly includeUsage: boolean;
      readonly callId: () => string;
    },
  ) {
    this.#envelope = envelope;
    this.#includeUsage = options.includeUsage;
    this.#choices = Array.from({ length: options.choices }, () => ({
      ids: options.tokenIds ? new TokenIds() : null,
      writer: new ChoiceWriter(options.tools, options.callId),
      pieces: [],
      reason: 'stop',
    }));
  }

  begin(index: number): readonly unknown[] {
    return [chatRoleEvent(this.#envelope, index)];
  }

  push(index: number, delta: TokenDelta): readonly unknown[] {
    const { ids, writer } = this.#choices[index]!;
    ids?.push(delta);
    const events = this.#keep(index, writer.push(delta.text, delta.logprobs));
    return ids === null ? events : [...events, chatIdsEvent(this.#envelope, index, delta)];
  }

  end(index: number, finish: 'stop' | 'length'): readonly unknown[] {
    const choice = this.#choices[index]!;
    const { pieces, reason } = choice.writer.finish(finish);
    choice.reason = reason;
    return [...this.#keep(index, pieces), chatFinishEvent(this.#envelope, index, reason)];
  }

  #keep(index: number, pieces: readonly ChoicePiece[]): readonly unknown[] {
    this.#choices[index]!.pieces.push(...pieces);
    return pieces.map((piece) => chatPieceEvent(this.#envelope, index, piece));
  }

  usage(usage: Usage): readonly unknown[] {
    return this.#includeUsage ? [chatUsageEvent(this.#envelope, usage)] : [];
  }

  object(usage: Usage): unknown {
    return chatObject(this.#envelope, this.#choices, usage);
  }
}

/** Ids of a choice, for callers who check by tokens. */
class TokenIds {
  readonly output: number[] = [];
  prompt: readonly number[] | null = null;

  push({ ids, promptIds }: TokenDelta): void {
    this.output.push(...ids);
    this.prompt ??= promptIds ?? null;
  }
}

interface TextState {
  readonly ids: TokenIds | null;
  text: string;
  readonly logprobs: TokenLogprob[] | null;
  reason: 'stop' | 'length';
}

export class TextDelivery implements Delivery {
  readonly #envelope: Envelope;
  readonly #choices: readonly TextState[];
  readonly #includeUsage: boolean;
  readonly #echoes: readonly string[];

  /** @param options.echoes text that stands before each choice; empty without echo */
  constructor(
    envelope: Envelope,
    options: {
      readonly echoes: readonly string[];
      readonly wantsLogprobs: boolean;
      readonly tokenIds: boolean;
      readonly includeUsage: boolean;
    },
  ) {
    this.#envelope = envelope;
    this.#echoes = options.echoes;
    this.#includeUsage = options.includeUsage;
    this.#choices = options.echoes.map((text) => ({
      ids: options.tokenIds ? new TokenIds() : null,
      text,
      logprobs: options.wantsLogprobs ? [] : null,
      reason: 'stop',
    }));
  }

  begin(index: number): readonly unknown[] {
    const text = this.#echoes[index]!;
    return text === '' ? [] : [this.#event(index, { text, logprobs: null, reason: null })];
  }

  push(index: number, delta: TokenDelta): readonly unknown[] {
    const { text, logprobs } = delta;
    const choice = this.#choices[index]!;
    choice.ids?.push(delta);
    choice.text += text;
    choice.logprobs?.push(...(logprobs ?? []));
    const ids = choice.ids === null ? null : { output: delta.ids, prompt: delta.promptIds ?? null };
    return [this.#event(index, { text, logprobs, reason: null, ids })];
  }

  end(index: number, reason: 'stop' | 'length'): readonly unknown[] {
    this.#choices[index]!.reason = reason;
    return [this.#event(index, { text: '', logprobs: null, reason })];
  }

  #event(
    index: number,
    choice: {
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[] | null;
      readonly reason: 'stop' | 'length' | null;
      readonly ids?: IdsOf | null;
    },
  ): unknown {
    return completionObject(this.#envelope, [{ index, ...choice }], null);
  }

  usage(usage: Usage): readonly unknown[] {
    return this.#includeUsage ? [completionObject(this.#envelope, [], usage)] : [];
  }

  object(usage: Usage): unknown {
    const choices = this.#choices.map((choice, index) => ({ index, ...choice }));
    return completionObject(this.#envelope, choices, usage);
  }
}
