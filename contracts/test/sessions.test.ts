/** `.sessions` (on our VM): every function, every refusal, the audit drawn from a later tenure. */
import { Cl } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  booksAgree,
  type ClaimOptions,
  claim,
  claimAnswers,
  closeSession,
  decide,
  drawnJudges,
  ENOUGH,
  fieldsOf,
  hostNumber,
  lapseClaim,
  nextTenure,
  openSession,
  pendingClaim,
  type SessionOptions,
  send,
  shown,
  totals,
} from './scene.ts';
import {
  bareNetwork,
  HOST,
  HOSTS,
  hashOf,
  MODEL,
  MODELS,
  network,
  party,
  registerHost,
  SESSIONS,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  setSigners,
  stxOf,
  USER,
  uintOf,
} from './simnet.ts';

const OTHER = party('other host');
const STRANGER = party('stranger');
const DEPOSIT = 1_000_000n;

let simnet: Simnet;
beforeEach(() => {
  simnet = network();
});

const session = (id = 1n) => fieldsOf(ask(simnet, SESSIONS, 'get-session', [Cl.uint(id)]));
const claimOf = (hash: Uint8Array) =>
  fieldsOf(ask(simnet, SESSIONS, 'get-claim', [Cl.buffer(hash)]));
const topUp = (amount: bigint, id = 1n) =>
  shown(send(simnet, SESSIONS, 'top-up', [Cl.uint(id), Cl.uint(amount)], USER));
const drawn = (): void => {
  nextTenure(simnet);
  nextTenure(simnet);
};

describe('open, top up, close', () => {
  it('locks the deposit and copies key and prices of the host', () => {
    expect(shown(openSession(simnet))).toBe('(ok u1)');
    expect(stxOf(simnet, SESSIONS)).toBe(DEPOSIT);
    const found = session();
    expect(
      ['input-price', 'cached-price', 'output-price'].map((name) => uintOf(found[name])),
    ).toEqual([10n, 5n, 100n]);
    expect(found.user).toEqual(Cl.principal(USER.address));
    expect(shown(openSession(simnet))).toBe('(ok u2)');
    expect(uintOf(ask(simnet, SESSIONS, 'get-last-session-id'))).toBe(2n);
  });

  it.each([
    ['a host that does not serve', { host: STRANGER.address }, 'u403'],
    ['a model that nobody serves', { model: hashOf('other') }, 'u403'],
    ['no deposit', { deposit: 0n }, 'u404'],
    ['a voucher key that is no point', { voucherKey: new Uint8Array(33) }, 'u405'],
    ['no duration', { duration: 0n }, 'u406'],
    ['a duration beyond a month', { duration: 4_321n }, 'u406'],
    ['more than the user has', { deposit: START_BALANCE + 1n }, 'u1'],
  ] as [string, SessionOptions, string][])('refuses %s', (_name, options, code) => {
    expect(shown(openSession(simnet, options))).toBe(`(err ${code})`);
    expect(stxOf(simnet, SESSIONS)).toBe(0n);
  });

  it('refuses a retired model, a leaving host and a suspended one', () => {
    send(simnet, MODELS, 'retire', [Cl.buffer(MODEL)]);
    expect(shown(openSession(simnet))).toBe('(err u402)');
    simnet = network();
    send(simnet, HOSTS, 'unbond', [], HOST);
    expect(shown(openSession(simnet))).toBe('(err u403)');
  });

  it('tops up until the end', () => {
    openSession(simnet, { duration: 5n });
    expect(topUp(500n)).toBe('(ok u1000500)');
    expect(topUp(0n)).toBe('(err u404)');
    expect(topUp(1n, 9n)).toBe('(err u407)');
    simnet.mineEmptyBurnBlocks(6);
    expect(topUp(1n)).toBe('(err u409)');
    closeSession(simnet, 1n, HOST);
    expect(topUp(1n)).toBe('(err u408)');
  });

  it('gives the deposit back: the host at any time, the user after the grace, nobody else', () => {
    openSession(simnet, { duration: 10n });
    expect(shown(closeSession(simnet, 1n, STRANGER))).toBe('(err u410)');
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u420)');
    simnet.mineEmptyBurnBlocks(45);
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u420)');
    simnet.mineEmptyBurnBlocks(1);
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(ok u1000000)');
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u408)');
    expect(shown(closeSession(simnet, 7n, USER))).toBe('(err u407)');
    openSession(simnet);
    expect(shown(closeSession(simnet, 2n, HOST))).toBe('(ok u1000000)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
  });
});

