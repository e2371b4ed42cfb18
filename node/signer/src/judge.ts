/**
 * The judge of a signer: the verify room with the engines this signer runs. A request for a model it
 * does not have, or was told not to support, is abstained from.
 */
import { bytesToHex } from '@assay/bytes';
import type { Engine } from '@assay/engine';
import { commitmentHash, type ModelManifest, modelIdHex } from '@assay/jobs';
import {
  concludeAnswer,
  type JudgeBook,
  type Judged,
  type ScoredAnswer,
  scoreAnswer,
  sketchEvidenceMicro,
  sketchOf,
} from '@assay/verify';
import type { Finding, JudgePort, Scoring } from './ports.ts';

export interface JudgeModel {
  readonly manifest: ModelManifest;
  readonly engine: Engine;
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
  const byId = new Map(models.map((model) => [modelIdHex(model.manifest), model]));
  return {
    async score({ request, executor, beaconBurnHash }, receipt, content) {
      const model = byId.get(bytesToHex(request.model));
      if (model === undefined) return abstain('this model is not here');
      const { name } = model.manifest;
      if (supportModels.length > 0 && !supportModels.includes(name)) {
        return abstain(`${name} is not in support_models`);
      }
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
      );
      return 'verdict' in scored ? findingOf(scored) : scoringOf(scored, book);
    },
  };
}

function scoringOf(scored: ScoredAnswer, book: JudgeBook): Scoring {
  const { manifest, hostPublicKey, commitment } = scored.answer;
  const { invalidMicro } = manifest.thresholds;
  return {
    sketch: sketchOf(scored.scores),
    conclude(sketchPart) {
      const judged = concludeAnswer(scored, sketchPart);
      const hash = commitmentHash(commitment);
      const ruling = book.enter({ judged, manifest, hostPublicKey, commitmentHash: hash });
      const { verdict, reasons } = ruling;
      return findingOf({ verdict, reasons, statistics: judged.statistics });
    },
    isForeign: (sketch) => sketchEvidenceMicro(scored, sketch) >= invalidMicro,
  };
}

function findingOf({ verdict, reasons, statistics }: Judged): Finding {
  const reason = reasons.map(({ code, message }) => `${code}: ${message}`).join('; ');
  return { verdict, reason, endMicro: statistics?.evidence.endMicro ?? null };
}

function abstain(reason: string): Finding {
  return { verdict: 'abstain', reason, endMicro: null };
}
