/**
 * Epochs as names that order time, and say which language versions there are and with them which
 * words. Costs are the same from 2.1 to 3.4; before, they are not known here. What else changed between
 * epochs (`at-block` was switched off in 3.4) is as in 3.4. Epoch 4.0 and Clarity 6 are not there yet.
 *
 * Source: SIP-021 to SIP-040; Clarinet's manifest (`epoch`, `clarity_version`).
 */
import type { ClarityVersion } from '@assay/clarity';

export const EPOCHS = [
  '2.0',
  '2.05',
  '2.1',
  '2.2',
  '2.3',
  '2.4',
  '2.5',
  '3.0',
  '3.1',
  '3.2',
  '3.3',
  '3.4',
] as const;

export type Epoch = (typeof EPOCHS)[number];

export const FIRST_EPOCH: Epoch = '2.05';
export const LATEST_EPOCH: Epoch = '3.4';

/** Clarinet writes epochs as text or as TOML numbers: `3.0` arrives as 3. Null: unknown. */
export function parseEpoch(value: unknown): Epoch | null {
  if (value === 'latest') return LATEST_EPOCH;
  const text = String(value);
  const name = text.includes('.') ? text : `${text}.0`;
  return EPOCHS.find((epoch) => epoch === name) ?? null;
}

export function epochOrder(epoch: Epoch): number {
  return EPOCHS.indexOf(epoch);
}

/** Tenures hold many Stacks blocks from 3.0 on; before, each block was a Bitcoin block's. */
export function isNakamoto(epoch: Epoch): boolean {
  return epochOrder(epoch) >= epochOrder('3.0');
}

/** Epochs 2.0 and 2.05 had cost functions of their own; those of 2.1 stayed until 3.4. */
export function hasKnownCosts(epoch: Epoch): boolean {
  return epochOrder(epoch) >= epochOrder('2.1');
}

/** The newest language version of an epoch. */
export function defaultClarityVersion(epoch: Epoch): ClarityVersion {
  const order = epochOrder(epoch);
  if (order < epochOrder('2.1')) return 1;
  if (order < epochOrder('3.0')) return 2;
  if (order < epochOrder('3.3')) return 3;
  return order < epochOrder('3.4') ? 4 : 5;
}

/** `Epoch34`, `Epoch2_05`: as contract interfaces name it. */
export function epochId(epoch: Epoch): string {
  return epoch === '2.05' ? 'Epoch2_05' : `Epoch${epoch.replace('.', '')}`;
}
