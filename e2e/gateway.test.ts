/**
 * The gateway of a devnet of real processes: the unmodified `openai` package streams an answer from a
 * host, and the receipt is verified once the host has claimed. Python's `openai` too, where it is.
 */
import { execFileSync } from 'node:child_process';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_API_KEY } from '../apps/cli/src/devnet/layout.ts';
import { assay, TestNetwork } from './network.ts';

let network: TestNetwork;
let url: string;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.until(
    'the first block',
    async () => {
      const info = await network.getJson<{ stacks_tip_height: number }>('/v2/info');
      return info !== null && info.stacks_tip_height > 0;
    },
    180_000,
  );
  await network.hostServes();
  network.supervisor.start(network.layout.gateway);
  url = `http://127.0.0.1:${network.layout.options.ports.gateway}`;
  await network.until(
    'the gateway',
    async () => {
      const answer = await fetch(`${url}/v1/models`).catch(() => null);
      if (answer?.status !== 200) return null;
      const { data } = (await answer.json()) as { data: unknown[] };
      return data.length > 0;
    },
    180_000,
  );
}, 480_000);

afterAll(async () => {
  await network?.stop();
}, 60_000);

const QUESTION = [{ role: 'user' as const, content: 'Is the Earth round?' }];

describe('the openai package against a devnet', () => {
  it('streams an answer whose receipt is verified', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: DEMO_API_KEY, maxRetries: 2 });
    const { data, response } = await client.chat.completions
      .create({ model: 'default', messages: QUESTION, stream: true, max_tokens: 64 })
      .withResponse();
    let text = '';
    for await (const chunk of data) text += chunk.choices[0]?.delta?.content ?? '';
    expect(text.length).toBeGreaterThan(0);
    const receipt = response.headers.get('x-assay-receipt')!;
    await network.until(
      'the claim',
      async () => {
        const answer = await fetch(`${url}/v1/receipts/${receipt}`);
        const { parts } = (await answer.json()) as {
          parts: { claim: { block_id: string } | null }[];
        };
        return parts[0]?.claim?.block_id ?? null;
      },
      120_000,
    );
    const where = ['--gateway', url, '-I', network.nodeUrl];
    const verified = await assay('verify', receipt, ...where, '--answer', text);
    expect(verified.stdout).toContain("under the claim's root: ok");
    expect(verified.stdout.trimEnd().endsWith('verified')).toBe(true);
    expect(verified.code).toBe(0);
    const forged = await assay('verify', receipt, ...where, '--answer', `${text} `);
    expect(forged.code).toBe(1);
  }, 240_000);

  it('Python speaks it too', ({ skip }) => {
    const program = `
from openai import OpenAI
client = OpenAI(base_url="${url}/v1", api_key="${DEMO_API_KEY}")
stream = client.chat.completions.create(model="default", stream=True, max_tokens=32,
    messages=[{"role": "user", "content": "Is the Earth round?"}])
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
`;
    try {
      execFileSync('python3', ['-c', 'import openai'], { stdio: 'ignore' });
    } catch {
      skip('no openai package for Python on this machine');
    }
    const said = execFileSync('python3', ['-c', program], { encoding: 'utf8' });
    expect(said.trim().length).toBeGreaterThan(0);
  }, 120_000);
});
