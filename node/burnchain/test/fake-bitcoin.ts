/**
 * A bitcoind in fifty lines of truth: blocks without work, a mempool with replacement by fee, and
 * the calls this room makes. Signatures are not checked here; the embedded regtest does that.
 */
import {
  type BitcoinBlock,
  type BitcoinTransaction,
  bitcoinBlockHash,
  bitcoinTransactionWeight,
  bitcoinTxidHex,
  decodeBitcoinTransaction,
  encodeBitcoinBlock,
  hashToDisplayHex,
  transactionMerkleRoot,
} from '@assay/bitcoin';
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import { Address, OutScript, TEST_NETWORK } from '@scure/btc-signer';

class RpcFailure extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Mined {
  readonly block: BitcoinBlock;
  readonly hash: string;
  readonly height: number;
}

export class FakeBitcoin {
  readonly blocks: Mined[] = [];
  readonly mempool = new Map<string, BitcoinTransaction>();
  /** Unspent and spent outputs of the best chain and the mempool, by `txid:index`. */
  readonly outputs = new Map<string, { sats: bigint; script: string; height: number }>();
  down = false;
  /** What every transaction is refused with; null: they are judged. */
  refusal: string | null = null;
  calls: string[] = [];
  #salt = 0;

  get height(): number {
    return this.blocks.length - 1;
  }

  get tip(): Mined {
    return this.blocks[this.blocks.length - 1]!;
  }

  /** A block with a coinbase to `script` and the whole mempool (or the transactions given). */
  mine(script: Uint8Array = Uint8Array.of(0x51), only?: readonly string[]): Mined {
    const height = this.blocks.length;
    const included = [...this.mempool].filter(
      ([txid]) => only === undefined || only.includes(txid),
    );
    const coinbase: BitcoinTransaction = {
      version: 2,
      inputs: [
        {
          prevTxid: new Uint8Array(32),
          prevIndex: 0xffffffff,
          scriptSig: bytesFromUtf8(`height ${height} ${this.#salt++}`),
          sequence: 0xffffffff,
          witness: [],
        },
      ],
      outputs: [{ valueSats: 5_000_000_000n, script }],
      lockTime: 0,
    };
    const transactions = [coinbase, ...included.map(([, tx]) => tx)];
    const prevHash = height === 0 ? new Uint8Array(32) : bitcoinBlockHash(this.tip.block.header);
    const header = {
      version: 0x20000000,
      prevHash,
      merkleRoot: transactionMerkleRoot(transactions),
      timeSecs: 1_700_000_000 + 600 * height,
      bits: 0x207fffff,
      nonce: 0,
    };
    const block = { header, transactions };
    const mined = { block, hash: hashToDisplayHex(bitcoinBlockHash(header)), height };
    this.blocks.push(mined);
    for (const [txid] of included) this.mempool.delete(txid);
    this.#index();
    return mined;
  }

  /** Takes blocks off; their transactions are lost. */
  rewind(count: number): void {
    this.blocks.splice(this.blocks.length - count, count);
    this.#index();
  }

  /** Puts blocks back that were taken off. */
  restore(...blocks: readonly Mined[]): void {
    this.blocks.push(...blocks);
    this.#index();
  }

