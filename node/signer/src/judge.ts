/**
 * The judge of a signer: the verify room with the engines this signer runs. A request for a model it
 * does not have, or was told not to support, is abstained from. A suspicious judgement is taken further:
 * the suspects that the manifest names are run over the same answer (channel C), and the last ruling is
 * what the signer says. A suspect that cannot be run here leaves the first ruling as it was.
 */
import { bytesToHex } from '@assay/bytes';
import type { Engine } from '@assay/engine';
import {
  commitmentHash,
  decodeSketchPart,
  type ModelManifest,
  modelIdHex,
  type SuspectModel,
} from '@assay/jobs';
import {
  askSuspects,
  concludeAnswer,
  type EvidenceTable,
  escalationReason,
  evidenceSha256,
  type JudgeBook,
  type Judged,
  type Ruling,
  type ScoredAnswer,
  scoreAnswer,
  sketchEvidenceMicro,
  sketchOf,
} from '@assay/verify';
import type { Finding, JudgePort, Scoring } from './ports.ts';

export interface JudgeModel {
  readonly manifest: ModelManifest;
  readonly engine: Engine;
  /** Needed when the manifest names neither the generic table nor one that ships. */
  readonly table?: EvidenceTable;
  /** A suspect's engine, the opener's to keep and close; null when it is not to be had here. */
  readonly openSuspect?: (suspect: SuspectModel) => Promise<Engine | null>;
}

export interface EngineJudgeOptions {
  readonly chainId: number;
  readonly models: readonly JudgeModel[];
  /** Names of models to judge; empty: all. */
  readonly supportModels?: readonly string[];
  /** What this judge remembers of tables and hosts; rules what a verdict may be. */
  readonly book: JudgeBook;
}

export function engineJudge(options: EngineJudgeOptions): JudgePort {
  const { chainId, models, supportModels = [], book } = options;
  const tables = new Map(
    models.flatMap(({ table }) => (table === undefined ? [] : [[evidenceSha256(table), table]])),
  );
  const byId = new Map(models.map((model) => [modelIdHex(model.manifest), model]));
  const modelFor = (id: Uint8Array): JudgeModel | Finding => {
    const model = byId.get(bytesToHex(id));
    if (model === undefined) return abstain('this model is not here');
    const { name } = model.manifest;
    const isSupported = supportModels.length === 0 || supportModels.includes(name);
    return isSupported ? model : abstain(`${name} is not in support_models`);
  };
  return {
    async score({ request, executor, beaconBurnHash }, receipt, content) {
      const model = modelFor(request.model);
      if ('verdict' in model) return model;
      const { prompt, ...parts } = content;
      const scored = await scoreAnswer(
        {
          chainId,
          request,
          hostPublicKey: executor.hostKey,
          beaconBurnHash,
          commitment: receipt.commitment,
          hostSignature: receipt.hostSignature,
          ...parts,
          promptBlob: prompt,
          manifest: model.manifest,
        },
        model.engine,
        { tables },
      );
      return 'verdict' in scored ? findingOf(scored) : scoringOf(scored, model, book);
    },
    async judgeSession({ line, hostKey: hostPublicKey, prompt, sketch, transcript, lots }) {
      const { request, constraint, commitment, hostSignature } = line;
      const model = modelFor(request.model);
      if ('verdict' in model) return model;
      const { manifest, engine } = model;
      const submission = {
        chainId,
        request,
        constraint,
        hostPublicKey,
        beaconBurnHash: request.beacon,
        commitment,
        hostSignature,
        transcript,
        promptBlob: prompt,
        manifest,
      };
      const scored = await scoreAnswer(submission, engine, { tables });
      if ('verdict' in scored) return findingOf(scored);
      const hearing = { sketchPart: sketch, lots, isDisputed: false };
      return concludeWith({ scored, model, book }, hearing);
    },
    confirm: (hash) => book.confirm(hash),
  };
}

function scoringOf(scored: ScoredAnswer, model: JudgeModel, book: JudgeBook): Scoring {
  const { invalidMicro, toleranceMicro } = scored.answer.manifest.thresholds;
  return {
    sketch: sketchOf(scored.scores, toleranceMicro),
    conclude: (sketchPart, isDisputed = false) =>
      concludeWith({ scored, model, book }, { sketchPart, lots: null, isDisputed }),
    withheld: () => {
      const judged = concludeAnswer(scored, null);
      const { verdict, reasons } = book.enter({ ...aboutOf(scored), judged });
      return findingOf({ verdict, reasons, statistics: null });
    },
    isForeign: (sketch) => sketchEvidenceMicro(scored, sketch) >= invalidMicro,
  };
}

interface Bench {
  readonly scored: ScoredAnswer;
  readonly model: JudgeModel;
  readonly book: JudgeBook;
}

interface Hearing {
  readonly sketchPart: Uint8Array;
  /** What draws answers for channel C; null: nothing that nobody could foresee. */
  readonly lots: Uint8Array | null;
  readonly isDisputed: boolean;
}

/** The ruling on an opened answer, after the suspects were asked if they had to be. */
async function concludeWith(bench: Bench, hearing: Hearing): Promise<Finding> {
  const { scored, book } = bench;
  const judged = concludeAnswer(scored, hearing.sketchPart);
  const first = book.enter({ ...aboutOf(scored), judged });
  const last = await escalate({ ...bench, judged, first }, hearing);
  const { verdict, reasons } = last ?? first;
  return findingOf({ verdict, reasons, statistics: judged.statistics });
}

function aboutOf({ answer }: ScoredAnswer) {
  const { manifest, hostPublicKey, commitment } = answer;
  return { manifest, hostPublicKey, commitmentHash: commitmentHash(commitment) };
}

interface FirstJudgement extends Bench {
  readonly judged: Judged;
  readonly first: Ruling;
}

/** Channel C. Null: the first ruling stands, because nobody need be asked or nobody could be. */
async function escalate(
  { scored, model, book, judged, first }: FirstJudgement,
  { sketchPart, lots, isDisputed }: Hearing,
): Promise<Ruling | null> {
  const { manifest, hostPublicKey, commitment, request } = scored.answer;
  const hash = commitmentHash(commitment);
  const question = { manifest, judged, ruling: first, commitmentHash: hash, lots, isDisputed };
  const reason = escalationReason(question);
  const opened = decodeSketchPart(sketchPart);
  if (reason === null || model.openSuspect === undefined || !opened.ok) return null;
  const { table, scores, transcript } = scored;
  const { seed, promptIds, outputIds } = transcript;
  const { sketch } = opened.value;
  const answer = {
    manifest,
    table,
    seed,
    params: request.params,
    promptIds,
    outputIds,
    sketch,
    scores,
  };
  const attributed = await askSuspects(answer, model.openSuspect).catch(() => null);
  if (attributed === null) return null;
  return book.enterAttribution({
    manifest,
    hostPublicKey,
    commitmentHash: hash,
    attributed,
    reason,
  });
}

function findingOf({ verdict, reasons, statistics }: Judged): Finding {
  const reason = reasons.map(({ code, message }) => `${code}: ${message}`).join('; ');
  return { verdict, reason, endMicro: statistics?.evidence.endMicro ?? null };
}

function abstain(reason: string): Finding {
  return { verdict: 'abstain', reason, endMicro: null };
}
