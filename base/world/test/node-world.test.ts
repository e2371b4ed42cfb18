import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeWorld } from '../src/node.ts';
import { complies } from './compliance.ts';

complies('nodeWorld', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-world-'));
  return {
    world: nodeWorld(),
    folder,
    play: (scenario) => scenario(),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

it('a file is private by default and leaves no temporary behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-world-'));
  const { files } = nodeWorld();
  await Promise.all([1, 2, 3].map((n) => files.write(join(folder, 'key'), new Uint8Array([n]))));
  expect(await readdir(folder)).toEqual(['key']);
  expect((await stat(join(folder, 'key'))).mode & 0o777).toBe(0o600);
  await rm(folder, { recursive: true });
});

it('connections are kept alive and closing a server cuts a hanging request off', async () => {
  const world = nodeWorld();
  const server = await world.net.serve(
    { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
    async (request) => {
      if (request.path === '/hang') await new Promise(() => {});
      return { status: 204, headers: {}, body: new Uint8Array(0) };
    },
  );
  const url = `http://127.0.0.1:${server.port}`;
  for (let i = 0; i < 50; i++) expect((await world.net.fetch(url)).status).toBe(204);
  const hanging = world.net.fetch(`${url}/hang`).catch((error) => error.code);
  await world.timers.sleep(20);
  await server.close();
  expect(await hanging).toBe('world/unreachable');
});
