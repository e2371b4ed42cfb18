/** A signer makes the model that a manifest suspects, from the true file, under the hash that the manifest names. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { makeVariant } from '@assay/engine/model';
import { silentLogger } from '@assay/observe';
import { SuspectEngines } from '@assay/signer';
import { afterAll, describe, expect, it } from 'vitest';
import { smallModelPath } from '../src/model-file.ts';
import { suspectOpener } from '../src/suspect-model.ts';

const cache = mkdtempSync(join(tmpdir(), 'assay-suspects-'));
const engines = new SuspectEngines();
const open = suspectOpener(undefined, { cache, engines, log: silentLogger });

afterAll(async () => {
  await engines.close();
  rmSync(cache, { recursive: true });
});

describe('a suspected model', () => {
  it('is made from the true file and opened once', { timeout: 60_000 }, async () => {
    const copy = makeVariant(readFileSync(smallModelPath()), { type: 'Q8_0' });
    const suspect = { recipe: 'q8_0', weightsSha256: bytesToHex(sha256(copy)) };
    const engine = await open(suspect);
    expect(engine?.info.weightsSha256).toBe(suspect.weightsSha256);
    expect(await open(suspect)).toBe(engine);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('of a recipe that is not known here is absent', async () => {
    expect(await open({ recipe: 'distilled', weightsSha256: 'ab'.repeat(32) })).toBeNull();
  });
});
