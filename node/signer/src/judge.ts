/**
 * The judge of a signer: the verify room with the engines this signer runs. A request for a model it
 * does not have, or was told not to support, is abstained from.
 */
import { bytesToHex } from '@assay/bytes';
import type { Engine } from '@assay/engine';
import { type ModelManifest, modelIdHex } from '@assay/jobs';
import { judge } from '@assay/verify';
import type { JudgePort } from './ports.ts';

export interface JudgeModel {
  readonly manifest: ModelManifest;
  readonly engine: Engine;
}

export interface EngineJudgeOptions {
  readonly chainId: number;
  readonly models: readonly JudgeModel[];
  /** Names of models to judge; empty: all. */
  readonly supportModels?: readonly string[];
}

export function engineJudge(options: EngineJudgeOptions): JudgePort {
  const { chainId, models, supportModels = [] } = options;
  const byId = new Map(models.map((model) => [modelIdHex(model.manifest), model]));
  return {
    async judge({ request, hostKey, beaconBurnHash }, receipt, transcript, prompt) {
      const model = byId.get(bytesToHex(request.model));
      if (model === undefined) return { verdict: 'abstain', reason: 'this model is not here' };
      const { name } = model.manifest;
      if (supportModels.length > 0 && !supportModels.includes(name)) {
        return { verdict: 'abstain', reason: `${name} is not in support_models` };
      }
      const judged = await judge(
        {
          chainId,
          request,
          hostPublicKey: hostKey,
          beaconBurnHash,
          commitment: receipt.commitment,
          hostSignature: receipt.hostSignature,
          transcript,
          promptBlob: prompt,
          manifest: model.manifest,
        },
        model.engine,
      );
      const reason = judged.reasons.map(({ code, message }) => `${code}: ${message}`).join('; ');
      return { verdict: judged.verdict, reason };
    },
  };
}
