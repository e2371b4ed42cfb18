/**
 * `assay verify` against a recorded answer of a real devnet, and against nodes that lie about it: every
 * lie about something checked fails the check that is there for it, and no answer of a node, however
 * broken, crashes the program. The recording: fixtures/record-answer.mjs.
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import type { Genesis } from '@assay/chainstate';
import { Cv, decodeClarityValue, encodeClarityValue } from '@assay/clarity-value';
import { verifyAnswer } from '@assay/proof';
import { decodeBlock, encodeBlock, type NakamotoBlock } from '@assay/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bitcoindSource } from '../src/bitcoin-node.ts';
import { trustedNetwork } from '../src/genesis-file.ts';
import { NodeApi } from '../src/node-api.ts';
import { UserError } from '../src/user-error.ts';
import type { FakeAnswer, FakeNode } from './fake-node.ts';
import { loadRecording, serveRecording } from './recorded-node.ts';

const { recording, genesis } = loadRecording('answer.json');

/** What the lying node says instead, by recorded request. */
const lies = new Map<string, FakeAnswer | null>();
let node: FakeNode;
let bitcoin: FakeNode;

beforeAll(async () => {
  ({ node, bitcoin } = await serveRecording(recording, lies));
});
beforeEach(() => lies.clear());
afterAll(() => Promise.all([node.stop(), bitcoin.stop()]));

function verify(options: { genesis?: Genesis; bitcoinUrl?: string } = {}) {
  return verifyAnswer(new NodeApi(node.url), recording.txid, {
    trusted: trustedNetwork(options.genesis ?? genesis),
    bitcoin: bitcoindSource(options.bitcoinUrl ?? bitcoin.url),
  });
}

/** The check that failed, of a report that must not be good. */
async function failures(options?: { genesis?: Genesis }): Promise<string[]> {
  const { ok, checks } = await verify(options);
  expect(ok).toBe(false);
  return checks.filter((check) => check.ok === false).map(({ what }) => what);
}

const keyOf = (part: string): string => {
  const key = Object.keys(recording.node).find((each) => each.includes(part));
  if (key === undefined) throw new Error(`nothing recorded about ${part}`);
  return key;
};
const bytesOf = (key: string): Uint8Array => bytesFromHex(recording.node[key]!.hex);
const jsonOf = (key: string) => JSON.parse(new TextDecoder().decode(bytesOf(key)));

const RESULT = keyOf('/v2/infer_res/');
const result = jsonOf(RESULT);
const REQUEST_BLOCK = keyOf(`/v3/blocks/${result.request.opened.block_id}`);
const SETTLED_BLOCK = keyOf(`/v3/blocks/${result.request.closed.block_id}`);
const SORTITION = keyOf('/v3/sortitions/');
const CONTENT = keyOf('/v2/content/');

function lieAboutBlock(key: string, change: (block: NakamotoBlock) => NakamotoBlock): void {
  const block = decodeBlock(bytesOf(key));
  if (!block.ok) throw new Error('recorded block is malformed');
  lies.set(key, { bytes: encodeBlock(change(block.value)) });
}

function lieAboutResult(change: (json: ReturnType<typeof jsonOf>) => void): void {
  const json = jsonOf(RESULT);
  change(json);
  lies.set(RESULT, { json });
}

