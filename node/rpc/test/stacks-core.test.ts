/**
 * The node RPC of stacks-core 4.0: every route of its openapi (docs/rpc/openapi.yaml, CC0) and its
 * refusals word by word (`net/api/*.rs`, `net/httpcore.rs`, facts).
 */
import { bytesToHex, utf8FromBytes } from '@assay/bytes';
import { Cv, encodeClarityValue } from '@assay/clarity-value';
import { sha512_256 } from '@assay/crypto';
import { decodeMarfProof } from '@assay/marf';
import { decodeBlock, encodePayload, encodeTransaction, transactionId } from '@assay/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  BOOT,
  deploy,
  START,
  transfer,
} from '../../../rules/chainstate/test/network.ts';
import { AUTH_TOKEN, TestNode } from './test-node.ts';

/** One node for all: what a test puts on the chain, the next ones find below their own. */
const node = new TestNode();
node.chain.tenure();

const H = (byte: string, size: number) => byte.repeat(size);
const auth = { authorization: AUTH_TOKEN };

async function ask(method: string, path: string, body?: string) {
  const answer = await node.request(method, path, body === undefined ? {} : { body });
  return {
    status: answer.status,
    type: answer.headers['content-type'],
    text: utf8FromBytes(answer.body) ?? '',
    headers: answer.headers,
  };
}

describe('every route of the openapi answers', () => {
  const ROUTES = `
    post /v2/transactions
    get /v2/contracts/interface/A/C
    post /v2/map_entry/A/C/N
    get /v2/contracts/source/A/C
    post /v2/contracts/call-read/A/C/N
    post /v3/contracts/fast-call-read/A/C/N
    get /v2/accounts/A
    post /v2/fees/transaction
    get /v2/fees/transfer
    get /v2/info
    get /v2/pox
    get /v2/traits/A/C/A/C/N
    get /v2/clarity/marf/K
    get /v2/clarity/metadata/A/C/N
    get /v2/constant_val/A/C/N
    post /v3/block_proposal
    get /v3/stacker_set/0
    get /v3/blocks/K
    get /v3/blocks/height/1
    get /v3/tenures/info
    get /v3/tenures/K
    get /v3/tenures/blocks/H
    get /v3/tenures/blocks/hash/K
    get /v3/tenures/blocks/height/1
    get /v3/sortitions
    get /v3/sortitions/latest_and_last
    get /v3/sortitions/consensus/H
    get /v3/sortitions/burn/K
    get /v3/sortitions/burn_height/1
    get /v3/signer/02K/0
    get /v3/transaction/K
    get /v3/health
    get /v2/attachments/H
    get /v2/attachments/inv
    get /v2/microblocks/confirmed/K
    get /v2/microblocks/K
    get /v2/microblocks/unconfirmed/K/0
    post /v2/microblocks
    get /v2/stackerdb/A/C/0
    get /v2/stackerdb/A/C/0/1
    get /v2/stackerdb/A/C
    post /v2/stackerdb/A/C/chunks
    get /v2/stackerdb/A/C/replicas
    get /v2/data_var/A/C/N
    get /v2/headers/1
    get /v2/blocks/K
    get /v2/neighbors
    get /v3/tenures/fork_info/H/H
    get /v3/tenures/tip/H
    get /v3/tenures/tip_metadata/H
    get /v2/transactions/unconfirmed/K
    post /v2/blocks/upload/H
    post /v2/mempool/query
    post /v3/blocks/upload
    get /v3/blocks/replay/K
    post /v3/blocks/simulate/K
    post /v3/transactions/simulate`;
  const parts: Readonly<Record<string, string>> = {
    A: BOOT,
    C: 'models',
    N: 'is-known',
    K: H('11', 32),
    H: H('22', 20),
    '02K': `02${H('33', 32)}`,
  };
  const routes = ROUTES.trim()
    .split('\n')
    .map((line) => line.trim().split(' ') as [string, string]);

  it('57 of 57; what cannot be answered says why with 501', async () => {
    expect(routes.length).toBe(57);
    const absent: string[] = [];
    for (const [method, pattern] of routes) {
      const path = pattern.replace(/(?<=\/)(02K|[ACNKH])(?=\/|$)/g, (name) => parts[name]!);
      const { status, text, type } = await ask(method.toUpperCase(), path);
      expect(text, path).not.toBe('No such file or directory');
      expect([500, 405], path).not.toContain(status);
      if (status !== 501) continue;
      absent.push(pattern);
      expect([type, text.length > 30], path).toEqual(['text/plain', true]);
    }
    expect(absent).toEqual([
      '/v2/attachments/H',
      '/v2/attachments/inv',
      '/v2/microblocks/confirmed/K',
      '/v2/microblocks/K',
      '/v2/microblocks/unconfirmed/K/0',
      '/v2/microblocks',
      '/v2/headers/1',
      '/v2/blocks/K',
      '/v2/blocks/upload/H',
      '/v2/mempool/query',
    ]);
  });
});

