/**
 * From `npm start` (install and build done) to the first verified answer on chain, in seconds, with
 * the memory of all processes of the devnet at that moment. Aims: 15 s and 1.5 GB on 2 cores.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './row.ts';

/** Resident memory of a process group's members, in megabytes. */
function residentMb(parentPid: number): number {
  const table = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([parentPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of rows) {
      if (family.has(parent!) && !family.has(pid!)) {
        family.add(pid!);
        grew = true;
      }
    }
  }
  return rows.filter(([pid]) => family.has(pid!)).reduce((sum, [, , rss]) => sum + rss!, 0) / 1024;
}

async function portBase(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  await new Promise((done) => server.close(done));
  return port > 60_000 ? port - 10_000 : port;
}

async function once(): Promise<{ seconds: number; megabytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    ['bin/assay.mjs', 'devnet', '--folder', folder, '--port-base', String(await portBase())],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    let output = '';
    await new Promise<void>((done) => {
      // It is read to the end: a devnet whose reader goes away stops.
      child.stdout.on('data', (chunk) => {
        output += String(chunk);
        if (/verified/i.test(output)) done();
      });
      child.once('exit', () => done());
    });
    const seconds = (performance.now() - startedMs) / 1_000;
    return { seconds, megabytes: residentMb(child.pid!) };
  } finally {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGINT');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(): Promise<Row[]> {
  const { seconds, megabytes } = await once();
  const row = (name: string, ours: number, limit: number, unit: string): Row => ({
    bench: 'start',
    case: name,
    ours,
    peer: null,
    ratio: null,
    limit,
    unit,
  });
  return [
    row('devnet start to first verified answer', seconds, 15, 's (aim)'),
    row('resident memory of all processes', megabytes, 1_500, 'MB (aim)'),
  ];
}
