/** Channel C as a signer uses it: when it is asked, about whom, and what follows. verification.md 5.4 C. */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { type Engine, FakeEngine } from '@assay/engine';
import { type ManifestV2, modelId, type SuspectModel } from '@assay/jobs';
import { MemoryStore } from '@assay/store';
import { describe, expect, it } from 'vitest';
import {
  type AttributedAnswer,
  askSuspects,
  type CalibratedTable,
  DEFAULT_AXES,
  DEFAULT_STAKES,
  type EscalationQuestion,
  escalationReason,
  JudgeBook,
  type Judged,
  WIDTHS,
} from '../src/index.ts';
import { answerHonestly, createScene } from './scene.ts';

const noise = 0.0005;
const truth = new FakeEngine({ noise, machine: 3 });
const RECIPE = { quantisation: 0.02 };
const SUSPECT: SuspectModel = { recipe: 'q8_0', weightsSha256: hash('q8') };
const scene = createScene(truth, { params: { maxTokens: 400 } });
const manifest: ManifestV2 = { ...scene.manifest, version: 2, suspects: [SUSPECT] };
const TABLE: CalibratedTable = {
  version: 4,
  name: 'test',
  weightsSha256: manifest.weights.sha256,
  impossibleMicro: 500_000,
  axes: DEFAULT_AXES,
  alternatives: [],
  attributions: [{ ...SUSPECT, stakes: DEFAULT_STAKES }],
};

function hash(text: string): string {
  return bytesToHex(sha256(bytesFromUtf8(text)));
}

