import { bytesToHex } from '@assay/bytes';
import type { StoredHeader } from '@assay/chainstate';
import { MemoryStore } from '@assay/store';
import { blockId } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { FakeChainstate, TestNetwork } from './network.ts';

/** What was announced, as text. */
function listen(net: TestNetwork): string[] {
  const heard: string[] = [];
  const { coordinator } = net;
  coordinator.on('burn-block', ({ snapshot }) => heard.push(`burn ${snapshot.burnHeight}`));
  coordinator.on('burn-reorg', ({ fork }) => heard.push(`burn-reorg to ${fork.burnHeight}`));
  coordinator.on('block', ({ applied }) => heard.push(`block ${applied.header.height}`));
  coordinator.on('tip', ({ newTip, orphaned }) =>
    heard.push(`tip ${newTip.height}${orphaned.length > 0 ? ` orphaned ${orphaned.length}` : ''}`),
  );
  coordinator.on('burn-tip', ({ snapshot }) => heard.push(`burn-tip ${snapshot.burnHeight}`));
  return heard;
}
const idOf = (header: StoredHeader) => bytesToHex(header.blockId);

describe('Coordinator', () => {
  it('knows no burn tip before Bitcoin, and then names election and signers', () => {
    const net = new TestNetwork(new MemoryStore(), new FakeChainstate());
    expect(net.coordinator.burnTip()).toBeNull();
    expect(net.coordinator.election()).toBeNull();
    const { net: ready, miner } = TestNetwork.elected();
    const election = ready.coordinator.election()!;
    expect(election.burnHeight).toBe(104);
    expect(bytesToHex(election.minerPubkeyHash)).toBe(bytesToHex(miner.pubkeyHash));
    expect(ready.coordinator.registeredKey(miner.vrf.publicKey)).toEqual({
      burnHeight: 101,
      vtxindex: 1,
    });
    expect(ready.coordinator.registeredKey(new Uint8Array(32))).toBeNull();
    expect(ready.coordinator.winningCommit(election.consensusHash)).toEqual({
      burnHeight: 104,
      vtxindex: 1,
    });
    expect(ready.coordinator.winningCommit(new Uint8Array(20))).toBeNull();
    expect(ready.coordinator.signersAt(104)!.signers).toHaveLength(4);
    expect(ready.coordinator.blockContext(election.consensusHash, 1)!.burnView.burnHeight).toBe(
      104,
    );
  });

  it('applies blocks that came in reverse order as soon as the first is there', async () => {
    const { net, miner } = TestNetwork.elected();
    const other = TestNetwork.elected();
    const blocks = [other.net.start(other.miner, other.net.coordinator.burnTip()!)];
    await other.net.submit(blocks[0]!);
    for (let i = 0; i < 5; i++) {
      blocks.push(other.net.next(other.miner, undefined, String(i)));
      await other.net.submit(blocks.at(-1)!);
    }
    expect(miner.name).toBe('a');
    for (const block of blocks.slice(1).reverse()) expect(await net.submit(block)).toBe('staged');
    const heard = listen(net);
    expect(await net.submit(blocks[0]!)).toBe('applied');
    expect(idOf(net.coordinator.tip())).toBe(idOf(other.net.coordinator.tip()));
    expect(heard.filter((text) => text.startsWith('tip'))).toHaveLength(6);
    expect(await net.submit(blocks[3]!)).toBe('known');
  });

  it('keeps a staged block over a restart', async () => {
    const { net, miner } = TestNetwork.elected();
    const first = net.start(miner, net.coordinator.burnTip()!);
    await net.submit(first);
    const second = net.next(miner);
    const { net: late } = TestNetwork.elected();
    expect(await late.submit(second)).toBe('staged');
    const again = new TestNetwork(late.store, late.chainstate);
    expect(await again.submit(first)).toBe('applied');
    expect(again.coordinator.tip().height).toBe(2);
  });

  it('finishes after a kill between executing a block and naming it tip', async () => {
    const { net, miner } = TestNetwork.elected();
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    const tip = net.coordinator.tip();
    // Chainstate has one more block than the coordinator's store knows of.
    const next = net.next(miner);
    net.chainstate.applyBlock(next, net.chainstate.contexts[0]!);
    const again = new TestNetwork(net.store, net.chainstate);
    expect(again.coordinator.tip().height).toBe(tip.height + 1);
    expect(again.coordinator.burnTip()).toEqual(net.coordinator.burnTip());
  });

  it('tries a block again when its burn block comes later', async () => {
    const { net, miner } = TestNetwork.elected();
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    const { net: late } = TestNetwork.elected();
    await late.submit(net.start(miner, net.coordinator.burnTip()!, late.coordinator.tip()));
    const ops = [net.commit(miner, net.coordinator.burnTip()!)];
    const tenure = net.burn(ops);
    const start = net.start(miner, tenure);
    expect(await late.submit(start)).toBe('coordinator/unknown-sortition');
    late.burn(ops);
    expect(late.coordinator.tip().height).toBe(2);
  });

  it('remembers what chainstate refused', async () => {
    const { net, miner } = TestNetwork.elected();
    const block = net.start(miner, net.coordinator.burnTip()!);
    net.chainstate.refused.add(bytesToHex(blockId(block.header)));
    expect(await net.submit(block)).toBe('chainstate/state-root');
    net.chainstate.refused.clear();
    expect(await net.submit(block)).toBe('coordinator/known-invalid');
  });

  it('does not let bad signatures poison the id of a good block', async () => {
    const { net, miner } = TestNetwork.elected();
    const tenure = net.coordinator.burnTip()!;
    const unsigned = net.start(miner, tenure, undefined, { signers: [0] });
    expect(await net.submit(unsigned)).toBe('coordinator/not-enough-signatures');
    expect(await net.submit(net.start(miner, tenure))).toBe('applied');
  });

  it('goes on when a listener throws', async () => {
    const { net, miner } = TestNetwork.elected();
    net.coordinator.on('tip', () => {
      throw new Error('a bad listener');
    });
    const heard = listen(net);
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    expect(heard).toEqual(['block 1', 'tip 1']);
    expect(net.log.messages('error')).toEqual(['a listener failed']);
  });
});

