/** RPC methods about the mempool and fees. Source: Bitcoin Core rpc/mempool.cpp, rpc/fees.cpp. */
import { hashToDisplayHex, isCoinbase } from '@assay/bitcoin';
import type { RegtestChain } from '../chain/chain.ts';
import { LIMITS } from '../limits.ts';
import { isReplaceable } from '../mempool/mempool.ts';
import { rateOfFee } from '../mempool/policy.ts';
import { ancestorsOf, descendantsOf, type PoolEntry } from '../mempool/pool.ts';
import { RpcError } from './error.ts';
import { amount, isRecord, type RpcObject, type RpcValue } from './json.ts';
import { parseHash, type RpcCall, type RpcMethods } from './method.ts';
import { feeOf } from './transaction-json.ts';

function entryNamed({ node, params }: RpcCall): PoolEntry {
  const entry = node.mempool.pool.get(hashToDisplayHex(params.hash('txid')!));
  if (entry === null) throw new RpcError('invalidAddressOrKey', 'Transaction not in mempool');
  return entry;
}

function totals(entries: Iterable<PoolEntry>): { count: number; vsize: number; feeSats: bigint } {
  let count = 0;
  let vsize = 0;
  let feeSats = 0n;
  for (const entry of entries) {
    count += 1;
    vsize += entry.known.vsize;
    feeSats += entry.feeSats;
  }
  return { count, vsize, feeSats };
}

function entryToJson(entry: PoolEntry): RpcObject {
  const up = totals([entry, ...ancestorsOf(entry)]);
  const down = totals([entry, ...descendantsOf(entry)]);
  const base = amount(entry.feeSats);
  return {
    vsize: entry.known.vsize,
    weight: entry.known.weight,
    time: entry.timeSecs,
    height: entry.burnHeight,
    descendantcount: down.count,
    descendantsize: down.vsize,
    ancestorcount: up.count,
    ancestorsize: up.vsize,
    wtxid: entry.known.witnessId,
    fees: { base, modified: base, ancestor: amount(up.feeSats), descendant: amount(down.feeSats) },
    depends: [...entry.parents].map(({ known }) => known.id),
    spentby: [...entry.children].map(({ known }) => known.id),
    'bip125-replaceable': isReplaceable(entry),
    unbroadcast: false,
  };
}

function listEntries(entries: Iterable<PoolEntry>, isVerbose: boolean): RpcValue {
  const list = [...entries];
  if (!isVerbose) return list.map(({ known }) => known.id);
  return Object.fromEntries(list.map((entry) => [entry.known.id, entryToJson(entry)]));
}

function mempoolInfo({ node: { mempool, mempoolOptions } }: RpcCall): RpcObject {
  const { count, vsize, feeSats } = totals(mempool.pool.all());
  const relay = amount(LIMITS.relayFeePerKvbSats);
  return {
    loaded: true,
    size: count,
    bytes: vsize,
    usage: vsize * 4,
    total_fee: amount(feeSats),
    maxmempool: LIMITS.mempoolVbytesMax,
    mempoolminfee: relay,
    minrelaytxfee: relay,
    incrementalrelayfee: relay,
    unbroadcastcount: 0,
    fullrbf: mempoolOptions.fullRbf,
  };
}

function spendingPrevout({ node, params }: RpcCall): RpcValue {
  return params.array('outputs')!.map((value) => {
    const output = isRecord(value) ? value : {};
    const txid = parseHash(String(output.txid), 'txid');
    const vout = Number(output.vout);
    const spender = node.mempool.pool.spender(hashToDisplayHex(txid), vout);
    return { txid: String(output.txid), vout, spendingtxid: spender?.known.id };
  });
}

/** Median rate, satoshi per 1,000 vbytes, of what recent blocks confirmed; null when nothing. */
export function recentFeeRate(chain: RegtestChain): bigint | null {
  const rates: bigint[] = [];
  const lowest = Math.max(1, chain.burnHeight - LIMITS.feeEstimateBlocks + 1);
  for (let height = chain.burnHeight; height >= lowest; height--) {
    const entry = chain.at(height)!;
    if (entry.txCount < 2) continue;
    const undo = chain.undo(entry);
    let at = 0;
    for (const known of chain.block(entry).transactions) {
      if (isCoinbase(known.tx)) continue;
      const coins = undo.slice(at, at + known.tx.inputs.length);
      at += known.tx.inputs.length;
      rates.push(rateOfFee(feeOf(known, coins), known.vsize));
    }
  }
  rates.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return rates[rates.length >> 1] ?? null;
}

function estimateSmartFee({ node, params }: RpcCall): RpcValue {
  const target = params.integer('conf_target')!;
  if (target < 1 || target > 1008) {
    const text = 'Invalid conf_target, must be between 1 and 1008';
    throw new RpcError('invalidParameter', text);
  }
  const blocks = Math.max(target, 2);
  const rate = recentFeeRate(node.chain);
  if (rate === null) return { errors: ['Insufficient data or no feerate found'], blocks };
  const least = LIMITS.relayFeePerKvbSats;
  return { feerate: amount(rate < least ? least : rate), blocks };
}

export const MEMPOOL_METHODS: RpcMethods = {
  getmempoolentry: {
    params: 'txid',
    help: 'Returns what the mempool knows about one transaction.',
    run: (call) => entryToJson(entryNamed(call)),
  },
  getmempoolancestors: {
    params: 'txid ?verbose',
    help: 'Returns the unconfirmed transactions it rests on.',
    run: (call) =>
      listEntries(ancestorsOf(entryNamed(call)), call.params.boolean('verbose') ?? false),
  },
  getmempooldescendants: {
    params: 'txid ?verbose',
    help: 'Returns the unconfirmed transactions that rest on it.',
    run: (call) =>
      listEntries(descendantsOf(entryNamed(call)), call.params.boolean('verbose') ?? false),
  },
  getmempoolinfo: {
    params: '',
    help: 'Returns the state of the mempool.',
    run: mempoolInfo,
  },
  getrawmempool: {
    params: '?verbose mempool_sequence',
    help: 'Returns the ids of all unconfirmed transactions, or all about them.',
    run: ({ node, params }) =>
      listEntries(node.mempool.pool.all(), params.boolean('verbose') ?? false),
  },
  gettxspendingprevout: {
    params: 'outputs',
    help: 'Returns which unconfirmed transactions spend outputs.',
    run: spendingPrevout,
  },
  estimatesmartfee: {
    params: 'conf_target ?estimate_mode',
    help: 'Estimates a fee rate in BTC per 1,000 vbytes from recent blocks.',
    run: estimateSmartFee,
  },
};
