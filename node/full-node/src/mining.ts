/**
 * Connects the miner to the rest of the node: a few lines per port, no decisions.
 */
import { type BitcoinRpc, BurnchainOperator } from '@assay/burnchain';
import { bytesEqual, bytesFromUtf8, concatBytes } from '@assay/bytes';
import type { Chainstate } from '@assay/chainstate';
import { formatPrincipal } from '@assay/clarity-value';
import type { Coordinator } from '@assay/coordinator';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import type { Mempool } from '@assay/mempool';
import { Committer, type MempoolPort, Miner, type StackerDbPort } from '@assay/miner';
import type { Logger } from '@assay/observe';
import type { StackerDb } from '@assay/stackerdb';
import type { Store } from '@assay/store';
import { MINER_SLOT, recoverChunkKey, SIGNER_LANE, signChunk } from '@assay/wire';
import type { World } from '@assay/world';
import type { MinerSettings } from './options.ts';
import { minerPairs } from './slot-tables.ts';

export interface MiningDeps {
  readonly world: World;
  readonly store: Store;
  readonly rpc: BitcoinRpc;
  readonly chainstate: Chainstate;
  readonly coordinator: Coordinator;
  readonly mempool: Mempool;
  readonly stackerdb: StackerDb;
  readonly log: Logger;
}

/** The VRF key follows from the mining key: one secret to keep. */
function vrfSeedOf(privateKey: Uint8Array): Uint8Array {
  return sha256(concatBytes(bytesFromUtf8('assay vrf'), privateKey));
}

export class Mining {
  readonly operator: BurnchainOperator;
  readonly #miner: Miner;
  readonly #committer: Committer;

  constructor(deps: MiningDeps, settings: MinerSettings) {
    const { world, store, rpc, chainstate, coordinator, log } = deps;
    const { network } = chainstate;
    const { privateKey, addressKind, burnFeeCapSats, satsPerVbyte } = settings;
    const vrfSeed = vrfSeedOf(privateKey);
    this.operator = new BurnchainOperator(
      { rpc, store, log },
      {
        network,
        privateKey,
        burnFeeCapSats,
        satsPerVbyte,
        ...(addressKind === undefined ? {} : { addressKind }),
      },
    );
    log.info('mining', { bitcoinAddress: this.operator.key.address });
    const chain = {
      tip: () => coordinator.tip(),
      burnTip: () => coordinator.burnTip(),
      election: () => coordinator.election(),
      electionOf: (tenure: Uint8Array) => coordinator.electionOf(tenure),
      blockContext: (view: Uint8Array, timestampSecs: number, tenure: Uint8Array) =>
        coordinator.blockContext(view, timestampSecs, tenure),
      signersAt: (height: number) => coordinator.signersAt(height),
      rewardCycleAt: (height: number) => coordinator.rewardCycleAt(height),
      addressOf: (hash: Uint8Array) =>
        formatPrincipal({ version: network.addressVersions.singleSig, hash, contractName: null }),
      onMoved: (listener: () => void) => coordinator.onMoved(listener),
    };
    this.#committer = new Committer(
      {
        world,
        operator: this.operator,
        log,
        chain: {
          ...chain,
          registeredKey: (key) => coordinator.registeredKey(key),
          winningCommit: (consensusHash) => coordinator.winningCommit(consensusHash),
        },
      },
      { privateKey, vrfSeed, commitDelayMs: settings.commitDelayMs },
    );
    this.#miner = new Miner(
      {
        world,
        log,
        mempool: deps.mempool satisfies MempoolPort,
        stackerdb: minerSlots(deps, privateKey),
        chain: {
          ...chain,
          build: (parent, context) => chainstate.build(parent, context),
          view: (blockId) => chainstate.view(blockId),
          check: (bytes) => chainstate.checkTransaction(bytes),
          submit: (block) => coordinator.submit(block),
        },
      },
      {
        privateKey,
        vrfSeed,
        chainId: network.chainId,
        transactionVersion: network.transactionVersion,
        minTimeBetweenBlocksMs: settings.minTimeBetweenBlocksMs,
        extendWaitMs: settings.extendWaitMs,
        renewBudget: settings.renewBudget,
      },
    );
  }

  start(): void {
    this.#committer.start();
    this.#miner.start();
  }

  async stop(): Promise<void> {
    await this.#miner.stop();
    await this.#committer.stop();
  }
}

/** Proposals and pushed blocks go into our pair of slots of `.miners`. */
function minerSlots(
  { coordinator, stackerdb, chainstate, log }: MiningDeps,
  privateKey: Uint8Array,
): StackerDbPort {
  const boot = chainstate.network.bootAddress;
  const miners = `${boot}.miners`;
  const publicKey = publicKeyFromPrivate(privateKey);
  const pubkeyHash = hash160(publicKey);
  /** The tenure's own pair of slots; one of ours when Bitcoin has moved on over a tenure not begun. */
  const pairOf = (tenure: Uint8Array): number => {
    const pairs = minerPairs(coordinator);
    const own = pairs.findIndex((s) => s !== null && bytesEqual(s.consensusHash, tenure));
    if (own >= 0) return own;
    return pairs.findIndex((s) => {
      const winner = s?.winner?.minerPubkeyHash;
      return winner != null && bytesEqual(winner, pubkeyHash);
    });
  };
  const publish = (slot: number, data: Uint8Array, tenure: Uint8Array) => {
    const pair = pairOf(tenure);
    if (pair < 0) return;
    const slotId = pair * 2 + slot;
    const slotVersion = (stackerdb.chunk(miners, slotId)?.slotVersion ?? 0) + 1;
    const outcome = stackerdb.put(miners, signChunk({ slotId, slotVersion, data }, privateKey));
    if (outcome?.accepted !== true)
      log.warn('our slot of .miners could not be written', { slotId });
  };
  return {
    publishProposal: (message, tenure) => publish(MINER_SLOT.blockProposal, message, tenure),
    publishPushedBlock: (message, tenure) => publish(MINER_SLOT.blockPushed, message, tenure),
    ownProposals: () =>
      minerPairs(coordinator).flatMap((_, pair) => {
        const chunk = stackerdb.chunk(miners, pair * 2 + MINER_SLOT.blockProposal);
        const key = chunk === null ? null : recoverChunkKey(chunk);
        return key !== null && bytesEqual(key, publicKey) ? [chunk!.data] : [];
      }),
    onSignerMessage: (listener) =>
      stackerdb.onChunks(({ contractId, chunks }) => {
        for (const parity of [0, 1]) {
          if (contractId !== `${boot}.signers-${parity}-${SIGNER_LANE.blockResponse}`) continue;
          for (const chunk of chunks) listener(parity, chunk.slotId, chunk.data);
        }
      }),
  };
}
