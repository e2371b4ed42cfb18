/** Every refusal in OpenAI's shape and status, as its SDK raises it. */
import { utf8FromBytes } from '@assay/bytes';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, KEY, MODEL, Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(() => scene.stop());

const MESSAGES = [{ role: 'user' as const, content: 'Hello.' }];
const AUTH = { authorization: `Bearer ${KEY}` };
const chat = (body: object) => scene.post('/v1/chat/completions', body, AUTH);
const good = { model: MODEL, messages: MESSAGES, max_tokens: 3 };

describe('400', () => {
  it.each([
    ['no JSON', '{', null, 'invalid_json'],
    ['no object', '[]', null, null],
    ['no model', { messages: MESSAGES }, 'model', 'missing_required_parameter'],
    ['no messages', { model: MODEL }, 'messages', 'missing_required_parameter'],
    ['empty messages', { ...good, messages: [] }, 'messages', null],
    [
      'an unknown role',
      { ...good, messages: [{ role: 'x', content: '' }] },
      'messages[0].role',
      'invalid_value',
    ],
    [
      'a picture',
      { ...good, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0]',
      'unsupported_parameter',
    ],
    [
      'no content',
      { ...good, messages: [{ role: 'user' }] },
      'messages[0].content',
      'invalid_value',
    ],
    ['an unknown field', { ...good, temprature: 1 }, 'temprature', 'unknown_parameter'],
    ['a temperature too high', { ...good, temperature: 2.1 }, 'temperature', 'invalid_value'],
    ['top_p as text', { ...good, top_p: '1' }, 'top_p', 'invalid_value'],
    ['n of zero', { ...good, n: 0 }, 'n', 'invalid_value'],
    ['half a token', { ...good, max_tokens: 1.5 }, 'max_tokens', 'invalid_value'],
    ['five stop texts', { ...good, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'invalid_value'],
    ['an empty stop text', { ...good, stop: '' }, 'stop', 'invalid_value'],
    ['a penalty', { ...good, presence_penalty: 1 }, 'presence_penalty', 'unsupported_parameter'],
    ['a bias', { ...good, logit_bias: { 5: 1 } }, 'logit_bias', 'unsupported_parameter'],
    ['top_logprobs without logprobs', { ...good, top_logprobs: 1 }, 'top_logprobs', null],
    [
      'too many top_logprobs',
      { ...good, logprobs: true, top_logprobs: 21 },
      'top_logprobs',
      'invalid_value',
    ],
    ['stream_options without stream', { ...good, stream_options: {} }, 'stream_options', null],
    [
      'a tool without a name',
      { ...good, tools: [{ type: 'function', function: {} }] },
      'tools[0].function.name',
      'missing_required_parameter',
    ],
    ['tool_choice without tools', { ...good, tool_choice: 'required' }, 'tool_choice', null],
    [
      'a tool nobody defined',
      {
        ...good,
        tools: [{ type: 'function', function: { name: 'a' } }],
        tool_choice: { type: 'function', function: { name: 'b' } },
      },
      'tool_choice',
      'invalid_value',
    ],
    [
      'an unknown format',
      { ...good, response_format: { type: 'xml' } },
      'response_format.type',
      'invalid_value',
    ],
    [
      'a schema no model can keep',
      {
        ...good,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'object', if: {} } },
        },
      },
      'response_format',
      null,
    ],
    ['sound', { ...good, modalities: ['audio'] }, 'modalities', 'unsupported_parameter'],
    [
      'a prompt beyond the context',
      { ...good, messages: [{ role: 'user', content: 'x'.repeat(3_000) }] },
      'messages',
      'context_length_exceeded',
    ],
  ])('%s', async (_what, body, param, code) => {
    const answer = await chat(body as object);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', param, code });
    expect(typeof answer.json.error.message).toBe('string');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('completions: token ids as a prompt, best_of, suffix', async () => {
    const body = { model: MODEL, prompt: 'a', max_tokens: 1 };
    for (const more of [{ prompt: [1, 2] }, { best_of: 2 }, { suffix: 'x' }]) {
      const answer = await scene.post('/v1/completions', { ...body, ...more }, AUTH);
      expect(answer.status).toBe(400);
    }
  });
});

