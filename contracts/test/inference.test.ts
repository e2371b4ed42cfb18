import { Cl } from '@stacks/transactions';
import { expect, it } from 'vitest';
import { network, openRequest, settle } from './simnet.ts';

it('runs', async () => {
  const simnet = await network();
  const r = openRequest(simnet);
  console.log(Cl.prettyPrint(r.result));
  const s = settle(simnet, 1n);
  console.log(Cl.prettyPrint(s.result), JSON.stringify(s.costs));
  expect(1).toBe(1);
});
