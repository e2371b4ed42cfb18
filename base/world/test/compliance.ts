/**
 * What every `World` must do. Run against the real adapter and the simulated one.
 */
import { describe, expect, it } from 'vitest';
import type { World } from '../src/index.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

export interface Arena {
  readonly world: World;
  readonly folder: string;
  /** Lets the scenario run to its end (drives virtual time in a simulation). */
  readonly play: <T>(scenario: () => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

export function complies(name: string, open: () => Promise<Arena>): void {
  const scenario = (title: string, body: (arena: Arena) => Promise<void>) =>
    it(title, async () => {
      const arena = await open();
      try {
        await arena.play(() => body(arena));
      } finally {
        await arena.close();
      }
    });

  describe(`${name} complies`, () => {
    scenario('HTTP carries method, path, query, headers and body both ways', async ({ world }) => {
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 1000 },
        async (request) => ({
          status: 201,
          headers: { 'X-Seen': request.headers.get('x-mark') ?? '' },
          body: bytes(
            [request.method, request.path, request.query.get('a'), text(request.body)].join(' '),
          ),
        }),
      );
      const answer = await world.net.fetch(`http://127.0.0.1:${server.port}/v2/x?a=1%202&a=9`, {
        method: 'PUT',
        headers: { 'X-Mark': 'm' },
        body: bytes('hello'),
      });
      expect(answer.status).toBe(201);
      expect(answer.headers['x-seen']).toBe('m');
      expect(text(answer.body)).toBe('PUT /v2/x 1 2 hello');
      await server.close();
    });

    scenario('a body over the bound is 413 and never reaches the handler', async ({ world }) => {
      let calls = 0;
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
        async () => {
          calls += 1;
          return { status: 200, headers: {}, body: new Uint8Array(0) };
        },
      );
      const url = `http://127.0.0.1:${server.port}/`;
      expect((await world.net.fetch(url, { body: new Uint8Array(11) })).status).toBe(413);
      expect((await world.net.fetch(url, { body: new Uint8Array(10) })).status).toBe(200);
      expect(calls).toBe(1);
      await server.close();
    });

    scenario('failures have codes', async ({ world }) => {
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
        async (request) => {
          if (request.path === '/slow') await world.timers.sleep(5_000);
          if (request.path === '/throw') throw new Error('planted');
          return { status: 200, headers: {}, body: new Uint8Array(2000) };
        },
      );
      const url = `http://127.0.0.1:${server.port}`;
      const options = { host: '127.0.0.1', port: server.port, bodyBytesMax: 1 };
      const codes = await Promise.all([
        codeOf(
          world.net.serve(options, async () => ({ status: 200, headers: {}, body: bytes('') })),
        ),
        codeOf(world.net.fetch(`${url}/slow`, { timeoutMs: 50 })),
        codeOf(world.net.fetch(`${url}/`, { bodyBytesMax: 100 })),
        codeOf(world.net.fetch('http://127.0.0.1:1/')),
        codeOf(world.net.fetch('nonsense')),
        codeOf(world.net.fetch(`${url}/`, { signal: AbortSignal.abort() })),
      ]);
      expect(codes).toEqual([
        'world/port-in-use',
        'world/timeout',
        'world/too-large',
        'world/unreachable',
        'world/unreachable',
        'world/aborted',
      ]);
      expect((await world.net.fetch(`${url}/throw`)).status).toBe(500);
      await server.close();
      expect(await codeOf(world.net.fetch(`${url}/`, { timeoutMs: 2_000 }))).toBe(
        'world/unreachable',
      );
    });

