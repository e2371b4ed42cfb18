/**
 * What follows from a verdict (on our VM): judges' pay, slashes, disputes, planted answers, fallbacks,
 * and the parameters of it all.
 */
import { Cl, type ClarityValue } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from './sandbox.ts';
import {
  ask,
  booksAgree,
  dispute,
  ENOUGH,
  fieldsOf,
  hostNumber,
  plant,
  plantedCommitment,
  resolve,
  reveal,
  send,
  shown,
  totals,
} from './scene.ts';
import {
  bytesOf,
  commitmentFor,
  DEPLOYER,
  expire,
  GOVERNANCE,
  HOST,
  HOST_OPERATOR,
  HOSTS,
  hashOf,
  INFERENCE,
  JUDGES,
  MODEL,
  MODELS,
  network,
  openRequest,
  type Party,
  PLANTS,
  party,
  readRequest,
  registerHost,
  reject,
  SESSIONS,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  settle,
  signRsv,
  stxOf,
  USER,
  uintOf,
  verdictFor,
} from './simnet.ts';

const MODEL_BONDS = 10_000_000n;
const BOND = 100_000_000n;
const DISPUTER = party('disputer');
const STRANGER = party('stranger');

let simnet: Simnet;
beforeEach(() => {
  simnet = network();
  simnet.mintSTX(DISPUTER.address, START_BALANCE);
});

const claimReward = (index: bigint, cycle = 7n) =>
  shown(send(simnet, JUDGES, 'claim-reward', [Cl.uint(cycle), Cl.uint(index)], STRANGER));
const divide = (id = 1n) => shown(send(simnet, JUDGES, 'divide-slash', [Cl.uint(id)]));
const sweep = () => shown(send(simnet, JUDGES, 'sweep', []));
const booksAre = (hosts: Party[] = [HOST]) =>
  expect(booksAgree(simnet, hosts, MODEL_BONDS)).toEqual([]);

describe('pay of judges', () => {
  it('is shared in equal parts by those who signed, and fetched by themselves', () => {
    for (const { address } of SIGNERS) simnet.mintSTX(address, 0n);
    openRequest(simnet);
    settle(simnet, 1n);
    // 3 % of 10,200; four fifths of that for two judges.
    expect(totals(simnet)).toEqual({ owed: 244n, held: 0n, unswept: 62n });
    expect(claimReward(0n)).toBe('(err u508)');
    expect(claimReward(1n)).toBe('(ok u122)');
    expect(claimReward(1n)).toBe('(err u508)');
    expect(claimReward(9n)).toBe('(err u501)');
    expect(stxOf(simnet, SIGNERS[1]!.address)).toBe(122n);
    send(simnet, JUDGES, 'set-recipient', [Cl.principal(STRANGER.address)], SIGNERS[2]!);
    expect(claimReward(2n)).toBe('(ok u122)');
    expect(stxOf(simnet, STRANGER.address)).toBe(122n);
    booksAre();
  });

  it('is paid by the protocol alone', () => {
    const fee = [Cl.uint(5), Cl.uint(7), Cl.list([Cl.uint(0)])];
    expect(shown(send(simnet, JUDGES, 'pay-fee', fee))).toBe('(err u507)');
    const slash = [
      Cl.principal(HOST.address),
      Cl.uint(5),
      Cl.principal(USER.address),
      Cl.uint(0),
      Cl.none(),
      Cl.uint(7),
      Cl.list([]),
    ];
    expect(shown(send(simnet, JUDGES, 'slash', slash))).toBe('(err u507)');
    const forfeit = [Cl.uint(7), Cl.uint(0), Cl.principal(USER.address)];
    expect(shown(send(simnet, JUDGES, 'forfeit', forfeit))).toBe('(err u507)');
    expect(shown(send(simnet, JUDGES, 'cancel-slash', [Cl.uint(1)]))).toBe('(err u509)');
    const take = [Cl.principal(HOST.address), Cl.uint(5)];
    expect(shown(send(simnet, HOSTS, 'slash', take))).toBe('(err u216)');
    expect(shown(send(simnet, HOSTS, 'restore', take))).toBe('(err u216)');
    expect(shown(send(simnet, HOSTS, 'add-pending', take))).toBe('(err u216)');
    expect(shown(send(simnet, HOSTS, 'remove-pending', take.slice(0, 1)))).toBe('(err u216)');
  });

  it('leaves a rest that is burned, or goes to the treasury as parameters say', () => {
    expect(sweep()).toBe('(err u508)');
    openRequest(simnet);
    settle(simnet, 1n);
    expect(sweep()).toBe('(ok u62)');
    const treasury = Cl.some(Cl.principal(STRANGER.address));
    send(simnet, GOVERNANCE, 'set-treasury', [treasury]);
    const shares = fieldsOf(ask(simnet, JUDGES, 'get-parameters'));
    const half = Cl.tuple({ ...shares, 'burn-share': Cl.uint(5_000) });
    expect(shown(send(simnet, JUDGES, 'set-parameters', [half]))).toBe('(ok true)');
    openRequest(simnet);
    settle(simnet, 2n);
    expect(sweep()).toBe('(ok u62)');
    expect(stxOf(simnet, STRANGER.address)).toBe(31n);
    booksAre();
  });
});

