/**
 * The genesis block: boot contracts, balances, the first signers, models and hosts, in this order.
 * Contracts run as in any block, only unmetered; hosts register with the real function and lock
 * their bond from their balance.
 */
import { assert, bytesToHex } from '@assay/bytes';
import {
  ClarityVm,
  type ContractCache,
  creditStx,
  writeEpoch,
  writeLiquidSupply,
  writeTenureHeight,
  ZERO_COST,
} from '@assay/clarity';
import { type ClarityValue, Cv, clarityValueToString } from '@assay/clarity-value';
import { BOOT_CONTRACTS } from '@assay/contracts';
import { sha256 } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { EMPTY_HEADER, type NakamotoBlockHeader } from '@assay/wire';
import type { BurnView } from './block-context.ts';
import { cycleOf } from './block-execution.ts';
import type { FrameInfo } from './execution-frame.ts';
import type { Genesis } from './genesis.ts';
import { EMPTY_BASE, StateDb } from './state-db.ts';
import type { StoredHeader } from './stored-header.ts';
import { registerModel, type SystemCaller, setGovernance, setSigners } from './system-calls.ts';
import { encodeRecord } from './tagged-json.ts';

/** Identity of a genesis: SHA-256 of its content, whatever the file's formatting. 32 bytes. */
export function genesisHash(genesis: Genesis): Uint8Array {
  return sha256(encodeRecord(genesis));
}

export interface BootedState {
  readonly writes: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

function genesisInfo(genesis: Genesis, network: NetworkParams): FrameInfo {
  return {
    chainId: network.chainId,
    isMainnet: network.isMainnet,
    stacksHeight: 0,
    tenureHeight: 0,
    burnHeight: network.pox.firstBurnHeight,
    blockTimeSecs: BigInt(genesis.timestampSecs),
    stacksBlock: () => null,
    tenureOfBlock: () => null,
    burnBlock: () => null,
  };
}

/** The state of the genesis block. Same content, same writes in the same order. */
export function bootState(
  genesis: Genesis,
  network: NetworkParams,
  cache: ContractCache,
): BootedState {
  const db = new StateDb(EMPTY_BASE);
  const info = genesisInfo(genesis, network);
  const vm = new ClarityVm({ db, info, cache, metered: false });
  for (const { name, source, clarityVersion } of BOOT_CONTRACTS) {
    const contractId = `${network.bootAddress}.${name}`;
    const deployed = vm.deploy({ contractId, source, clarityVersion });
    const why = deployed.ok ? '' : deployed.error.error.message;
    assert(deployed.ok, `boot contract ${name}: ${why}`);
  }
  let supply = 0n;
  for (const { address, amountMicro } of genesis.balances) {
    creditStx(db, address, amountMicro, info.burnHeight);
    supply += amountMicro;
  }
  writeLiquidSupply(db, supply);
  writeEpoch(db);
  writeTenureHeight(db, 0);
  const cycle = cycleOf(network, info.burnHeight);
  const caller = { network, info, systemVm: () => vm };
  setSigners(caller, { cycle, signers: genesis.signers });
  setGovernance(caller, genesis);
  registerModels(caller, genesis);
  registerHosts(vm, genesis, network);
  return { writes: db.writes(), metadata: db.metadataWrites() };
}

/** @throws Error a genesis that parses may still ask for the impossible, such as a bond without funds */
function mustCall(
  vm: ClarityVm,
  contractId: string,
  sender: string,
  args: readonly ClarityValue[],
): void {
  const outcome = vm.callPublic({ contractId, functionName: 'register', args, sender });
  const answer = outcome.ok
    ? clarityValueToString(outcome.value.result)
    : outcome.error.error.message;
  if (!outcome.ok || outcome.value.result.type !== 'ok') {
    throw new Error(`genesis: ${sender} cannot register with ${contractId}: ${answer}`);
  }
}

/** @throws Error */
function registerModels(caller: SystemCaller, genesis: Genesis): void {
  const seen = new Set<string>();
  for (const model of genesis.models) {
    const id = bytesToHex(model.manifestHash);
    if (seen.has(id) || model.name === '') {
      throw new Error(`genesis: model ${id} is named twice or has no name`);
    }
    seen.add(id);
    registerModel(caller, model);
  }
}

function registerHosts(vm: ClarityVm, genesis: Genesis, network: NetworkParams): void {
  for (const host of genesis.hosts) {
    mustCall(vm, `${network.bootAddress}.hosts`, host.address, [
      Cv.ascii(host.endpoint),
      Cv.buffer(host.operatingKey),
      Cv.buffer(host.sealKey),
      Cv.list(host.models.map((model) => Cv.buffer(model))),
      Cv.uint(host.assurance),
      Cv.uint(host.capacity),
      Cv.uint(host.inputPriceMicro),
      Cv.uint(host.cachedPriceMicro),
      Cv.uint(host.outputPriceMicro),
      Cv.uint(host.bondMicro),
    ]);
  }
}

/** The header whose hash names the chain: the content hash stands where transactions' root would. */
export function genesisBlockHeader(genesis: Genesis, stateRoot: Uint8Array): NakamotoBlockHeader {
  return {
    ...EMPTY_HEADER,
    txMerkleRoot: genesisHash(genesis),
    stateIndexRoot: stateRoot,
    timestampSecs: genesis.timestampSecs,
  };
}

export function genesisStoredHeader(
  network: NetworkParams,
  header: NakamotoBlockHeader,
  ids: { readonly blockId: Uint8Array; readonly blockHash: Uint8Array; readonly sizeBytes: number },
): StoredHeader {
  const view: BurnView = {
    consensusHash: new Uint8Array(20),
    burnHeight: network.pox.firstBurnHeight,
    burnHeaderHash: new Uint8Array(32),
    sortitionHash: new Uint8Array(32),
    vrfSeed: new Uint8Array(32),
    totalBurn: 0n,
    burnTimestampSecs: header.timestampSecs,
    minerPubkeyHash: null,
  };
  return {
    ...ids,
    header,
    parentBlockId: header.parentBlockId,
    height: 0,
    tenureHeight: 0,
    burnView: view,
    tenureView: view,
    tenureStartBlockId: ids.blockId,
    previousTenureEndBlockId: header.parentBlockId,
    isTenureStart: true,
    tenureBlocks: 1,
    rewardRecipient: network.bootAddress,
    minerAddress: network.bootAddress,
    coinbaseMicro: 0n,
    tenureFeesMicro: 0n,
    tenureCost: ZERO_COST,
    blockCost: ZERO_COST,
    blockFeesMicro: 0n,
    vrfProof: null,
    transactionCount: 0,
    rewardCycle: cycleOf(network, network.pox.firstBurnHeight),
  };
}
