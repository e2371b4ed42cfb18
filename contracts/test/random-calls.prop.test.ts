/**
 * Every public function of the protocol that moves money or state, in random order and with random
 * arguments, beside a naive model (naive-model.ts): each call answers what the model says, and after
 * each call every account and every contract holds what the model says. A failure prints its seed and
 * the shortest sequence of calls that shows it.
 */
import { Cl, type ClarityValue } from '@stacks/transactions';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Answer, NaiveModel, type Votes } from './naive-model.ts';
import {
  ask,
  booksAgree,
  claim,
  claimAnswers,
  closeSession,
  decide,
  dispute,
  drawnJudges,
  hostRecord,
  lapseClaim,
  nextTenure,
  openSession,
  resolve,
  send,
  totals,
  type Voices,
} from './scene.ts';
import {
  bareNetwork,
  expire,
  HOST,
  HOST_OPERATOR,
  HOSTS,
  INFERENCE,
  JUDGES,
  MODELS,
  type Outcome,
  openEscrow,
  openRequest,
  type Party,
  party,
  registerHost,
  registerModel,
  reject,
  SESSIONS,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  settle,
  stxOf,
  USER,
  uintOf,
} from './simnet.ts';

const RUNS = 12;
const STEPS = 100;
const RIVAL = party('rival host');
const DISPUTER = party('disputer');
const KEYS: Readonly<Record<string, Party>> = {
  first: HOST_OPERATOR,
  second: party('second operator'),
  third: party('third operator'),
};
const PEOPLE: Readonly<Record<string, Party>> = {
  user: USER,
  host: HOST,
  rival: RIVAL,
  disputer: DISPUTER,
};
const HOST_NAMES = ['host', 'rival'] as const;
const VOTES: readonly Votes[] = [
  { weight: 7n, judges: [1, 2] },
  { weight: 7n, judges: [0, 2] },
  { weight: 10n, judges: [0, 1, 2] },
  { weight: 6n, judges: [0, 1] },
  { weight: 4n, judges: [2] },
  { weight: 0n, judges: [] },
];
const voicesOf = ({ judges }: Votes): Voices => judges.map((i) => [BigInt(i), SIGNERS[i]!]);

interface Both {
  readonly model: NaiveModel;
  readonly simnet: Simnet;
  /** Claim hashes by the model's numbers. */
  readonly claims: Uint8Array[];
}

/** What a call answered, in the model's words. */
function answerOf({ result }: Outcome): Answer | string {
  const { type } = result;
  if (type === 'ok' && result.value.type === 'uint') return BigInt(result.value.value);
  if (type === 'ok') return true;
  return type === 'err' && result.value.type === 'uint' ? `u${result.value.value}` : type;
}

type Step = (both: Both) => void;
const uint = (value: bigint | number): ClarityValue => Cl.uint(value);
/** Registration answers a seat, which the model does not know. */
const asTrue = (answer: Answer | string) => (typeof answer === 'bigint' ? true : answer);

const hostName = fc.constantFrom(...HOST_NAMES);
const keyName = fc.constantFrom(...Object.keys(KEYS));
const votes = fc.constantFrom(VOTES[0]!, VOTES[0]!, ...VOTES);
/** Becomes a number that exists, or the next one: `nth`. */
const number = fc.nat({ max: 1_000 });
const nth = (chosen: number, count: number): number =>
  count === 0 ? 1 : chosen % 20 === 19 ? count + 1 : 1 + (chosen % count);
const amount = fc.oneof(
  fc.bigInt({ min: 1n, max: 300_000n }),
  fc.bigInt({ min: 1n, max: 300_000n }),
  fc.constantFrom(0n, 100_000_000n, 900_000_000n, 2n * START_BALANCE),
);
const small = fc.bigInt({ min: 0n, max: 60_000n });

