/**
 * From observations to a table that bets as much as it may. For every row: an upper bound of what
 * honest machines show in each bin (the worst pair, and what the sample cannot exclude), what a cheat
 * shows, and the scores that grow fastest on the cheat while no honest machine within the bounds can
 * gain: maximise sum P1 s subject to sum U e^s <= 1 and |s| <= clip. The solution fills like water:
 * `e^s = min(e^clip, P1 / (lambda U))`. Where the sample is too thin to bet, the scores are 0.
 *
 * Then the check that matters: tokens of one answer share noise, so gamma is lowered until the mean of
 * e^(gamma S) over whole held-out answers is at most 1 for every honest pair, and shipped at 0.8 of it.
 * Source: verification.md 5.4 and 5.6; the capped optimum is ours.
 */
import type { CalibratedTable, TableAxes } from '../calibrated-table.ts';
import { tableShape } from '../calibrated-table.ts';
import type { Alternative, Channel } from '../evidence.ts';
import { type NoiseTail, shareAbove } from './noise-tail.ts';
import type { Cells, Observation, ObservedAnswer } from './observe.ts';

export interface FitOptions {
  readonly axes: TableAxes;
  readonly name: string;
  readonly weightsSha256: string;
  readonly impossibleMicro: number;
  /** How rare great differences are between honest machines. */
  readonly tail: NoiseTail;
  /** Greatest score of one token, thousandths of a nat. */
  readonly clipMilli?: Readonly<Record<Channel, number>>;
  /** Honest share of gamma that is shipped, thousandths. Default 800. */
  readonly shrinkMilli?: number;
}

/** A kind of cheat that the table bets on, in one channel. */
export interface Suspicion {
  readonly name: string;
  readonly channel: Channel;
  readonly observations: readonly Observation[];
}

type Matrix = number[][];

/** Counts per row and bin. */
export function countCells(
  axes: TableAxes,
  channel: Channel,
  answers: readonly ObservedAnswer[],
): Matrix {
  const { rows, bins } = tableShape(axes, channel);
  const counts = Array.from({ length: rows }, () => new Array<number>(bins).fill(0));
  const add = (cells: Cells): void => {
    for (const cell of cells) counts[cell >>> 8]![cell & 255]! += 1;
  };
  for (const answer of answers) {
    add(answer[channel]);
    if (channel === 'margin') answer.redrawn.forEach(add);
  }
  return counts;
}

/**
 * Greatest scores by default. Sketch distances are seen as often as there are tokens, and a score of 3 is what
 * such a sample bears. Margins are drawn again a hundred thousand times, and their tail is known.
 */
const CLIP_MILLI: Readonly<Record<Channel, number>> = { sketch: 3000, margin: 12_500 };

/**
 * Upper confidence bound of a count's mean, z sigma (Wilson's form for rare events).
 * @param variance of the count between answers: tokens of one answer, and its redraws, belong together
 */
function upperCount(count: number, z: number, variance = count): number {
  return count + (z * z) / 2 + z * Math.sqrt(Math.max(count, variance) + (z * z) / 4);
}

/** No bin counts as rarer: what no sample and no tail says better than. */
const SHARE_MIN = 1e-6;

/** Shares that no honest machine seen here exceeds, per row and bin; null where nothing was seen. */
export function honestBounds(
  axes: TableAxes,
  channel: Channel,
  pairs: readonly Observation[],
  tail: NoiseTail,
): (number[] | null)[] {
  const each = pairs.map(({ answers }) => countCells(axes, channel, answers));
  const clusters = clusterCounts(axes, channel, pairs);
  const { rows, bins } = tableShape(axes, channel);
  return Array.from({ length: rows }, (_, row) => {
    const totals = each.map((counts) => sumOf(counts[row]!));
    const total = sumOf(totals);
    if (total === 0) return null;
    return Array.from({ length: bins }, (_, bin) => {
      const pooled = each.reduce((sum, counts) => sum + counts[row]![bin]!, 0);
      const worst = each.reduce((max, counts, p) => {
        const count = counts[row]![bin]!;
        // A pair that hardly visited the row says nothing about it alone; it is in the pool.
        const visited = totals[p]! * 4 * pairs.length >= total;
        return count > 0 && visited ? Math.max(max, upperCount(count, 2) / totals[p]!) : max;
      }, 0);
      const variance = clusters.reduce((sum, counts) => {
        const expected = (pooled / total) * sumOf(counts[row]!);
        return sum + (counts[row]![bin]! - expected) ** 2;
      }, 0);
      const rare = tailShare(axes, channel, tail, row, bin);
      // Never seen, and rarer by the tail than the sample alone can say.
      if (pooled === 0 && rare !== null) return rare;
      const upper = upperCount(pooled, 3, variance) / total;
      return Math.min(1, Math.max(worst, upper, rare ?? SHARE_MIN));
    });
  });
}