describe('claim', () => {
  it('takes many vouchers at once; one that is refused does not hold the others up', () => {
    for (let i = 0; i < 4; i++) openSession(simnet);
    const answers = claimAnswers(
      claim(simnet, [
        { session: 1n },
        { session: 2n, cumulative: DEPOSIT + 1n },
        { session: 3n },
        { session: 3n, cumulative: 200_000n, requests: 20n },
        { session: 99n },
      ]),
    );
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : 'ok'))).toEqual([
      'ok',
      '(err u413)',
      'ok',
      '(err u412)',
      '(err u407)',
    ]);
    expect(hostNumber(simnet, 'pending')).toBe(2n);
    const found = claimOf(answers[0] as Uint8Array);
    expect([found.amount, found.from, found.to].map(uintOf)).toEqual([100_000n, 0n, 10n]);
    expect(uintOf(found.rate)).toBe(1_000_000n);
  });

  const refused: [string, ClaimOptions, string][] = [
    ['a voucher of another key', { signer: STRANGER }, 'u415'],
    ['a higher amount than was signed', { signed: [1n, 99_999n, 10n] }, 'u415'],
    ['more requests than were signed', { signed: [1n, 100_000n, 9n] }, 'u415'],
    ['nothing', { cumulative: 0n }, 'u413'],
    ['more than the deposit', { cumulative: DEPOSIT + 1n }, 'u413'],
    ['no request', { requests: 0n }, 'u414'],
    ['more requests than judges can be asked to look at', { requests: 100_001n }, 'u414'],
    ['a root that is none', { root: new Uint8Array(31) }, 'u414'],
  ];
  it.each(refused)('refuses %s', (_name, options, code) => {
    openSession(simnet);
    expect(claimAnswers(claim(simnet, [options]))).toEqual([`(err ${code})`]);
    expect(hostNumber(simnet, 'pending')).toBe(0n);
    expect(uintOf(session().claimed)).toBe(0n);
  });

  it('is the host’s alone, and needs a tenure', () => {
    openSession(simnet);
    expect(shown(claim(simnet, [{}], STRANGER))).toBe('(err u411)');
    simnet.mintSTX(OTHER.address, START_BALANCE);
    registerHost(simnet, OTHER, { key: OTHER.publicKey });
    expect(claimAnswers(claim(simnet, [{}], OTHER))).toEqual(['(err u411)']);
  });

  it('goes on from the last claim once that is decided', () => {
    const first = pendingClaim(simnet);
    drawn();
    decide(simnet, 'release', first);
    const more = { cumulative: 250_000n, requests: 17n };
    expect(claimAnswers(claim(simnet, [{}]))).toEqual(['(err u413)']);
    const [second] = claimAnswers(claim(simnet, [more]));
    const found = claimOf(second as Uint8Array);
    expect([found.amount, found.from, found.to].map(uintOf)).toEqual([150_000n, 10n, 17n]);
  });

  it('keeps the user from closing while it is audited', () => {
    pendingClaim(simnet);
    simnet.mineEmptyBurnBlocks(500);
    expect(shown(closeSession(simnet, 1n, USER))).toBe('(err u412)');
    expect(shown(closeSession(simnet, 1n, HOST))).toBe('(err u412)');
  });
});