function act<T extends readonly unknown[]>(
  name: string,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  step: (both: Both, ...args: T) => void,
): fc.Arbitrary<Step> {
  return fc.tuple(...(arbitraries as fc.Arbitrary<unknown>[])).map((args) => {
    const run: Step = (both) => step(both, ...(args as unknown as T));
    const text = JSON.stringify(args, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
    return Object.assign(run, { toString: () => `${name} ${text}` });
  });
}

const same = (mine: Answer | string, theirs: Answer): void => expect(mine).toBe(theirs);

const hostSteps = [
  act('register', [hostName, keyName, amount] as const, ({ model, simnet }, who, key, bond) => {
    const offer = { key: KEYS[key]!.publicKey };
    const result = registerHost(simnet, PEOPLE[who]!, offer, bond);
    same(asTrue(answerOf({ result, events: [] })), model.register(who, key, bond));
  }),
  act('set-operating-key', [hostName, keyName] as const, ({ model, simnet }, who, key) => {
    const args = [Cl.buffer(KEYS[key]!.publicKey)];
    const outcome = send(simnet, HOSTS, 'set-operating-key', args, PEOPLE[who]!);
    same(answerOf(outcome), model.setOperatingKey(who, key));
  }),
  act('increase-bond', [hostName, amount] as const, ({ model, simnet }, who, more) => {
    const outcome = send(simnet, HOSTS, 'increase-bond', [uint(more)], PEOPLE[who]!);
    same(answerOf(outcome), model.increaseBond(who, more));
  }),
];

const leavingSteps = [
  act('unbond', [hostName] as const, ({ model, simnet }, who) => {
    same(answerOf(send(simnet, HOSTS, 'unbond', [], PEOPLE[who]!)), model.unbond(who));
  }),
  act('withdraw', [hostName] as const, ({ model, simnet }, who) => {
    same(answerOf(send(simnet, HOSTS, 'withdraw', [], PEOPLE[who]!)), model.withdraw(who));
  }),
  act('evict', [hostName] as const, ({ model, simnet }, who) => {
    const args = [Cl.principal(PEOPLE[who]!.address)];
    same(answerOf(send(simnet, HOSTS, 'evict', args, DISPUTER)), model.evict(who));
  }),
];

const requestSteps = [
  act(
    'request',
    [hostName, small, fc.integer({ min: 1, max: 20 }), fc.boolean()] as const,
    ({ model, simnet }, who, maxFee, deadline, isPublic) => {
      const host = PEOPLE[who]!.address;
      const privacy = isPublic ? 0n : 2n;
      const outcome = openRequest(simnet, { host, maxFee, deadline: BigInt(deadline), privacy });
      same(answerOf(outcome), model.open(who, maxFee, deadline, isPublic));
    },
  ),
  act('settle', [number, votes] as const, ({ model, simnet }, chosen, vote) => {
    const id = nth(chosen, model.requests.length);
    const hostKey = KEYS[model.requests[id - 1]?.hostKey ?? ''];
    if (hostKey === undefined) return;
    const outcome = settle(simnet, BigInt(id), { hostKey, signers: voicesOf(vote) });
    same(answerOf(outcome), model.settle(id, vote));
  }),
  act('reject', [number, votes] as const, ({ model, simnet }, chosen, vote) => {
    const id = nth(chosen, model.requests.length);
    const hostKey = KEYS[model.requests[id - 1]?.hostKey ?? ''];
    if (hostKey === undefined) return;
    const outcome = reject(simnet, BigInt(id), { hostKey, signers: voicesOf(vote) });
    same(answerOf(outcome), model.reject(id, vote));
  }),
  act('expire', [number] as const, ({ model, simnet }, chosen) => {
    const id = nth(chosen, model.requests.length);
    same(answerOf(expire(simnet, BigInt(id))), model.expire(id));
  }),
  act('dispute', [number] as const, ({ model, simnet }, chosen) => {
    const id = nth(chosen, model.requests.length);
    same(answerOf(dispute(simnet, BigInt(id), DISPUTER)), model.dispute(id, 'disputer'));
  }),
  act(
    'resolve',
    [fc.constantFrom('uphold' as const, 'dismiss' as const), number, votes] as const,
    ({ model, simnet }, fn, chosen, vote) => {
      const which = nth(chosen, model.disputes.length);
      const about = model.disputes[which - 1];
      if (about === undefined) return;
      const options = { voices: voicesOf(vote), id: BigInt(about.request) };
      same(answerOf(resolve(simnet, fn, BigInt(which), options)), model[fn](which, vote));
    },
  ),
  act('lapse dispute', [number] as const, ({ model, simnet }, chosen) => {
    const which = nth(chosen, model.disputes.length);
    same(answerOf(send(simnet, INFERENCE, 'lapse', [uint(which)])), model.lapseDispute(which));
  }),
];

const moneySteps = [
  act('divide-slash', [number] as const, ({ model, simnet }, chosen) => {
    const id = nth(chosen, model.slashes.length);
    same(answerOf(send(simnet, JUDGES, 'divide-slash', [uint(id)])), model.divide(id));
  }),
  act('claim-reward', [fc.nat({ max: 3 })] as const, ({ model, simnet }, index) => {
    const args = [uint(7), uint(index)];
    same(answerOf(send(simnet, JUDGES, 'claim-reward', args)), model.claimReward(index));
  }),
  act('sweep', [] as const, ({ model, simnet }) => {
    same(answerOf(send(simnet, JUDGES, 'sweep', [])), model.sweep());
  }),
];

/** Beyond what was claimed before. */
const voucher = fc.record({
  session: number,
  more: small,
  moreRequests: fc.bigInt({ min: 0n, max: 30n }),
  isSigned: fc.constantFrom(true, true, true, false),
});

const sessionSteps = [
  act(
    'open session',
    [hostName, amount, fc.integer({ min: 1, max: 60 })] as const,
    ({ model, simnet }, who, deposit, duration) => {
      const host = PEOPLE[who]!.address;
      const outcome = openSession(simnet, { host, deposit, duration: BigInt(duration) });
      same(answerOf(outcome), model.openSession(who, deposit, duration));
    },
  ),
  act('top-up', [number, amount] as const, ({ model, simnet }, chosen, more) => {
    const id = nth(chosen, model.sessions.length);
    const outcome = send(simnet, SESSIONS, 'top-up', [uint(id), uint(more)], USER);
    same(answerOf(outcome), model.topUp(id, more));
  }),
  act(
    'close',
    [number, fc.constantFrom(...Object.keys(PEOPLE))] as const,
    ({ model, simnet }, chosen, who) => {
      const id = nth(chosen, model.sessions.length);
      same(answerOf(closeSession(simnet, BigInt(id), PEOPLE[who]!)), model.closeSession(id, who));
    },
  ),
  act(
    'claim',
    [hostName, fc.array(voucher, { minLength: 1, maxLength: 4, size: 'max' })] as const,
    ({ model, simnet, claims }, who, chosen) => {
      const vouchers = chosen.map(({ session: n, more, moreRequests, isSigned }) => {
        const session = nth(n, model.sessions.length);
        const { claimed = 0n, requests = 0n } = model.sessions[session - 1] ?? {};
        return { session, cumulative: claimed + more, requests: requests + moreRequests, isSigned };
      });
      const entries = vouchers.map(({ isSigned, session, ...rest }) => ({
        session: BigInt(session),
        ...rest,
        ...(isSigned ? {} : { signer: DISPUTER }),
      }));
      const outcome = claim(simnet, entries, PEOPLE[who]!);
      const expected = model.claim(who, vouchers);
      if (typeof expected === 'string') return same(answerOf(outcome), expected);
      const answers = claimAnswers(outcome).map((answer): Answer | string => {
        if (typeof answer === 'string') return answer.slice(5, -1);
        return BigInt(claims.push(answer));
      });
      expect(answers).toEqual(expected);
    },
  ),
  act('release', [number, votes] as const, ({ model, simnet, claims }, chosen, vote) => {
    const which = nth(chosen, claims.length);
    const hash = claims[which - 1];
    if (hash === undefined) return;
    const isDrawn = model.tenure >= model.claims[which - 1]!.tenure + 2;
    const judges = isDrawn ? drawnJudges(simnet, hash) : [];
    const areDrawn =
      judges.length > 0 && judges.every((index) => vote.judges.includes(Number(index)));
    const outcome = decide(simnet, 'release', hash, voicesOf(vote));
    same(answerOf(outcome), model.release(which, vote, areDrawn));
  }),
  act(
    'condemn',
    [number, votes, fc.constantFrom('convict' as const, 'deny' as const)] as const,
    ({ model, simnet, claims }, chosen, vote, fn) => {
      const which = nth(chosen, claims.length);
      const hash = claims[which - 1];
      if (hash === undefined) return;
      const outcome = decide(simnet, fn, hash, voicesOf(vote));
      same(answerOf(outcome), model.condemn(which, vote, fn));
    },
  ),
  act('lapse claim', [number] as const, ({ model, simnet, claims }, chosen) => {
    const which = nth(chosen, claims.length);
    const hash = claims[which - 1];
    if (hash === undefined) return;
    same(answerOf(lapseClaim(simnet, hash)), model.lapseClaim(which));
  }),
];

const timeSteps = [
  act(
    'wait',
    [fc.constantFrom(1, 1, 3, 5, 13, 40, 80, 450)] as const,
    ({ model, simnet }, blocks) => {
      simnet.mineEmptyBurnBlocks(blocks);
      model.burn += blocks;
    },
  ),
  act('tenures', [fc.constantFrom(1, 2)] as const, ({ model, simnet }, count) => {
    for (let i = 0; i < count; i++) nextTenure(simnet);
    model.tenure += count;
  }),
];

function compare({ model, simnet }: Both): void {
  for (const [name, { address }] of Object.entries(PEOPLE)) {
    expect(`${name} ${stxOf(simnet, address)}`).toBe(`${name} ${model.balances.get(name)}`);
  }
  expect(openEscrow(simnet)).toBe(model.escrow);
  expect(uintOf(ask(simnet, INFERENCE, 'get-dispute-bonds'))).toBe(model.bonds);
  expect(uintOf(ask(simnet, SESSIONS, 'get-escrow'))).toBe(model.sessionEscrow);
  const owed = model.owed.reduce((sum, one) => sum + one, 0n);
  expect(totals(simnet)).toEqual({ owed, held: model.held, unswept: model.unswept });
  for (const name of HOST_NAMES) {
    const expected = model.hosts.get(name);
    if (expected === undefined) continue;
    const found = hostRecord(simnet, PEOPLE[name]!);
    const shown = ['bond', 'settled', 'faults', 'missed', 'earned', 'clean', 'pending'] as const;
    expect(shown.map((field) => uintOf(found[field]))).toEqual(
      shown.map((field) => BigInt(expected[field])),
    );
  }
  expect(booksAgree(simnet, [HOST, RIVAL], 10_000_000n)).toEqual([]);
  const everywhere = [...Object.values(PEOPLE), ...SIGNERS].map(({ address }) => address);
  const contracts = [INFERENCE, SESSIONS, JUDGES, HOSTS];
  const supply = [...everywhere, ...contracts].reduce((sum, who) => sum + stxOf(simnet, who), 0n);
  expect(supply + model.burned).toBe(4n * START_BALANCE);
}

function start(): Both {
  const simnet = bareNetwork();
  registerModel(simnet);
  for (const { address } of [RIVAL, DISPUTER]) simnet.mintSTX(address, START_BALANCE);
  for (const { address } of SIGNERS) simnet.mintSTX(address, 0n);
  const model = new NaiveModel();
  for (const name of Object.keys(PEOPLE)) model.balances.set(name, START_BALANCE);
  const both = { model, simnet, claims: [] };
  for (const [name, key, bond] of [
    ['host', 'first', 500_000_000n],
    ['rival', 'second', 100_000_000n],
  ] as const) {
    registerHost(simnet, PEOPLE[name]!, { key: KEYS[key]!.publicKey }, bond);
    model.register(name, key, bond);
  }
  compare(both);
  return both;
}

it('answers and money are those of the naive model, call by call', () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.oneof(...hostSteps) },
    { weight: 1, arbitrary: fc.oneof(...leavingSteps) },
    { weight: 9, arbitrary: fc.oneof(...requestSteps) },
    { weight: 2, arbitrary: fc.oneof(...moneySteps) },
    { weight: 11, arbitrary: fc.oneof(...sessionSteps) },
    { weight: 4, arbitrary: fc.oneof(...timeSteps) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: STEPS, maxLength: STEPS }), (steps) => {
      const both = start();
      for (const run of steps) {
        run(both);
        compare(both);
      }
      expect(stxOf(both.simnet, MODELS)).toBe(10_000_000n);
    }),
    { numRuns: RUNS },
  );
});
