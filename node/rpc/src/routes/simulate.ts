/**
 * What-if: a block executed again, other transactions in its place, one transaction on a tip. Nothing
 * is kept. As much work as a block, so each asks for the token.
 * Source: stacks-core `net/api/{blockreplay,blocksimulate,txsimulate}.rs` (facts); openapi (CC0).
 */
import { bytesEqual, bytesFromHex, bytesToHex, err, isHex, ok, type Result } from '@assay/bytes';
import type {
  BlockContext,
  Receipt,
  Simulation,
  SimulationOptions,
  StoredHeader,
} from '@assay/chainstate';
import { encodeClarityValue, parsePrincipal } from '@assay/clarity-value';
import { merkleRoot } from '@assay/crypto';
import { TENURE_COST_LIMIT } from '@assay/params';
import {
  blockHash,
  blockIdFrom,
  decodeTransaction,
  encodeTransaction,
  type NakamotoBlockHeader,
  type Transaction,
  transactionId,
} from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import { refuseUnauthorized } from '../auth.ts';
import { costJson } from '../block-json.ts';
import { observerEvent } from '../events/event-json.ts';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import { readBlock } from '../mined-transaction.ts';
import type { RpcDeps, RpcOptions } from '../ports.ts';
import { badRequest, notFound, okJson, text, undecodable } from '../reply.ts';
import { type Route, type RouteHandler, route } from '../router.ts';
import { hashParam, hex0x, type Parsed, parseJsonBody, requestedTip } from '../state-request.ts';

export function simulateRoutes(deps: RpcDeps, { authToken }: RpcOptions): Route[] {
  const guarded =
    (handle: RouteHandler): RouteHandler =>
    (request) =>
      refuseUnauthorized(request, authToken) ?? handle(request);
  return [
    route(
      'GET',
      '/v3/blocks/replay/:id',
      guarded((request) => {
        const id = hashParam(request, 'id', 32);
        return id.ok ? rerun(deps, id.value, null) : id.response;
      }),
    ),
    route(
      'POST',
      '/v3/blocks/simulate/:id',
      guarded((request) => {
        const id = hashParam(request, 'id', 32);
        if (!id.ok) return id.response;
        const script = parseScript(request.body);
        return script.ok ? rerun(deps, id.value, script.value) : script.response;
      }),
    ),
    route(
      'POST',
      '/v3/transactions/simulate',
      guarded((request) => {
        const raw = parseJsonBody(request.body) as { transaction_hex?: unknown } | null;
        const tx = parseTransaction(raw?.transaction_hex);
        if (!tx.ok) return tx.response;
        const tip = requestedTip(deps, request);
        return tip === null ? notFound('No such chain tip\n') : simulateOne(deps, tip, tx.value);
      }),
    ),
  ];
}

/** Other transactions for a block, and money that appears before them. */
interface Script {
  readonly transactions: readonly Transaction[];
  readonly mints: NonNullable<SimulationOptions['mints']>;
}

function parseScript(body: Uint8Array): Parsed<Script> {
  const refuse = (why: string): Parsed<never> => ({ ok: false, response: undecodable(why) });
  const raw = parseJsonBody(body) as { transactions_hex?: unknown; mint?: unknown } | null;
  const hexes = raw?.transactions_hex;
  const given = raw?.mint ?? [];
  if (!Array.isArray(hexes) || !Array.isArray(given)) {
    return refuse('Failed to parse body: it must be {"transactions_hex": [...], "mint": [...]}');
  }
  const { simulatedTransactionsMax: most } = RPC_LIMITS;
  if (hexes.length > most || given.length > most) {
    return refuse(`Failed to parse body: more than ${most} transactions or mints`);
  }
  const transactions: Transaction[] = [];
  for (const hex of hexes) {
    const tx = parseTransaction(hex);
    if (!tx.ok) return tx;
    transactions.push(tx.value);
  }
  const mints: { principal: string; amountMicro: bigint }[] = [];
  for (const item of given as { principal?: unknown; amount?: unknown }[]) {
    const { principal, amount } = item ?? {};
    const isAmount = typeof amount === 'number' && Number.isSafeInteger(amount) && amount >= 0;
    if (typeof principal !== 'string' || !parsePrincipal(principal).ok || !isAmount) {
      return refuse('Failed to parse body: mint takes {"principal": "ST...", "amount": <number>}');
    }
    mints.push({ principal, amountMicro: BigInt(amount) });
  }
  return { ok: true, value: { transactions, mints } };
}

function parseTransaction(hex: unknown): Parsed<Transaction> {
  const refuse = (why: string): Parsed<never> => ({ ok: false, response: undecodable(why) });
  if (typeof hex !== 'string' || !isHex(hex)) return refuse('Failed to parse tx');
  const decoded = decodeTransaction(bytesFromHex(hex));
  return decoded.ok
    ? decoded
    : refuse(`Failed to deserialize transaction: ${decoded.error.message}`);
}

/** What a block stood on when it was applied; null when its signers are forgotten. */
function contextOf(
  deps: RpcDeps,
  header: StoredHeader,
  timestampSecs: number,
): BlockContext | null {
  const { burnView } = header;
  const signers = deps.coordinator.signerSet(header.rewardCycle);
  return signers && { burnView, timestampSecs, signers };
}

interface Ran {
  readonly tx: Transaction;
  readonly receipt: Receipt;
  readonly elapsedMs: number;
}

