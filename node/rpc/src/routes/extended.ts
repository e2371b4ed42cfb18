/**
 * The few routes of Hiro's extended API that node-level libraries call: nonces, balances, block
 * times, one transaction, status, rewards (none on this chain yet), and the devnet faucet.
 * Source: reference/stacks-clients.md 1.2 to 1.4; golden answers vectors/hiro-api.
 */
import { bytesToHex } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import { extendedTransaction, pendingTransaction } from '../extended-transaction.ts';
import type { Json } from '../json.ts';
import { findTransaction } from '../mined-transaction.ts';
import type { RpcDeps, RpcOptions } from '../ports.ts';
import { apiError, json, okJson } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { hex0x, parseHash, parseJsonBody } from '../state-request.ts';

export function extendedRoutes(deps: RpcDeps, options: RpcOptions): Route[] {
  const address = '/extended/v1/address/:principal';
  const onPrincipal =
    (answer: (principal: string, request: RouteRequest) => HttpResponse) =>
    (request: RouteRequest): HttpResponse => {
      const principal = request.params.principal!;
      if (!parsePrincipal(principal).ok) return invalidPrincipal();
      return answer(principal, request);
    };
  const status = () => okJson(statusJson(deps, options));
  return [
    route('GET', '/extended', status),
    route('GET', '/extended/v1/status', status),
    route(
      'GET',
      `${address}/nonces`,
      onPrincipal((who) => okJson(nonces(deps, who))),
    ),
    route(
      'GET',
      `${address}/stx`,
      onPrincipal((who) => okJson(stxBalance(deps, who))),
    ),
    route(
      'GET',
      `${address}/balances`,
      onPrincipal((who) =>
        okJson({ stx: stxBalance(deps, who), fungible_tokens: {}, non_fungible_tokens: {} }),
      ),
    ),
    route('GET', '/extended/v1/info/network_block_times', () =>
      okJson({ mainnet: { target_block_time: 600 }, testnet: { target_block_time: 120 } }),
    ),
    route('GET', '/extended/v1/tx/:txid', (request) => transaction(deps, request)),
    route('GET', '/extended/v1/tx/:txid/raw', (request) => rawTransaction(deps, request)),
    route('GET', '/extended/v1/contract/:contract', (request) => contract(deps, request)),
    route('GET', '/extended/v1/burnchain/rewards/:address', emptyPage),
    route('GET', '/extended/v1/burnchain/rewards/:address/total', (request) =>
      okJson({ reward_recipient: request.params.address!, reward_amount: '0' }),
    ),
    route('GET', '/extended/v1/burnchain/reward_slot_holders/:address', emptyPage),
    route('POST', '/extended/v1/faucets/stx', (request) => faucet(deps, request)),
  ];
}

function invalidPrincipal(): HttpResponse {
  return apiError(
    400,
    'params/principal must be a Stacks address or a contract id',
    'FST_ERR_VALIDATION',
  );
}

function emptyPage(request: RouteRequest): HttpResponse {
  const number = (name: string, otherwise: number) => Number(request.query.get(name) ?? otherwise);
  return okJson({
    limit: number('limit', 96),
    offset: number('offset', 0),
    total: 0,
    results: [],
  });
}

function statusJson(deps: RpcDeps, options: RpcOptions): Json {
  const tip = deps.coordinator.tip();
  return {
    server_version: options.serverVersion,
    status: 'ready',
    chain_tip: {
      block_height: tip.height,
      block_hash: hex0x(tip.blockHash),
      index_block_hash: hex0x(tip.blockId),
      burn_block_height: tip.burnView.burnHeight,
    },
  };
}

