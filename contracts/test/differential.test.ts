/**
 * The same calls on our VM and on the reference VM: every answer and every balance equal, step by
 * step, over a seeded random walk through requests, certificates (honest and not), disputes, sessions,
 * claims, judges' pay and hosts.
 */
import { getSDK } from '@stacks/clarinet-sdk';
import { Cl, type ClarityValue } from '@stacks/transactions';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ask,
  claim,
  closeSession,
  decide,
  dispute,
  fieldsOf,
  lapseClaim,
  nextTenure,
  openSession,
  resolve,
  send,
} from './scene.ts';
import {
  bareNetwork,
  bytesOf,
  DEPLOYER,
  expire,
  HOST,
  HOSTS,
  INFERENCE,
  JUDGES,
  offerArgs,
  openRequest,
  party,
  registerHost,
  registerModel,
  reject,
  SESSIONS,
  SIGNERS,
  type Simnet,
  settle,
  setUp,
  stxOf,
  USER,
} from './simnet.ts';

const STEPS = 60;
const SEED = 20_261_121;
const [, b, c] = SIGNERS as [(typeof SIGNERS)[0], (typeof SIGNERS)[0], (typeof SIGNERS)[0]];
const OTHER = party('other host');

type Step = (simnet: Simnet, id: bigint) => string;
const show = (outcome: { result: Parameters<typeof Cl.prettyPrint>[0] }) =>
  Cl.prettyPrint(outcome.result);
const STEP: Readonly<Record<string, Step>> = {
  open: (s, id) => show(openRequest(s, { maxFee: id * 10_000n, deadline: id })),
  'open bad': (s) => show(openRequest(s, { privacy: 1n })),
  settle: (s, id) => show(settle(s, id)),
  'settle light': (s, id) => show(settle(s, id, { signers: [[2n, c]] })),
  'settle twice the same': (s, id) =>
    show(
      settle(s, id, {
        signers: [
          [2n, c],
          [2n, c],
        ],
      }),
    ),
  'settle wrong index': (s, id) =>
    show(
      settle(s, id, {
        signers: [
          [1n, c],
          [2n, b],
        ],
      }),
    ),
  'settle wrong host': (s, id) => show(settle(s, id, { hostKey: OTHER })),
  reject: (s, id) => show(reject(s, id)),
  expire: (s, id) => show(expire(s, id)),
  wait: (s) => {
    s.mineEmptyBurnBlocks(2);
    return '';
  },
  'other host': (s) =>
    Cl.prettyPrint(registerHost(s, OTHER, { key: OTHER.publicKey, capacity: 9n })),
  update: (s, id) =>
    show(s.callPublicFn(HOSTS, 'update', offerArgs({ capacity: id }), HOST.address)),
  dispute: (s, id) => show(dispute(s, id, OTHER)),
  uphold: (s, id) => show(resolve(s, 'uphold', id)),
  dismiss: (s, id) => show(resolve(s, 'dismiss', id)),
  session: (s, id) => show(openSession(s, { deposit: id * 100_000n })),
  claim: (s, id) => show(claim(s, [{ session: id }, { session: id + 1n, signer: OTHER }])),
  tenures: (s, id) => {
    nextTenure(s, `one of ${id}`);
    nextTenure(s, `two of ${id}`);
    return Cl.prettyPrint(ask(s, SESSIONS, 'get-audit', [pendingOf(s, id)]));
  },
  release: (s, id) => show(decide(s, 'release', hashIn(pendingOf(s, id)))),
  convict: (s, id) => show(decide(s, 'convict', hashIn(pendingOf(s, id)))),
  lapse: (s, id) => show(lapseClaim(s, hashIn(pendingOf(s, id)))),
  close: (s, id) => show(closeSession(s, id, HOST)),
  reward: (s) => show(send(s, JUDGES, 'claim-reward', [Cl.uint(7), Cl.uint(2)])),
  divide: (s, id) => show(send(s, JUDGES, 'divide-slash', [Cl.uint(id)])),
  sweep: (s) => show(send(s, JUDGES, 'sweep', [])),
  'more bond': (s) => show(send(s, HOSTS, 'increase-bond', [Cl.uint(100_000_000)], HOST)),
  unbond: (s) => show(s.callPublicFn(HOSTS, 'unbond', [], OTHER.address)),
};

/** The claim under audit of a session, or 32 zeros. */
function pendingOf(simnet: Simnet, id: bigint): ClarityValue {
  const session = ask(simnet, SESSIONS, 'get-session', [Cl.uint(id)]);
  const pending = session.type === 'some' ? fieldsOf(session).pending : undefined;
  return pending?.type === 'some' ? pending.value : Cl.buffer(new Uint8Array(32));
}
const hashIn = (value: ClarityValue): Uint8Array => bytesOf(value);

/** Missing requests make the certificate helpers throw: the same on both sides. */
function attempt(step: Step, simnet: Simnet, id: bigint): string {
  try {
    return step(simnet, id);
  } catch (error) {
    return (error as Error).message.startsWith('no request') ? 'no request' : 'failed';
  }
}

it('our VM answers as the reference does', async () => {
  const theirs = await getSDK({ trackCosts: false, trackCoverage: false });
  await theirs.initEmptySession({ enabled: false });
  theirs.setEpoch('3.4');
  const ours = bareNetwork();
  const reference = theirs as unknown as Simnet;
  setUp(reference);
  for (const simnet of [ours, reference]) {
    registerModel(simnet);
    registerHost(simnet);
    simnet.mintSTX(OTHER.address, 1_000_000_000n);
  }
  const arbitrary = fc.tuple(fc.constantFrom(...Object.keys(STEP)), fc.integer({ min: 1, max: 5 }));
  const steps = fc.sample(arbitrary, { numRuns: STEPS, seed: SEED });
  for (const [name, number] of [['open', 1] as const, ['settle', 1] as const, ...steps]) {
    const id = BigInt(number);
    const mine = attempt(STEP[name]!, ours, id);
    const answer = attempt(STEP[name]!, reference, id);
    expect(`${name} ${id}: ${mine}`).toBe(`${name} ${id}: ${answer}`);
    for (const who of [
      USER.address,
      HOST.address,
      OTHER.address,
      INFERENCE,
      SESSIONS,
      JUDGES,
      HOSTS,
      DEPLOYER.address,
    ]) {
      expect(stxOf(ours, who)).toBe(stxOf(reference, who));
    }
  }
});
