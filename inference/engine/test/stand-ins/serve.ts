/** A JSON server on loopback for tests. */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import type { HttpRequest, HttpResponse } from '@assay/world';
import { nodeWorld } from '@assay/world/node';

export type Body = Readonly<Record<string, unknown>>;
/** Status and body; a stream of JSON texts becomes one. */
export type Reply =
  | { readonly status?: number; readonly body: unknown }
  | { readonly lines: AsyncIterable<string> };
export type Route = (body: Body, request: HttpRequest) => Promise<Reply> | Reply;

export interface StandIn {
  readonly baseUrl: string;
  /** Requests so far, `METHOD path`. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** @param routes by `METHOD path`; what is not there is 404 */
export async function serve(routes: Readonly<Record<string, Route>>): Promise<StandIn> {
  const seen: string[] = [];
  const handler = async (request: HttpRequest): Promise<HttpResponse> => {
    const key = `${request.method} ${request.path}`;
    seen.push(key);
    const route = routes[key];
    if (route === undefined) return json(404, { error: { message: 'no such route' } });
    const body = request.body.length === 0 ? {} : JSON.parse(utf8FromBytes(request.body)!);
    const reply = await route(body as Body, request);
    if (!('lines' in reply)) return json(reply.status ?? 200, reply.body);
    const headers = { 'content-type': 'text/event-stream' };
    return { status: 200, headers, body: new Uint8Array(), stream: encode(reply.lines) };
  };
  const server = await nodeWorld().net.serve(
    { host: '127.0.0.1', port: 0, bodyBytesMax: 1 << 24 },
    handler,
  );
  return { baseUrl: `http://127.0.0.1:${server.port}`, seen, close: () => server.close() };
}

async function* encode(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const line of lines) yield bytesFromUtf8(line);
}

function json(status: number, value: unknown): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: bytesFromUtf8(JSON.stringify(value)) };
}
