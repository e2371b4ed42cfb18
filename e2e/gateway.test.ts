/**
 * The gateway of a devnet of real processes: the unmodified `openai` package streams an answer from a
 * host, and the receipt is verified once the host has claimed. Python's `openai` too, where it is. What
 * hosts claim is audited by the signers: the honest one is paid, one that cheats is convicted.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cv } from '@assay/clarity-value';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_API_KEY, devnetKey } from '../apps/cli/src/devnet/layout.ts';
import { bootAddressOf } from '../apps/cli/src/inference.ts';
import { NodeApi } from '../apps/cli/src/node-api.ts';
import { ADVERTISEMENT, startCheatingHost } from './cheating-host.ts';
import { assay, freePorts, PROGRAM, TestNetwork } from './network.ts';

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
  await network.until('the gateway', () => hasModels(url), 180_000);
}, 480_000);

afterAll(async () => {
  await network?.stop();
}, 60_000);

const ROOT = join(import.meta.dirname, '..');

/** A page's fenced blocks, each found by something that it alone says. */
class Page {
  readonly #blocks: readonly string[];

  constructor(text: string) {
    this.#blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, block]) => block!);
  }

  block(part: string): string {
    const found = this.#blocks.filter((block) => block.includes(part));
    expect(found, part).toHaveLength(1);
    return found[0]!;
  }
}

async function hasModels(gateway: string): Promise<boolean> {
  const answer = await fetch(`${gateway}/v1/models`).catch(() => null);
  if (answer?.status !== 200) return false;
  const { data } = (await answer.json()) as { data: unknown[] };
  return data.length > 0;
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGTERM');
  });
}

const QUESTION = [{ role: 'user' as const, content: 'Is the Earth round?' }];

/** A field of a host's record on chain. */
async function recordOf(host: string, name: string): Promise<bigint> {
  const node = new NodeApi(network.nodeUrl);
  const contract = `${bootAddressOf((await node.info()).network_id)}.hosts`;
  const found = await node.callReadOnly(contract, 'get-host', [Cv.principal(host)]);
  const entries =
    found.type === 'some' && found.value.type === 'tuple' ? found.value.entries : null;
  const value = entries?.get(name);
  return value?.type === 'uint' ? value.value : -1n;
}

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

  it('every command of docs/gateway.md does what it says', async () => {
    const page = new Page(readFileSync(join(ROOT, 'docs', 'gateway.md'), 'utf8'));
    const [port] = await freePorts(1);
    const own = `http://127.0.0.1:${port}`;
    const settings = page
      .block('node_host')
      .replace('127.0.0.1:20443', new URL(network.nodeUrl).host)
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('db_path = "gateway"', `db_path = ${JSON.stringify(join(network.folder, 'own'))}`)
      .replace('account_key = "…"', `account_key = "${devnetKey('gateway').privateKey}"`)
      .replace('voucher_key = "…"', `voucher_key = "${devnetKey('own voucher').privateKey}"`)
      .replace('admin_token = "change-me"', 'admin_token = "of-the-page"');
    const config = join(network.folder, 'gateway.toml');
    writeFileSync(config, settings);
    expect(page.block('npx assay gateway')).toBe('npx assay gateway --config gateway.toml\n');
    const gateway = spawn(process.execPath, [PROGRAM, 'gateway', '--config', config], {
      stdio: 'ignore',
    });
    try {
      await network.until('the gateway of the page', () => hasModels(own), 60_000);
      const shell = (text: string, env: Record<string, string>) =>
        execFileSync('sh', ['-c', text.replaceAll('http://127.0.0.1:8080', own)], {
          encoding: 'utf8',
          env: { ...process.env, ...env },
        });
      const made = JSON.parse(shell(page.block('admin/v1/keys'), { ADMIN: 'of-the-page' }));
      expect(made).toMatchObject({ name: 'my app', cap_micro_stx: '5000000' });
      const env = { KEY: made.key as string };
      const said = JSON.parse(shell(page.block('v1/chat/completions'), env));
      const text = said.choices[0].message.content as string;
      expect(text.length).toBeGreaterThan(0);
      const vectors = JSON.parse(shell(page.block('v1/embeddings'), env));
      expect(vectors.data).toHaveLength(2);
      const program = page.block('import OpenAI').replaceAll('http://127.0.0.1:8080', own);
      const streamed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        cwd: ROOT,
        env: { ...process.env, ...env },
      });
      expect(streamed.length).toBeGreaterThan(0);
      const id = (said.id as string).replace('chatcmpl-', 'req_');
      const [byId, byFile] = page.block('npx assay verify').trim().split('\n');
      expect(byId).toMatch(/^npx assay verify req_[0-9a-f]{24}$/);
      const where = ['--gateway', own, '-I', network.nodeUrl];
      expect((await assay('verify', id, ...where)).code).toBe(0);
      expect(byFile).toMatch(/^npx assay verify receipt.json --answer "[^"]+"$/);
      const file = join(network.folder, 'receipt.json');
      writeFileSync(file, await (await fetch(`${own}/v1/receipts/${id}`)).text());
      const checked = await assay('verify', file, '--answer', text, '-I', network.nodeUrl);
      expect(checked.code).toBe(0);
    } finally {
      await stopped(gateway);
    }
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

describe('audits of what hosts claim for sessions', () => {
  it('an honest claim is released by the judges that a later Bitcoin block drew', async () => {
    const { address } = devnetKey('host 1');
    const isClean = async () => (await recordOf(address, 'clean')) >= 1n;
    await network.until('the audit', isClean, 120_000);
    expect(await recordOf(address, 'faults')).toBe(0n);
  }, 140_000);

  it('a host that adds to its answers is convicted by the signers, and its bond slashed', async () => {
    const cheat = await startCheatingHost(network);
    try {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: DEMO_API_KEY, maxRetries: 2 });
      // Prompts are spread over the hosts by how they begin.
      for (let i = 0, text = ''; !text.endsWith(ADVERTISEMENT); i++) {
        const messages = [{ role: 'user' as const, content: `${i}. Is the Earth round?` }];
        const answer = await client.chat.completions.create({ model: 'default', messages });
        text = answer.choices[0]?.message.content ?? '';
        await new Promise((done) => setTimeout(done, 500));
        if (i > 120) throw new Error('no prompt went to the cheating host');
      }
      const isConvicted = async () => (await recordOf(cheat.address, 'faults')) === 1n;
      await network.until('the conviction', isConvicted, 120_000);
      expect(await recordOf(cheat.address, 'bond')).toBe(0n);
    } finally {
      await cheat.stop();
    }
  }, 240_000);
});
