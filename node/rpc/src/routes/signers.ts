/**
 * What signers ask: the set of a cycle, how many blocks a key signed, and validation of proposals
 * (answered 202; the verdict follows as event `/proposal_response`).
 * Source: reference/stacks.md 5; stacks-clients.md 1.6; openapi examples (CC0).
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { rewardSlots } from '@assay/params';
import { decodeBlock } from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import { refuseUnauthorized } from '../auth.ts';
import type { RpcDeps, RpcOptions } from '../ports.ts';
import type { ProposalQueue } from '../proposals.ts';
import { json, okJson, undecodable } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import type { SignedBlockCounter } from '../signed-blocks.ts';
import { hashParam, heightParam, parseJsonBody } from '../state-request.ts';

export interface SignerRouteDeps {
  readonly queue: ProposalQueue;
  readonly counter: SignedBlockCounter;
}

export function signerRoutes(
  deps: RpcDeps,
  options: RpcOptions,
  { queue, counter }: SignerRouteDeps,
): Route[] {
  return [
    route('GET', '/v3/stacker_set/:cycle', (request) => stackerSet(deps, request)),
    route('GET', '/v3/signer/:publicKey/:cycle', (request) => {
      const key = hashParam(request, 'publicKey', 33);
      if (!key.ok) return key.response;
      const cycle = heightParam(request, 'cycle');
      if (!cycle.ok) return cycle.response;
      return okJson({ blocks_signed: counter.count(key.value, cycle.value) });
    }),
    route(
      'POST',
      '/v3/block_proposal',
      (request) => refuseUnauthorized(request, options.authToken) ?? propose(queue, request),
    ),
  ];
}

function stackerSet(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const cycle = heightParam(request, 'cycle');
  if (!cycle.ok) return cycle.response;
  const set = deps.coordinator.signerSet(cycle.value);
  if (set === null) {
    return json(400, {
      response: 'error',
      err_type: 'not_available_try_again',
      err_msg:
        'Could not read reward set. Prepare phase may not have started for this cycle yet. ' +
        `Cycle = ${cycle.value}, Err = PoXAnchorBlockRequired`,
    });
  }
  const total = set.signers.reduce((sum, signer) => sum + signer.weight, 0n);
  return okJson({
    stacker_set: {
      rewarded_addresses: [],
      start_cycle_state: { missed_reward_slots: [] },
      signers: set.signers.map((signer) => ({
        signing_key: bytesToHex(signer.publicKey),
        stacked_amt: signer.weight,
        weight: signer.weight,
      })),
      pox_ustx_threshold: total / BigInt(Math.max(1, rewardSlots(deps.network.pox))),
    },
  });
}

function propose(queue: ProposalQueue, request: RouteRequest): HttpResponse {
  const raw = parseJsonBody(request.body) as { block?: unknown; chain_id?: unknown } | null;
  const block = raw?.block;
  if (typeof block !== 'string' || !isHex(block) || typeof raw?.chain_id !== 'number') {
    return undecodable('Failed to parse body: it must be {"block": "<hex>", "chain_id": <number>}');
  }
  const decoded = decodeBlock(bytesFromHex(block));
  if (!decoded.ok) return undecodable(`Failed to parse body: ${decoded.error.message}`);
  if (!queue.add(decoded.value, raw.chain_id)) {
    return json(429, {
      result: 'Error',
      message: 'Could not process block proposal request: Proposal currently being evaluated',
    });
  }
  return json(202, {
    result: 'Accepted',
    message: 'Block proposal is processing, result will be returned via the event observer',
  });
}
