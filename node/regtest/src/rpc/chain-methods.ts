/** RPC methods about blocks and the UTXO set. Source: Bitcoin Core rpc/blockchain.cpp. */
import { encodeBitcoinHeader, hashToDisplayHex } from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import { type BlockEntry, medianTimeSecs } from '../chain/block-index.ts';
import type { RegtestChain } from '../chain/chain.ts';
import type { Coin, Outpoint } from '../chain/coin.ts';
import { inferDescriptor, parseDescriptor } from '../wallet/descriptor.ts';
import { blockToJson, chainWorkHex, difficultyOf, headerToJson } from './block-json.ts';
import { RpcError } from './error.ts';
import { amount, isRecord, type RpcObject, type RpcValue } from './json.ts';
import type { RpcCall, RpcMethods } from './method.ts';
import { scriptToJson } from './transaction-json.ts';

/** @param failure what the error says @throws RpcError -5 */
export function blockNamed(
  { node, params }: RpcCall,
  name: string,
  failure = 'Block not found',
): BlockEntry {
  const hash = params.hash(name)!;
  const entry = node.chain.index.get(hashToDisplayHex(hash));
  if (entry === null) throw new RpcError('invalidAddressOrKey', failure);
  return entry;
}

function blockchainInfo({ node: { chain } }: RpcCall): RpcObject {
  const { tip } = chain;
  return {
    chain: 'regtest',
    blocks: tip.burnHeight,
    headers: tip.burnHeight,
    bestblockhash: tip.id,
    bits: tip.header.bits.toString(16),
    target: `7fffff${'0'.repeat(58)}`,
    difficulty: difficultyOf(tip.header.bits),
    time: tip.header.timeSecs,
    mediantime: medianTimeSecs(tip),
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: chainWorkHex(tip),
    size_on_disk: chain.sizeBytes,
    pruned: false,
    warnings: [],
  };
}

function blockHash({ node, params }: RpcCall): RpcValue {
  const entry = node.chain.at(params.integer('height')!);
  if (entry === null) throw new RpcError('invalidParameter', 'Block height out of range');
  return entry.id;
}

function block(call: RpcCall): RpcValue {
  const entry = blockNamed(call, 'blockhash');
  const verbosity = call.params.verbosity('verbosity', 1);
  const { chain } = call.node;
  return verbosity <= 0
    ? bytesToHex(chain.blockBytes(entry))
    : blockToJson(chain, entry, Math.min(verbosity, 3));
}

function blockHeader(call: RpcCall): RpcValue {
  // bitcoind names the parameter otherwise in this one refusal.
  call.params.hash('blockhash', 'hash');
  const entry = blockNamed(call, 'blockhash');
  const isVerbose = call.params.boolean('verbose') ?? true;
  return isVerbose
    ? headerToJson(call.node.chain, entry)
    : bytesToHex(encodeBitcoinHeader(entry.header));
}

function chainTips({ node: { chain } }: RpcCall): RpcValue {
  const leaves = chain.index.leaves().filter((leaf) => !chain.isActive(leaf));
  // The active tip may have invalid blocks on top, and is a tip nevertheless.
  const tips = [chain.tip, ...leaves].sort((a, b) => b.burnHeight - a.burnHeight);
  return tips.map((tip) => {
    const status = tip === chain.tip ? 'active' : tip.isInvalid ? 'invalid' : 'valid-fork';
    return { height: tip.burnHeight, hash: tip.id, branchlen: branchLength(chain, tip), status };
  });
}

function branchLength(chain: RegtestChain, tip: BlockEntry): number {
  let at = tip;
  while (!chain.isActive(at)) at = at.parent!;
  return tip.burnHeight - at.burnHeight;
}

function txOut({ node, params }: RpcCall): RpcValue {
  const txid = params.hash('txid')!;
  const index = params.integer('n')!;
  const { chain, mempool } = node;
  const withPool = params.boolean('include_mempool') ?? true;
  const coin = withPool ? mempool.coin(txid, index) : chain.coins.get({ txid, index });
  if (coin === null) return null;
  if (withPool && mempool.pool.spender(hashToDisplayHex(txid), index) !== null) return null;
  return {
    bestblock: chain.tip.id,
    confirmations: Math.max(chain.burnHeight - coin.burnHeight + 1, 0),
    value: amount(coin.valueSats),
    scriptPubKey: scriptToJson(coin.script),
    coinbase: coin.isCoinbase,
  };
}

