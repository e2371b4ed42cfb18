/**
 * Reads big-endian wire formats from foreign bytes. Every read is bounds-checked and throws
 * `DecodeError`; a codec's public `decodeX` catches it at its door and returns a `Result`.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: string;
  readonly offset: number;

  /** @param code `room/kebab-case` @param offset byte position where reading failed */
  constructor(code: string, offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  /** Advances by `size` and returns where it stood. */
  #take(size: number): number {
    const at = this.#at;
    if (size > this.bytes.length - at) {
      throw new DecodeError('bytes/short', at, `need ${size} bytes, ${this.remaining} left`);
    }
    this.#at = at + size;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  u128(): bigint {
    const at = this.#take(16);
    return (this.#view.getBigUint64(at) << 64n) | this.#view.getBigUint64(at + 8);
  }

  i128(): bigint {
    const at = this.#take(16);
    return (this.#view.getBigInt64(at) << 64n) | this.#view.getBigUint64(at + 8);
  }

  /** A u64 that must fit a safe integer (heights, counts). */
  u64Safe(): number {
    const at = this.#at;
    const value = this.u64();
    if (value > 9007199254740991n) {
      throw new DecodeError('bytes/unsafe-integer', at, `${value} exceeds 2^53 - 1`);
    }
    return Number(value);
  }

  /** A view, not a copy: valid as long as the source bytes are not overwritten. */
  take(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }

  /** `Vec<T>`: u32 count, then items. `countMax` bounds the work before anything is read. */
  vec<T>(countMax: number, item: (reader: ByteReader) => T): T[] {
    const at = this.#at;
    const count = this.u32();
    if (count > countMax) {
      throw new DecodeError('bytes/count', at, `${count} items, at most ${countMax}`);
    }
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(item(this));
    return out;
  }

  fail(code: string, message: string): never {
    throw new DecodeError(code, this.#at, message);
  }

  /** Requires that every byte was consumed. */
  end(): void {
    if (this.remaining > 0) {
      throw new DecodeError('bytes/trailing', this.#at, `${this.remaining} bytes left over`);
    }
  }
}
