/**
 * A sealed answer of a real devnet, as its parties and strangers see it (docs/protocol.md 3, sealed
 * prompts): everybody can check what was signed, the key that asked opens question, answer and sketches.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { sealKeyPair, sealSecretOf } from '@assay/jobs';
import { verifyAnswer } from '@assay/proof';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bitcoindSource } from '../src/bitcoin-node.ts';
import { devnetAccount } from '../src/devnet/accounts.ts';
import { trustedNetwork } from '../src/genesis-file.ts';
import { NodeApi } from '../src/node-api.ts';
import type { FakeAnswer, FakeNode } from './fake-node.ts';
import { loadRecording, serveRecording } from './recorded-node.ts';
import { runCli } from './run-cli.ts';

const { recording, genesis } = loadRecording('sealed-answer.json');
const lies = new Map<string, FakeAnswer | null>();
let node: FakeNode;
let bitcoin: FakeNode;

let folder = '';

beforeAll(async () => {
  ({ node, bitcoin } = await serveRecording(recording, lies));
  folder = mkdtempSync(join(tmpdir(), 'assay-sealed-'));
  writeFileSync(join(folder, 'genesis.json'), JSON.stringify(recording.genesis));
});
beforeEach(() => lies.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([node.stop(), bitcoin.stop()]);
});

const line = (account: string) => [
  ...['verify', recording.txid, '--node', node.url, '--account', account],
  ...['--genesis', join(folder, 'genesis.json')],
];

const keysOf = (account: string) => {
  const { privateKey } = devnetAccount(account);
  return sealKeyPair(sealSecretOf(bytesFromHex(privateKey.slice(0, 64))));
};

const verify = (account: string | null) =>
  verifyAnswer(new NodeApi(node.url), recording.txid, {
    trusted: trustedNetwork(genesis),
    bitcoin: bitcoindSource(bitcoin.url),
    ...(account === null ? {} : { sealKeys: keysOf(account) }),
  });

const about = ({ checks }: Awaited<ReturnType<typeof verify>>, ok: boolean | null) =>
  checks.filter((check) => check.ok === ok).map(({ what }) => what);

describe('whoever asked', () => {
  it('opens question and answer, and checks token ids, sketch and judges', async () => {
    const report = await verify('wallet_1');
    expect(about(report, false)).toEqual([]);
    expect(about(report, null)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.answer?.sealedPrompt).toEqual({
      context: '',
      prompt: 'What is the capital of Spain?',
    });
    expect(report.answer?.transcript).toMatchObject({ text: 'The capital of Spain is Madrid.' });
    expect(report.answer?.transcript?.judges.length).toBe(3);
    expect(about(report, true)).toEqual(
      expect.arrayContaining([
        'the key opens the sealed prompt',
        'the transcript is the one that was committed',
        'the sketch opened is the one that was committed',
        'the judges made sketches of their own, and they agree',
      ]),
    );
  });

  it('sees both in the terminal, and in JSON', async () => {
    const shown = await runCli('assay', ...line('wallet_1'));
    expect(shown.out).toContain('What is the capital of Spain?');
    expect(shown.out).toContain('| The capital of Spain is Madrid.');
    const { question, answer } = JSON.parse(
      (await runCli('assay', ...line('wallet_1'), '--json')).out,
    );
    expect([question, answer]).toEqual([
      'What is the capital of Spain?',
      'The capital of Spain is Madrid.',
    ]);
  });
});

describe('anybody else', () => {
  it('checks all but the text, and reads none of it', async () => {
    const report = await verify(null);
    expect(report.ok).toBe(true);
    expect(about(report, null)).toEqual(['the key opens the sealed prompt']);
    expect(about(report, true)).toContain('the sealed transcript is the one that was committed');
    expect(report.answer?.transcript).toBeNull();
    expect(JSON.stringify(recording.node)).not.toContain(
      bytesToHex(new TextEncoder().encode('Madrid')),
    );
  });

  it('opens nothing with another key, and is told so', async () => {
    const report = await verify('wallet_2');
    expect(report.ok).toBe(false);
    expect(about(report, false)).toEqual(['the key opens the sealed prompt']);
    const { out, code } = await runCli('assay', ...line('wallet_2'));
    expect(code).toBe(1);
    expect(out).toContain('the prompt is not sealed to this key');
  });

  it('shows how to open it', async () => {
    const { out } = await runCli('assay', 'result', recording.txid, '--node', node.url);
    expect(out).toContain('sealed: whoever asked can open it, with --key or --account');
  });
});

describe('a node that lies about sealed bytes', () => {
  const keyOf = (part: string) => Object.keys(recording.node).find((each) => each.includes(part))!;

  it('another transcript under the committed hash', async () => {
    lies.set(keyOf('/v2/content/'), { bytes: new Uint8Array(311) });
    expect(about(await verify('wallet_1'), false)).toEqual([
      'the transcript is the one that was committed',
    ]);
    expect(about(await verify(null), false)).toEqual([
      'the transcript is the one that was committed',
    ]);
  });

  it('another box in place of the prompt: it is not believed', async () => {
    const key = keyOf('/v2/infer_res/');
    const json = JSON.parse(Buffer.from(recording.node[key]!.hex, 'hex').toString());
    json.request.prompt = `01${json.request.prompt.slice(2, -2)}00`;
    lies.set(key, { json });
    const report = await verify('wallet_1');
    expect(about(report, null)).toContain('the key opens the sealed prompt');
    expect(report.answer?.transcript).toBeNull();
  });
});
