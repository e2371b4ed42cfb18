/**
 * What the node is and where it stands: `/v2/info`, `/v2/pox`, `/v2/neighbors`, `/v3/health`.
 * Clarinet and stacks-signer parse `/v2/info` and `/v2/pox` strictly: every field is there.
 * Source: reference/stacks-clients.md 1.3, 1.5; golden answer vectors/hiro-api/42_v2_info.json.
 */
import { bytesToHex } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import {
  MICRO_PER_STX,
  type PoxParams,
  preparePhaseStart,
  rewardCycleAt,
  rewardCycleStart,
  rewardSlots,
  TENURE_COST_LIMIT,
} from '@assay/params';
import type { Json } from '../json.ts';
import type { Neighbor, RpcDeps, RpcOptions } from '../ports.ts';
import { notFound, okJson } from '../reply.ts';
import { type Route, route } from '../router.ts';
import { requestedTip } from '../state-request.ts';

/** Bitcoin blocks under the tip that Stacks calls stable. */
const STABLE_DEPTH = 7;

/** Magic of Bitcoin's networks, as stacks-core prints them in `parent_network_id`. */
const PARENT_NETWORK_IDS = {
  mainnet: 0xd9b4bef9,
  testnet: 0x0709110b,
  regtest: 0xdab5bffa,
} as const;

const NEVER = 0xffff_ffff;

export function infoRoutes(deps: RpcDeps, options: RpcOptions): Route[] {
  return [
    route('GET', '/v2/info', () => okJson(info(deps, options))),
    route('GET', '/v2/pox', (request) => {
      const tip = requestedTip(deps, request);
      return tip === null ? notFound('No such chain tip') : okJson(pox(deps, tip.blockId));
    }),
    route('GET', '/v2/neighbors', () => okJson(neighbors(deps))),
    route('GET', '/v3/health', () => okJson(health(deps))),
  ];
}

/** The canonical Bitcoin tip as the node has processed it. */
function burnTip(deps: RpcDeps): { height: number; consensusHash: Uint8Array } {
  if (!deps.burn.isInitialized) {
    return { height: deps.network.pox.firstBurnHeight, consensusHash: new Uint8Array(20) };
  }
  const { burnHeight, consensusHash } = deps.burn.tip;
  return { height: burnHeight, consensusHash };
}

function info(deps: RpcDeps, options: RpcOptions): Json {
  const tip = deps.coordinator.tip();
  const burn = burnTip(deps);
  const stableHeight = Math.max(deps.network.pox.firstBurnHeight, burn.height - STABLE_DEPTH);
  const stable = deps.burn.isInitialized ? deps.burn.atHeight(stableHeight) : null;
  const key = options.nodePublicKey ?? new Uint8Array(33);
  return {
    peer_version: deps.network.peerVersion,
    pox_consensus: bytesToHex(burn.consensusHash),
    burn_block_height: burn.height,
    stable_pox_consensus: bytesToHex(stable?.consensusHash ?? new Uint8Array(20)),
    stable_burn_block_height: stableHeight,
    server_version: options.serverVersion,
    network_id: deps.network.chainId,
    parent_network_id: PARENT_NETWORK_IDS[deps.network.bitcoin.network],
    stacks_tip_height: tip.height,
    stacks_tip: bytesToHex(tip.blockHash),
    stacks_tip_consensus_hash: bytesToHex(tip.header.consensusHash),
    genesis_chainstate_hash: bytesToHex(deps.chain.genesisBlockId),
    unanchored_tip: null,
    unanchored_seq: null,
    tenure_height: tip.tenureHeight,
    exit_at_block_height: null,
    is_fully_synced: deps.coordinator.isSynced(),
    node_public_key: bytesToHex(key),
    node_public_key_hash: bytesToHex(hash160(key)),
    affirmations: null,
    last_pox_anchor: null,
    stackerdbs: deps.stackerdb.contracts,
  };
}

const LIQUID_SUPPLY_KEY = '_stx-data::ustx_liquid_supply';

/** Serialized uint in hex: a type byte, then 16 bytes. */
function liquidSupply(deps: RpcDeps, blockId: Uint8Array): bigint {
  const stored = deps.chain.view(blockId).value(LIQUID_SUPPLY_KEY);
  return stored === null ? 0n : BigInt(`0x${stored.slice(2)}`);
}

