/** The gateway's chain over RPC: what it asks of a node, and what it makes of the answers. */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import {
  type ClarityValue,
  Cv,
  decodeClarityValue,
  encodeClarityValue,
} from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import { describeModel, FakeEngine } from '@assay/engine';
import { encodeManifest, modelIdHex } from '@assay/jobs';
import { addressOfPublicKey, DEVNET_IDS, publicKeyOf } from '@assay/wallet';
import { decodeTransaction, transactionIdOfBytes } from '@assay/wire';
import type { FetchOptions, HttpResponse, Net } from '@assay/world';
import { describe, expect, it } from 'vitest';
import { createGatewayChain } from '../src/index.ts';

const BOOT = 'ST000000000000000000002AMW42H';
const HOST = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const ACCOUNT = { privateKey: sha256(bytesFromUtf8('account')), compressed: true };
const ADDRESS = addressOfPublicKey(publicKeyOf(ACCOUNT), DEVNET_IDS);
const KEY = bytesFromHex(`02${'44'.repeat(32)}`);
const MANIFEST = describeModel(new FakeEngine(), { name: 'm/1', evidenceSha256: '00'.repeat(32) });
const MODEL = bytesFromHex(modelIdHex(MANIFEST));

type Reply = ClarityValue | { readonly json: unknown } | { readonly bytes: Uint8Array };

/** A node, and hosts, that give these answers by the end of the path; anything else is a 404. */
function world(
  answers: Readonly<Record<string, Reply | ((args: readonly ClarityValue[]) => Reply)>>,
) {
  const posted: { readonly path: string; readonly body: Uint8Array }[] = [];
  const fetch: Net['fetch'] = async (url, options: FetchOptions = {}) => {
    const path = url.replace(/^http:\/\/[a-z]+/, '');
    if (options.body !== undefined) posted.push({ path, body: options.body });
    const name = Object.keys(answers).find((one) => path.endsWith(one));
    if (name === undefined) return response(404, bytesFromUtf8('not here'));
    const found = answers[name]!;
    const reply = typeof found === 'function' ? found(argumentsOf(options)) : found;
    if ('bytes' in reply && reply.bytes instanceof Uint8Array) return response(200, reply.bytes);
    if ('json' in reply) return response(200, bytesFromUtf8(JSON.stringify(reply.json)));
    const result = `0x${bytesToHex(encodeClarityValue(reply as ClarityValue))}`;
    return response(200, bytesFromUtf8(JSON.stringify({ okay: true, result })));
  };
  const chain = createGatewayChain(
    { fetch },
    {
      nodeUrl: 'http://node',
      bootAddress: BOOT,
      network: DEVNET_IDS,
      accountKey: ACCOUNT,
      feeMicro: 3_000n,
    },
  );
  return { chain, posted };
}

function argumentsOf({ body }: FetchOptions): readonly ClarityValue[] {
  const call = JSON.parse(utf8FromBytes(body ?? new Uint8Array(0)) || '{}');
  return ((call.arguments ?? []) as string[]).map((hex) => {
    const value = decodeClarityValue(bytesFromHex(hex.replace(/^0x/, '')));
    if (!value.ok) throw new Error(value.error.message);
    return value.value;
  });
}

function response(status: number, body: Uint8Array): HttpResponse {
  return { status, headers: {}, body };
}

const OFFER = Cv.some(
  Cv.tuple({
    key: Cv.buffer(KEY),
    'input-price': Cv.uint(10),
    'cached-price': Cv.uint(2),
    'output-price': Cv.uint(50),
    assurance: Cv.uint(1),
  }),
);
const MARKET = {
  '/models/get-model-count': Cv.uint(2),
  '/models/get-model-by-index': ([index]: readonly ClarityValue[]) =>
    index?.type === 'uint' && index.value === 0n ? Cv.some(Cv.buffer(MODEL)) : Cv.none(),
  '/models/get-model': Cv.some(Cv.tuple({ name: Cv.ascii('m/1') })),
  '/hosts/get-model-hosts': Cv.list([Cv.tuple({ host: Cv.principal(HOST) })]),
  '/hosts/get-offer': OFFER,
  '/hosts/get-host': Cv.some(
    Cv.tuple({ endpoint: Cv.ascii('http://host/'), capacity: Cv.uint(3) }),
  ),
};

