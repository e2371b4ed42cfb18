/** The unmodified `openai` package against gateway, host and chain: everything a program may ask. */
import { FakeEngine } from '@assay/engine';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODEL, Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(() => scene.stop());
beforeEach(() => {
  scene.script = () => null;
});

const QUESTION = [{ role: 'user' as const, content: 'Tell me about the river.' }];
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

describe('chat.completions.create', () => {
  it('answers, with usage and cost', async () => {
    const { data, response } = await scene
      .client()
      .chat.completions.create({ model: MODEL, messages: QUESTION, max_tokens: 40 })
      .withResponse();
    const [choice] = data.choices;
    expect(choice!.message.content!.length).toBeGreaterThan(0);
    expect(['stop', 'length']).toContain(choice!.finish_reason);
    expect(data.object).toBe('chat.completion');
    const usage = data.usage as typeof data.usage & { cost: number };
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(usage.cost).toBeGreaterThan(0);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('x-assay-receipt')).toMatch(/^req_/);
  });

  it('streams the same text that it answers whole', async () => {
    scene.script = () => 'The river follows the old bridge.';
    const stream = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null = null;
    let usage: unknown = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('The river follows the old bridge.');
    expect(finish).toBe('stop');
    expect(usage).toMatchObject({ completion_tokens: expect.any(Number) });
  });

  it('gives several choices, each its own', async () => {
    const answer = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      n: 3,
      max_tokens: 20,
      temperature: 2,
    });
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(answer.choices.map(({ message }) => message.content)).size).toBe(3);
  });

  it('streams several choices at once', async () => {
    const stream = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      n: 2,
      max_tokens: 10,
      stream: true,
    });
    const finished = new Set<number>();
    for await (const chunk of stream) {
      for (const choice of chunk.choices) if (choice.finish_reason) finished.add(choice.index);
    }
    expect([...finished].sort()).toEqual([0, 1]);
  });

  it('ends before a stop text', async () => {
    scene.script = () => 'The river. And more.';
    const answer = await scene
      .client()
      .chat.completions.create({ model: MODEL, messages: QUESTION, stop: '.' });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'The river' },
    });
  });

  it('reports logprobs', async () => {
    const answer = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      max_tokens: 5,
      logprobs: true,
      top_logprobs: 2,
    });
    const content = answer.choices[0]!.logprobs!.content!;
    expect(content.length).toBeGreaterThan(0);
    for (const token of content) {
      expect(token.top_logprobs).toHaveLength(2);
      expect(token.logprob).toBeLessThanOrEqual(0);
      expect(token.bytes).not.toBeNull();
    }
  });

  it('ends at the limit', async () => {
    scene.script = () => 'The river follows the old bridge and the river.';
    const answer = await scene
      .client()
      .chat.completions.create({ model: MODEL, messages: QUESTION, max_completion_tokens: 3 });
    expect(answer.choices[0]!.finish_reason).toBe('length');
    expect(answer.usage!.completion_tokens).toBe(3);
  });

  it('takes conversations with every role and content in parts', async () => {
    const answer = await scene.client().chat.completions.create({
      model: MODEL,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello.' }] },
        { role: 'assistant', content: 'Hello!' },
        { role: 'user', content: 'Go on.' },
      ],
      max_tokens: 5,
    });
    expect(answer.choices).toHaveLength(1);
  });
});

describe('tools', () => {
  const call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>';

  it('a call comes back as one, and its result goes in', async () => {
    scene.script = (prompt) => (prompt.includes('<tool_response>') ? 'It is warm.' : call);
    const messages = [{ role: 'user' as const, content: 'How warm is Paris?' }];
    const first = await scene
      .client()
      .chat.completions.create({ model: MODEL, messages, tools: [WEATHER] });
    const { message, finish_reason } = first.choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    const [made] = message.tool_calls!;
    if (made?.type !== 'function') throw new Error('no function call');
    expect(made.function.name).toBe('get_weather');
    expect(JSON.parse(made.function.arguments)).toEqual({ city: 'Paris' });
    const second = await scene.client().chat.completions.create({
      model: MODEL,
      messages: [...messages, message, { role: 'tool', tool_call_id: made.id, content: '21 C' }],
      tools: [WEATHER],
    });
    expect(second.choices[0]!.message.content).toBe('It is warm.');
  });

  it('calls are streamed behind the text before them', async () => {
    scene.script = () => `I look. ${call}`;
    const stream = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      tools: [WEATHER],
      stream: true,
    });
    let text = '';
    let name = '';
    let json = '';
    let finish: string | null = null;
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      text += choice?.delta.content ?? '';
      for (const piece of choice?.delta.tool_calls ?? []) {
        name += piece.function?.name ?? '';
        json += piece.function?.arguments ?? '';
      }
      finish = choice?.finish_reason ?? finish;
    }
    expect(text.trim()).toBe('I look.');
    expect(name).toBe('get_weather');
    expect(JSON.parse(json)).toEqual({ city: 'Paris' });
    expect(finish).toBe('tool_calls');
  });

  it('a tool that must be called is called, whatever the model would say', async () => {
    const parameters = {
      type: 'object',
      properties: { city: { enum: ['Paris', 'Rome'] } },
      required: ['city'],
      additionalProperties: false,
    };
    const answer = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    const [made] = answer.choices[0]!.message.tool_calls ?? [];
    if (made?.type !== 'function') throw new Error(JSON.stringify(answer.choices[0]));
    expect(JSON.parse(made.function.arguments)).toEqual({
      city: expect.stringMatching(/^(Paris|Rome)$/),
    });
  });
});

