/**
 * What the protocol's calls cost in the five dimensions of a block, in the worst case that fits their
 * arguments: 64 verdicts of 64 or 1,280 signers, 64 claims, a full list of hosts. docs/pricing.md
 * shows these figures; here they are held below a share of a tenure's budget.
 */
import { readFileSync } from 'node:fs';
import type { Cost } from '@assay/clarity';
import { TENURE_COST_LIMIT } from '@assay/params';
import { Cl, type ClarityValue } from '@stacks/transactions';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from './sandbox.ts';
import {
  ask,
  claimAnswers,
  claimDigest,
  claimEntry,
  drawnJudges,
  fieldsOf,
  nextTenure,
  openSession,
  send,
  type Voices,
  verdictList,
} from './scene.ts';
import {
  bareNetwork,
  certificate,
  DEPLOYER,
  HOST,
  HOSTS,
  INFERENCE,
  JUDGES,
  openRequest,
  type Party,
  party,
  registerHost,
  registerModel,
  requestArgs,
  SESSIONS,
  START_BALANCE,
  setSigners,
  USER,
  uintOf,
} from './simnet.ts';

/** Calls that must fit into a tenure, where that is not 150. */
const LEAST: Readonly<Record<string, number>> = {
  'settle, 64 of 1,280': 90,
  'claim, 64 sessions': 50,
};
const COLUMNS = ['writeLength', 'writeCount', 'readLength', 'readCount', 'runtime'] as const;
const rows = new Map<string, Cost>();

let simnet: Sandbox;
let many: Party[] = [];
beforeAll(() => {
  many = Array.from({ length: 64 }, (_, i) => party(`signer of many ${i}`));
  simnet = bareNetwork() as Sandbox;
  registerModel(simnet);
  registerHost(simnet);
  for (let i = 1; i < 32; i++) {
    const who = party(`crowd ${i}`);
    simnet.mintSTX(who.address, START_BALANCE);
    registerHost(simnet, who, { key: party(`crowd key ${i}`).publicKey });
  }
});

const everybody = (): Voices => many.map((who, i) => [BigInt(i), who]);

/** Runs a call with a meter; it must succeed. */
function measure(name: string, contract: string, fn: string, args: ClarityValue[], who = DEPLOYER) {
  const { result, cost } = simnet.measure(contract, fn, args, who.address);
  expect(`${name}: ${Cl.prettyPrint(result).slice(0, 3)}`).toBe(`${name}: (ok`);
  rows.set(name, cost);
}

/** The dimension a call uses most of, as the number of such calls in a tenure. */
function perTenure(cost: Cost): number {
  const names = Object.keys(TENURE_COST_LIMIT) as (keyof Cost)[];
  const counts = names.map((name) => Number(TENURE_COST_LIMIT[name]) / Number(cost[name]));
  return Math.floor(Math.min(...counts));
}

it('settle, reject and disputes with 64 verdicts', () => {
  setSigners(
    simnet,
    8n,
    many,
    many.map(() => 5n),
  );
  measure('request, 32 hosts in the list', INFERENCE, 'request', requestArgs(), USER);
  const options = { signers: everybody() };
  openRequest(simnet, { host: HOST.address });
  measure('settle, 64 verdicts', INFERENCE, 'settle', certificate(simnet, 2n, options));
  openRequest(simnet, { host: HOST.address });
  const rejecting = certificate(simnet, 3n, { ...options, verdict: 2n });
  measure('reject, 64 verdicts', INFERENCE, 'reject', rejecting);
  simnet.mineEmptyBurnBlocks(20);
  measure('divide-slash, 64 judges', JUDGES, 'divide-slash', [Cl.uint(1)]);
  measure('claim-reward', JUDGES, 'claim-reward', [Cl.uint(8), Cl.uint(5)]);
  measure('expire, three ranks', INFERENCE, 'expire', [Cl.uint(1)]);
});

it('settle with 64 verdicts of 1,280 signers, spread over all twenty pages', () => {
  const filler = party('signer that does not sign');
  const signs = (i: number): boolean => i % 20 === 0;
  const set = Array.from({ length: 1_280 }, (_, i) => (signs(i) ? many[i / 20]! : filler));
  setSigners(
    simnet,
    9n,
    set,
    set.map((_, i) => (signs(i) ? 1_000n : 1n)),
  );
  send(simnet, HOSTS, 'increase-bond', [Cl.uint(900_000_000)], HOST);
  openRequest(simnet, { host: HOST.address });
  const signers: Voices = many.map((who, i) => [BigInt(i * 20), who]);
  measure('settle, 64 of 1,280', INFERENCE, 'settle', certificate(simnet, 4n, { signers }));
});

