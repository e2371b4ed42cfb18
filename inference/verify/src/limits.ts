/** Bounds of the judge: how much work and how much data one judgement may cause. */
export const LIMITS = {
  /** Candidates asked from the engine when sampling: gm-v1's top-k bound. */
  candidates: 20,
  /** The judge asks for one more, to see how near the cut was. */
  judgeCandidates: 21,
  /** Reasons kept in a judgement; the first ones decide. */
  reasonsMax: 16,
  /** Alternatives in an evidence table: each costs one addition per token. */
  alternativesMax: 32,
  /** Bytes of a calibrated table: 32 alternatives of 13 by 14 scores fit twice. */
  tableBytesMax: 131_072,
  /** Edges on one axis of a table. */
  tableEdgesMax: 32,
  /** One answer in so many is drawn by lot for channel C. A power of two up to 256. */
  lotOneIn: 16,
  /** Greatest score of one token, thousandths of a nat: no single token may reach ln 10^6 = 13.8. */
  scoreMilliMax: 13_000,
} as const;
