/**
 * `@assay/jobs` and the contracts compute the same bytes and the same draws: every hash, digest, lot
 * and weight that hosts, judges and gateways work out for themselves is asked of the contract too.
 */
import {
  auditRateMicro,
  claimHash,
  claimVerdictTuple,
  commitmentRoot,
  disputeVerdictTuple,
  drawEntropy,
  drawJudges,
  drawRanked,
  hostWeight,
  isAudited,
  judgeEntropy,
  PLANT_TOKENS,
  plantDigest,
  plantedSketch,
  type SessionRequest,
  sessionRequestHash,
  sketchLeaves,
  structuredDigest,
  voucherTuple,
} from '@assay/jobs';
import { Cl, type ClarityValue } from '@stacks/transactions';
import * as fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import {
  bareNetwork,
  bytesOf,
  DEPLOYER,
  HOSTS,
  hashOf,
  hex,
  INFERENCE,
  MODEL,
  type Party,
  PLANTS,
  party,
  registerHost,
  registerModel,
  SESSIONS,
  SIGNERS,
  type Simnet,
  START_BALANCE,
  setSigners,
  USER,
  uintOf,
  WEIGHTS,
} from './simnet.ts';

const CHAIN_ID = 0x80000000;
const STRANGER = party('nobody');

let simnet: Simnet;
beforeEach(() => {
  simnet = bareNetwork();
});

const read = (contract: string, fn: string, args: ClarityValue[]): ClarityValue =>
  simnet.callReadOnlyFn(contract, fn, args, USER.address).result;
const bytesRead = (contract: string, fn: string, args: ClarityValue[]): string =>
  hex(bytesOf(read(contract, fn, args)));
const uints = (value: ClarityValue): number[] =>
  value.type === 'list' ? value.value.map((one) => Number(uintOf(one))) : [];

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const amount = fc.bigInt({ min: 0n, max: 1n << 70n });
const RUNS = { numRuns: 25 };

it('session requests, vouchers, claims and verdicts about them', () => {
  fc.assert(
    fc.property(hash, amount, amount, amount, (root, session, a, b) => {
      const request: SessionRequest = {
        sessionId: session,
        index: a,
        model: MODEL,
        promptHash: root,
        params: { temperatureMicro: 700_000, topPMicro: 900_000, topK: 20, maxTokens: 64 },
        constraintHash: hashOf('constraint'),
        maxFeeMicro: b,
        beacon: hashOf('beacon'),
        clientNonce: root.slice(0, 16),
      };
      const requestTuple = Cl.tuple({
        session: Cl.uint(session),
        index: Cl.uint(a),
        model: Cl.buffer(MODEL),
        'prompt-hash': Cl.buffer(root),
        params: Cl.tuple({
          temperature: Cl.uint(700_000),
          'top-p': Cl.uint(900_000),
          'top-k': Cl.uint(20),
          'max-tokens': Cl.uint(64),
        }),
        constraint: Cl.buffer(hashOf('constraint')),
        'max-fee': Cl.uint(b),
        beacon: Cl.buffer(hashOf('beacon')),
        'client-nonce': Cl.buffer(root.slice(0, 16)),
      });
      expect(bytesRead(SESSIONS, 'hash-request', [requestTuple])).toBe(
        hex(sessionRequestHash(request)),
      );
      const voucher = { sessionId: session, cumulativeMicro: a, requests: b };
      expect(bytesRead(SESSIONS, 'voucher-digest', [session, a, b].map(Cl.uint))).toBe(
        hex(structuredDigest(voucherTuple(voucher), CHAIN_ID)),
      );
      const claim = { sessionId: session, from: a, to: a + 5n, amountMicro: b, receiptsRoot: root };
      const named = claimHash(claim);
      const args = [session, a, a + 5n, b].map(Cl.uint);
      expect(bytesRead(SESSIONS, 'hash-claim', [...args, Cl.buffer(root)])).toBe(hex(named));
      for (const [code, verdict] of [
        [1, 'valid'],
        [2, 'invalid'],
        [3, 'withheld'],
      ] as const) {
        const tuple = claimVerdictTuple({ claimHash: named, verdict });
        expect(bytesRead(SESSIONS, 'claim-digest', [Cl.buffer(named), Cl.uint(code)])).toBe(
          hex(structuredDigest(tuple, CHAIN_ID)),
        );
      }
    }),
    RUNS,
  );
});

it('verdicts in disputes', () => {
  const dispute = {
    disputeId: 9n,
    evidence: hashOf('evidence'),
    commitmentHash: hashOf('commitment'),
    verdict: 'invalid',
  } as const;
  const args = [Cl.uint(9), Cl.buffer(dispute.evidence), Cl.buffer(dispute.commitmentHash)];
  expect(bytesRead(INFERENCE, 'dispute-digest', [...args, Cl.uint(2)])).toBe(
    hex(structuredDigest(disputeVerdictTuple(dispute), CHAIN_ID)),
  );
});