    scenario('an answer in pieces arrives in order, whole for fetch', async ({ world }) => {
      let left = 0;
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
        async (request) => ({
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: bytes(''),
          stream: (async function* () {
            request.signal?.addEventListener('abort', () => {
              left += 1;
            });
            for (const part of ['one ', 'two ', 'three']) {
              yield bytes(part);
              await world.timers.sleep(20);
            }
          })(),
        }),
      );
      const url = `http://127.0.0.1:${server.port}/`;
      const answer = await world.net.stream(url, { body: bytes('x') });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/event-stream');
      const pieces: string[] = [];
      for await (const piece of answer.pieces) pieces.push(text(piece));
      expect(pieces.join('')).toBe('one two three');
      expect(pieces.length).toBeGreaterThan(1);
      expect(text((await world.net.fetch(url)).body)).toBe('one two three');
      await world.timers.sleep(50);
      expect(left).toBe(0);
      await server.close();
    });

    scenario('who leaves a stream early is noticed', async ({ world }) => {
      const seen: string[] = [];
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
        async (request) => ({
          status: 200,
          headers: {},
          body: bytes(''),
          stream: (async function* () {
            request.signal?.addEventListener('abort', () => seen.push('signal'));
            try {
              for (;;) {
                yield bytes('tick ');
                await world.timers.sleep(10);
              }
            } finally {
              seen.push('returned');
            }
          })(),
        }),
      );
      const url = `http://127.0.0.1:${server.port}/`;
      for await (const piece of (await world.net.stream(url)).pieces) {
        expect(text(piece)).toContain('tick');
        break;
      }
      const abort = new AbortController();
      const answer = await world.net.stream(url, { signal: abort.signal });
      world.timers.after(30, () => abort.abort());
      expect(await codeOf(drain(answer.pieces))).toBe('world/aborted');
      for (let i = 0; i < 100 && seen.length < 4; i++) await world.timers.sleep(20);
      expect(seen.sort()).toEqual(['returned', 'returned', 'signal', 'signal']);
      await server.close();
    });

    scenario('a stream that breaks, stalls or grows too large has a code', async ({ world }) => {
      const server = await world.net.serve(
        { host: '127.0.0.1', port: 0, bodyBytesMax: 10 },
        async (request) => ({
          status: 200,
          headers: {},
          body: bytes(''),
          stream: (async function* () {
            yield new Uint8Array(50);
            if (request.path === '/break') throw new Error('planted');
            if (request.path === '/stall') await world.timers.sleep(5_000, request.signal);
            yield new Uint8Array(51);
          })(),
        }),
      );
      const code = async (path: string, options: object) => {
        const url = `http://127.0.0.1:${server.port}${path}`;
        return codeOf(drain((await world.net.stream(url, options)).pieces));
      };
      expect(await code('/break', {})).toBe('world/unreachable');
      expect(await code('/stall', { idleMs: 50 })).toBe('world/timeout');
      expect(await code('/large', { bodyBytesMax: 100 })).toBe('world/too-large');
      expect(await code('/large', { bodyBytesMax: 101 })).toBe('none');
      await server.close();
    });

    scenario('timers fire, repeat, cancel; sleep ends early on abort', async ({ world }) => {
      const seen: string[] = [];
      world.timers.after(20, () => seen.push('after'));
      world.timers.after(10, () => seen.push('never')).cancel();
      const every = world.timers.every(15, () => seen.push('every'));
      const abort = new AbortController();
      world.timers.after(5, () => abort.abort());
      expect(await world.timers.sleep(10_000, abort.signal)).toBe(false);
      // A busy machine fires late: wait for three ticks, not for a time.
      for (let i = 0; i < 100 && seen.filter((what) => what === 'every').length < 3; i++) {
        expect(await world.timers.sleep(30)).toBe(true);
      }
      every.cancel();
      const count = seen.length;
      expect(seen).toContain('after');
      expect(seen).not.toContain('never');
      expect(seen.filter((what) => what === 'every').length).toBeGreaterThan(2);
      await world.timers.sleep(50);
      expect(seen.length).toBe(count);
    });

    scenario('files: absent is null, writes replace, folders list', async ({ world, folder }) => {
      const { files } = world;
      expect(await files.read(`${folder}/none`)).toBeNull();
      expect(await files.list(`${folder}/none`)).toEqual([]);
      await files.write(`${folder}/deep/b`, bytes('one'));
      await files.write(`${folder}/deep/b`, bytes('two'));
      await files.write(`${folder}/deep/a`, bytes(''));
      expect(text((await files.read(`${folder}/deep/b`))!)).toBe('two');
      expect(await files.list(`${folder}/deep`)).toEqual(['a', 'b']);
      await files.remove(`${folder}/deep/b`);
      await files.remove(`${folder}/deep/b`);
      expect(await files.list(`${folder}/deep`)).toEqual(['a']);
    });
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}