describe('a slash', () => {
  beforeEach(() => {
    openRequest(simnet);
    reject(simnet, 1n);
  });

  it('takes the least bond, is held, and then divided', () => {
    expect(totals(simnet).held).toBe(BOND);
    expect(hostNumber(simnet, 'bond')).toBe(0n);
    expect(hostNumber(simnet, 'status')).toBe(2n);
    expect(divide()).toBe('(err u511)');
    expect(divide(2n)).toBe('(err u509)');
    simnet.mineEmptyBurnBlocks(12);
    expect(divide()).toBe('(ok u100000000)');
    expect(divide()).toBe('(err u510)');
    // Half for the two judges; nobody lost or found anything.
    expect(totals(simnet)).toEqual({ owed: 50_000_000n, held: 0n, unswept: 50_000_000n });
    expect(claimReward(1n)).toBe('(ok u25000000)');
    booksAre();
  });

  it('suspends the host until its bond suffices again', () => {
    expect(shown(openRequest(simnet))).toBe('(err u302)');
    const more = (amount: bigint) =>
      shown(send(simnet, HOSTS, 'increase-bond', [Cl.uint(amount)], HOST));
    expect(more(BOND - 1n)).toBe('(ok u99999999)');
    expect(shown(openRequest(simnet))).toBe('(err u302)');
    expect(more(1n)).toBe('(ok u100000000)');
    expect(shown(openRequest(simnet))).toBe('(ok u2)');
    booksAre();
  });

  it('frees the seat of a host that does not come back', () => {
    const evict = () => shown(send(simnet, HOSTS, 'evict', [Cl.principal(HOST.address)]));
    send(simnet, HOSTS, 'increase-bond', [Cl.uint(5)], HOST);
    simnet.mineEmptyBurnBlocks(1_151);
    expect(evict()).toBe('(err u215)');
    simnet.mineEmptyBurnBlocks(1);
    const before = stxOf(simnet, HOST.address);
    expect(evict()).toBe('(ok u5)');
    expect(stxOf(simnet, HOST.address)).toBe(before + 5n);
    expect(evict()).toBe('(err u201)');
    registerHost(simnet, STRANGER, { key: STRANGER.publicKey });
    const active = network();
    expect(shown(send(active, HOSTS, 'evict', [Cl.principal(HOST.address)]))).toBe('(err u214)');
  });
});

it('a slash of a large request is 500 times its fee, as far as the bond goes', () => {
  send(simnet, HOSTS, 'increase-bond', [Cl.uint(900_000_000)], HOST);
  openRequest(simnet, { maxFee: 1_000_000n });
  openRequest(simnet, { maxFee: 9_000_000n });
  reject(simnet, 1n);
  expect(totals(simnet).held).toBe(500_000_000n);
  reject(simnet, 2n);
  expect(totals(simnet).held).toBe(1_000_000_000n);
  booksAre();
});