describe('401', () => {
  it('without a key, with a wrong one, with a revoked one', async () => {
    const none = await scene.post('/v1/chat/completions', good);
    expect(none).toMatchObject({ status: 401, json: { error: { code: 'missing_api_key' } } });
    const wrong = await scene.post('/v1/chat/completions', good, {
      authorization: 'Bearer sk-assay-0000000000000000000000001234',
    });
    expect(wrong).toMatchObject({ status: 401, json: { error: { code: 'invalid_api_key' } } });
    // The message shows enough to recognise the key and too little to use it.
    expect(wrong.json.error.message).toContain('sk-assay…1234');
    const admin = { authorization: `Bearer ${ADMIN}` };
    const made = await scene.post('/admin/v1/keys', { name: 'short-lived' }, admin);
    expect(made.status).toBe(201);
    const headers = { authorization: `Bearer ${made.json.key}` };
    expect((await scene.post('/v1/chat/completions', good, headers)).status).toBe(200);
    await fetch(`${scene.url}/admin/v1/keys/${made.json.id}`, { method: 'DELETE', headers: admin });
    expect((await scene.post('/v1/chat/completions', good, headers)).status).toBe(401);
  });

  it('the SDK raises AuthenticationError', async () => {
    await expect(scene.client('sk-wrong').chat.completions.create(good)).rejects.toThrow(
      OpenAI.AuthenticationError,
    );
  });

  it('the admin door is closed without its token', async () => {
    for (const headers of [{}, AUTH, { authorization: 'Bearer x' }] as Record<string, string>[]) {
      const answer = await scene.get('/admin/v1/keys', headers);
      expect(answer).toMatchObject({
        status: 401,
        json: { error: { code: 'invalid_admin_token' } },
      });
    }
  });

  it('no listing shows a key or its hash', async () => {
    const admin = { authorization: `Bearer ${ADMIN}` };
    const made = await scene.post('/admin/v1/keys', { name: 'secret' }, admin);
    const list = JSON.stringify((await scene.get('/admin/v1/keys', admin)).json);
    expect(list).not.toContain(made.json.key);
    expect(JSON.stringify(scene.log.entries)).not.toContain(made.json.key);
  });
});

describe('403, 404, 405, 413', () => {
  it('a model the key may not use', async () => {
    const admin = { authorization: `Bearer ${ADMIN}` };
    const body = { name: 'narrow', models: ['other'] };
    const { json } = await scene.post('/admin/v1/keys', body, admin);
    const headers = { authorization: `Bearer ${json.key}` };
    const answer = await scene.post('/v1/chat/completions', good, headers);
    expect(answer).toMatchObject({ status: 403, json: { error: { code: 'model_not_allowed' } } });
  });

  it('an unknown model, path, receipt', async () => {
    const model = await chat({ ...good, model: 'nobody/0' });
    expect(model).toMatchObject({ status: 404, json: { error: { code: 'model_not_found' } } });
    await expect(
      scene.client().chat.completions.create({ ...good, model: 'nobody/0' }),
    ).rejects.toThrow(OpenAI.NotFoundError);
    expect((await scene.get('/v1/nothing')).json.error.code).toBe('unknown_url');
    expect((await scene.get('/v1/receipts/req_x')).json.error.code).toBe('receipt_not_found');
  });

  it('a GET where a POST belongs, a body too large', async () => {
    expect((await scene.get('/v1/chat/completions')).status).toBe(405);
    const large = await fetch(`${scene.url}/v1/chat/completions`, {
      method: 'POST',
      headers: AUTH,
      body: 'x'.repeat(5 * 1024 * 1024),
    }).catch(() => null);
    if (large !== null) expect(large.status).toBe(413);
  });
});

