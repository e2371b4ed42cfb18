/** An HTTP server on loopback that answers as a node would, from a table of routes, for tests. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, encodeClarityValue } from '@assay/clarity-value';

export interface FakeRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly body: Uint8Array;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly html?: string;
}

/** Null: no such route, 404. */
export type FakeRoutes = (request: FakeRequest) => FakeAnswer | null;

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return new Uint8Array(Buffer.concat(parts));
}

export class FakeNode {
  readonly url: string;
  readonly requests: FakeRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server, requests: FakeRequest[]) {
    this.#server = server;
    this.requests = requests;
    const { port } = server.address() as { port: number };
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(routes: FakeRoutes): Promise<FakeNode> {
    const requests: FakeRequest[] = [];
    const server = createServer(async (incoming, outgoing) => {
      const { method = 'GET', url: path = '/' } = incoming;
      const request = { method, path, body: await bodyOf(incoming) };
      requests.push(request);
      const answer = routes(request) ?? { status: 404, text: 'no' };
      const { status = 200, json, text, bytes, html } = answer;
      const type = json !== undefined ? 'application/json' : html ? 'text/html' : 'text/plain';
      outgoing.writeHead(status, { 'content-type': type });
      outgoing.end(json !== undefined ? JSON.stringify(json) : (bytes ?? html ?? text ?? ''));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new FakeNode(server, requests);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Answer of `/v2/contracts/call-read`. */
export function readOnlyAnswer(value: ClarityValue): FakeAnswer {
  return { json: { okay: true, result: `0x${bytesToHex(encodeClarityValue(value))}` } };
}
