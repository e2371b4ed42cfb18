/** RPC methods about a wallet's coins and payments. Source: Bitcoin Core wallet/rpc. */
import {
  type BitcoinOutput,
  formatAddress,
  hashToDisplayHex,
  isCoinbase,
  parseAddress,
} from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import type { KnownTransaction } from '../chain/known-transaction.ts';
import { LIMITS } from '../limits.ts';
import type { RegtestNode } from '../regtest-node.ts';
import { buildPayment, type PaymentError } from '../wallet/spend.ts';
import { isImmature, type Wallet, type WalletCoin } from '../wallet/wallet.ts';
import { confirmationsOf } from './block-json.ts';
import { RpcError } from './error.ts';
import { amount, type RpcObject, type RpcValue } from './json.ts';
import { recentFeeRate } from './mempool-methods.ts';
import { parseAmount, type RpcCall, type RpcMethods } from './method.ts';
import { broadcast, locate, parseOutputs, parseTransaction, signAll } from './raw-methods.ts';
import { feeOf, transactionToJson } from './transaction-json.ts';
import { walletOf } from './wallet-admin-methods.ts';

/** Confirmed and mature, or our own unconfirmed change. */
function isTrusted(node: RegtestNode, wallet: Wallet, coin: WalletCoin): boolean {
  if (coin.confirmations > 0) return !isImmature(coin);
  const parent = node.mempool.pool.get(hashToDisplayHex(coin.at.txid));
  return (parent?.known.tx.inputs ?? []).every((input) => {
    const spent = node.mempool.coin(input.prevTxid, input.prevIndex);
    return spent !== null && wallet.scriptOf(spent.script) !== null;
  });
}

function coinsOf(call: RpcCall): { wallet: Wallet; coins: WalletCoin[] } {
  const wallet = walletOf(call);
  return { wallet, coins: wallet.coins(call.node.chain, call.node.mempool) };
}

function sum(coins: readonly WalletCoin[]): bigint {
  return coins.reduce((total, { coin }) => total + coin.valueSats, 0n);
}

function listUnspent(call: RpcCall): RpcValue {
  const { node, params } = call;
  const { wallet, coins } = coinsOf(call);
  const minimum = params.integer('minconf') ?? 1;
  const maximum = params.integer('maxconf') ?? 9_999_999;
  const wanted = params.array('addresses')?.map((text) => {
    const script = parseAddress(String(text), 'regtest');
    if (script.ok) return bytesToHex(script.value);
    throw new RpcError('invalidAddressOrKey', `Invalid Bitcoin address: ${String(text)}`);
  });
  const isAny = wanted === undefined || wanted.length === 0;
  const options = params.record('query_options') ?? {};
  const leastSats = parseAmount(options.minimumAmount ?? 0);
  return coins
    .filter((coin) => !isImmature(coin))
    .filter(({ confirmations: n }) => n >= minimum && n <= maximum)
    .filter(({ script }) => isAny || wanted.includes(script.scriptHex))
    .filter(({ coin }) => coin.valueSats >= leastSats)
    .map((coin) => unspentToJson(coin, wallet, isTrusted(node, wallet, coin)));
}

function unspentToJson(found: WalletCoin, wallet: Wallet, isSafe: boolean): RpcObject {
  const { at, coin, script, confirmations } = found;
  return {
    txid: hashToDisplayHex(at.txid),
    vout: at.index,
    address: formatAddress(coin.script, 'regtest') ?? undefined,
    label: script.isChange ? undefined : script.label,
    scriptPubKey: script.scriptHex,
    amount: amount(coin.valueSats),
    confirmations,
    // As a descriptor wallet without private keys says of its own coins.
    spendable: script.privateKeyHex !== null || !wallet.hasPrivateKeys,
    solvable: script.isSolvable,
    desc: script.isSolvable ? script.desc : undefined,
    parent_descs: [script.desc],
    safe: isSafe,
  };
}

function balances(call: RpcCall): RpcValue {
  const { wallet, coins } = coinsOf(call);
  const { chain } = call.node;
  const immature = coins.filter(isImmature);
  const rest = coins.filter((coin) => !isImmature(coin));
  const trusted = rest.filter((coin) => isTrusted(call.node, wallet, coin));
  const pending = rest.filter((coin) => !trusted.includes(coin));
  return {
    mine: {
      trusted: amount(sum(trusted)),
      untrusted_pending: amount(sum(pending)),
      immature: amount(sum(immature)),
    },
    lastprocessedblock: { hash: chain.tip.id, height: chain.burnHeight },
  };
}

