/**
 * One place inside a JSON document with its path, so that a refusal can say where. Reads typed
 * values and throws `FieldError` with one sentence; only the genesis parser uses it.
 */
import { bytesFromHex, isHex } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import type { NetworkParams } from '@assay/params';

export class FieldError extends Error {
  override readonly name = 'FieldError';
}

export class JsonField {
  readonly path: string;
  readonly #value: unknown;

  constructor(path: string, value: unknown) {
    this.path = path;
    this.#value = value;
  }

  get isAbsent(): boolean {
    return this.#value === undefined;
  }

  #fail(expected: string): never {
    const found = this.isAbsent ? 'missing' : JSON.stringify(this.#value);
    throw new FieldError(`${this.path} is ${found.slice(0, 80)}; expected ${expected}`);
  }

  #record(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.#fail('an object');
    }
    return value as Readonly<Record<string, unknown>>;
  }

  /** A field of an object; a field of something absent is absent. */
  get(name: string): JsonField {
    if (this.isAbsent) return new JsonField(`${this.path}.${name}`, undefined);
    const record = this.#record();
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    return new JsonField(`${this.path}.${name}`, value);
  }

  /** Refuses names nobody reads: most of them are typing mistakes. */
  only(names: readonly string[]): void {
    if (this.isAbsent) return;
    const stranger = Object.keys(this.#record()).find((name) => !names.includes(name));
    if (stranger !== undefined) {
      throw new FieldError(
        `${this.path}.${stranger} has no meaning; known are ${names.join(', ')}`,
      );
    }
  }

  /** Empty when absent. */
  list<T>(lengthMax: number, read: (item: JsonField) => T): T[] {
    if (this.isAbsent) return [];
    const value = this.#value;
    if (!Array.isArray(value)) return this.#fail('a list');
    if (value.length > lengthMax) {
      throw new FieldError(`${this.path} has ${value.length} entries, at most ${lengthMax}`);
    }
    return value.map((item, i) => read(new JsonField(`${this.path}[${i}]`, item)));
  }

  text(): string {
    return typeof this.#value === 'string' ? this.#value : this.#fail('a text');
  }

  textOr(fallback: string): string {
    return this.isAbsent ? fallback : this.text();
  }

  /** Printable ASCII of 1 to `lengthMax` characters. */
  ascii(lengthMax: number): string {
    const text = this.text();
    const isGood = text.length >= 1 && text.length <= lengthMax && /^[\x20-\x7e]*$/.test(text);
    return isGood ? text : this.#fail(`printable text of 1 to ${lengthMax} characters`);
  }

  integerOr(fallback: number, min: number, max: number): number {
    if (this.isAbsent) return fallback;
    const value = this.#value;
    const isGood =
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return isGood ? value : this.#fail(`a whole number from ${min} to ${max}`);
  }

  /** A whole number, or the same as text where it exceeds what JSON numbers hold. */
  amount(min: bigint, max: bigint): bigint {
    const value = this.#value;
    const isSafe = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    const isText = typeof value === 'string' && /^[0-9]{1,39}$/.test(value);
    if (!isSafe && !isText) return this.#fail('a whole number, or one as text');
    const amount = BigInt(value as number | string);
    return amount >= min && amount <= max ? amount : this.#fail(`an amount from ${min} to ${max}`);
  }

  /** Hex of so many bytes, with or without `0x`. */
  bytes(size: number): Uint8Array {
    const text = this.text();
    const hex = text.startsWith('0x') ? text.slice(2) : text;
    return isHex(hex) && hex.length === 2 * size
      ? bytesFromHex(hex)
      : this.#fail(`${size} bytes in hex`);
  }

  /** An account or contract of the network. */
  principal(network: NetworkParams): string {
    const text = this.text();
    const parsed = parsePrincipal(text);
    if (!parsed.ok) return this.#fail('an address');
    const { singleSig, multiSig } = network.addressVersions;
    const { version } = parsed.value;
    if (version !== singleSig && version !== multiSig) {
      throw new FieldError(`${this.path} ${text} is an address of another network`);
    }
    return text;
  }
}