it('planted answers: digest, and the sketch that follows from the secret', () => {
  fc.assert(
    fc.property(hash, hash, amount, (secret, commitment, requestId) => {
      const args = [Cl.uint(requestId), Cl.buffer(commitment), Cl.buffer(secret)];
      expect(bytesRead(PLANTS, 'plant-digest', args)).toBe(
        hex(plantDigest({ requestId, commitmentHash: commitment, secret })),
      );
      const { sketch, salt } = plantedSketch(secret);
      expect(sketch.length).toBe(5 * PLANT_TOKENS);
      expect(bytesRead(PLANTS, 'noise-root', [Cl.buffer(secret)])).toBe(
        hex(commitmentRoot(sketchLeaves(sketch, [salt]))),
      );
    }),
    RUNS,
  );
});

it('audit rates, and which receipts are audited', () => {
  for (const clean of [0n, 1n, 7n, 8n, 100n, 391n, 392n, 1_000_000n]) {
    expect(uintOf(read(SESSIONS, 'audit-rate', [Cl.uint(clean)]))).toBe(
      auditRateMicro(clean, 20_000n),
    );
  }
  const rate = fc.bigInt({ min: 1n, max: 1_100_000n });
  fc.assert(
    fc.property(hash, hash, amount, rate, (lots, claim, receipt, rateMicro) => {
      const args = [Cl.buffer(lots), Cl.buffer(claim), Cl.uint(receipt), Cl.uint(rateMicro)];
      const isDrawn = isAudited({ lots, claimHash: claim, rateMicro }, receipt);
      expect(read(SESSIONS, 'is-audited', args)).toEqual(Cl.bool(isDrawn));
    }),
    { numRuns: 60 },
  );
  // The share drawn is the rate.
  const draw = { lots: hashOf('lots'), claimHash: hashOf('claim'), rateMicro: 100_000n };
  const drawn = Array.from({ length: 4_000 }, (_, i) => isAudited(draw, BigInt(i)));
  expect(drawn.filter(Boolean).length).toBeGreaterThan(330);
  expect(drawn.filter(Boolean).length).toBeLessThan(470);
});

it('judges of a claim, in small sets and over several pages of signers', () => {
  const many: Party[] = Array.from({ length: 150 }, (_, i) => party(`one of many ${i}`));
  const sets = [
    { cycle: 20n, signers: SIGNERS, weights: WEIGHTS },
    { cycle: 21n, signers: many, weights: many.map((_, i) => BigInt((i * 7) % 11)) },
    { cycle: 22n, signers: many.slice(0, 64), weights: many.slice(0, 64).map(() => 1n) },
    { cycle: 23n, signers: many.slice(0, 2), weights: [1n, 1_000_000n] },
  ];
  for (const { cycle, signers, weights } of sets) setSigners(simnet, cycle, signers, weights);
  fc.assert(
    fc.property(hash, hash, fc.nat({ max: 3 }), (lots, claim, which) => {
      const { cycle, signers, weights } = sets[which]!;
      const entropy = judgeEntropy(lots, claim);
      const claimArgs = [Cl.buffer(lots), Cl.buffer(claim)];
      expect(bytesRead(SESSIONS, 'judge-entropy', claimArgs)).toBe(hex(entropy));
      const owner = signers[1]!.address;
      const args = [
        Cl.uint(cycle),
        Cl.buffer(entropy),
        Cl.principal(owner),
        Cl.principal(STRANGER.address),
      ];
      const drawn = uints(read(`${DEPLOYER.address}.signers`, 'draw-judges', args));
      expect(drawn).toEqual(drawJudges(weights, entropy, (index) => index === 1));
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn).not.toContain(1);
    }),
    { numRuns: 40 },
  );
});

it('hosts of a request, by rank, and what they weigh', () => {
  registerModel(simnet);
  const offers = [1n, 4n, 8n, 40n, 1_000n].map((capacity, i) => {
    const who = party(`weighed ${i}`);
    simnet.mintSTX(who.address, START_BALANCE);
    const key = party(`weighed key ${i}`).publicKey;
    const bondMicro = 100_000_000n * BigInt(i + 1);
    registerHost(simnet, who, { key, capacity }, bondMicro);
    return { who, capacity, bondMicro };
  });
  const weights = offers.map(({ capacity, bondMicro }) => {
    return hostWeight({ capacity, bondMicro, clean: 0n, bondPerWeightMicro: 10_000_000n });
  });
  expect(weights).toEqual([1n, 1n, 2n, 10n, 12n]);
  for (const clean of [0n, 3n, 4n, 15n, 16n, 63n, 64n, 9_999n]) {
    const args = [40n, 300_000_000n, clean].map(Cl.uint);
    const host = { capacity: 40n, bondMicro: 300_000_000n, bondPerWeightMicro: 10_000_000n };
    expect(uintOf(read(HOSTS, 'weight-of', args))).toBe(hostWeight({ ...host, clean }));
  }
  fc.assert(
    fc.property(hash, fc.bigInt({ min: 1n, max: 1n << 60n }), (sortition, id) => {
      const entropy = drawEntropy(sortition, id);
      const args = [Cl.buffer(sortition), Cl.uint(id)];
      expect(bytesRead(INFERENCE, 'draw-entropy', args)).toBe(hex(entropy));
      const ranks = drawRanked(weights, entropy).map((i) => Cl.principal(offers[i]!.who.address));
      const drawArgs = [Cl.buffer(MODEL), Cl.buffer(entropy)];
      expect(read(HOSTS, 'draw-ranked', drawArgs)).toEqual(Cl.list(ranks));
    }),
    RUNS,
  );
});
