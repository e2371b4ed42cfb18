/**
 * Shapes of the Stacks routes, held against golden answers where they exist and the fields that
 * strict clients parse (reference: stacks-core openapi, Hiro API samples).
 */
import { readFileSync } from 'node:fs';
import { bytesToHex, utf8FromBytes } from '@assay/bytes';
import { Cv, encodeClarityValue } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import { blockHash, decodeBlock, encodeBlock, encodeTransaction, signChunk } from '@assay/wire';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  BOOT,
  SIGNERS,
  START,
  transfer,
} from '../../../rules/chainstate/test/network.ts';
import { AUTH_TOKEN, TestNode } from './test-node.ts';

let node: TestNode;

const payment = () => node.chain.sign(ALICE, transfer(BOB.address, 1n));

beforeEach(() => {
  node = new TestNode();
  node.chain.tenure();
});

const keysOf = (value: unknown) => Object.keys(value as object).sort();

describe('CORS for browsers on any origin', () => {
  it('answers a preflight with the headers asked for', async () => {
    const answer = await node.request('OPTIONS', '/v2/info', {
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-headers': 'x-hiro-product, content-type',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-headers']).toBe('x-hiro-product, content-type');
    expect(answer.headers['access-control-allow-methods']).toContain('POST');
  });

  it('is on every answer, errors too', async () => {
    for (const path of ['/v2/info', '/nothing', '/v2/accounts/nonsense', '/extended/v1/nope']) {
      const answer = await node.request('GET', path);
      expect(answer.headers['access-control-allow-origin'], path).toBe('*');
    }
  });
});

describe('routing', () => {
  it('404 tells nothing, 405 names the method, HEAD has no body', async () => {
    const missing = await node.request('GET', '/etc/passwd');
    expect(missing.status).toBe(404);
    expect(new TextDecoder().decode(missing.body)).not.toMatch(/v2|route/i);
    expect((await node.request('POST', '/v2/info')).status).toBe(405);
    const head = await node.request('HEAD', '/v2/info');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect((await node.request('GET', '/v2/contracts/source/%E0%A4%A/x')).status).toBe(400);
  });

  it('the extended API`s own 404 and validation errors', async () => {
    expect(await node.json('GET', '/extended/v1/nope')).toEqual({
      status: 404,
      body: {
        statusCode: 404,
        error: 'Not Found',
        message: 'Route GET:/extended/v1/nope not found',
      },
    });
    expect(await node.json('GET', `/extended/v1/tx/0x${'00'.repeat(32)}`)).toEqual({
      status: 404,
      body: { statusCode: 404, error: 'Not Found', message: 'could not find transaction by ID' },
    });
    expect((await node.json('GET', '/extended/v1/tx/zzz')).body).toMatchObject({
      statusCode: 400,
      code: 'FST_ERR_VALIDATION',
    });
  });

  it('never throws, whatever the path and body', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'v2',
        'v3',
        'extended',
        'v1',
        'accounts',
        'contracts',
        'call-read',
        'tenures',
        'blocks',
        'stackerdb',
        'chunks',
        'transactions',
        'inference',
        'requests',
        'infer_res',
        'sortitions',
        'tx',
        'content',
        'map_entry',
        'fees',
        'transaction',
        'block_proposal',
        'traits',
        'clarity',
        'marf',
        'metadata',
        'analysis',
        'replay',
        'simulate',
        'hash',
        'height',
        'fast-call-read',
        'data_var',
        'constant_val',
      ),
      fc.string({ maxLength: 12 }).map(encodeURIComponent),
      fc.constantFrom(
        ALICE.address,
        BOOT,
        'models',
        'pox-4',
        'vm-metadata::9::contract-src',
        '0',
        '1',
        '00'.repeat(32),
        '00'.repeat(20),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST'),
        fc.array(segment, { maxLength: 7 }),
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        fc.boolean(),
        async (method, segments, body, isJson) => {
          const answer = await node.request(method, `/${segments.join('/')}`, {
            body,
            headers: isJson
              ? { 'content-type': 'application/json', authorization: AUTH_TOKEN }
              : {},
          });
          expect(answer.status).not.toBe(500);
        },
      ),
      { numRuns: 400 },
    );
    expect(node.log.messages('error')).toEqual([]);
  });
});

