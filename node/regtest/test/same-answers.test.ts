/**
 * Ours beside a real bitcoind, call for call: every field we give is one of bitcoind's, of the same
 * type and number format, and every refusal has its number and its words. Fields that bitcoind has
 * besides are allowed (versions differ). Runs where there is a bitcoind.
 */
import { bytesToHex } from '@assay/bytes';
import { expect, it } from 'vitest';
import { type Answer, type Bitcoin, bitcoindVersion, openBitcoind, openOurs } from './harness.ts';
import { matureCoins, spend, testKey } from './spender.ts';

const version = bitcoindVersion();
const alice = testKey(1);
const bob = testKey(2);

/** A leaf's type, a list's kinds of elements, an object's fields. */
type Shape = string | readonly Shape[] | { readonly [field: string]: Shape };

/** One call's outcome, under a name that is the same for both. */
interface Step {
  readonly name: string;
  readonly shape: Shape;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function kindOfNumber(token: string): string {
  if (/^-?\d+$/.test(token)) return 'whole number';
  return /^-?\d+\.\d{8}$/.test(token) ? 'amount' : 'number';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) {
    const kinds = new Map(value.map((item) => [JSON.stringify(shapeOf(item)), shapeOf(item)]));
    return [...kinds.values()];
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        // Txids and addresses as keys name nothing.
        const isName = !/^(?:[0-9a-f]{64}|bcrt1.*)$/.test(key);
        return [isName ? key : '*', shapeOf(item)];
      }),
    );
  }
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  if (value.startsWith('#')) return value.slice(1);
  return /^(?:[0-9a-f]{2}){8,}$/.test(value) ? 'hex' : 'string';
}

/** The first line, without what is particular to one chain, machine or version. */
function wordsOf(message: string): string {
  return message
    .split('\n')[0]!
    .replace(/[0-9a-f]{64}/g, '<hash>')
    .replace(/'\/[^']*\/([^'/]+)'/g, "'$1'")
    .replace(/^dust, .*/, 'dust')
    .replaceAll('"', '');
}

class Recorder {
  readonly steps: Step[] = [];
  readonly #bitcoin: Bitcoin;

  constructor(bitcoin: Bitcoin) {
    this.#bitcoin = bitcoin;
  }

  async call(method: string, params: unknown = [], wallet?: string, note = ''): Promise<Answer> {
    const text = await this.#bitcoin.text(method, params, wallet);
    const tagged = text.replace(TOKEN, (token) =>
      token.startsWith('"') ? token : `"#${kindOfNumber(token)}"`,
    );
    const { result, error } = JSON.parse(tagged);
    const name = `${this.steps.length} ${method} ${note}`.trim();
    const plain = JSON.parse(text);
    if (error) {
      const { code, message } = plain.error;
      this.steps.push({ name, shape: `error ${code} ${wordsOf(message)}` });
    } else {
      this.steps.push({ name, shape: shapeOf(result) });
    }
    return plain.result;
  }
}

/** Fields that newer bitcoinds have dropped and older clients read. */
const DROPPED = ['getwalletinfo.balance', 'getwalletinfo.paytxfee'];

/** Paths where ours is not what bitcoind has; a list matches when each of our kinds is one of its. */
function differences(path: string, ours: Shape, theirs: Shape): string[] {
  if (typeof ours === 'string' || typeof theirs === 'string') {
    // Where bitcoind has a fraction, ours may happen to be whole.
    const isWhole = ours === 'whole number' && theirs === 'number';
    const same = isWhole || JSON.stringify(ours) === JSON.stringify(theirs);
    return same
      ? []
      : [`${path}: ours ${JSON.stringify(ours)}, bitcoind ${JSON.stringify(theirs)}`];
  }
  if (Array.isArray(ours) || Array.isArray(theirs)) {
    if (!Array.isArray(ours) || !Array.isArray(theirs)) return [`${path}: list or not`];
    return ours.flatMap((item) => {
      const tries = theirs.map((their) => differences(`${path}[]`, item, their));
      if (tries.some((found) => found.length === 0)) return [];
      return tries[0] ?? [`${path}: bitcoind has an empty list`];
    });
  }
  const known = theirs as { readonly [field: string]: Shape };
  return Object.entries(ours).flatMap(([field, shape]) => {
    const their = known[field];
    if (their === undefined && DROPPED.some((name) => `${path}.${field}`.endsWith(name))) return [];
    return their === undefined
      ? [`${path}.${field}: unknown to bitcoind`]
      : differences(`${path}.${field}`, shape, their);
  });
}

/** Fields that bitcoind has and we do not. */
function missing(path: string, ours: Shape, theirs: Shape): string[] {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length > 0 && theirs.length > 0 ? missing(`${path}[]`, ours[0]!, theirs[0]!) : [];
  }
  if (!isObject(ours) || !isObject(theirs)) return [];
  return Object.entries(theirs).flatMap(([field, shape]) => {
    const our = ours[field];
    return our === undefined
      ? [`${path}.${field}`]
      : missing(`${path}.${field}`, our as Shape, shape as Shape);
  });
}

