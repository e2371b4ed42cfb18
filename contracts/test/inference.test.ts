/** `.inference` (on our VM): every refusal, every cheating certificate, conservation. */
import { Cl, type ClarityValue } from '@stacks/transactions';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  BEACON,
  bareNetwork,
  bytesOf,
  commitmentFor,
  consensusHash,
  DEPLOYER,
  expire,
  HOST,
  HOST_OPERATOR,
  HOSTS,
  hashOf,
  INFERENCE,
  JUDGES,
  MODEL,
  network,
  openEscrow,
  openRequest,
  party,
  type RequestOptions,
  readRequest,
  registerHost,
  reject,
  SIGNERS,
  type Simnet,
  SORTITION,
  START_BALANCE,
  setSigners,
  settle,
  sha256,
  stxOf,
  USER,
  uintOf,
  verdictFor,
} from './simnet.ts';

let simnet: Simnet;
beforeEach(() => {
  simnet = network();
});

const shown = (outcome: { result: ClarityValue }): string => Cl.prettyPrint(outcome.result);
const STRANGER = party('stranger');

const listOf = (value: ClarityValue | undefined) => (value?.type === 'list' ? value.value : []);
const fieldOf = (value: ClarityValue, name: string) =>
  value.type === 'tuple' ? value.value[name] : undefined;

/** Indexes of rank 0, 1 and 2, drawn as docs/protocol.md says. */
function drawnRanks(entropy: Uint8Array, weights: readonly bigint[]): number[] {
  const drawn: number[] = [];
  for (let hash = entropy; drawn.length < 3; hash = sha256(hash)) {
    const left = weights.map((weight, i) => (drawn.includes(i) ? 0n : weight));
    const total = left.reduce((sum, weight) => sum + weight, 0n);
    let lot = BigInt(`0x${Buffer.from(hash.slice(0, 16)).toString('hex')}`) % total;
    drawn.push(
      left.findIndex((weight) => {
        if (lot < weight) return true;
        lot -= weight;
        return false;
      }),
    );
  }
  return drawn;
}

