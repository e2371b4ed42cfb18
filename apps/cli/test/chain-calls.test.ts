/**
 * The two calls that the command line makes by itself: a host's registration, which never repeats what
 * the chain already shows, and the refund of an unanswered request.
 */
import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv, decodeClarityValue } from '@assay/clarity-value';
import { publicKeyFromPrivate } from '@assay/crypto';
import { CHATML, type ModelManifest, modelId } from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { decodeTransaction, type Transaction, transactionIdOfBytes } from '@assay/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devnetKey } from '../src/devnet/layout.ts';
import { openDispute } from '../src/dispute.ts';
import { NodeApi } from '../src/node-api.ts';
import { refund } from '../src/refund.ts';
import { registerHost } from '../src/register-host.ts';
import { UserError } from '../src/user-error.ts';
import { FakeNode, readOnlyAnswer } from './fake-node.ts';
import { SAMPLES } from './sample-results.ts';

const BOOT = 'ST000000000000000000002AMW42H';
const { address, privateKey } = devnetKey('host 1');
const accountKey = { privateKey: Buffer.from(privateKey.slice(0, 64), 'hex'), compressed: true };
const operatingPublicKey = publicKeyFromPrivate(new Uint8Array(32).fill(9));

const MODEL: ModelManifest = {
  version: 1,
  name: 'test-model',
  architecture: 'llama',
  weights: { format: 'gguf', sha256: '11'.repeat(32), sizeBytes: 1 },
  tokenizerSha256: '22'.repeat(32),
  template: CHATML,
  vocabularySize: 10,
  beginId: 1,
  eosIds: [2],
  contextTokens: 128,
  numericProfile: {
    engineClass: 'fake',
    weights: 'f16',
    activations: 'f32',
    keyValueCache: 'f16',
    flashAttention: false,
  },
  sampler: 'gm-v1',
  thresholds: { invalidMicro: 4, suspectMicro: 3, toleranceMicro: 2, impossibleMicro: 1 },
  evidenceSha256: '33'.repeat(32),
};

const OFFER = {
  endpoint: 'http://127.0.0.1:8000',
  operatingPublicKey,
  assurance: 'A' as const,
  capacity: 1,
  inputPriceMicro: 10n,
  outputPriceMicro: 50n,
  bondMicro: 1_000_000_000n,
};

/** A chain as small as these calls need it: what was sent is mined at once. */
const chain = {
  models: new Set<string>(),
  host: null as ClarityValue | null,
  balance: '10000000000',
  burnHeight: 121,
  result: {} as unknown,
  sent: [] as Transaction[],
  /** Every transaction fails on chain. */
  aborts: false,
};

function apply(tx: Transaction): void {
  const { payload } = tx;
  if (payload.kind !== 'contract-call' || chain.aborts) return;
  const { functionName, args } = payload;
  if (payload.contract.contractName === 'models' && args[0]?.type === 'buffer') {
    chain.models.add(bytesToHex(args[0].value));
  } else if (functionName === 'register' || functionName === 'update') {
    const names = [
      'endpoint',
      'operating-key',
      'seal-key',
      'models',
      'assurance',
      'capacity',
      'input-price',
      'cached-price',
      'output-price',
    ];
    chain.host = Cv.tuple(Object.fromEntries(names.map((name, i) => [name, args[i]!])));
  }
}

const MODEL_BOND_MICRO = 10_000_000n;

let node: FakeNode;
beforeAll(async () => {
  node = await FakeNode.start(({ path, body }) => {
    if (path === '/v2/info') {
      return { json: { network_id: 0x80000000, burn_block_height: chain.burnHeight } };
    }
    if (path.startsWith('/v2/accounts/')) {
      return { json: { balance: chain.balance, locked: '0', unlock_height: 0, nonce: 5 } };
    }
    if (path === '/v2/fees/transfer') return { text: '1' };
    if (path.startsWith('/v2/infer_res/')) return { json: chain.result };
    if (path.endsWith('/hosts/get-host')) {
      return readOnlyAnswer(chain.host === null ? Cv.none() : Cv.some(chain.host));
    }
    if (path.endsWith('/inference/get-parameters')) {
      return readOnlyAnswer(
        Cv.tuple({ 'dispute-bond': Cv.uint(10_000_000n), 'dispute-window': Cv.uint(144n) }),
      );
    }
    if (path.endsWith('/models/get-bond')) return readOnlyAnswer(Cv.uint(MODEL_BOND_MICRO));
    if (path.endsWith('/models/is-known')) {
      const [hex] = JSON.parse(new TextDecoder().decode(body)).arguments;
      const id = decodeClarityValue(Buffer.from(hex.slice(2), 'hex'));
      const isKnown =
        id.ok && id.value.type === 'buffer' && chain.models.has(bytesToHex(id.value.value));
      return readOnlyAnswer(Cv.bool(isKnown));
    }
    if (path === '/v2/transactions') {
      const tx = decodeTransaction(body);
      if (!tx.ok) return { status: 400, json: { reason: 'Deserialization' } };
      chain.sent.push(tx.value);
      apply(tx.value);
      return { json: bytesToHex(transactionIdOfBytes(body)) };
    }
    if (path.startsWith('/extended/v1/tx/') && chain.aborts) {
      return { json: { tx_status: 'abort_by_response', tx_result: { repr: '(err u210)' } } };
    }
    return null;
  });
});
afterAll(() => node.stop());
beforeEach(() => {
  chain.models.clear();
  Object.assign(chain, { host: null, balance: '10000000000', burnHeight: 121, aborts: false });
  chain.sent = [];
});