describe('/v2/info and /v2/pox, parsed strictly by Clarinet and stacks-signer', () => {
  it('info has the fields and types of the golden answer', async () => {
    const golden = JSON.parse(readFileSync(new URL('./golden-info.json', import.meta.url), 'utf8'));
    const { body } = await node.json('GET', '/v2/info');
    expect(keysOf(body)).toEqual(keysOf(golden));
    for (const [name, value] of Object.entries(golden)) {
      const ours = (body as Record<string, unknown>)[name];
      expect(typeof ours, name).toBe(typeof value);
      if (typeof value === 'string' && /^[0-9a-f]+$/.test(value)) {
        expect((ours as string).length, name).toBe(value.length);
      }
    }
    expect(body).toMatchObject({
      network_id: 0x80000000,
      parent_network_id: 3669344250,
      burn_block_height: 101,
      stacks_tip_height: node.chain.tip.height,
      stacks_tip: bytesToHex(node.chain.tip.blockHash),
    });
  });

  it('pox has every field as an integer', async () => {
    const { body } = await node.json('GET', '/v2/pox');
    const pox = body as Record<string, Record<string, unknown>>;
    expect(pox).toMatchObject({
      contract_id: `${BOOT}.pox-4`,
      first_burnchain_block_height: 100,
      current_burnchain_block_height: 101,
      reward_cycle_id: 0,
      reward_cycle_length: 20,
      prepare_phase_block_length: 5,
      reward_phase_block_length: 15,
      current_cycle: { id: 0, is_pox_active: true },
      next_cycle: {
        id: 1,
        prepare_phase_start_block_height: 116,
        blocks_until_prepare_phase: 15,
        reward_phase_start_block_height: 121,
        blocks_until_reward_phase: 20,
      },
    });
    for (const name of ['min_threshold_ustx', 'stacked_ustx']) {
      expect(Number.isInteger(pox.current_cycle![name])).toBe(true);
    }
    expect(BigInt(pox.total_liquid_supply_ustx as unknown as number)).toBeGreaterThan(
      3n * START - 1n,
    );
  });

  it('health and neighbors of a node alone', async () => {
    expect((await node.json('GET', '/v3/health')).body).toEqual({
      difference_from_max_peer: 0,
      max_stacks_height_of_neighbors: 0,
      max_stacks_neighbor_address: null,
      node_stacks_tip_height: node.chain.tip.height,
    });
    expect((await node.json('GET', '/v2/neighbors')).body).toEqual({
      bootstrap: [],
      sample: [],
      inbound: [],
      outbound: [],
    });
  });
});

describe('/v2/accounts', () => {
  it('hex amounts, number nonce; proofs as strings unless declined (Clarinet)', async () => {
    const plain = await node.json('GET', `/v2/accounts/${ALICE.address}?proof=0`);
    expect(plain.body).toEqual({
      balance: `0x${START.toString(16).padStart(32, '0')}`,
      locked: `0x${'0'.repeat(32)}`,
      unlock_height: 0,
      nonce: 0,
    });
    const { body } = await node.json('GET', `/v2/accounts/${ALICE.address}`);
    const { balance_proof, nonce_proof } = body as Record<string, string>;
    expect(balance_proof).toMatch(/^0x[0-9a-f]+$/);
    expect(typeof nonce_proof).toBe('string');
  });

  it('reads any block by ?tip=', async () => {
    const before = bytesToHex(node.chain.tip.blockId);
    node.chain.mine(node.chain.sign(ALICE, transfer(BOB.address, 5n)));
    const nonceAt = async (tip: string) =>
      (
        (await node.json('GET', `/v2/accounts/${ALICE.address}?proof=0${tip}`)).body as {
          nonce: number;
        }
      ).nonce;
    expect(await nonceAt('')).toBe(1);
    expect(await nonceAt(`&tip=${before}`)).toBe(0);
    expect(await nonceAt('&tip=latest')).toBe(1);
    const unknown = await node.request(
      'GET',
      `/v2/accounts/${ALICE.address}?tip=${'11'.repeat(32)}`,
    );
    expect(unknown.status).toBe(404);
    expect((await node.request('GET', '/v2/accounts/nobody')).status).toBe(400);
  });
});

