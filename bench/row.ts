/** One measurement, as `npm run bench` prints it. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly peer: number | null;
  /** Ours over the peer's; above 1 we are better where more is better. */
  readonly ratio: number | null;
  /** What physics or a primitive allows on this machine. */
  readonly limit: number | null;
  readonly unit: string;
}
