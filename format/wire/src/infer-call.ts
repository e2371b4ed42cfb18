/**
 * Payload 9 as arguments of `.inference request`: the native payload is a compact way to make that
 * call, and means exactly the same.
 */
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import type { InferPayload, InferPrivacy } from './infer-payload.ts';

/** As `.inference` numbers them. */
const PRIVACY: Readonly<Record<InferPrivacy, number>> = { public: 0, 'hash-only': 1, sealed: 2 };

/** In the order of the function's parameters. */
export function inferArguments(payload: InferPayload): ClarityValue[] {
  const { prompt, host } = payload;
  const inline = prompt.kind === 'inline';
  return [
    Cv.buffer(payload.modelId),
    inline ? Cv.some(Cv.buffer(prompt.blob)) : Cv.none(),
    Cv.buffer(inline ? sha256(prompt.blob) : prompt.hash),
    Cv.uint(inline ? prompt.blob.length : prompt.length),
    Cv.tuple({
      temperature: Cv.uint(payload.temperatureMicro),
      'top-p': Cv.uint(payload.topPMicro),
      'top-k': Cv.uint(payload.topK),
      'max-tokens': Cv.uint(payload.maxTokens),
    }),
    Cv.uint(payload.maxFeeMicro),
    Cv.uint(payload.deadlineBurnBlocks),
    host ? Cv.some(Cv.principal({ ...host, contractName: null })) : Cv.none(),
    Cv.uint(PRIVACY[payload.privacy]),
    Cv.buffer(payload.clientNonce),
  ];
}
