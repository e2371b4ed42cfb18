/**
 * Stand-ins for vLLM and for a plain OpenAI-compatible server, in the shapes of their APIs.
 * Source: vLLM `vllm/entrypoints/openai/completion/protocol.py`, `serving.py`; OpenAI API reference.
 */
import { StandInModel } from './model.ts';
import { type Body, type Reply, type StandIn, serve } from './serve.ts';

export interface OpenAiDials {
  /** vLLM's additions: ids for names, prompt logprobs, /tokenize, max_model_len. */
  readonly vllm: boolean;
  /** The most `logprobs` taken. */
  readonly logprobsMax?: number;
  /** No /v1/completions at all: chat only. */
  readonly chatOnly?: boolean;
  /** Pretends to read text with another tokenizer. */
  readonly foreignTokens?: boolean;
  readonly apiKey?: string;
}

const MODEL_NAME = 'stand-in';

export function serveOpenAi(dials: OpenAiDials): Promise<StandIn> {
  const model = new StandInModel();
  const guarded =
    (route: (body: Body) => Promise<Reply> | Reply) =>
    (body: Body, request: { headers: ReadonlyMap<string, string> }): Promise<Reply> | Reply => {
      const given = request.headers.get('authorization');
      if (dials.apiKey !== undefined && given !== `Bearer ${dials.apiKey}`) {
        return { status: 401, body: { error: { message: `bad key ${given}` } } };
      }
      return route(body);
    };
  const chat = guarded((body) => ({ lines: chatChunks(model, body) }));
  const routes = {
    'GET /v1/models': guarded(() => ({ body: { object: 'list', data: [modelCard(dials)] } })),
    'POST /v1/chat/completions': chat,
    ...(dials.chatOnly
      ? {}
      : { 'POST /v1/completions': guarded((b) => complete(model, dials, b)) }),
    ...(dials.vllm ? { 'POST /tokenize': guarded((b) => tokens(model, dials, b)) } : {}),
    ...(dials.vllm ? {} : { 'POST /v1/embeddings': guarded((b) => embeddings(model, b)) }),
  };
  return serve(routes);
}

function modelCard(dials: OpenAiDials) {
  const card = { id: MODEL_NAME, object: 'model', created: 1, owned_by: 'test' };
  return dials.vllm ? { ...card, max_model_len: 2048, root: MODEL_NAME } : card;
}

function tokens(model: StandInModel, dials: OpenAiDials, body: Body): Reply {
  const ids = model.engine.tokenize(String(body.prompt));
  const told = dials.foreignTokens ? ids.map((id) => id + 1) : ids;
  return { body: { count: told.length, max_model_len: 2048, tokens: told, token_strs: null } };
}

const KNOWN = new Set(['model', 'prompt', 'max_tokens', 'temperature', 'logprobs', 'seed', 'stop']);
const VLLM_KNOWN = new Set([
  ...KNOWN,
  ...['prompt_logprobs', 'return_tokens_as_token_ids', 'return_token_ids', 'cache_salt'],
  'logprob_token_ids',
]);

function refuse(message: string): Reply {
  return { status: 400, body: { error: { message, type: 'BadRequestError', code: 400 } } };
}

