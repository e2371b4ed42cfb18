/**
 * Attacks on the protocol that are a matter of the chain, each by name: the weaknesses of other networks
 * (reference/funai.md section 8, gonka.md section 11) and the attacks of reference/verification.md.
 * What judges must find in an answer (models, quantisation, samplers) is tested in `verify`.
 */
import { Cl, type ClarityValue } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  booksAgree,
  claim,
  claimAnswers,
  claimDigest,
  closeSession,
  decide,
  dispute,
  drawnJudges,
  ENOUGH,
  fieldsOf,
  hostNumber,
  lapseClaim,
  nextTenure,
  openSession,
  pendingClaim,
  resolve,
  send,
  shown,
  totals,
  verdictList,
} from './scene.ts';
import {
  certificate,
  commitmentFor,
  DEPLOYER,
  expire,
  HOST,
  HOST_OPERATOR,
  HOSTS,
  hashOf,
  INFERENCE,
  JUDGES,
  MODELS,
  network,
  openEscrow,
  openRequest,
  type Party,
  party,
  readRequest,
  registerHost,
  registerModel,
  reject,
  SESSIONS,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  setSigners,
  settle,
  signRsv,
  structuredDigest,
  stxOf,
  USER,
  uintOf,
} from './simnet.ts';

const RIVAL = party('rival host');
const RIVAL_KEY = party('rival operator');
const THIEF = party('thief');
const BOND = 100_000_000n;

let simnet: Simnet;
beforeEach(() => {
  simnet = network();
  for (const { address } of [RIVAL, THIEF]) simnet.mintSTX(address, START_BALANCE);
});

const rivalJoins = () => registerHost(simnet, RIVAL, { key: RIVAL_KEY.publicKey });
const drawn = (): void => {
  nextTenure(simnet);
  nextTenure(simnet);
};
const booksAre = (hosts: Party[] = [HOST]) =>
  expect(booksAgree(simnet, hosts, 10_000_000n)).toEqual([]);

describe('payment (funai.md 8: 1, 2, 18, 20)', () => {
  it('funai-8.1 changing the payee: nobody but the drawn host is paid, whoever sends the settlement', () => {
    openRequest(simnet);
    const before = stxOf(simnet, THIEF.address);
    const args = certificate(simnet, 1n);
    expect(shown(send(simnet, INFERENCE, 'settle', args, THIEF))).toBe('(ok u10200)');
    expect(stxOf(simnet, THIEF.address)).toBe(before);
    expect(stxOf(simnet, HOST.address)).toBe(START_BALANCE - BOND + 9_894n);
  });

  it('funai-8.1 changing the result: another output hash under the same verdicts is refused', () => {
    openRequest(simnet);
    const [id, , signature, verdicts] = certificate(simnet, 1n) as [
      ClarityValue,
      ClarityValue,
      ClarityValue,
      ClarityValue,
    ];
    const forged = commitmentFor(simnet, 1n, { 'output-hash': Cl.buffer(hashOf('forged')) });
    const args = [id, forged, signature, verdicts];
    expect(shown(send(simnet, INFERENCE, 'settle', args))).toBe('(err u328)');
  });

  it('settling twice: the second time is refused, with the same or another certificate', () => {
    openRequest(simnet);
    settle(simnet, 1n);
    expect(shown(settle(simnet, 1n))).toBe('(err u321)');
    const later = commitmentFor(simnet, 1n, { timestamp: Cl.uint(1) });
    expect(shown(settle(simnet, 1n, { commitment: later }))).toBe('(err u321)');
  });

  it('funai-8.20 free inference: nothing is opened that is not paid into escrow', () => {
    const poor = party('nobody with nothing');
    expect(shown(openRequest(simnet, { sender: poor.address }))).toBe('(err u1)');
    expect(uintOf(ask(simnet, INFERENCE, 'get-last-request-id'))).toBe(0n);
    const session = openSession(simnet, { user: poor });
    expect(shown(session)).toBe('(err u1)');
  });

  it('funai-8.18 finishing somebody else’s task: an answer that is not the drawn host’s is refused', () => {
    rivalJoins();
    openRequest(simnet, { host: HOST.address });
    expect(shown(settle(simnet, 1n, { hostKey: RIVAL_KEY }))).toBe('(err u328)');
    expect(shown(reject(simnet, 1n, { hostKey: RIVAL_KEY }))).toBe('(err u328)');
    expect(hostNumber(simnet, 'bond')).toBe(BOND);
  });
});

