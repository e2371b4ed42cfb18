/** RPC methods that make blocks. Source: Bitcoin Core rpc/mining.cpp. */
import {
  bitcoinBlockHashHex,
  decodeBitcoinBlock,
  encodeBitcoinBlock,
  hashToDisplayHex,
  parseAddress,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { checkSpending, formatRejection } from '../chain/check-transaction.ts';
import type { Coin } from '../chain/coin.ts';
import { type KnownTransaction, outpointKey } from '../chain/known-transaction.ts';
import { LIMITS } from '../limits.ts';
import { mineBlock } from '../mine.ts';
import type { RegtestNode } from '../regtest-node.ts';
import { parseDescriptor } from '../wallet/descriptor.ts';
import { difficultyOf } from './block-json.ts';
import { RpcError } from './error.ts';
import type { RpcValue } from './json.ts';
import { parseHash, type RpcCall, type RpcMethods } from './method.ts';
import { parseTransaction } from './raw-methods.ts';

function mine(node: RegtestNode, script: Uint8Array, count: number): RpcValue {
  if (count < 0 || count > LIMITS.blocksPerCallMax) {
    const text = `nblocks must be between 0 and ${LIMITS.blocksPerCallMax}`;
    throw new RpcError('invalidParameter', text);
  }
  return node.mine(script, count).map(({ id }) => id);
}

function generateToAddress({ node, params }: RpcCall): RpcValue {
  const script = parseAddress(params.string('address')!, 'regtest');
  if (!script.ok) throw new RpcError('invalidAddressOrKey', 'Error: Invalid address');
  return mine(node, script.value, params.integer('nblocks')!);
}

function scriptOfDescriptor(text: string): Uint8Array {
  const descriptor = parseDescriptor(text);
  if (!descriptor.ok) throw new RpcError('invalidAddressOrKey', descriptor.error);
  // Of `combo`, bitcoind mines to p2wpkh (the third), or p2pkh when there is none.
  const { scripts } = descriptor.value;
  return scripts[2] ?? scripts[1] ?? scripts[0]!;
}

function generateBlock({ node, params }: RpcCall): RpcValue {
  const output = params.string('output')!;
  const address = parseAddress(output, 'regtest');
  const script = address.ok ? address.value : scriptOfDescriptor(output);
  const transactions = params.array('transactions')!.map((value) => {
    const text = String(value);
    const pooled = text.length === 64 ? node.mempool.pool.get(text.toLowerCase()) : null;
    if (pooled !== null) return pooled.known;
    if (text.length === 64) {
      throw new RpcError('invalidAddressOrKey', `Transaction ${text} not in mempool.`);
    }
    return parseTransaction(text, `Transaction decode failed for ${text}.`);
  });
  const feesSats = feesOf(node, transactions);
  if (!(params.boolean('submit') ?? true)) {
    const { chain } = node;
    const nowSecs = node.nowSecs();
    const block = mineBlock({ chain, script, transactions, feesSats, nowSecs });
    const hex = bytesToHex(encodeBitcoinBlock(block));
    return { hash: bitcoinBlockHashHex(block.header), hex };
  }
  const mined = node.mineWith(script, transactions, feesSats);
  if (!mined.ok) {
    const text = `TestBlockValidity failed: ${formatRejection(mined.error)}`;
    throw new RpcError('verify', text);
  }
  return { hash: mined.value.id };
}

/** Fees of transactions that may spend each other; 0 for one whose coins are unknown (it will fail). */
function feesOf(node: RegtestNode, transactions: readonly KnownTransaction[]): bigint {
  const burnHeight = node.chain.burnHeight + 1;
  const made = new Map<string, Coin>();
  let sum = 0n;
  for (const known of transactions) {
    const coins = known.tx.inputs.map(
      ({ prevTxid, prevIndex }) =>
        made.get(outpointKey(hashToDisplayHex(prevTxid), prevIndex)) ??
        node.chain.coins.get({ txid: prevTxid, index: prevIndex }),
    );
    if (coins.every((coin): coin is Coin => coin !== null)) {
      const fee = checkSpending(known.tx, coins, burnHeight);
      if (fee.ok) sum += fee.value;
    }
    for (const [index, output] of known.tx.outputs.entries()) {
      made.set(outpointKey(known.id, index), { ...output, burnHeight, isCoinbase: false });
    }
  }
  return sum;
}

function submitBlock({ node, params }: RpcCall): RpcValue {
  const hex = params.string('hexdata')!;
  const block = isHex(hex) ? decodeBitcoinBlock(bytesFromHex(hex)) : null;
  if (block === null || !block.ok) {
    throw new RpcError('deserialization', 'Block decode failed');
  }
  const verdict = node.chain.submit(block.value, node.nowSecs());
  if (!verdict.ok) return verdict.error.reason;
  return node.chain.isActive(verdict.value) ? null : 'inconclusive';
}

/** Resolves when `isDone` holds after some block, or with the tip when time is up. */
async function waitFor(call: RpcCall, isDone: () => boolean): Promise<RpcValue> {
  const { node, params } = call;
  const asked = params.integer('timeout') ?? 0;
  const waitMs = asked <= 0 ? LIMITS.waitMsMax : Math.min(asked, LIMITS.waitMsMax);
  if (!isDone()) await node.untilMoved(isDone, waitMs);
  return { hash: node.chain.tip.id, height: node.chain.burnHeight };
}

export const MINING_METHODS: RpcMethods = {
  generatetoaddress: {
    params: 'nblocks address ?maxtries',
    help: 'Mines blocks at once, paying an address; returns their hashes.',
    run: generateToAddress,
  },
  generatetodescriptor: {
    params: 'num_blocks descriptor ?maxtries',
    help: 'Mines blocks at once, paying a descriptor; returns their hashes.',
    run: ({ node, params }) =>
      mine(node, scriptOfDescriptor(params.string('descriptor')!), params.integer('num_blocks')!),
  },
  generateblock: {
    params: 'output transactions ?submit',
    help: 'Mines one block with exactly these transactions (hex, or ids from the mempool).',
    run: generateBlock,
  },
  getmininginfo: {
    params: '',
    help: 'Returns figures about mining.',
    run: ({ node: { chain, mempool } }) => ({
      blocks: chain.burnHeight,
      difficulty: difficultyOf(chain.tip.header.bits),
      networkhashps: 0,
      pooledtx: mempool.pool.size,
      chain: 'regtest',
      warnings: [],
    }),
  },
  submitblock: {
    params: 'hexdata ?dummy',
    help: 'Takes a block; null, or why not.',
    run: submitBlock,
  },
  waitfornewblock: {
    params: '?timeout current_tip',
    help: 'Waits until the tip changes, at most `timeout` milliseconds.',
    run: (call) => {
      const { chain } = call.node;
      const given = call.params.hash('current_tip');
      const before = given === undefined ? chain.tip.id : hashToDisplayHex(given);
      return waitFor(call, () => chain.tip.id !== before);
    },
  },
  waitforblockheight: {
    params: 'height ?timeout',
    help: 'Waits until the tip has a height, at most `timeout` milliseconds.',
    run: (call) => {
      const wanted = call.params.integer('height')!;
      return waitFor(call, () => call.node.chain.burnHeight >= wanted);
    },
  },
  waitforblock: {
    params: 'blockhash ?timeout',
    help: 'Waits until a block is the tip, at most `timeout` milliseconds.',
    run: (call) => {
      const wanted = hashToDisplayHex(parseHash(call.params.string('blockhash')!, 'blockhash'));
      return waitFor(call, () => call.node.chain.tip.id === wanted);
    },
  },
};