describe('/v2/contracts of the boot contracts', () => {
  it('source, interface, call-read without 0x, data var, failures', async () => {
    const source = (await node.json('GET', `/v2/contracts/source/${BOOT}/inference?proof=0`)).body;
    expect(source).toMatchObject({ publish_height: 0 });
    expect((source as { source: string }).source).toContain('(define-public (request');
    expect(
      (await node.json('GET', `/v2/contracts/interface/${BOOT}/inference`)).body,
    ).toHaveProperty('functions');
    expect((await node.request('GET', `/v2/contracts/interface/${BOOT}/nothing`)).status).toBe(404);
    const model = bytesToHex(encodeClarityValue(Cv.buffer(new Uint8Array(32))));
    const call = await node.json('POST', `/v2/contracts/call-read/${BOOT}/models/is-known`, {
      body: JSON.stringify({ sender: ALICE.address, arguments: [model] }),
    });
    expect(call.body).toEqual({ okay: true, result: '0x04' });
    const missing = await node.json('POST', `/v2/contracts/call-read/${BOOT}/nope/x`, {
      body: JSON.stringify({ sender: ALICE.address, arguments: [] }),
    });
    expect(missing).toMatchObject({ status: 200, body: { okay: false } });
    expect((missing.body as { cause: string }).cause).toMatch(/NoSuchContract/);
    const bad = await node.request('POST', `/v2/contracts/call-read/${BOOT}/models/is-known`, {
      body: JSON.stringify({ sender: ALICE.address, arguments: ['zz'] }),
    });
    expect(bad.status).toBe(400);
    expect(
      (await node.json('GET', `/v2/data_var/${BOOT}/inference/last-request-id?proof=0`)).body,
    ).toEqual({
      data: `0x01${'0'.repeat(32)}`,
    });
    expect((await node.request('GET', `/v2/data_var/${BOOT}/inference/nothing`)).status).toBe(404);
    const constants = `/v2/constant_val/${BOOT}/inference`;
    expect((await node.json('GET', `${constants}/ERR-UNKNOWN-MODEL`)).body).toEqual({
      data: `0x0801${(301).toString(16).padStart(32, '0')}`,
    });
    const none = await node.request('GET', `${constants}/nothing`);
    expect(none.status).toBe(404);
    expect(utf8FromBytes(none.body)).toBe('Constant not found');
  });
});

describe('/v2/transactions', () => {
  const submit = (body: Uint8Array | string, type?: string) =>
    node.json('POST', '/v2/transactions', { body, headers: type ? { 'content-type': type } : {} });

  it('takes octets and JSON; answers the txid as a JSON string', async () => {
    const tx = encodeTransaction(node.chain.sign(ALICE, transfer(BOB.address, 5n)));
    const octets = await submit(tx, 'application/octet-stream');
    expect(octets.status).toBe(200);
    expect(octets.body).toMatch(/^[0-9a-f]{64}$/);
    const json = await submit(JSON.stringify({ tx: bytesToHex(tx) }), 'application/json');
    expect(json.body).toBe(octets.body);
    const pending = await node.json('GET', `/v2/transactions/unconfirmed/${octets.body}`);
    expect(pending.body).toEqual({ tx: bytesToHex(tx), status: 'Mempool' });
    expect((await node.request('GET', `/v3/transaction/${octets.body}`)).status).toBe(404);
    node.mine();
    expect((await node.json('GET', `/v3/transaction/${octets.body}`)).body).toEqual({
      index_block_hash: bytesToHex(node.chain.tip.blockId),
      tx: bytesToHex(tx),
      result: '(ok true)',
      block_height: node.chain.tip.height,
      is_canonical: true,
    });
    expect((await node.json('GET', `/extended/v1/tx/${octets.body}`)).body).toMatchObject({
      tx_id: `0x${octets.body}`,
      tx_status: 'success',
      tx_type: 'token_transfer',
      sender_address: ALICE.address,
      tx_result: { hex: '0x0703', repr: '(ok true)' },
      events: [{ event_type: 'stx_asset', asset: { asset_event_type: 'transfer', amount: '5' } }],
    });
  });

  it('every refusal is JSON', async () => {
    for (const [body, type] of [
      [new Uint8Array(0), undefined],
      [new Uint8Array([1, 2, 3]), 'application/octet-stream'],
      ['{"tx":"zz"}', 'application/json'],
      ['not json', 'application/json'],
      ['{}', 'application/json'],
    ] as const) {
      const answer = await submit(body, type);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        error: 'transaction rejected',
        reason: 'Deserialization',
      });
    }
  });

  it('nonces of the extended API count the mempool and show gaps', async () => {
    const send = (nonce: bigint) =>
      submit(encodeTransaction(node.chain.sign(ALICE, transfer(BOB.address, 1n), { nonce })));
    await send(0n);
    await send(2n);
    expect((await node.json('GET', `/extended/v1/address/${ALICE.address}/nonces`)).body).toEqual({
      last_mempool_tx_nonce: 2,
      last_executed_tx_nonce: null,
      possible_next_nonce: 3,
      detected_missing_nonces: [1],
      detected_mempool_nonces: [2, 0],
    });
  });
});