describe('self-dealing (funai.md 8: 5; verification.md 1: 13)', () => {
  it('funai-8.5 (13) colluding client and host gain nothing: together they lose the protocol fee', () => {
    // One person is user, host and owner of the voucher key.
    const together = () => stxOf(simnet, USER.address) + stxOf(simnet, HOST.address);
    const before = together();
    openRequest(simnet, { host: HOST.address });
    settle(simnet, 1n);
    expect(before - together()).toBe(306n);
    const hash = pendingClaim(simnet);
    drawn();
    decide(simnet, 'release', hash);
    closeSession(simnet, 1n, HOST);
    expect(before - together()).toBe(306n + 3_000n);
    expect(totals(simnet).owed + totals(simnet).unswept).toBe(306n + 3_000n);
  });

  it('farming a record: below 64 clean answers the weight is a part, and it never passes the bond', () => {
    const weight = (clean: bigint, capacity = 40n, bond = BOND) =>
      uintOf(ask(simnet, HOSTS, 'weight-of', [capacity, bond, clean].map(Cl.uint)));
    expect([0n, 4n, 16n, 64n, 1_000_000n].map((clean) => weight(clean))).toEqual([
      2n,
      5n,
      7n,
      10n,
      10n,
    ]);
    expect(weight(64n, 1_024n, BOND)).toBe(10n);
  });

  it('a user that is its own judge: the signer that hosts is refused', () => {
    const signer = SIGNERS[2]!;
    simnet.mintSTX(signer.address, START_BALANCE);
    registerHost(simnet, signer, { key: RIVAL_KEY.publicKey });
    openSession(simnet, { host: signer.address, user: signer });
    const [hash] = claimAnswers(claim(simnet, [{}], signer)) as Uint8Array[];
    drawn();
    expect(drawnJudges(simnet, hash!)).not.toContain(2n);
    expect(shown(decide(simnet, 'release', hash!))).toBe('(err u505)');
  });
});

