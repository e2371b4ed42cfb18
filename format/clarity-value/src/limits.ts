/**
 * Every bound of the value codec, with unit and reason. They are consensus: a value that decodes
 * here and not elsewhere would split the chain.
 * Source: stacks-core clarity-types (types/mod.rs, types/serialization.rs, representations.rs).
 */

/** Bytes: buffers and ASCII strings, and items of a list. */
export const VALUE_SIZE_MAX = 1_048_576;
/** Bytes one serialized value may take on the wire. */
export const VALUE_WIRE_BYTES_MAX = 2 * VALUE_SIZE_MAX;
/** Code points of a `string-utf8` (four bytes each in the worst case). */
export const UTF8_CHARS_MAX = VALUE_SIZE_MAX / 4;
/** Bytes of a variable, function or tuple key name, and of a contract name inside a value. */
export const NAME_BYTES_MAX = 128;
/** Bytes of a contract name inside a transaction. */
export const CONTRACT_NAME_BYTES_MAX = 40;
/** Containers around a value that the VM may hold (type depth 32, the leaf itself is one). */
export const VALUE_DEPTH_MAX = 31;
/** Containers around a value decoded without an expected type, as in transactions. */
export const UNTYPED_DEPTH_MAX = 15;

export const INT_MIN: bigint = -(2n ** 127n);
export const INT_MAX: bigint = 2n ** 127n - 1n;
export const UINT_MAX: bigint = 2n ** 128n - 1n;
