import { describe, expect, it } from 'vitest';
import {
  evidenceSha256,
  GENERIC_EVIDENCE,
  GENERIC_EVIDENCE_SHA256,
  GENERIC_HONEST,
  weighEvidence,
} from '../src/index.ts';

describe('the generic evidence table', () => {
  it('is a fair bet: under honest shares no alternative gains on average (Ville)', () => {
    for (const { name, channel, gammaMilli, scoresMilli } of GENERIC_EVIDENCE.alternatives) {
      const honest = GENERIC_HONEST[channel];
      expect(honest.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      for (const row of scoresMilli) {
        const gain = row.reduce(
          (sum, score, bin) => sum + honest[bin]! * Math.exp((gammaMilli * score) / 1e6),
          0,
        );
        expect(gain, name).toBeLessThanOrEqual(1);
      }
    }
  });

  it('has a frozen hash: manifests name it', () => {
    expect(evidenceSha256(GENERIC_EVIDENCE)).toBe(GENERIC_EVIDENCE_SHA256);
    expect(GENERIC_EVIDENCE_SHA256).toBe(FROZEN);
  });

  it('the bound stays below the true mean of the bets', () => {
    const tokens = Array.from({ length: 50 }, (_, i) => ({
      sketch: { row: i % 5, bin: (i * 7) % 9 },
      margin: { row: i % 5, bin: (i * 3) % 10 },
    }));
    const { peakMicro, finalMicro } = weighEvidence(GENERIC_EVIDENCE, tokens);
    const bets = Object.values(finalMicro).map((micro) => Math.exp(micro / 1e6));
    const mean = bets.reduce((sum, bet) => sum + bet, 0) / bets.length;
    const last = Math.max(...Object.values(finalMicro)) - Math.ceil(Math.log(4) * 1e6);
    expect(last / 1e6).toBeLessThanOrEqual(Math.log(mean));
    expect(peakMicro).toBeGreaterThanOrEqual(last);
  });

  it('a peak counts even when later tokens look honest', () => {
    const odd = { sketch: { row: 2, bin: 8 }, margin: { row: 2, bin: 0 } };
    const fine = { sketch: { row: 2, bin: 0 }, margin: { row: 2, bin: 0 } };
    const early = [...Array(8).fill(odd), ...Array(200).fill(fine)];
    const { peakMicro, peakAt } = weighEvidence(GENERIC_EVIDENCE, early);
    expect(peakMicro).toBeGreaterThan(13_815_511);
    expect(peakAt).toBe(8);
  });
});

const FROZEN = '3f96d4170aac8d652409ffc3860d0fc22647da835207b1e3a4fe50e1d649a5f6';