describe('the devnet faucet', () => {
  it('pays, several times before a block, in the extended API`s shape', async () => {
    const stranger = 'ST29V10QEA7BRZBTWRFC4M70NJ4J6RJB5P1C6EE84';
    const ask = () => node.json('POST', `/extended/v1/faucets/stx?address=${stranger}`);
    const [first, second] = await Promise.all([ask(), ask()]);
    for (const answer of [first, second]) {
      expect(answer).toMatchObject({ status: 200, body: { success: true } });
      expect((answer.body as { txId: string }).txId).toMatch(/^0x[0-9a-f]{64}$/);
    }
    expect(node.mine().length).toBe(2);
    expect(node.chain.balanceOf(stranger)).toBe(1_000_000_000n);
    expect((await node.json('POST', '/extended/v1/faucets/stx?address=me')).status).toBe(400);
  });
});

describe('blocks and tenures', () => {
  it('serves blocks by id and height, and tenures newest first', async () => {
    node.chain.mine(node.chain.sign(ALICE, transfer(BOB.address, 1n)));
    const { tip } = node.chain;
    const id = bytesToHex(tip.blockId);
    const bytes = node.chain.chain.blockBytes(tip.blockId)!;
    expect((await node.request('GET', `/v3/blocks/${id}`)).body).toEqual(bytes);
    expect((await node.request('GET', `/v3/blocks/height/${tip.height}`)).body).toEqual(bytes);
    expect((await node.request('GET', `/v3/blocks/height/99`)).status).toBe(404);
    const parent = node.chain.chain.blockBytes(tip.parentBlockId)!;
    const tenure = (await node.request('GET', `/v3/tenures/${id}`)).body;
    expect(bytesToHex(tenure)).toBe(bytesToHex(bytes) + bytesToHex(parent));
    const until = await node.request(
      'GET',
      `/v3/tenures/${id}?stop=${bytesToHex(tip.parentBlockId)}`,
    );
    expect(until.body).toEqual(bytes);
    expect((await node.json('GET', '/v3/tenures/info')).body).toEqual({
      consensus_hash: bytesToHex(tip.tenureView.consensusHash),
      tenure_start_block_id: bytesToHex(tip.tenureStartBlockId),
      parent_consensus_hash: '0'.repeat(40),
      parent_tenure_start_block_id: bytesToHex(node.chain.chain.genesisBlockId),
      tip_block_id: id,
      tip_height: 2,
      reward_cycle: 0,
    });
  });

  it('finds the last block of an older tenure', async () => {
    const first = node.chain.tip.tenureView.consensusHash;
    for (let i = 0; i < 5; i++) node.chain.mine(payment());
    const end = node.chain.tip;
    node.chain.tenure();
    node.chain.mine(payment());
    const { body } = await node.json('GET', `/v3/tenures/tip/${bytesToHex(first)}`);
    const header = (body as { Nakamoto: Record<string, unknown> }).Nakamoto;
    expect(header).toMatchObject({ chain_length: end.height, version: 0 });
    expect(keysOf(header)).toEqual([
      'burn_spent',
      'chain_length',
      'consensus_hash',
      'miner_signature',
      'parent_block_id',
      'pox_treatment',
      'signer_signature',
      'state_index_root',
      'timestamp',
      'tx_merkle_root',
      'version',
    ]);
    const metadata = await node.json('GET', `/v3/tenures/tip_metadata/${bytesToHex(first)}`);
    expect(metadata.body).toMatchObject({
      burn_view: bytesToHex(first),
      anchored_header: { Nakamoto: header },
    });
    const blocks = await node.json('GET', `/v3/tenures/blocks/${bytesToHex(first)}`);
    expect(
      (blocks.body as { stacks_blocks: { height: number }[] }).stacks_blocks.map((b) => b.height),
    ).toEqual([6, 5, 4, 3, 2, 1]);
    expect((await node.request('GET', `/v3/tenures/tip/${'11'.repeat(20)}`)).status).toBe(404);
  });

  it('takes a block by upload and says whether it was accepted', async () => {
    const context = node.chain.context(node.chain.tip.burnView);
    const { block } = node.chain.assemble([payment()], context);
    const upload = (bytes: Uint8Array) =>
      node.json('POST', '/v3/blocks/upload/?broadcast=1', {
        body: bytes,
        headers: { authorization: AUTH_TOKEN },
      });
    expect((await upload(encodeBlock(block))).body).toMatchObject({ accepted: true });
    const broken = { ...block, header: { ...block.header, stateIndexRoot: new Uint8Array(32) } };
    expect((await upload(encodeBlock(broken))).body).toMatchObject({ accepted: false });
    expect(
      (await node.request('POST', '/v3/blocks/upload', { body: new Uint8Array(9) })).status,
    ).toBe(400);
  });
});