describe('the gateway’s chain over RPC', () => {
  it('lists models with the hosts that serve them, and the context of their manifest', async () => {
    const { chain } = world({ ...MARKET, '/manifests/': { json: null } });
    const [model, ...more] = await chain.models();
    expect(more).toEqual([]);
    expect(model).toMatchObject({ id: bytesToHex(MODEL), name: 'm/1', contextTokens: null });
    expect(model!.hosts).toEqual([
      {
        host: HOST,
        endpoint: 'http://host/',
        operatingKey: KEY,
        prices: { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n },
        assurance: 'A',
        capacity: 3,
      },
    ]);
  });

  it('believes a manifest by its hash only', async () => {
    const path = `/manifests/${bytesToHex(MODEL)}`;
    const honest = world({ ...MARKET, [path]: { bytes: encodeManifest(MANIFEST) } });
    expect((await honest.chain.models())[0]!.contextTokens).toBe(MANIFEST.contextTokens);
    const other = encodeManifest({ ...MANIFEST, contextTokens: 1 });
    const forged = world({ ...MARKET, [path]: { bytes: other } });
    expect((await forged.chain.models())[0]!.contextTokens).toBeNull();
  });

  it('reads sessions and the grace of claims as the contract gives them', async () => {
    const session = Cv.tuple({
      user: Cv.principal(ADDRESS),
      host: Cv.principal(HOST),
      model: Cv.buffer(MODEL),
      'host-key': Cv.buffer(KEY),
      'input-price': Cv.uint(10),
      'cached-price': Cv.uint(2),
      'output-price': Cv.uint(50),
      'voucher-key': Cv.buffer(KEY),
      deposit: Cv.uint(2n ** 100n),
      claimed: Cv.uint(7),
      requests: Cv.uint(3),
      pending: Cv.none(),
      'opened-at': Cv.uint(90),
      'expires-at': Cv.uint(190),
      status: Cv.uint(1),
    });
    const { chain } = world({
      '/sessions/get-session': Cv.some(session),
      '/sessions/get-parameters': Cv.tuple({ 'claim-grace': Cv.uint(36) }),
    });
    expect(await chain.session(5n)).toMatchObject({
      id: 5n,
      user: ADDRESS,
      depositMicro: 2n ** 100n,
      claimedMicro: 7n,
      claimedRequests: 3n,
      expiresAt: 190,
      isOpen: true,
    });
    expect(await chain.claimGrace()).toBe(36);
    expect(await world({ '/sessions/get-session': Cv.none() }).chain.session(5n)).toBeNull();
  });

  it('signs an opening that can spend the deposit and nothing else', async () => {
    const { chain } = world({ [`/${ADDRESS}/nonces`]: { json: { possible_next_nonce: 12 } } });
    const asked = { host: HOST, model: MODEL, depositMicro: 500n, voucherKey: KEY, duration: 144 };
    const { bytes, txid } = await chain.prepareOpen(asked);
    expect(bytesToHex(transactionIdOfBytes(bytes))).toBe(txid);
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const tx = decoded.value;
    expect(tx.postConditionMode).toBe('deny');
    expect(tx.postConditions).toMatchObject([{ kind: 'stx', code: 'eq', amount: 500n }]);
    expect(tx.payload).toMatchObject({
      kind: 'contract-call',
      functionName: 'open',
    });
  });

  it.each([
    ['mined well', { result: '(ok u9)', is_canonical: true }, { kind: 'success', id: 9n }],
    [
      'mined without a number',
      { result: '(ok true)', is_canonical: true },
      { kind: 'success', id: null },
    ],
    [
      'failed',
      { result: '(err u405)', is_canonical: true },
      { kind: 'failed', reason: '(err u405)' },
    ],
    ['on a fork that lost', { result: '(ok u9)', is_canonical: false }, { kind: 'unknown' }],
  ])('a transaction %s', async (_what, mined, outcome) => {
    const txid = 'ab'.repeat(32);
    const json = { index_block_hash: '11'.repeat(32), tx: '00', block_height: 4, ...mined };
    const { chain } = world({ [`/v3/transaction/${txid}`]: { json } });
    expect(await chain.outcome(txid)).toEqual(outcome);
    expect(await chain.blockOf(txid)).toBe(mined.is_canonical ? '11'.repeat(32) : null);
  });

  it('a transaction that waits is pending, and one that nobody knows is unknown', async () => {
    const txid = 'ab'.repeat(32);
    const json = { tx: '00', status: 'Mempool' };
    const waiting = world({ [`/unconfirmed/${txid}`]: { json } });
    expect(await waiting.chain.outcome(txid)).toEqual({ kind: 'pending' });
    expect(await world({}).chain.outcome(txid)).toEqual({ kind: 'unknown' });
  });

  it('an answer that is none of the contract’s is an error, not a guess', async () => {
    const { chain } = world({ '/models/get-model-count': Cv.ascii('many') });
    await expect(chain.models()).rejects.toThrow('expected a uint');
  });
});