describe('slashing (funai.md 8: 6, 7; gonka.md 11: 18)', () => {
  it('funai-8.6 unauthenticated slash: every way to a bond asks who calls', () => {
    const who = Cl.principal(HOST.address);
    for (const [fn, args] of [
      ['slash', [who, Cl.uint(1)]],
      ['restore', [who, Cl.uint(1)]],
      ['record-outcome', [who, Cl.uint(2), Cl.uint(0), Cl.uint(0)]],
      ['add-pending', [who, Cl.uint(1)]],
      ['remove-pending', [who]],
    ] as const) {
      for (const caller of [THIEF, DEPLOYER, HOST]) {
        expect(shown(send(simnet, HOSTS, fn, [...args], caller))).toBe('(err u216)');
      }
    }
    expect(hostNumber(simnet, 'bond')).toBe(BOND);
  });

  it('funai-8.6 slashing N times for one offence: the request is closed by the first', () => {
    send(simnet, HOSTS, 'increase-bond', [Cl.uint(900_000_000)], HOST);
    openRequest(simnet);
    reject(simnet, 1n);
    for (let i = 0; i < 3; i++) expect(shown(reject(simnet, 1n))).toBe('(err u321)');
    expect(hostNumber(simnet, 'bond')).toBe(900_000_000n);
  });

  it('funai-8.7 a verifier outage: silence convicts nobody, the user gets its money back', () => {
    openRequest(simnet);
    expect(shown(reject(simnet, 1n, { signers: [] }))).toBe('(err u506)');
    expect(shown(reject(simnet, 1n, { signers: [ENOUGH[1]!] }))).toBe('(err u506)');
    simnet.mineEmptyBurnBlocks(11);
    expect(shown(expire(simnet, 1n))).toBe('(ok u50000)');
    expect(hostNumber(simnet, 'bond')).toBe(BOND);
  });

  it('one heavy signer cannot convict alone', () => {
    setSigners(simnet, 8n, SIGNERS, [1n, 1n, 98n]);
    openRequest(simnet);
    expect(shown(reject(simnet, 1n, { signers: [[2n, SIGNERS[2]!]] }))).toBe('(err u506)');
    expect(shown(settle(simnet, 1n, { signers: [[2n, SIGNERS[2]!]] }))).toBe('(ok u10200)');
  });

  it('slash after withdraw: the bond stays while an answer can be disputed', () => {
    openRequest(simnet);
    send(simnet, HOSTS, 'unbond', [], HOST);
    simnet.mineEmptyBurnBlocks(1_152);
    settle(simnet, 1n);
    const withdraw = () => shown(send(simnet, HOSTS, 'withdraw', [], HOST));
    expect(withdraw()).toBe('(err u218)');
    simnet.mineEmptyBurnBlocks(144);
    dispute(simnet, 1n, THIEF);
    simnet.mineEmptyBurnBlocks(143);
    expect(withdraw()).toBe('(err u218)');
    expect(shown(resolve(simnet, 'uphold', 1n))).toBe('(ok u1)');
    expect(totals(simnet).held).toBe(BOND);
    simnet.mineEmptyBurnBlocks(1);
    expect(withdraw()).toBe('(ok u0)');
  });

  it('slash after withdraw: the bond outlasts every request that was drawn before', () => {
    openRequest(simnet, { deadline: 1_008n });
    send(simnet, HOSTS, 'unbond', [], HOST);
    const withdraw = () => shown(send(simnet, HOSTS, 'withdraw', [], HOST));
    simnet.mineEmptyBurnBlocks(1_008);
    expect(withdraw()).toBe('(err u215)');
    expect(shown(reject(simnet, 1n))).toBe('(ok u50000)');
    expect(totals(simnet).held).toBe(BOND);
    simnet.mineEmptyBurnBlocks(144);
    expect(withdraw()).toBe('(ok u0)');
  });

  it('slash after withdraw: the bond stays while a claim is under audit', () => {
    const hash = pendingClaim(simnet);
    send(simnet, HOSTS, 'unbond', [], HOST);
    simnet.mineEmptyBurnBlocks(1_152);
    expect(shown(send(simnet, HOSTS, 'withdraw', [], HOST))).toBe('(err u218)');
    drawn();
    decide(simnet, 'convict', hash);
    expect(totals(simnet).held).toBe(BOND);
    expect(shown(send(simnet, HOSTS, 'withdraw', [], HOST))).toBe('(ok u0)');
  });

  it('escaping a slash by a new key: the old answer is judged under the key of its request', () => {
    openRequest(simnet);
    const fresh = party('fresh key');
    send(simnet, HOSTS, 'set-operating-key', [Cl.buffer(fresh.publicKey)], HOST);
    expect(shown(reject(simnet, 1n, { hostKey: fresh }))).toBe('(err u328)');
    expect(shown(reject(simnet, 1n))).toBe('(ok u50000)');
    expect(hostNumber(simnet, 'bond')).toBe(0n);
  });

  it('rebirth: a convicted host cannot register anew under its account, nor take its old key along', () => {
    openRequest(simnet);
    reject(simnet, 1n);
    expect(Cl.prettyPrint(registerHost(simnet))).toBe('(err u202)');
    expect(Cl.prettyPrint(registerHost(simnet, RIVAL))).toBe('(err u204)');
    expect(hostNumber(simnet, 'clean')).toBe(0n);
  });
});

