/** The two endpoints as deliveries: chat messages, and plain text. */
import type { TokenLogprob } from '@assay/jobs';
import type { Delivery } from '../exchange.ts';
import type { TokenDelta } from '../session/attempt.ts';
import {
  type ChoicePiece,
  ChoiceWriter,
  chatFinishEvent,
  chatObject,
  chatPieceEvent,
  chatRoleEvent,
  chatUsageEvent,
  completionObject,
  type Envelope,
  type FinishReason,
  type Usage,
} from './answer.ts';
import type { ToolUse } from './chat.ts';

interface ChatState {
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
      readonly includeUsage: boolean;
      readonly callId: () => string;
    },
  ) {
    this.#envelope = envelope;
    this.#includeUsage = options.includeUsage;
    this.#choices = Array.from({ length: options.choices }, () => ({
      writer: new ChoiceWriter(options.tools, options.callId),
      pieces: [],
      reason: 'stop',
    }));
  }

  begin(index: number): readonly unknown[] {
    return [chatRoleEvent(this.#envelope, index)];
  }

  push(index: number, { text, logprobs }: TokenDelta): readonly unknown[] {
    return this.#keep(index, this.#choices[index]!.writer.push(text, logprobs));
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

interface TextState {
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
      readonly includeUsage: boolean;
    },
  ) {
    this.#envelope = envelope;
    this.#echoes = options.echoes;
    this.#includeUsage = options.includeUsage;
    this.#choices = options.echoes.map((text) => ({
      text,
      logprobs: options.wantsLogprobs ? [] : null,
      reason: 'stop',
    }));
  }

  begin(index: number): readonly unknown[] {
    const text = this.#echoes[index]!;
    return text === '' ? [] : [this.#event(index, { text, logprobs: null, reason: null })];
  }

  push(index: number, { text, logprobs }: TokenDelta): readonly unknown[] {
    const choice = this.#choices[index]!;
    choice.text += text;
    choice.logprobs?.push(...(logprobs ?? []));
    return [this.#event(index, { text, logprobs, reason: null })];
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
