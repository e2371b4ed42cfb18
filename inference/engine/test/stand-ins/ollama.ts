/** Stand-in for Ollama. Source: Ollama docs/api.md, api/types.go. */
import { StandInModel } from './model.ts';
import { type Body, type StandIn, serve } from './serve.ts';

export function serveOllama(): Promise<StandIn> {
  const model = new StandInModel();
  return serve({
    'GET /api/version': () => ({ body: { version: '0.12.11' } }),
    'POST /api/show': (body) =>
      body.model === 'stand-in:latest'
        ? {
            body: {
              modelfile: 'FROM /models/blobs/sha256-00',
              details: { format: 'gguf', family: 'llama', quantization_level: 'Q4_0' },
              model_info: { 'general.architecture': 'llama', 'llama.context_length': 2048 },
              capabilities: ['completion', 'tools'],
            },
          }
        : { status: 404, body: { error: `model '${body.model}' not found` } },
    'POST /api/chat': (body) => ({ lines: chat(model, body) }),
    'POST /api/embed': async (body) => {
      const { vectors, promptTokens } = await model.engine.embed(body.input as readonly string[]);
      return { body: { model: body.model, embeddings: vectors, prompt_eval_count: promptTokens } };
    },
  });
}

async function* chat(model: StandInModel, body: Body): AsyncIterable<string> {
  const line = (value: object) =>
    `${JSON.stringify({ model: body.model, created_at: '2026-01-01T00:00:00Z', ...value })}\n`;
  const options = body.options as { seed?: number; num_predict?: number };
  const messages = body.messages as readonly { role: 'user'; content: string }[];
  const ids = model.engine.promptIds(messages);
  const tools = body.tools as readonly { function: { name: string } }[] | undefined;
  let count = 0;
  let reason = 'length';
  if (tools !== undefined) {
    const call = { function: { name: tools[0]!.function.name, arguments: { place: 'Oslo' } } };
    yield line({ message: { role: 'assistant', content: '', tool_calls: [call] }, done: false });
    reason = 'stop';
  } else {
    for await (const id of model.sample(ids, options.seed ?? 1, options.num_predict ?? 16)) {
      count += 1;
      const content = model.piece(id);
      if (model.engine.info.eosIds.includes(id)) reason = 'stop';
      else yield line({ message: { role: 'assistant', content }, done: false });
    }
  }
  yield line({
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: reason,
    prompt_eval_count: ids.length,
    eval_count: count,
  });
}