describe('the audit', () => {
  it('is drawn from the second tenure after the claim', () => {
    const hash = pendingClaim(simnet);
    const audit = () => ask(simnet, SESSIONS, 'get-audit', [Cl.buffer(hash)]);
    expect(audit()).toEqual(Cl.none());
    nextTenure(simnet);
    expect(audit()).toEqual(Cl.none());
    expect(shown(decide(simnet, 'release', hash))).toBe('(err u418)');
    expect(shown(decide(simnet, 'convict', hash))).toBe('(err u418)');
    nextTenure(simnet, 'the one that decides');
    const fields = fieldsOf(audit());
    expect(fields.lots).toEqual(Cl.buffer(hashOf('sortition of the one that decides')));
    // Later tenures change nothing.
    nextTenure(simnet);
    expect(fieldsOf(audit())).toEqual(fields);
    expect(drawnJudges(simnet, hash).length).toBe(3);
  });

  it('pays the host and the judges when 70 % of the weight agree', () => {
    const hash = pendingClaim(simnet);
    drawn();
    const before = stxOf(simnet, HOST.address);
    expect(shown(decide(simnet, 'release', hash))).toBe('(ok u100000)');
    expect(stxOf(simnet, HOST.address) - before).toBe(97_000n);
    expect(totals(simnet)).toEqual({ owed: 2_400n, held: 0n, unswept: 600n });
    expect(hostNumber(simnet, 'clean')).toBe(1n);
    expect(hostNumber(simnet, 'pending')).toBe(0n);
    expect(shown(decide(simnet, 'release', hash))).toBe('(err u417)');
    expect(shown(lapseClaim(simnet, hash))).toBe('(err u417)');
    expect(shown(decide(simnet, 'release', hashOf('none')))).toBe('(err u416)');
    expect(shown(closeSession(simnet, 1n, HOST))).toBe('(ok u900000)');
    expect(booksAgree(simnet, [HOST], 10_000_000n)).toEqual([]);
  });

  it('pays with the drawn judges alone, whatever they weigh, and not without one of them', () => {
    const many = Array.from({ length: 20 }, (_, i) => party(`judge ${i}`));
    setSigners(
      simnet,
      8n,
      many,
      many.map(() => 5n),
    );
    const hash = pendingClaim(simnet);
    drawn();
    const judges = [...drawnJudges(simnet, hash)].sort((a, b) => Number(a - b));
    expect(judges.length).toBe(3);
    const voices = judges.map((index) => [index, many[Number(index)]!] as const);
    const others = many.flatMap((who, i) =>
      judges.includes(BigInt(i)) ? [] : [[BigInt(i), who] as const],
    );
    const [first, second, third] = voices;
    const without = [first!, second!, ...others.slice(0, 5)].sort((a, b) => Number(a[0] - b[0]));
    expect(shown(decide(simnet, 'release', hash, without))).toBe('(err u419)');
    expect(shown(decide(simnet, 'release', hash, [third!]))).toBe('(err u419)');
    expect(shown(decide(simnet, 'release', hash, voices, 2n))).toBe('(err u503)');
    expect(shown(decide(simnet, 'release', hash, voices))).toBe('(ok u100000)');
  });

  it('is decided by the signers of the cycle of the claim, though a new one has begun', () => {
    const hash = pendingClaim(simnet);
    drawn();
    setSigners(simnet, 8n, [party('new signer')], [1n]);
    expect(shown(decide(simnet, 'release', hash, [[0n, party('new signer')]]))).toBe('(err u503)');
    expect(shown(decide(simnet, 'release', hash))).toBe('(ok u100000)');
  });

  it('lapses to the host when nobody decides in time; no judge is paid', () => {
    const hash = pendingClaim(simnet);
    simnet.mineEmptyBurnBlocks(72);
    expect(shown(lapseClaim(simnet, hash))).toBe('(err u420)');
    simnet.mineEmptyBurnBlocks(1);
    expect(shown(lapseClaim(simnet, hash))).toBe('(ok u100000)');
    expect(totals(simnet)).toEqual({ owed: 0n, held: 0n, unswept: 3_000n });
    expect(hostNumber(simnet, 'clean')).toBe(0n);
    expect(shown(lapseClaim(simnet, hashOf('none')))).toBe('(err u416)');
  });

  it('gives everything back and takes the bond when 70 % convict', () => {
    const hash = pendingClaim(simnet);
    drawn();
    expect(shown(decide(simnet, 'convict', hash, [[2n, SIGNERS[2]!]]))).toBe('(err u506)');
    expect(
      shown(
        decide(simnet, 'convict', hash, [
          [0n, SIGNERS[0]!],
          [1n, SIGNERS[1]!],
        ]),
      ),
    ).toBe('(err u504)');
    expect(shown(decide(simnet, 'convict', hash))).toBe('(ok u1000000)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
    expect(totals(simnet).held).toBe(100_000_000n);
    expect(hostNumber(simnet, 'faults')).toBe(1n);
    expect(hostNumber(simnet, 'status')).toBe(2n);
    expect(hostNumber(simnet, 'pending')).toBe(0n);
    expect(shown(openSession(simnet))).toBe('(err u403)');
    expect(booksAgree(simnet, [HOST], 10_000_000n)).toEqual([]);
  });

  it('takes 500 times the average fee where that is more than the least bond', () => {
    send(simnet, HOSTS, 'increase-bond', [Cl.uint(900_000_000)], HOST);
    const hash = pendingClaim(simnet, { cumulative: 999_999n, requests: 2n });
    drawn();
    decide(simnet, 'convict', hash);
    expect(totals(simnet).held).toBe(250_000_000n);
    expect(hostNumber(simnet, 'status')).toBe(1n);
  });

  it('gives everything back and counts a miss when 70 % were denied the receipts', () => {
    const hash = pendingClaim(simnet);
    drawn();
    expect(shown(decide(simnet, 'deny', hash, ENOUGH, 2n))).toBe('(err u503)');
    expect(shown(decide(simnet, 'deny', hash))).toBe('(ok u1000000)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
    expect(hostNumber(simnet, 'missed')).toBe(1n);
    expect(totals(simnet).held).toBe(0n);
    expect(uintOf(session().status)).toBe(2n);
  });

  it('loosens with a clean record and is total again after a fault', () => {
    const rates: bigint[] = [];
    let cumulative = 0n;
    openSession(simnet);
    for (let round = 0; round < 9; round++) {
      cumulative += 1_000n;
      const [hash] = claimAnswers(
        claim(simnet, [{ cumulative, requests: BigInt(round + 1) }]),
      ) as Uint8Array[];
      rates.push(uintOf(claimOf(hash!).rate));
      drawn();
      decide(simnet, round < 8 ? 'release' : 'convict', hash!);
    }
    expect(rates[0]).toBe(1_000_000n);
    expect(rates[8]).toBe(500_000n);
    expect([...rates].sort((a, b) => Number(b - a))).toEqual(rates);
    expect(hostNumber(simnet, 'clean')).toBe(0n);
  });
});

describe('before the first tenure', () => {
  it('nothing can be claimed', () => {
    const bare = bareNetwork();
    expect(shown(claim(bare, []))).toBe('(err u411)');
  });
});