/** The suspected weights on the judge's machine, under the hash that the manifest names. */
function suspectEngine(weightsSha256 = SUSPECT.weightsSha256): Engine {
  const engine = new FakeEngine({ noise, machine: 3, ...RECIPE });
  return new Proxy(engine, {
    get: (target, key) => {
      if (key === 'info') return { ...target.info, weightsSha256 };
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function answeredBy(host: Engine): Promise<AttributedAnswer> {
  const transcript = await answerHonestly(scene, host);
  const { promptIds, outputIds, sketch, seed } = transcript;
  const scores = await truth.score(promptIds, outputIds, 21);
  const { params } = scene.request;
  return { manifest, table: TABLE, seed, params, promptIds, outputIds, sketch, scores };
}

const noSuspect = () => Promise.resolve(null);

describe('asking the suspects', () => {
  it('names the suspect that made an answer', async () => {
    const cheat = await answeredBy(new FakeEngine({ noise, machine: 1, ...RECIPE }));
    const found = await askSuspects(cheat, () => Promise.resolve(suspectEngine()));
    expect(found).toMatchObject({ recipe: 'q8_0', asked: 1 });
    expect(found!.peakMicro).toBeGreaterThan(manifest.thresholds.invalidMicro);
    expect(found!.endMicro).toBeGreaterThan(manifest.thresholds.suspectMicro);
  });

  it('finds nothing in an honest answer of another machine', async () => {
    const honest = await answeredBy(new FakeEngine({ noise, machine: 1 }));
    const found = await askSuspects(honest, () => Promise.resolve(suspectEngine()));
    expect(found!.peakMicro).toBeLessThan(3_000_000);
    expect(found!.endMicro).toBeLessThan(0);
  });

  it('abstains when a suspect is not here, is other weights, or was never calibrated', async () => {
    const answer = await answeredBy(truth);
    expect(await askSuspects(answer, noSuspect)).toBeNull();
    const wrong = () => Promise.resolve(suspectEngine(hash('other')));
    expect(await askSuspects(answer, wrong)).toBeNull();
    const uncalibrated = { ...answer, table: { ...TABLE, attributions: [] } };
    expect(await askSuspects(uncalibrated, () => Promise.resolve(suspectEngine()))).toBeNull();
    const first = { ...answer, manifest: scene.manifest };
    expect(await askSuspects(first, () => Promise.resolve(suspectEngine()))).toBeNull();
  });
});

function judgedAt(peakMicro: number): Judged {
  const wide = Array.from({ length: WIDTHS }, (_, w) => Math.floor(peakMicro / 2 ** w));
  const evidence = {
    peakMicro,
    peakAt: 1,
    leading: 'a',
    finalMicro: {},
    endMicro: 0,
    widePeaksMicro: wide,
    wideEndsMicro: wide.map(() => 0),
  };
  const statistics = {
    tokens: 32,
    evidence,
    sketchDistanceMilli: [],
    marginMicro: [],
    mismatches: 0,
    meanEntropyMilli: 1000,
  };
  return { verdict: 'valid', reasons: [], statistics };
}

const HOST = new Uint8Array(33).fill(2);
const nameOf = (n: number) => sha256(bytesFromUtf8(`answer ${n}`));
const newBook = () => new JudgeBook(new MemoryStore(), { auditsMin: 0, strongPerThousandMax: 1 });

function question(peakMicro: number, change: Partial<EscalationQuestion> = {}): EscalationQuestion {
  const judged = judgedAt(peakMicro);
  const commitmentHash = change.commitmentHash ?? nameOf(1);
  const ruling = newBook().enter({ judged, manifest, hostPublicKey: HOST, commitmentHash });
  return { manifest, judged, ruling, commitmentHash, lots: null, ...change };
}

describe('when channel C is asked', () => {
  it('on evidence of a thousand, for a record of a thousand, and not otherwise', () => {
    expect(escalationReason(question(8_000_000))).toBe('evidence');
    expect(escalationReason(question(1_000_000))).toBeNull();
    const quiet = question(1_000_000);
    const host = { ...quiet.ruling.host, wealthMicro: 7_000_000 };
    expect(escalationReason({ ...quiet, ruling: { ...quiet.ruling, host } })).toBe('record');
  });

  it('not for a conviction, an unknown answer, or a model without suspects', () => {
    expect(escalationReason(question(20_000_000))).toBeNull();
    expect(escalationReason(question(8_000_000, { manifest: scene.manifest }))).toBeNull();
    const judged = { ...judgedAt(8_000_000), statistics: null };
    expect(escalationReason(question(8_000_000, { judged }))).toBeNull();
  });

  it('by lot for one answer in sixteen, by what nobody knew when the host committed', () => {
    const lots = sha256(bytesFromUtf8('a later block'));
    const base = question(0);
    const drawn = Array.from({ length: 1600 }, (_, n) =>
      escalationReason({ ...base, commitmentHash: nameOf(n), lots }),
    ).filter((one) => one === 'lot').length;
    expect(drawn).toBeGreaterThan(60);
    expect(drawn).toBeLessThan(150);
  });
});

describe('what follows', () => {
  const audit = (n: number, peakMicro: number, endMicro = peakMicro) => ({
    manifest,
    hostPublicKey: HOST,
    commitmentHash: nameOf(n),
    attributed: { recipe: 'q8_0', peakMicro, endMicro, asked: 1 },
  });
  const enter = (book: JudgeBook, n: number, peakMicro: number) =>
    book.enter({
      judged: judgedAt(peakMicro),
      manifest,
      hostPublicKey: HOST,
      commitmentHash: nameOf(n),
    });

  it('a suspicion becomes a conviction and no longer counts against the table; twice is once', () => {
    const book = newBook();
    expect(enter(book, 1, 8_000_000).verdict).toBe('abstain');
    const model = modelId(manifest);
    expect(book.monitor(model).strong[0]).toBe(1);
    const ruling = book.enterAttribution({ ...audit(1, 20_000_000), reason: 'evidence' });
    expect(ruling).toMatchObject({ verdict: 'invalid', reasons: [{ code: 'verify/attribution' }] });
    expect(book.enterAttribution({ ...audit(1, 0), reason: 'evidence' })).toEqual(ruling);
    expect(book.monitor(model).strong[0]).toBe(0);
    expect(enter(book, 1, 0).verdict).toBe('invalid');
  });

  it('a suspicion that it does not share stays a suspicion', () => {
    const book = newBook();
    enter(book, 1, 8_000_000);
    const ruling = book.enterAttribution({ ...audit(1, 0, -5_000_000), reason: 'evidence' });
    expect(ruling).toMatchObject({ verdict: 'abstain', reasons: [{ code: 'verify/suspect' }] });
  });

  it('in shadow mode it accuses nobody', () => {
    const book = new JudgeBook(new MemoryStore());
    enter(book, 1, 0);
    const ruling = book.enterAttribution({ ...audit(1, 20_000_000), reason: 'lot' });
    expect(ruling).toMatchObject({ verdict: 'abstain', reasons: [{ code: 'verify/shadow' }] });
  });

  it('(4)(5) int8 behind genuine sketches: answers drawn by lot convict together', () => {
    const book = newBook();
    let n = 0;
    let verdict = 'valid';
    while (verdict === 'valid' && n < 300) {
      n += 1;
      enter(book, n, 0);
      verdict = book.enterAttribution({ ...audit(n, 3_000_000, 1_500_000), reason: 'lot' }).verdict;
    }
    expect(verdict).toBe('invalid');
    expect(n).toBeLessThan(60);
  });

  it('answers chosen because they were suspicious add nothing to that record', () => {
    const book = newBook();
    for (let n = 1; n < 100; n++) {
      enter(book, n, 0);
      const ruling = book.enterAttribution({ ...audit(n, 3_000_000), reason: 'record' });
      expect(ruling.verdict).toBe('valid');
    }
  });
});