const sumOf = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0);

/** Counts per answer, whoever judged it. */
function clusterCounts(
  axes: TableAxes,
  channel: Channel,
  pairs: readonly Observation[],
): readonly Matrix[] {
  return [...new Set(pairs.map(({ host }) => host))].flatMap((host) => {
    const own = pairs.filter((pair) => pair.host === host);
    return own[0]!.answers.map((_, a) =>
      countCells(
        axes,
        channel,
        own.flatMap(({ answers }) => answers[a] ?? []),
      ),
    );
  });
}

/**
 * What the tail of honest noise alone allows in a bin: no difference smaller than the lead changes the draw, and
 * none is greater than the spread. Null where such spreads are common enough to be counted.
 */
function tailShare(
  { leadEdgesMicro, marginEdgesMicro }: TableAxes,
  channel: Channel,
  tail: NoiseTail,
  row: number,
  bin: number,
): number | null {
  if (channel === 'sketch' || bin === 0) return null;
  const lead = leadEdgesMicro[row - 1] ?? 0;
  // Bin 1 begins at 0.
  const margin = marginEdgesMicro[bin - 2] ?? 0;
  const share = shareAbove(tail, Math.max(lead, margin));
  return share < RARE ? Math.max(SHARE_MIN, share) : null;
}

/** Commoner spreads were counted. */
const RARE = 1e-3;

/** Part of a cheat's differences that may be of any size: worse cheats than those seen must not pass. */
const ANY_SIZE = 0.1;

/** What a cheat shows, smoothed; null for rows it never reached. */
function cheatShares(counts: Matrix): (number[] | null)[] {
  return counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    if (total < 20) return null;
    const shares = row.map((count) => (count + 0.2) / (total + 0.2 * row.length));
    const different = 1 - shares[0]!;
    return shares.map((share, bin) =>
      bin === 0 ? share : (1 - ANY_SIZE) * share + (ANY_SIZE * different) / (row.length - 1),
    );
  });
}

/** Anything: another model, prompt, sampler or seed. Half the draws differ, most sketches by much. */
function farShares(axes: TableAxes, channel: Channel): number[][] {
  const { rows, bins } = tableShape(axes, channel);
  const weights = Array.from({ length: bins }, (_, bin) => (channel === 'sketch' ? bin + 1 : 1));
  if (channel === 'margin') weights[0] = bins - 1;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const row = weights.map((weight) => weight / total);
  return Array.from({ length: rows }, () => row);
}

/**
 * The capped optimum for one row, thousandths of a nat, rounded against the judge. A greater
 * difference never counts for less than a smaller one, so that a worse cheat than the one taught does
 * not pass by being worse.
 */
export function betRow(
  cheat: readonly number[],
  bounds: readonly number[],
  clipMilli: number,
): number[] {
  const cap = Math.exp(clipMilli / 1000);
  const ratios: number[] = [];
  for (const [bin, share] of cheat.entries()) {
    const ratio = share / bounds[bin]!;
    ratios.push(bin > 1 ? Math.max(ratio, ratios[bin - 1]!) : ratio);
  }
  const stake = (lambda: number, bin: number): number =>
    Math.max(1 / cap, Math.min(cap, ratios[bin]! / lambda));
  const cost = (lambda: number): number =>
    bounds.reduce((sum, bound, bin) => sum + bound * stake(lambda, bin), 0);
  let low = 1e-9;
  let high = 1e9;
  if (cost(high) > 1) return bounds.map(() => 0);
  for (let i = 0; i < 200; i++) {
    const middle = Math.sqrt(low * high);
    if (cost(middle) > 1) low = middle;
    else high = middle;
  }
  const scores = bounds.map((_, bin) => Math.floor(1000 * Math.log(stake(high, bin))));
  const growth = scores.reduce((sum, score, bin) => sum + cheat[bin]! * score, 0);
  return growth > 0 ? scores : bounds.map(() => 0);
}

/**
 * Fits one alternative per suspicion and one per channel for anything worse on `honest`, and their
 * gammas on `heldOut`.
 */