describe('refusals, word by word', () => {
  const contract = `${BOOT}/models`;
  const unknown = H('11', 32);
  const rows: [line: string, status: number, text: string, body?: string][] = [
    ['GET /nothing', 404, 'No such file or directory'],
    ['GET /v2/accounts/nobody', 400, "Invalid path parameters for '/v2/accounts/nobody'"],
    [
      'GET /v2/accounts/ST000000000000000000002AMW42J',
      400,
      'Failed to decode: Failed to parse `principal` field',
    ],
    [`GET /v2/accounts/${ALICE.address}?tip=${unknown}`, 404, `Chain tip '${unknown}' not found`],
    [`GET /v2/data_var/${contract}/x?tip=${unknown}`, 404, 'Chain tip not found'],
    [`GET /v2/pox?tip=${unknown}`, 404, 'No such chain tip'],
    [`GET /v2/contracts/source/${BOOT}/none`, 404, 'No contract source data found'],
    [`GET /v2/contracts/interface/${BOOT}/none`, 404, 'No contract interface data found'],
    ['GET /v2/contracts/source/ST000000000000000000002AMW42J/c', 400, 'Failed to decode `address`'],
    [`GET /v2/data_var/${contract}/none`, 404, 'Data var not found'],
    [`GET /v2/constant_val/${contract}/none`, 404, 'Constant not found'],
    [`GET /v2/clarity/marf/${unknown}`, 404, 'Marf key hash not found'],
    ['GET /v2/clarity/marf/xyz', 400, "Invalid path parameters for '/v2/clarity/marf/xyz'"],
    [`GET /v2/clarity/metadata/${contract}/vm-metadata::6::none`, 404, 'Metadata not found'],
    [
      `GET /v2/clarity/metadata/${contract}/vm-metadata::3::x`,
      400,
      'Failed to decode: Invalid metadata type',
    ],
    [
      `GET /v2/clarity/metadata/${contract}/vm-metadata::9::x`,
      400,
      'Failed to decode: Invalid metadata var name',
    ],
    [
      `GET /v2/traits/${contract}/${BOOT}/none/t`,
      404,
      'No contract analysis found or trait definition not found',
    ],
    [`POST /v2/map_entry/${contract}/x`, 400, 'Failed to decode: Failed to parse JSON body', '{'],
    [
      `POST /v2/map_entry/${contract}/x`,
      400,
      'Failed to decode: Failed to deserialize key value',
      '"0xzz"',
    ],
    [
      `POST /v2/contracts/call-read/${contract}/is-known`,
      400,
      'Failed to decode: Failed to parse JSON body',
      'no',
    ],
    [
      `POST /v2/contracts/call-read/${contract}/is-known`,
      400,
      'Failed to decode: Failed to parse sender principal',
      '{"sender":"me","arguments":[]}',
    ],
    [
      `POST /v2/contracts/call-read/${contract}/is-known`,
      400,
      'Failed to decode: Failed to parse sponsor principal',
      `{"sender":"${BOOT}","sponsor":"me","arguments":[]}`,
    ],
    [
      `POST /v2/contracts/call-read/${contract}/is-known`,
      400,
      'Failed to decode: Failed to deserialize argument value',
      `{"sender":"${BOOT}","arguments":["0xzz"]}`,
    ],
    [`POST /v3/contracts/fast-call-read/${contract}/is-known`, 401, 'Unauthorized', '{}'],
    [`GET /v3/blocks/replay/${unknown}`, 401, 'Unauthorized'],
    [`POST /v3/blocks/simulate/${unknown}`, 401, 'Unauthorized', '{}'],
    ['POST /v3/transactions/simulate', 401, 'Unauthorized', '{}'],
    ['POST /v3/block_proposal', 401, 'Unauthorized', '{}'],
    ['POST /v3/blocks/upload/?broadcast=1', 401, 'Unauthorized', 'x'],
    [
      'POST /v2/fees/transaction',
      400,
      'Failed to decode: Bad hex string supplied for transaction payload',
      '{"transaction_payload":"zz"}',
    ],
    [`GET /v3/blocks/${unknown}`, 404, `No such block ${unknown}\n`],
    ['GET /v3/blocks/12', 400, "Invalid path parameters for '/v3/blocks/12'"],
    ['GET /v3/blocks/height/99', 404, 'No such block #99\n'],
    [`GET /v3/tenures/${unknown}`, 404, `No such block ${unknown}\n`],
    [`GET /v3/tenures/tip/${H('22', 20)}`, 404, `No blocks in tenure ${H('22', 20)}`],
    [`GET /v3/tenures/tip_metadata/${H('22', 20)}`, 404, `No blocks in tenure ${H('22', 20)}`],
    [
      `GET /v3/tenures/blocks/${H('22', 20)}`,
      404,
      `No block snapshot found for tenure '${H('22', 20)}'`,
    ],
    [
      `GET /v3/tenures/blocks/hash/${unknown}`,
      404,
      `No sortition id found for burn block hash '${unknown}'`,
    ],
    [
      'GET /v3/tenures/blocks/height/999',
      404,
      "No block snapshot found for burn block height '999'",
    ],
    ['GET /v3/sortitions/burn_height/999', 404, 'Could not find snapshot BlockHeight(999)\n'],
    [
      `GET /v3/sortitions/consensus/${H('22', 20)}`,
      404,
      `Could not find snapshot ConsensusHash(${H('22', 20)})\n`,
    ],
    [
      `GET /v3/sortitions/burn/${unknown}`,
      404,
      `Could not find snapshot BurnchainHeaderHash(${unknown})\n`,
    ],
    ['GET /v3/sortitions/consensus/22', 400, 'Failed to decode: bad length 2 for hex string'],
    ['GET /v3/sortitions/winner/22', 400, 'Failed to decode: Unknown query param: winner'],
    [
      `GET /v3/tenures/fork_info/${H('22', 20)}/${H('33', 20)}`,
      404,
      `Could not find snapshot ${H('33', 20)}\n`,
    ],
    [`GET /v3/transaction/${unknown}`, 404, `No such transaction ${unknown}\n`],
    [
      `GET /v2/transactions/unconfirmed/${unknown}`,
      404,
      `Transaction ${unknown} not found in mempool or unconfirmed microblock stream`,
    ],
    [`GET /v2/stackerdb/${BOOT}/none`, 404, 'StackerDB contract not found'],
    [`GET /v2/stackerdb/${BOOT}/none/0`, 404, 'StackerDB contract or chunk not found'],
    [
      `POST /v2/stackerdb/${BOOT}/none/chunks`,
      404,
      'StackerDB not found',
      JSON.stringify({ slot_id: 0, slot_version: 1, sig: H('00', 65), data: '' }),
    ],
  ];

  it.each(rows)('%s: %i %j', async (line, status, text, body) => {
    const [method, path] = line.split(' ') as [string, string];
    const answer = await ask(method, path, body);
    expect({ status: answer.status, text: answer.text, type: answer.type }).toEqual({
      status,
      text,
      type: 'text/plain',
    });
  });

  it('405 with the methods that are allowed', async () => {
    const { status, text, headers } = await ask('DELETE', '/v2/info');
    expect([status, text, headers.allow]).toEqual([405, 'Method Not Allowed. Allowed: GET', 'GET']);
  });

  it('errors of JSON routes: signer set, fork of sortitions', async () => {
    const set = await ask('GET', '/v3/stacker_set/22');
    expect([set.status, set.type, JSON.parse(set.text)]).toEqual([
      400,
      'application/json',
      {
        response: 'error',
        err_type: 'not_available_try_again',
        err_msg:
          'Could not read reward set. Prepare phase may not have started for this cycle yet. ' +
          'Cycle = 22, Err = PoXAnchorBlockRequired',
      },
    ]);
    const first = bytesToHex(node.burn.first.consensusHash);
    const tip = bytesToHex(node.burn.tip.consensusHash);
    const fork = await ask('GET', `/v3/tenures/fork_info/${tip}/${first}`);
    expect([fork.status, fork.type, fork.text]).toEqual([
      400,
      'application/json',
      '"Supplied start and end sortitions are not in the same sortition fork"',
    ]);
  });

  it('a token that is not configured closes the routes that need one', async () => {
    const closed = new TestNode(undefined, { authToken: null });
    const answer = await closed.request('GET', `/v3/blocks/replay/${H('11', 32)}`, {
      headers: auth,
    });
    expect([answer.status, utf8FromBytes(answer.body)]).toEqual([400, 'Bad Request.']);
  });
});

