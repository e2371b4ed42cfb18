/**
 * A node as the checks see it: somebody who is asked for bytes and believed in nothing. The command
 * line and the page each bring their own; `httpSource` is the plain one over `fetch`.
 */

export interface NodeSource {
  /** @throws SourceError (or the program's own error) when nobody answers */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The same kind of source at another address, for transcripts that only the host has. */
  at(url: string): NodeSource;
}

/** Nobody answers, or answers with nonsense. Says nothing about the thing that is checked. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

const TIMEOUT_MS = 20_000;

/** @param url without a path, e.g. `http://127.0.0.1:20443` */
export function httpSource(url: string): NodeSource {
  const base = url.replace(/\/+$/, '');
  return {
    async request(path, init) {
      try {
        return await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (cause) {
        throw new SourceError(`nobody answers at ${base}`, { cause });
      }
    },
    at: httpSource,
  };
}

/** Undefined when the body is not JSON. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** The JSON of a 2xx answer, null otherwise. */
export async function fetchJson(node: NodeSource, path: string): Promise<unknown> {
  const response = await node.request(path);
  return response.ok ? ((await jsonOf(response)) ?? null) : null;
}
