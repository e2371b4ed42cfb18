/**
 * The `stx` commands as scripts use them: what they print, what they send, and one sentence with the
 * next step for everything that cannot work (issue 2, section 5).
 */
import { bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { decodeTransaction, transactionIdOfBytes, verifyTransaction } from '@assay/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAnswer, FakeNode, readOnlyAnswer } from './fake-node.ts';
import { runCli } from './run-cli.ts';

const KEY = 'a1c7d36e014ef2e3e7c7f63adcd373bf289f352371b9cf8daee8a6fa9f2d4f5601';
const ADDRESS = 'SP2ZMFRFWCD0MWQZVSV8CCHB44M1C0EFSYD3VA2BV';
const OTHER = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';
const MODEL = new Uint8Array(32).fill(7);

/** What the node says to the next transaction; null: accepts it. */
let refusal: unknown = null;
let sent: Uint8Array | null = null;
let models: FakeAnswer = readOnlyAnswer(Cv.some(Cv.buffer(MODEL)));
let node: FakeNode;

beforeAll(async () => {
  node = await FakeNode.start(({ method, path, body }) => {
    if (path === '/v2/info') return { json: { network_id: 0x80000000 } };
    if (path.startsWith(`/v2/accounts/${OTHER}`)) {
      const json = { balance: '0x0f4240', locked: '0x00', unlock_height: 0, nonce: 3 };
      return { json };
    }
    if (path.startsWith('/v2/accounts/')) return null;
    if (path === '/v2/fees/transfer') return { text: '2' };
    if (path.includes('/get-model-by-index')) return models;
    if (method === 'POST' && path === '/v2/transactions') {
      sent = body;
      if (refusal !== null) return { status: 400, json: refusal };
      return { json: bytesToHex(transactionIdOfBytes(body)) };
    }
    return null;
  });
});
afterAll(() => node.stop());

const guideInfer = (address = ADDRESS, key = KEY) => [
  ...['infer', '--address', address, '--userInput', 'Is the Earth round?', '--context', '{}'],
  ...['--fee', '206', '--nonce', '0', '--payment_key', key, '-I', node.url],
];

describe('make_keychain', () => {
  it('prints the shape of the guide', async () => {
    const { out, code } = await runCli('stx', 'make_keychain', '-t');
    const keychain = JSON.parse(out);
    expect(code).toBe(0);
    expect(keychain.mnemonic.split(' ')).toHaveLength(24);
    expect(Object.keys(keychain.keyInfo)).toEqual([
      'privateKey',
      'publicKey',
      'address',
      'btcAddress',
      'wif',
      'index',
    ]);
    expect(keychain.keyInfo.privateKey).toMatch(/^[0-9a-f]{64}01$/);
    expect(keychain.keyInfo.address).toMatch(/^ST/);
  });

  it('is another one each time, SP without -t', async () => {
    const runs = await Promise.all([runCli('stx', 'make_keychain')]);
    const again = await runCli('stx', 'make_keychain');
    expect(JSON.parse(again.out).mnemonic).not.toBe(JSON.parse(runs[0]!.out).mnemonic);
    expect(JSON.parse(again.out).keyInfo.address).toMatch(/^SP/);
  });

  it('repeats the keys of given words', async () => {
    const words = `${'abandon '.repeat(11)}about`;
    const first = await runCli('stx', 'make_keychain', words, '-t');
    const second = await runCli('stx', 'make_keychain', '--mnemonic', words, '-t');
    expect(second.out).toBe(first.out);
  });

  it('refuses words that are none', async () => {
    const { err, code } = await runCli('stx', 'make_keychain', 'abandon abandon');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .+\n {7}.+/);
  });
});

describe('balance', () => {
  it('reads hex balances', async () => {
    const { out } = await runCli('stx', 'balance', OTHER, '-I', node.url);
    expect(JSON.parse(out)).toEqual({
      balance: '1000000',
      locked: '0',
      unlock_height: 0,
      nonce: 3,
    });
  });

  it('says so when the address is none', async () => {
    const { err, code } = await runCli('stx', 'balance', 'ST123', '-I', node.url);
    expect(code).toBe(1);
    expect(err).toContain('ST123 is not a Stacks address.');
  });

  it('says so when no node answers, and how to start one', async () => {
    const { err } = await runCli('stx', 'balance', OTHER, '-I', 'http://127.0.0.1:1');
    expect(err).toContain('No node answers at http://127.0.0.1:1.');
    expect(err).toContain('npm start');
  });
});

describe('infer_result', () => {
  it('says so when the id is none', async () => {
    const { err, code } = await runCli('stx', 'infer_result', 'zzz', '-I', node.url);
    expect(code).toBe(1);
    expect(err).toContain('zzz is not a transaction id (64 hex digits).');
  });
});

