import { bytesToHex } from '@assay/bytes';
import { vrfProve } from '@assay/crypto';
import { blockId } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { burnStateOf } from '../src/index.ts';
import { type BlockChange, digest, TestMiner, TestNetwork } from './network.ts';

describe('SIP-021 who may mine and who must sign', () => {
  const judge = (change: BlockChange) => {
    const { net, miner } = TestNetwork.elected();
    return net.submit(net.start(miner, net.coordinator.burnTip()!, undefined, change));
  };

  it('takes a block of the winner with at least 70 % of the weight, in order', async () => {
    expect(await judge({})).toBe('applied');
    expect(await judge({ signers: [0, 1, 3] })).toBe('applied');
    expect(await judge({ signers: [0, 1] })).toBe('coordinator/not-enough-signatures');
    expect(await judge({ signers: [] })).toBe('coordinator/not-enough-signatures');
  });

  it('refuses signatures twice, of strangers, or out of order', async () => {
    expect(await judge({ signers: [0, 1, 1, 2] })).toBe('coordinator/bad-signer-signature');
    expect(await judge({ signers: [0, 1, 2, 9] })).toBe('coordinator/bad-signer-signature');
    expect(await judge({ signers: [1, 0, 2] })).toBe('coordinator/bad-signer-signature');
  });

  it('keeps the quirk that only the first index is compared', async () => {
    expect(await judge({ signers: [0, 3, 1] })).toBe('applied');
  });

  it('needs ceil(70 %) of the weight', async () => {
    const { net, miner } = TestNetwork.elected(3);
    const tenure = net.coordinator.burnTip()!;
    const two = net.start(miner, tenure, undefined, { signers: [0, 1] });
    expect(await net.submit(two)).toBe('coordinator/not-enough-signatures');
    expect(await net.submit(net.start(miner, tenure))).toBe('applied');
  });

  it('refuses another miner and another header version', async () => {
    expect(await judge({ miner: new TestMiner('b') })).toBe('coordinator/bad-miner-signature');
    expect(await judge({ header: { version: 1 } })).toBe('coordinator/bad-header-version');
  });
});

describe('SIP-021 tenure start', () => {
  const judge = (change: BlockChange) => {
    const { net, miner } = TestNetwork.elected();
    return net.submit(net.start(miner, net.coordinator.burnTip()!, undefined, change));
  };

  it('has the tenure change first and the coinbase second', async () => {
    const malformed = 'coordinator/malformed-tenure';
    expect(await judge({ transactions: ([a, b]) => [b!, a!] })).toBe(malformed);
    expect(await judge({ transactions: ([a]) => [a!] })).toBe(malformed);
    expect(await judge({ transactions: ([, b]) => [b!] })).toBe(malformed);
    expect(await judge({ transactions: ([a, b]) => [a!, b!, b!] })).toBe(
      'coordinator/not-its-body',
    );
    expect(await judge({ transactions: () => [] })).toBe(malformed);
    expect(await judge({ change: { previousTenureEnd: digest('x') } })).toBe(malformed);
  });

  it('names what it continues', async () => {
    const bad = 'coordinator/bad-tenure-change';
    expect(await judge({ change: { prevTenureConsensusHash: digest('x').slice(0, 20) } })).toBe(
      bad,
    );
    expect(await judge({ change: { previousTenureBlocks: 7 } })).toBe(bad);
    expect(await judge({ change: { pubkeyHash: digest('x').slice(0, 20) } })).toBe(bad);
    expect(await judge({ change: { burnViewConsensusHash: new Uint8Array(20) } })).toBe(
      'coordinator/bad-burn-view',
    );
  });

  it('counts length, time and burn from its parent', async () => {
    expect(await judge({ header: { chainLength: 2 } })).toBe('coordinator/bad-chain-length');
    const parent = 1_600_000_000;
    const below = { header: { timestampSecs: parent - 1 } };
    expect(await judge(below)).toBe('coordinator/bad-timestamp');
    expect(await judge({ header: { timestampSecs: parent } })).toBe('applied');
    expect(await judge({ header: { burnSpent: 1n } })).toBe('coordinator/bad-burn-spent');
  });

  it('proves the VRF over its own sortition with the registered key', async () => {
    const { vrf } = new TestMiner('b');
    const other = vrfProve(vrf.privateKey, digest('x'));
    expect(await judge({ vrfProof: other })).toBe('coordinator/bad-vrf-proof');
    const stale = vrfProve(new TestMiner('a').vrf.privateKey, digest('x'));
    expect(await judge({ vrfProof: stale })).toBe('coordinator/bad-vrf-proof');
  });

  it('needs a commit made for the parent tenure with the hash of its proof', async () => {
    const { net, miner } = TestNetwork.elected();
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    const tip = net.coordinator.burnTip()!;
    const stale = net.coordinator.tip();
    const seedless = net.commit(miner, tip, stale, { newSeed: digest('seed') });
    net.burn([seedless]);
    expect(await net.submit(net.start(miner, net.coordinator.burnTip()!))).toBe(
      'coordinator/bad-vrf-seed',
    );
    net.burn([
      net.commit(miner, net.coordinator.burnTip()!, stale, { parentTenureId: digest('t') }),
    ]);
    expect(await net.submit(net.start(miner, net.coordinator.burnTip()!))).toBe(
      'coordinator/wrong-parent-tenure',
    );
    net.burn([net.commit(miner, net.coordinator.burnTip()!)]);
    expect(await net.submit(net.start(miner, net.coordinator.burnTip()!))).toBe('applied');
    expect(net.coordinator.tip().tenureHeight).toBe(2);
  });

  it('refuses a sortition that nobody won', async () => {
    const { net, miner } = TestNetwork.elected();
    const empty = net.burn([]);
    expect(await net.submit(net.start(miner, empty))).toBe('coordinator/no-winner');
  });
});

