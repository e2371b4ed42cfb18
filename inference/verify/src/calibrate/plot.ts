/** The ROC of a calibration as a picture: share of cheats found over share of honest answers accused. */
import type { Calibration, SuspectResult } from './calibrate.ts';
import type { RocPoint } from './power.ts';

const WIDTH = 420;
const HEIGHT = 300;
const LEFT = 46;
const TOP = 34;
const COLORS = [
  '#1b6ca8',
  '#c0392b',
  '#2e8b57',
  '#8e44ad',
  '#d68910',
  '#16a085',
  '#7f8c8d',
  '#2c3e50',
];
/** Shares below this are drawn on the left edge. */
const SMALLEST = 1e-4;

/** An SVG with two panels: own sketches at 32 tokens, genuine ones (prefill-spoof) at 256. */
export function plotRoc(calibration: Calibration): string {
  const { suspects } = calibration;
  const height = HEIGHT + 70 + 16 * suspects.length;
  const panels = [
    panel('own sketch, 32 tokens', suspects, (one) => one.naiveRoc, 0),
    panel(
      'genuine sketch (prefill-spoof), 256 tokens',
      suspects,
      (one) => one.spoofRoc,
      WIDTH + 60,
    ),
  ];
  const legend = suspects.map(({ name }, i) => {
    const y = HEIGHT + 64 + 16 * i;
    const line = `<line x1="${LEFT}" y1="${y}" x2="${LEFT + 24}" y2="${y}" stroke="${colorOf(i)}" stroke-width="2"/>`;
    return `${line}<text x="${LEFT + 32}" y="${y + 4}">${escapeXml(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * WIDTH + 80}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...panels,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

function panel(
  title: string,
  suspects: readonly SuspectResult[],
  curve: (one: SuspectResult) => readonly RocPoint[],
  shift: number,
): string {
  const x = (share: number): number => {
    const decades = -Math.log10(SMALLEST);
    return LEFT + WIDTH * (1 + Math.log10(Math.max(share, SMALLEST)) / decades);
  };
  const y = (share: number): number => TOP + HEIGHT * (1 - share);
  const grid = [1e-4, 1e-3, 1e-2, 1e-1, 1].map(
    (share) =>
      `<line x1="${x(share)}" y1="${TOP}" x2="${x(share)}" y2="${TOP + HEIGHT}" stroke="#ddd"/>` +
      `<text x="${x(share)}" y="${TOP + HEIGHT + 14}" text-anchor="middle">${share}</text>`,
  );
  const levels = [0, 0.5, 1].map(
    (share) => `<text x="${LEFT - 6}" y="${y(share) + 4}" text-anchor="end">${share}</text>`,
  );
  const lines = suspects.map((one, i) => {
    const points = curve(one).map(
      ({ falseShare, foundShare }) => `${x(falseShare).toFixed(1)},${y(foundShare).toFixed(1)}`,
    );
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colorOf(i)}" stroke-width="2"/>`;
  });
  return [
    `<g transform="translate(${shift} 0)">`,
    `<text x="${LEFT}" y="20" font-size="13">${escapeXml(title)}: found over falsely accused</text>`,
    `<rect x="${LEFT}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#888"/>`,
    ...grid,
    ...levels,
    ...lines,
    '</g>',
  ].join('\n');
}

function colorOf(i: number): string {
  return COLORS[i % COLORS.length]!;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (one) => `&#${one.charCodeAt(0)};`);
}
