/**
 * The `stx` commands as scripts use them: what they print, what they send, and one sentence with the
 * next step for everything that cannot work.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { Cv, clarityValueToString } from '@assay/clarity-value';
import { decodeTransaction, transactionIdOfBytes, verifyTransaction } from '@assay/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STX_COMMANDS } from '../src/stx/commands.ts';
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
    if (path.includes('/counter/sum')) return readOnlyAnswer(Cv.uint(12));
    if (path.startsWith('/v2/infer_res/')) {
      const json = { txid: 'ab'.repeat(32), status: 'NotFound', input: '', output: '' };
      return { json };
    }
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

describe('deploy_contract, call_contract_func, call_read_only_contract_func', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-stx-'));
    writeFileSync(join(folder, 'names.clar'), '(define-read-only (one) u1)');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const payloadOf = (bytes: Uint8Array | null) => {
    const tx = decodeTransaction(bytes!);
    if (!tx.ok) throw new Error('no transaction');
    expect(verifyTransaction(tx.value).ok).toBe(true);
    return tx.value;
  };

  it('deploys a file; post-conditions do not stand in its way', async () => {
    const file = join(folder, 'names.clar');
    const line = ['deploy_contract', file, 'names', '900', '4', KEY, '-I', node.url];
    const { code } = await runCli('stx', ...line);
    expect(code).toBe(0);
    expect(payloadOf(sent)).toMatchObject({
      postConditionMode: 'allow',
      payload: { kind: 'smart-contract', contractName: 'names' },
    });
  });

  it('says that a source file cannot be read, and that a name is none', async () => {
    const missing = join(folder, 'none.clar');
    const line = (file: string, name: string) => [
      ...['deploy_contract', file, name, '900', '4', KEY, '-I', node.url],
    ];
    const { err, code } = await runCli('stx', ...line(missing, 'names'));
    expect([code, err]).toEqual([1, expect.stringContaining(`${missing} cannot be read.`)]);
    const named = await runCli('stx', ...line(join(folder, 'names.clar'), '9'));
    expect([named.code, named.err]).toEqual([1, expect.stringContaining('A contract name is')]);
  });

  const call = (...args: string[]) => [
    ...['call_contract_func', OTHER, 'names', 'add', '300', '3', KEY, ...args, '-I', node.url],
  ];

  it('calls with arguments as literals or serialized, commas inside them included', async () => {
    const text = `u5, 0x0100000000000000000000000000000007, "a,b", '${OTHER}, { a: (list 1 2) }`;
    const { code, err } = await runCli('stx', ...call(text));
    expect([code, err]).toEqual([0, '']);
    const { payload, postConditionMode } = payloadOf(sent);
    if (payload.kind !== 'contract-call') throw new Error('no call');
    expect(postConditionMode).toBe('allow');
    expect(payload.functionName).toBe('add');
    expect(payload.args.map(clarityValueToString)).toEqual([
      'u5',
      'u7',
      '"a,b"',
      OTHER,
      '(tuple (a (list 1 2)))',
    ]);
    await runCli('stx', ...call());
    expect(payloadOf(sent).payload).toMatchObject({ args: [] });
  });

  it.each(['u', '0xzz', '0x01', '(tx-', 'nothing'])('refuses the argument %j', async (text) => {
    const { err, code } = await runCli('stx', ...call(text));
    expect(code).toBe(1);
    expect(err).toContain(`${text} is not a Clarity value.`);
  });

  it.each([
    ['NoSuchContract', 'there is no contract x', 'The contract does not exist'],
    ['NoSuchPublicFunction', 'no public function add', 'The contract has no such function'],
    ['BadFunctionArgument', 'add takes 2 arguments, not 1', '/v2/contracts/interface'],
    ['ContractAlreadyExists', 'exists already', 'A contract with this name already exists'],
  ])('explains %s', async (reason, message, expected) => {
    refusal = { reason, reason_data: { message }, message };
    const { err, code } = await runCli('stx', ...call('u1'));
    refusal = null;
    expect([code, err]).toEqual([1, expect.stringContaining(expected)]);
  });

  it('asks a read-only function as the sender given', async () => {
    const line = ['call_read_only_contract_func', OTHER, 'counter', 'sum'];
    const { out, code } = await runCli('stx', ...line, OTHER, 'u7', '-I', node.url);
    expect([code, out]).toEqual([0, 'u12']);
    const asked = node.requests.findLast(({ path }) => path.includes('/counter/sum'))!;
    expect(JSON.parse(new TextDecoder().decode(asked.body))).toEqual({
      sender: OTHER,
      arguments: [`0x01${(7).toString(16).padStart(32, '0')}`],
    });
    const wrong = await runCli('stx', ...line, 'me', '-I', node.url);
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringContaining('me is not a Stacks address.'),
    ]);
  });
});

describe('assay infer', () => {
  it('pays by the size of what it sends', async () => {
    const question = 'Why? '.repeat(80);
    const line = ['infer', question, '--timeout', '0', '-I', node.url];
    await runCli('assay', ...line);
    const tx = decodeTransaction(sent!);
    expect(tx.ok && tx.value.auth.origin.feeMicro).toBe(2n * BigInt(sent!.length));
  });

  it.each([
    [['--temperature', 'hot'], 'The temperature hot is not between 0 and 2.'],
    [['--max-tokens', 'many'], '--max-tokens is not a whole number: many.'],
    [['--max-fee', '1.5'], '--max-fee is not a whole number: 1.5.'],
    [['--account', 'nobody'], 'There is no devnet account nobody.'],
    [['--key', '1234'], 'A private key is 64 hex digits'],
    [['--model', 'llama'], 'llama is not a model id'],
    [['-I', 'nonsense'], 'nonsense is not the address of a node.'],
  ])('%j', async (options, sentence) => {
    const { err, code } = await runCli('assay', 'infer', 'Why?', '-I', node.url, ...options);
    expect([code, err]).toEqual([1, expect.stringContaining(sentence)]);
    expect(err).toMatch(/^error: .+\n {7}.+/);
  });

  it('result and verify: an id that is none, an id that nobody knows', async () => {
    const nobody = 'ab'.repeat(32);
    for (const [line, code, text] of [
      [['result', 'zz'], 1, 'zz is not a transaction id (64 hex digits).'],
      [['verify', 'zz'], 1, 'zz is no transaction id (64 hex digits), no file'],
      [['result', nobody], 1, 'knows no'],
      [['refund', 'zz'], 1, 'zz is not a transaction id'],
    ] as const) {
      const run = await runCli('assay', ...line, '-I', node.url);
      expect([run.code, run.err + run.out], line.join(' ')).toEqual([
        code,
        expect.stringContaining(text),
      ]);
    }
  });
});

describe('help', () => {
  it('of stx: each command, each argument, each option', async () => {
    for (const [name, command] of Object.entries(STX_COMMANDS)) {
      for (const line of [
        [name, '--help'],
        ['help', name],
      ]) {
        const { out, code } = await runCli('stx', ...line);
        expect(code).toBe(0);
        for (const argument of command.arguments) expect(out, name).toContain(argument.name);
        expect(out).toContain(command.help);
        expect(out).toContain('-I <url>');
      }
    }
    const all = (await runCli('stx', '--help')).out;
    for (const name of Object.keys(STX_COMMANDS)) expect(all).toContain(name);
  });

  it.each([
    ['assay', ['devnet', '--port-base', '--folder', '--reset']],
    ['assay', ['node', '--config']],
    ['assay', ['signer', '--config']],
    ['assay', ['host', '--config', '--engine']],
    ['assay', ['gateway', '--config']],
    ['assay', ['regtest', '--rpc']],
    ['assay', ['infer', '--private', '--max-fee', '--node']],
    ['assay', ['result', '--json', '--account']],
    ['assay', ['verify', '--genesis', '--bitcoin', '--rescore', '--key']],
    ['assay', ['refund', '--account']],
    ['assay', ['models', '--node']],
    ['assay', ['accounts']],
    ['assay', ['calibrate']],
    ['assay', ['check']],
    ['assay', ['repl']],
    ['infer-node', ['start', '--config']],
    ['infer-node', ['check-config', '--config']],
    ['infer-signer', ['run', '--config']],
    ['infer-signer', ['check-config', '--config']],
  ] as const)('of %s %j', async (program, [command, ...options]) => {
    const { out, code } = await runCli(program, command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: ${program} ${command}`);
    for (const option of options) expect(out).toContain(option);
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
