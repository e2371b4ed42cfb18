/**
 * The answer as a row of tokens: how likely the host says each one was, between the likeliest and the
 * fourth likeliest of its place, and what judges found when they ran the model themselves.
 */
import type { ProvenAnswer } from '@assay/proof';

export type Claims = NonNullable<ProvenAnswer['transcript']>;

/** What one judge computed about each sampled token, nats. */
export interface Finding {
  readonly judge: string;
  readonly logprobs: readonly number[];
}

const SVG = 'http://www.w3.org/2000/svg';
const STEP = 14;
const HEIGHT = 180;
const LEFT = 44;
const TOP = 10;
/** Everything less likely is drawn at the bottom, nats. */
const FLOOR = -12;

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Square root: the region of likely tokens is where differences matter. */
function yOf(logprob: number): number {
  return TOP + HEIGHT * Math.sqrt(Math.min(Math.max(logprob, FLOOR), 0) / FLOOR);
}

/** @param onToken called with the index of the token under the pointer */
export function drawTokens(
  claims: Claims,
  findings: readonly Finding[],
  onToken: (index: number) => void,
): SVGElement {
  const count = claims.tokenIds.length;
  const width = LEFT + count * STEP + 10;
  const svg = element('svg', {
    width,
    height: TOP + HEIGHT + 26,
    role: 'img',
    'aria-label': `log probabilities of ${count} tokens`,
  });
  for (const logprob of [0, -0.5, -2, -5, -12]) {
    const y = yOf(logprob);
    svg.append(element('line', { class: 'axis', x1: LEFT - 4, x2: width, y1: y, y2: y }));
    const percent = 100 * Math.exp(logprob);
    const label = element('text', { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' });
    label.textContent = percent >= 0.1 ? `${percent.toFixed(percent < 1 ? 1 : 0)} %` : '≈ 0';
    svg.append(label);
  }
  for (let i = 0; i < count; i++) drawToken(svg, i, claims, findings, onToken);
  return svg;
}

function drawToken(
  svg: SVGElement,
  i: number,
  claims: Claims,
  findings: readonly Finding[],
  onToken: (index: number) => void,
): void {
  const x = LEFT + i * STEP + STEP / 2;
  svg.append(
    element('circle', { class: 'host', cx: x, cy: yOf(claims.claimedLogprobs[i]!), r: 3.5 }),
  );
  for (const { logprobs } of findings) {
    const found = logprobs[i];
    if (found !== undefined) {
      svg.append(element('circle', { class: 'judge', cx: x, cy: yOf(found), r: 5.5 }));
    }
  }
  if (i % 10 === 0) {
    const label = element('text', { x, y: TOP + HEIGHT + 20, 'text-anchor': 'middle' });
    label.textContent = String(i + 1);
    svg.append(label);
  }
  const bar = element('rect', {
    class: 'bar',
    x: x - STEP / 2,
    y: TOP,
    width: STEP,
    height: HEIGHT,
    'data-token': i,
  });
  bar.addEventListener('pointerenter', () => onToken(i));
  bar.addEventListener('click', () => onToken(i));
  svg.append(bar);
}