function balance(call: RpcCall): RpcValue {
  const { wallet, coins } = coinsOf(call);
  const minimum = call.params.integer('minconf') ?? 0;
  const counted = coins.filter(
    (coin) => coin.confirmations >= minimum && isTrusted(call.node, wallet, coin),
  );
  return amount(sum(counted));
}

const PAYMENT_ERRORS: Readonly<
  Record<PaymentError, { readonly code: 'insufficientFunds' | 'wallet'; readonly message: string }>
> = {
  'insufficient-funds': { code: 'insufficientFunds', message: 'Insufficient funds' },
  'amount-too-small': {
    code: 'wallet',
    message: 'The transaction amount is too small to send after the fee has been deducted',
  },
  'cannot-sign': { code: 'wallet', message: 'Signing transaction failed' },
};

function pay(call: RpcCall, outputs: readonly BitcoinOutput[], subtractFee: boolean): string {
  const { node, params } = call;
  const { wallet, coins } = coinsOf(call);
  if (!wallet.hasPrivateKeys) {
    throw new RpcError('wallet', 'Error: Private keys are disabled for this wallet');
  }
  const given = params.raw('fee_rate');
  // Satoshi per vbyte on the wire.
  const feePerKvbSats =
    given === undefined
      ? (recentFeeRate(node.chain) ?? LIMITS.walletFeePerKvbSats)
      : parseAmount(given) / 100_000n;
  const built = buildPayment({
    wallet,
    coins: coins.filter((coin) => isTrusted(node, wallet, coin)),
    outputs,
    feePerKvbSats: atLeast(feePerKvbSats, LIMITS.relayFeePerKvbSats),
    subtractFee,
    isReplaceable: params.boolean('replaceable') ?? true,
    changeScript: () => {
      const made = wallet.newScript('bech32', '', true, node.nowSecs());
      if (made === null) throw new RpcError('wallet', 'This wallet has no key for change');
      return made.script;
    },
  });
  if (!built.ok) {
    const { code, message } = PAYMENT_ERRORS[built.error];
    throw new RpcError(code, message);
  }
  node.wallets.save(wallet);
  return broadcast(node, built.value, 0n);
}

function atLeast(value: bigint, least: bigint): bigint {
  return value < least ? least : value;
}

function sendToAddress(call: RpcCall): RpcValue {
  const text = call.params.string('address')!;
  const script = parseAddress(text, 'regtest');
  if (!script.ok) throw new RpcError('invalidAddressOrKey', `Invalid Bitcoin address: ${text}`);
  const valueSats = parseAmount(call.params.raw('amount'));
  if (valueSats === 0n) throw new RpcError('insufficientFunds', 'Transaction amount too small');
  const subtract = call.params.boolean('subtractfeefromamount') ?? false;
  return pay(call, [{ valueSats, script: script.value }], subtract);
}

/** What was sent (not the change), then what was received, as bitcoind lists them. */
function details(wallet: Wallet, { tx }: KnownTransaction, feeSats: bigint | null): RpcObject[] {
  const place = (output: BitcoinOutput) => ({
    address: formatAddress(output.script, 'regtest') ?? undefined,
    vout: tx.outputs.indexOf(output),
  });
  const isChange = ({ script }: BitcoinOutput) => wallet.scriptOf(script)?.isChange === true;
  const sent = feeSats === null ? [] : tx.outputs.filter((output) => !isChange(output));
  const received = tx.outputs.filter(
    (output) => wallet.scriptOf(output.script) !== null && !(feeSats !== null && isChange(output)),
  );
  return [
    ...sent.map((output) => ({
      ...place(output),
      category: 'send',
      amount: amount(-output.valueSats),
      label: wallet.scriptOf(output.script)?.label,
      fee: amount(-feeSats!),
      abandoned: false,
    })),
    ...received.map((output) => ({
      ...place(output),
      category: isCoinbase(tx) ? 'generate' : 'receive',
      amount: amount(output.valueSats),
      label: wallet.scriptOf(output.script)!.label,
    })),
  ];
}