describe('POST /v2/transactions (MemPoolRejection::into_json)', () => {
  const send = async (tx: ReturnType<typeof node.chain.sign>) => {
    const answer = await node.json('POST', '/v2/transactions', { body: encodeTransaction(tx) });
    const { message, ...standard } = answer.body as Record<string, unknown>;
    expect(message, 'a sentence of ours beside it').toEqual(expect.stringMatching(/\w/));
    return { status: answer.status, body: standard, txid: bytesToHex(transactionId(tx)) };
  };
  const hex = (value: bigint) => `0x${value.toString(16).padStart(32, '0')}`;

  it('has error, reason, txid and, where there is something to say, reason_data', async () => {
    const { chain } = node;
    const next = chain.nonceOf(ALICE);
    const cases = [
      [
        chain.sign(ALICE, transfer(ALICE.address, 1n)),
        'TransferRecipientCannotEqualSender',
        { recipient: ALICE.address },
      ],
      [chain.sign(ALICE, transfer(BOB.address, 0n)), 'TransferAmountMustBePositive', undefined],
      [
        chain.sign(ALICE, transfer('SP000000000000000000002Q6VF78', 1n)),
        'BadAddressVersionByte',
        undefined,
      ],
      [
        chain.sign(ALICE, transfer(BOB.address, 1n), { fee: 1n }),
        'FeeTooLow',
        { expected: 180, actual: 1 },
      ],
      [
        chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: next + 27n }),
        'TooMuchChaining',
        {
          message: 'Nonce would exceed chaining limit in mempool',
          expected: Number(next) + 26,
          actual: Number(next) + 27,
          principal: ALICE.address,
          is_origin: true,
        },
      ],
      [
        chain.sign(ALICE, transfer(BOB.address, START), { fee: 1_000n }),
        'NotEnoughFunds',
        { expected: hex(START + 1_000n), actual: hex(chain.balanceOf(ALICE.address)) },
      ],
      [
        chain.sign(ALICE, { kind: 'coinbase', payload: new Uint8Array(32) }),
        'NoCoinbaseViaMempool',
        undefined,
      ],
      [
        { ...chain.sign(ALICE, transfer(BOB.address, 1n)), version: 0 as const },
        'BadTransactionVersion',
        undefined,
      ],
    ] as const;
    for (const [tx, reason, data] of cases) {
      const { status, body, txid } = await send(tx);
      expect(status, reason).toBe(400);
      const expected = { error: 'transaction rejected', reason, txid };
      expect(body).toEqual(data === undefined ? expected : { ...expected, reason_data: data });
    }
    node.chain.mine(node.chain.sign(ALICE, transfer(BOB.address, 1n)));
    const late = await send(node.chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: 0n }));
    expect(late.body).toMatchObject({
      reason: 'BadNonce',
      reason_data: {
        expected: Number(next) + 1,
        actual: 0,
        principal: ALICE.address,
        is_origin: true,
      },
    });
  });
});

