/**
 * Sealed requests at the host: opens the prompt, refuses one that judges could not open (nobody could
 * pay for its answer), and seals what belongs to the answer under the request's content key, which the
 * user and the judges have.
 */
import { formatPrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate } from '@assay/crypto';
import {
  decodeSealedPrompt,
  encodeSketchPart,
  encodeTranscript,
  isRecipient,
  openSealedPrompt,
  requestHash,
  type SealedPrompt,
  type SealKeyPair,
  type SealScope,
  sealBody,
  type Transcript,
} from '@assay/jobs';
import { isEnough } from './certificate.ts';
import type { AssignedRequest, ChainPort } from './chain-port.ts';

const PRIVACY_SEALED = 2;

export interface ReadablePrompt {
  readonly blob: Uint8Array;
  /** Of a sealed request; null otherwise. */
  readonly scope: SealScope | null;
}

export interface OpeningOptions {
  readonly chainId: number;
  readonly operatingKey: Uint8Array;
  readonly sealKeys: SealKeyPair;
}

/** @returns a string: why this request cannot be served. @throws when the node fails */
export async function openPrompt(
  stored: Uint8Array,
  { request }: AssignedRequest,
  { chain }: { readonly chain: ChainPort },
  { chainId, operatingKey, sealKeys }: OpeningOptions,
): Promise<ReadablePrompt | string> {
  if (request.privacy !== PRIVACY_SEALED) return { blob: stored, scope: null };
  const box = decodeSealedPrompt(stored);
  if (!box.ok) return `the sealed prompt is malformed: ${box.error.message}`;
  if (!isRecipient(box.value, sealKeys.publicKey)) return 'the prompt is not sealed to this host';
  const unjudgeable = await missingJudges(box.value, chain);
  if (unjudgeable !== null) return unjudgeable;
  const context = { chainId, user: formatPrincipal(request.user) };
  const opened = await openSealedPrompt(stored, sealKeys, context);
  if (!opened.ok) return opened.error.message;
  const { blob, contentKey } = opened.value;
  const hostKey = publicKeyFromPrivate(operatingKey);
  return { blob, scope: { contentKey, requestHash: requestHash(request), hostKey } };
}

/** Null when signers of 70 % of the weight can open the box. */
async function missingJudges(box: SealedPrompt, chain: ChainPort): Promise<string | null> {
  const cycle = await chain.signers();
  const published = await chain.verdicts(cycle);
  const weight = cycle.signers.reduce((sum, signer, index) => {
    const key = published.get(index)?.sealKey ?? null;
    return key !== null && isRecipient(box, key) ? sum + signer.weight : sum;
  }, 0n);
  if (isEnough(weight, cycle.totalWeight)) return null;
  return `the prompt is sealed to signers of ${weight} of ${cycle.totalWeight} weight; 70 % must be able to judge`;
}

/** The two parts of a transcript as the content store gets them. */
export async function storedContent(
  transcript: Transcript,
  scope: SealScope | null,
): Promise<{ readonly ids: Uint8Array; readonly sketch: Uint8Array }> {
  const ids = encodeTranscript(transcript);
  const sketch = encodeSketchPart(transcript);
  if (scope === null) return { ids, sketch };
  return {
    ids: await sealBody(scope, 'transcript', ids),
    sketch: await sealBody(scope, 'sketch', sketch),
  };
}
