/**
 * Checks that foreign JSON has the shape and the bounds of a manifest, field by field.
 * Unknown fields are refused: what is hashed must be what is understood.
 */
import { ok, type Result } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import type { ModelManifest } from './manifest.ts';
import { type JobsRejection, reject } from './reject.ts';

type Check = (value: unknown, path: string) => string | null;

/** Null when `value` is a manifest. */
export function checkManifestShape(value: unknown): Result<ModelManifest, JobsRejection> {
  const version = (value as { version?: unknown } | null)?.version;
  const shape = version === 2 ? MANIFEST_V2 : MANIFEST_V1;
  const fault = shape(value, 'manifest') ?? crossCheck(value as ModelManifest);
  return fault === null ? ok(value as ModelManifest) : reject('jobs/field', fault);
}

function crossCheck(manifest: ModelManifest): string | null {
  const { eosIds, vocabularySize, beginId } = manifest;
  if (eosIds.length === 0) return 'manifest.eosIds is empty: an answer could never end';
  if (eosIds.some((id, i) => id >= vocabularySize || (i > 0 && id <= eosIds[i - 1]!))) {
    return 'manifest.eosIds must ascend and stay below vocabularySize';
  }
  if (beginId >= vocabularySize) return 'manifest.beginId is outside the vocabulary';
  const recipes = manifest.version === 2 ? manifest.suspects.map((suspect) => suspect.recipe) : [];
  if (new Set(recipes).size < recipes.length) return 'manifest.suspects names a recipe twice';
  const { suspectMicro, invalidMicro } = manifest.thresholds;
  return suspectMicro > invalidMicro ? 'manifest.thresholds: suspect above invalid' : null;
}

const text: Check = (value, path) =>
  typeof value === 'string' && value.length <= LIMITS.manifestStringMax
    ? null
    : `${path} must be a string of at most ${LIMITS.manifestStringMax} characters`;

const hash: Check = (value, path) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? null
    : `${path} must be 64 lowercase hex digits`;

const flag: Check = (value, path) =>
  typeof value === 'boolean' ? null : `${path} must be a boolean`;

function literal(...allowed: readonly (string | number)[]): Check {
  return (value, path) =>
    allowed.includes(value as string) ? null : `${path} must be ${allowed.join(' or ')}`;
}

function integer(max: number): Check {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
      ? null
      : `${path} must be an integer of 0 to ${max}`;
}

function list(countMax: number, item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > countMax) {
      return `${path} must be a list of at most ${countMax} items`;
    }
    for (let i = 0; i < value.length; i++) {
      const fault = item(value[i], `${path}[${i}]`);
      if (fault !== null) return fault;
    }
    return null;
  };
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return `${path} must be an object`;
    }
    const record = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(record)) {
      if (!Object.hasOwn(fields, key)) return `${path}.${key.slice(0, 40)} is unknown`;
    }
    for (const [key, check] of Object.entries(fields)) {
      const fault = check(record[key], `${path}.${key}`);
      if (fault !== null) return fault;
    }
    return null;
  };
}

/** A field that may be absent. */
function optional(check: Check): Check {
  return (value, path) => (value === undefined ? null : check(value, path));
}

const FRAME = object({ before: text, after: text });
const NATS_MICRO = integer(1_000_000_000);

const FIELDS = {
  name: text,
  architecture: text,
  weights: object({
    format: literal('gguf', 'safetensors', 'none'),
    sha256: hash,
    sizeBytes: integer(Number.MAX_SAFE_INTEGER),
  }),
  tokenizerSha256: hash,
  template: object({
    begin: flag,
    system: FRAME,
    user: FRAME,
    assistant: FRAME,
    answer: optional(text),
    defaultSystem: optional(text),
    foldSystem: optional(FRAME),
  }),
  vocabularySize: integer(LIMITS.vocabularyMax),
  beginId: integer(LIMITS.vocabularyMax),
  eosIds: list(LIMITS.eosIdsMax, integer(LIMITS.vocabularyMax)),
  contextTokens: integer(LIMITS.vocabularyMax),
  numericProfile: object({
    engineClass: text,
    weights: text,
    activations: text,
    keyValueCache: text,
    flashAttention: flag,
  }),
  sampler: literal('gm-v1'),
  thresholds: object({
    invalidMicro: NATS_MICRO,
    suspectMicro: NATS_MICRO,
    toleranceMicro: NATS_MICRO,
    impossibleMicro: NATS_MICRO,
  }),
  evidenceSha256: hash,
};

const MANIFEST_V1 = object({ version: literal(1), ...FIELDS });
const MANIFEST_V2 = object({
  version: literal(2),
  ...FIELDS,
  suspects: list(LIMITS.suspectsMax, object({ recipe: text, weightsSha256: hash })),
});
