/**
 * What a host's whole record says. One audited answer at a time, a tenth of the wealth is bet on the
 * answer's evidence: `W <- W * (0.9 + 0.1 * min(E, e^30))`. Honest evidence is at most 1 on average,
 * so honest wealth does not grow, and a host that cheats rarely or only a little still climbs to a
 * million. A host that never reaches it has cost the network little; no share of cheats is free.
 * Logs in millionths of a nat, rounded down: equal records give equal wealth.
 * Source: verification.md 5.4 (host-level wealth).
 */
import { expGm, lnGm } from '@assay/engine';

/** What a judge remembers about one host and model. */
export interface HostRecord {
  /** Log of the wealth now, millionths of a nat. */
  readonly wealthMicro: number;
  /** The greatest it has been: a conviction once earned is not lost by later good conduct. */
  readonly peakMicro: number;
  readonly audits: number;
}

export const NEW_HOST: HostRecord = { wealthMicro: 0, peakMicro: 0, audits: 0 };

/** After a conviction a record begins anew: every beginning is a fair bet of its own. */
export function restarted(record: HostRecord): HostRecord {
  return { ...record, wealthMicro: 0 };
}

const CAP_NATS = 30;

/**
 * After one more audited answer.
 * @param endMicro log evidence of the answer after its last token (`Evidence.endMicro`). The peak
 *   inside an answer is no fair bet and must not be carried. Answers that a judge abstained from for
 *   lack of bytes or engine are not audits.
 */
export function updateWealth(record: HostRecord, endMicro: number): HostRecord {
  const nats = Math.min(endMicro / 1e6, CAP_NATS);
  const grown = record.wealthMicro + Math.floor(1e6 * lnShare(nats));
  return {
    wealthMicro: grown,
    peakMicro: Math.max(record.peakMicro, grown),
    audits: record.audits + 1,
  };
}

/** ln(0.9 + 0.1 e^nats), without overflow and with the arithmetic that gm-v1 fixes. */
function lnShare(nats: number): number {
  return nats <= 0 ? lnGm(0.9 + 0.1 * expGm(nats)) : nats + lnGm(0.1 + 0.9 * expGm(-nats));
}