/** Money as of a block; heights as of now. */
function pox(deps: RpcDeps, blockId: Uint8Array): Json {
  const params = deps.network.pox;
  const { height } = burnTip(deps);
  const cycle = rewardCycleAt(params, height) ?? 0;
  const supply = liquidSupply(deps, blockId);
  const slots = rewardSlots(params);
  const minimum = stackingMinimum(supply, slots, deps.network.isMainnet);
  const stacked = totalWeight(deps, cycle) * minimum;
  const nextStacked = totalWeight(deps, cycle + 1) * minimum;
  const contractId = `${deps.network.bootAddress}.pox-4`;
  const version = (name: string): Json => ({
    contract_id: `${deps.network.bootAddress}.${name}`,
    activation_burnchain_block_height: params.firstBurnHeight,
    first_reward_cycle_id: 0,
  });
  return {
    contract_id: contractId,
    pox_activation_threshold_ustx: supply / 20n,
    first_burnchain_block_height: params.firstBurnHeight,
    current_burnchain_block_height: height,
    prepare_phase_block_length: params.prepareLength,
    reward_phase_block_length: params.rewardCycleLength - params.prepareLength,
    reward_slots: slots,
    rejection_fraction: null,
    total_liquid_supply_ustx: supply,
    current_cycle: {
      id: cycle,
      min_threshold_ustx: minimum,
      stacked_ustx: stacked,
      is_pox_active: true,
    },
    next_cycle: nextCycle(params, { height, cycle, minimum, stacked: nextStacked, supply }),
    epochs: [epochJson()],
    current_epoch: 'Epoch34',
    min_amount_ustx: minimum,
    prepare_cycle_length: params.prepareLength,
    reward_cycle_id: cycle,
    reward_cycle_length: params.rewardCycleLength,
    rejection_votes_left_required: null,
    next_reward_cycle_in: Math.max(0, rewardCycleStart(params, cycle + 1) - height),
    // stacking.js sorts by activation and takes the last active one; pox-4 is the only one deployed.
    contract_versions: ['pox', 'pox-2', 'pox-3', 'pox-4'].map(version),
  };
}

function nextCycle(
  params: PoxParams,
  now: { height: number; cycle: number; minimum: bigint; stacked: bigint; supply: bigint },
): Json {
  const prepareStart = preparePhaseStart(params, now.cycle);
  const rewardStart = rewardCycleStart(params, now.cycle + 1);
  return {
    id: now.cycle + 1,
    min_threshold_ustx: now.minimum,
    min_increment_ustx: now.supply / 8_000n,
    stacked_ustx: now.stacked,
    prepare_phase_start_block_height: prepareStart,
    blocks_until_prepare_phase: prepareStart - now.height,
    reward_phase_start_block_height: rewardStart,
    blocks_until_reward_phase: Math.max(0, rewardStart - now.height),
    ustx_until_pox_rejection: null,
  };
}

function epochJson(): Json {
  const cost = TENURE_COST_LIMIT;
  return {
    epoch_id: 'Epoch34',
    start_height: 0,
    end_height: NEVER,
    block_limit: {
      write_length: cost.writeLength,
      write_count: cost.writeCount,
      read_length: cost.readLength,
      read_count: cost.readCount,
      runtime: cost.runtime,
    },
    network_epoch: 15,
  };
}

/** A slot's share of a quarter of the supply, rounded up to 10,000 STX, as PoX thresholds are. */
function stackingMinimum(supply: bigint, slots: number, isMainnet: boolean): bigint {
  const step = (isMainnet ? 10_000n : 1n) * MICRO_PER_STX;
  const share = supply / 4n / BigInt(Math.max(1, slots));
  const rounded = ((share + step - 1n) / step) * step;
  return rounded > 0n ? rounded : step;
}

function totalWeight(deps: RpcDeps, cycle: number): bigint {
  const set = deps.coordinator.signerSet(cycle);
  return set === null ? 0n : set.signers.reduce((sum, signer) => sum + signer.weight, 0n);
}

function neighborJson(neighbor: Neighbor): Json {
  return {
    network_id: neighbor.networkId,
    peer_version: neighbor.peerVersion,
    ip: neighbor.ip,
    port: neighbor.port,
    public_key_hash: bytesToHex(neighbor.publicKeyHash),
    authenticated: neighbor.isAuthenticated,
    stackerdbs: neighbor.stackerdbs,
    age: neighbor.ageSecs ?? undefined,
  };
}

function neighbors(deps: RpcDeps): Json {
  const all = deps.neighbors?.() ?? [];
  return {
    bootstrap: [],
    sample: [],
    inbound: all.filter((neighbor) => neighbor.isInbound).map(neighborJson),
    outbound: all.filter((neighbor) => !neighbor.isInbound).map(neighborJson),
  };
}

function health(deps: RpcDeps): Json {
  const own = deps.coordinator.tip().height;
  let best: Neighbor | null = null;
  for (const neighbor of deps.neighbors?.() ?? []) {
    if ((neighbor.stacksHeight ?? -1) > (best?.stacksHeight ?? -1)) best = neighbor;
  }
  const theirs = best?.stacksHeight ?? 0;
  return {
    difference_from_max_peer: Math.max(0, theirs - own),
    max_stacks_height_of_neighbors: theirs,
    max_stacks_neighbor_address: best === null ? null : `${best.ip}:${best.port}`,
    node_stacks_tip_height: own,
  };
}
