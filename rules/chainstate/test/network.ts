/**
 * A small chain for tests: three signers, a miner, accounts with money, one model and one host from
 * genesis. Builds blocks with the real builder and applies them with the real checks.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import type { BurnBlockFacts } from '@assay/clarity';
import { type ClarityValue, formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { DEVNET, type NetworkParams } from '@assay/params';
import { MemoryStore, type Store } from '@assay/store';
import {
  encodeTransaction,
  type NakamotoBlock,
  type PostCondition,
  type PostConditionMode,
  setSponsor,
  signHeaderAsMiner,
  signOrigin,
  signSponsor,
  singleSigCondition,
  type Transaction,
  type TransactionPayload,
} from '@assay/wire';
import {
  type AppliedBlock,
  type BlockContext,
  type BurnView,
  Chainstate,
  type CheckedTransaction,
  genesisNetwork,
  parseGenesis,
  type Receipt,
  type SignerSet,
  type StoredHeader,
  type TryOutcome,
} from '../src/index.ts';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const hashOf = (value: string): Uint8Array => sha256(text(value));

export interface Account {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: string;
}

export function account(name: string): Account {
  const privateKey = hashOf(name);
  const publicKey = publicKeyFromPrivate(privateKey);
  const address = formatPrincipal({
    version: DEVNET.addressVersions.singleSig,
    hash: hash160(publicKey),
    contractName: null,
  });
  return { privateKey, publicKey, address };
}

export const MINER = account('miner');
export const ALICE = account('alice');
export const BOB = account('bob');
export const HOST = account('host');
export const OPERATOR = account('operating key');
export const SIGNERS = ['a', 'b', 'c']
  .map((name) => account(`signer ${name}`))
  .sort((a, b) => (bytesToHex(a.publicKey) < bytesToHex(b.publicKey) ? -1 : 1));
export const MODEL = hashOf('model');
export const START = 1_000_000_000_000n;
export const BOOT = DEVNET.bootAddress;

export function genesisText(extra: Record<string, unknown> = {}): string {
  return JSON.stringify({
    network: 'devnet',
    timestampSecs: 1_700_000_000,
    balances: [ALICE, BOB, HOST].map(({ address }) => ({ address, amountMicro: `${START}` })),
    signers: SIGNERS.map(({ publicKey }, i) => ({
      publicKey: bytesToHex(publicKey),
      weight: [3, 3, 4][i],
    })),
    models: [{ manifestHash: bytesToHex(MODEL), name: 'tiny', uri: 'http://host/manifest' }],
    hosts: [
      {
        address: HOST.address,
        endpoint: 'http://127.0.0.1:8000',
        operatingKey: bytesToHex(OPERATOR.publicKey),
        models: [bytesToHex(MODEL)],
        capacity: 4,
        inputPriceMicro: 10,
        outputPriceMicro: 100,
        bondMicro: 100_000_000,
      },
    ],
    ...extra,
  });
}

export interface TxOptions {
  readonly nonce?: bigint;
  readonly fee?: bigint;
  readonly mode?: PostConditionMode;
  readonly conditions?: readonly PostCondition[];
  readonly sponsor?: Account;
  readonly sponsorNonce?: bigint;
}

export class TestChain {
  readonly chain: Chainstate;
  readonly network: NetworkParams;
  readonly store: Store;
  readonly #genesisText: string;
  tip: StoredHeader;
  #burnHeight: number;

  constructor(
    options: {
      store?: Store;
      genesis?: Record<string, unknown>;
      network?: Partial<NetworkParams>;
    } = {},
  ) {
    this.store = options.store ?? new MemoryStore();
    this.#genesisText = genesisText(options.genesis);
    const parsed = parseGenesis(this.#genesisText);
    if (!parsed.ok) throw new Error(parsed.error.message);
    this.network = { ...genesisNetwork(parsed.value), ...options.network };
    this.chain = Chainstate.open({
      store: this.store,
      network: this.network,
      genesis: parsed.value,
      burnState: {
        burnBlock: (consensusHash, height) => this.burnBlock(consensusHash, height),
      },
    });
    this.tip = this.chain.header(this.chain.genesisBlockId)!;
    this.#burnHeight = this.network.pox.firstBurnHeight;
  }

  signers(cycle: number): SignerSet {
    return {
      cycle,
      signers: SIGNERS.map(({ publicKey }, i) => ({ publicKey, weight: [3n, 3n, 4n][i]! })),
    };
  }

  /** The sortition at a height; `fork` makes another one of the same height. */
  burnView(burnHeight: number, fork = ''): BurnView {
    const name = `burn ${burnHeight} ${fork}`;
    return {
      consensusHash: hashOf(`ch ${name}`).slice(0, 20),
      burnHeight,
      burnHeaderHash: hashOf(`hash ${name}`),
      sortitionHash: hashOf(`sortition ${name}`),
      vrfSeed: hashOf(`seed ${name}`),
      totalBurn: BigInt(burnHeight) * 1_000n,
      burnTimestampSecs: 1_700_000_000 + burnHeight * 600,
      minerPubkeyHash: hash160(MINER.publicKey),
    };
  }

  /** Every burn view of a test is on the fork that it names; three satoshis for each payee. */
  burnBlock(consensusHash: Uint8Array, burnHeight: number): BurnBlockFacts | null {
    if (!bytesEqual(consensusHash, this.burnView(this.#burnHeight).consensusHash)) return null;
    const { burnHeaderHash: headerHash } = this.burnView(burnHeight);
    const address = { version: Uint8Array.of(0), hashBytes: new Uint8Array(20) };
    return { headerHash, poxAddresses: { addresses: [address, address], payoutSats: 3n } };
  }

  context(view: BurnView, parent = this.tip): BlockContext {
    const cycle = Math.floor(
      (view.burnHeight - this.network.pox.firstBurnHeight) / this.network.pox.rewardCycleLength,
    );
    return {
      burnView: view,
      timestampSecs: parent.header.timestampSecs + 1,
      signers: this.signers(cycle),
    };
  }

  nonceOf(who: Account, at = this.tip): bigint {
    return this.chain.view(at.blockId).account(who.address).nonce;
  }

  balanceOf(principal: string, at = this.tip): bigint {
    return this.chain.view(at.blockId).account(principal).balanceMicro;
  }

  sign(who: Account, payload: TransactionPayload, options: TxOptions = {}): Transaction {
    const condition = singleSigCondition(who.publicKey, {
      nonce: options.nonce ?? this.nonceOf(who),
      feeMicro: options.sponsor ? 0n : (options.fee ?? 1_000n),
    });
    const { sponsor } = options;
    const base: Transaction = {
      version: this.network.transactionVersion,
      chainId: this.network.chainId,
      auth: sponsor
        ? {
            kind: 'sponsored',
            origin: condition,
            sponsor: singleSigCondition(new Uint8Array(33), { nonce: 0n, feeMicro: 0n }),
          }
        : { kind: 'standard', origin: condition },
      anchorMode: 'on-chain-only',
      postConditionMode: options.mode ?? 'allow',
      postConditions: options.conditions ?? [],
      payload,
    };
    const signed = signOrigin(base, { privateKey: who.privateKey, compressed: true });
    if (!sponsor) return signed;
    const withSponsor = setSponsor(
      signed,
      singleSigCondition(sponsor.publicKey, {
        nonce: options.sponsorNonce ?? this.nonceOf(sponsor),
        feeMicro: options.fee ?? 1_000n,
      }),
    );
    return signSponsor(withSponsor, { privateKey: sponsor.privateKey, compressed: true });
  }

  check(tx: Transaction): CheckedTransaction {
    const checked = this.chain.checkTransaction(encodeTransaction(tx));
    if (!checked.ok) throw new Error(checked.error.message);
    return checked.value;
  }

  /** Tenure change and coinbase on a parent. */
  tenureTransactions(view: BurnView, parent: StoredHeader): Transaction[] {
    const nonce = this.nonceOf(MINER, parent);
    return [
      this.sign(
        MINER,
        {
          kind: 'tenure-change',
          tenureConsensusHash: view.consensusHash,
          prevTenureConsensusHash: parent.header.consensusHash,
          burnViewConsensusHash: view.consensusHash,
          previousTenureEnd: parent.blockId,
          previousTenureBlocks: parent.tenureBlocks,
          cause: 'block-found',
          pubkeyHash: hash160(MINER.publicKey),
        },
        { nonce, fee: 0n },
      ),
      this.sign(
        MINER,
        {
          kind: 'nakamoto-coinbase',
          payload: new Uint8Array(32),
          recipient: null,
          vrfProof: new Uint8Array(80),
        },
        { nonce: nonce + 1n, fee: 0n },
      ),
    ];
  }

  /** Builds a signed block; outcomes of the given transactions beside it. */
  assemble(
    transactions: readonly Transaction[],
    context: BlockContext,
    parent = this.tip,
  ): { block: NakamotoBlock; outcomes: TryOutcome[] } {
    const builder = this.chain.build(parent.blockId, context);
    const outcomes = transactions.map((tx) => builder.tryTransaction(this.check(tx)));
    const { block } = builder.seal();
    return {
      block: { ...block, header: signHeaderAsMiner(block.header, MINER.privateKey) },
      outcomes,
    };
  }

  apply(block: NakamotoBlock, context: BlockContext): AppliedBlock {
    const applied = this.chain.applyBlock(block, context);
    if (!applied.ok) throw new Error(`${applied.error.code}: ${applied.error.message}`);
    this.tip = applied.value.header;
    return applied.value;
  }

  /** The next Bitcoin block is won by our miner, who starts a tenure. */
  tenure(transactions: readonly Transaction[] = [], heights = 1): AppliedBlock {
    this.#burnHeight += heights;
    const view = this.burnView(this.#burnHeight);
    const context = this.context(view);
    const own = this.tenureTransactions(view, this.tip);
    return this.apply(this.assemble([...own, ...transactions], context).block, context);
  }

  /** One more block of the tenure. Every transaction must be included. */
  mine(...transactions: readonly Transaction[]): Receipt[] {
    const context = this.context(this.tip.burnView);
    const { block, outcomes } = this.assemble(transactions, context);
    for (const outcome of outcomes) {
      if (outcome.kind === 'skipped') throw new Error(`${outcome.code}: ${outcome.message}`);
    }
    return [...this.apply(block, context).receipts];
  }

  reopen(): TestChain {
    const again = new TestChain({ store: this.store, genesis: JSON.parse(this.#genesisText) });
    again.tip = again.chain.header(this.tip.blockId)!;
    again.#burnHeight = this.#burnHeight;
    return again;
  }
}

export function transfer(to: string, amount: bigint, memo = ''): TransactionPayload {
  const parsed = parsePrincipal(to);
  if (!parsed.ok) throw new Error(to);
  const bytes = new Uint8Array(34);
  bytes.set(text(memo));
  return { kind: 'token-transfer', recipient: parsed.value, amountMicro: amount, memo: bytes };
}

export function call(
  contractId: string,
  functionName: string,
  args: readonly ClarityValue[],
): TransactionPayload {
  const parsed = parsePrincipal(contractId);
  if (!parsed.ok || parsed.value.contractName === null) throw new Error(contractId);
  const { version, hash, contractName } = parsed.value;
  return { kind: 'contract-call', contract: { version, hash, contractName }, functionName, args };
}

export function deploy(
  contractName: string,
  source: string,
  clarityVersion = 3,
): TransactionPayload {
  return { kind: 'versioned-smart-contract', clarityVersion, contractName, source };
}
