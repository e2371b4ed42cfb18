/**
 * Reading the chain and sending transactions: accounts, contracts, fees, blocks, sortitions.
 * Shapes: reference/stacks.md 5. "Not there" is null; a refusal of a transaction is a `Result`.
 */
import { bytesToHex, err, ok, type Result } from '@assay/bytes';
import { type ClarityValue, decodeClarityValue, encodeClarityValue } from '@assay/clarity-value';
import {
  bigintAt,
  bytesAt,
  bytesOrNullAt,
  flagAt,
  hexValue,
  type JsonObject,
  numberAt,
  objectOrNullAt,
  textAt,
} from './shape.ts';
import { ClientError, isOk, jsonBody, parseAny, parseObject, type Transport } from './transport.ts';

export interface NodeInfo {
  readonly networkId: number;
  readonly burnBlockHeight: number;
  /** Consensus hash of the Bitcoin tip, 20 bytes. */
  readonly consensusHash: Uint8Array;
  readonly stacksTipHeight: number;
  /** Block hash (not id) of the tip, and the consensus hash of its tenure. */
  readonly stacksTip: Uint8Array;
  readonly stacksTipConsensusHash: Uint8Array;
  readonly tenureHeight: number;
  readonly serverVersion: string;
  readonly isFullySynced: boolean;
  readonly raw: JsonObject;
}

export interface PoxInfo {
  readonly contractId: string;
  readonly burnBlockHeight: number;
  readonly firstBurnHeight: number;
  readonly rewardCycle: number;
  readonly rewardCycleLength: number;
  readonly prepareLength: number;
  readonly raw: JsonObject;
}

export interface Account {
  readonly balanceMicro: bigint;
  readonly lockedMicro: bigint;
  readonly unlockHeight: number;
  readonly nonce: bigint;
}

export interface BroadcastRejection {
  readonly code: 'client/rejected';
  /** Stacks' word, e.g. `BadNonce`. */
  readonly reason: string;
  readonly reasonData: JsonObject | null;
  readonly message: string;
  readonly txid: string;
}

export interface MinedTransaction {
  readonly blockId: Uint8Array;
  readonly bytes: Uint8Array;
  /** Clarity text, e.g. `(ok true)`. */
  readonly result: string;
  readonly blockHeight: number;
  readonly isCanonical: boolean;
}

export interface Sortition {
  readonly burnHeaderHash: Uint8Array;
  readonly burnHeight: number;
  readonly consensusHash: Uint8Array;
  readonly sortitionId: Uint8Array;
  readonly wasSortition: boolean;
  readonly minerPubkeyHash: Uint8Array | null;
  readonly lastSortitionConsensusHash: Uint8Array | null;
  /** First block of the tenure the winner builds on. */
  readonly parentTenureStart: Uint8Array | null;
  readonly timestampSecs: number;
}

export interface TenureInfo {
  readonly consensusHash: Uint8Array;
  readonly tenureStartBlockId: Uint8Array;
  readonly parentConsensusHash: Uint8Array;
  readonly tipBlockId: Uint8Array;
  readonly tipHeight: number;
  readonly rewardCycle: number;
}

