/** Reads foreign JSON by path; what is missing or of another kind is the server's fault, by name. */
import { EngineError } from '../engine.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The value at a path such as `choices.0.text`; undefined where there is none. */
export function at(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as JsonObject)[key];
  }
  return found;
}

/** @throws EngineError engine/misbehaved */
export function numberAt(value: Json, path: string): number {
  const found = at(value, path);
  if (typeof found === 'number' && Number.isFinite(found)) return found;
  throw misses(path, 'a number');
}

/** A token id or a count. @throws EngineError engine/misbehaved */
export function countAt(value: Json, path: string): number {
  const found = at(value, path);
  if (Number.isSafeInteger(found) && (found as number) >= 0) return found as number;
  throw misses(path, 'a count');
}

/** @throws EngineError engine/misbehaved */
export function stringAt(value: Json, path: string): string {
  const found = at(value, path);
  if (typeof found === 'string') return found;
  throw misses(path, 'text');
}

/** @throws EngineError engine/misbehaved */
export function listAt(value: Json, path: string): readonly Json[] {
  const found = at(value, path);
  if (Array.isArray(found)) return found as readonly Json[];
  throw misses(path, 'a list');
}

/** @throws EngineError engine/misbehaved */
export function objectAt(value: Json, path: string): JsonObject {
  const found = at(value, path);
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) {
    return found as JsonObject;
  }
  throw misses(path, 'an object');
}

function misses(path: string, kind: string): EngineError {
  return new EngineError('engine/misbehaved', `the server's answer has no ${path} that is ${kind}`);
}
