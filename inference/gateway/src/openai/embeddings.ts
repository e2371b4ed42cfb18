/** `POST /v1/embeddings`. Source: OpenAI API reference, create embeddings. */
import { decodeVector } from '@assay/jobs';
import { ApiError, unsupported } from '../api-error.ts';
import type { Delivery } from '../exchange.ts';
import { LIMITS } from '../limits.ts';
import type { TokenDelta } from '../session/attempt.ts';
import type { Envelope, Usage } from './answer.ts';
import { Fields, type Json } from './fields.ts';
import type { Question } from './request.ts';

export interface EmbeddingRequest {
  /** One per input. */
  readonly questions: readonly Question[];
  readonly encoding: 'float' | 'base64';
}

/** Nothing is drawn; one token is the least that a request may name. */
const PARAMS = { temperatureMicro: 0, topPMicro: 1_000_000, topK: 1, maxTokens: 1 };

/** @throws ApiError */
export function readEmbeddingRequest(body: Json): EmbeddingRequest {
  const fields = new Fields(body);
  const model = fields.required('model', 256);
  const inputs = readInputs(fields);
  const encoding = fields.text('encoding_format', 16) ?? 'float';
  if (encoding !== 'float' && encoding !== 'base64') {
    throw fields.fault('encoding_format', "'float' or 'base64'");
  }
  if (fields.has('dimensions')) {
    throw unsupported(
      'dimensions',
      "'dimensions' is not supported: vectors come as the model makes them.",
    );
  }
  const cacheKey = fields.text('user', LIMITS.headerCharsMax);
  fields.end();
  const common = {
    model,
    params: PARAMS,
    stop: [],
    topLogprobs: null,
    tokenIds: false,
    seed: null,
    schema: null,
  };
  const questions = inputs.map((input) => ({ ...common, cacheKey, content: { input } }));
  return { questions, encoding };
}

function readInputs(fields: Fields): readonly string[] {
  const value = fields.raw('input');
  const list = typeof value === 'string' ? [value] : value;
  const isInput = (one: unknown): one is string => typeof one === 'string' && one !== '';
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    list.length > LIMITS.inputsMax ||
    !list.every(isInput)
  ) {
    const rule = `a text or 1 to ${LIMITS.inputsMax} texts, none empty (token ids are not taken)`;
    throw fields.fault('input', rule);
  }
  return list;
}

/** Collects the vector of each input; there is no stream. */
export class EmbeddingDelivery implements Delivery {
  readonly #envelope: Envelope;
  readonly #encoding: EmbeddingRequest['encoding'];
  readonly #texts: string[];

  constructor(envelope: Envelope, { questions, encoding }: EmbeddingRequest) {
    this.#envelope = envelope;
    this.#encoding = encoding;
    this.#texts = questions.map(() => '');
  }

  begin(): readonly unknown[] {
    return [];
  }

  push(index: number, { text }: TokenDelta): readonly unknown[] {
    this.#texts[index] += text;
    return [];
  }

  end(): readonly unknown[] {
    return [];
  }

  usage(): readonly unknown[] {
    return [];
  }

  /** @throws ApiError 500 when a host signed what is no vector */
  object({ inputTokens, costMicro }: Usage): unknown {
    return {
      object: 'list',
      data: this.#texts.map((text, index) => {
        const vector = decodeVector(text);
        if (vector === null) throw NO_VECTOR;
        const embedding = this.#encoding === 'base64' ? text : vector;
        return { object: 'embedding', index, embedding };
      }),
      model: this.#envelope.model,
      usage: {
        prompt_tokens: inputTokens,
        total_tokens: inputTokens,
        cost: Number(costMicro) / 1e6,
        cost_micro_stx: String(costMicro),
      },
    };
  }
}

const NO_VECTOR = new ApiError(500, 'server_error', 'no_vector', 'The host sent no vector.');
