/**
 * The shared secret of routes that change or cost something (`authorization: <token>`).
 * Source: stacks-core `connection_options.auth_token` (facts): 400 when the node has none,
 * 401 when the caller's is missing or wrong.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import type { HttpRequest, HttpResponse } from '@assay/world';
import { text } from './reply.ts';

/** Null: let through. */
export function refuseUnauthorized(
  request: HttpRequest,
  authToken: string | null,
): HttpResponse | null {
  if (authToken === null) return text(400, 'Bad Request.');
  const given = request.headers.get('authorization');
  return given !== undefined && isSame(given, authToken) ? null : text(401, 'Unauthorized');
}

/** In time that does not depend on where the texts differ. */
function isSame(given: string, expected: string): boolean {
  const a = bytesFromUtf8(given);
  const b = bytesFromUtf8(expected);
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ b[i]!;
  return difference === 0;
}
