import { fileURLToPath } from 'node:url';
import { bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { describe, expect, it } from 'vitest';
import { drawGmV1 } from '../src/index.ts';
import { openLlamaEngine } from '../src/llama.ts';
import { buildModel, ensureModel, PROJECT_MODEL } from '../src/model/index.ts';
import { checkEngineCompliance } from './compliance.ts';

const CACHE = fileURLToPath(new URL('../../../.cache/models', import.meta.url));
const open = async () => openLlamaEngine({ modelPath: (await ensureModel(CACHE)).path });

describe('llama.cpp, engine compliance', () => {
  const declared = { ownSampler: true, teacherForcing: true, constraints: true };
  checkEngineCompliance(open, { declared, toleranceNats: 0.05 });
});

describe('the generated model', () => {
  it('has the same bytes on every machine and stays small', () => {
    const bytes = buildModel(PROJECT_MODEL);
    expect(bytes.length).toBeLessThan(6 * 1024 * 1024);
    expect(bytesToHex(sha256(bytes))).toBe(PROJECT_MODEL_SHA256);
  });

  it('speaks sentences', async () => {
    const engine = await open();
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 120 };
    const prompt = engine.promptIds([{ role: 'user', content: 'Is the Earth round?' }]);
    const { tokens } = await engine.generate(prompt, {
      topK: 20,
      maxTokens: 120,
      pick: (i, top) => drawGmV1(new Uint8Array(32).fill(1), i, top, params).id,
    });
    const text = engine.detokenize(tokens.map((token) => token.id));
    await engine.close();
    expect(text).toMatch(/^([A-Z][a-z ]+\. ?)+$/);
  });
});

const PROJECT_MODEL_SHA256 = '44a34dd3e83105cd98b17852f4ed24ece604c447070d2574143337ac3b81dbe1';
