/**
 * Watches an evidence table at work. A new table is in shadow: its verdicts are counted, nobody is
 * accused. Later it may convict, as long as strong evidence that nobody confirms stays as rare as an
 * honest network makes it. When it does not, machines are at work that the calibration did not know,
 * and the bets are *widened*: every gamma is halved, and halved again, until the share is small once
 * more; a table that is too sharp even at an eighth is withdrawn. Counting happens before the verdict
 * of the same answer, so a table widens before it convicts. One host alone cannot withdraw a table.
 * Pure values; `JudgeBook` stores them. Source: verification.md 5.6.4.
 */
import { assert } from '@assay/bytes';
import { WIDTHS } from './evidence.ts';

export interface ShadowMonitor {
  readonly audits: number;
  /**
   * Per width (gamma divided by 1, 2, 4, 8): audits with evidence of a thousand to one or more that
   * nobody confirmed.
   */
  readonly strong: readonly number[];
}

export const NEW_MONITOR: ShadowMonitor = {
  audits: 0,
  strong: Array.from({ length: WIDTHS }, () => 0),
};

export interface MonitorBounds {
  /** Audits before a table may convict. */
  readonly auditsMin: number;
  /** Unconfirmed strong evidence per thousand audits above which the bets are widened. */
  readonly strongPerThousandMax: number;
}

export const DEFAULT_BOUNDS: MonitorBounds = { auditsMin: 1000, strongPerThousandMax: 1 };

/**
 * `shadow`: count only. `convict`: the table may accuse, with every gamma divided by `2^width`.
 * `withdrawn`: too sharp at every width; calibrate again with more machines.
 */
export type TableState =
  | { readonly kind: 'shadow' | 'convict'; readonly width: number }
  | { readonly kind: 'withdrawn' };

export function tableState(
  { audits, strong }: ShadowMonitor,
  bounds: MonitorBounds = DEFAULT_BOUNDS,
): TableState {
  // Below a thousand audits, as many are allowed as in a thousand.
  const allowed = bounds.strongPerThousandMax * Math.max(audits, 1000);
  const width = strong.findIndex((count) => count * 1000 <= allowed);
  if (width < 0) return { kind: 'withdrawn' };
  return { kind: audits < bounds.auditsMin ? 'shadow' : 'convict', width };
}

/**
 * After one more audit.
 * @param reach per width, whether the evidence reached a thousand to one
 */
export function watch(monitor: ShadowMonitor, reach: readonly boolean[]): ShadowMonitor {
  return { audits: monitor.audits + 1, strong: added(monitor, reach, 1) };
}

/** Takes back what `watch` counted as strong: the host did cheat. */
export function confirmed(monitor: ShadowMonitor, reach: readonly boolean[]): ShadowMonitor {
  return { audits: monitor.audits, strong: added(monitor, reach, -1) };
}

function added({ strong }: ShadowMonitor, reach: readonly boolean[], by: number): number[] {
  assert(reach.length === WIDTHS, 'one flag per width');
  return strong.map((count, width) => Math.max(0, count + (reach[width] ? by : 0)));
}