describe('sortitions (fields of stacks-core`s getsortition)', () => {
  it('by tip, height, hash; latest and last; forks', async () => {
    const won = node.burn.tip;
    const lost = node.addSnapshot(won, false);
    const { body } = await node.json('GET', '/v3/sortitions/latest_and_last');
    const list = body as Record<string, unknown>[];
    expect(list.map((s) => s.burn_block_height)).toEqual([102, 101]);
    expect(list[0]).toMatchObject({
      was_sortition: false,
      miner_pk_hash160: null,
      last_sortition_ch: `0x${bytesToHex(won.consensusHash)}`,
    });
    expect(keysOf(list[1])).toEqual([
      'burn_block_hash',
      'burn_block_height',
      'burn_header_timestamp',
      'committed_block_hash',
      'consensus_hash',
      'last_sortition_ch',
      'miner_pk_hash160',
      'parent_sortition_id',
      'sortition_id',
      'stacks_parent_ch',
      'vrf_seed',
      'was_sortition',
    ]);
    for (const path of [
      '',
      '/burn_height/102',
      `/consensus/${bytesToHex(lost.consensusHash)}`,
      `/burn/${bytesToHex(lost.burnHeaderHash)}`,
    ]) {
      expect((await node.json('GET', `/v3/sortitions${path}`)).body, path).toEqual([list[0]]);
    }
    expect((await node.request('GET', '/v3/sortitions/burn_height/999')).status).toBe(404);
    const fork = await node.json(
      'GET',
      `/v3/tenures/fork_info/${bytesToHex(won.consensusHash)}/${bytesToHex(lost.consensusHash)}`,
    );
    const tenures = fork.body as { was_sortition: boolean; first_block_mined: string | null }[];
    expect(tenures.map((tenure) => tenure.was_sortition)).toEqual([false, true]);
    expect(tenures[1]!.first_block_mined).toBe(`0x${bytesToHex(node.chain.tip.blockId)}`);
  });
});

