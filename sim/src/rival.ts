/**
 * A second miner: another key, another node on another disk, the same Bitcoin. What nodes tell each other
 * (blocks, and for a rival who talks StackerDB chunks) is carried over every few milliseconds of virtual
 * time. Nobody hears of the proposals of a silent one: it wins sortitions and never begins.
 */
import type { FullNode } from '@assay/full-node';
import { decodeBlock } from '@assay/wire';
import type { SimMain } from '@assay/world/sim';
import { simKey } from './keys.ts';
import type { SimAssay } from './network.ts';
import { NODE_PORT } from './places.ts';
import { buildNode } from './processes.ts';

const CARRY_MS = 20;

export type RivalKind = 'talks' | 'silent';

export function rivalProcess(sim: SimAssay, kind: RivalKind): SimMain {
  return async (world) => {
    const node = buildNode(sim, world, {
      miner: simKey('rival'),
      port: NODE_PORT + 1,
      observers: [],
    });
    sim.rival = node;
    await node.start();
    world.timers.every(CARRY_MS, () => {
      // Restarted, it is alive a moment before there is a node in it.
      if (sim.nodeWorld?.isAlive !== true) return;
      carryBlocks(sim.node, node);
      if (kind === 'silent') return;
      carryBlocks(node, sim.node);
      carryChunks(sim.node, node);
      carryChunks(node, sim.node);
    });
  };
}

/** What `to` lacks of the canonical chain of `from`, oldest first. */
function carryBlocks(from: FullNode, to: FullNode): void {
  const missing: Uint8Array[] = [];
  let header = from.coordinator.tip();
  while (to.chainstate.header(header.blockId) === null) {
    missing.unshift(from.chainstate.blockBytes(header.blockId)!);
    header = from.chainstate.header(header.parentBlockId)!;
  }
  for (const bytes of missing) {
    const block = decodeBlock(bytes);
    // Refused while its Bitcoin block is not known there: it is carried again.
    if (block.ok) void to.coordinator.submitBlock(block.value);
  }
}

function carryChunks(from: FullNode, to: FullNode): void {
  for (const contract of from.stackerdb.contracts) {
    const slots = from.stackerdb.table(contract)?.signers.length ?? 0;
    for (let slot = 0; slot < slots; slot++) {
      const chunk = from.stackerdb.chunk(contract, slot);
      if (chunk === null) continue;
      const known = to.stackerdb.chunk(contract, slot)?.slotVersion ?? 0;
      if (chunk.slotVersion > known) to.stackerdb.put(contract, chunk);
    }
  }
}
