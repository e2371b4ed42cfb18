/** `.models`, `.hosts`, `.signers` and the StackerDB descriptors (on our VM). */
import { Cl, type ClarityValue } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bareNetwork,
  DEPLOYER,
  HOST,
  HOST_OPERATOR,
  HOSTS,
  hashOf,
  MODEL,
  type Offer,
  offerArgs,
  party,
  registerHost,
  registerModel,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  setSigners,
  stxOf,
  USER,
} from './simnet.ts';

let simnet: Simnet;
beforeEach(() => {
  simnet = bareNetwork();
});

const show = (value: ClarityValue): string => Cl.prettyPrint(value);
const at = (name: string): string => `${DEPLOYER.address}.${name}`;
const read = (contract: string, fn: string, args: ClarityValue[] = []): string =>
  show(simnet.callReadOnlyFn(at(contract), fn, args, USER.address).result);
const host = (fn: string, args: ClarityValue[] = [], who = HOST.address): string =>
  show(simnet.callPublicFn(HOSTS, fn, args, who).result);

describe('models', () => {
  it('registers a manifest hash once, for good', () => {
    expect(show(registerModel(simnet))).toBe('(ok u0)');
    expect(show(registerModel(simnet))).toBe('(err u101)');
    expect(show(registerModel(simnet, hashOf('b')))).toBe('(ok u1)');
    expect(read('models', 'get-model-count')).toBe('u2');
    expect(read('models', 'is-known', [Cl.buffer(MODEL)])).toBe('true');
    expect(read('models', 'is-known', [Cl.buffer(hashOf('x'))])).toBe('false');
    expect(read('models', 'get-model', [Cl.buffer(MODEL)])).toContain('"tiny"');
    expect(read('models', 'get-model-by-index', [Cl.uint(0)])).toContain(
      Buffer.from(MODEL).toString('hex'),
    );
  });

  it('wants 32 bytes and a name', () => {
    expect(show(registerModel(simnet, new Uint8Array(31)))).toBe('(err u102)');
    expect(show(registerModel(simnet, MODEL, ''))).toBe('(err u102)');
  });
});

