/**
 * The files of a calibration. `<stem>.evidence.json` is the table: canonical bytes, whose SHA-256 a
 * manifest names. Beside it, for people who want to disagree with it: `<stem>.calibration.json` (what
 * was measured), `<stem>.roc.json` and `<stem>.roc.svg` (found over falsely accused).
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromUtf8 } from '@assay/bytes';
import { encodeCanonicalJson } from '@assay/jobs';
import { type Calibration, plotRoc } from '@assay/verify/calibrate';

export interface WrittenFiles {
  readonly table: string;
  readonly record: string;
  readonly roc: string;
  readonly plot: string;
}

export function writeCalibration(
  folder: string,
  stem: string,
  calibration: Calibration,
): WrittenFiles {
  mkdirSync(folder, { recursive: true });
  const { table, tableSha256, suspects, attributions, ...measured } = calibration;
  const files = {
    table: join(folder, `${stem}.evidence.json`),
    record: join(folder, `${stem}.calibration.json`),
    roc: join(folder, `${stem}.roc.json`),
    plot: join(folder, `${stem}.roc.svg`),
  };
  const roc = suspects.map(({ name, naiveRoc, spoofRoc }) => ({ name, naiveRoc, spoofRoc }));
  const power = suspects.map(({ name, naive, spoof, spoofWithRule, spoofLeast }) => {
    const brief = ({ tokens50, tokens99, detected }: typeof naive) => {
      return { tokens50, tokens99, detected };
    };
    return {
      name,
      naive: brief(naive),
      spoof: brief(spoof),
      spoofWithRule: brief(spoofWithRule),
      spoofLeast: brief(spoofLeast),
    };
  });
  const channelC = attributions.map(({ naive: _naive, spoof: _spoof, ...one }) => one);
  const record = { tableSha256, ...measured, suspects: power, attributions: channelC };
  writeWhole(files.record, bytesFromUtf8(`${JSON.stringify(record, null, 1)}\n`));
  writeWhole(files.roc, bytesFromUtf8(`${JSON.stringify({ tableSha256, roc })}\n`));
  writeWhole(files.plot, bytesFromUtf8(plotRoc(calibration)));
  // The table last: where it lies, the rest lies too.
  writeWhole(files.table, bytesFromUtf8(encodeCanonicalJson(table)));
  return files;
}

/** Hosts read tables at start: they see the old file or the new one. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, bytes);
  renameSync(draft, path);
}
