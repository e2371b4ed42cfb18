/**
 * The panel of an answer: everything a person is to see, what happened to the money when
 * there is no answer, and nothing in it that a terminal would obey.
 */
import { describe, expect, it } from 'vitest';
import { harmless, showAnswer } from '../src/show-answer.ts';
import { SAMPLES } from './sample-results.ts';

/** The value of a line `  key   value`. */
function row(panel: string, key: string): string | undefined {
  const line = panel.split('\n').find((each) => each.startsWith(`  ${key}  `));
  return line?.slice(key.length + 2).trim();
}

describe('an answer', () => {
  const panel = showAnswer(SAMPLES.success);

  it('shows question and answer with its paragraphs', () => {
    const shown = panel.split('\n').slice(0, 6);
    expect(shown).toEqual([
      '',
      '  Is the Earth round?',
      '',
      '  | It is nearly a sphere.',
      '  |',
      '  | A little wider at the equator.',
    ]);
  });

  it.each([
    ['transaction', `0x${'1'.repeat(64)}`],
    ['request block', `7  id ${'2'.repeat(64)}, 3 signatures`],
    ['request tenure', '3'.repeat(40)],
    ['request Bitcoin', `108  ${'4'.repeat(64)}`],
    ['host', 'ST2FYS2R6HR2C30T7XVWD2N81EYNA3Q17NFXS7Q2K  http://127.0.0.1:8000'],
    ['model', '5'.repeat(64)],
    ['tokens', '19 of prompt, 20 of answer  ended by the model'],
    ['cost', '0.00119 STX paid to the host, 0.09881 STX refunded'],
    ['verdicts', 'signer 0 valid, signer 1 valid, signer 2 valid  weight 3 of 3 on chain'],
    ['commitment', '8'.repeat(64)],
    ['settlement', `0x${'a'.repeat(64)}`],
    ['settled in block', `9  id ${'b'.repeat(64)}, 3 signatures`],
    ['settled in tenure', '3'.repeat(40)],
    ['settled in Bitcoin', `108  ${'4'.repeat(64)}`],
  ])('%s', (key, value) => {
    expect(row(panel, key)).toBe(value);
  });

  it('says when the node has lost the text', () => {
    expect(showAnswer({ ...SAMPLES.success, output: '' })).toContain('only its hash is on chain');
  });
});

describe('no answer', () => {
  it('rejected: the reason, the money, the verdicts, and not the false text', () => {
    const panel = showAnswer(SAMPLES.rejected);
    expect(panel).toContain('the signers found the answer false');
    expect(panel).toContain('The 0.1 STX in escrow went back to ST1SJ3');
    expect(row(panel, 'cost')).toBe('nothing; 0.1 STX refunded');
    expect(row(panel, 'verdicts')).toContain('signer 0 invalid');
    expect(panel).not.toContain('flat');
  });

  it('expired: the reason and the money', () => {
    const panel = showAnswer(SAMPLES.expired);
    expect(panel).toContain('no answer by the deadline');
    expect(row(panel, 'cost')).toBe('nothing; 0.1 STX refunded');
  });

  it('never opened: nothing was in escrow', () => {
    expect(showAnswer(SAMPLES.aborted)).toContain('nothing went into escrow');
  });

  it.each([
    ['notFound', /knows no request/],
    ['created', /waits to be mined/],
    ['inProgress', /has not answered yet/],
    ['answered', /signers are checking/],
  ] as const)('%s', (name, sentence) => {
    expect(showAnswer(SAMPLES[name])).toMatch(sentence);
  });

  it('is never called verified: scripts wait for that word', () => {
    for (const sample of Object.values(SAMPLES))
      expect(showAnswer(sample)).not.toMatch(/verified/i);
  });
});

describe('texts of strangers', () => {
  it('lose escapes, bells and direction marks, and keep line breaks and scripts', () => {
    expect(harmless('a\u001b[2Jb\u0007c\u202ed\u0000e')).toBe('a[2Jbcde');
    expect(harmless('line\n\tnext \u0645\u06cc\u200c\u062e \u{1f469}\u200d\u{1f52c}')).toBe(
      'line\n\tnext \u0645\u06cc\u200c\u062e \u{1f469}\u200d\u{1f52c}',
    );
  });

  it('are harmless wherever the panel shows them', () => {
    const evil = '\u001b]0;owned\u0007';
    const { request } = SAMPLES.success;
    const panel = showAnswer({
      ...SAMPLES.success,
      input: evil,
      output: evil,
      request: { ...request, executor_endpoint: evil },
      verdicts: [{ signer_index: 0, cycle_parity: 0, verdict: 'abstain', reason: evil }],
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(panel).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(showAnswer({ ...SAMPLES.rejected, error: evil })).not.toContain('\u001b');
  });
});