describe('SIP-021 blocks inside a tenure', () => {
  async function started() {
    const { net, miner } = TestNetwork.elected();
    await net.submit(net.start(miner, net.coordinator.burnTip()!));
    return { net, miner };
  }

  it('keeps burn view and burn total of the parent', async () => {
    const { net, miner } = await started();
    const view = net.coordinator.tip().burnView;
    net.burn([]);
    const spent = net.next(miner, undefined, 'x', { header: { burnSpent: 5n } });
    expect(await net.submit(spent)).toBe('coordinator/bad-burn-spent');
    expect(await net.submit(net.next(miner))).toBe('applied');
    expect(net.coordinator.tip().burnView).toEqual(view);
  });

  it('moves the burn view by a tenure extend, forward only', async () => {
    const { net, miner } = await started();
    const old = net.coordinator.snapshots.ancestorAt(net.coordinator.burnTip()!, 103)!;
    const later = net.burn([]);
    const parent = net.coordinator.tip();
    expect(await net.submit(net.extend(miner, later))).toBe('applied');
    expect(net.coordinator.tip().burnView.burnHeight).toBe(later.burnHeight);
    expect(net.coordinator.tip().tenureStartBlockId).toEqual(parent.tenureStartBlockId);
    const back = net.extend(miner, old, undefined, { header: { burnSpent: old.totalBurnSats } });
    expect(await net.submit(back)).toBe('coordinator/bad-burn-view');
    const wrongCount = net.extend(miner, later, undefined, { change: { previousTenureBlocks: 9 } });
    expect(await net.submit(wrongCount)).toBe('coordinator/bad-tenure-change');
  });

  it('renews a budget by a tenure extend on the burn view that the tenure has', async () => {
    const { net, miner } = await started();
    const { burnView } = net.coordinator.tip();
    expect(await net.submit(net.extend(miner, net.coordinator.burnTip()!))).toBe('applied');
    expect(net.coordinator.tip().burnView).toEqual(burnView);
  });

  it('refuses a block of another tenure than its parent', async () => {
    const { net, miner } = await started();
    const parent = net.coordinator.tip();
    const tenure = net.burn([net.commit(miner, net.coordinator.burnTip()!)]);
    const made = net.next(miner, parent);
    const stray = net.block(miner, tenure, parent, made.transactions, parent.header.burnSpent, {});
    expect(await net.submit(stray)).toBe('coordinator/not-in-tenure');
  });

  it('gives chainstate the burn view, the signers and the Bitcoin blocks below', async () => {
    const { net, miner } = await started();
    await net.submit(net.next(miner));
    const context = net.chainstate.contexts.at(-1)!;
    const tenure = net.coordinator.burnTip()!;
    expect(bytesToHex(context.burnView.consensusHash)).toBe(bytesToHex(tenure.consensusHash));
    expect(context.signers.signers).toHaveLength(4);
    const { snapshots } = net.coordinator;
    const burnBlock = (height: number) =>
      burnStateOf(snapshots).burnBlock(tenure.consensusHash, height);
    expect(burnBlock(101)!.headerHash).toEqual(snapshots.atHeight(101)!.burnHeaderHash);
    const address = { version: Uint8Array.of(0), hashBytes: new Uint8Array(20) };
    expect(burnBlock(101)!.poxAddresses!.addresses).toEqual([address, address]);
    expect(burnBlock(tenure.burnHeight)!.poxAddresses!.payoutSats).toBeGreaterThan(0n);
    expect(burnBlock(tenure.burnHeight + 1)).toBeNull();
  });
});

describe('block proposals', () => {
  it('are judged without signatures and without being kept', async () => {
    const { net, miner } = TestNetwork.elected();
    const proposal = net.start(miner, net.coordinator.burnTip()!, undefined, { signers: [] });
    const judged = net.coordinator.checkProposal(proposal);
    expect(judged.ok).toBe(true);
    expect(net.chainstate.header(blockId(proposal.header))).toBeNull();
  });

  it('must stand on the tip, on the canonical fork, and not in the future', async () => {
    const { net, miner } = TestNetwork.elected();
    const tenure = net.coordinator.burnTip()!;
    const genesis = net.coordinator.tip();
    const code = (change: BlockChange) => {
      const judged = net.coordinator.checkProposal(net.start(miner, tenure, genesis, change));
      return judged.ok ? 'ok' : `${judged.error.code} ${judged.error.reject}`;
    };
    const ahead = (secs: number) => ({
      header: { timestampSecs: Math.floor(net.nowMs / 1_000) + secs },
    });
    expect(code(ahead(15))).toBe('ok');
    expect(code(ahead(16))).toBe('coordinator/bad-timestamp InvalidTimestamp');
    await net.submit(net.start(miner, tenure));
    expect(code({})).toBe('coordinator/not-on-tip InvalidParentBlock');
    const fork = net.burnBlock([], net.coordinator.snapshots.atHeight(103)!, 'fork');
    net.coordinator.onBurnBlock(fork);
    net.coordinator.onBurnTip(fork.burnHeaderHash);
    expect(code({})).toBe('coordinator/non-canonical-tenure NonCanonicalTenure');
  });
});