describe('429', () => {
  it('too many requests in a minute, with the time to wait', async () => {
    const admin = { authorization: `Bearer ${ADMIN}` };
    const wish = { name: 'slow', requests_per_minute: 2 };
    const { json } = await scene.post('/admin/v1/keys', wish, admin);
    const headers = { authorization: `Bearer ${json.key}` };
    const answers = [];
    for (let i = 0; i < 5; i++)
      answers.push(await scene.post('/v1/chat/completions', good, headers));
    const limited = answers.find(({ status }) => status === 429)!;
    expect(limited.json.error.code).toBe('rate_limit_exceeded');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    await expect(scene.client(json.key).chat.completions.create(good)).rejects.toThrow(
      OpenAI.RateLimitError,
    );
  });

  it('a spend cap, which no answer ever crosses', async () => {
    const admin = { authorization: `Bearer ${ADMIN}` };
    const wish = { name: 'poor', cap_micro_stx: 2_500 };
    const { json } = await scene.post('/admin/v1/keys', wish, admin);
    const headers = { authorization: `Bearer ${json.key}` };
    let refused = 0;
    for (let i = 0; i < 12; i++) {
      const { status, json: body } = await scene.post('/v1/chat/completions', good, headers);
      if (status === 200) continue;
      expect(body.error).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' });
      refused += 1;
    }
    expect(refused).toBeGreaterThan(0);
    const keys = (await scene.get('/admin/v1/keys', admin)).json.data;
    const key = keys.find((one: { id: string }) => one.id === json.id);
    expect(Number(key.spent_micro_stx)).toBeLessThanOrEqual(2_500);
    expect(key.reserved_micro_stx).toBe('0');
  });
});

describe('503', () => {
  it('no host answers, and money that was set aside comes back', async () => {
    const lonely = await Scene.start();
    await lonely.hosts[0]!.stop();
    const answer = await lonely.post('/v1/chat/completions', good, AUTH);
    expect(answer).toMatchObject({ status: 503, json: { error: { code: 'no_host_available' } } });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect((await lonely.ledger.keys())[0]).toMatchObject({ reservedMicro: 0n, spentMicro: 0n });
    await lonely.stop();
  });
});

describe('a stream that fails in the middle', () => {
  it('ends with an event that the SDK raises', async () => {
    const broken = await Scene.start();
    broken.script = () => 'The river follows the old bridge and the river. '.repeat(40);
    broken.breakOnceAfter = 4;
    broken.breaksAlways = true;
    broken.pace = () => new Promise((done) => setTimeout(done, 20));
    const stream = await broken
      .client()
      .chat.completions.create({ ...good, max_tokens: 500, stream: true });
    await expect(async () => {
      for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
    }).rejects.toThrow(/Please try again/);
    await broken.stop();
  });
});

describe('text in and out', () => {
  it('every character survives', async () => {
    const text = 'Zwölf Boxkämpfer 🥊 jagen 日本語 — “quoted” \\ \n tab\t';
    scene.script = () => text;
    const whole = await scene.client().chat.completions.create({ ...good, max_tokens: 200 });
    expect(whole.choices[0]!.message.content).toBe(text);
    const answer = await fetch(`${scene.url}/v1/chat/completions`, {
      method: 'POST',
      headers: AUTH,
      body: JSON.stringify({ ...good, max_tokens: 200, stream: true }),
    });
    const events = utf8FromBytes(new Uint8Array(await answer.arrayBuffer()))!.split('\n\n');
    expect(events.at(-2)).toBe('data: [DONE]');
    const pieces = events.slice(0, -2).map((one) => JSON.parse(one.slice('data: '.length)));
    const streamed = pieces.map((one) => one.choices[0].delta.content ?? '').join('');
    expect(streamed).toBe(text);
    scene.script = () => null;
  });
});
