/**
 * Watches a table at work. A new table starts in shadow: its verdicts are counted, nobody is accused.
 * It may convict once enough audits have passed and the share of strong evidence is what honest hosts
 * show; when that share rises above the bound, the table is withdrawn *before* the next conviction,
 * because a machine that the calibration did not know looks exactly like that.
 * Source: verification.md 5.6.4.
 */
export interface ShadowMonitor {
  readonly audits: number;
  /** Audits with evidence of a thousand to one or more that no second judge confirmed. */
  readonly unconfirmed: number;
}

export const NEW_MONITOR: ShadowMonitor = { audits: 0, unconfirmed: 0 };

export interface MonitorBounds {
  /** Audits before a table may convict. */
  readonly auditsMin: number;
  /** Unconfirmed strong evidence per thousand audits above which it may not. */
  readonly unconfirmedPerThousandMax: number;
}

export const DEFAULT_BOUNDS: MonitorBounds = { auditsMin: 1000, unconfirmedPerThousandMax: 1 };

/** After one more audit. @param endMicro log evidence, millionths of a nat */
export function watch(
  monitor: ShadowMonitor,
  audit: { readonly peakMicro: number; readonly confirmed: boolean },
): ShadowMonitor {
  const strong = audit.peakMicro >= SUSPECT_MICRO && !audit.confirmed;
  return {
    audits: monitor.audits + 1,
    unconfirmed: monitor.unconfirmed + (strong ? 1 : 0),
  };
}

const SUSPECT_MICRO = 6_907_756;

/** `shadow`: count only. `convict`: the table may accuse. `widen`: calibrate again with more machines. */
export function monitorState(
  monitor: ShadowMonitor,
  bounds: MonitorBounds = DEFAULT_BOUNDS,
): 'shadow' | 'convict' | 'widen' {
  const { audits, unconfirmed } = monitor;
  if (unconfirmed * 1000 > bounds.unconfirmedPerThousandMax * Math.max(audits, bounds.auditsMin)) {
    return 'widen';
  }
  return audits < bounds.auditsMin ? 'shadow' : 'convict';
}