describe('JSON', () => {
  it('an answer fits its schema', async () => {
    const answer = await scene.client().chat.completions.create({
      model: MODEL,
      messages: QUESTION,
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'fact',
          schema: {
            type: 'object',
            properties: { sure: { type: 'boolean' }, kind: { enum: ['river', 'bridge'] } },
            required: ['sure', 'kind'],
            additionalProperties: false,
          },
        },
      },
    });
    const value = JSON.parse(answer.choices[0]!.message.content!);
    expect(typeof value.sure).toBe('boolean');
    expect(['river', 'bridge']).toContain(value.kind);
  });
});

describe('completions.create', () => {
  it('goes on from a text, with echo and logprobs', async () => {
    const answer = await scene.client().completions.create({
      model: MODEL,
      prompt: 'The river',
      max_tokens: 4,
      echo: true,
      logprobs: 1,
    });
    const [choice] = answer.choices;
    expect(choice!.text.startsWith('The river')).toBe(true);
    expect(choice!.logprobs!.tokens!.length).toBe(answer.usage!.completion_tokens);
  });

  it('streams, for several prompts', async () => {
    const stream = await scene.client().completions.create({
      model: MODEL,
      prompt: ['The river', 'The bridge'],
      max_tokens: 4,
      stream: true,
    });
    const seen = new Set<number>();
    for await (const chunk of stream) for (const choice of chunk.choices) seen.add(choice.index);
    expect(seen).toEqual(new Set([0, 1]));
  });
});

describe('return_token_ids', () => {
  const engine = new FakeEngine();
  const promptIds = engine.promptIds(QUESTION);

  it('gives the ids of prompt and answer, which spell what was said', async () => {
    const ask = { model: MODEL, messages: QUESTION, max_tokens: 6, return_token_ids: true };
    const answer = (await scene.client().chat.completions.create(ask)) as unknown as {
      prompt_token_ids: number[];
      choices: { token_ids: number[]; message: { content: string } }[];
    };
    expect(answer.prompt_token_ids).toEqual(promptIds);
    const [choice] = answer.choices;
    expect(engine.detokenize(choice!.token_ids)).toBe(choice!.message.content);
    const text = { model: MODEL, prompt: 'The river', max_tokens: 6, return_token_ids: true };
    const [plain] = (await scene.client().completions.create(text)).choices as unknown as {
      text: string;
      token_ids: number[];
    }[];
    expect(engine.detokenize(plain!.token_ids)).toBe(plain!.text);
  });

  it('streams them, those of the prompt once', async () => {
    const ask = { model: MODEL, messages: QUESTION, max_tokens: 6, return_token_ids: true };
    const stream = await scene.client().chat.completions.create({ ...ask, stream: true });
    let text = '';
    const ids: number[] = [];
    const prompts: unknown[] = [];
    for await (const chunk of stream) {
      const said = chunk as unknown as {
        prompt_token_ids?: number[];
        choices: { token_ids?: number[] }[];
      };
      text += chunk.choices[0]?.delta.content ?? '';
      ids.push(...(said.choices[0]?.token_ids ?? []));
      if (said.prompt_token_ids !== undefined) prompts.push(said.prompt_token_ids);
    }
    expect(engine.detokenize(ids)).toBe(text);
    expect(prompts).toEqual([promptIds]);
  });
});

describe('embeddings.create', () => {
  it('gives a vector per input, equal for equal texts, and prices the tokens read', async () => {
    const input = ['The river', 'The bridge', 'The river'];
    const { data, response } = await scene
      .client()
      .embeddings.create({ model: MODEL, input })
      .withResponse();
    const [first, other, again] = data.data.map(({ embedding }) => embedding);
    expect(first!.length).toBeGreaterThan(1);
    expect(first!.every(Number.isFinite)).toBe(true);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const [expected] = (await new FakeEngine().embed(['The river'])).vectors;
    for (const [i, value] of expected!.entries()) expect(first![i]).toBeCloseTo(value, 6);
    expect(data.usage).toMatchObject({ prompt_tokens: data.usage.total_tokens });
    const id = response.headers.get('x-assay-receipt');
    const receipt = (await scene.get(`/v1/receipts/${id}`)).json;
    expect(receipt.parts).toHaveLength(3);
    // 10 micro-STX per token read.
    expect(receipt.cost_micro_stx).toBe(String(10 * data.usage.prompt_tokens));
    expect(receipt.parts[0].commitment).not.toBeNull();
  });

  it('more inputs than run at once all come back, in order', async () => {
    const input = Array.from({ length: 40 }, (_, i) => `number ${i}`);
    const { data } = await scene.client().embeddings.create({ model: MODEL, input });
    expect(data.map(({ index }) => index)).toEqual(input.map((_, i) => i));
    const [last] = (await new FakeEngine().embed(['number 39'])).vectors;
    expect(data[39]!.embedding[0]).toBeCloseTo(last![0]!, 6);
  });

  it.each([
    ['an empty text', { input: '' }],
    ['token ids', { input: [1, 2] }],
    ['a size of its own', { input: 'a', dimensions: 8 }],
  ])('%s is refused', async (_what, body) => {
    const doomed = scene.client().embeddings.create({ model: MODEL, ...body });
    await expect(doomed).rejects.toMatchObject({ status: 400 });
  });
});

describe('models', () => {
  it('are listed with prices, and found by name', async () => {
    const list = await scene.client().models.list();
    expect(list.data.map(({ id }) => id)).toEqual([MODEL]);
    const one = await scene.client().models.retrieve(MODEL);
    expect(one).toMatchObject({ id: MODEL, pricing: { prompt: '0.00001', completion: '0.00005' } });
  });
});
