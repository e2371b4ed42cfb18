/** Server-sent events as OpenAI's API sends them: `data: {json}`, and `data: [DONE]` at the end. */
import { bytesFromUtf8 } from '@assay/bytes';

export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store',
  // Proxies such as nginx must not collect what is meant to be seen at once.
  'x-accel-buffering': 'no',
} as const;

export function event(value: unknown): Uint8Array {
  return bytesFromUtf8(`data: ${JSON.stringify(value)}\n\n`);
}

export const DONE: Uint8Array = bytesFromUtf8('data: [DONE]\n\n');
/** A comment: keeps connections open that would be cut for silence. */
export const KEEP_ALIVE: Uint8Array = bytesFromUtf8(': keep-alive\n\n');
