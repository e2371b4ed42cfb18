/**
 * Before anything starts: is every port free? One sentence per port that is not, so that nobody has
 * to find the reason in a log.
 */
import { createServer } from 'node:net';
import { UserError } from '../user-error.ts';
import type { DevnetPorts } from './layout.ts';

export interface WantedPort {
  readonly port: number;
  /** What would listen there. */
  readonly what: string;
}

export function wantedPorts(
  ports: DevnetPorts,
  counts: { readonly signers: number; readonly hosts: number },
): WantedPort[] {
  const numbered = (first: number, count: number, what: string) =>
    Array.from({ length: count }, (_, i) => ({ port: first + i, what: `${what} ${i + 1}` }));
  return [
    { port: ports.bitcoin, what: 'Bitcoin' },
    { port: ports.rpc, what: "the node's RPC" },
    { port: ports.api, what: "the node's API for wallets" },
    { port: ports.gateway, what: 'the gateway' },
    ...numbered(ports.signer, counts.signers, 'signer'),
    ...numbered(ports.host, counts.hosts, 'host'),
  ];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** `port`, or the next one that is free: for services whose address nobody knows by heart. */
export async function nextFreePort(port: number): Promise<number> {
  for (let candidate = port; candidate < port + 100; candidate++) {
    if (await isFree(candidate)) return candidate;
  }
  return port;
}

/** @throws UserError cli/port-in-use */
export async function checkPortsFree(wanted: readonly WantedPort[]): Promise<void> {
  const busy: WantedPort[] = [];
  for (const each of wanted) if (!(await isFree(each.port))) busy.push(each);
  if (busy.length === 0) return;
  const sentences = busy.map(
    ({ port, what }) => `Port ${port}, where ${what} would listen, is in use by another program.`,
  );
  const ports = wanted.map(({ port }) => port);
  throw new UserError(
    'cli/port-in-use',
    sentences.join('\n       '),
    `If that is another devnet, stop it with Ctrl-C; \`lsof -i :${busy[0]!.port}\` shows who listens. ` +
      `Or use other ports: --port-base ${otherBase(ports)}.`,
  );
}

/** A block of ports well away from the ones that were wanted. */
function otherBase(ports: readonly number[]): number {
  return [25_000, 26_000, 27_000].find((base) =>
    ports.every((port) => port < base || port >= base + 100),
  )!;
}