describe('request', () => {
  it('moves the fee into escrow and records what was asked', () => {
    const outcome = openRequest(simnet);
    expect(shown(outcome)).toBe('(ok u1)');
    expect(stxOf(simnet, INFERENCE)).toBe(50_000n);
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE - 50_000n);
    expect(openEscrow(simnet)).toBe(50_000n);
    const request = readRequest(simnet, 1n);
    expect(uintOf(request.status)).toBe(1n);
    expect(bytesOf(request.beacon)).toEqual(BEACON);
    expect(bytesOf(request['host-key'])).toEqual(HOST_OPERATOR.publicKey);
    expect(request.executor).toEqual(Cl.principal(HOST.address));
    const event = outcome.events.find(({ event }) => event === 'print_event');
    expect(Cl.prettyPrint(event!.data.value!)).toContain('request-opened');
  });

  it('names the request by the hash of its tuple', () => {
    openRequest(simnet);
    const request = readRequest(simnet, 1n);
    const tuple = Cl.tuple({
      id: Cl.uint(1),
      user: Cl.principal(USER.address),
      model: Cl.buffer(MODEL),
      'prompt-hash': Cl.buffer(sha256(hashOf('prompt'))),
      params: request.params!,
      'max-fee': Cl.uint(50_000),
      'expires-at': request['expires-at']!,
      privacy: Cl.uint(0),
      'client-nonce': request['client-nonce']!,
    });
    expect(bytesOf(request['request-hash'])).toEqual(consensusHash(tuple));
  });

  const refusals: [string, RequestOptions, string][] = [
    ['an unknown model', { model: hashOf('other') }, 'u301'],
    ['a host that does not serve', { host: STRANGER.address }, 'u303'],
    ['a wrong prompt hash', { promptHash: hashOf('x') }, 'u304'],
    [
      'a short prompt hash',
      { promptHash: new Uint8Array(31), prompt: null, promptLength: 5n },
      'u304',
    ],
    ['a wrong length', { promptLength: 31n }, 'u305'],
    ['an empty prompt', { prompt: null, promptLength: 0n }, 'u305'],
    ['a prompt beyond the store', { prompt: null, promptLength: 1_048_577n }, 'u305'],
    ['a temperature above 2', { params: [2_000_001n, 1n, 1n, 1n] }, 'u306'],
    ['a top-p of 0', { params: [0n, 0n, 1n, 1n] }, 'u306'],
    ['a top-p above 1', { params: [0n, 1_000_001n, 1n, 1n] }, 'u306'],
    ['a top-k of 0', { params: [0n, 1n, 0n, 1n] }, 'u306'],
    ['a top-k above 20', { params: [0n, 1n, 21n, 1n] }, 'u306'],
    ['no tokens', { params: [0n, 1n, 1n, 0n] }, 'u306'],
    ['too many tokens', { params: [0n, 1n, 1n, 32_769n] }, 'u306'],
    ['no fee', { maxFee: 0n }, 'u307'],
    ['no deadline', { deadline: 0n }, 'u308'],
    ['a deadline beyond a week', { deadline: 1_009n }, 'u308'],
    ['an unknown privacy', { privacy: 3n }, 'u309'],
    ['hash-only with the prompt inline', { privacy: 1n }, 'u309'],
    ['sealed without the box', { privacy: 2n, prompt: null }, 'u309'],
    ['a short nonce', { nonce: new Uint8Array(15) }, 'u310'],
    ['more than the user has', { maxFee: START_BALANCE + 1n }, 'u1'],
  ];
  it.each(refusals)('refuses %s', (_name, options, code) => {
    expect(shown(openRequest(simnet, options))).toBe(`(err ${code})`);
    expect(openEscrow(simnet)).toBe(0n);
    expect(stxOf(simnet, INFERENCE)).toBe(0n);
  });

  it('takes prompts by hash, sealed prompts, named hosts', () => {
    const byHash = { prompt: null, promptHash: hashOf('far'), promptLength: 500_000n };
    expect(shown(openRequest(simnet, { ...byHash, privacy: 0n }))).toBe('(ok u1)');
    expect(shown(openRequest(simnet, { ...byHash, privacy: 1n }))).toBe('(ok u2)');
    expect(shown(openRequest(simnet, { privacy: 2n }))).toBe('(ok u3)');
    expect(shown(openRequest(simnet, { host: HOST.address }))).toBe('(ok u4)');
  });

  it('needs a beacon and somebody who serves', () => {
    const alone = network();
    alone.callPublicFn(HOSTS, 'unbond', [], HOST.address);
    expect(shown(openRequest(alone))).toBe('(err u302)');
    expect(shown(openRequest(alone, { host: HOST.address }))).toBe('(err u303)');
  });

  it('funai-8.22 draws three ranks by weight from the sortition hash and the id', () => {
    const crowd = bareNetwork();
    crowd.callPublicFn(
      `${DEPLOYER.address}.models`,
      'register',
      [Cl.buffer(MODEL), Cl.stringAscii('m'), Cl.stringAscii('u')],
      USER.address,
    );
    // A new host weighs a quarter of its capacity.
    const weights = [1n, 2n, 1n, 2n];
    const hosts = weights.map((weight, i) => {
      const capacity = weight * 4n;
      const who = party(`crowd ${i}`);
      crowd.mintSTX(who.address, START_BALANCE);
      const key = party(`crowd key ${i}`).publicKey;
      expect(Cl.prettyPrint(registerHost(crowd, who, { capacity, key }))).toBe(`(ok u${i})`);
      return who;
    });
    for (let id = 1n; id <= 12n; id++) {
      openRequest(crowd, { maxFee: 1n });
      const number = new Uint8Array(16);
      new DataView(number.buffer).setBigUint64(8, id);
      const entropy = sha256(SORTITION, number);
      const ranks = drawnRanks(entropy, weights).map((i) => Cl.principal(hosts[i]!.address));
      const { executor, fallbacks } = readRequest(crowd, id);
      expect([executor, ...listOf(fallbacks).map((one) => fieldOf(one, 'host'))]).toEqual(ranks);
    }
  });
});

