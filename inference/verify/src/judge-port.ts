/**
 * The judge as a signer calls it: by what the chain and StackerDB gave, with one engine per model that
 * this signer runs. Models it does not run it abstains from.
 */
import { bytesToHex } from '@assay/bytes';
import type { Engine } from '@assay/engine';
import {
  type InferenceRequest,
  type Judgement,
  type ModelManifest,
  modelIdHex,
  type Receipt,
} from '@assay/jobs';
import { type JudgeOptions, judge } from './judge.ts';

export interface JudgeModel {
  readonly manifest: ModelManifest;
  readonly engine: Engine;
}

/** The request as recorded on chain, with what decides the seed. */
export interface RecordedRequest {
  readonly request: InferenceRequest;
  /** The executor's operating key, 33 bytes. */
  readonly hostKey: Uint8Array;
  readonly beaconBurnHash: Uint8Array;
}

export interface Opinion {
  readonly verdict: Judgement;
  /** Codes and messages in one line; empty when valid. */
  readonly reason: string;
}

export interface Judge {
  judge(
    recorded: RecordedRequest,
    receipt: Receipt,
    transcript: Uint8Array,
    prompt: Uint8Array | null,
  ): Promise<Opinion>;
}

export function createJudge(
  models: readonly JudgeModel[],
  options: JudgeOptions & { readonly chainId: number },
): Judge {
  const byId = new Map(models.map((model) => [modelIdHex(model.manifest), model]));
  return {
    async judge({ request, hostKey, beaconBurnHash }, receipt, transcript, promptBlob) {
      const model = byId.get(bytesToHex(request.model));
      if (model === undefined)
        return { verdict: 'abstain', reason: 'this model does not run here' };
      const submission = {
        chainId: options.chainId,
        request,
        hostPublicKey: hostKey,
        beaconBurnHash,
        commitment: receipt.commitment,
        hostSignature: receipt.hostSignature,
        transcript,
        promptBlob,
        manifest: model.manifest,
      };
      const { verdict, reasons } = await judge(submission, model.engine, options);
      const reason = reasons.map(({ code, message }) => `${code}: ${message}`).join('; ');
      return { verdict, reason };
    },
  };
}