describe('signers', () => {
  it('stacker set, and the documented error before it is known', async () => {
    const { body } = await node.json('GET', '/v3/stacker_set/0');
    const { signers } = (
      body as { stacker_set: { signers: { signing_key: string; weight: number }[] } }
    ).stacker_set;
    expect(signers.map((signer) => signer.weight)).toEqual([3, 3, 4]);
    expect(signers[0]!.signing_key).toBe(bytesToHex(SIGNERS[0]!.publicKey));
    expect(await node.json('GET', '/v3/stacker_set/22')).toMatchObject({
      status: 400,
      body: { response: 'error', err_type: 'not_available_try_again' },
    });
    const key = bytesToHex(SIGNERS[0]!.publicKey);
    expect((await node.json('GET', `/v3/signer/${key}/0`)).body).toEqual({ blocks_signed: 0 });
  });

  it('block proposals need the token, answer 202, and the verdict follows once per asker', async () => {
    const { block } = node.chain.assemble([payment()], node.chain.context(node.chain.tip.burnView));
    const body = JSON.stringify({ block: bytesToHex(encodeBlock(block)), chain_id: 0x80000000 });
    const propose = (headers: Record<string, string>) =>
      node.request('POST', '/v3/block_proposal', { body, headers });
    const verdicts: unknown[] = [];
    node.rpc.onProposalResponse((response) => verdicts.push(response));
    expect((await propose({})).status).toBe(401);
    expect((await propose({ authorization: '12346' })).status).toBe(401);
    const answer = await propose({ authorization: AUTH_TOKEN });
    expect(answer.status).toBe(202);
    expect(JSON.parse(new TextDecoder().decode(answer.body))).toMatchObject({ result: 'Accepted' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(verdicts).toEqual([
      {
        result: 'Ok',
        signer_signature_hash: bytesToHex(blockHash(block.header)),
        cost: { write_length: 1n, write_count: 2n, read_length: 3n, read_count: 4n, runtime: 5n },
        size: 6,
        validation_time_ms: expect.any(Number),
        replay_tx_hash: null,
        replay_tx_exhausted: false,
      },
    ]);
    await propose({ authorization: AUTH_TOKEN });
    expect(verdicts.length).toBe(2);
    expect(node.proposalsSeen).toBe(1);
  });

  it('a rejection carries code, reason and transaction', async () => {
    node.proposalVerdict = {
      ok: false,
      error: { code: 'BadTransaction', message: 'no', failedTxid: new Uint8Array(32).fill(9) },
    };
    const verdicts: unknown[] = [];
    node.rpc.onProposalResponse((response) => verdicts.push(response));
    const { block } = node.chain.assemble([payment()], node.chain.context(node.chain.tip.burnView));
    const body = JSON.stringify({ block: bytesToHex(encodeBlock(block)), chain_id: 0x80000000 });
    await node.request('POST', '/v3/block_proposal', {
      body,
      headers: { authorization: AUTH_TOKEN },
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(verdicts).toMatchObject([
      {
        result: 'Reject',
        reason: 'no',
        reason_code: 'BadTransaction',
        failed_txid: '09'.repeat(32),
      },
    ]);
  });
});

describe('StackerDB', () => {
  const contract = `${BOOT}.signers-0-1`;
  const path = `/v2/stackerdb/${BOOT}/signers-0-1`;
  const chunk = (slotVersion: number, who = SIGNERS[0]!) =>
    signChunk({ slotId: 0, slotVersion, data: new Uint8Array([1, 2]) }, who.privateKey);
  const post = (slot: ReturnType<typeof chunk>) =>
    node.json('POST', `${path}/chunks`, {
      body: JSON.stringify({
        slot_id: slot.slotId,
        slot_version: slot.slotVersion,
        sig: bytesToHex(slot.signature),
        data: bytesToHex(slot.data),
      }),
    });

  it('writes, refuses with stacks-core`s acknowledgements, lists and reads', async () => {
    node.stackerdb.configure(contract, { signers: [hash160(SIGNERS[0]!.publicKey)] });
    const first = chunk(1);
    const ack = await post(first);
    expect(ack.body).toMatchObject({ accepted: true, metadata: { slot_id: 0, slot_version: 1 } });
    const replay = (await post(first)).body as { code: number; reason: string };
    expect(replay).toMatchObject({ accepted: false, code: 0, metadata: { slot_version: 1 } });
    expect(JSON.parse(replay.reason)).toEqual({
      code: 0,
      message: 'DataAlreadyExists',
      reason: 'Data for this slot and version already exist',
    });
    expect((await post(chunk(2, SIGNERS[1]!))).body).toMatchObject({ accepted: false, code: 2 });
    expect((await post({ ...chunk(1), slotId: 4 })).body).toMatchObject({
      accepted: false,
      code: 1,
    });
    expect((await node.json('GET', path)).body).toEqual([
      {
        slot_id: 0,
        slot_version: 1,
        data_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        signature: bytesToHex(first.signature),
      },
    ]);
    const read = await node.request('GET', `${path}/0`);
    expect([read.status, read.body, read.headers['content-type']]).toEqual([
      200,
      new Uint8Array([1, 2]),
      'application/octet-stream',
    ]);
    expect((await node.request('GET', `${path}/0/1`)).status).toBe(200);
    expect((await node.request('GET', `${path}/0/2`)).status).toBe(404);
    expect((await node.json('GET', `${path}/replicas`)).body).toEqual([]);
    expect((await node.request('GET', `/v2/stackerdb/${BOOT}/none`)).status).toBe(404);
    expect((await node.request('POST', `${path}/chunks`, { body: '{}' })).status).toBe(400);
  });
});

it('a served block decodes', async () => {
  const id = bytesToHex(node.chain.tip.blockId);
  const answer = await node.request('GET', `/v3/blocks/${id}`);
  expect(decodeBlock(answer.body).ok).toBe(true);
});
