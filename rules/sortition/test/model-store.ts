/** The naive twin of a store for tests of this room: a map of hex keys, sorted on demand. */
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import type { Store } from '@assay/store';

export function modelStore(
  entries = new Map<string, Uint8Array>(),
  prefix: Uint8Array = new Uint8Array(0),
): Store {
  const full = (key: Uint8Array) => bytesToHex(concatBytes(prefix, key));
  return {
    get: (key) => entries.get(full(key)) ?? null,
    has: (key) => entries.has(full(key)),
    range(range) {
      const head = full(range.prefix ?? new Uint8Array(0));
      const keys = [...entries.keys()].filter((key) => key.startsWith(head)).sort();
      return keys.map((key) => ({
        key: bytesFromHex(key).slice(prefix.length),
        value: entries.get(key)!,
      }));
    },
    batch(write) {
      const changes: [string, Uint8Array | null][] = [];
      write({
        put: (key, value) => changes.push([full(key), value]),
        remove: (key) => changes.push([full(key), null]),
      });
      for (const [key, value] of changes) {
        if (value === null) entries.delete(key);
        else entries.set(key, value);
      }
    },
    prefixed: (more) => modelStore(entries, concatBytes(prefix, more)),
    close: async () => {},
  };
}
