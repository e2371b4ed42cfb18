/**
 * The page in a real browser (Chromium, when there is one) over the recorded answer of a devnet: it
 * verifies alone, shows the tokens, believes no lie, and runs nothing that a node sends.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex } from '@assay/bytes';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeAnswer, FakeNode } from '../../cli/test/fake-node.ts';
import { buildPage } from '../build.mjs';

interface Recorded {
  readonly status: number;
  readonly hex: string;
}
const fixtures = join(import.meta.dirname, '../../cli/test/fixtures');
const recording = JSON.parse(readFileSync(join(fixtures, 'answer.json'), 'utf8'));
const answers: Readonly<Record<string, Recorded>> = recording.node;
const bitcoinOf = (call: string, params: readonly unknown[]): string | null =>
  recording.bitcoin[`${call} ${JSON.stringify(params)}`]?.json.result ?? null;

/** Bitcoin's recorded JSON-RPC in the shapes of Esplora. */
function esplora(path: string): FakeAnswer | null {
  if (path === '/bitcoin/blocks/tip/height')
    return { text: String(bitcoinOf('getblockcount', [])) };
  const [, kind, key, part] = path.split('/').slice(1);
  if (kind === 'block-height') {
    const hash = bitcoinOf('getblockhash', [Number(key)]);
    return hash === null ? null : { text: hash };
  }
  if (kind !== 'block' || key === undefined) return null;
  const [call, flag] = part === 'header' ? (['getblockheader', false] as const) : ['getblock', 0];
  const hex = bitcoinOf(call as string, [key, flag]);
  if (hex === null) return null;
  return part === 'header' ? { text: hex } : { bytes: bytesFromHex(hex) };
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const lies = new Map<string, (text: string) => string>();
let node: FakeNode;
let browser: Browser;
let html: string;

async function open(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 1400 } });
  await page.goto(`${node.url}/verify?tx=${recording.txid}`);
  return page;
}

async function verdictOf(page: Page): Promise<string> {
  await page.waitForSelector('#verdict.good, #verdict.bad');
  return (await page.textContent('#verdict')) ?? '';
}

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  beforeAll(async () => {
    html = await buildPage();
    node = await FakeNode.start(({ method, path, body }) => {
      if (path.startsWith('/verify')) return { html };
      if (path.startsWith('/bitcoin/')) return esplora(path);
      const text = new TextDecoder().decode(body);
      const known = answers[`${method} ${path}${text === '' ? '' : ` ${text}`}`];
      if (known === undefined) {
        if (path === '/v2/info') return { json: { network_id: recording.genesis.chainId } };
        return path.startsWith('/v3/stacker_set/') ? { json: signerSet() } : null;
      }
      const lie = lies.get(path);
      const bytes = bytesFromHex(known.hex);
      if (lie === undefined) return { status: known.status, bytes };
      return { text: lie(new TextDecoder().decode(bytes)) };
    });
    browser = await chromium.launch({
      executablePath: CHROMIUM!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
  });
  beforeEach(() => lies.clear());
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
  });

  it('verifies an answer down to Bitcoin, alone, and shows it token by token', async () => {
    const page = await open();
    expect(await verdictOf(page)).toMatch(/^Verified\d+ checks hold, 1 not checked/);
    expect(await page.textContent('#text')).toContain('Earth');
    const tokens = await page.locator('#plot rect').count();
    expect(tokens).toBeGreaterThan(5);
    await page.locator('#plot rect').nth(3).hover();
    expect(await page.textContent('#token')).toMatch(/^token 4, id \d+: claimed [\d.]+ %/);
    expect(await page.locator('#list li').count()).toBeGreaterThan(25);
    const folder = process.env.ASSAY_SCREENSHOTS ?? join(tmpdir(), 'assay-screenshots');
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, 'verify.png'), fullPage: true });
    await page.close();
  });

  it('takes whose signatures count from a genesis file', async () => {
    const page = await open();
    await verdictOf(page);
    const file = { name: 'genesis.json', mimeType: 'application/json' };
    const text = JSON.stringify(recording.genesis);
    await page.setInputFiles('#genesis', { ...file, buffer: Buffer.from(text) });
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('#go:disabled') === null);
    expect(await verdictOf(page)).toMatch(/^Verified\d+ checks hold\./);
    await page.setInputFiles('#genesis', { ...file, buffer: Buffer.from('{}') });
    await page.click('#go');
    await page.waitForSelector('#verdict.bad');
    expect(await verdictOf(page)).toContain('genesis.json');
    await page.close();
  });

  it('names the check that a lie fails, and runs nothing a node sends', async () => {
    const evil = '<img src=x onerror="document.title=1">';
    lies.set(`/v2/infer_res/${recording.txid}`, (text) => {
      const result = JSON.parse(text);
      return JSON.stringify({ ...result, output: evil });
    });
    const page = await open();
    expect(await verdictOf(page)).toContain('the answer shown is the text of the transcript');
    expect(await page.title()).toBe('Verify an answer · Assay');
    expect(await page.locator('img').count()).toBe(0);
    await page.close();
  });

  it('says what to do when nobody answers', async () => {
    const page = await browser.newPage();
    await page.goto(`${node.url}/verify?tx=${recording.txid}&node=http://127.0.0.1:1`);
    expect(await verdictOf(page)).toMatch(/^Could not check.*Is the address right/);
    await page.close();
  });
});

/** In the order of slots: by public key. */
function signerSet() {
  const known: readonly { publicKey: string; weight: number | string }[] =
    recording.genesis.signers;
  const signers = known
    .map(({ publicKey, weight }) => ({ signing_key: publicKey, weight: Number(weight) }))
    .sort((a, b) => (a.signing_key < b.signing_key ? -1 : 1));
  return { stacker_set: { signers } };
}
