/**
 * Whether a value fits a parameter of a contract's interface: what the mempool asks before it takes
 * a call that could only fail.
 */
import type { AbiType } from '@assay/clarity';
import type { ClarityValue } from '@assay/clarity-value';

function utf8Length(text: string): number {
  return [...text].length;
}

function fitsTuple(
  fields: readonly { readonly name: string; readonly type: AbiType }[],
  value: ClarityValue,
): boolean {
  if (value.type !== 'tuple' || value.entries.size !== fields.length) return false;
  return fields.every(({ name, type }) => {
    const entry = value.entries.get(name);
    return entry !== undefined && argumentFits(type, entry);
  });
}

export function argumentFits(type: AbiType, value: ClarityValue): boolean {
  if (typeof type === 'string') {
    switch (type) {
      case 'int128':
        return value.type === 'int';
      case 'uint128':
        return value.type === 'uint';
      case 'bool':
        return value.type === 'bool';
      case 'principal':
        return value.type === 'principal';
      case 'trait_reference':
        return value.type === 'principal' && value.contractName !== null;
      case 'none':
        return value.type === 'none';
    }
  }
  if ('buffer' in type) return value.type === 'buffer' && value.value.length <= type.buffer.length;
  if ('string-ascii' in type) {
    return value.type === 'string-ascii' && value.value.length <= type['string-ascii'].length;
  }
  if ('string-utf8' in type) {
    return value.type === 'string-utf8' && utf8Length(value.value) <= type['string-utf8'].length;
  }
  if ('list' in type) {
    const { list } = type;
    return (
      value.type === 'list' &&
      value.items.length <= list.length &&
      value.items.every((item) => argumentFits(list.type, item))
    );
  }
  if ('tuple' in type) return fitsTuple(type.tuple, value);
  if ('optional' in type) {
    if (value.type === 'none') return true;
    return value.type === 'some' && argumentFits(type.optional, value.value);
  }
  if (value.type === 'ok') return argumentFits(type.response.ok, value.value);
  return value.type === 'err' && argumentFits(type.response.error, value.value);
}