describe('hosts', () => {
  beforeEach(() => {
    registerModel(simnet);
  });

  it('locks the bond and lists the host', () => {
    expect(show(registerHost(simnet))).toBe('(ok u0)');
    expect(stxOf(simnet, HOSTS)).toBe(100_000_000n);
    expect(stxOf(simnet, HOST.address)).toBe(START_BALANCE - 100_000_000n);
    expect(read('hosts', 'get-host-count')).toBe('u1');
    expect(read('hosts', 'get-host-by-index', [Cl.uint(0)])).toContain(HOST.address);
    expect(read('hosts', 'get-host-by-key', [Cl.buffer(HOST_OPERATOR.publicKey)])).toContain(
      HOST.address,
    );
    expect(read('hosts', 'get-model-hosts', [Cl.buffer(MODEL)])).toContain(HOST.address);
    expect(read('hosts', 'serves', [Cl.principal(HOST.address), Cl.buffer(MODEL)])).toBe('true');
    expect(read('hosts', 'serves', [Cl.principal(USER.address), Cl.buffer(MODEL)])).toBe('false');
    expect(read('hosts', 'get-receipt-slots')).toContain(HOST_OPERATOR.address);
    expect(read('inference-receipts', 'stackerdb-get-signer-slots')).toContain(
      HOST_OPERATOR.address,
    );
  });

  const many = Array.from({ length: 2 }, () => MODEL);
  it.each([
    ['a bond below the least', {}, 99_999_999n, 'u210'],
    ['a key that is no point', { key: new Uint8Array(33) }, 100_000_000n, 'u203'],
    ['no models', { models: [] }, 100_000_000n, 'u205'],
    ['a model twice', { models: many }, 100_000_000n, 'u205'],
    ['an unknown model', { models: [hashOf('x')] }, 100_000_000n, 'u206'],
    ['no capacity', { capacity: 0n }, 100_000_000n, 'u208'],
    ['a capacity beyond the bound', { capacity: 1_025n }, 100_000_000n, 'u208'],
    ['a price beyond the bound', { outputPrice: 1_000_000_001n }, 100_000_000n, 'u209'],
    ['no endpoint', { endpoint: '' }, 100_000_000n, 'u211'],
    ['a bond it does not have', {}, START_BALANCE + 1n, 'u1'],
  ] as [string, Offer, bigint, string][])('refuses %s', (_name, offer, bond, code) => {
    expect(show(registerHost(simnet, HOST, offer, bond))).toBe(`(err ${code})`);
    expect(read('hosts', 'get-host-count')).toBe('u0');
    expect(read('hosts', 'get-receipt-slots')).toBe('(list)');
    expect(read('hosts', 'get-model-hosts', [Cl.buffer(MODEL)])).toBe('(list)');
  });

  it('funai-8.19 gives a key and an account to one host only', () => {
    registerHost(simnet);
    expect(show(registerHost(simnet))).toBe('(err u202)');
    expect(show(registerHost(simnet, USER))).toBe('(err u204)');
    expect(show(registerHost(simnet, USER, { key: party('k').publicKey }))).toBe('(ok u1)');
  });

  it('updates its offer, its key and its slot', () => {
    const second = hashOf('second model');
    registerModel(simnet, second);
    registerHost(simnet);
    const key = party('fresh key');
    const change = offerArgs({ key: key.publicKey, models: [second], capacity: 9n });
    expect(host('update', change)).toBe('(ok true)');
    expect(read('hosts', 'get-model-hosts', [Cl.buffer(MODEL)])).toBe('(list)');
    expect(read('hosts', 'get-model-hosts', [Cl.buffer(second)])).toContain(HOST.address);
    expect(read('hosts', 'get-receipt-slots')).toContain(key.address);
    expect(read('hosts', 'get-receipt-slots')).not.toContain(HOST_OPERATOR.address);
    expect(read('hosts', 'get-host-by-key', [Cl.buffer(HOST_OPERATOR.publicKey)])).toBe('none');
    expect(host('update', change, USER.address)).toBe('(err u201)');
    expect(host('update', offerArgs({ key: key.publicKey, capacity: 0n }))).toBe('(err u208)');
  });

  it('keeps its key across an update and cannot take another’s', () => {
    registerHost(simnet);
    registerHost(simnet, USER, { key: party('k').publicKey });
    expect(host('update', offerArgs({}))).toBe('(ok true)');
    expect(host('update', offerArgs({ key: party('k').publicKey }))).toBe('(err u204)');
  });

  it('adds to the bond, leaves after the delay, gets all of it back', () => {
    registerHost(simnet);
    expect(host('increase-bond', [Cl.uint(5)])).toBe('(ok u100000005)');
    expect(host('increase-bond', [Cl.uint(0)])).toBe('(err u210)');
    expect(host('withdraw')).toBe('(err u214)');
    expect(host('unbond')).toMatch(/^\(ok u\d+\)$/);
    expect(host('unbond')).toBe('(err u213)');
    expect(host('update', offerArgs({}))).toBe('(err u213)');
    expect(host('increase-bond', [Cl.uint(5)])).toBe('(err u213)');
    expect(read('hosts', 'get-model-hosts', [Cl.buffer(MODEL)])).toBe('(list)');
    simnet.mineEmptyBurnBlocks(1_150);
    expect(host('withdraw')).toBe('(err u215)');
    simnet.mineEmptyBurnBlocks(2);
    expect(host('withdraw')).toBe('(ok u100000005)');
    expect(stxOf(simnet, HOST.address)).toBe(START_BALANCE);
    expect(stxOf(simnet, HOSTS)).toBe(0n);
    expect(host('withdraw')).toBe('(err u201)');
    // Its seat was free again.
    expect(show(registerHost(simnet))).toBe('(ok u0)');
  });

  it('draws the 32 with the highest bonds; others serve who names them', () => {
    for (let i = 0; i <= 32; i++) {
      const who = party(`many ${i}`);
      simnet.mintSTX(who.address, START_BALANCE);
      const bond = 100_000_001n + BigInt((i * 7) % 32);
      const key = party(`many key ${i}`).publicKey;
      expect(show(registerHost(simnet, who, { key }, bond))).toBe(`(ok u${i})`);
    }
    const model = [Cl.buffer(MODEL)];
    const isDrawn = (i: number) =>
      read('hosts', 'get-model-hosts', model).includes(party(`many ${i}`).address);
    // The 33rd has the bond of the first, the smallest there is: it does not come in.
    expect(isDrawn(0)).toBe(true);
    expect(isDrawn(32)).toBe(false);
    const named = [Cl.principal(party('many 32').address), ...model];
    expect(read('hosts', 'serves', named)).toBe('true');
    expect(host('increase-bond', [Cl.uint(1)], party('many 32').address)).toBe('(ok u100000002)');
    expect(isDrawn(0)).toBe(false);
    expect(isDrawn(32)).toBe(true);
  });

  it('says what its engine can prove: only class A is drawn, others serve who names them', () => {
    for (const assurance of [0n, 5n]) {
      expect(show(registerHost(simnet, HOST, { assurance }))).toBe('(err u207)');
    }
    const model = [Cl.buffer(MODEL)];
    registerHost(simnet, HOST, { assurance: 3n });
    expect(read('hosts', 'get-model-hosts', model)).toBe('(list)');
    const named = [Cl.principal(HOST.address), ...model];
    expect(read('hosts', 'serves', named)).toBe('true');
    expect(read('hosts', 'get-offer', named)).toContain('assurance: u3');
    expect(host('increase-bond', [Cl.uint(5)])).toBe('(ok u100000005)');
    expect(read('hosts', 'get-model-hosts', model)).toBe('(list)');
    expect(host('update', offerArgs({ assurance: 1n }))).toBe('(ok true)');
    expect(read('hosts', 'get-model-hosts', model)).toContain(HOST.address);
  });

  it('draws nobody when nobody serves', () => {
    const args = [Cl.buffer(MODEL), Cl.buffer(hashOf('entropy'))];
    expect(read('hosts', 'draw-ranked', args)).toBe('(list)');
    registerHost(simnet);
    expect(read('hosts', 'draw-ranked', args)).toContain(HOST.address);
  });
});

