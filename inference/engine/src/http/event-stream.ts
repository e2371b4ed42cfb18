/**
 * The two ways model servers stream: server-sent events (`data: {…}` and a blank line, closed by
 * `data: [DONE]`) and one JSON value per line. Pieces come cut as the network cut them.
 * Source: WHATWG HTML 9.2 (event stream interpretation), of which only `data` fields matter here.
 */
import { EngineError } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';

/** Lines without their ends (LF, CR LF), the last one too when it lacks an end. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = parts.pop()!;
    if (rest.length > ENGINE_LIMITS.eventCharsMax) {
      throw new EngineError('engine/misbehaved', 'the server streams a line without end');
    }
    for (const line of parts) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text !== '') yield text;
    }
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest.trim();
}

/** The data of each event, up to `[DONE]`. Servers of models put every event on one line. */
export async function* eventsOf(pieces: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  for await (const line of linesOf(pieces)) {
    if (!line.startsWith('data:')) continue;
    const data = line.slice('data:'.length).trim();
    if (data === '[DONE]') return;
    yield data;
  }
}
