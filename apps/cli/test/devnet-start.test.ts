/**
 * What can go wrong before a devnet starts gets one sentence and the next step; what its children
 * print is readable; what the watcher sees becomes lines.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDevnet } from '../src/devnet/devnet.ts';
import { checkPortsFree, wantedPorts } from '../src/devnet/free-ports.ts';
import { DEFAULT_PORTS, layOut } from '../src/devnet/layout.ts';
import { readableLogLine } from '../src/devnet/log-line.ts';
import { Narrator } from '../src/devnet/narrator.ts';
import { Progress } from '../src/devnet/progress.ts';
import { lockFolder, processName, type Tenant } from '../src/folder-lock.ts';
import { UserError } from '../src/user-error.ts';
import { runCli } from './run-cli.ts';
import { SAMPLES } from './sample-results.ts';

/** A block of ports that nobody here uses; nothing is started on it. */
const freeBase = 28_300;

let folder = '';
let listener: Server;
let busy = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-devnet-'));
  listener = createServer();
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  busy = (listener.address() as { port: number }).port;
});
afterAll(async () => {
  await new Promise((done) => listener.close(done));
  rmSync(folder, { recursive: true, force: true });
});

async function problem(action: () => unknown): Promise<UserError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('ports', () => {
  it('covers every listener of the devnet, each once', () => {
    const wanted = wantedPorts(DEFAULT_PORTS, { signers: 3, hosts: 2 });
    expect(wanted.map(({ port }) => port)).toEqual([
      18443, 20443, 3999, 8080, 30000, 30001, 30002, 8000, 8001,
    ]);
  });

  it('names a port that somebody listens on, what it is for, and what to do', async () => {
    const error = await problem(() => checkPortsFree([{ port: busy, what: "the node's RPC" }]));
    expect(error.code).toBe('cli/port-in-use');
    expect(error.message).toBe(
      `Port ${busy}, where the node's RPC would listen, is in use by another program.`,
    );
    expect(error.next).toContain(`lsof -i :${busy}`);
    expect(error.next).toMatch(/--port-base 2[567]000/);
  });

  it('stops a devnet before it writes anything', async () => {
    const unused = join(folder, 'unused');
    const ports = { ...DEFAULT_PORTS, rpc: busy };
    const error = await problem(() =>
      runDevnet({
        folder: unused,
        reset: false,
        hosts: 1,
        bitcoinIntervalMs: 10_000,
        modelFile: undefined,
        question: '',
        ports,
      }),
    );
    expect(error.code).toBe('cli/port-in-use');
    expect(() => readFileSync(join(unused, 'genesis.json'))).toThrow();
  });
});

describe('the command line', () => {
  it.each(['zz', '0', '65530', '-1', '1.5'])('--port-base %s', async (base) => {
    const { err, code } = await runCli('assay', 'devnet', '--port-base', base);
    expect(code).toBe(1);
    expect(err).toContain(`--port-base is not a port with room above it: ${base}.`);
  });

  it('a second devnet in the same folder hears of the first, not of its ports', async () => {
    const place = join(folder, 'twice');
    lockFolder(place, 'devnet')();
    writeFileSync(join(place, 'devnet.pid'), `${processName(process.ppid)}\n`);
    const { err, code } = await runCli('assay', 'devnet', '--folder', place);
    expect(code).toBe(1);
    expect(err).toContain(`A devnet already runs in ${place} (process ${process.ppid}).`);
  });

  it('a folder that cannot be one is named, without a stack trace', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const line = ['devnet', '--folder', join(file, 'x'), '--port-base', String(freeBase)];
    const { err, code } = await runCli('assay', ...line);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .+ cannot be used: a part of its path is no folder\.\n {7}.+/);
  });
});

describe('options', () => {
  const options = {
    folder: '',
    reset: false,
    hosts: 2,
    bitcoinIntervalMs: 10_000,
    modelFile: undefined,
    question: '',
    ports: DEFAULT_PORTS,
  };

  it.each([
    [{ hosts: 0 }, 'cli/hosts'],
    [{ hosts: Number.NaN }, 'cli/hosts'],
    [{ hosts: 9 }, 'cli/hosts'],
    [{ bitcoinIntervalMs: 10 }, 'cli/interval'],
    [{ bitcoinIntervalMs: Number.NaN }, 'cli/interval'],
    [{ modelFile: '/nowhere/model.gguf' }, 'cli/no-model-file'],
  ])('%j', async (change, code) => {
    expect((await problem(() => runDevnet({ ...options, ...change }))).code).toBe(code);
  });
});