describe('signers', () => {
  it('answers in the shapes signer software reads', () => {
    expect(read('signers', 'get-last-set-cycle')).toBe('(ok u7)');
    expect(read('signers', 'get-total-weight', [Cl.uint(7)])).toBe('u10');
    expect(read('signers', 'get-total-weight', [Cl.uint(6)])).toBe('u0');
    expect(read('signers', 'get-signers', [Cl.uint(6)])).toBe('none');
    expect(read('signers', 'get-signers', [Cl.uint(7)])).toContain(SIGNERS[0]!.address);
    const index = (i: number) => read('signers', 'get-signer-by-index', [Cl.uint(7), Cl.uint(i)]);
    expect(index(1)).toContain(SIGNERS[1]!.address);
    expect(index(3)).toBe('(ok none)');
    expect(read('signers', 'get-signer-by-index', [Cl.uint(6), Cl.uint(0)])).toBe('(err u2)');
    expect(read('signers', 'get-signer-weight', [Cl.uint(7), Cl.uint(2)])).toBe('u4');
    expect(read('signers', 'get-signer-weight', [Cl.uint(7), Cl.uint(3)])).toBe('u0');
    expect(read('signers', 'get-set-height', [Cl.uint(7)])).toBe('(some u1)');
    expect(read('signers', 'stackerdb-get-page-count')).toBe('(ok u2)');
    expect(read('signers', 'stackerdb-get-signer-slots-page', [Cl.uint(2)])).toBe('(err u1)');
    expect(read('signers', 'stackerdb-get-config')).toContain('chunk-size: u2097152');
  });

  it('keeps even and odd cycles on their own pages', () => {
    setSigners(simnet, 8n, [SIGNERS[0]!], [1n]);
    const slots = (name: string) => read(name, 'stackerdb-get-signer-slots');
    for (const lane of [1, 2, 3]) {
      expect(slots(`signers-0-${lane}`)).not.toContain(SIGNERS[1]!.address);
      expect(slots(`signers-1-${lane}`)).toContain(SIGNERS[1]!.address);
    }
    expect(slots('inference-verdicts-0')).toBe(slots('signers-0-1'));
    expect(slots('inference-verdicts-1')).toBe(slots('signers-1-1'));
    expect(read('signers', 'get-last-set-cycle')).toBe('(ok u8)');
    expect(read('signers', 'get-current')).toContain('total-weight: u1');
  });

  it('every descriptor has a configuration', () => {
    for (const name of ['signers-0-1', 'inference-verdicts-1', 'miners', 'inference-receipts']) {
      expect(read(name, 'stackerdb-get-config')).toMatch(/\(ok \{.*chunk-size: u\d+/s);
    }
    expect(read('miners', 'stackerdb-get-signer-slots')).toBe('(ok (list))');
  });
});
