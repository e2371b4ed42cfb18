/**
 * The node's HTTP door: one pure handler for all routes, to be served on as many ports as wanted
 * (20443 as a Stacks node, 3999 as the API that wallets look for). Knows no sockets.
 */
import type { Store } from '@assay/store';
import type { HttpHandler } from '@assay/world';
import { InferenceService } from './inference/service.ts';
import { LongPoll, type NewsSource } from './long-poll.ts';
import type { RpcDeps, RpcOptions } from './ports.ts';
import { ProposalQueue, type ProposalResponse } from './proposals.ts';
import { createRouter, type Route, route } from './router.ts';
import { absentRoutes } from './routes/absent.ts';
import { accountRoutes } from './routes/accounts.ts';
import { bitcoinRoutes } from './routes/bitcoin.ts';
import { blockRoutes } from './routes/blocks.ts';
import { contractRoutes } from './routes/contracts.ts';
import { extendedRoutes } from './routes/extended.ts';
import { feeRoutes } from './routes/fees.ts';
import { inferenceRoutes } from './routes/inference.ts';
import { infoRoutes } from './routes/info.ts';
import { pageRoutes } from './routes/pages.ts';
import { signerRoutes } from './routes/signers.ts';
import { simulateRoutes } from './routes/simulate.ts';
import { sortitionRoutes } from './routes/sortitions.ts';
import { stackerDbRoutes } from './routes/stackerdb.ts';
import { transactionRoutes } from './routes/transactions.ts';
import { SignedBlockCounter } from './signed-blocks.ts';

export interface Rpc {
  readonly handler: HttpHandler;
  readonly inference: InferenceService;
  /** Verdicts on proposed blocks, for the event observers. Returns the way to stop. */
  onProposalResponse(listener: (response: ProposalResponse) => void): () => void;
  /** Ends long polls. */
  stop(): void;
}

/** @param store the RPC's own corner of the node's database (inference index, content) */
export function createRpc(deps: RpcDeps & { readonly store: Store }, options: RpcOptions): Rpc {
  const { world, proposals, network, log } = deps;
  const queue = new ProposalQueue({ world, proposals, chainId: network.chainId, log });
  const service = new InferenceService(deps, deps.store);
  const onTip: NewsSource = (wake) => deps.coordinator.onTip(wake);
  const longPoll = new LongPoll(world, onTip);
  const news = new LongPoll(world, onTip, (wake) => service.onVerdicts(wake));
  const counter = new SignedBlockCounter(deps);
  const routes: Route[] = [
    ...infoRoutes(deps, options),
    ...accountRoutes(deps),
    ...contractRoutes(deps, options),
    ...transactionRoutes(deps),
    ...feeRoutes(deps),
    ...blockRoutes(deps, options),
    ...simulateRoutes(deps, options),
    ...absentRoutes(),
    ...sortitionRoutes(deps),
    ...bitcoinRoutes(deps),
    ...pageRoutes(options),
    ...signerRoutes(deps, options, { queue, counter }),
    ...stackerDbRoutes(deps),
    ...inferenceRoutes(deps, { service, longPoll, news }),
    ...extendedRoutes(deps, options),
    ...metricsRoutes(deps),
  ];
  return {
    handler: createRouter(routes, {
      log,
      nowMs: () => world.clock.nowMs(),
      onAnswer: requestMetrics(deps),
    }),
    inference: service,
    onProposalResponse: (listener) => queue.onResponse(listener),
    stop: () => {
      longPoll.stop();
      news.stop();
    },
  };
}

const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10];

function requestMetrics({ metrics }: RpcDeps) {
  const seconds = metrics?.histogram('rpc_request_seconds', 'Time to answer, by route', SECONDS);
  const answers = metrics?.counter('rpc_answers_total', 'Answers by route and status');
  return (pattern: string, status: number, elapsedMs: number): void => {
    seconds?.observe(elapsedMs / 1000, { route: pattern });
    answers?.add(1, { route: pattern, status: String(status) });
  };
}

function metricsRoutes({ metrics }: RpcDeps): Route[] {
  if (metrics === undefined) return [];
  const headers = { 'content-type': 'text/plain; version=0.0.4' };
  return [
    route('GET', '/metrics', () => ({
      status: 200,
      headers,
      body: new TextEncoder().encode(metrics.render()),
    })),
  ];
}
