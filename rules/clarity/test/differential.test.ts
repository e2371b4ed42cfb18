/**
 * SIP-002, SIP-006: random programs mean the same to us and to the reference VM: accepted or
 * rejected alike, equal values, error kinds, events, assets and all five costs.
 *
 * More programs: `npm run oracle:clarity -- --programs 20000 --seed 7`.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { compareProgram, comparePrograms, freshMachines } from './compare-programs.ts';
import { Coverage } from './generator/coverage.ts';
import { randomProgram } from './generator/program.ts';
import type { OurMachine } from './oracle.ts';
import { plain } from './public/trees.ts';
import { DEPLOYER, type Reference, reference } from './reference.ts';

const PROGRAMS = Number(process.env.PROGRAMS ?? 1000);
const SEED = Number(process.env.SEED ?? 1);

/** Twenty seconds on an idle machine. */
const PATIENCE_MS = 900_000;

let theirs: Reference;

beforeAll(async () => {
  // The reference prints run-time errors of contracts; they are compared, not shown.
  console.error = () => {};
  theirs = await reference();
}, PATIENCE_MS);

describe('random programs', () => {
  it(
    `agree with the reference (seed ${SEED}, ${PROGRAMS} programs)`,
    async () => {
      const coverage = new Coverage();
      const { disagreements, ...counts } = await comparePrograms({
        programs: PROGRAMS,
        seed: SEED,
        theirs,
        onProgram: (_, program, accepted) => {
          for (const [i, was] of accepted.entries()) coverage.add(program.contracts[i]!, was);
        },
      });
      console.log(JSON.stringify({ ...counts, disagreements: disagreements.length, seed: SEED }));
      expect(disagreements.slice(0, 3)).toEqual([]);
      // The generator must keep writing programs that run, over the whole language.
      expect(counts.accepted).toBeGreaterThan(PROGRAMS / 2);
      expect(coverage.holes()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('have the interface the reference prints, to the byte', async () => {
    const our: OurMachine = await freshMachines(theirs);
    for (let i = 0; i < 50; i++) compareProgram(theirs, our, randomProgram(SEED + i), () => {});
    const interfaces = theirs.sdk.getContractsInterfaces() as ReadonlyMap<string, unknown>;
    let compared = 0;
    for (const [id, expected] of interfaces) {
      if (!id.startsWith(DEPLOYER)) continue;
      compared++;
      const actual = our.vm.contractInterface(id);
      expect(JSON.stringify(actual), id).toBe(JSON.stringify(plain(expected)));
    }
    expect(compared).toBeGreaterThan(25);
  });
});