describe('replay (funai.md 8: 8, 9; verification.md 1: 9, 11)', () => {
  it('replaying a receipt: an answer to one request settles no other', () => {
    openRequest(simnet);
    openRequest(simnet);
    settle(simnet, 1n);
    const old = commitmentFor(simnet, 1n);
    expect(shown(settle(simnet, 2n, { commitment: old }))).toBe('(err u323)');
    expect(shown(reject(simnet, 2n, { commitment: old }))).toBe('(err u323)');
  });

  it('replaying verdicts: they name request and commitment', () => {
    openRequest(simnet);
    openRequest(simnet);
    const [, , , verdicts] = certificate(simnet, 1n) as [unknown, unknown, unknown, ClarityValue];
    const [id, commitment, signature] = certificate(simnet, 2n) as [
      ClarityValue,
      ClarityValue,
      ClarityValue,
    ];
    const args = [id, commitment, signature, verdicts];
    expect(shown(send(simnet, INFERENCE, 'settle', args))).toBe('(err u503)');
  });

  it('first verdicts replayed in a dispute decide nothing', () => {
    openRequest(simnet);
    const [, , , verdicts] = certificate(simnet, 1n) as [unknown, unknown, unknown, ClarityValue];
    settle(simnet, 1n);
    dispute(simnet, 1n, THIEF);
    const dismissed = send(simnet, INFERENCE, 'dismiss', [Cl.uint(1), verdicts]);
    expect(shown(dismissed)).toBe('(err u503)');
  });

  it('funai-8.8 replay from another chain: what was signed for another chain id is worth nothing here', () => {
    openRequest(simnet);
    const commitment = commitmentFor(simnet, 1n);
    const elsewhere = structuredDigest(commitment, 1n);
    const [id, , , verdicts] = certificate(simnet, 1n) as [
      ClarityValue,
      ClarityValue,
      ClarityValue,
      ClarityValue,
    ];
    const args = [id, commitment, Cl.buffer(signRsv(elsewhere, HOST_OPERATOR)), verdicts];
    expect(shown(send(simnet, INFERENCE, 'settle', args))).toBe('(err u328)');
  });

  it('copying another host’s answer: the seed has the host’s own key in it', () => {
    rivalJoins();
    openRequest(simnet, { host: HOST.address });
    const copied = commitmentFor(simnet, 1n);
    openRequest(simnet, { host: RIVAL.address });
    const own = readRequest(simnet, 2n);
    const seed = fieldsOf(copied).seed!;
    const stolen = commitmentFor(simnet, 2n, { seed });
    expect(shown(settle(simnet, 2n, { commitment: stolen, hostKey: RIVAL_KEY }))).toBe(
      '(err u325)',
    );
    expect(own['host-key']).toEqual(Cl.buffer(RIVAL_KEY.publicKey));
  });

  it('voucher replay across sessions: a voucher names its session', () => {
    openSession(simnet);
    openSession(simnet);
    const other = { session: 2n, signed: [1n, 100_000n, 10n] as const };
    expect(claimAnswers(claim(simnet, [other]))).toEqual(['(err u415)']);
  });

  it('voucher replay after payment: an old voucher is no more than was paid', () => {
    const hash = pendingClaim(simnet);
    drawn();
    decide(simnet, 'release', hash);
    expect(claimAnswers(claim(simnet, [{}]))).toEqual(['(err u413)']);
    const fewer = { cumulative: 90_000n, requests: 11n };
    expect(claimAnswers(claim(simnet, [fewer]))).toEqual(['(err u413)']);
  });

  it('verdicts about one claim decide no other, and not another question about it', () => {
    const first = pendingClaim(simnet);
    openSession(simnet);
    const [second] = claimAnswers(claim(simnet, [{ session: 2n }])) as Uint8Array[];
    drawn();
    const verdicts = verdictList(claimDigest(first, 1n), ENOUGH);
    const args = [Cl.buffer(second!), verdicts];
    expect(shown(send(simnet, SESSIONS, 'release', args))).toBe('(err u503)');
    for (const fn of ['convict', 'deny']) {
      const about = [Cl.buffer(first), verdicts];
      expect(shown(send(simnet, SESSIONS, fn, about))).toBe('(err u503)');
    }
  });
});

