/**
 * The judge of a signer over the verify room: tables by hash, suspects on escalation, nobody accused when
 * they cannot be run. verification.md 5.4.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, type Engine, FakeEngine } from '@assay/engine';
import {
  encodePrompt,
  encodeSketchPart,
  encodeTranscript,
  type ManifestV2,
  modelId,
  promptHash,
  type Receipt,
  type SuspectModel,
  signCommitment,
} from '@assay/jobs';
import { MemoryStore } from '@assay/store';
import {
  type CalibratedTable,
  DEFAULT_AXES,
  DEFAULT_STAKES,
  evidenceSha256,
  JudgeBook,
  makeAnswer,
} from '@assay/verify';
import { describe, expect, it } from 'vitest';
import { engineJudge, type JudgeModel } from '../src/judge.ts';
import type { Finding } from '../src/ports.ts';
import { SuspectEngines } from '../src/suspect-engines.ts';

const CHAIN_ID = 0x80000000;
const HOST_KEY = sha256(bytesFromUtf8('host'));
const HOST = publicKeyFromPrivate(HOST_KEY);
const BEACON = sha256(bytesFromUtf8('beacon'));
const PROMPT = { context: 'Be brief.', prompt: 'Is the Earth round?' };
const noise = 0.0005;
const COARSE = { quantisation: 0.02 };
const SUSPECT: SuspectModel = {
  recipe: 'q8_0',
  weightsSha256: bytesToHex(sha256(bytesFromUtf8('q8'))),
};
const TOKENS = { min: 80, max: 120 };
const truth = new FakeEngine({ noise, machine: 3 });

/** Every token of anybody counts alike: at the end there is suspicion (6.9 nats), and no conviction (13.8). */
const SUSPICIOUS: CalibratedTable = tableScoring(100);
/** Nothing is ever suspicious. */
const CALM: CalibratedTable = tableScoring(-1);

function tableScoring(scoreMilli: number): CalibratedTable {
  const { entropyEdgesMilli, distanceEdgesMilli } = DEFAULT_AXES;
  const row = Array.from({ length: distanceEdgesMilli.length + 2 }, () => scoreMilli);
  const scoresMilli = Array.from({ length: entropyEdgesMilli.length + 1 }, () => row);
  return {
    version: 4,
    name: 'test',
    weightsSha256: truth.info.weightsSha256,
    impossibleMicro: 5_000_000,
    axes: DEFAULT_AXES,
    alternatives: [{ name: 'any', channel: 'sketch', gammaMilli: 1000, scoresMilli }],
    attributions: [{ ...SUSPECT, stakes: DEFAULT_STAKES }],
  };
}

function manifestFor(table: CalibratedTable): ManifestV2 {
  const named = describeModel(truth, {
    name: 'test',
    evidenceSha256: evidenceSha256(table),
    thresholds: { impossibleMicro: table.impossibleMicro },
  });
  return { ...named, version: 2, suspects: [SUSPECT] };
}

