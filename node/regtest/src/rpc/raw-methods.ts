/** RPC methods about single transactions. Source: Bitcoin Core rpc/rawtransaction.cpp, mempool.cpp. */
import {
  type BitcoinOutput,
  type BitcoinTransaction,
  decodeBitcoinTransaction,
  hashToDisplayHex,
  isCoinbase,
  isUnspendable,
  opReturnScript,
  parseAddress,
  parseWif,
  type SpendingKey,
  signInput,
  verifyInput,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import { formatRejection } from '../chain/check-transaction.ts';
import type { Coin } from '../chain/coin.ts';
import { type KnownTransaction, knownTransaction } from '../chain/known-transaction.ts';
import { LIMITS } from '../limits.ts';
import { feeAtRate } from '../mempool/policy.ts';
import type { RegtestNode } from '../regtest-node.ts';
import { confirmationsOf } from './block-json.ts';
import { blockNamed } from './chain-methods.ts';
import { RpcError } from './error.ts';
import { amount, isRecord, type RpcObject, type RpcValue } from './json.ts';
import { parseAmount, parseHash, type RpcCall, type RpcMethods } from './method.ts';
import { transactionToJson } from './transaction-json.ts';

const NEEDS_INPUT = 'Make sure the tx has at least one input.';

/** Without the advice: what is only decoded need not be sent. @throws RpcError -22 */
function decodedTransaction(hex: string): KnownTransaction {
  const decoded = isHex(hex) ? decodeBitcoinTransaction(bytesFromHex(hex)) : null;
  if (decoded?.ok) return knownTransaction(decoded.value);
  throw new RpcError('deserialization', 'TX decode failed');
}

/** @param failure what the error says first @throws RpcError -22 */
export function parseTransaction(hex: string, failure = 'TX decode failed.'): KnownTransaction {
  const decoded = isHex(hex) ? decodeBitcoinTransaction(bytesFromHex(hex)) : null;
  if (decoded === null || !decoded.ok) {
    throw new RpcError('deserialization', `${failure} ${NEEDS_INPUT}`);
  }
  return knownTransaction(decoded.value);
}

interface Located {
  readonly known: KnownTransaction;
  /** Null in the mempool. */
  readonly blockId: string | null;
  /** Coins its inputs spend, where known. */
  readonly coins: readonly Coin[] | null;
}

/** A transaction of an active block or of the mempool. */
export function locate(node: RegtestNode, txid: Uint8Array, blockId?: string): Located | null {
  const id = hashToDisplayHex(txid);
  const { chain, mempool } = node;
  const entry = blockId === undefined ? chain.blockOf(txid) : chain.index.get(blockId);
  if (entry === null) {
    const pooled = blockId === undefined ? mempool.pool.get(id) : null;
    if (pooled === null) return null;
    const coins = pooled.known.tx.inputs.map((at) => mempool.coin(at.prevTxid, at.prevIndex));
    // A parent in the pool keeps its outputs known; a confirmed one has them in the chain.
    return { known: pooled.known, blockId: null, coins: coins.every(isCoin) ? coins : null };
  }
  const { transactions } = chain.block(entry);
  const undo = chain.isActive(entry) ? chain.undo(entry) : null;
  let at = 0;
  for (const known of transactions) {
    const count = isCoinbase(known.tx) ? 0 : known.tx.inputs.length;
    if (known.id === id) {
      const coins = undo?.slice(at, at + count) ?? null;
      return { known, blockId: entry.id, coins };
    }
    at += count;
  }
  return null;
}

function isCoin(coin: Coin | null): coin is Coin {
  return coin !== null;
}

function rawTransaction(call: RpcCall): RpcValue {
  const { node, params } = call;
  const txid = params.hash('txid')!;
  const inBlock = params.hash('blockhash');
  const entry =
    inBlock === undefined ? undefined : blockNamed(call, 'blockhash', 'Block hash not found');
  const found = locate(node, txid, entry?.id);
  if (found === null) {
    const text =
      entry === undefined
        ? 'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.'
        : 'No such transaction found in the provided block. Use gettransaction for wallet transactions.';
    throw new RpcError('invalidAddressOrKey', text);
  }
  const verbosity = params.verbosity('verbosity', 0);
  const hex = bytesToHex(found.known.bytes);
  if (verbosity <= 0) return hex;
  // Of the mempool bitcoind does not tell what is spent.
  const withFee = verbosity >= 2 && found.coins !== null && found.blockId !== null;
  const spent = withFee ? { coins: found.coins!, withPrevouts: true } : null;
  return {
    ...(entry === undefined ? {} : { in_active_chain: node.chain.isActive(entry) }),
    ...transactionToJson(found.known, spent),
    hex,
    ...placeToJson(node, found.blockId),
  };
}

function placeToJson({ chain }: RegtestNode, blockId: string | null): RpcObject {
  if (blockId === null) return {};
  const entry = chain.index.get(blockId)!;
  const { timeSecs } = entry.header;
  if (!chain.isActive(entry)) return { blockhash: blockId, confirmations: 0 };
  const confirmations = confirmationsOf(chain, entry);
  return { blockhash: blockId, confirmations, time: timeSecs, blocktime: timeSecs };
}

/** `maxfeerate` in satoshi per 1,000 vbytes; 0 means no bound. */
function feeRateMax({ params }: RpcCall): bigint {
  const given = params.raw('maxfeerate');
  return given === undefined ? LIMITS.clientFeePerKvbSatsMax : parseAmount(given);
}

function sendRawTransaction(call: RpcCall): RpcValue {
  const { params } = call;
  const known = parseTransaction(params.string('hexstring')!);
  const burnSatsMax = parseAmount(params.raw('maxburnamount') ?? 0);
  const burned = known.tx.outputs.find(
    ({ script, valueSats }) => isUnspendable(script) && valueSats > burnSatsMax,
  );
  if (burned !== undefined) {
    const text = 'Unspendable output exceeds maximum configured by user (maxburnamount)';
    throw new RpcError('verify', text);
  }
  return broadcast(call.node, known, feeRateMax(call));
}

/** Enters the mempool; bitcoind's errors otherwise. @throws RpcError -25, -26, -27 */
export function broadcast(node: RegtestNode, known: KnownTransaction, rateMax: bigint): string {
  const { chain, mempool } = node;
  const { txid, tx } = known;
  if (tx.outputs.some((_, index) => chain.coins.get({ txid, index }) !== null)) {
    throw new RpcError('alreadyInUtxoSet', 'Transaction outputs already in utxo set');
  }
  if (mempool.pool.get(known.id) !== null) return known.id;
  if (rateMax > 0n) {
    const admission = mempool.check(known);
    if (admission.ok && admission.value.feeSats > feeAtRate(rateMax, known.vsize)) {
      const text = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';
      throw new RpcError('verify', text);
    }
  }
  const accepted = mempool.accept(known, node.nowSecs());
  if (accepted.ok) return known.id;
  const code = accepted.error.isMissingInputs === true ? 'verify' : 'verifyRejected';
  throw new RpcError(code, formatRejection(accepted.error));
}

function testMempoolAccept(call: RpcCall): RpcValue {
  const { mempool } = call.node;
  const texts = call.params.array('rawtxs')!;
  if (texts.length < 1 || texts.length > LIMITS.packageCountMax) {
    const text = `Array must contain between 1 and ${LIMITS.packageCountMax} transactions.`;
    throw new RpcError('invalidParameter', text);
  }
  const rateMax = feeRateMax(call);
  return texts.map((text) => {
    const known = parseTransaction(String(text), `TX decode failed: ${String(text)}`);
    const ids = { txid: known.id, wtxid: known.witnessId };
    const admission = mempool.check(known);
    if (!admission.ok) {
      const { reason, isMissingInputs } = admission.error;
      const why = isMissingInputs === true ? 'missing-inputs' : reason;
      const details = formatRejection(admission.error);
      return { ...ids, allowed: false, 'reject-reason': why, 'reject-details': details };
    }
    const { feeSats } = admission.value;
    if (rateMax > 0n && feeSats > feeAtRate(rateMax, known.vsize)) {
      return { ...ids, allowed: false, 'reject-reason': 'max-fee-exceeded' };
    }
    const fees = {
      base: amount(feeSats),
      'effective-feerate': amount((feeSats * 1000n) / BigInt(known.vsize)),
      'effective-includes': [known.witnessId],
    };
    return { ...ids, allowed: true, vsize: known.vsize, fees };
  });
}

function createRawTransaction({ params }: RpcCall): RpcValue {
  const isReplaceable = params.boolean('replaceable') ?? true;
  const lockTime = params.integer('locktime') ?? 0;
  const sequence = isReplaceable ? 0xfffffffd : lockTime > 0 ? 0xfffffffe : 0xffffffff;
  const inputs = params.array('inputs')!.map((value) => {
    const input = isRecord(value) ? value : {};
    return {
      prevTxid: parseHash(String(input.txid), 'txid'),
      prevIndex: Number(input.vout),
      scriptSig: new Uint8Array(0),
      sequence: typeof input.sequence === 'number' ? input.sequence : sequence,
      witness: [],
    };
  });
  const outputs = parseOutputs(params.raw('outputs'));
  // Differs: bitcoind makes one without inputs too, for a wallet to fund.
  if (inputs.length === 0) {
    throw new RpcError('invalidParameter', 'Invalid parameter, a transaction needs an input');
  }
  const tx: BitcoinTransaction = { version: 2, inputs, outputs, lockTime };
  return bytesToHex(knownTransaction(tx).bytes);
}

/** `{address: amount, data: hex}` or a list of such. @throws RpcError */
export function parseOutputs(value: unknown): BitcoinOutput[] {
  const records = Array.isArray(value) ? value : [value];
  return records.flatMap((record) =>
    Object.entries(isRecord(record) ? record : {}).map(([name, given]): BitcoinOutput => {
      if (name === 'data') {
        if (typeof given !== 'string' || !isHex(given)) {
          throw new RpcError('invalidParameter', 'Data must be hexadecimal string');
        }
        return { valueSats: 0n, script: opReturnScript(bytesFromHex(given)) };
      }
      const script = parseAddress(name, 'regtest');
      if (!script.ok) {
        throw new RpcError('invalidAddressOrKey', `Invalid Bitcoin address: ${name}`);
      }
      return { valueSats: parseAmount(given), script: script.value };
    }),
  );
}

function signWithKey({ node, params }: RpcCall): RpcValue {
  const keys = params.array('privkeys')!.map((text): SpendingKey => {
    const key = parseWif(String(text), 'regtest');
    if (key === null) throw new RpcError('invalidAddressOrKey', 'Invalid private key');
    return key;
  });
  const known = parseTransaction(params.string('hexstring')!);
  return signAll(node, known, params.array('prevtxs') ?? [], () => keys);
}

/** Signs every input some key can spend; used by the wallet too. */
export function signAll(
  node: RegtestNode,
  known: KnownTransaction,
  prevTxs: readonly unknown[],
  keysFor: (script: Uint8Array) => readonly SpendingKey[],
): RpcObject {
  const spent = known.tx.inputs.map((input): BitcoinOutput | null => {
    const coin = node.mempool.coin(input.prevTxid, input.prevIndex);
    return coin ?? prevTxOutput(prevTxs, hashToDisplayHex(input.prevTxid), input.prevIndex);
  });
  let { tx } = known;
  for (const [index, output] of spent.entries()) {
    if (output === null) continue;
    for (const key of keysFor(output.script)) tx = signInput(tx, index, output, key) ?? tx;
  }
  const errors: RpcObject[] = [];
  for (const [index, input] of tx.inputs.entries()) {
    const isKnown = spent.every((output): output is BitcoinOutput => output !== null);
    const verdict = isKnown ? verifyInput(tx, index, spent) : null;
    if (verdict?.ok === true) continue;
    errors.push({
      txid: hashToDisplayHex(input.prevTxid),
      vout: input.prevIndex,
      witness: input.witness.map(bytesToHex),
      scriptSig: bytesToHex(input.scriptSig),
      sequence: input.sequence,
      error: verdict === null ? 'Input not found or already spent' : verdict.error.message,
    });
  }
  const hex = bytesToHex(knownTransaction(tx).bytes);
  return { hex, complete: errors.length === 0, ...(errors.length > 0 ? { errors } : {}) };
}

function prevTxOutput(prevTxs: readonly unknown[], id: string, index: number) {
  for (const given of prevTxs) {
    if (!isRecord(given) || given.txid !== id || given.vout !== index) continue;
    const { scriptPubKey, amount: value } = given;
    if (typeof scriptPubKey !== 'string' || !isHex(scriptPubKey)) continue;
    return { script: bytesFromHex(scriptPubKey), valueSats: parseAmount(value ?? 0) };
  }
  return null;
}

export const RAW_METHODS: RpcMethods = {
  createrawtransaction: {
    params: 'inputs outputs ?locktime replaceable',
    help: 'Makes an unsigned transaction.',
    run: createRawTransaction,
  },
  decoderawtransaction: {
    params: 'hexstring ?iswitness',
    help: 'Shows a transaction given in hex.',
    run: ({ params }) => transactionToJson(decodedTransaction(params.string('hexstring')!), null),
  },
  getrawtransaction: {
    params: 'txid ?verbosity|verbose blockhash',
    help: 'Returns a transaction of the chain or the mempool.',
    run: rawTransaction,
  },
  sendrawtransaction: {
    params: 'hexstring ?maxfeerate maxburnamount',
    help: 'Puts a signed transaction into the mempool.',
    run: sendRawTransaction,
  },
  signrawtransactionwithkey: {
    params: 'hexstring privkeys ?prevtxs sighashtype',
    help: 'Signs the inputs that the given keys can spend.',
    run: signWithKey,
  },
  testmempoolaccept: {
    params: 'rawtxs ?maxfeerate',
    help: 'Says whether the mempool would take transactions.',
    run: testMempoolAccept,
  },
};
