/**
 * Routes of stacks-core that this node cannot answer, with the reason: a client learns more from it
 * than from "no such file". docs/differences-from-stacks.md lists them.
 */
import { text } from '../reply.ts';
import { type Route, route } from '../router.ts';

const NO_PEERS = 'mempool sync belongs to the peer-to-peer network, which this node does not have';
const NO_ATTACHMENTS = 'there are no attachments: BNS of Stacks 2 is not part of this chain';
const NO_EPOCH_2 = 'there are no blocks and microblocks of Stacks 2 on this chain; see /v3/blocks';

export function absentRoutes(): Route[] {
  const absent = (method: Route['method'], pattern: string, why: string): Route =>
    route(method, pattern, () => text(501, why));
  return [
    absent('POST', '/v2/mempool/query', NO_PEERS),
    absent('GET', '/v2/attachments/:hash', NO_ATTACHMENTS),
    absent('GET', '/v2/headers/:quantity', NO_EPOCH_2),
    absent('GET', '/v2/blocks/:id', NO_EPOCH_2),
    absent('POST', '/v2/blocks/upload/:consensusHash', NO_EPOCH_2),
    absent('GET', '/v2/microblocks/:id', NO_EPOCH_2),
    absent('POST', '/v2/microblocks', NO_EPOCH_2),
    absent('GET', '/v2/microblocks/confirmed/:id', NO_EPOCH_2),
    absent('GET', '/v2/microblocks/unconfirmed/:id/:sequence', NO_EPOCH_2),
  ];
}
