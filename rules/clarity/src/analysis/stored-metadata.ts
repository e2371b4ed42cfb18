/**
 * What stacks-core's side store says about the parts of a contract, as JSON text. Here it is computed
 * from the analysis when somebody asks; tools that fork a chain over RPC read it.
 *
 * Source: stacks-core clarity/src/vm/database/structures.rs (`*Metadata`), the serde form of
 * `TypeSignature` in clarity-types/src/types/signatures.rs.
 */
import type { TypeSignature } from '@assay/clarity-value';
import type { AnalysisRecord } from './record.ts';

/** Store types whose records describe a type, by the number in the key. */
export const DESCRIBED = { map: '5', variable: '6', ft: '7', nft: '8' } as const;

/** Null: the contract defines nothing of this kind under this name. */
export function describeDefinition(
  record: AnalysisRecord,
  kind: string,
  name: string,
  cap: (token: string) => bigint | null,
): string | null {
  switch (kind) {
    case DESCRIBED.map: {
      const map = record.maps.get(name);
      return map === undefined
        ? null
        : `{"key_type":${typeText(map.key)},"value_type":${typeText(map.value)}}`;
    }
    case DESCRIBED.variable: {
      const type = record.dataVars.get(name);
      return type === undefined ? null : `{"value_type":${typeText(type)}}`;
    }
    case DESCRIBED.ft:
      return record.fts.has(name) ? `{"total_supply":${cap(name)}}` : null;
    case DESCRIBED.nft: {
      const type = record.nfts.get(name);
      return type === undefined ? null : `{"key_type":${typeText(type)}}`;
    }
    default:
      return null;
  }
}

const typeText = (type: TypeSignature): string => JSON.stringify(typeJson(type));

function typeJson(type: TypeSignature): unknown {
  switch (type.kind) {
    case 'int':
      return 'IntType';
    case 'uint':
      return 'UIntType';
    case 'bool':
      return 'BoolType';
    case 'principal':
      return 'PrincipalType';
    case 'buffer':
      return { SequenceType: { BufferType: type.length } };
    case 'string-ascii':
      return { SequenceType: { StringType: { ASCII: type.length } } };
    case 'string-utf8':
      return { SequenceType: { StringType: { UTF8: type.length } } };
    case 'list': {
      const list = { max_len: type.length, entry_type: typeJson(type.entry) };
      return { SequenceType: { ListType: list } };
    }
    case 'tuple': {
      // A BTreeMap: by name, in byte order.
      const fields = [...type.fields].sort(([a], [b]) => (a < b ? -1 : 1));
      const map = fields.map(([name, field]) => [name, typeJson(field)] as const);
      return { TupleType: { type_map: Object.fromEntries(map) } };
    }
    case 'optional':
      return { OptionalType: typeJson(type.inner) };
    case 'response':
      return { ResponseType: [typeJson(type.ok), typeJson(type.err)] };
    default:
      // Traits and contracts are no types of stored values.
      return 'NoType';
  }
}