async function complete(model: StandInModel, dials: OpenAiDials, body: Body): Promise<Reply> {
  const known = dials.vllm ? VLLM_KNOWN : KNOWN;
  const unknown = Object.keys(body).find((key) => !known.has(key));
  if (unknown !== undefined) return refuse(`Unrecognized request argument supplied: ${unknown}`);
  const ids = body.prompt as readonly number[];
  const most = dials.logprobsMax ?? (dials.vllm ? 20 : 5);
  const wanted = Math.max(Number(body.logprobs ?? 0), Number(body.prompt_logprobs ?? 0));
  if (wanted > most) return refuse(`Requested sample logprobs of ${wanted}, greater than ${most}`);
  const named = body.logprob_token_ids as readonly number[] | undefined;
  if (named !== undefined && named.length > 128) {
    return refuse(`Requested logprob_token_ids of length ${named.length}, greater than 128`);
  }
  if (ids.length + 1 > 2048) return refuse("This model's maximum context length is 2048 tokens");
  const { top: likeliest } = await model.next(ids, Math.max(1, Number(body.logprobs ?? 0)));
  const first = likeliest[0]!;
  const top = named === undefined ? likeliest : await namedTokens(model, ids, [first.id, ...named]);
  const name = (id: number) =>
    body.return_tokens_as_token_ids === true ? `token_id:${id}` : model.piece(id) || '<end>';
  const logprobs =
    body.logprobs === undefined
      ? null
      : {
          text_offset: [0],
          tokens: [name(first.id)],
          token_logprobs: [first.logprob],
          top_logprobs: [Object.fromEntries(top.map((one) => [name(one.id), one.logprob]))],
        };
  const choice = {
    index: 0,
    text: model.piece(first.id),
    logprobs,
    finish_reason: 'length',
    ...(dials.vllm ? { stop_reason: null } : {}),
    ...(body.return_token_ids === true ? { token_ids: [first.id], prompt_token_ids: ids } : {}),
    ...(body.prompt_logprobs === undefined
      ? {}
      : { prompt_logprobs: await promptLogprobs(model, ids, Number(body.prompt_logprobs)) }),
  };
  const usage = { prompt_tokens: ids.length, completion_tokens: 1, total_tokens: ids.length + 1 };
  return {
    body: { id: 'cmpl-1', object: 'text_completion', model: MODEL_NAME, choices: [choice], usage },
  };
}

/** The sampled token, and the named ones, whatever their rank. */
async function namedTokens(model: StandInModel, ids: readonly number[], named: readonly number[]) {
  const found: { readonly id: number; readonly logprob: number }[] = [];
  for (const id of new Set(named)) {
    const { logprob } = await model.next(ids, 1, id);
    found.push({ id, logprob: logprob! });
  }
  return found;
}

/** Null first; then the likeliest and the token itself, by id, in no order anybody may rely on. */
async function promptLogprobs(model: StandInModel, ids: readonly number[], topK: number) {
  const all: unknown[] = [null];
  for (let i = 1; i < ids.length; i++) {
    const { top, logprob } = await model.next(ids.slice(0, i), topK, ids[i]!);
    const entries = top.map((one, rank) => [one.id, one.logprob, rank + 1] as const);
    const own = entries.some(([id]) => id === ids[i]) ? [] : [[ids[i]!, logprob, 99] as const];
    all.push(
      Object.fromEntries(
        [...own, ...entries].map(([id, value, rank]) => [
          String(id),
          { logprob: value, rank, decoded_token: model.piece(id) },
        ]),
      ),
    );
  }
  return all;
}

async function* chatChunks(model: StandInModel, body: Body): AsyncIterable<string> {
  const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  const chunk = (delta: unknown, reason: string | null = null) =>
    event({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      model: MODEL_NAME,
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
  const messages = body.messages as readonly { role: 'user'; content: string }[];
  const ids = model.engine.promptIds(messages);
  yield chunk({ role: 'assistant', content: '' });
  const tools = body.tools as readonly { function: { name: string } }[] | undefined;
  let count = 0;
  let reason = 'length';
  if (tools !== undefined) {
    reason = 'tool_calls';
    const { name } = tools[0]!.function;
    const call = (part: unknown) => chunk({ tool_calls: [{ index: 0, ...(part as object) }] });
    yield call({ id: 'call_1', type: 'function', function: { name, arguments: '' } });
    yield call({ function: { arguments: '{"place":' } });
    yield call({ function: { arguments: '"Oslo"}' } });
  } else {
    for await (const id of model.sample(
      ids,
      Number(body.seed ?? 1),
      Number(body.max_tokens ?? 16),
    )) {
      count += 1;
      if (model.engine.info.eosIds.includes(id)) reason = 'stop';
      else yield chunk({ content: model.piece(id) });
    }
  }
  yield chunk({}, reason);
  const usage = { prompt_tokens: ids.length, completion_tokens: count, total_tokens: 0 };
  yield event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage });
  yield 'data: [DONE]\n\n';
}

async function embeddings(model: StandInModel, body: Body): Promise<Reply> {
  const { vectors, promptTokens } = await model.engine.embed(body.input as readonly string[]);
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
  // In any order: the index says which is which.
  return { body: { object: 'list', data: data.reverse(), usage: { prompt_tokens: promptTokens } } };
}

export { chatChunks };
