/**
 * Reads a request body field by field. A field that nobody knows is refused by name, as OpenAI does:
 * a typing error never becomes a silent default. Every refusal is an `ApiError` naming the field.
 */
import { utf8FromBytes } from '@assay/bytes';
import { type ApiError, invalid } from '../api-error.ts';

export type Json = Readonly<Record<string, unknown>>;

/** @throws ApiError 400 */
export function parseBody(body: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(utf8FromBytes(body) ?? '');
  } catch {
    throw invalid(null, 'We could not parse the JSON body of your request.', 'invalid_json');
  }
  if (!isObject(value)) throw invalid(null, 'The request body must be a JSON object.');
  return value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export class Fields {
  readonly #value: Json;
  readonly #path: string;
  readonly #seen = new Set<string>();

  constructor(value: Json, path = '') {
    this.#value = value;
    this.#path = path;
  }

  /** The field's value; null and absent are the same. */
  raw(name: string): unknown {
    this.#seen.add(name);
    return this.#value[name] ?? null;
  }

  has(name: string): boolean {
    return this.raw(name) !== null;
  }

  /** Fields that mean nothing here but harm nobody. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#seen.add(name);
  }

  /** @throws ApiError for a field that was never asked for */
  end(): void {
    const unknown = Object.keys(this.#value).find((name) => !this.#seen.has(name));
    if (unknown === undefined) return;
    const param = this.path(unknown.slice(0, 64));
    throw invalid(param, `Unrecognized request argument supplied: ${param}`, 'unknown_parameter');
  }

  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  fault(name: string, expected: string): ApiError {
    const message = `Invalid value for '${this.path(name)}': expected ${expected}.`;
    return invalid(this.path(name), message, 'invalid_value');
  }

  text(name: string, charactersMax: number): string | null {
    const value = this.raw(name);
    if (value === null) return null;
    if (typeof value !== 'string') throw this.fault(name, 'a string');
    if (value.length > charactersMax) {
      throw this.fault(name, `a string of at most ${charactersMax} characters`);
    }
    return value;
  }

  required(name: string, charactersMax: number): string {
    const value = this.text(name, charactersMax);
    if (value !== null && value !== '') return value;
    const param = this.path(name);
    throw invalid(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter');
  }

  flag(name: string): boolean | null {
    const value = this.raw(name);
    if (value !== null && typeof value !== 'boolean') throw this.fault(name, 'a boolean');
    return value as boolean | null;
  }

  number(name: string, min: number, max: number): number | null {
    const value = this.raw(name);
    if (value === null) return null;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
      throw this.fault(name, `a number between ${min} and ${max}`);
    }
    return value;
  }

  integer(name: string, min: number, max: number): number | null {
    const value = this.number(name, min, max);
    if (value !== null && !Number.isSafeInteger(value)) {
      throw this.fault(name, `an integer between ${min} and ${max}`);
    }
    return value;
  }

  object(name: string): Fields | null {
    const value = this.raw(name);
    if (value === null) return null;
    if (!isObject(value)) throw this.fault(name, 'an object');
    return new Fields(value, this.path(name));
  }

  list(name: string, countMax: number): readonly unknown[] | null {
    const value = this.raw(name);
    if (value === null) return null;
    if (!Array.isArray(value)) throw this.fault(name, 'an array');
    if (value.length > countMax) throw this.fault(name, `an array of at most ${countMax} items`);
    return value;
  }
}
