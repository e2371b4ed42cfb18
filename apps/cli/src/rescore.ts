/**
 * Judges the answer again on this machine, as a signer does: the model runs over prompt and answer in
 * one pass, and every token must be one that the seed could have drawn.
 */
import { bytesToHex } from '@assay/bytes';
import { modelIdHex } from '@assay/jobs';
import type { Checks, RescoreInput } from '@assay/proof';
import { evidenceSha256, judge } from '@assay/verify';
import { openModel } from './model-file.ts';

/** @param modelFile a GGUF file; undefined means the small model of this project */
export async function checkByRescoring(
  checks: Checks,
  input: RescoreInput,
  modelFile: string | undefined,
): Promise<void> {
  const what = 'the model itself gives this answer under this seed';
  const { record, settlement } = input;
  const { engine, manifest, table } = await openModel(modelFile);
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
        sketch: input.sketch,
        promptBlob: input.promptBlob,
        ...(input.sealedPrompt === null ? {} : { sealedPrompt: input.sealedPrompt }),
        ...(input.sealedTranscript === null ? {} : { sealedTranscript: input.sealedTranscript }),
        manifest,
      },
      engine,
      { tables: new Map([[evidenceSha256(table), table]]) },
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