describe('Bitcoin reorganizations', () => {
  /** Eight tenures of two blocks each. */
  async function grown() {
    const { net, miner } = TestNetwork.elected();
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    for (let i = 0; i < 7; i++) {
      await net.submit(net.next(miner, undefined, String(i)));
      net.burn([net.commit(miner, net.coordinator.burnTip()!)]);
      expect(await net.submit(net.start(miner, net.coordinator.burnTip()!))).toBe('applied');
    }
    return { net, miner };
  }

  it('six deep: rewinds the tip, mines on, and replays when the old fork returns', async () => {
    const { net, miner } = await grown();
    const { coordinator } = net;
    const oldBurnTip = coordinator.burnTip()!;
    const oldTip = coordinator.tip();
    expect([oldBurnTip.burnHeight, oldTip.height]).toEqual([111, 15]);
    const heard = listen(net);

    const fork = coordinator.snapshots.atHeight(105)!;
    let parent = fork;
    for (let i = 0; i < 7; i++) {
      const block = net.burnBlock([], parent, 'fork');
      coordinator.onBurnBlock(block);
      parent = coordinator.snapshots.byBurnHash(block.burnHeaderHash)!;
    }
    expect(heard).toEqual([]);
    coordinator.onBurnTip(parent.burnHeaderHash);
    const joined = [106, 107, 108, 109, 110, 111, 112].map((height) => `burn ${height}`);
    expect(heard).toEqual(['burn-reorg to 105', ...joined, 'tip 4 orphaned 11', 'burn-tip 112']);
    expect(coordinator.tip().burnView.burnHeight).toBe(105);
    expect(coordinator.isCanonical(oldTip)).toBe(false);

    // The tenure at the fork goes on there, on the new burn view.
    heard.length = 0;
    expect(await net.submit(net.extend(miner, parent))).toBe('applied');
    expect(coordinator.tip().height).toBe(5);

    // The old fork returns: nothing is executed again.
    const executed = net.chainstate.contexts.length;
    const { burnHeaderHash } = oldBurnTip;
    coordinator.onBurnTip(burnHeaderHash);
    expect(idOf(coordinator.tip())).toBe(idOf(oldTip));
    expect(net.chainstate.contexts.length).toBe(executed);
    expect(coordinator.isCanonical(oldTip)).toBe(true);
  });

  it('announces each burn block of the returning fork again', async () => {
    const { net } = await grown();
    const { coordinator } = net;
    const old = coordinator.burnTip()!;
    coordinator.onBurnTip(coordinator.snapshots.atHeight(109)!.burnHeaderHash);
    expect(coordinator.burnTip()!.burnHeight).toBe(109);
    const heard = listen(net);
    coordinator.onBurnTip(old.burnHeaderHash);
    expect(heard.filter((text) => text.startsWith('burn '))).toEqual(['burn 110', 'burn 111']);
  });

  it('chooses the same tip after a restart in the middle of a reorganization', async () => {
    const { net } = await grown();
    const fork = net.coordinator.snapshots.atHeight(105)!;
    const block = net.burnBlock([], fork, 'fork');
    net.coordinator.onBurnBlock(block);
    net.coordinator.snapshots.setTip(
      net.coordinator.snapshots.byBurnHash(block.burnHeaderHash)!.sortitionId,
    );
    // Killed here: the burn tip moved on disk, the Stacks tip did not.
    const again = new TestNetwork(net.store, net.chainstate);
    expect(again.coordinator.tip().height).toBe(4);
  });
});