describe('claims', () => {
  it('overlap: two claims of one session never cover the same request', () => {
    const first = pendingClaim(simnet);
    const next = { cumulative: 200_000n, requests: 20n };
    expect(claimAnswers(claim(simnet, [next]))).toEqual(['(err u412)']);
    drawn();
    decide(simnet, 'release', first);
    const [second] = claimAnswers(claim(simnet, [next])) as Uint8Array[];
    const { from, to, amount } = fieldsOf(ask(simnet, SESSIONS, 'get-claim', [Cl.buffer(second!)]));
    expect([from, to, amount].map(uintOf)).toEqual([10n, 20n, 100_000n]);
  });

  it('refund race: the user cannot close before the host could claim, nor while it is audited', () => {
    openSession(simnet, { duration: 10n });
    simnet.mineEmptyBurnBlocks(45);
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u420)');
    const [hash] = claimAnswers(claim(simnet, [{}])) as Uint8Array[];
    simnet.mineEmptyBurnBlocks(50);
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u412)');
    simnet.mineEmptyBurnBlocks(30);
    expect(shown(lapseClaim(simnet, hash!))).toBe('(ok u100000)');
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(ok u900000)');
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u408)');
    booksAre();
  });

  it('a convicted claim takes the unpaid vouchers with it', () => {
    const hash = pendingClaim(simnet);
    drawn();
    decide(simnet, 'convict', hash);
    const more = { cumulative: 200_000n, requests: 20n };
    expect(claimAnswers(claim(simnet, [more]))).toEqual(['(err u408)']);
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
  });

  it('claiming what the deposit does not hold', () => {
    openSession(simnet, { deposit: 5n });
    expect(claimAnswers(claim(simnet, [{ cumulative: 6n }]))).toEqual(['(err u413)']);
  });

  it('seed grinding of the audit: the host’s choices are fixed two tenures before the lots exist', () => {
    const roots = Array.from({ length: 20 }, (_, i) => hashOf(`root ${i}`));
    const hash = pendingClaim(simnet, { root: roots[7]! });
    // Nothing it could compute now is the draw: the sortition hash is not in any state.
    expect(ask(simnet, SESSIONS, 'get-audit', [Cl.buffer(hash)])).toEqual(Cl.none());
    for (const root of roots) {
      expect(claimAnswers(claim(simnet, [{ root }]))).toEqual(['(err u412)']);
    }
  });

  it('judge draw grinding: lots come from a tenure that begins later, however often one asks', () => {
    const hash = pendingClaim(simnet);
    const { sequence } = fieldsOf(ask(simnet, SESSIONS, 'get-claim', [Cl.buffer(hash)]));
    for (const tenures of [0, 1]) {
      if (tenures > 0) nextTenure(simnet);
      expect(ask(simnet, SESSIONS, 'get-lots', [sequence!])).toEqual(Cl.none());
      expect(shown(decide(simnet, 'release', hash))).toBe('(err u418)');
    }
    nextTenure(simnet);
    const judges = drawnJudges(simnet, hash);
    for (let i = 0; i < 5; i++) nextTenure(simnet);
    expect(drawnJudges(simnet, hash)).toEqual(judges);
  });
});

describe('seeds and draws of requests (verification.md 1: 10)', () => {
  it('seed grinding: a commitment with any other seed is not paid, and is reason to reject', () => {
    openRequest(simnet);
    for (let i = 0; i < 5; i++) {
      const commitment = commitmentFor(simnet, 1n, { seed: Cl.buffer(hashOf(`wished ${i}`)) });
      expect(shown(settle(simnet, 1n, { commitment }))).toBe('(err u325)');
    }
    const commitment = commitmentFor(simnet, 1n, { seed: Cl.buffer(hashOf('wished 0')) });
    expect(shown(reject(simnet, 1n, { commitment }))).toBe('(ok u50000)');
  });

  it('the same question twice has two seeds: id and beacon are the chain’s', () => {
    openRequest(simnet);
    openRequest(simnet);
    nextTenure(simnet);
    openRequest(simnet);
    const hashes = [1n, 2n, 3n].map((id) =>
      Cl.prettyPrint(readRequest(simnet, id)['request-hash']!),
    );
    expect(new Set(hashes).size).toBe(3);
    expect(readRequest(simnet, 3n).beacon).not.toEqual(readRequest(simnet, 1n).beacon);
  });
});