function transaction(call: RpcCall): RpcValue {
  const { node, params } = call;
  const wallet = walletOf(call);
  const found = locate(node, params.hash('txid')!);
  const isOurs = (script: Uint8Array) => wallet.scriptOf(script) !== null;
  const received = (found?.known.tx.outputs ?? []).filter(({ script }) => isOurs(script));
  const spent = (found?.coins ?? []).filter(({ script }) => isOurs(script));
  if (found === null || (received.length === 0 && spent.length === 0)) {
    throw new RpcError('invalidAddressOrKey', 'Invalid or non-wallet transaction id');
  }
  const { known, blockId, coins } = found;
  const total = (list: readonly BitcoinOutput[]) => list.reduce((n, o) => n + o.valueSats, 0n);
  const feeSats = spent.length > 0 && coins !== null ? feeOf(known, coins) : null;
  const entry = blockId === null ? null : node.chain.index.get(blockId)!;
  const timeSecs = entry?.header.timeSecs ?? node.mempool.pool.get(known.id)!.timeSecs;
  return {
    amount: amount(total(received) - total(spent) + (feeSats ?? 0n)),
    fee: feeSats === null ? undefined : amount(-feeSats),
    confirmations: entry === null ? 0 : confirmationsOf(node.chain, entry),
    generated: isCoinbase(known.tx) ? true : undefined,
    blockhash: entry?.id,
    blockheight: entry?.burnHeight,
    blocktime: entry?.header.timeSecs,
    txid: known.id,
    wtxid: known.witnessId,
    walletconflicts: [],
    time: timeSecs,
    timereceived: timeSecs,
    'bip125-replaceable': entry === null ? 'yes' : 'no',
    details: details(wallet, known, feeSats),
    hex: bytesToHex(known.bytes),
    ...((params.boolean('verbose') ?? false) ? { decoded: transactionToJson(known, null) } : {}),
  };
}

function walletInfo(call: RpcCall): RpcValue {
  const { wallet, coins } = coinsOf(call);
  return {
    walletname: wallet.name,
    walletversion: 169900,
    format: 'assay',
    balance: amount(sum(coins.filter((coin) => isTrusted(call.node, wallet, coin)))),
    txcount: coins.length,
    keypoolsize: 0,
    paytxfee: amount(0n),
    private_keys_enabled: wallet.hasPrivateKeys,
    avoid_reuse: false,
    scanning: false,
    descriptors: true,
    external_signer: false,
  };
}

export const WALLET_METHODS: RpcMethods = {
  getbalance: {
    params: '?dummy minconf include_watchonly avoid_reuse',
    help: "Returns a wallet's spendable balance.",
    run: balance,
  },
  getbalances: {
    params: '',
    help: "Returns a wallet's balances by state.",
    run: balances,
  },
  gettransaction: {
    params: 'txid ?include_watchonly verbose',
    help: 'Returns a transaction as a wallet sees it.',
    run: transaction,
  },
  getwalletinfo: {
    params: '',
    help: 'Returns the state of a wallet.',
    run: walletInfo,
  },
  listunspent: {
    params: '?minconf maxconf addresses include_unsafe query_options',
    help: "Returns a wallet's unspent outputs.",
    run: listUnspent,
  },
  sendtoaddress: {
    params:
      'address amount ?comment comment_to subtractfeefromamount replaceable conf_target estimate_mode avoid_reuse fee_rate verbose',
    help: 'Pays an address.',
    run: sendToAddress,
  },
  sendmany: {
    params:
      'dummy amounts ?minconf comment subtractfeefrom replaceable conf_target estimate_mode fee_rate verbose',
    help: 'Pays several addresses at once.',
    run: (call) => pay(call, parseOutputs(call.params.raw('amounts')), false),
  },
  signrawtransactionwithwallet: {
    params: 'hexstring ?prevtxs sighashtype',
    help: 'Signs the inputs that a wallet can spend.',
    run: (call) => {
      const wallet = walletOf(call);
      const known = parseTransaction(call.params.string('hexstring')!);
      return signAll(call.node, known, call.params.array('prevtxs') ?? [], (script) => {
        const key = wallet.keyOf(script);
        return key === null ? [] : [key];
      });
    },
  },
};
