/**
 * Bitcoin's wire integers are little-endian, so this room has its own bounded reader and writer
 * (those of `@assay/bytes` are big-endian). Every read throws `DecodeError`; the public decoders
 * catch it at their door and return a `Result`.
 * Source: Bitcoin Core serialize.h (compact sizes must be minimal and at most 0x02000000).
 */
import { DecodeError, err, ok, type Result } from '@assay/bytes';
import { LIMITS } from './limits.ts';

/** Why foreign bytes were refused: `bitcoin/...` code, byte offset, one sentence. */
export interface BitcoinDecodeError {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

/** Runs `read` over all of `bytes`, which must be consumed to the last one. */
export function decodeWhole<T>(
  bytes: Uint8Array,
  read: (reader: LittleEndianReader) => T,
): Result<T, BitcoinDecodeError> {
  const reader = new LittleEndianReader(bytes);
  try {
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err({ code: error.code, offset: error.offset, message: error.message });
  }
}

export class LittleEndianReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  /** Advances by `size` and returns where it stood. */
  #skip(size: number): number {
    const at = this.#at;
    if (size > this.bytes.length - at) {
      throw new DecodeError('bitcoin/short', at, `need ${size} bytes, ${this.remaining} left`);
    }
    this.#at = at + size;
    return at;
  }

  /** The next byte without consuming it; -1 at the end. */
  peek(ahead = 0): number {
    return this.bytes[this.#at + ahead] ?? -1;
  }

  u8(): number {
    return this.bytes[this.#skip(1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }

  /** A view, not a copy. */
  take(size: number): Uint8Array {
    const at = this.#skip(size);
    return this.bytes.subarray(at, at + size);
  }

  /** Minimal compact size of at most `LIMITS.compactSizeMax`. */
  compactSize(): number {
    const at = this.#at;
    const first = this.u8();
    if (first < 0xfd) return first;
    const value = first === 0xfd ? this.u16() : first === 0xfe ? this.u32() : Number(this.u64());
    const least = first === 0xfd ? 0xfd : first === 0xfe ? 0x10000 : 0x100000000;
    if (value < least) throw new DecodeError('bitcoin/non-minimal', at, 'compact size not minimal');
    if (value > LIMITS.compactSizeMax) {
      throw new DecodeError('bitcoin/count', at, `compact size ${value} over the limit`);
    }
    return value;
  }

  /** Compact size, then that many bytes (a view). */
  varBytes(): Uint8Array {
    return this.take(this.compactSize());
  }

  /**
   * Compact size, then items. `itemBytesMin` is the least an item can occupy: a count that cannot
   * fit into what is left is refused before any item is read.
   */
  vec<T>(itemBytesMin: number, item: (reader: this) => T): T[] {
    const at = this.#at;
    const count = this.compactSize();
    if (count * itemBytesMin > this.remaining) {
      throw new DecodeError('bitcoin/count', at, `${count} items do not fit in ${this.remaining}`);
    }
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(item(this));
    return out;
  }

  fail(code: string, message: string): never {
    throw new DecodeError(code, this.#at, message);
  }

  end(): void {
    if (this.remaining > 0) this.fail('bitcoin/trailing', `${this.remaining} bytes left over`);
  }
}

export class LittleEndianWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  #grow(size: number): number {
    const at = this.#at;
    const end = at + size;
    if (end > this.#bytes.length) {
      const next = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      next.set(this.#bytes);
      this.#bytes = next;
      this.#view = new DataView(next.buffer);
    }
    this.#at = end;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  compactSize(value: number): this {
    if (value < 0xfd) return this.u8(value);
    if (value <= 0xffff) return this.u8(0xfd).u16(value);
    if (value <= 0xffffffff) return this.u8(0xfe).u32(value);
    return this.u8(0xff).u64(BigInt(value));
  }

  varBytes(bytes: Uint8Array): this {
    return this.compactSize(bytes.length).raw(bytes);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}