const SOURCE = `(define-trait counter ((count () (response uint uint)) (add (uint) (response bool uint))))
(define-data-var total uint u0)
(define-map seen { who: principal } { times: uint, note: (optional (string-utf8 8)) })
(define-fungible-token coin u1000)
(define-non-fungible-token badge (list 2 (buff 4)))
(define-public (count) (ok (var-get total)))
(define-public (add (n uint)) (begin (var-set total (+ n (var-get total))) (ok true)))
(define-read-only (half (n uint)) (/ n u0))`;

describe('contracts and state', () => {
  const own = `${ALICE.address}/names`;
  const call = async (name: string, args: readonly string[] = [], fast = false) => {
    const route = fast ? '/v3/contracts/fast-call-read' : '/v2/contracts/call-read';
    const body = JSON.stringify({ sender: BOB.address, arguments: args });
    return (await node.json('POST', `${route}/${own}/${name}`, { body, headers: auth })).body;
  };

  beforeAll(() => {
    node.chain.mine(node.chain.sign(ALICE, deploy('names', SOURCE)));
  });

  it('call-read runs any public function that writes nothing', async () => {
    const one = bytesToHex(encodeClarityValue(Cv.uint(1)));
    for (const fast of [false, true]) {
      expect(await call('count', [], fast)).toEqual({
        okay: true,
        result: `0x0701${H('00', 16)}`,
      });
      expect(await call('add', [one], fast)).toEqual({ okay: false, cause: 'NotReadOnly' });
    }
    expect(await call('none')).toEqual({
      okay: false,
      cause: 'RuntimeCheck(UndefinedFunction("none"))',
    });
    expect(await call('half', [one])).toEqual({
      okay: false,
      cause: expect.stringMatching(/^DivisionByZero/),
    });
  });

  it('/v2/traits: declared, fulfilled, not fulfilled', async () => {
    const trait = `${own}/counter`;
    const ask = async (contract: string) =>
      (await node.json('GET', `/v2/traits/${contract}/${trait}`)).body;
    expect(await ask(own)).toEqual({ is_implemented: true });
    expect(await ask(`${BOOT}/models`)).toEqual({ is_implemented: false });
    const declared = `(impl-trait .names.counter)
      (define-public (count) (ok u1)) (define-public (add (n uint)) (ok true))`;
    node.chain.mine(node.chain.sign(ALICE, deploy('other', declared)));
    expect(await ask(`${ALICE.address}/other`)).toEqual({ is_implemented: true });
  });

  it('/v2/clarity/marf: a value by the hash of its key, with a proof', async () => {
    const key = `vm::${ALICE.address}.names::1::total`;
    const path = bytesToHex(sha512_256(new TextEncoder().encode(key)));
    const { body } = await node.json('GET', `/v2/clarity/marf/${path}`);
    const { data, marf_proof } = body as { data: string; marf_proof: string };
    expect(data).toBe(`0x01${H('00', 16)}`);
    expect(decodeMarfProof(Buffer.from(marf_proof.slice(2), 'hex')).ok).toBe(true);
    expect((await node.json('GET', `/v2/clarity/marf/${path}?proof=false`)).body).toEqual({ data });
    const before = bytesToHex(node.chain.chain.genesisBlockId);
    expect((await ask('GET', `/v2/clarity/marf/${path}?tip=${before}`)).status).toBe(404);
  });

  it('/v2/clarity/metadata: source, sizes, what is defined (serde of TypeSignature)', async () => {
    const read = async (key: string) =>
      ((await node.json('GET', `/v2/clarity/metadata/${own}/${key}`)).body as { data: string })
        .data;
    expect(await read('vm-metadata::9::contract-src')).toBe(SOURCE);
    expect(await read('vm-metadata::9::contract-size')).toBe(String(SOURCE.length));
    expect(await read('vm-metadata::9::contract-data-size')).toBe('0');
    expect(JSON.parse(await read('vm-metadata::6::total'))).toEqual({ value_type: 'UIntType' });
    expect(JSON.parse(await read('vm-metadata::5::seen'))).toEqual({
      key_type: { TupleType: { type_map: { who: 'PrincipalType' } } },
      value_type: {
        TupleType: {
          type_map: {
            note: { OptionalType: { SequenceType: { StringType: { UTF8: 8 } } } },
            times: 'UIntType',
          },
        },
      },
    });
    expect(JSON.parse(await read('vm-metadata::7::coin'))).toEqual({ total_supply: 1000 });
    expect(JSON.parse(await read('vm-metadata::8::badge'))).toEqual({
      key_type: {
        SequenceType: {
          ListType: { max_len: 2, entry_type: { SequenceType: { BufferType: 4 } } },
        },
      },
    });
    for (const key of ['analysis', 'vm-metadata::9::contract']) {
      const answer = await ask('GET', `/v2/clarity/metadata/${own}/${key}`);
      expect([answer.status, answer.text]).toEqual([501, expect.stringContaining('/v2/contracts')]);
    }
  });
});