describe('an honest node', () => {
  it('passes every check, Bitcoin and anchoring included', async () => {
    const { ok, checks } = await verify();
    expect(checks.filter((check) => check.ok !== true)).toEqual([]);
    expect(ok).toBe(true);
    expect(checks.length).toBeGreaterThanOrEqual(28);
  });

  it('says what was not checked without genesis and Bitcoin node', async () => {
    const set = genesis.signers.map(({ publicKey, weight }) => ({
      signing_key: bytesToHex(publicKey),
      weight: Number(weight),
    }));
    lies.set('GET /v3/stacker_set/0', { json: { stacker_set: { signers: set } } });
    lies.set('GET /v2/info', { json: { network_id: genesis.chainId } });
    const { ok, checks } = await verifyAnswer(new NodeApi(node.url), recording.txid);
    expect(ok).toBe(true);
    const open = checks.filter((check) => check.ok === null).map(({ what }) => what);
    expect(open).toEqual(['the signer set is that of the network', 'the tenures stand on Bitcoin']);
  });

  it('is not believed when the headers above the election do not follow', async () => {
    const key = Object.keys(recording.bitcoin).findLast((each) =>
      each.startsWith('getblockheader'),
    )!;
    const header = String((recording.bitcoin[key]!.json as { result: unknown }).result);
    lies.set(key, {
      json: { result: `${header.slice(0, 8)}${'00'.repeat(32)}${header.slice(72)}` },
    });
    expect(await failures()).toContain(
      "Bitcoin has built on the block that elected the settlement's tenure",
    );
  });

  it('says so when the Bitcoin node does not answer', async () => {
    const { checks } = await verify({ bitcoinUrl: 'http://127.0.0.1:1' });
    const open = checks.filter((check) => check.ok === null);
    expect(open.map(({ what }) => what)).toEqual(["the settlement's tenure stands on Bitcoin"]);
  });

  it('says so when nobody has the transcript any more', async () => {
    lies.set(CONTENT, null);
    lieAboutResult((json) => {
      json.request.executor_endpoint = node.url;
    });
    const { ok, checks } = await verify();
    expect(ok).toBe(true);
    expect(checks.filter((check) => check.ok === null)).toHaveLength(1);
  });
});

describe('a node that lies about blocks', () => {
  it.each([
    ['request', REQUEST_BLOCK],
    ['settlement', SETTLED_BLOCK],
  ])('%s: another block under the same id', async (name, key) => {
    lieAboutBlock(key, (block) => ({
      ...block,
      header: { ...block.header, timestampSecs: block.header.timestampSecs + 1 },
    }));
    expect(await failures()).toEqual([`the ${name}'s block is the one with this id`]);
  });

  it('a signature of a signer is missing', async () => {
    lieAboutBlock(SETTLED_BLOCK, (block) => ({
      ...block,
      header: { ...block.header, signerSignatures: block.header.signerSignatures.slice(1) },
    }));
    expect(await failures()).toEqual(["the settlement's block is signed by 70 % of signer weight"]);
  });

  it('one signer counts twice', async () => {
    lieAboutBlock(SETTLED_BLOCK, (block) => {
      const [first, second] = block.header.signerSignatures;
      return { ...block, header: { ...block.header, signerSignatures: [first!, second!, first!] } };
    });
    expect(await failures()).toEqual(["the settlement's block is signed by 70 % of signer weight"]);
  });

  it('a transaction is left out', async () => {
    lieAboutBlock(SETTLED_BLOCK, (block) => ({ ...block, transactions: [] }));
    expect(await failures()).toEqual(['the settlement is in the block']);
  });

  it('the request is said to stand in another block', async () => {
    lieAboutResult((json) => {
      json.request.opened.block_id = json.request.closed.block_id;
    });
    expect(await failures()).toEqual(['the request is in the block']);
  });

  it('another transaction is said to be the settlement', async () => {
    lieAboutResult((json) => {
      json.request.closed = json.request.opened;
    });
    expect(await failures()).toContain('the settlement is a call of .inference settle');
  });

  it('the signers are others than those of the genesis', async () => {
    const [first, ...others] = genesis.signers;
    const foreign = {
      ...first!,
      publicKey: bytesFromHex(
        `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`,
      ),
    };
    const what = await failures({ genesis: { ...genesis, signers: [foreign, ...others] } });
    expect(what).toContain("the request's block is signed by 70 % of signer weight");
    expect(what).toContain('signers of 70 % of weight signed the verdict: valid');
  });
});