  #index(): void {
    this.outputs.clear();
    for (const { block, height } of this.blocks) {
      for (const tx of block.transactions) this.#add(tx, height);
    }
    for (const tx of this.mempool.values()) this.#add(tx, -1);
  }

  #add(tx: BitcoinTransaction, height: number): void {
    const txid = bitcoinTxidHex(tx);
    for (const [index, output] of tx.outputs.entries()) {
      const script = bytesToHex(output.script);
      this.outputs.set(`${txid}:${index}`, { sats: output.valueSats, script, height });
    }
  }

  #outpoints(tx: BitcoinTransaction): string[] {
    return tx.inputs.map((input) => `${hashToDisplayHex(input.prevTxid)}:${input.prevIndex}`);
  }

  #spentInBlocks(): Set<string> {
    const all = this.blocks.flatMap(({ block }) => block.transactions);
    return new Set(all.flatMap((tx) => this.#outpoints(tx)));
  }

  feeOf(tx: BitcoinTransaction): bigint {
    const paid = tx.outputs.reduce((total, output) => total + output.valueSats, 0n);
    return this.#outpoints(tx).reduce((t, o) => t + (this.outputs.get(o)?.sats ?? 0n), 0n) - paid;
  }

  #send(hex: string): string {
    if (this.refusal !== null) throw new RpcFailure(-25, this.refusal);
    const decoded = decodeBitcoinTransaction(bytesFromHex(hex));
    if (!decoded.ok) throw new RpcFailure(-22, 'TX decode failed');
    const tx = decoded.value;
    const txid = bitcoinTxidHex(tx);
    const spends = this.#outpoints(tx);
    const spent = this.#spentInBlocks();
    if (spends.some((outpoint) => spent.has(outpoint) || !this.outputs.has(outpoint))) {
      throw new RpcFailure(-25, 'bad-txns-inputs-missingorspent');
    }
    const rivals = [...this.mempool].filter(([, other]) =>
      this.#outpoints(other).some((outpoint) => spends.includes(outpoint)),
    );
    const vsize = BigInt(Math.ceil(bitcoinTransactionWeight(tx) / 4));
    for (const [rival, other] of rivals) {
      if (this.feeOf(tx) < this.feeOf(other) + vsize) {
        throw new RpcFailure(-26, 'insufficient fee, rejecting replacement');
      }
      this.mempool.delete(rival);
    }
    this.mempool.set(txid, tx);
    this.#index();
    return txid;
  }

  #scan(descriptor: string) {
    const address = /^addr\((.*)\)$/.exec(descriptor)![1]!;
    const chain = { ...TEST_NETWORK, bech32: 'bcrt' };
    const script = bytesToHex(OutScript.encode(Address(chain).decode(address)));
    const spent = this.#spentInBlocks();
    const unspents = [...this.outputs]
      .filter(([at, output]) => output.script === script && output.height >= 0 && !spent.has(at))
      .map(([at, output]) => {
        const [txid, vout] = at.split(':');
        const { height } = output;
        return { txid, vout: Number(vout), amount: Number(output.sats) / 1e8, height };
      });
    return { success: true, height: this.height, unspents };
  }

  answer(method: string, params: readonly unknown[]): unknown {
    switch (method) {
      case 'getbestblockhash':
        return this.tip.hash;
      case 'getblockhash': {
        const mined = this.blocks[params[0] as number];
        if (mined === undefined) throw new RpcFailure(-8, 'Block height out of range');
        return mined.hash;
      }
      case 'getblockheader': {
        const mined = this.blocks.find(({ hash }) => hash === params[0]);
        if (mined === undefined) throw new RpcFailure(-5, 'Block not found');
        const previousblockhash = this.blocks[mined.height - 1]?.hash;
        return { hash: mined.hash, height: mined.height, previousblockhash };
      }
      case 'getblock': {
        const mined = this.blocks.find(({ hash }) => hash === params[0]);
        if (mined === undefined) throw new RpcFailure(-5, 'Block not found');
        return bytesToHex(encodeBitcoinBlock(mined.block));
      }
      case 'sendrawtransaction':
        return this.#send(params[0] as string);
      case 'getmempoolentry':
        if (this.mempool.has(params[0] as string)) return {};
        throw new RpcFailure(-5, 'Transaction not in mempool');
      case 'scantxoutset':
        return this.#scan((params[1] as string[])[0]!);
      default:
        throw new RpcFailure(-32601, 'Method not found');
    }
  }

  /** The `fetch` of a world whose only server is this. */
  net() {
    return {
      serve: () => Promise.reject(new Error('not served')),
      fetch: async (_url: string, options?: { readonly body?: Uint8Array }) => {
        if (this.down) throw new Error('unreachable');
        const { method, params, id } = JSON.parse(utf8FromBytes(options!.body!)!);
        this.calls.push(method);
        const reply = (status: number, body: unknown) => ({
          status,
          headers: {},
          body: bytesFromUtf8(JSON.stringify(body)),
        });
        try {
          return reply(200, { result: this.answer(method, params) ?? null, error: null, id });
        } catch (error) {
          if (!(error instanceof RpcFailure)) throw error;
          const { code, message } = error;
          return reply(500, { result: null, error: { code, message }, id });
        }
      },
    };
  }
}