export class ChainClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async info(): Promise<NodeInfo> {
    const raw = await this.#transport.json({ path: '/v2/info' });
    return {
      networkId: numberAt(raw, 'network_id'),
      burnBlockHeight: numberAt(raw, 'burn_block_height'),
      consensusHash: bytesAt(raw, 'pox_consensus'),
      stacksTipHeight: numberAt(raw, 'stacks_tip_height'),
      stacksTip: bytesAt(raw, 'stacks_tip'),
      stacksTipConsensusHash: bytesAt(raw, 'stacks_tip_consensus_hash'),
      tenureHeight: numberAt(raw, 'tenure_height'),
      serverVersion: textAt(raw, 'server_version'),
      isFullySynced: flagAt(raw, 'is_fully_synced'),
      raw,
    };
  }

  async pox(): Promise<PoxInfo> {
    const raw = await this.#transport.json({ path: '/v2/pox' });
    return {
      contractId: textAt(raw, 'contract_id'),
      burnBlockHeight: numberAt(raw, 'current_burnchain_block_height'),
      firstBurnHeight: numberAt(raw, 'first_burnchain_block_height'),
      rewardCycle: numberAt(raw, 'reward_cycle_id'),
      rewardCycleLength: numberAt(raw, 'reward_cycle_length'),
      prepareLength: numberAt(raw, 'prepare_phase_block_length'),
      raw,
    };
  }

  async account(principal: string): Promise<Account> {
    const raw = await this.#transport.json({ path: `/v2/accounts/${principal}?proof=0` });
    return {
      balanceMicro: bigintAt(raw, 'balance'),
      lockedMicro: bigintAt(raw, 'locked'),
      unlockHeight: numberAt(raw, 'unlock_height'),
      nonce: bigintAt(raw, 'nonce'),
    };
  }

  /** The nonce for the next transaction, pending ones counted. */
  async nextNonce(principal: string): Promise<bigint> {
    const path = `/extended/v1/address/${principal}/nonces`;
    const raw = await this.#transport.jsonOrNull({ path });
    return raw === null
      ? (await this.account(principal)).nonce
      : bigintAt(raw, 'possible_next_nonce');
  }

  /** @returns the transaction id in hex */
  async broadcast(transaction: Uint8Array): Promise<Result<string, BroadcastRejection>> {
    const path = '/v2/transactions';
    const contentType = 'application/octet-stream';
    const answer = await this.#transport.send({ path, body: transaction, contentType });
    if (isOk(answer)) {
      const txid = parseAny(path, answer);
      if (typeof txid === 'string') return ok(txid.replace(/^0x/, ''));
      throw new ClientError('client/malformed', path, answer);
    }
    if (answer.status !== 400) throw new ClientError('client/status', path, answer);
    const raw = parseObject(path, answer);
    const reason = typeof raw.reason === 'string' ? raw.reason : 'unknown';
    return err({
      code: 'client/rejected',
      reason,
      reasonData: objectOrNullAt(raw, 'reason_data'),
      message: typeof raw.message === 'string' ? raw.message : reason,
      txid: typeof raw.txid === 'string' ? raw.txid : '',
    });
  }

  /** Fees in micro-STX: low, middle, high. */
  async estimateFee(
    payload: Uint8Array,
    sizeBytes?: number,
  ): Promise<readonly [bigint, bigint, bigint]> {
    const raw = await this.#transport.json({
      path: '/v2/fees/transaction',
      body: jsonBody({
        transaction_payload: bytesToHex(payload),
        ...(sizeBytes === undefined ? {} : { estimated_len: sizeBytes }),
      }),
    });
    const list = raw.estimations as readonly JsonObject[];
    const at = (index: number) => bigintAt(list[index]!, 'fee');
    return [at(0), at(1), at(2)];
  }

  contractInterface(contractId: string): Promise<JsonObject | null> {
    const path = `/v2/contracts/interface/${slashed(contractId)}`;
    return this.#transport.jsonOrNull({ path });
  }

  async contractSource(contractId: string): Promise<string | null> {
    const path = `/v2/contracts/source/${slashed(contractId)}?proof=0`;
    const raw = await this.#transport.jsonOrNull({ path });
    return raw === null ? null : textAt(raw, 'source');
  }

  async callReadOnly(call: {
    readonly contractId: string;
    readonly functionName: string;
    readonly args: readonly ClarityValue[];
    readonly sender?: string;
  }): Promise<
    Result<ClarityValue, { readonly code: 'client/call-failed'; readonly message: string }>
  > {
    const name = encodeURIComponent(call.functionName);
    const path = `/v2/contracts/call-read/${slashed(call.contractId)}/${name}`;
    const raw = await this.#transport.json({
      path,
      body: jsonBody({
        sender: call.sender ?? call.contractId.split('.')[0],
        arguments: call.args.map((value) => `0x${bytesToHex(encodeClarityValue(value))}`),
      }),
    });
    if (!flagAt(raw, 'okay')) {
      return err({ code: 'client/call-failed', message: textAt(raw, 'cause') });
    }
    return ok(clarityAt(raw, 'result'));
  }

  /** `(none)` when the entry or the map does not exist. */
  async mapEntry(contractId: string, map: string, key: ClarityValue): Promise<ClarityValue> {
    const path = `/v2/map_entry/${slashed(contractId)}/${encodeURIComponent(map)}?proof=0`;
    const body = jsonBody(`0x${bytesToHex(encodeClarityValue(key))}`);
    return clarityAt(await this.#transport.json({ path, body }), 'data');
  }

  async dataVar(contractId: string, name: string): Promise<ClarityValue | null> {
    const path = `/v2/data_var/${slashed(contractId)}/${encodeURIComponent(name)}?proof=0`;
    const raw = await this.#transport.jsonOrNull({ path });
    return raw === null ? null : clarityAt(raw, 'data');
  }

  /** Bytes of a pending transaction. */
  async pendingTransaction(txid: string): Promise<Uint8Array | null> {
    const path = `/v2/transactions/unconfirmed/${bare(txid)}`;
    const raw = await this.#transport.jsonOrNull({ path });
    return raw === null ? null : bytesAt(raw, 'tx');
  }

  async transaction(txid: string): Promise<MinedTransaction | null> {
    const raw = await this.#transport.jsonOrNull({ path: `/v3/transaction/${bare(txid)}` });
    if (raw === null) return null;
    return {
      blockId: bytesAt(raw, 'index_block_hash'),
      bytes: bytesAt(raw, 'tx'),
      result: textAt(raw, 'result'),
      blockHeight: numberAt(raw, 'block_height'),
      isCanonical: flagAt(raw, 'is_canonical'),
    };
  }

  block(blockId: Uint8Array): Promise<Uint8Array | null> {
    return this.#transport.bytesOrNull({ path: `/v3/blocks/${bytesToHex(blockId)}` });
  }

  /** On the canonical chain. */
  blockAtHeight(height: number): Promise<Uint8Array | null> {
    return this.#transport.bytesOrNull({ path: `/v3/blocks/height/${height}` });
  }

  /** Whether the node took the signed block. */
  async uploadBlock(block: Uint8Array): Promise<boolean> {
    const contentType = 'application/octet-stream';
    const raw = await this.#transport.json({ path: '/v3/blocks/upload', body: block, contentType });
    return flagAt(raw, 'accepted');
  }

  async tenureInfo(): Promise<TenureInfo> {
    const raw = await this.#transport.json({ path: '/v3/tenures/info' });
    return {
      consensusHash: bytesAt(raw, 'consensus_hash'),
      tenureStartBlockId: bytesAt(raw, 'tenure_start_block_id'),
      parentConsensusHash: bytesAt(raw, 'parent_consensus_hash'),
      tipBlockId: bytesAt(raw, 'tip_block_id'),
      tipHeight: numberAt(raw, 'tip_height'),
      rewardCycle: numberAt(raw, 'reward_cycle'),
    };
  }

  /** The canonical Bitcoin tip; then, if there is one, the last sortition before it with a winner. */
  async latestSortitions(): Promise<readonly Sortition[]> {
    return (await this.#sortitions('/latest_and_last')) ?? [];
  }

  async sortition(consensusHash: Uint8Array): Promise<Sortition | null> {
    const found = await this.#sortitions(`/consensus/${bytesToHex(consensusHash)}`);
    return found?.[0] ?? null;
  }

  async #sortitions(rest: string): Promise<readonly Sortition[] | null> {
    const raw = await this.#transport.jsonOrNull({ path: `/v3/sortitions${rest}` });
    return raw === null ? null : (raw as unknown as readonly JsonObject[]).map(sortitionOf);
  }

  /** Sends devnet money. @returns the transaction id in hex */
  async faucet(address: string): Promise<string> {
    const path = `/extended/v1/faucets/stx?address=${address}`;
    const raw = await this.#transport.json({ method: 'POST', path });
    return bare(textAt(raw, 'txId'));
  }
}

function sortitionOf(raw: JsonObject): Sortition {
  return {
    burnHeaderHash: bytesAt(raw, 'burn_block_hash'),
    burnHeight: numberAt(raw, 'burn_block_height'),
    consensusHash: bytesAt(raw, 'consensus_hash'),
    sortitionId: bytesAt(raw, 'sortition_id'),
    wasSortition: flagAt(raw, 'was_sortition'),
    minerPubkeyHash: bytesOrNullAt(raw, 'miner_pk_hash160'),
    lastSortitionConsensusHash: bytesOrNullAt(raw, 'last_sortition_ch'),
    parentTenureStart: bytesOrNullAt(raw, 'committed_block_hash'),
    timestampSecs: numberAt(raw, 'burn_header_timestamp'),
  };
}

/** `ADDR.name` as two path segments. */
export function slashed(contractId: string): string {
  return contractId.replace('.', '/');
}

const bare = (txid: string): string => txid.replace(/^0x/, '');

function clarityAt(raw: JsonObject, name: string): ClarityValue {
  const bytes = hexValue(raw[name]);
  const value = bytes === null ? null : decodeClarityValue(bytes);
  if (value?.ok) return value.value;
  throw new TypeError(`field ${name}: not a Clarity value`);
}
