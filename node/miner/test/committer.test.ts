/** A bid that Bitcoin does not take is tried again every second, and told once. */
import { memoryLogger } from '@assay/observe';
import { SimNetwork } from '@assay/world/sim';
import { expect, it } from 'vitest';
import { Committer, type CommitterChain, type CommitterOperator } from '../src/index.ts';

it('tells each failure once, and again after it worked', async () => {
  const network = new SimNetwork({ seed: 1 });
  const world = network.world('miner');
  const log = memoryLogger();
  const poor = Object.assign(new Error('nothing to pay with'), { code: 'burnchain/no-funds' });
  const outcomes = [poor, poor, poor, new Error('a fault'), poor, null];
  let tries = 0;
  const operator: CommitterOperator = {
    registerKey: async () => {
      const outcome = outcomes[tries++];
      if (outcome) throw outcome;
    },
    commit: async () => {},
  };
  let burnHeight = 100;
  const heard: (() => void)[] = [];
  const chain = {
    burnTip: () => ({ burnHeight, consensusHash: new Uint8Array(20).fill(burnHeight) }),
    registeredKey: () => null,
    onMoved: (listener: () => void) => {
      heard.push(listener);
      return () => {};
    },
  } as unknown as CommitterChain;
  const options = {
    privateKey: new Uint8Array(32).fill(1),
    vrfSeed: new Uint8Array(32).fill(2),
    commitDelayMs: 0,
  };
  const committer = new Committer({ world, chain, operator, log }, options);
  committer.start();
  await network.runUntil(() => tries === 6);
  const told = () => log.entries.filter(({ level }) => level === 'warn').map((e) => e.fields);
  expect(told()).toEqual([
    { error: 'nothing to pay with' },
    { cause: expect.anything() },
    { error: 'nothing to pay with' },
  ]);
  // The key was lost on the way; the next failure is news again.
  outcomes.push(poor, null);
  burnHeight += 10;
  for (const listener of heard) listener();
  await network.runUntil(() => tries === 8);
  expect(told()).toHaveLength(4);
  const stopped = committer.stop();
  let isDone = false;
  void stopped.then(() => {
    isDone = true;
  });
  await network.runUntil(() => isDone);
});
