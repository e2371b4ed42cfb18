import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimNetwork, type SimWorld } from '../src/sim.ts';
import { complies } from './compliance.ts';

complies('SimWorld', async () => {
  const network = new SimNetwork({ seed: 1 });
  return {
    world: network.world('p'),
    folder: '/data',
    async play(scenario) {
      let outcome: Promise<unknown> | null = null;
      let isDone = false;
      outcome = scenario().finally(() => {
        isDone = true;
      });
      outcome.catch(() => {});
      await network.runUntil(() => isDone);
      return outcome as Promise<never>;
    },
    close: async () => {},
  };
});

/** Processes that gossip random bytes to random others and count what comes back. */
function gossip(network: SimNetwork, count: number): string[] {
  const log: string[] = [];
  for (let i = 0; i < count; i++) {
    network.start(`p${i}`, async (world: SimWorld) => {
      await world.net.serve({ host: '127.0.0.1', port: 7000 + i, bodyBytesMax: 100 }, async (r) => {
        if (r.body[0]! % 3 === 0) await world.timers.sleep(r.body[0]!);
        log.push(`${world.clock.nowMs()} p${i} got ${r.body.join('.')}`);
        return { status: 200, headers: {}, body: world.random.bytes(2) };
      });
      for (;;) {
        await world.timers.sleep(1 + world.random.bytes(1)[0]!);
        const port = 7000 + (world.random.bytes(1)[0]! % count);
        await world.net
          .fetch(`http://127.0.0.1:${port}/`, { body: world.random.bytes(4), timeoutMs: 300 })
          .then((answer) => log.push(`p${i} heard ${answer.body.join('.')}`))
          .catch((error) => log.push(`p${i} ${error.code}`));
      }
    });
  }
  return log;
}

async function play(seed: number): Promise<{ log: string[]; digest: string; trace: unknown }> {
  const network = new SimNetwork({ seed });
  const log = gossip(network, 4);
  network.disturb('*', '*', { dropChance: 0.1 });
  network.schedule(1_000, () => network.crash('p1'));
  network.schedule(1_500, () => network.restart('p1'));
  network.schedule(2_000, () =>
    network.partition([
      ['p0', 'p1'],
      ['p2', 'p3'],
    ]),
  );
  network.schedule(2_500, () => network.heal());
  await network.run(4_000);
  expect(network.failures).toEqual([]);
  return { log, digest: network.traceDigest(), trace: network.trace };
}

describe('determinism', () => {
  it('same seed, same trace, under drops, crashes and partitions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const [first, second] = [await play(seed), await play(seed)];
        expect(second.log).toEqual(first.log);
        expect(second.trace).toEqual(first.trace);
        expect(second.digest).toBe(first.digest);
        expect(first.log.length).toBeGreaterThan(50);
      }),
      { numRuns: 8 },
    );
  });

  it('another seed, another trace', async () => {
    expect((await play(1)).digest).not.toBe((await play(2)).digest);
  });

  it('events of one instant run in the order they were made', async () => {
    const network = new SimNetwork({ seed: 0 });
    const seen: number[] = [];
    for (let i = 0; i < 200; i++) network.schedule(i % 2 === 0 ? 5 : 3, () => seen.push(i));
    await network.run(10);
    const odd = [...Array(100).keys()].map((i) => 2 * i + 1);
    expect(seen).toEqual([...odd, ...odd.map((i) => i - 1)]);
  });
});

describe('faults', () => {
  const serve = (world: SimWorld) =>
    world.net.serve({ host: '127.0.0.1', port: 80, bodyBytesMax: 9 }, async () => {
      await world.timers.sleep(50);
      return { status: 200, headers: {}, body: new Uint8Array(0) };
    });
  const ask = (world: SimWorld) => {
    const seen: string[] = [];
    world.net.fetch('http://127.0.0.1/', { timeoutMs: 200 }).then(
      (answer) => seen.push(String(answer.status)),
      (error) => seen.push(error.code),
    );
    return seen;
  };

  it('a crash breaks requests, stops timers and keeps files', async () => {
    const network = new SimNetwork({ seed: 5 });
    let ticks = 0;
    network.start('server', async (world) => {
      await world.files.write('/state', new Uint8Array([ticks]));
      world.timers.every(10, () => {
        ticks += 1;
      });
      await serve(world);
    });
    await network.run(20);
    const seen = ask(network.world('client'));
    await network.run(20);
    network.crash('server');
    await network.run(5);
    expect(seen).toEqual(['world/unreachable']);
    const before = ticks;
    await network.run(1_000);
    expect(ticks).toBe(before);
    expect(ask(network.world('client'))).toEqual([]);
    network.restart('server');
    await network.run(20);
    expect(await network.world('server').files.read('/state')).toEqual(new Uint8Array([before]));
    const again = ask(network.world('client'));
    await network.run(100);
    expect(again).toEqual(['200']);
  });

  it('a crashed caller never resumes', async () => {
    const network = new SimNetwork({ seed: 6 });
    network.start('server', serve);
    const client = network.world('client');
    await network.run(5);
    const seen = ask(client);
    let didWake = false;
    client.timers.sleep(30).then(() => {
      didWake = true;
    });
    await network.run(10);
    network.crash('client');
    await network.run(1_000);
    expect(seen).toEqual([]);
    expect(didWake).toBe(false);
  });

  it('a partition is silence until the timeout, and heals', async () => {
    const network = new SimNetwork({ seed: 7 });
    network.start('server', serve);
    await network.run(5);
    network.partition([['server'], ['client']]);
    const seen = ask(network.world('client'));
    await network.run(199);
    expect(seen).toEqual([]);
    await network.run(2);
    expect(seen).toEqual(['world/timeout']);
    network.heal();
    const again = ask(network.world('client'));
    await network.run(100);
    expect(again).toEqual(['200']);
  });

  it('held real work stops virtual time', async () => {
    const network = new SimNetwork({ seed: 8 });
    let atMs = 0;
    network.start('p', async (world) => {
      await network.hold(new Promise((resolve) => setTimeout(resolve, 30)));
      atMs = world.clock.nowMs();
    });
    const startMs = network.nowMs;
    await network.run(1_000);
    expect(atMs).toBe(startMs);
  });

  it('an escaped exception is answered with 500 and recorded', async () => {
    const network = new SimNetwork({ seed: 9 });
    network.start('server', (world) =>
      world.net.serve({ host: '127.0.0.1', port: 80, bodyBytesMax: 9 }, async () => {
        throw new Error('planted');
      }),
    );
    await network.run(5);
    const seen = ask(network.world('client'));
    await network.run(50);
    expect(seen).toEqual(['500']);
    expect(network.failures.length).toBe(1);
  });
});
