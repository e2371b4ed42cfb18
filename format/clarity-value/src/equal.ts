/** Whether two Clarity values are the same value, as `is-eq` judges values of one type. */
import { bytesEqual } from '@assay/bytes';
import { principalsEqual } from './principal.ts';
import type { ClarityValue } from './value.ts';

/** Structural equality; the declared entry type of a list does not count. */
export function clarityValuesEqual(a: ClarityValue, b: ClarityValue): boolean {
  switch (a.type) {
    case 'int':
    case 'uint':
    case 'bool':
    case 'string-ascii':
    case 'string-utf8':
      return b.type === a.type && a.value === b.value;
    case 'buffer':
      return b.type === 'buffer' && bytesEqual(a.value, b.value);
    case 'none':
      return b.type === 'none';
    case 'some':
    case 'ok':
    case 'err':
      return b.type === a.type && clarityValuesEqual(a.value, b.value);
    case 'principal':
      return b.type === 'principal' && principalsEqual(a, b);
    case 'list':
      return (
        b.type === 'list' &&
        a.items.length === b.items.length &&
        a.items.every((item, i) => clarityValuesEqual(item, b.items[i]!))
      );
    case 'tuple': {
      if (b.type !== 'tuple' || a.entries.size !== b.entries.size) return false;
      for (const [name, field] of a.entries) {
        const other = b.entries.get(name);
        if (!other || !clarityValuesEqual(field, other)) return false;
      }
      return true;
    }
  }
}