describe('spam', () => {
  it('dispute spam: every dispute costs a bond, and a dismissed one pays the host', () => {
    openRequest(simnet);
    settle(simnet, 1n);
    const before = stxOf(simnet, HOST.address);
    for (let i = 1n; i <= 5n; i++) {
      dispute(simnet, 1n, THIEF);
      resolve(simnet, 'dismiss', i);
    }
    expect(stxOf(simnet, HOST.address) - before).toBe(50_000_000n);
    expect(stxOf(simnet, THIEF.address)).toBe(START_BALANCE - 50_000_000n);
    booksAre();
  });

  it('dispute spam cannot keep a host’s bond beyond the two windows', () => {
    openRequest(simnet);
    send(simnet, HOSTS, 'unbond', [], HOST);
    simnet.mineEmptyBurnBlocks(1_152);
    settle(simnet, 1n);
    for (let i = 0; i < 144; i += 16) {
      dispute(simnet, 1n, THIEF);
      simnet.mineEmptyBurnBlocks(16);
    }
    dispute(simnet, 1n, THIEF);
    simnet.mineEmptyBurnBlocks(288);
    expect(shown(send(simnet, HOSTS, 'withdraw', [], HOST))).toBe('(ok u100000000)');
  });

  it('taking all seats: a seat is free again when its host leaves, and each one costs a bond', () => {
    for (let i = 0; i < 3; i++) {
      expect(Cl.prettyPrint(rivalJoins())).toBe('(ok u1)');
      send(simnet, HOSTS, 'unbond', [], RIVAL);
      simnet.mineEmptyBurnBlocks(1_152);
      expect(shown(send(simnet, HOSTS, 'withdraw', [], RIVAL))).toBe('(ok u100000000)');
    }
  });

  it('filling the list of models: every name costs a bond', () => {
    for (let i = 0; i < 3; i++) registerModel(simnet, hashOf(`rubbish ${i}`));
    expect(stxOf(simnet, MODELS)).toBe(40_000_000n);
    const poor = party('nobody with nothing');
    const args = [Cl.buffer(hashOf('free')), Cl.stringAscii('x'), Cl.stringAscii('')];
    expect(shown(send(simnet, MODELS, 'register', args, poor))).toBe('(err u1)');
  });

  it('blaming a host for prompts it cannot read: those misses do not count', () => {
    openRequest(simnet, { prompt: null, promptLength: 100n, privacy: 1n, deadline: 1n });
    simnet.mineEmptyBurnBlocks(2);
    expire(simnet, 1n);
    expect(hostNumber(simnet, 'missed')).toBe(0n);
  });

  it('a bad voucher among 64 holds nobody up', () => {
    for (let i = 0; i < 3; i++) openSession(simnet);
    const answers = claimAnswers(
      claim(simnet, [{ session: 1n }, { session: 2n, signer: THIEF }, { session: 3n }]),
    );
    expect(answers.map((answer) => typeof answer)).toEqual(['object', 'string', 'object']);
  });
});

describe('judges (verification.md 1: 12; gonka.md 11: 9)', () => {
  it('a signer counted twice, out of order, or under another’s name', () => {
    openRequest(simnet);
    const [, b, c] = SIGNERS as [Party, Party, Party];
    for (const [signers, code] of [
      [
        [
          [2n, c],
          [2n, c],
        ],
        'u502',
      ],
      [
        [
          [2n, c],
          [1n, b],
        ],
        'u502',
      ],
      [
        [
          [1n, c],
          [2n, c],
        ],
        'u503',
      ],
      [
        [
          [2n, c],
          [3n, THIEF],
        ],
        'u501',
      ],
    ] as [(readonly [bigint, Party])[], string][]) {
      expect(shown(settle(simnet, 1n, { signers }))).toBe(`(err ${code})`);
    }
    expect(openEscrow(simnet)).toBe(50_000n);
  });

  it('being paid without judging: pay is owed to those whose verdicts are in the certificate', () => {
    openRequest(simnet);
    settle(simnet, 1n);
    const owed = (index: number) =>
      uintOf(ask(simnet, JUDGES, 'get-owed', [Cl.uint(7), Cl.uint(index)]));
    expect([owed(0) > 0n, owed(1) > 0n, owed(2) > 0n]).toEqual([false, true, true]);
    expect(shown(send(simnet, JUDGES, 'claim-reward', [Cl.uint(7), Cl.uint(0)]))).toBe(
      '(err u508)',
    );
  });

  it('funai-8.26 stale signer sets: a certificate of an earlier cycle settles nothing', () => {
    openRequest(simnet);
    const args = certificate(simnet, 1n);
    setSigners(simnet, 8n, [party('new a'), party('new b')], [1n, 1n]);
    expect(shown(send(simnet, INFERENCE, 'settle', args))).toBe('(err u503)');
  });
});