describe('a dispute', () => {
  beforeEach(() => {
    openRequest(simnet);
    settle(simnet, 1n);
  });

  it('that is upheld takes the bond, repays the user and rewards the disputer', () => {
    expect(shown(dispute(simnet, 1n, DISPUTER))).toBe('(ok u1)');
    expect(stxOf(simnet, DISPUTER.address)).toBe(START_BALANCE - 10_000_000n);
    booksAre();
    expect(shown(resolve(simnet, 'uphold', 1n, { voices: [ENOUGH[1]!] }))).toBe('(err u506)');
    expect(shown(resolve(simnet, 'uphold', 1n))).toBe('(ok u1)');
    expect(stxOf(simnet, DISPUTER.address)).toBe(START_BALANCE);
    expect(uintOf(readRequest(simnet, 1n).status)).toBe(5n);
    expect(hostNumber(simnet, 'faults')).toBe(1n);
    simnet.mineEmptyBurnBlocks(12);
    expect(divide()).toBe('(ok u100000000)');
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE);
    const open = BOND - 10_200n;
    expect(stxOf(simnet, DISPUTER.address)).toBe(START_BALANCE + open / 4n);
    booksAre();
    expect(shown(resolve(simnet, 'uphold', 1n))).toBe('(err u343)');
  });

  it('that is dismissed pays the host', () => {
    dispute(simnet, 1n, DISPUTER);
    const before = stxOf(simnet, HOST.address);
    expect(shown(resolve(simnet, 'dismiss', 1n))).toBe('(ok u10000000)');
    expect(stxOf(simnet, HOST.address) - before).toBe(10_000_000n);
    expect(shown(resolve(simnet, 'dismiss', 1n))).toBe('(err u343)');
    expect(uintOf(readRequest(simnet, 1n).status)).toBe(2n);
    booksAre();
  });

  it('that nobody decides lapses; so do others when one is upheld', () => {
    const lapse = (id: bigint) => shown(send(simnet, INFERENCE, 'lapse', [Cl.uint(id)]));
    dispute(simnet, 1n, DISPUTER);
    simnet.mineEmptyBurnBlocks(143);
    expect(lapse(1n)).toBe('(err u344)');
    dispute(simnet, 1n, DISPUTER);
    dispute(simnet, 1n, DISPUTER);
    simnet.mineEmptyBurnBlocks(1);
    expect(shown(resolve(simnet, 'uphold', 1n))).toBe('(err u346)');
    expect(shown(resolve(simnet, 'dismiss', 1n))).toBe('(err u346)');
    expect(lapse(1n)).toBe('(ok u10000000)');
    expect(lapse(1n)).toBe('(err u343)');
    expect(lapse(9n)).toBe('(err u342)');
    resolve(simnet, 'uphold', 2n);
    expect(shown(resolve(simnet, 'uphold', 3n))).toBe('(err u340)');
    expect(lapse(3n)).toBe('(ok u10000000)');
    expect(stxOf(simnet, DISPUTER.address)).toBe(START_BALANCE);
    booksAre();
  });

  it('is about a settlement, within the window', () => {
    expect(shown(dispute(simnet, 9n, DISPUTER))).toBe('(err u320)');
    openRequest(simnet);
    expect(shown(dispute(simnet, 2n, DISPUTER))).toBe('(err u340)');
    reject(simnet, 2n);
    expect(shown(dispute(simnet, 2n, DISPUTER))).toBe('(err u340)');
    expect(shown(dispute(simnet, 1n, STRANGER))).toBe('(err u1)');
    simnet.mineEmptyBurnBlocks(144);
    expect(shown(dispute(simnet, 1n, DISPUTER))).toBe('(ok u1)');
    simnet.mineEmptyBurnBlocks(1);
    expect(shown(dispute(simnet, 1n, DISPUTER))).toBe('(err u341)');
  });
});

