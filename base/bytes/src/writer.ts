/** Writes big-endian wire formats into a growing buffer. */
export class ByteWriter {
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
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }

  u64(value: bigint | number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value));
    return this;
  }

  u128(value: bigint): this {
    const at = this.#grow(16);
    this.#view.setBigUint64(at, value >> 64n);
    this.#view.setBigUint64(at + 8, value & 0xffffffffffffffffn);
    return this;
  }

  i128(value: bigint): this {
    const at = this.#grow(16);
    this.#view.setBigInt64(at, value >> 64n);
    this.#view.setBigUint64(at + 8, value & 0xffffffffffffffffn);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** `Vec<T>`: u32 count, then items. */
  vec<T>(items: readonly T[], item: (writer: ByteWriter, value: T) => void): this {
    this.u32(items.length);
    for (const value of items) item(this, value);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}