describe('infer', () => {
  it('does not ask nothing', async () => {
    const line = guideInfer().map((word) => (word === 'Is the Earth round?' ? ' ' : word));
    const { err, code } = await runCli('stx', ...line);
    expect(code).toBe(1);
    expect(err).toContain('The question is empty.');
  });

  it("sends the guide's request, signed by the payment key", async () => {
    const { out, code, err } = await runCli('stx', ...guideInfer());
    expect(err).toBe('');
    expect(code).toBe(0);
    const tx = decodeTransaction(sent!);
    if (!tx.ok || tx.value.payload.kind !== 'infer') throw new Error('no Infer transaction');
    expect(verifyTransaction(tx.value).ok).toBe(true);
    const { auth, payload } = tx.value;
    expect(auth.origin).toMatchObject({ nonce: 0n, feeMicro: 206n });
    expect(payload.modelId).toEqual(MODEL);
    // `{}` is the guide's word for "no context".
    const blob = payload.prompt.kind === 'inline' ? payload.prompt.blob : new Uint8Array(0);
    expect(new TextDecoder().decode(blob)).toBe('\0\0Is the Earth round?');
    const txid = bytesToHex(transactionIdOfBytes(sent!));
    expect(JSON.parse(out)).toEqual({
      txid: `0x${txid}`,
      transaction: `${node.url}/v2/infer_result/${txid}`,
    });
  });

  it('-x prints the transaction and sends nothing; -e prints the fee', async () => {
    sent = null;
    const printed = JSON.parse((await runCli('stx', ...guideInfer(), '-x')).out);
    const bytes = Buffer.from(printed.transaction, 'hex');
    expect(printed.txid).toBe(`0x${bytesToHex(transactionIdOfBytes(bytes))}`);
    expect((await runCli('stx', ...guideInfer(), '-e')).out).toBe(String(2 * bytes.length));
    expect(sent).toBeNull();
  });

  it('refuses a key of another account before anything is sent, without showing the key', async () => {
    sent = null;
    const { err, code } = await runCli('stx', ...guideInfer(OTHER));
    expect(code).toBe(1);
    expect(err).toMatch(/The payment key belongs to ST\w+, not to ST1SJ3/);
    expect(err).not.toContain(KEY.slice(0, 16));
    expect(sent).toBeNull();
  });

  it('refuses a malformed key without showing it', async () => {
    const { err } = await runCli('stx', ...guideInfer(ADDRESS, KEY.slice(0, 40)));
    expect(err).toContain('A private key is 64 hex digits');
    expect(err).not.toContain(KEY.slice(0, 16));
  });

  it('says that no model is registered', async () => {
    models = readOnlyAnswer(Cv.none());
    const { err } = await runCli('stx', ...guideInfer());
    models = readOnlyAnswer(Cv.some(Cv.buffer(MODEL)));
    expect(err).toContain('No model is registered on this network yet.');
  });

  it('says that a model id is none', async () => {
    const { err } = await runCli('stx', ...guideInfer(), '--model', 'llama-3');
    expect(err).toContain('llama-3 is not a model id');
  });

  it('says that money is missing', async () => {
    refusal = {
      error: 'transaction rejected',
      reason: 'NotEnoughFunds',
      reason_data: { actual: '0x00', expected: '0x0186a0' },
    };
    const { err, code } = await runCli('stx', ...guideInfer());
    refusal = null;
    expect(code).toBe(1);
    expect(err).toContain('The account has 0 micro-STX, but 100000 are needed.');
  });

  it('says that nobody knows the model', async () => {
    const message = 'no model is registered under this id';
    refusal = { reason: 'BadFunctionArgument', reason_data: { message }, message };
    const { err } = await runCli('stx', ...guideInfer(), '--model', 'ab'.repeat(32));
    refusal = null;
    expect(err).toContain('no model is registered under this id');
    expect(err).toContain('assay models');
  });
});

describe('send_tokens', () => {
  const line = (amount: string, nonce = '3') => [
    ...['send_tokens', OTHER, amount, '300', nonce, KEY, 'hello', '-I', node.url],
  ];

  it('sends by position, memo included', async () => {
    const { code } = await runCli('stx', ...line('1000000'));
    const tx = decodeTransaction(sent!);
    expect(code).toBe(0);
    expect(tx.ok && tx.value.payload).toMatchObject({
      kind: 'token-transfer',
      amountMicro: 1_000_000n,
    });
  });

  it.each(['1.5', '-1', '1e6', ''])('refuses the amount %j', async (amount) => {
    const { err, code } = await runCli('stx', ...line(amount));
    expect(code).toBe(1);
    expect(err).toContain('amount is not a whole number');
  });

  it('tells the right nonce', async () => {
    refusal = { reason: 'BadNonce', reason_data: { actual: 3, expected: 9 } };
    const { err } = await runCli('stx', ...line('1'));
    refusal = null;
    expect(err).toContain("The nonce 3 is wrong: the account's next nonce is 9.");
  });
});

describe('the programs', () => {
  it('stx without a command, or with an unknown one, says which there are', async () => {
    expect((await runCli('stx')).out).toContain('make_keychain');
    const { err, code } = await runCli('stx', 'stack');
    expect(code).toBe(1);
    expect(err).toContain('stx has no command stack.');
    expect(err).toContain('send_tokens');
  });

  it.each([
    ['assay', ['frobnicate']],
    ['infer-node', ['begin']],
    ['infer-signer', ['run']],
  ] as const)('%s: a wrong command line ends with code 2', async (name, argv) => {
    const { err, code } = await runCli(name, ...argv);
    expect(code).toBe(2);
    expect(err).toMatch(/error:/);
    expect(err).toContain('--help');
  });

  it('infer-node and infer-signer name a file that is not there', async () => {
    for (const [name, command] of [
      ['infer-node', 'start'],
      ['infer-signer', 'run'],
    ] as const) {
      const { err, code } = await runCli(name, command, '--config', '/nowhere/x.toml');
      expect(code).toBe(1);
      expect(err).toContain('The configuration file /nowhere/x.toml does not exist.');
    }
  });
});