describe('a planted answer', () => {
  const markLazy = (index: bigint, signature: Uint8Array, cycle = 7n) =>
    shown(
      send(
        simnet,
        PLANTS,
        'mark-lazy',
        [Cl.uint(1), Cl.uint(cycle), Cl.uint(index), Cl.buffer(signature)],
        STRANGER,
      ),
    );
  let commitment: ClarityValue;
  beforeEach(() => {
    openRequest(simnet);
    commitment = plantedCommitment(simnet, 1n);
  });

  it('costs the host nothing when judges find it, and marks who did not look', () => {
    expect(shown(plant(simnet, 1n, commitment))).toBe('(ok true)');
    expect(shown(plant(simnet, 1n, commitment))).toBe('(err u701)');
    (simnet as Sandbox).mineBlock();
    expect(shown(reject(simnet, 1n, { commitment }))).toBe('(ok u50000)');
    expect(hostNumber(simnet, 'bond')).toBe(0n);
    expect(shown(reveal(simnet, 1n, commitment))).toBe('(ok true)');
    expect(hostNumber(simnet, 'bond')).toBe(BOND);
    expect(hostNumber(simnet, 'status')).toBe(1n);
    expect(divide()).toBe('(err u510)');
    booksAre();
    const lazy = signRsv(verdictFor(commitment, 1n, 1n), SIGNERS[0]!);
    expect(markLazy(1n, lazy)).toBe('(err u710)');
    expect(markLazy(0n, signRsv(verdictFor(commitment, 1n, 2n), SIGNERS[0]!))).toBe('(err u710)');
    expect(markLazy(7n, lazy)).toBe('(err u709)');
    expect(markLazy(0n, lazy)).toBe('(ok u1)');
    expect(markLazy(0n, lazy)).toBe('(err u711)');
    expect(ask(simnet, PLANTS, 'get-lazy-marks', [Cl.principal(SIGNERS[0]!.address)])).toEqual(
      Cl.uint(1),
    );
  });

  it('is taken back from the record of the host once, however often it is revealed', () => {
    openRequest(simnet);
    settle(simnet, 2n);
    expect(hostNumber(simnet, 'clean')).toBe(1n);
    plant(simnet, 1n, commitment);
    (simnet as Sandbox).mineBlock();
    reject(simnet, 1n, { commitment });
    expect(hostNumber(simnet, 'clean')).toBe(0n);
    expect(hostNumber(simnet, 'faults')).toBe(1n);
    for (let i = 0; i < 2; i++) {
      reveal(simnet, 1n, commitment);
      expect(hostNumber(simnet, 'clean')).toBe(1n);
      expect(hostNumber(simnet, 'faults')).toBe(0n);
    }
    const forgive = [Cl.principal(HOST.address)];
    expect(shown(send(simnet, HOSTS, 'forgive', forgive, HOST))).toBe('(err u216)');
  });

  it('that judges let pass costs them the pay of the cycle', () => {
    plant(simnet, 1n, commitment);
    (simnet as Sandbox).mineBlock();
    settle(simnet, 1n, { commitment });
    reveal(simnet, 1n, commitment);
    const { owed } = totals(simnet);
    expect(markLazy(2n, signRsv(verdictFor(commitment, 1n, 1n), SIGNERS[2]!))).toBe('(ok u1)');
    expect(totals(simnet).owed).toBe(owed / 2n);
    expect(stxOf(simnet, STRANGER.address)).toBe(owed / 4n);
    booksAre();
  });

  it('is one only if the user said so before, and the sketch is noise of the right length', () => {
    expect(shown(reveal(simnet, 1n, commitment))).toBe('(err u702)');
    expect(markLazy(0n, new Uint8Array(65))).toBe('(err u708)');
    plant(simnet, 1n, commitment, STRANGER);
    expect(shown(reveal(simnet, 1n, commitment))).toBe('(err u704)');
    const honest = commitmentFor(simnet, 1n, { 'output-tokens': Cl.uint(32) });
    plant(simnet, 1n, honest);
    expect(shown(reveal(simnet, 1n, honest))).toBe('(err u707)');
    const short = plantedCommitment(simnet, 1n, { 'output-tokens': Cl.uint(31) });
    plant(simnet, 1n, short);
    expect(shown(reveal(simnet, 1n, short))).toBe('(err u706)');
    const other = plantedCommitment(simnet, 1n, { 'request-hash': Cl.buffer(hashOf('x')) });
    plant(simnet, 1n, other);
    expect(shown(reveal(simnet, 1n, other))).toBe('(err u703)');
    plant(simnet, 9n, commitment);
    expect(shown(reveal(simnet, 9n, commitment))).toBe('(err u703)');
    const late = plantedCommitment(simnet, 1n, { timestamp: Cl.uint(2) });
    reject(simnet, 1n, { commitment: late });
    plant(simnet, 1n, late);
    expect(shown(reveal(simnet, 1n, late))).toBe('(err u705)');
    expect(hostNumber(simnet, 'bond')).toBe(0n);
  });
});

