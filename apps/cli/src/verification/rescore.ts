/**
 * Judges the answer again on this machine, as a signer does: the model runs over prompt and answer in
 * one pass, and every token must be one that the seed could have drawn.
 */
import { bytesToHex } from '@assay/bytes';
import { modelIdHex } from '@assay/jobs';
import { judge } from '@assay/verify';
import { openModel } from '../model-file.ts';
import type { Checks } from './checks.ts';
import type { ProvenRequest } from './record.ts';
import type { Settlement } from './settlement.ts';

export interface RescoreInput {
  readonly chainId: number;
  readonly record: ProvenRequest;
  readonly settlement: Settlement;
  readonly transcript: Uint8Array | null;
  /** Null when it is not public and the store has no copy. */
  readonly promptBlob: Uint8Array | null;
  /** A GGUF file; undefined means the small model of this project. */
  readonly modelFile: string | undefined;
}

export async function checkByRescoring(checks: Checks, input: RescoreInput): Promise<void> {
  const what = 'the model itself gives this answer under this seed';
  const { record, settlement } = input;
  const { engine, manifest } = await openModel(input.modelFile);
  try {
    if (modelIdHex(manifest) !== bytesToHex(record.request.model)) {
      const wanted = bytesToHex(record.request.model);
      checks.skip(what, `the model file is ${modelIdHex(manifest)}, the request names ${wanted}`);
      return;
    }
    const judged = await judge(
      {
        chainId: input.chainId,
        request: record.request,
        hostPublicKey: record.hostKey,
        beaconBurnHash: record.beacon,
        commitment: settlement.commitment,
        hostSignature: settlement.hostSignature,
        transcript: input.transcript,
        promptBlob: input.promptBlob,
        manifest,
      },
      engine,
    );
    const reasons = judged.reasons.map(({ message }) => message).join('; ');
    if (judged.verdict === 'abstain') checks.skip(what, reasons);
    else {
      const detail = `${manifest.name}, ${judged.statistics?.tokens ?? 0} tokens scored`;
      checks.expect(what, judged.verdict === 'valid', reasons === '' ? detail : reasons);
    }
  } finally {
    await engine.close();
  }
}