export function fitTable(
  honest: readonly Observation[],
  heldOut: readonly Observation[],
  suspicions: readonly Suspicion[],
  options: FitOptions,
): CalibratedTable {
  const { axes, name, weightsSha256, tail, clipMilli = CLIP_MILLI, shrinkMilli = 800 } = options;
  const bounds = {
    sketch: honestBounds(axes, 'sketch', honest, tail),
    margin: honestBounds(axes, 'margin', honest, tail),
  };
  const bet = (what: string, channel: Channel, shares: (number[] | null)[]): Alternative => {
    const { bins } = tableShape(axes, channel);
    const scoresMilli = shares.map((cheat, row) => {
      const bound = bounds[channel][row];
      return cheat && bound
        ? betRow(cheat, bound, clipMilli[channel])
        : new Array<number>(bins).fill(0);
    });
    const draft = { name: what, channel, gammaMilli: 1000, scoresMilli };
    const gamma = fairGamma(draft, heldOut);
    return { ...draft, gammaMilli: Math.floor((gamma * shrinkMilli) / 1000) };
  };
  const far = [
    bet('far-sketch', 'sketch', farShares(axes, 'sketch')),
    bet('far-margin', 'margin', farShares(axes, 'margin')),
  ];
  const near = suspicions.map(({ name: what, channel, observations }) => {
    const answers = observations.flatMap((one) => one.answers);
    const shares = cheatShares(countCells(axes, channel, answers));
    return { answers, own: bet(`${what}-${channel}`, channel, shares) };
  });
  return {
    version: 4,
    name,
    weightsSha256,
    impossibleMicro: options.impossibleMicro,
    axes,
    alternatives: leanMixture(far, near),
    attributions: [],
  };
}

interface NearBet {
  readonly own: Alternative;
  /** What taught it. */
  readonly answers: readonly ObservedAnswer[];
}

/** A bet that others nearly replace only thins the mixture. */
const REPLACED_AT = 0.8;

/** `far`, and of the others those without which their own cheats would be found much later. Subtle ones first. */
function leanMixture(far: readonly Alternative[], near: readonly NearBet[]): Alternative[] {
  const kept = [...far];
  const bySubtlety = near
    .map((one) => ({ ...one, growth: growthOf(one.own, one.answers) }))
    .filter(({ growth }) => growth > 0)
    .sort((a, b) => a.growth - b.growth);
  for (const { own, answers, growth } of bySubtlety) {
    const rivals = kept.filter(({ channel }) => channel === own.channel);
    const isReplaced = rivals.some((one) => growthOf(one, answers) >= REPLACED_AT * growth);
    if (!isReplaced) kept.push(own);
  }
  return kept;
}

/** Mean log bet per token. */
function growthOf(alternative: Alternative, answers: readonly ObservedAnswer[]): number {
  const runs = answerRuns(alternative.channel, answers);
  const tokens = sumOf(runs.map((cells) => cells.length));
  return sumOf(runs.map((cells) => scoreOf(alternative, cells))) / Math.max(1, tokens);
}

/** Greatest gamma, thousandths, at which whole answers of every honest pair gain nothing on average. */
function fairGamma(alternative: Alternative, heldOut: readonly Observation[]): number {
  for (let gammaMilli = 1000; gammaMilli > 0; gammaMilli -= 50) {
    const fair = heldOut.every((pair) => meanGain({ ...alternative, gammaMilli }, pair) <= 1);
    if (fair) return gammaMilli;
  }
  return 0;
}

/** Mean of e^(gamma S) over a pair's answers: at most 1 for a fair bet. */
export function meanGain(alternative: Alternative, pair: Observation): number {
  const runs = answerRuns(alternative.channel, pair.answers);
  const sum = runs.reduce((total, cells) => total + Math.exp(scoreOf(alternative, cells) / 1e6), 0);
  return runs.length === 0 ? 1 : sum / runs.length;
}

/** Every run of a channel: the answer itself and, for margins, its redraws. */
export function answerRuns(channel: Channel, answers: readonly ObservedAnswer[]): Cells[] {
  return answers.flatMap((answer) =>
    channel === 'sketch' ? [answer.sketch] : [answer.margin, ...answer.redrawn],
  );
}

/** Log bet of an alternative over cells, millionths of a nat. */
export function scoreOf({ gammaMilli, scoresMilli }: Alternative, cells: Cells): number {
  let sum = 0;
  for (const cell of cells) sum += scoresMilli[cell >>> 8]![cell & 255]!;
  return gammaMilli * sum;
}