const register = (offer = OFFER) =>
  registerHost(new NodeApi(node.url), silentLogger, {
    boot: BOOT,
    address,
    accountKey,
    model: MODEL,
    offer,
  });

/** `contract function nonce` of what was sent. */
const calls = () =>
  chain.sent.map(({ payload, auth }) =>
    payload.kind === 'contract-call'
      ? `${payload.contract.contractName} ${payload.functionName} ${auth.origin.nonce}`
      : payload.kind,
  );

async function problem(action: Promise<unknown>): Promise<UserError> {
  const error = await action.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof UserError) return error;
  throw new Error(`no UserError but ${String(error)}`);
}

describe('registration of a host', () => {
  it('registers model and host, in this order, and the bonds are all that may leave', async () => {
    await register();
    expect(calls()).toEqual(['models register 5', 'hosts register 6']);
    expect(chain.models.has(bytesToHex(modelId(MODEL)))).toBe(true);
    const [model, host] = chain.sent;
    expect(model).toMatchObject({
      postConditionMode: 'deny',
      postConditions: [{ kind: 'stx', principal: 'origin', code: 'eq', amount: MODEL_BOND_MICRO }],
    });
    expect(host).toMatchObject({
      postConditionMode: 'deny',
      postConditions: [{ kind: 'stx', principal: 'origin', code: 'eq', amount: OFFER.bondMicro }],
    });
  });

  it('sends nothing when the chain shows the host as configured', async () => {
    await register();
    chain.sent = [];
    await register();
    expect(calls()).toEqual([]);
  });

  it('a model that somebody registered is not registered again', async () => {
    chain.models.add(bytesToHex(modelId(MODEL)));
    await register();
    expect(calls()).toEqual(['hosts register 5']);
  });

  it.each([
    { endpoint: 'http://127.0.0.1:9000' },
    { outputPriceMicro: 60n },
    { capacity: 2 },
    { operatingPublicKey: publicKeyFromPrivate(new Uint8Array(32).fill(8)) },
  ])('updates what has changed: %o', async (change) => {
    await register();
    chain.sent = [];
    await register({ ...OFFER, ...change });
    expect(calls()).toEqual(['hosts update 5']);
  });

  it('says that the bond is missing, before anything is sent', async () => {
    chain.balance = '5000000';
    const error = await problem(register());
    expect(error.code).toBe('cli/no-funds');
    expect(error.message).toContain('has 5 STX');
    expect(calls()).toEqual([]);
  });

  it('gives up with the reason when the chain refuses it twice', async () => {
    chain.aborts = true;
    const error = await problem(register());
    expect(error.code).toBe('cli/registration-failed');
    expect(error.message).toContain('(err u210)');
  });
});

describe('refund', () => {
  const txid = SAMPLES.inProgress.txid;
  const ask = () => refund(new NodeApi(node.url), txid, accountKey);

  it('expires the request after its deadline', async () => {
    chain.result = SAMPLES.inProgress;
    await ask();
    expect(calls()).toEqual(['inference expire 5']);
  });

  it('waits for the deadline', async () => {
    chain.result = SAMPLES.inProgress;
    chain.burnHeight = 120;
    const error = await problem(ask());
    expect(error.code).toBe('cli/not-expired');
    expect(error.next).toBe('Try again in 1 Bitcoin block.');
    expect(calls()).toEqual([]);
  });

  it.each(['success', 'rejected', 'expired', 'created', 'notFound'] as const)(
    'has nothing to do with a request that is %s',
    async (name) => {
      chain.result = SAMPLES[name];
      expect((await problem(ask())).code).toBe('cli/nothing-to-refund');
    },
  );
});

describe('dispute', () => {
  const txid = SAMPLES.success.txid;
  const dispute = () =>
    openDispute(new NodeApi(node.url), txid, { key: accountKey, evidence: 'I asked myself.' });

  it('puts up the bond that the contract asks for, and the hash of the evidence', async () => {
    chain.result = SAMPLES.success;
    chain.burnHeight = Number(SAMPLES.success.request!.result!.closed_at) + 144;
    expect((await dispute()).bondMicro).toBe(10_000_000n);
    expect(calls()).toEqual(['inference dispute 5']);
  });

  it('is refused when the time for it is over', async () => {
    chain.result = SAMPLES.success;
    chain.burnHeight = Number(SAMPLES.success.request!.result!.closed_at) + 145;
    expect((await problem(dispute())).code).toBe('cli/too-late-to-dispute');
    expect(calls()).toEqual([]);
  });

  it.each(['inProgress', 'rejected', 'expired', 'notFound'] as const)(
    'has nothing to do with a request that is %s',
    async (name) => {
      chain.result = SAMPLES[name];
      expect((await problem(dispute())).code).toBe('cli/nothing-to-dispute');
    },
  );
});
