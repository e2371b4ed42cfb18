/** The unmodified `openai` package for Python, where it is installed (`PYTHON` names the program). */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY, MODEL, Scene } from './scene.ts';

const PYTHON = process.env.PYTHON ?? 'python3';

function isInstalled(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import openai'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const run = promisify(execFile);

describe.skipIf(!isInstalled())('openai for Python', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
    // One word of text and one call, whatever is asked.
    scene.script = (prompt) =>
      prompt.includes('get_weather')
        ? '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'
        : 'The river follows the bridge.';
  });
  afterAll(() => scene.stop());

  async function python(program: string): Promise<unknown> {
    const head = `
import json, openai
client = openai.OpenAI(base_url="${scene.url}/v1", api_key="${KEY}", max_retries=0)
messages = [{"role": "user", "content": "Tell me about the river."}]
`;
    const { stdout } = await run(PYTHON, ['-c', head + program], { timeout: 60_000 });
    return JSON.parse(stdout);
  }

  it('streams, with usage at the end', async () => {
    const said = await python(`
stream = client.chat.completions.create(model="${MODEL}", messages=messages, stream=True,
    stream_options={"include_usage": True}, max_tokens=60)
chunks = list(stream)
text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
print(json.dumps([text, chunks[-1].usage.completion_tokens > 0]))
`);
    expect(said).toEqual(['The river follows the bridge.', true]);
  });

  it('calls tools', async () => {
    const said = await python(`
tools = [{"type": "function", "function": {"name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]
answer = client.chat.completions.create(model="${MODEL}", messages=messages, tools=tools)
call = answer.choices[0].message.tool_calls[0]
print(json.dumps([answer.choices[0].finish_reason, call.function.name, call.function.arguments]))
`);
    expect(said).toEqual(['tool_calls', 'get_weather', '{"city":"Paris"}']);
  });

  it('embeds, lists models, and raises the exception that a status means', async () => {
    const said = await python(`
vectors = client.embeddings.create(model="${MODEL}", input=["a river", "a bridge"])
models = [model.id for model in client.models.list()]
try:
    client.chat.completions.create(model="none", messages=messages)
except openai.NotFoundError as error:
    code = error.code
print(json.dumps([len(vectors.data), len(vectors.data[0].embedding) > 1, models, code]))
`);
    expect(said).toEqual([2, true, [MODEL], 'model_not_found']);
  });
});
