/**
 * Embeddings as answers of a session. The answer's text is the vector (float32, little endian, base64);
 * it has no tokens, so no draw can be checked: a judge embeds the text itself and compares directions.
 * That finds invented vectors, other texts and other models. It does not find quantised weights: the
 * bounds are wide enough for any honest engine of the profile, and are not calibrated.
 */
import type { Engine } from '@assay/engine';
import { decodeVector, encodeVector } from '@assay/jobs';

/** Cosines, in millionths: from here an honest engine, below here another model or another text. */
const SAME_MICRO = 999_000;
const OTHER_MICRO = 950_000;

/** @throws EngineError engine/unsupported when the engine has no embeddings */
export async function embedInput(engine: Engine, input: string): Promise<string> {
  const { vectors } = await engine.embed!([input]);
  return encodeVector(vectors[0]!);
}

export type EmbeddingVerdict = 'same' | 'unsure' | 'other';

/** What a claimed vector is, beside the one this engine makes of the input. */
export async function compareEmbedding(
  engine: Engine,
  input: string,
  claimed: string,
): Promise<EmbeddingVerdict> {
  const theirs = decodeVector(claimed);
  const ours = decodeVector(await embedInput(engine, input));
  if (theirs === null || ours === null || theirs.length !== ours.length) return 'other';
  const cosineMicro = Math.round(1e6 * cosine(ours, theirs));
  if (cosineMicro >= SAME_MICRO) return 'same';
  return cosineMicro < OTHER_MICRO ? 'other' : 'unsure';
}

/** 0 where a vector has no direction. */
function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}