describe('settle', () => {
  beforeEach(() => {
    openRequest(simnet);
  });
  const [a, b, c] = SIGNERS as [(typeof SIGNERS)[0], (typeof SIGNERS)[0], (typeof SIGNERS)[0]];

  it('pays per token, refunds the rest, counts for the host', () => {
    const before = stxOf(simnet, HOST.address);
    const outcome = settle(simnet, 1n);
    expect(shown(outcome)).toBe('(ok u10200)');
    expect(stxOf(simnet, HOST.address) - before).toBe(9_894n);
    expect(stxOf(simnet, JUDGES)).toBe(306n);
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE - 10_200n);
    expect(openEscrow(simnet)).toBe(0n);
    const host = simnet.callReadOnlyFn(
      HOSTS,
      'get-host',
      [Cl.principal(HOST.address)],
      USER.address,
    );
    expect(Cl.prettyPrint(host.result)).toMatch(/earned: u9894/);
    expect(Cl.prettyPrint(host.result)).toMatch(/settled: u1/);
    const result = simnet.callReadOnlyFn(INFERENCE, 'get-result', [Cl.uint(1)], USER.address);
    expect(Cl.prettyPrint(result.result)).toMatch(/weight: u7/);
  });

  it('never pays more than the fee', () => {
    openRequest(simnet, { maxFee: 100n });
    expect(shown(settle(simnet, 2n))).toBe('(ok u100)');
  });

  it('pays an answer without tokens nothing and still closes', () => {
    const commitment = commitmentFor(simnet, 1n, {
      'prompt-tokens': Cl.uint(0),
      'output-tokens': Cl.uint(0),
    });
    expect(shown(settle(simnet, 1n, { commitment }))).toBe('(ok u0)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
  });

  it('keeps the price and key of the day of the draw', () => {
    const offer = [
      Cl.stringAscii('x'),
      Cl.buffer(party('new key').publicKey),
      Cl.buffer(hashOf('seal')),
      Cl.list([Cl.buffer(MODEL)]),
      Cl.uint(1),
      Cl.uint(1),
      Cl.uint(999),
      Cl.uint(999),
      Cl.uint(999),
    ];
    expect(shown(simnet.callPublicFn(HOSTS, 'update', offer, HOST.address))).toBe('(ok true)');
    expect(shown(settle(simnet, 1n))).toBe('(ok u10200)');
  });

  it('works once', () => {
    settle(simnet, 1n);
    expect(shown(settle(simnet, 1n))).toBe('(err u321)');
    expect(shown(reject(simnet, 1n))).toBe('(err u321)');
    expect(shown(expire(simnet, 1n))).toBe('(err u321)');
  });

  it.each([
    [
      'too little weight',
      [
        [0n, a],
        [1n, b],
      ],
      'u504',
    ],
    ['no verdicts', [], 'u504'],
    [
      'one signer twice',
      [
        [2n, c],
        [2n, c],
      ],
      'u502',
    ],
    [
      'one signer three times in disorder',
      [
        [1n, b],
        [2n, c],
        [1n, b],
      ],
      'u502',
    ],
    [
      'descending order',
      [
        [2n, c],
        [1n, b],
      ],
      'u502',
    ],
    [
      'a signature under another index',
      [
        [1n, c],
        [2n, c],
      ],
      'u503',
    ],
    [
      'a stranger',
      [
        [1n, STRANGER],
        [2n, c],
      ],
      'u503',
    ],
    [
      'an index beyond the set',
      [
        [2n, c],
        [3n, STRANGER],
      ],
      'u501',
    ],
  ] as const)('refuses a certificate with %s', (_name, signers, code) => {
    expect(shown(settle(simnet, 1n, { signers }))).toBe(`(err ${code})`);
    expect(openEscrow(simnet)).toBe(50_000n);
  });

  it('takes exactly 70 %', () => {
    const signers = [
      [0n, a],
      [2n, c],
    ] as const;
    expect(shown(settle(simnet, 1n, { signers }))).toBe('(ok u10200)');
  });

  it('refuses verdicts about anything else', () => {
    openRequest(simnet);
    const other = commitmentFor(simnet, 1n, { 'output-hash': Cl.buffer(hashOf('other')) });
    const commitment = commitmentFor(simnet, 1n);
    for (const digest of [
      verdictFor(other, 1n, 1n),
      verdictFor(commitment, 2n, 1n),
      verdictFor(commitment, 1n, 2n),
      verdictFor(commitment, 1n, 3n),
    ]) {
      expect(shown(settle(simnet, 1n, { digest }))).toBe('(err u503)');
    }
  });

  it('refuses signers of an older cycle', () => {
    setSigners(simnet, 8n, [party('new signer')], [1n]);
    expect(shown(settle(simnet, 1n))).toBe('(err u501)');
  });

  it('refuses a commitment that is not the host’s or not about this request', () => {
    openRequest(simnet, { nonce: hashOf('second').slice(0, 16) });
    const change = (changes: Record<string, ClarityValue>) => ({
      commitment: commitmentFor(simnet, 1n, changes),
    });
    const hash = Cl.buffer(hashOf('x'));
    expect(shown(settle(simnet, 1n, { hostKey: STRANGER }))).toBe('(err u328)');
    expect(shown(settle(simnet, 1n, { hostKey: HOST }))).toBe('(err u328)');
    expect(shown(settle(simnet, 1n, { commitment: commitmentFor(simnet, 2n) }))).toBe('(err u323)');
    expect(shown(settle(simnet, 1n, change({ 'request-hash': hash })))).toBe('(err u323)');
    expect(shown(settle(simnet, 1n, change({ model: hash })))).toBe('(err u324)');
    expect(shown(settle(simnet, 1n, change({ seed: hash })))).toBe('(err u325)');
    expect(shown(settle(simnet, 1n, change({ 'output-tokens': Cl.uint(129) })))).toBe('(err u326)');
    expect(shown(settle(simnet, 1n, change({ 'prompt-tokens': Cl.uint(1_048_577) })))).toBe(
      '(err u326)',
    );
    expect(shown(settle(simnet, 1n, change({ finish: Cl.stringAscii('bored') })))).toBe(
      '(err u327)',
    );
    expect(shown(settle(simnet, 99n, { commitment: commitmentFor(simnet, 1n) }))).toBe(
      '(err u320)',
    );
  });
});

