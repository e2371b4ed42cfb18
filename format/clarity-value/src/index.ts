/** Clarity values, principals and c32 addresses: data, constructors, text and consensus bytes. */
export { c32Decode, c32Encode, formatC32Address, parseC32Address } from './c32.ts';
export {
  type DecodeOptions,
  decodeClarityValue,
  readClarityValue,
  type ValueDecodeError,
} from './decode.ts';
export { encodeClarityValue, TYPE_TAG, writeClarityValue } from './encode.ts';
export { clarityValuesEqual } from './equal.ts';
export {
  CONTRACT_NAME_BYTES_MAX,
  INT_MAX,
  INT_MIN,
  NAME_BYTES_MAX,
  UINT_MAX,
  UNTYPED_DEPTH_MAX,
  UTF8_CHARS_MAX,
  VALUE_DEPTH_MAX,
  VALUE_SIZE_MAX,
  VALUE_WIRE_BYTES_MAX,
} from './limits.ts';
export {
  isClarityName,
  isContractName,
  readClarityName,
  readContractName,
  writeName,
} from './names.ts';
export {
  ADDRESS_VERSIONS,
  type Address,
  comparePrincipals,
  formatAddress,
  formatPrincipal,
  type ParseError,
  type Principal,
  parsePrincipal,
  principalsEqual,
  readAddress,
  readPrincipal,
  writeAddress,
  writePrincipal,
} from './principal.ts';
export { clarityValueToString } from './text.ts';
export {
  admitsType,
  type CallableType,
  ClarityTypeError,
  concretize,
  formatType,
  type ListType,
  leastSupertype,
  mergeTupleTypes,
  sameTrait,
  supertypeOrKnown,
  type TraitId,
  type TupleType,
  Ty,
  type TypeSignature,
  typesEqual,
} from './type-signature.ts';
export * from './value.ts';
