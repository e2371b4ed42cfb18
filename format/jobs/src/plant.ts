/**
 * Planted answers: false on purpose, in a way that can be shown afterwards. Their sketch follows from a
 * secret, so it is no model's; who calls such an answer valid did not look. A planted answer has
 * exactly one leaf of tokens. Source: contracts/plants.clar.
 */
import { concatBytes } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import { LEAF_TOKENS, SALT_BYTES } from './merkle.ts';
import { hashClarityValue } from './signing.ts';

/** Answer tokens of a planted answer. */
export const PLANT_TOKENS = LEAF_TOKENS;

/** @param secret 32 bytes @returns 160 bytes of sketch and the salt of its only leaf */
export function plantedSketch(secret: Uint8Array): {
  readonly sketch: Uint8Array;
  readonly salt: Uint8Array;
} {
  const part = (i: number): Uint8Array => sha256(concatBytes(secret, Uint8Array.of(i)));
  return {
    sketch: concatBytes(part(0), part(1), part(2), part(3), part(4)),
    salt: part(5).subarray(0, SALT_BYTES),
  };
}

/** What the user puts on chain before the answer is judged. */
export function plantDigest(plant: {
  readonly requestId: bigint;
  /** 32 bytes. */
  readonly commitmentHash: Uint8Array;
  readonly secret: Uint8Array;
}): Uint8Array {
  return hashClarityValue(
    Cv.tuple({
      'request-id': Cv.uint(plant.requestId),
      commitment: Cv.buffer(plant.commitmentHash),
      secret: Cv.buffer(plant.secret),
    }),
  );
}