it('64 claims in one transaction, and what follows', () => {
  setSigners(
    simnet,
    10n,
    many,
    many.map(() => 5n),
  );
  for (let i = 0; i < 64; i++) openSession(simnet);
  const claims = Array.from({ length: 64 }, (_, i) =>
    claimEntry({ session: BigInt(i + 1), cumulative: 500_000n, requests: 5_000n }),
  );
  const args = [Cl.list(claims)];
  const { result, cost } = simnet.measure(SESSIONS, 'claim', args, HOST.address);
  rows.set('claim, 64 sessions', cost);
  const hashes = claimAnswers({ result, events: [] }) as Uint8Array[];
  expect(hashes.every((hash) => hash instanceof Uint8Array)).toBe(true);
  nextTenure(simnet);
  nextTenure(simnet);
  const releaseBy = (hash: Uint8Array, voices: Voices) => [
    Cl.buffer(hash),
    verdictList(claimDigest(hash, 1n), voices),
  ];
  const judges = [...drawnJudges(simnet, hashes[0]!)].sort((a, b) => Number(a - b));
  const three: Voices = judges.map((index) => [index, many[Number(index)]!]);
  measure('release, three judges', SESSIONS, 'release', releaseBy(hashes[0]!, three));
  measure('release, 64 verdicts', SESSIONS, 'release', releaseBy(hashes[1]!, everybody()));
  const convicting = [Cl.buffer(hashes[2]!), verdictList(claimDigest(hashes[2]!, 2n), everybody())];
  measure('convict, 64 verdicts', SESSIONS, 'convict', convicting);
  simnet.mineEmptyBurnBlocks(73);
  measure('lapse', SESSIONS, 'lapse', [Cl.buffer(hashes[3]!)]);
});

const page = readFileSync(new URL('../../docs/pricing.md', import.meta.url), 'utf8');
/** Cells of the row of docs/pricing.md that begins with this one. */
const rowOf = (name: string): string[] => {
  const line = page.split('\n').find((row) => row.startsWith(`| ${name} |`)) ?? '';
  return line.split('|').slice(2, -1);
};

it('all of it fits a tenure many times, and docs/pricing.md says so', () => {
  const table = [...rows].map(([name, cost]) => {
    const figures = COLUMNS.map((column) => cost[column].toLocaleString('en-US'));
    return { name, figures: [...figures, String(perTenure(cost))] };
  });
  const text = table.map(({ name, figures }) => `| ${name} | ${figures.join(' | ')} |`);
  for (const [name, cost] of rows) {
    const least = LEAST[name] ?? 150;
    expect(`${name} ${perTenure(cost) >= least}`).toBe(`${name} true`);
  }
  const numberOf = (cell: string | undefined) => Number((cell ?? '').replaceAll(',', ''));
  const wrong = table.filter(({ name, figures }) => {
    const shown = rowOf(name).map(numberOf);
    return figures.some((cell, i) => !(Math.abs(shown[i]! / numberOf(cell) - 1) <= 0.1));
  });
  expect(wrong, `docs/pricing.md should say\n${text.join('\n')}`).toEqual([]);
});

it('cheating has a negative expected value at every audit rate of docs/pricing.md', () => {
  const rates = [1, 0.5, 0.2, 0.05, 0.02, 0.01];
  const slashFees = uintOf(fieldsOf(ask(simnet, SESSIONS, 'get-parameters'))['slash-multiple']);
  for (const [saved, what] of [
    [0.3, 'int8 weights, 0.3'],
    [0.5, 'int4 weights, 0.5'],
    [0.8, 'a smaller model, 0.8'],
  ] as const) {
    const found = rates.map((rate) => rate * 0.99);
    const least = found.map((pd) => (saved * (1 - pd)) / pd);
    const gain = found.map((pd) => saved * (1 - pd) - pd * Number(slashFees));
    expect(rowOf(`least slash, ${what}`).map(Number)).toEqual(
      least.map((fees) => Number(fees.toFixed(2))),
    );
    expect(rowOf(`gain, ${what}`).map(Number)).toEqual(gain.map((fees) => Number(fees.toFixed(1))));
    expect(Math.max(...gain)).toBeLessThan(0);
  }
});
