/**
 * Stand-in for llama.cpp's server, in the shapes of its API. Source: llama.cpp tools/server README at
 * v0.5.0 (`/completion`, `/props`, `/tokenize`), checked against the real one where it is installed.
 */
import { StandInModel } from './model.ts';
import { chatChunks } from './openai.ts';
import { type Body, type Reply, type StandIn, serve } from './serve.ts';

export function serveLlamaServer(): Promise<StandIn> {
  const model = new StandInModel();
  const slots: (readonly number[])[] = [[], []];
  const unsupported = { code: 501, message: 'no embeddings here', type: 'not_supported_error' };
  return serve({
    'GET /health': () => ({ body: { status: 'ok' } }),
    'GET /props': () => ({
      body: {
        default_generation_settings: { n_ctx: 2048 },
        total_slots: slots.length,
        model_path: 'model.gguf',
        chat_template: '',
        build_info: 'b0-test',
      },
    }),
    'POST /tokenize': (body) => ({
      body: { tokens: model.engine.tokenize(String(body.content), body.parse_special === true) },
    }),
    'POST /completion': (body) => complete(model, slots, body),
    'POST /v1/chat/completions': (body) => ({ lines: chatChunks(model, body) }),
    'POST /v1/embeddings': () => ({ status: 501, body: { error: unsupported } }),
  });
}

async function complete(
  model: StandInModel,
  slots: (readonly number[])[],
  body: Body,
): Promise<Reply> {
  const ids = body.prompt as readonly number[];
  if (ids.length >= 2048) {
    const message = 'the request exceeds the available context size';
    return {
      status: 400,
      body: { error: { code: 400, message, type: 'exceed_context_size_error' } },
    };
  }
  const slot = Number(body.id_slot ?? 0);
  const cached =
    body.cache_prompt === false ? 0 : Math.min(common(slots[slot]!, ids), ids.length - 1);
  slots[slot] = ids;
  const base = {
    index: 0,
    id_slot: slot,
    stop: true,
    tokens_evaluated: ids.length,
    truncated: false,
    stop_type: 'limit',
    timings: { cache_n: cached, prompt_n: ids.length - cached },
  };
  if (body.n_probs === undefined) {
    const tokens: number[] = [];
    for await (const id of model.sample(ids, Number(body.seed), Number(body.n_predict)))
      tokens.push(id);
    return { body: { ...base, content: model.engine.detokenize(tokens), tokens } };
  }
  const forced = (body.logit_bias as readonly [number, number][] | undefined)?.[0]?.[0];
  const n = Number(body.n_probs);
  const { top, logprob } = await model.next(ids, n, forced ?? 0);
  const sampled = forced ?? top[0]!.id;
  const entry = (id: number, value: number) => ({
    id,
    token: model.piece(id),
    bytes: [...new TextEncoder().encode(model.piece(id))],
    logprob: value,
  });
  const report = {
    ...entry(sampled, forced === undefined ? top[0]!.logprob : logprob),
    top_logprobs: top.map((one) => entry(one.id, one.logprob)),
  };
  return {
    body: {
      ...base,
      content: model.piece(sampled),
      tokens: [],
      completion_probabilities: [report],
    },
  };
}

function common(a: readonly number[], b: readonly number[]): number {
  let size = 0;
  while (size < a.length && size < b.length && a[size] === b[size]) size += 1;
  return size;
}