function txOutSetInfo({ node: { chain } }: RpcCall): RpcValue {
  const coins = chain.coins.all();
  const total = coins.reduce((sum, [, coin]) => sum + coin.valueSats, 0n);
  return {
    height: chain.burnHeight,
    bestblock: chain.tip.id,
    txouts: coins.length,
    bogosize: coins.reduce((sum, [, coin]) => sum + 50 + coin.script.length, 0),
    transactions: new Set(coins.map(([{ txid }]) => bytesToHex(txid))).size,
    total_amount: amount(total),
  };
}

function scanTxOutSet({ node: { chain }, params }: RpcCall): RpcValue {
  const action = params.string('action');
  if (action === 'status') return null;
  if (action === 'abort') return false;
  if (action !== 'start') {
    throw new RpcError('invalidParameter', `Invalid action '${action}'`);
  }
  const objects = params.array('scanobjects');
  if (objects === undefined) {
    throw new RpcError('misc', 'scanobjects argument is required for the start action');
  }
  const scripts = new Map<string, Uint8Array>();
  for (const object of objects) {
    const text = isRecord(object) ? object.desc : object;
    const descriptor = parseDescriptor(String(text));
    if (!descriptor.ok) throw new RpcError('invalidAddressOrKey', descriptor.error);
    for (const script of descriptor.value.scripts) scripts.set(bytesToHex(script), script);
  }
  const found = [...scripts.values()].flatMap((script) => chain.coins.ofScript(script));
  return {
    success: true,
    txouts: found.length,
    height: chain.burnHeight,
    bestblock: chain.tip.id,
    unspents: found.map(([at, coin]) => unspentToJson(chain, at, coin)),
    total_amount: amount(found.reduce((sum, [, coin]) => sum + coin.valueSats, 0n)),
  };
}

function unspentToJson(chain: RegtestChain, at: Outpoint, coin: Coin): RpcObject {
  return {
    txid: hashToDisplayHex(at.txid),
    vout: at.index,
    scriptPubKey: bytesToHex(coin.script),
    desc: inferDescriptor(coin.script),
    amount: amount(coin.valueSats),
    coinbase: coin.isCoinbase,
    height: coin.burnHeight,
    blockhash: chain.at(coin.burnHeight)!.id,
    confirmations: chain.burnHeight - coin.burnHeight + 1,
  };
}

export const CHAIN_METHODS: RpcMethods = {
  getbestblockhash: {
    params: '',
    help: 'Returns the hash of the best (tip) block in the most-work chain.',
    run: ({ node }) => node.chain.tip.id,
  },
  getblock: {
    params: 'blockhash ?verbosity|verbose',
    help: 'Returns a block: 0 hex, 1 an object, 2 with transactions, 3 with prevouts.',
    run: block,
  },
  getblockchaininfo: {
    params: '',
    help: 'Returns the state of the block chain.',
    run: blockchainInfo,
  },
  getblockcount: {
    params: '',
    help: 'Returns the height of the most-work chain.',
    run: ({ node }) => node.chain.burnHeight,
  },
  getblockhash: {
    params: 'height',
    help: 'Returns the hash of the active block at a height.',
    run: blockHash,
  },
  getblockheader: {
    params: 'blockhash ?verbose',
    help: 'Returns a block header, as an object or in hex.',
    run: blockHeader,
  },
  getchaintips: {
    params: '',
    help: 'Returns all known tips of the block tree.',
    run: chainTips,
  },
  getdifficulty: {
    params: '',
    help: 'Returns the difficulty as a multiple of the minimum.',
    run: ({ node }) => difficultyOf(node.chain.tip.header.bits),
  },
  gettxout: {
    params: 'txid n ?include_mempool',
    help: 'Returns an unspent output, or null.',
    run: txOut,
  },
  gettxoutsetinfo: {
    params: '?hash_type ?hash_or_height ?use_index',
    help: 'Returns statistics of the set of unspent outputs.',
    run: txOutSetInfo,
  },
  scantxoutset: {
    params: 'action ?scanobjects',
    help: 'Finds unspent outputs that match descriptors.',
    run: scanTxOutSet,
  },
  invalidateblock: {
    params: 'blockhash',
    help: 'Marks a block, and all above it, invalid.',
    run: (call) => {
      call.node.chain.invalidate(blockNamed(call, 'blockhash'));
      return null;
    },
  },
  reconsiderblock: {
    params: 'blockhash',
    help: 'Takes back what invalidateblock did.',
    run: (call) => {
      call.node.chain.reconsider(blockNamed(call, 'blockhash'));
      return null;
    },
  },
  getindexinfo: {
    params: '?index_name',
    help: 'Returns the state of the indexes.',
    run: ({ node }) => ({
      txindex: { synced: true, best_block_height: node.chain.burnHeight },
    }),
  },
};
