/**
 * Planted answers in a whole network: judges who looked call them false, the one who did not is marked,
 * and the host that planted has its bond and its record back. Source: docs/protocol.md 5; contracts/plants.clar.
 */
import { Cv } from '@assay/clarity-value';
import { expect, it, vi } from 'vitest';
import { SimAssay, simKey } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

const BOND_MICRO = 100_000_000n;

it('a lazy judge is marked by name; the host loses nothing', async () => {
  const sim = await SimAssay.start({
    seed: 'plants',
    signerWeights: [1, 1, 1, 1],
    judges: ['honest', 'honest', 'honest', 'lazy'],
    hosts: ['plants'],
  });
  const marksOf = (name: string): bigint => {
    const args = [Cv.principal(simKey(name).address)];
    const marks = sim.readOnly('plants', 'get-lazy-marks', args);
    return marks.type === 'uint' ? marks.value : -1n;
  };
  await sim.until(() => marksOf('signer-4') >= 1n, 'the lazy judge is marked', 600_000);
  for (const name of ['signer-1', 'signer-2', 'signer-3']) expect(marksOf(name)).toBe(0n);
  const rejected = sim.logs.entries.filter(({ fields }) => fields.outcome === 'rejected');
  expect(rejected.length).toBeGreaterThan(0);
  expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
  expect(sim.hostRecord('host-1', 'bond')).toBe(BOND_MICRO);
  expect(sim.faults()).toEqual([]);
});