describe('the folder', () => {
  it.each<Tenant>(['devnet', 'node', 'signer', 'host'])(
    'belongs to one %s at a time; a lock of the dead does not count',
    async (tenant) => {
      const place = join(folder, `locked-${tenant}`);
      const file = join(place, `${tenant}.pid`);
      lockFolder(place, tenant)();
      writeFileSync(file, `${processName(process.ppid)}\n`);
      const error = await problem(() => lockFolder(place, tenant));
      expect(error.code).toBe('cli/folder-in-use');
      expect(error.message).toBe(`A ${tenant} already runs in ${place} (process ${process.ppid}).`);
      // One that is gone; and one that has the number of one that is gone.
      for (const dead of ['2147483646', `${process.ppid} 1`]) {
        writeFileSync(file, `${dead}\n`);
        lockFolder(place, tenant)();
      }
    },
  );

  it('keeps its genesis when laid out again, and forgets it on reset', () => {
    const place = join(folder, 'layout');
    const layout = { folder: place, ports: DEFAULT_PORTS, signers: 3, bitcoinIntervalMs: 10_000 };
    const path = join(place, 'genesis.json');
    layOut({ ...layout, hosts: 1 }, false);
    writeFileSync(path, '{}');
    layOut({ ...layout, hosts: 4 }, false);
    expect(readFileSync(path, 'utf8')).toBe('{}');
    layOut({ ...layout, hosts: 4 }, true);
    expect(JSON.parse(readFileSync(path, 'utf8')).signers).toHaveLength(3);
  });
});

describe('lines', () => {
  it('turns log lines of services into sentences, without noise and without what terminals obey', () => {
    const line = JSON.stringify({
      level: 50,
      time: 1,
      name: 'node',
      height: 7,
      cause: { name: 'Error', message: 'disk full' },
      msg: 'block lost\u001b[2J',
    });
    expect(readableLogLine(line)).toBe('block lost[2J, height 7, cause disk full');
    expect(readableLogLine('error: The port is in use.\n')).toBe('error: The port is in use.');
    expect(readableLogLine('x'.repeat(500)).length).toBeLessThan(210);
  });

  function narrate(isQuiet: boolean) {
    const lines: string[] = [];
    const progress = new Progress((line) => lines.push(line.replace(/^ *[0-9.]+ s {2}/, '')));
    return { lines, narrator: new Narrator(progress, () => isQuiet, 3) };
  }

  const block = {
    height: 4,
    id: 'ab'.repeat(32),
    signatures: 3,
    isTenureStart: true,
    consensusHash: 'cd'.repeat(20),
    transactions: [],
  };

  it('tells Bitcoin, tenures, signatures and requests', () => {
    const { lines, narrator } = narrate(false);
    narrator.nodeUp(0);
    narrator.bitcoin(103);
    narrator.block(block);
    narrator.hosts(2, 1);
    narrator.request(SAMPLES.inProgress.request);
    narrator.request(SAMPLES.success.request);
    narrator.request(SAMPLES.expired.request);
    expect(lines).toEqual([
      'node      answers, waits for its first tenure',
      'bitcoin   height 103',
      'block     4 signed by 3 of 3, opens tenure cdcdcdcdcdcdcdcd',
      'hosts     2 hosts registered, 1 model',
      'request   1 open: 0.1 STX in escrow, drawn to ST2FYS2R6HR2C30T7XVWD2N81EYNA3Q17NFXS7Q2K',
      'request   1 settled: 0.00119 STX paid to ST2FYS2R6HR2C30T7XVWD2N81EYNA3Q17NFXS7Q2K',
      'request   1 expired: 0.1 STX back to the user',
    ]);
  });

  it('is silent in quiet times, except about what somebody did', () => {
    const { lines, narrator } = narrate(true);
    narrator.bitcoin(104);
    narrator.block(block);
    expect(lines).toEqual([]);
    narrator.request(SAMPLES.inProgress.request);
    expect(lines).toHaveLength(1);
  });
});