async function play(bitcoin: Bitcoin): Promise<Step[]> {
  const recorder = new Recorder(bitcoin);
  const call: Recorder['call'] = (...args) => recorder.call(...args);
  const unknown = '11'.repeat(32);
  for (const method of ['getblockchaininfo', 'getmininginfo', 'getchaintips', 'getmempoolinfo']) {
    await call(method);
  }
  for (const method of ['getnetworkinfo', 'getpeerinfo', 'getconnectioncount', 'ping', 'uptime']) {
    await call(method);
  }
  await call('estimatesmartfee', [6]);
  await call('estimatesmartfee', [0]);
  const coins = await matureCoins(bitcoin, alice.address, 8);
  const coin = coins[0]!;
  const tip = await call('getbestblockhash');
  await call('generatetoaddress', [1, alice.legacyAddress]);
  await call('generatetodescriptor', [1, `wpkh(${bytesToHex(alice.publicKey)})`]);
  await call('generatetodescriptor', [1, 'nonsense']);
  await call('generatetoaddress', ['1', alice.address]);
  await call('generatetoaddress', [1]);
  await call('generatetoaddress', { nblocks: 1, address: alice.address });
  for (const verbosity of [0, 1, 2, 3, true, 'x']) await call('getblock', [tip, verbosity]);
  await call('getblockheader', [tip]);
  await call('getblockheader', [tip, false]);
  await call('getblockheader', [unknown]);
  await call('getblockheader', ['zz'.repeat(32)]);
  await call('getblockhash', [-1]);
  await call('getblockhash', [1.5]);
  await call('getblockhash', [1, 2]);
  await call('gettxout', [coin.txid, 0]);
  await call('gettxout', [coin.txid, 9]);
  await call('gettxoutsetinfo');
  await call('getindexinfo');
  await call('scantxoutset', ['start', [`addr(${alice.address})`]]);
  await call('scantxoutset', ['start', [{ desc: `wpkh(${bytesToHex(alice.publicKey)})` }]]);
  await call('scantxoutset', ['status']);
  await call('scantxoutset', ['abort']);
  await call('scantxoutset', ['nonsense']);
  await call('scantxoutset', ['start']);
  await call('scantxoutset', ['start', ['addr(nonsense)']]);
  await call('validateaddress', [alice.address]);
  await call('validateaddress', [alice.legacyAddress]);
  await call('getdescriptorinfo', [`wpkh(${bytesToHex(alice.publicKey)})`]);
  await call('getdescriptorinfo', ['wpkh(nonsense)']);
  await call('deriveaddresses', [`addr(${alice.address})`]);

  const first = spend(
    alice,
    [coin],
    [
      { script: alice.p2wpkh, sats: coin.sats / 2n },
      { script: bob.p2pkh, sats: coin.sats / 2n - 10_000n },
    ],
  );
  const child = spend(
    alice,
    [first.output(0)],
    [{ script: bob.p2wpkh, sats: first.output(0).sats - 10_000n }],
  );
  await call('testmempoolaccept', [[first.hex]]);
  await call('testmempoolaccept', [['00']]);
  await call('testmempoolaccept', [[]]);
  await call('sendrawtransaction', [child.hex], undefined, 'without its parent');
  await call('sendrawtransaction', [first.hex]);
  await call('sendrawtransaction', [child.hex]);
  await call('sendrawtransaction', [first.hex], undefined, 'again');
  await call('testmempoolaccept', [[first.hex]], undefined, 'of what is there');
  await call('getrawmempool');
  await call('getrawmempool', [true]);
  await call('getmempoolinfo');
  await call('getmempoolentry', [child.txid]);
  await call('getmempoolancestors', [child.txid]);
  await call('getmempoolancestors', [child.txid, true]);
  await call('getmempooldescendants', [first.txid, true]);
  await call('gettxspendingprevout', [[{ txid: coin.txid, vout: 0 }]]);
  await call('gettxspendingprevout', [[{ txid: coin.txid, vout: 1 }]]);
  for (const verbosity of [0, 1, 2]) await call('getrawtransaction', [child.txid, verbosity]);
  await call('gettxout', [child.txid, 0], undefined, 'of the mempool');
  await call('decoderawtransaction', [first.hex]);
  await call('decoderawtransaction', ['nonsense']);
  const rival = spend(alice, [coin], [{ script: bob.p2wpkh, sats: coin.sats - 11_000n }]);
  await call('sendrawtransaction', [rival.hex], undefined, 'for too little more');
  await call('testmempoolaccept', [[rival.hex]], undefined, 'for too little more');
  const [mined] = await call('generatetoaddress', [1, bob.address]);
  for (const verbosity of [1, 2]) {
    await call('getrawtransaction', [first.txid, verbosity], undefined, 'confirmed');
  }
  await call('getrawtransaction', [first.txid, 1, mined]);
  await call('getrawtransaction', [first.txid, 1, tip]);
  await call('getrawtransaction', [first.txid, 1, unknown]);
  await call('sendrawtransaction', [first.hex], undefined, 'confirmed');
  await call('sendrawtransaction', [child.hex], undefined, 'confirmed');
  await call('sendrawtransaction', [rival.hex], undefined, 'spent in a block');
  await call('getblock', [mined, 2]);
  await call('getblock', [mined, 3]);
  const coinbase = await call('getblock', [mined, 1]).then((block) => block.tx[0]);
  const coinbaseHex = await call('getrawtransaction', [coinbase]);
  await call('sendrawtransaction', [coinbaseHex], undefined, 'a coinbase');
  await call('testmempoolaccept', [[coinbaseHex]], undefined, 'a coinbase');

  const refuse = async (note: string, made: { hex: string }, rate?: number) => {
    await call(
      'sendrawtransaction',
      rate === undefined ? [made.hex] : [made.hex, rate],
      undefined,
      note,
    );
    await call('testmempoolaccept', [[made.hex]], undefined, note);
  };
  const from = [coins[1]!];
  const to = (sats: bigint) => [{ script: bob.p2wpkh, sats }];
  await refuse('no fee', spend(alice, from, to(coin.sats)));
  await refuse('more than it has', spend(alice, from, to(coin.sats + 1n)));
  await refuse('too dear', spend(alice, from, to(coin.sats / 3n)));
  await refuse('dust', spend(alice, from, [...to(coin.sats - 9_000n), ...to(1n)]));
  await refuse('not yet', spend(alice, from, to(coin.sats - 9_000n), { lockTime: 5_000 }));
  await refuse('not so soon', spend(alice, from, to(coin.sats - 9_000n), { sequence: 5_000 }));
  await refuse('version', spend(alice, from, to(coin.sats - 9_000n), { version: 4 }));
  await refuse('no outputs', spend(alice, from, []));
  await refuse('twice the same', spend(alice, [...from, ...from], to(coin.sats - 9_000n)));

  const raw = await call('createrawtransaction', [
    [{ txid: coins[2]!.txid, vout: 0 }],
    [{ [bob.address]: 1.5 }, { data: '00ff' }],
  ]);
  await call('createrawtransaction', [[{ txid: 'x', vout: 0 }], []]);
  await call('createrawtransaction', [[], [{ nonsense: 1 }]]);
  await call('createrawtransaction', [[], [{ [bob.address]: -1 }]]);
  await call('createrawtransaction', [[], [{ [bob.address]: 'x' }]]);
  await call('signrawtransactionwithkey', [raw, []]);
  await call('signrawtransactionwithkey', [raw, ['nonsense']]);

  await call('invalidateblock', [unknown]);
  await call('invalidateblock', [mined]);
  await call('getchaintips', [], undefined, 'after invalidateblock');
  await call('getblock', [mined, 1], undefined, 'invalidated');
  await call('getblockheader', [mined], undefined, 'invalidated');
  await call('getrawtransaction', [first.txid, 1], undefined, 'disconnected');
  await call('reconsiderblock', [mined]);
  await call('generateblock', [bob.address, []]);
  await call('generateblock', [bob.address, [unknown]]);
  await call('generateblock', [bob.address, ['nonsense']]);
  await call('submitblock', ['00']);
  const blockHex = await call('getblock', [mined, 0]);
  await call('submitblock', [blockHex]);
  await call('waitforblockheight', [1]);

  await call('listwallets');
  await call('listunspent', [], undefined, 'without a wallet');
  await call('createwallet', ['w']);
  await call('createwallet', ['w']);
  await call('getwalletinfo', [], 'w');
  await call('getbalances', [], 'w');
  await call('listwalletdir');
  const address = await call('getnewaddress', [], 'w');
  await call('getnewaddress', ['', 'nonsense'], 'w');
  await call('getnewaddress', ['', 'legacy'], 'w');
  await call('getrawchangeaddress', [], 'w');
  await call('sendtoaddress', [bob.address, 1], 'w');
  await matureCoins(bitcoin, address, 2);
  await call('listunspent', [], 'w');
  await call('getaddressinfo', [address], 'w');
  await call('getaddressinfo', [bob.address], 'w');
  await call('getaddressinfo', ['nonsense'], 'w');
  const paid = await call('sendtoaddress', [bob.address, 0.25], 'w');
  await call('sendtoaddress', ['nonsense', 1], 'w');
  await call('sendtoaddress', [bob.address, 0], 'w');
  await call('sendtoaddress', [bob.address, -1], 'w');
  await call('sendtoaddress', [bob.address, 21000001], 'w');
  await call('sendmany', ['', { [bob.address]: 0.1, [alice.address]: 0.2 }], 'w');
  await call('gettransaction', [paid], 'w');
  await call('gettransaction', [unknown], 'w');
  await call('getbalance', [], 'w');
  await call('getbalances', [], 'w');
  await call('listdescriptors', [], 'w');
  await call('importdescriptors', [[{ desc: 'nonsense', timestamp: 'now' }]], 'w');
  await call('getblockcount', [], undefined, 'with two wallets').then(() =>
    call('createwallet', ['v']),
  );
  await call('getbalance', [], undefined, 'with two wallets');
  await call('unloadwallet', ['v']);
  await call('unloadwallet', ['v']);
  await call('loadwallet', ['v']);
  await call('loadwallet', ['nosuch']);
  await call('setmocktime', [-1]);
  await call('help', ['getblockcount']);
  return recorder.steps;
}

it.skipIf(version === null)(`answers what ${version ?? 'bitcoind'} answers`, async () => {
  const ours = openOurs();
  const theirs = await openBitcoind();
  try {
    const [left, right] = [await play(ours), await play(theirs)];
    const pairs = left.map((step, i) => [step, right[i]!] as const);
    if (process.env.SHOW_MISSING !== undefined) {
      const all = pairs.flatMap(([a, b]) => missing(a.name, a.shape, b.shape));
      console.log(all.join('\n'));
    }
    expect(pairs.flatMap(([a, b]) => differences(a.name, a.shape, b.shape))).toEqual([]);
  } finally {
    await ours.close();
    await theirs.close();
  }
});
