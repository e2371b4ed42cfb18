/**
 * A devnet whose host runs its model in the real llama.cpp server, where one is installed
 * (`node scripts/build-llama-server.mjs`): the unmodified `openai` package asks, the answer is one that the
 * signers, who run the model in their own processes, let be paid.
 */
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_API_KEY } from '../apps/cli/src/devnet/layout.ts';
import {
  findLlamaServer,
  type LlamaServerProcess,
  startLlamaServer,
} from '../inference/engine/test/llama-server-process.ts';
import { assay, TestNetwork } from './network.ts';

const MODEL = join(import.meta.dirname, '..', 'models', 'assay-small.gguf');
const BINARY = findLlamaServer();

describe.skipIf(BINARY === null)('a host behind llama.cpp’s server', () => {
  let server: LlamaServerProcess;
  let network: TestNetwork;
  let url: string;

  beforeAll(async () => {
    server = await startLlamaServer(BINARY!, MODEL, ['-c', '2048', '-np', '2']);
    network = await TestNetwork.start({ engine: 'llama-server', baseUrl: server.baseUrl });
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
        return answer?.status === 200 && ((await answer.json()) as { data: [] }).data.length > 0;
      },
      180_000,
    );
  }, 480_000);

  afterAll(async () => {
    await network?.stop();
    await server?.stop();
  }, 60_000);

  it('answers through the gateway, under a receipt that verifies', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: DEMO_API_KEY, maxRetries: 2 });
    const { data, response } = await client.chat.completions
      .create({
        model: 'default',
        messages: [{ role: 'user', content: 'Is the Earth round?' }],
        stream: true,
        max_tokens: 48,
      })
      .withResponse();
    let text = '';
    for await (const chunk of data) text += chunk.choices[0]?.delta?.content ?? '';
    expect(text.length).toBeGreaterThan(0);
    const receipt = response.headers.get('x-assay-receipt')!;
    const where = ['--gateway', url, '-I', network.nodeUrl, '--answer', text];
    expect((await assay('verify', receipt, ...where)).code).toBe(0);
  }, 120_000);

  it('is paid for a request on chain by the verdicts of signers that run the model themselves', async () => {
    const asked = await assay('infer', 'Is the Earth round?', '--json', '-I', network.nodeUrl);
    expect(asked.code, asked.stderr).toBe(0);
    const { txid, status } = JSON.parse(asked.stdout) as { txid: string; status: string };
    expect(status).toBe('Success');
    expect((await assay('verify', txid, '-I', network.nodeUrl)).code).toBe(0);
  }, 240_000);
});