/** The coarse weights on the judge's machine, under the hash that the manifest names. */
function suspectEngine(onClose: () => void = () => {}): Engine {
  const engine = new FakeEngine({ noise, machine: 3, ...COARSE });
  return new Proxy(engine, {
    get: (target, key) => {
      if (key === 'info') return { ...target.info, weightsSha256: SUSPECT.weightsSha256 };
      if (key === 'close') return async () => onClose();
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** An answer long enough; most end sooner. */
async function longAnswer(manifest: ManifestV2, host: Engine) {
  for (let nonce = 0; nonce < 200; nonce++) {
    const request = {
      id: 1n,
      user: { version: 26, hash: new Uint8Array(20), contractName: null },
      model: modelId(manifest),
      promptHash: promptHash(encodePrompt(PROMPT)),
      params: {
        temperatureMicro: 1_000_000,
        topPMicro: 1_000_000,
        topK: 20,
        maxTokens: TOKENS.max,
      },
      maxFeeMicro: 1n,
      expiresAt: 100,
      privacy: 0 as const,
      clientNonce: new Uint8Array(16).fill(nonce),
    };
    const task = { manifest, request, prompt: PROMPT, hostPublicKey: HOST, beaconBurnHash: BEACON };
    const random = (size: number) => new Uint8Array(size).fill(7);
    const made = await makeAnswer(task, host, { random, nowSecs: 1 });
    if (made.transcript.outputIds.length >= TOKENS.min) return { request, ...made };
  }
  throw new Error('no long answer');
}

type Trial = Partial<Pick<JudgeModel, 'table' | 'openSuspect'>> & { readonly host?: Engine };

/** What a signer says of an answer of `host` under the manifest of `named`. */
async function judged(named: CalibratedTable, trial: Trial): Promise<Finding> {
  const { host = new FakeEngine({ noise, machine: 1 }), ...model } = trial;
  const manifest = manifestFor(named);
  const { request, transcript, commitment } = await longAnswer(manifest, host);
  const hostSignature = signCommitment(commitment, CHAIN_ID, HOST_KEY);
  const receipt: Receipt = { requestId: 1n, commitment, hostSignature, sketchHash: null };
  const book = new JudgeBook(new MemoryStore(), { auditsMin: 0, strongPerThousandMax: 1_000_000 });
  const judge = engineJudge({
    chainId: CHAIN_ID,
    models: [{ manifest, engine: truth, ...model }],
    book,
  });
  const executor = { principal: null, hostKey: HOST, endpoint: null };
  const outcome = await judge.score(
    { request, executor, executors: [executor], beaconBurnHash: BEACON, prompt: null },
    receipt,
    { transcript: encodeTranscript(transcript), prompt: encodePrompt(PROMPT) },
  );
  return 'verdict' in outcome ? outcome : outcome.conclude(encodeSketchPart(transcript));
}

describe('the table of a model', () => {
  it('that the manifest names is used', async () => {
    expect(await judged(CALM, { table: CALM })).toMatchObject({ verdict: 'valid' });
    const suspicious = await judged(SUSPICIOUS, { table: SUSPICIOUS });
    expect(suspicious).toMatchObject({ verdict: 'abstain' });
    expect(suspicious.reason).toContain('verify/suspect');
  });

  it('that is missing, or another than the manifest names, means abstention', async () => {
    for (const trial of [{}, { table: SUSPICIOUS }]) {
      const { verdict, reason } = await judged(CALM, trial);
      expect(verdict).toBe('abstain');
      expect(reason).toContain('verify/evidence-table');
    }
  });
});

describe('channel C', () => {
  const table = SUSPICIOUS;
  const cheat = () => new FakeEngine({ noise, machine: 1, ...COARSE });

  it('convicts the suspected weights, where the channels before it only suspected', async () => {
    const openSuspect = async () => suspectEngine();
    const found = await judged(table, { table, openSuspect, host: cheat() });
    expect(found.verdict).toBe('invalid');
    expect(found.reason).toContain('verify/attribution');
  });

  it('leaves an honest answer a suspicion', async () => {
    const found = await judged(table, { table, openSuspect: async () => suspectEngine() });
    expect(found.verdict).toBe('abstain');
    expect(found.reason).toContain('verify/suspect');
  });

  it('is not asked while nothing is suspicious', async () => {
    let asked = 0;
    const openSuspect = async () => {
      asked += 1;
      return suspectEngine();
    };
    await judged(CALM, { table: CALM, openSuspect, host: cheat() });
    expect(asked).toBe(0);
  });

  it('accuses nobody when a suspect is not here or its engine fails', async () => {
    const broken = new Proxy(suspectEngine(), {
      get: (target, key) =>
        key === 'score'
          ? () => Promise.reject(new Error('out of memory'))
          : Reflect.get(target, key),
    });
    for (const engine of [null, broken]) {
      const found = await judged(table, { table, openSuspect: async () => engine, host: cheat() });
      expect(found.verdict).toBe('abstain');
      expect(found.reason).toContain('verify/suspect');
    }
  });
});

describe('engines of suspects', () => {
  const named = (name: string): SuspectModel => ({ recipe: name, weightsSha256: name });

  it('are opened once, and the least recently used closed when there are too many', async () => {
    const log: string[] = [];
    const engines = new SuspectEngines(2);
    const open = (name: string) =>
      engines.open(named(name), async () => {
        log.push(`open ${name}`);
        return suspectEngine(() => log.push(`close ${name}`));
      });
    for (const name of ['a', 'b', 'a', 'c']) await open(name);
    expect(log).toEqual(['open a', 'open b', 'close b', 'open c']);
    await engines.close();
    expect(log.slice(4)).toEqual(['close a', 'close c']);
  });

  it('that cannot be opened are not tried again', async () => {
    const engines = new SuspectEngines();
    let tries = 0;
    const fail = () => {
      tries += 1;
      return Promise.reject(new Error('no such file'));
    };
    expect(await engines.open(named('a'), fail)).toBeNull();
    expect(await engines.open(named('a'), fail)).toBeNull();
    expect(tries).toBe(1);
  });
});
