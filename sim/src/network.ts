/**
 * A whole network in one process and in virtual time, from a seed: embedded Bitcoin, a node that
 * mines, signers with judges, hosts with engines, users over HTTP. The processes are the real classes;
 * only clock, wires, disks and models are simulated. Same seed, same blocks.
 *
 * A scenario starts one (`SimAssay.start`), drives time (`run`, `until`, `mineBitcoin`), breaks things
 * through `net` (crash, restart, partition, disturb), and asks `faults()` in the end.
 */

import { BitcoinRpc, minerKey } from '@assay/burnchain';
import { bytesEqual, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { type Genesis, parseGenesis, type StoredHeader } from '@assay/chainstate';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import type { InferenceResult } from '@assay/client';
import { sha256 } from '@assay/crypto';
import { describeModel } from '@assay/engine';
import type { FullNode } from '@assay/full-node';
import { type Gateway, MemoryLedger } from '@assay/gateway';
import type { HostDaemon } from '@assay/host';
import { type ModelManifest, modelId, sealKeyPair, sealSecretOf } from '@assay/jobs';
import type { Signer } from '@assay/signer';
import { GENERIC_EVIDENCE_SHA256 } from '@assay/verify';
import { SimNetwork, type SimWorld } from '@assay/world/sim';
import { bringVerdicts, type Closing, sendExpire } from './bystander.ts';
import { type Chat, chat, openAccount } from './customer.ts';
import { SimDisk } from './disk.ts';
import { type HostKind, judgeEngine } from './engines.ts';
import { measureSupply, signatureFaults, supplyFaults } from './invariants.ts';
import type { JudgeKind } from './judges.ts';
import { type SimKey, simKey } from './keys.ts';
import { SimLogs } from './logs.ts';
import { BITCOIN_URL, hostUrl, NODE_URL } from './places.ts';
import {
  bitcoinProcess,
  gatewayProcess,
  hostProcess,
  INITIAL_BLOCKS,
  nodeProcess,
  signerProcess,
} from './processes.ts';
import { type RivalKind, rivalProcess } from './rival.ts';
import { SimUser } from './user.ts';
import { Watch } from './watch.ts';

export interface SimOptions {
  readonly seed: string | number;
  /** One signer each. Default three of weight 1. */
  readonly signerWeights?: readonly number[];
  /** Of the signers, by index. Default honest. */
  readonly judges?: readonly JudgeKind[];
  /** Default two honest ones. */
  readonly hosts?: readonly HostKind[];
  /** Mines Bitcoin blocks this often, once the first tenure has begun. Default: only when asked. */
  readonly bitcoinIntervalMs?: number;
  readonly latencyMs?: readonly [number, number];
  /** A second miner with a node of its own. Default none. */
  readonly rival?: RivalKind;
  /** Virtual time an answer takes. Default 400. */
  readonly answerMs?: number;
  /** Gateways on one ledger; with them hosts take sessions. Default none. */
  readonly gateways?: number;
}

const BALANCE_MICRO = 1_000_000_000_000n;
const BOND_MICRO = 100_000_000n;
export const INPUT_PRICE_MICRO = 10n;
export const OUTPUT_PRICE_MICRO = 100n;
/** Short cycles: every scenario of some length crosses a few. */
const CYCLE_BLOCKS = 10;
const USERS = ['alice', 'bob'] as const;

/** Of a host's record in `.hosts`. */
export type HostField = 'settled' | 'faults' | 'missed' | 'earned' | 'clean' | 'bond';

/** Reached its limit of virtual time, or nothing is left to happen. */
export class SimTimeout extends Error {
  override readonly name = 'SimTimeout';
}

export class SimAssay {
  readonly options: SimOptions;
  readonly net: SimNetwork;
  readonly logs: SimLogs;
  readonly disk = new SimDisk();
  readonly watch = new Watch();
  /** By signer; a change holds from the next start of the process. */
  readonly judges: JudgeKind[];
  readonly genesis: Genesis;
  readonly manifest: ModelManifest;
  readonly miner: SimKey = simKey('miner');
  readonly alice: SimUser;
  readonly bob: SimUser;
  readonly #bitcoinRpc: BitcoinRpc;
  #node: FullNode | null = null;
  /** Where the newest incarnation of the miner's node runs. */
  nodeWorld: SimWorld | null = null;
  /** The second miner's node. */
  rival: FullNode | null = null;
  /** Newest incarnation by process name; written by the processes. */
  readonly signers = new Map<string, Signer>();
  readonly hosts = new Map<string, HostDaemon>();
  readonly gateways = new Map<string, Gateway>();
  /** What the gateways share: a database server that is never killed. */
  readonly ledger: MemoryLedger;
  isBitcoinUp = false;

  private constructor(options: SimOptions) {
    const { seed, latencyMs } = options;
    this.options = options;
    this.judges = [...(options.judges ?? [])];
    this.net = new SimNetwork({ seed, ...(latencyMs === undefined ? {} : { latencyMs }) });
    this.logs = new SimLogs(this.net.nowMs);
    this.ledger = new MemoryLedger(this.net.world('operator').clock);
    this.manifest = describeModel(judgeEngine(), {
      name: 'fake',
      evidenceSha256: GENERIC_EVIDENCE_SHA256,
    });
    this.genesis = this.#buildGenesis();
    const [alice, bob] = USERS.map(
      (name) => new SimUser(this.net.world(name), NODE_URL, simKey(name)),
    );
    this.alice = alice!;
    this.bob = bob!;
    this.#bitcoinRpc = new BitcoinRpc(this.net.world('operator'), { url: BITCOIN_URL });
  }

  /** A network whose first tenure has begun. */
  static async start(options: SimOptions): Promise<SimAssay> {
    const sim = new SimAssay(options);
    await sim.#boot();
    return sim;
  }

  // ---- who is who -----------------------------------------------------------------------------

  get signerNames(): string[] {
    return this.#signerWeights.map((_, i) => `signer-${i + 1}`);
  }

  get hostNames(): string[] {
    return this.hostKinds.map((_, i) => `host-${i + 1}`);
  }

  get gatewayNames(): string[] {
    return Array.from({ length: this.options.gateways ?? 0 }, (_, i) => `gateway-${i + 1}`);
  }

  get hostKinds(): readonly HostKind[] {
    return this.options.hosts ?? ['honest', 'honest'];
  }

  get #signerWeights(): readonly number[] {
    return this.options.signerWeights ?? [1, 1, 1];
  }

  /** The miner's node; the newest incarnation. */
  get node(): FullNode {
    if (this.#node === null) throw new Error('the node was never started');
    return this.#node;
  }

  set node(node: FullNode) {
    this.#node = node;
  }

  get modelId(): Uint8Array {
    return modelId(this.manifest);
  }

  get bootAddress(): string {
    return this.node.chainstate.network.bootAddress;
  }

  #buildGenesis(): Genesis {
    const hosts = this.hostNames.map((name) => simKey(name));
    const payers = [...this.signerNames, ...this.gatewayNames].map((name) => simKey(name));
    const funded = [...USERS.map((name) => simKey(name)), ...hosts, ...payers];
    const parsed = parseGenesis(
      JSON.stringify({
        network: 'devnet',
        timestampSecs: Math.floor(this.net.nowMs / 1000) - 3_600,
        pox: { rewardCycleLength: CYCLE_BLOCKS, prepareLength: 3 },
        balances: funded.map(({ address }) => ({ address, amountMicro: String(BALANCE_MICRO) })),
        signers: this.#signerWeights.map((weight, i) => ({
          publicKey: bytesToHex(simKey(`signer-${i + 1}`).publicKey),
          weight,
        })),
        models: [
          { manifestHash: bytesToHex(this.modelId), name: 'fake', uri: 'https://example.org/fake' },
        ],
        hosts: hosts.map(({ address }, i) => ({
          address,
          endpoint: hostUrl(i),
          operatingKey: bytesToHex(simKey(`host-${i + 1} operating`).publicKey),
          sealKey: bytesToHex(
            sealKeyPair(sealSecretOf(simKey(`host-${i + 1} operating`).privateKey)).publicKey,
          ),
          models: [bytesToHex(this.modelId)],
          capacity: 1,
          inputPriceMicro: String(INPUT_PRICE_MICRO),
          outputPriceMicro: String(OUTPUT_PRICE_MICRO),
          bondMicro: String(BOND_MICRO),
        })),
      }),
    );
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  }

  // ---- start ----------------------------------------------------------------------------------

  async #boot(): Promise<void> {
    this.net.start('bitcoin', bitcoinProcess(this));
    await this.until(() => this.isBitcoinUp, 'Bitcoin listens');
    const { rival } = this.options;
    if (rival !== undefined) await this.#mineForRival();
    this.net.start('node', nodeProcess(this));
    await this.until(() => this.#node !== null, 'the node runs');
    if (rival !== undefined) this.net.start('rival', rivalProcess(this, rival));
    this.signerNames.forEach((name, i) => {
      this.net.start(name, signerProcess(this, i));
    });
    this.hostNames.forEach((name, i) => {
      if (this.hostKinds[i] !== 'silent') this.net.start(name, hostProcess(this, i));
    });
    await this.nextTenure();
    await this.run(openAccount(this.ledger));
    this.gatewayNames.forEach((name, i) => {
      this.net.start(name, gatewayProcess(this, i));
    });
    await this.until(() => this.gateways.size === this.gatewayNames.length, 'the gateways listen');
    const { bitcoinIntervalMs } = this.options;
    if (bitcoinIntervalMs !== undefined) this.#mineEvery(bitcoinIntervalMs);
  }

  /** The first coin that Bitcoin's blocks make is the rival's. */
  async #mineForRival(): Promise<void> {
    const { address } = minerKey(simKey('rival').privateKey, 'regtest');
    await this.run(this.#bitcoinRpc.call('generatetoaddress', [1, address]));
    await this.run(this.#generate(INITIAL_BLOCKS - 1));
  }

  #mineEvery(intervalMs: number): void {
    this.net.world('operator').timers.every(intervalMs, () => {
      // Bitcoin may be down just now.
      this.#generate(1).catch(() => {});
    });
  }

  // ---- time -----------------------------------------------------------------------------------

  /** Runs virtual time until `predicate` holds. @throws SimTimeout with the latest log lines */
  async until(predicate: () => boolean, what: string, limitMs = 120_000): Promise<void> {
    const { failures } = this.net;
    await this.net.runUntil(() => failures.length > 0 || predicate(), limitMs);
    // A process that threw has ended; waiting for it would only hide why.
    if (failures.length > 0) throw new Error(this.#escaped().join('\n'));
    if (!predicate()) {
      throw new SimTimeout(`${what}: not within ${limitMs} ms\n${this.logs.tail(60)}`);
    }
  }

  /** Runs virtual time until some work is finished. */
  async run<T>(work: Promise<T>, what = 'work', limitMs = 120_000): Promise<T> {
    let isDone = false;
    const finish = () => {
      isDone = true;
    };
    work.then(finish, finish);
    await this.until(() => isDone, what, limitMs);
    return work;
  }

  /** Lets virtual time pass. */
  pass(ms: number): Promise<void> {
    return this.net.run(ms);
  }

  /** Uniform in 0 .. bound - 1, from the seed. */
  roll(bound: number): number {
    const [byte, more] = this.net.world('dice').random.bytes(2);
    return ((byte! << 8) | more!) % bound;
  }

  // ---- Bitcoin --------------------------------------------------------------------------------

  /** The reward cycle of the newest Bitcoin block. */
  get rewardCycle(): number {
    const { firstBurnHeight } = this.node.chainstate.network.pox;
    return Math.floor((this.burnHeight - firstBurnHeight) / CYCLE_BLOCKS);
  }

  /** Bitcoin blocks until the next cycle begins. */
  get blocksToCycle(): number {
    const { firstBurnHeight } = this.node.chainstate.network.pox;
    return CYCLE_BLOCKS - ((this.burnHeight - firstBurnHeight) % CYCLE_BLOCKS);
  }

  get burnHeight(): number {
    return this.node.coordinator.burnTip()?.burnHeight ?? 0;
  }

  /** One JSON-RPC call to the embedded bitcoind. */
  bitcoinCall(method: string, params: readonly unknown[] = []): Promise<unknown> {
    return this.run(this.#bitcoinRpc.call(method, params), `bitcoin ${method}`);
  }

  #generate(count: number): Promise<unknown> {
    return this.#bitcoinRpc.call('generatetoaddress', [count, this.minerBitcoinAddress]);
  }

  get minerBitcoinAddress(): string {
    return minerKey(this.miner.privateKey, 'regtest').address;
  }

  /** Mines blocks; by default waits until the node has seen them. */
  async mineBitcoin(count = 1, waits = true): Promise<void> {
    await this.run(this.#generate(count), 'Bitcoin mines');
    if (waits) await this.untilBitcoinSeen();
  }

  async untilBitcoinSeen(): Promise<void> {
    const height = Number(await this.bitcoinCall('getblockcount'));
    await this.until(() => this.burnHeight >= height, `the node sees Bitcoin block ${height}`);
  }

  /** Bitcoin abandons its newest blocks for a branch that is one longer. */
  async reorgBitcoin(depth: number): Promise<void> {
    const height = Number(await this.bitcoinCall('getblockcount'));
    const oldest = await this.bitcoinCall('getblockhash', [height - depth + 1]);
    await this.bitcoinCall('invalidateblock', [oldest]);
    await this.mineBitcoin(depth + 1);
  }

  /** As `reorgBitcoin`, while time goes on; given up when Bitcoin is down. */
  reorgBitcoinInBackground(depth: number): void {
    const rpc = this.#bitcoinRpc;
    const reorg = async (): Promise<void> => {
      const height = Number(await rpc.call('getblockcount'));
      const oldest = await rpc.call('getblockhash', [height - depth + 1]);
      await rpc.call('invalidateblock', [oldest]);
      await this.#generate(depth + 1);
    };
    reorg().catch(() => {});
  }

  /** Whether the tenure of the last sortition has begun. */
  get isTenureBegun(): boolean {
    const { coordinator } = this.node;
    const election = coordinator.election();
    if (election === null) return false;
    return bytesEqual(coordinator.tip().header.consensusHash, election.consensusHash);
  }

  /** Mines until another tenure has begun: for the first one, key and commit come before. */
  async nextTenure(): Promise<void> {
    const before = this.node.coordinator.tip().tenureHeight;
    for (let attempt = 0; attempt < 8; attempt++) {
      await this.run(this.#operationInMempool(), 'the miner sends an operation');
      // The miner may be about to replace it: its commit for an older tenure wins nothing.
      await this.pass(300);
      await this.mineBitcoin();
      if (this.node.coordinator.election() === null) continue;
      const isBegun = await this.net.runUntil(() => this.isTenureBegun, 15_000);
      if (isBegun && this.node.coordinator.tip().tenureHeight > before) return;
    }
    throw new SimTimeout(`no new tenure\n${this.logs.tail(60)}`);
  }

  async #operationInMempool(): Promise<void> {
    const { timers } = this.net.world('operator');
    for (;;) {
      const waiting = await this.#bitcoinRpc.call('getrawmempool');
      if (Array.isArray(waiting) && waiting.length > 0) return;
      await timers.sleep(100);
    }
  }

  /**
   * `kill -9` of a process right after its `count`-th write to disk from now on, before the world hears of
   * it; up again after a while.
   */
  killAfterWrites(name: string, count: number, downMs = 3_000): void {
    this.disk.killAfter(name, count, () => {
      this.net.crash(name);
      this.net.schedule(downMs, () => this.net.restart(name));
    });
  }

  // ---- reading --------------------------------------------------------------------------------

  /** Block height of a transaction on the canonical chain, or null. */
  minedAt(txid: string): number | null {
    const tip = this.node.coordinator.tip();
    if (this.#mined.tip !== tip.blockId) {
      const heights = new Map<string, number>();
      for (const { height, txids } of this.#canonicalTransactions(tip)) {
        for (const id of txids) heights.set(id, height);
      }
      this.#mined = { tip: tip.blockId, heights };
    }
    return this.#mined.heights.get(txid) ?? null;
  }

  #mined: { tip: Uint8Array | null; heights: ReadonlyMap<string, number> } = {
    tip: null,
    heights: new Map(),
  };

  *#canonicalTransactions(tip: StoredHeader) {
    const { chainstate } = this.node;
    for (let header = tip; header.height > 0; header = chainstate.header(header.parentBlockId)!) {
      const key = bytesToHex(header.blockId);
      let txids = this.#txids.get(key);
      if (txids === undefined) {
        const receipts = chainstate.receipts(header.blockId) ?? [];
        txids = receipts.map(({ txid }) => bytesToHex(txid));
        this.#txids.set(key, txids);
      }
      yield { height: header.height, txids };
    }
  }

  /** By block id. */
  readonly #txids = new Map<string, readonly string[]>();

  async untilMined(txid: string, limitMs = 60_000): Promise<void> {
    await this.until(() => this.minedAt(txid) !== null, `transaction ${txid} is mined`, limitMs);
  }

  /** Spendable micro-STX at the tip. */
  balance(address: string): bigint {
    const { chainstate, coordinator } = this.node;
    return chainstate.view(coordinator.tip().blockId).account(address).balanceMicro;
  }

  /** What `.inference` holds for open requests. */
  get escrowMicro(): bigint {
    return this.balance(`${this.bootAddress}.inference`);
  }

  /** Asks a gateway, as a program with an API key does. */
  chat(prompt: string, gateway = 0): Promise<Chat> {
    return this.run(chat(this.net.world('customer'), prompt, gateway), 'a chat', 180_000);
  }

  hostAddress(name: string): string {
    return simKey(name).address;
  }

  /** Waits until a request is closed on chain. */
  async untilAnswered(txid: string, limitMs = 60_000): Promise<InferenceResult> {
    const { timers } = this.net.world('operator');
    const ask = async (): Promise<InferenceResult> => {
      for (;;) {
        const result = await this.alice.client.inference.result(txid).catch(() => null);
        if (result?.status === 'Success' || result?.status === 'Failure') return result;
        await timers.sleep(250);
      }
    };
    return this.run(ask(), `request ${txid} is closed`, limitMs);
  }

  /** Id of the request that a mined transaction opened. */
  async requestId(txid: string): Promise<bigint> {
    await this.untilMined(txid);
    const { requestId } = await this.run(this.alice.client.inference.result(txid));
    if (requestId === null) throw new Error(`transaction ${txid} opened no request`);
    return requestId;
  }

  /** A bystander closes a request with the signers' verdicts; `lie` sends the other function. */
  bringVerdicts(requestId: bigint, lie?: Closing['action']): Promise<Closing> {
    const task = { requestId, ...(lie === undefined ? {} : { lie }) };
    const work = bringVerdicts(this.bob, this.net.world('bob'), this.bootAddress, task);
    return this.run(work, `verdicts about request ${requestId}`);
  }

  /** Somebody says that a settled answer was false. @returns the transaction id */
  async dispute(user: SimUser, requestId: bigint): Promise<string> {
    const evidence = Cv.buffer(sha256(bytesFromUtf8('I asked another machine.')));
    const args = [Cv.uint(requestId), evidence];
    const txid = await this.run(user.call(`${this.bootAddress}.inference`, 'dispute', args));
    await this.untilMined(txid);
    return txid;
  }

  /** Status of a dispute: 1 open, 2 upheld, 3 dismissed, 4 lapsed. */
  disputeStatus(id: bigint): bigint {
    const dispute = this.readOnly('inference', 'get-dispute', [Cv.uint(id)]);
    if (dispute.type !== 'some' || dispute.value.type !== 'tuple') return 0n;
    const status = dispute.value.entries.get('status');
    return status?.type === 'uint' ? status.value : 0n;
  }

  /** A bystander gives the user the money back after the deadline. */
  expire(requestId: bigint): Promise<string> {
    return this.run(sendExpire(this.bob, this.bootAddress, requestId));
  }

  /** Tokens that a closed request was charged for. */
  tokensOf(result: InferenceResult): { promptTokens: bigint; outputTokens: bigint } {
    const facts = result.request?.result ?? {};
    return {
      promptTokens: BigInt(String(facts.prompt_tokens)),
      outputTokens: BigInt(String(facts.output_tokens)),
    };
  }

  /** A field of a host's record in `.hosts`. */
  hostRecord(name: string, field: HostField): bigint {
    const host = this.readOnly('hosts', 'get-host', [Cv.principal(simKey(name).address)]);
    if (host.type !== 'some' || host.value.type !== 'tuple') return -1n;
    const value = host.value.entries.get(field);
    return value?.type === 'uint' ? value.value : -1n;
  }

  /** What a boot contract says at the tip. */
  readOnly(contract: string, functionName: string, args: readonly ClarityValue[]): ClarityValue {
    const { chainstate, coordinator } = this.node;
    const answer = chainstate.view(coordinator.tip().blockId).callReadOnly({
      contractId: `${this.bootAddress}.${contract}`,
      functionName,
      args,
      sender: this.bootAddress,
    });
    if (!answer.ok) throw new Error(`${contract} ${functionName} failed`);
    return answer.value;
  }

  /** Answers that were paid for, over all hosts. */
  totalSettled(): bigint {
    return this.hostNames.reduce((sum, name) => sum + this.hostRecord(name, 'settled'), 0n);
  }

  // ---- the end --------------------------------------------------------------------------------

  #escaped(): string[] {
    return this.net.failures.map(({ process: name, cause }) => {
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      return `${name} failed: ${text}`;
    });
  }

  /** Everything that must never happen and did; empty after a healthy run. */
  faults(): string[] {
    const logged = this.logs.errors().map((entry) => this.logs.format(entry));
    const supply = supplyFaults(measureSupply(this.node, this.genesis));
    return [...this.#escaped(), ...logged, ...supply, ...signatureFaults(this.watch, this.node)];
  }
}