/** The next nonce counts what is pending; a gap in the pending ones is told. */
function nonces(deps: RpcDeps, principal: string): Json {
  const view = deps.chain.view(deps.coordinator.tip().blockId);
  const { nonce } = view.account(principal);
  const pending = deps.mempool.pendingNonces(principal).filter((held) => held >= nonce);
  const last = pending.at(-1) ?? null;
  const held = new Set(pending);
  const missing: bigint[] = [];
  for (let wanted = nonce; last !== null && wanted < last; wanted++) {
    if (!held.has(wanted)) missing.unshift(wanted);
  }
  return {
    last_mempool_tx_nonce: last,
    last_executed_tx_nonce: nonce === 0n ? null : nonce - 1n,
    possible_next_nonce: last === null ? nonce : last + 1n,
    detected_missing_nonces: missing,
    detected_mempool_nonces: pending.reverse(),
  };
}

/** Totals sent and received are an indexer's business and read "0" here. */
function stxBalance(deps: RpcDeps, principal: string): Json {
  const view = deps.chain.view(deps.coordinator.tip().blockId);
  const account = view.account(principal);
  const total = (account.balanceMicro + account.lockedMicro).toString();
  return {
    balance: total,
    total_miner_rewards_received: '0',
    lock_tx_id: '',
    locked: account.lockedMicro.toString(),
    lock_height: 0,
    burnchain_lock_height: 0,
    burnchain_unlock_height: account.unlockHeight,
    estimated_balance: total,
    pending_balance_inbound: '0',
    pending_balance_outbound: '0',
    total_sent: '0',
    total_received: '0',
    total_fees_sent: '0',
  };
}

const TXID_PATTERN = 'params/tx_id must match pattern "^(0x)?[a-fA-F0-9]{64}$"';
const NO_TRANSACTION = 'could not find transaction by ID';

function transaction(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const txid = parseHash(request.params.txid!, 32);
  if (txid === null) return apiError(400, TXID_PATTERN, 'FST_ERR_VALIDATION');
  const mined = findTransaction(deps, txid);
  if (mined !== null) return okJson(extendedTransaction(deps, mined));
  const pending = deps.mempool.transaction(txid);
  if (pending !== null) return okJson(pendingTransaction(pending, 'pending'));
  return apiError(404, NO_TRANSACTION);
}

function rawTransaction(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const txid = parseHash(request.params.txid!, 32);
  if (txid === null) return apiError(400, TXID_PATTERN, 'FST_ERR_VALIDATION');
  const bytes =
    deps.mempool.transaction(txid)?.checked.bytes ?? findTransaction(deps, txid)?.bytes ?? null;
  return bytes === null ? apiError(404, NO_TRANSACTION) : okJson({ raw_tx: hex0x(bytes) });
}

function contract(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const contractId = request.params.contract!;
  const principal = parsePrincipal(contractId);
  if (!principal.ok || principal.value.contractName === null) return invalidPrincipal();
  const view = deps.chain.view(deps.coordinator.tip().blockId);
  const source = view.contractSource(contractId);
  if (source === null) return apiError(404, `cannot find contract by ID ${contractId}`);
  return okJson({
    tx_id: `0x${'0'.repeat(64)}`,
    canonical: true,
    contract_id: contractId,
    block_height: source.publishHeight,
    clarity_version: source.clarityVersion,
    source_code: source.source,
    abi: JSON.stringify(view.contractInterface(contractId)),
  });
}

async function faucet(deps: RpcDeps, request: RouteRequest): Promise<HttpResponse> {
  if (deps.faucet === undefined) return apiError(404, 'this node has no faucet');
  const body = parseJsonBody(request.body) as { address?: unknown } | null;
  const recipient = request.query.get('address') ?? body?.address;
  if (typeof recipient !== 'string' || !parsePrincipal(recipient).ok) {
    return apiError(400, 'address must be a Stacks address');
  }
  const sent = await deps.faucet.send(recipient);
  if (!sent.ok) return json(500, { success: false, error: sent.error.message });
  return okJson({
    success: true,
    txId: `0x${bytesToHex(sent.value.txid)}`,
    txRaw: bytesToHex(sent.value.bytes),
  });
}
