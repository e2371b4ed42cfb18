/** Pages for people, made at build time and given by whoever starts the node. */
import type { RpcOptions } from '../ports.ts';
import { type Route, route } from '../router.ts';

export function pageRoutes({ pages = [] }: RpcOptions): Route[] {
  return pages.map(({ path, html }) =>
    route('GET', path, () => ({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      },
      body: html,
    })),
  );
}
