/**
 * SIP-002, SIP-006: random programs mean the same to us and to the reference VM: accepted or
 * rejected alike, equal values, run-time error names, events and all five costs.
 *
 * More programs: `PROGRAMS=20000 SEED=7 npx vitest run rules/clarity/test/differential.test.ts`.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYER, differences, factsOf, ours, reference, WALLET_1 } from './oracle.ts';
import { CALLEE, randomProgram } from './random-programs.ts';

const PROGRAMS = Number(process.env.PROGRAMS ?? 150);
const SEED = Number(process.env.SEED ?? 1);

/** Ten seconds on an idle machine. */
const PATIENCE_MS = 300_000 + PROGRAMS * 1000;

let theirs: Awaited<ReturnType<typeof reference>>;
let our: ReturnType<typeof ours>;

beforeAll(async () => {
  // The reference prints run-time errors of contracts; they are compared, not shown.
  console.error = () => {};
  const machine = await reference();
  theirs = machine;
  our = ours(factsOf(machine.sdk));
  for (const machine of [theirs, our]) {
    expect(machine.deploy('callee', CALLEE, 2).error).toBeNull();
  }
}, PATIENCE_MS);

describe('random programs', () => {
  it(
    `agree with the reference (seed ${SEED}, ${PROGRAMS} programs)`,
    () => {
      const found: string[] = [];
      let accepted = 0;
      let calls = 0;
      for (let i = 0; i < PROGRAMS; i++) {
        const seed = SEED * 1_000_003 + i;
        const { source, version, calls: planned } = randomProgram(seed);
        const name = `p${seed}`;
        const deployed = theirs.deploy(name, source, version);
        const report = (what: string, list: readonly string[]) => {
          for (const one of list) found.push(`seed ${seed} ${what}: ${one}\n${source}`);
        };
        report('deploy', differences(deployed, our.deploy(name, source, version)));
        if (deployed.result === null) continue;
        accepted++;
        for (const { fn, args } of planned) {
          calls++;
          report(
            `call ${fn}`,
            differences(theirs.call(name, fn, args, WALLET_1), our.call(name, fn, args, WALLET_1)),
          );
        }
      }
      console.log(
        JSON.stringify({
          programs: PROGRAMS,
          accepted,
          calls,
          disagreements: found.length,
          seed: SEED,
        }),
      );
      expect(found.slice(0, Number(process.env.SHOW ?? 3))).toEqual([]);
      // The generator must keep writing programs that run.
      expect(accepted).toBeGreaterThan(PROGRAMS / 2);
    },
    PATIENCE_MS,
  );

  it('have the interface the reference prints, to the byte', () => {
    const interfaces = theirs.sdk.getContractsInterfaces() as ReadonlyMap<string, unknown>;
    let compared = 0;
    for (const [id, expected] of interfaces) {
      if (!id.startsWith(DEPLOYER)) continue;
      compared++;
      expect(JSON.stringify(our.vm.contractInterface(id)), id).toBe(
        JSON.stringify(plain(expected)),
      );
    }
    expect(compared).toBeGreaterThan(PROGRAMS / 2);
  });
});

/** Maps of the WASM boundary as plain objects, in the same order. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  }
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