describe('reject and expire', () => {
  beforeEach(() => {
    openRequest(simnet);
  });

  it('rejects with a full refund and a fault, even for a wrong seed or model', () => {
    const commitment = commitmentFor(simnet, 1n, {
      seed: Cl.buffer(hashOf('chosen by the host')),
      model: Cl.buffer(hashOf('cheaper model')),
    });
    expect(shown(reject(simnet, 1n, { commitment }))).toBe('(ok u50000)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
    const host = simnet.callReadOnlyFn(
      HOSTS,
      'get-host',
      [Cl.principal(HOST.address)],
      USER.address,
    );
    expect(Cl.prettyPrint(host.result)).toMatch(/faults: u1/);
  });

  it('rejects nobody on a commitment the host did not sign, or on verdict 1', () => {
    expect(shown(reject(simnet, 1n, { hostKey: STRANGER }))).toBe('(err u328)');
    expect(shown(reject(simnet, 1n, { verdict: 1n }))).toBe('(err u503)');
  });

  it('expires after the deadline only, and counts a miss', () => {
    expect(shown(expire(simnet, 1n))).toBe('(err u322)');
    simnet.mineEmptyBurnBlocks(10);
    expect(shown(expire(simnet, 1n))).toBe('(err u322)');
    simnet.mineEmptyBurnBlocks(1);
    expect(shown(expire(simnet, 1n))).toBe('(ok u50000)');
    expect(shown(expire(simnet, 1n))).toBe('(err u321)');
    expect(shown(expire(simnet, 7n))).toBe('(err u320)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
    const host = simnet.callReadOnlyFn(
      HOSTS,
      'get-host',
      [Cl.principal(HOST.address)],
      USER.address,
    );
    expect(Cl.prettyPrint(host.result)).toMatch(/missed: u1/);
  });

  it('pays nobody who has no bond any more; the request expires', () => {
    simnet.callPublicFn(HOSTS, 'unbond', [], HOST.address);
    simnet.mineEmptyBurnBlocks(1_152);
    expect(shown(simnet.callPublicFn(HOSTS, 'withdraw', [], HOST.address))).toBe('(ok u100000000)');
    expect(shown(settle(simnet, 1n))).toBe('(err u330)');
    expect(shown(expire(simnet, 1n))).toBe('(ok u50000)');
  });
});

describe('the node’s functions', () => {
  it('cannot be called by transactions', () => {
    const beacon = Cl.tuple({
      'sortition-hash': Cl.buffer(hashOf('mine')),
      'burn-hash': Cl.buffer(hashOf('mine')),
      'burn-height': Cl.uint(1),
    });
    expect(() => simnet.callPublicFn(INFERENCE, 'set-beacon', [beacon], USER.address)).toThrow();
    const args = [Cl.uint(9), Cl.list([]), Cl.uint(1)];
    const contract = `${DEPLOYER.address}.signers`;
    expect(() => simnet.callPublicFn(contract, 'set-signers', args, USER.address)).toThrow();
  });

  it('.hosts record-outcome listens to .inference only', () => {
    const args = [Cl.principal(HOST.address), Cl.uint(1), Cl.uint(5), Cl.uint(0)];
    expect(shown(simnet.callPublicFn(HOSTS, 'record-outcome', args, USER.address))).toBe(
      '(err u216)',
    );
    expect(shown(simnet.callPublicFn(HOSTS, 'record-outcome', args, HOST.address))).toBe(
      '(err u216)',
    );
  });
});

describe('conservation', () => {
  type Action = { kind: 'open' | 'settle' | 'reject' | 'expire' | 'wait'; id: number; fee: number };
  const action: fc.Arbitrary<Action> = fc.record({
    kind: fc.constantFrom('open', 'open', 'settle', 'reject', 'expire', 'wait'),
    id: fc.integer({ min: 1, max: 6 }),
    fee: fc.integer({ min: 1, max: 60_000 }),
  });

  it('the contract holds exactly the fees of open requests, whatever is called', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const chain = network();
        const open = new Map<bigint, bigint>();
        let last = 0n;
        for (const { kind, id, fee } of actions) {
          const target = BigInt(id);
          if (kind === 'wait') chain.mineEmptyBurnBlocks(4);
          else if (kind === 'open') {
            const { result } = openRequest(chain, { maxFee: BigInt(fee) });
            // A convicted host is not drawn any more.
            if (result.type === 'ok') open.set(++last, BigInt(fee));
          } else if (target <= last) {
            const close = { settle, reject, expire }[kind];
            const { result } = close(chain, target);
            if (result.type === 'ok') {
              expect(open.has(target)).toBe(true);
              open.delete(target);
            } else if (kind !== 'expire') expect(open.has(target)).toBe(false);
          }
          const sum = [...open.values()].reduce((total, value) => total + value, 0n);
          expect(openEscrow(chain)).toBe(sum);
          expect(stxOf(chain, INFERENCE)).toBe(sum);
          const everywhere = [USER.address, HOST.address, INFERENCE, HOSTS, JUDGES];
          const total = everywhere.reduce((held, who) => held + stxOf(chain, who), 0n);
          expect(total).toBe(2n * START_BALANCE);
        }
      }),
      { numRuns: 60 },
    );
  });
});
