/**
 * What Clarinet 3 and the `stx` program send and how they read the answers: field by field as serde
 * demands it (a missing or mistyped one ends the client). Source: reference/stacks-clients.md 1.4, 1.5.
 */
import { bytesToHex } from '@assay/bytes';
import { Cv, encodeClarityValue } from '@assay/clarity-value';
import { encodePayload, encodeTransaction, transactionId } from '@assay/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, BOOT, deploy, transfer } from '../../../rules/chainstate/test/network.ts';
import { TestNode } from './test-node.ts';

const node = new TestNode();
let url = '';

beforeAll(async () => {
  node.chain.tenure();
  url = await node.serve();
});

afterAll(() => node.stop());

type Kind = 'u64' | 'i16' | 'string' | 'hex0x' | 'bool' | Shape;
interface Shape {
  readonly [field: string]: Kind;
}

/** As `serde_json::from_str` into a struct: every field there, of its type; others do not matter. */
function mustFit(value: unknown, shape: Shape, at = '$'): void {
  expect(value, at).toBeTypeOf('object');
  for (const [field, kind] of Object.entries(shape)) {
    const found = (value as Record<string, unknown>)[field];
    const place = `${at}.${field}`;
    if (typeof kind === 'object') mustFit(found, kind, place);
    else if (kind === 'u64' || kind === 'i16') {
      expect(Number.isSafeInteger(found), place).toBe(true);
      const least = kind === 'u64' ? 0 : -32_768;
      expect(found as number, place).toBeGreaterThanOrEqual(least);
      if (kind === 'i16') expect(found as number, place).toBeLessThanOrEqual(32_767);
    } else if (kind === 'hex0x') expect(found, place).toMatch(/^0x[0-9a-f]+$/);
    else expect(typeof found, place).toBe(kind === 'bool' ? 'boolean' : 'string');
  }
}

const get = async (path: string) => {
  const response = await fetch(`${url}${path}`);
  expect(response.status, path).toBe(200);
  return response.json() as Promise<unknown>;
};

const post = (path: string, type: string, body: BodyInit) =>
  fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });

describe('clarinet deployments apply', () => {
  it('GET /v2/info and /v2/pox', async () => {
    mustFit(await get('/v2/info'), {
      peer_version: 'u64',
      pox_consensus: 'string',
      burn_block_height: 'u64',
      stable_pox_consensus: 'string',
      stable_burn_block_height: 'u64',
      server_version: 'string',
      network_id: 'u64',
      parent_network_id: 'u64',
      stacks_tip_height: 'u64',
      stacks_tip: 'string',
      stacks_tip_consensus_hash: 'string',
      genesis_chainstate_hash: 'string',
    });
    mustFit(await get('/v2/pox'), {
      contract_id: 'string',
      pox_activation_threshold_ustx: 'u64',
      first_burnchain_block_height: 'u64',
      current_burnchain_block_height: 'u64',
      prepare_phase_block_length: 'u64',
      reward_phase_block_length: 'u64',
      reward_slots: 'u64',
      reward_cycle_id: 'u64',
      reward_cycle_length: 'u64',
      total_liquid_supply_ustx: 'u64',
      current_cycle: {
        id: 'u64',
        min_threshold_ustx: 'u64',
        stacked_ustx: 'u64',
        is_pox_active: 'bool',
      },
      next_cycle: {
        min_threshold_ustx: 'u64',
        stacked_ustx: 'u64',
        blocks_until_prepare_phase: 'i16',
        blocks_until_reward_phase: 'i16',
      },
    });
  });

  it('an account without ?proof=0 has both proofs, also one that never was', async () => {
    for (const { address } of [ALICE, { address: 'ST29V10QEA7BRZBTWRFC4M70NJ4J6RJB5P1C6EE84' }]) {
      mustFit(await get(`/v2/accounts/${address}`), {
        balance: 'hex0x',
        nonce: 'u64',
        balance_proof: 'string',
        nonce_proof: 'string',
      });
    }
  });

  it('estimates by the payload alone, sends octets, reads the txid as a JSON string, finds the source', async () => {
    const payload = deploy('registry', '(define-read-only (one) u1)');
    const fees = await post(
      '/v2/fees/transaction',
      'application/json',
      JSON.stringify({ transaction_payload: bytesToHex(encodePayload(payload)) }),
    );
    const { estimations } = (await fees.json()) as { estimations: { fee: number }[] };
    const fee = BigInt(estimations[1]!.fee);
    const tx = node.chain.sign(ALICE, payload, { fee });
    const sent = await post(
      '/v2/transactions',
      'application/octet-stream',
      new Uint8Array(encodeTransaction(tx)),
    );
    expect([sent.status, await sent.json()]).toEqual([200, bytesToHex(transactionId(tx))]);
    expect(node.mine().length).toBe(1);
    mustFit(await get(`/v2/contracts/source/${ALICE.address}/registry`), {
      source: 'string',
      publish_height: 'u64',
    });
  });

  it('call-read with arguments that lack 0x; the result has it', async () => {
    const model = bytesToHex(encodeClarityValue(Cv.buffer(new Uint8Array(32))));
    const response = await post(
      `/v2/contracts/call-read/${BOOT}/models/is-known`,
      'application/json',
      JSON.stringify({ sender: ALICE.address, arguments: [model] }),
    );
    expect(await response.json()).toEqual({ okay: true, result: '0x04' });
  });
});

describe('clarinet simnet on remote data: a fork of this chain', () => {
  it('reads info, sortitions, state and metadata as of a block', async () => {
    const { stacks_tip_height: height, network_id: network } = (await get('/v2/info')) as {
      stacks_tip_height: number;
      network_id: number;
    };
    expect([height > 0, network]).toEqual([true, 0x80000000]);
    const [sortition] = (await get('/v3/sortitions/burn_height/101')) as unknown[];
    mustFit(sortition, {
      sortition_id: 'hex0x',
      parent_sortition_id: 'hex0x',
      consensus_hash: 'hex0x',
      vrf_seed: 'hex0x',
    });
    const tip = bytesToHex(node.chain.tip.blockId);
    const at = `${ALICE.address}/registry`;
    const source = await get(
      `/v2/clarity/metadata/${at}/vm-metadata::9::contract-src?tip=${tip}&proof=false`,
    );
    expect(source).toEqual({ data: '(define-read-only (one) u1)' });
  });
});

describe('the stx program (@stacks/cli)', () => {
  it('balance, fee of a transfer, send_tokens as octets', async () => {
    mustFit(await get(`/v2/accounts/${BOB.address}?proof=0`), {
      balance: 'hex0x',
      locked: 'hex0x',
      unlock_height: 'u64',
      nonce: 'u64',
    });
    expect(await get('/v2/fees/transfer')).toBe(1);
    const tx = node.chain.sign(BOB, transfer(ALICE.address, 5n));
    const body = new Uint8Array(encodeTransaction(tx));
    const sent = await post('/v2/transactions', 'application/octet-stream', body);
    expect((await sent.text()).replaceAll('"', '')).toBe(bytesToHex(transactionId(tx)));
    expect(node.mine().length).toBe(1);
  });
});