describe('fallbacks', () => {
  const hosts = ['first', 'second', 'third'].map((name) => ({
    who: party(`${name} of three`),
    operator: party(`${name} operator`),
  }));
  const ALL = [HOST, ...hosts.map(({ who }) => who)];
  const operatorOf = (address: string): Party =>
    address === HOST.address
      ? HOST_OPERATOR
      : hosts.find(({ who }) => who.address === address)!.operator;

  beforeEach(() => {
    for (const { who, operator } of hosts) {
      simnet.mintSTX(who.address, START_BALANCE);
      registerHost(simnet, who, { key: operator.publicKey });
    }
  });

  /** Addresses of the three ranks of a request. */
  function ranks(id: bigint): string[] {
    const { executor, fallbacks } = readRequest(simnet, id);
    const others = fallbacks?.type === 'list' ? fallbacks.value : [];
    return [executor!, ...others.map((one) => fieldsOf(one).host!)].map((value) =>
      value.type === 'address' ? value.value : '',
    );
  }

  function answerOf(id: bigint, address: string) {
    const operator = operatorOf(address);
    const seed = ask(simnet, INFERENCE, 'sampling-seed', [
      readRequest(simnet, id)['request-hash']!,
      Cl.buffer(operator.publicKey),
      readRequest(simnet, id).beacon!,
    ]);
    return { commitment: commitmentFor(simnet, id, { seed }), hostKey: operator };
  }

  it('answer when their turn has come; those before them have missed it', () => {
    openRequest(simnet);
    const [first, second, third] = ranks(1n) as [string, string, string];
    expect(new Set([first, second, third]).size).toBe(3);
    expect(shown(settle(simnet, 1n, answerOf(1n, second)))).toBe('(err u329)');
    (simnet as Sandbox).mineBlock(29);
    expect(shown(settle(simnet, 1n, answerOf(1n, second)))).toBe('(err u329)');
    (simnet as Sandbox).mineBlock(31);
    expect(shown(settle(simnet, 1n, answerOf(1n, third)))).toBe('(ok u10200)');
    const record = (address: string, name: string) =>
      hostNumber(simnet, name, ALL.find((who) => who.address === address)!);
    expect([first, second, third].map((who) => record(who, 'missed'))).toEqual([1n, 1n, 0n]);
    expect(record(third, 'settled')).toBe(1n);
    const result = fieldsOf(ask(simnet, INFERENCE, 'get-result', [Cl.uint(1)]));
    expect(uintOf(result.rank)).toBe(2n);
    expect(readRequest(simnet, 1n).executor).toEqual(Cl.principal(third));
    expect(bytesOf(readRequest(simnet, 1n)['host-key'])).toEqual(operatorOf(third).publicKey);
    booksAre(ALL);
  });

  it('miss nothing when not everybody could read the prompt', () => {
    openRequest(simnet, { privacy: 2n });
    const [first, second] = ranks(1n) as [string, string];
    (simnet as Sandbox).mineBlock(30);
    expect(shown(settle(simnet, 1n, answerOf(1n, second)))).toBe('(ok u10200)');
    const missed = (address: string) =>
      hostNumber(simnet, 'missed', ALL.find((who) => who.address === address)!);
    expect([first, second].map(missed)).toEqual([0n, 0n]);
    openRequest(simnet, { prompt: null, promptLength: 9n });
    simnet.mineEmptyBurnBlocks(11);
    expire(simnet, 2n);
    expect(ALL.map((who) => hostNumber(simnet, 'missed', who))).toEqual([0n, 0n, 0n, 0n]);
    openRequest(simnet);
    simnet.mineEmptyBurnBlocks(11);
    expire(simnet, 3n);
    expect(ALL.reduce((sum, who) => sum + hostNumber(simnet, 'missed', who), 0n)).toBe(3n);
  });

  it('are convicted like the first, and there are none when the user names a host', () => {
    openRequest(simnet);
    const [, second] = ranks(1n) as [string, string];
    reject(simnet, 1n, answerOf(1n, second));
    const convicted = ALL.find((who) => who.address === second)!;
    expect(hostNumber(simnet, 'faults', convicted)).toBe(1n);
    const named = ALL.find((who) => who.address !== second)!.address;
    openRequest(simnet, { host: named });
    expect(ranks(2n)).toEqual([named]);
  });
});

