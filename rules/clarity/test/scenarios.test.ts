/**
 * SIP-002, SIP-015, SIP-033: several contracts together, each scenario run by us and by the
 * reference VM: dispatch by trait, re-entry, caller and sender, allowances, keys.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { differences, ours, withoutTracer } from './oracle.ts';
import { type Reference, reference, WALLET_1 } from './reference.ts';
import { scenarios } from './scenarios.ts';

/** A few dispatches, a few contexts deep. */
const TRACER_MOST = 6;

let theirs: Reference;
let our: ReturnType<typeof ours>;

beforeAll(async () => {
  // The reference prints run-time errors of contracts; they are compared, not shown.
  console.error = () => {};
  theirs = await reference();
  our = ours(theirs.facts);
}, 300_000);

describe('scenarios agree with the reference', () => {
  for (const version of [1, 2, 3, 4, 5] as const) {
    for (const { what, versions, contracts, calls } of scenarios(`-v${version}`)) {
      if (!versions.includes(version)) continue;
      it(`${what} (Clarity ${version})`, () => {
        const found: string[] = [];
        for (const [name, source] of Object.entries(contracts)) {
          const deployed = theirs.deploy(name, source, version);
          expect(deployed.error, name).toBeNull();
          found.push(...differences(deployed, our.deploy(name, source, version)));
        }
        for (const [contract, fn, ...args] of calls) {
          const expected = theirs.call(contract, fn, args, WALLET_1);
          if (process.env.SHOW) console.log(fn, expected.result ?? expected.error);
          const actual = our.call(contract, fn, args, WALLET_1);
          const list = differences(withoutTracer(expected, actual, TRACER_MOST), actual);
          found.push(...list.map((one) => `${contract}.${fn}: ${one}`));
        }
        expect(found).toEqual([]);
      });
    }
  }
});