function runAll(
  deps: RpcDeps,
  simulation: Simulation,
  transactions: readonly Transaction[],
): Result<Ran[], string> {
  const ran: Ran[] = [];
  for (const [index, tx] of transactions.entries()) {
    const startMs = deps.world.clock.nowMs();
    const outcome = simulation.run(tx);
    if (!outcome.ok) {
      const txid = bytesToHex(transactionId(tx));
      const why = `Skipped tx ${index}: ${outcome.error.message}`;
      return err(`Unable to process transaction ${txid}: ${why}`);
    }
    ran.push({ tx, receipt: outcome.value, elapsedMs: deps.world.clock.nowMs() - startMs });
  }
  return ok(ran);
}

/** @param script null: the block's own transactions */
function rerun(deps: RpcDeps, blockId: Uint8Array, script: Script | null): HttpResponse {
  const stored = deps.chain.header(blockId);
  const block = stored === null ? null : readBlock(deps, blockId);
  // Genesis has nothing below it.
  if (stored === null || block === null || stored.height === 0) {
    return notFound(`No such block ${bytesToHex(blockId)}\n`);
  }
  const failed = (why: string): HttpResponse => {
    const verb = script === null ? 'load' : 'simulate';
    return text(500, `Failed to ${verb} block ${bytesToHex(blockId)}: ${why}\n`);
  };
  const context = contextOf(deps, stored, block.header.timestampSecs);
  if (context === null) return failed('its signers are not known any more');
  const transactions = script?.transactions ?? block.transactions;
  const simulation = deps.chain.simulation(stored.parentBlockId, context, {
    mints: script?.mints ?? [],
  });
  const ran = runAll(deps, simulation, transactions);
  if (!ran.ok) return failed(ran.error);
  const txMerkleRoot = merkleRoot(transactions.map(transactionId));
  const isSame = bytesEqual(txMerkleRoot, block.header.txMerkleRoot);
  const header = { ...block.header, txMerkleRoot };
  return okJson({
    ...headerJson(header, isSame ? block.header.signerSignatures : []),
    consensus_hash: bytesToHex(stored.tenureView.consensusHash),
    fees: ran.value.reduce((sum, { receipt }) => sum + receipt.feeMicro, 0n),
    transactions: ran.value.map(ranJson),
    valid_merkle_root: script === null && isSame,
  });
}

function headerJson(
  header: NakamotoBlockHeader,
  signatures: readonly Uint8Array[],
): Readonly<Record<string, Json>> {
  const hash = blockHash(header);
  return {
    block_id: bytesToHex(blockIdFrom(hash, header.consensusHash)),
    block_hash: bytesToHex(hash),
    block_height: header.chainLength,
    parent_block_id: bytesToHex(header.parentBlockId),
    tx_merkle_root: bytesToHex(header.txMerkleRoot),
    state_index_root: bytesToHex(header.stateIndexRoot),
    timestamp: header.timestampSecs,
    miner_signature: bytesToHex(header.minerSignature),
    signer_signature: signatures.map(bytesToHex),
  };
}

/** `data`, stacks-core's own JSON of a transaction, is null: `hex` has all of it. */
function ranJson({ tx, receipt, elapsedMs }: Ran, index: number): Json {
  return {
    txid: bytesToHex(receipt.txid),
    tx_index: index,
    data: null,
    hex: bytesToHex(encodeTransaction(tx)),
    ...receiptJson(receipt),
    profiler: null,
    execution_stats: { secs: elapsedMs / 1_000, nanos: Math.round(elapsedMs * 1_000_000) },
  };
}

function receiptJson(receipt: Receipt): Readonly<Record<string, Json>> {
  const burnt = receipt.events.reduce(
    (sum, event) => (event.type === 'stx_burn_event' ? sum + event.amount : sum),
    0n,
  );
  return {
    result_hex: hex0x(encodeClarityValue(receipt.result)),
    stx_burned: burnt,
    execution_cost: costJson(receipt.cost),
    events: receipt.events.map((event, index) => observerEvent(event, index, receipt.txid)),
    post_condition_aborted: receipt.status === 'abort_by_post_condition',
    vm_error: receipt.vmError,
  };
}

/** In the tenure of the tip, with a whole tenure's budget. */
function simulateOne(deps: RpcDeps, tip: StoredHeader, tx: Transaction): HttpResponse {
  const nowSecs = Math.floor(deps.world.clock.nowMs() / 1_000);
  const context = contextOf(deps, tip, Math.max(nowSecs, tip.header.timestampSecs));
  if (tip.height === 0 || context === null) {
    const why = tip.height === 0 ? 'no tenure has begun' : 'its signers are not known any more';
    return badRequest(`Cannot simulate at this chain tip: ${why}\n`);
  }
  const outcome = deps.chain.simulation(tip.blockId, context, { freshBudget: true }).run(tx);
  if (!outcome.ok) {
    const why = `Skipped transaction: ${outcome.error.message}`;
    return badRequest(`Failed to simulate transaction: ${why}\n`);
  }
  return okJson({
    txid: bytesToHex(outcome.value.txid),
    tip_block_id: bytesToHex(tip.blockId),
    consensus_hash: bytesToHex(tip.tenureView.consensusHash),
    block_height: tip.height + 1,
    ...receiptJson(outcome.value),
    execution_limit: costJson(TENURE_COST_LIMIT),
  });
}
