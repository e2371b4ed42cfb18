/**
 * What the first block of a tenure pays: the coinbase and the fees of the tenure that became old
 * enough. Before that nobody can spend them, so that a reorganization destroys nothing twice.
 * Differs from Stacks: fees mature together with the coinbase of their own tenure, not of the next.
 * Source: SIP-001 "Mining rewards"; reference/stacks.md 2.4.
 */
import { creditStx, mintStx } from '@assay/clarity';
import { type HeaderChain, tenureFees, tenureStartAt } from './block-info.ts';
import type { ExecutionFrame } from './execution-frame.ts';
import type { MaturedReward } from './receipt.ts';

/** Pays into the state; call after the transactions of a block. */
export function payMaturedRewards(frame: ExecutionFrame, chain: HeaderChain): MaturedReward[] {
  const { tenure, network, parent, db, context } = frame;
  if (!tenure.isStart) return [];
  const matured = tenure.height - network.minerRewardMaturity;
  if (matured < 1) return [];
  const start = tenureStartAt(chain, parent, matured);
  if (start === null) return [];
  // The recipient stands in the coinbase, so it is known from the tenure's first block.
  const reward: MaturedReward = {
    recipient: start.rewardRecipient,
    minerAddress: start.minerAddress,
    coinbaseMicro: start.coinbaseMicro,
    feesMicro: tenureFees(chain, parent, matured),
    fromBlockId: start.blockId,
    fromHeight: start.height,
  };
  const { burnHeight } = context.burnView;
  if (reward.coinbaseMicro > 0n) mintStx(db, reward.recipient, reward.coinbaseMicro, burnHeight);
  if (reward.feesMicro > 0n) creditStx(db, reward.recipient, reward.feesMicro, burnHeight);
  return [reward];
}