describe('the host’s own signers', () => {
  it('may not judge it; the others decide without their weight', () => {
    const [a, b, c] = SIGNERS as [Party, Party, Party];
    simnet.mintSTX(c.address, START_BALANCE);
    registerHost(simnet, c, { key: party('operator of a signer').publicKey });
    openRequest(simnet, { host: c.address });
    const seed = ask(simnet, INFERENCE, 'sampling-seed', [
      readRequest(simnet, 1n)['request-hash']!,
      Cl.buffer(party('operator of a signer').publicKey),
      readRequest(simnet, 1n).beacon!,
    ]);
    const answer = {
      commitment: commitmentFor(simnet, 1n, { seed }),
      hostKey: party('operator of a signer'),
    };
    const by = (...voices: (readonly [bigint, Party])[]) =>
      shown(settle(simnet, 1n, { ...answer, signers: voices }));
    expect(by([1n, b], [2n, c])).toBe('(err u505)');
    expect(by([0n, a])).toBe('(err u504)');
    expect(by([0n, a], [1n, b])).toBe('(ok u10200)');
    const result = fieldsOf(ask(simnet, INFERENCE, 'get-result', [Cl.uint(1)]));
    expect([result.weight, result['total-weight']].map(uintOf)).toEqual([6n, 6n]);
  });

  it('are known by the operating key too', () => {
    const [a, b, c] = SIGNERS as [Party, Party, Party];
    const key = send(simnet, HOSTS, 'set-operating-key', [Cl.buffer(c.publicKey)], HOST);
    expect(shown(key)).toBe('(ok true)');
    openRequest(simnet);
    const answer = { commitment: commitmentFor(simnet, 1n), hostKey: c };
    expect(shown(settle(simnet, 1n, answer))).toBe('(err u505)');
    const others = { ...answer, signers: [[0n, a] as const, [1n, b] as const] };
    expect(shown(settle(simnet, 1n, others))).toBe('(ok u10200)');
  });
});

describe('parameters', () => {
  const contracts = [
    [HOSTS, 'unbond-delay', 10n, 'u220'],
    [JUDGES, 'slash-judge-share', 9_000n, 'u512'],
    [INFERENCE, 'fee-rate', 1_001n, 'u345'],
    [SESSIONS, 'least-audit-rate', 999n, 'u421'],
  ] as const;
  it.each(contracts)('of %s change within bounds, by the governor', (contract, name, bad, code) => {
    const given = fieldsOf(ask(simnet, contract, 'get-parameters'));
    const set = (fields: Record<string, ClarityValue>, who = DEPLOYER) =>
      shown(send(simnet, contract, 'set-parameters', [Cl.tuple(fields)], who));
    expect(set(given, USER)).toBe('(err u601)');
    expect(set({ ...given, [name]: Cl.uint(bad) })).toBe(`(err ${code})`);
    expect(set(given)).toBe('(ok true)');
  });

  it('pass to another governor, who alone has the word then', () => {
    const hand = (who: Party) =>
      shown(send(simnet, GOVERNANCE, 'set-governor', [Cl.principal(USER.address)], who));
    expect(hand(USER)).toBe('(err u601)');
    expect(hand(DEPLOYER)).toBe('(ok true)');
    expect(hand(DEPLOYER)).toBe('(err u601)');
    expect(ask(simnet, GOVERNANCE, 'get-governor')).toEqual(Cl.principal(USER.address));
    const none = [Cl.none()];
    expect(shown(send(simnet, GOVERNANCE, 'set-treasury', none))).toBe('(err u601)');
    expect(shown(send(simnet, MODELS, 'set-bond', [Cl.uint(1)]))).toBe('(err u601)');
    expect(shown(send(simnet, MODELS, 'set-bond', [Cl.uint(1)], USER))).toBe('(ok true)');
    const much = [Cl.uint(100_000_000_001n)];
    expect(shown(send(simnet, MODELS, 'set-bond', much, USER))).toBe('(err u106)');
  });

  it('models are retired by owner or governor, once, and the bond goes back', () => {
    const retire = (model: Uint8Array, who: Party) =>
      shown(send(simnet, MODELS, 'retire', [Cl.buffer(model)], who));
    expect(retire(MODEL, USER)).toBe('(err u104)');
    expect(retire(hashOf('x'), USER)).toBe('(err u103)');
    expect(retire(MODEL, DEPLOYER)).toBe('(ok u10000000)');
    expect(retire(MODEL, DEPLOYER)).toBe('(err u105)');
    expect(shown(openRequest(simnet))).toBe('(err u301)');
  });
});

it('the seal key and prices of an offer are checked', () => {
  const offer = { key: party('k').publicKey };
  expect(
    Cl.prettyPrint(registerHost(simnet, USER, { ...offer, sealKey: new Uint8Array(31) })),
  ).toBe('(err u219)');
  expect(Cl.prettyPrint(registerHost(simnet, USER, { ...offer, cachedPrice: 11n }))).toBe(
    '(err u209)',
  );
});