describe('a node that lies about the miner and Bitcoin', () => {
  it('another miner won', async () => {
    const [sortition] = jsonOf(SORTITION);
    lies.set(SORTITION, { json: [{ ...sortition, miner_pk_hash160: `0x${'00'.repeat(20)}` }] });
    expect(await failures()).toContain("the request's block is signed by the miner of its tenure");
  });

  it('another Bitcoin block elected the tenure', async () => {
    const [sortition] = jsonOf(SORTITION);
    lies.set(SORTITION, { json: [{ ...sortition, burn_block_hash: `0x${'11'.repeat(32)}` }] });
    expect(await failures()).toEqual([
      "the seed's Bitcoin block is the one that elected the request's tenure",
      "the settlement's tenure was elected in a Bitcoin block with proof of work",
    ]);
  });

  it('the Bitcoin block is another one', async () => {
    const hashes = Object.keys(recording.bitcoin).filter((key) => key.startsWith('getblockhash'));
    const elected = `getblockhash [${jsonOf(SORTITION)[0].burn_block_height}]`;
    const other = hashes.find((key) => key !== elected)!;
    lies.set(elected, { json: recording.bitcoin[other]!.json });
    expect(await failures()).toEqual([
      "the settlement's tenure was elected in a Bitcoin block with proof of work",
    ]);
  });
});

describe('a node that lies about the answer', () => {
  it('funai-8.16 another text is shown', async () => {
    lieAboutResult((json) => {
      json.output = 'The Earth is flat.';
    });
    expect(await failures()).toEqual(['the answer shown is the text of the transcript']);
  });

  it('funai-8.16 another transcript is delivered', async () => {
    const bytes = bytesOf(CONTENT);
    bytes[bytes.length - 1]! ^= 1;
    lies.set(CONTENT, { bytes });
    expect(await failures()).toEqual(['the transcript is the one that was committed']);
  });

  it.each([
    ['requests', 'max-fee', 'the record of the request is in the state that the signers signed'],
    ['results', 'paid', 'the record of the result is in the state that the signers signed'],
  ])('another figure in the record: %s %s', async (map, field, what) => {
    const key = keyOf(`/inference/${map}?`);
    const { data, proof } = jsonOf(key);
    const value = decodeClarityValue(bytesFromHex(data));
    if (!value.ok || value.value.type !== 'some' || value.value.value.type !== 'tuple') {
      throw new Error('recorded entry is malformed');
    }
    const entries = { ...Object.fromEntries(value.value.value.entries), [field]: Cv.uint(1) };
    const other = encodeClarityValue(Cv.some(Cv.tuple(entries)));
    lies.set(key, { json: { data: `0x${bytesToHex(other)}`, proof } });
    expect(await failures()).toEqual([what]);
  });

  it.each(['Failure', 'InProgress', 'Created', 'NotFound'])(
    'an answer that the node calls %s is none',
    async (status) => {
      lieAboutResult((json) => {
        json.status = status;
      });
      expect(await failures()).toEqual(['the request has a verified answer on chain']);
    },
  );
});

describe('a broken node', () => {
  it('whatever it answers, a report or one sentence comes out', async () => {
    const keys = Object.keys(recording.node);
    const garbage = fc.oneof(
      fc.constant<FakeAnswer | null>(null),
      fc.constant<FakeAnswer>({ status: 500, text: 'oops' }),
      fc.json().map((text): FakeAnswer => ({ text })),
      fc.uint8Array({ maxLength: 64 }).map((bytes): FakeAnswer => ({ bytes })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), garbage, async (key, answer) => {
        lies.clear();
        lies.set(key, answer);
        try {
          await verify();
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('one bit of a block, a proof or a transcript wrong: not verified', async () => {
    const keys = [REQUEST_BLOCK, SETTLED_BLOCK, CONTENT];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), fc.nat(), fc.nat(7), async (key, at, bit) => {
        const bytes = bytesOf(key);
        bytes[at % bytes.length]! ^= 1 << bit;
        lies.clear();
        lies.set(key, { bytes });
        expect((await verify()).ok).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