describe('blocks by Bitcoin block (gettenureblocksby{hash,height})', () => {
  it('by hash, height and consensus hash the same; none when the winner never began', async () => {
    const { consensusHash, burnHeaderHash, burnHeight } = node.burn.tip;
    const byConsensus = await node.json('GET', `/v3/tenures/blocks/${bytesToHex(consensusHash)}`);
    expect(byConsensus.body).toMatchObject({
      last_sortition_ch: bytesToHex(node.burn.first.consensusHash),
      burn_block_height: burnHeight,
      burn_block_hash: bytesToHex(burnHeaderHash),
      stacks_blocks: expect.arrayContaining([
        expect.objectContaining({ header_type: 'nakamoto', height: 1 }),
      ]),
    });
    for (const path of [`hash/${bytesToHex(burnHeaderHash)}`, `height/${burnHeight}`]) {
      expect(await node.json('GET', `/v3/tenures/blocks/${path}`)).toEqual(byConsensus);
    }
    node.addSnapshot(node.burn.tip, true);
    const idle = await node.json('GET', `/v3/tenures/blocks/height/${burnHeight + 1}`);
    expect(idle.body).toMatchObject({
      last_sortition_ch: bytesToHex(consensusHash),
      stacks_blocks: [],
    });
  });
});

describe('replay and simulation keep nothing', () => {
  const tipId = () => bytesToHex(node.chain.tip.blockId);
  const post = (path: string, body: unknown) =>
    node.json('POST', path, { body: JSON.stringify(body), headers: auth });

  it('/v3/blocks/replay gives the block and its receipts again', async () => {
    const [receipt] = node.chain.mine(node.chain.sign(ALICE, transfer(BOB.address, 7n)));
    const block = decodeBlock(node.chain.chain.blockBytes(node.chain.tip.blockId)!);
    if (!block.ok) throw new Error('undecodable');
    const { body } = await node.json('GET', `/v3/blocks/replay/${tipId()}`, { headers: auth });
    expect(body).toEqual({
      block_id: tipId(),
      block_hash: bytesToHex(node.chain.tip.blockHash),
      block_height: node.chain.tip.height,
      parent_block_id: bytesToHex(node.chain.tip.parentBlockId),
      consensus_hash: bytesToHex(node.chain.tip.tenureView.consensusHash),
      fees: 1_000,
      tx_merkle_root: bytesToHex(block.value.header.txMerkleRoot),
      state_index_root: bytesToHex(block.value.header.stateIndexRoot),
      timestamp: block.value.header.timestampSecs,
      miner_signature: bytesToHex(block.value.header.minerSignature),
      signer_signature: [],
      valid_merkle_root: true,
      transactions: [
        {
          txid: bytesToHex(receipt!.txid),
          tx_index: 0,
          data: null,
          hex: bytesToHex(encodeTransaction(block.value.transactions[0]!)),
          result_hex: '0x0703',
          stx_burned: 0,
          execution_cost: {
            write_length: 0,
            write_count: 0,
            read_length: 0,
            read_count: 0,
            runtime: 0,
          },
          events: [
            {
              txid: `0x${bytesToHex(receipt!.txid)}`,
              event_index: 0,
              committed: true,
              type: 'stx_transfer_event',
              stx_transfer_event: {
                sender: ALICE.address,
                recipient: BOB.address,
                amount: '7',
                memo: H('00', 34),
              },
            },
          ],
          post_condition_aborted: false,
          vm_error: null,
          profiler: null,
          execution_stats: { secs: expect.any(Number), nanos: expect.any(Number) },
        },
      ],
    });
    const missing = await node.request('GET', `/v3/blocks/replay/${H('11', 32)}`, {
      headers: auth,
    });
    expect([missing.status, utf8FromBytes(missing.body)]).toEqual([
      404,
      `No such block ${H('11', 32)}\n`,
    ]);
  });

  it('replays the first block of a tenure, with its tenure change and coinbase', async () => {
    const first = bytesToHex(node.chain.tip.tenureStartBlockId);
    const { body } = await node.json('GET', `/v3/blocks/replay/${first}`, { headers: auth });
    expect(body).toMatchObject({
      block_id: first,
      valid_merkle_root: true,
      transactions: [{ result_hex: '0x0703' }, { result_hex: '0x0703' }],
    });
  });

  it('/v3/blocks/simulate runs other transactions, with money from nowhere', async () => {
    node.chain.mine(node.chain.sign(ALICE, transfer(BOB.address, 7n)));
    const before = node.chain.balanceOf(BOB.address);
    const rich = node.chain.sign(BOB, transfer(ALICE.address, before + 5n));
    const hex = bytesToHex(encodeTransaction(rich));
    const path = `/v3/blocks/simulate/${tipId()}`;
    const mint = [{ principal: BOB.address, amount: 2_000 }];
    const { body } = await post(path, { transactions_hex: [hex], mint });
    expect(body).toMatchObject({
      block_height: node.chain.tip.height,
      valid_merkle_root: false,
      transactions: [{ txid: bytesToHex(transactionId(rich)), result_hex: '0x0703' }],
    });
    expect(node.chain.balanceOf(BOB.address)).toBe(before);
    const poor = await node.request('POST', path, {
      body: JSON.stringify({ transactions_hex: [hex], mint: [] }),
      headers: auth,
    });
    expect(poor.status).toBe(500);
    expect(utf8FromBytes(poor.body)).toMatch(
      new RegExp(`^Failed to simulate block ${tipId()}: Unable to process transaction`),
    );
    const broken = await node.request('POST', path, { body: '{}', headers: auth });
    expect([broken.status, utf8FromBytes(broken.body)]).toEqual([
      400,
      expect.stringMatching(/^Failed to decode: Failed to parse body/),
    ]);
  });

  it('/v3/transactions/simulate runs one transaction on the tip', async () => {
    const tx = node.chain.sign(ALICE, deploy('sim', '(define-data-var v uint u1)'));
    const path = '/v3/transactions/simulate';
    const { body } = await post(path, { transaction_hex: bytesToHex(encodeTransaction(tx)) });
    expect(body).toMatchObject({
      txid: bytesToHex(transactionId(tx)),
      tip_block_id: tipId(),
      consensus_hash: bytesToHex(node.chain.tip.tenureView.consensusHash),
      block_height: node.chain.tip.height + 1,
      result_hex: '0x0703',
      execution_cost: { write_count: expect.any(Number) },
      execution_limit: { write_count: 15_000 },
      events: [],
      post_condition_aborted: false,
      vm_error: null,
    });
    expect((await ask('GET', `/v2/contracts/source/${ALICE.address}/sim`)).status).toBe(404);
    const late = node.chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: 999n });
    const refused = await node.request('POST', path, {
      body: JSON.stringify({ transaction_hex: bytesToHex(encodeTransaction(late)) }),
      headers: auth,
    });
    expect([refused.status, utf8FromBytes(refused.body)]).toEqual([
      400,
      expect.stringMatching(/^Failed to simulate transaction: Skipped transaction: /),
    ]);
  });
});

it('/v2/fees/transaction takes a payload with or without 0x and a length (postfeerate)', async () => {
  const payload = bytesToHex(encodePayload(transfer(BOB.address, 1n)));
  for (const hex of [payload, `0x${payload}`]) {
    const body = JSON.stringify({ transaction_payload: hex, estimated_len: 350 });
    expect((await node.json('POST', '/v2/fees/transaction', { body })).body).toMatchObject({
      estimations: [{ fee: 350 }, { fee: 350 }, { fee: 700 }],
      estimated_cost_scalar: 350,
    });
  }
});
