/**
 * JSON Schema (2020-12, the part that structured outputs use) as a grammar. Every text of the grammar
 * fits the schema; the grammar may be narrower: properties come in the order of the schema, and keys
 * that it does not name appear only in objects that name none. `oneOf` is read as `anyOf`. A keyword that
 * restricts values and is not understood is refused, never ignored.
 */
import { EngineError, type JsonSchema } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import { choice, literal, type Node, sequence } from './grammar.ts';
import {
  BOOLEAN,
  INTEGER,
  jsonArray,
  jsonMap,
  jsonString,
  NULL,
  NUMBER,
  SPACE,
  VALUE,
} from './json.ts';

type SchemaObject = Exclude<JsonSchema, boolean>;

/** Keywords that describe and do not restrict. */
const REMARKS: ReadonlySet<string> = new Set([
  ...['title', 'description', 'default', 'examples', '$schema', '$id', '$comment', '$defs'],
  ...['definitions', 'deprecated', 'readOnly', 'writeOnly', 'format', 'strict', 'discriminator'],
]);

/** @throws EngineError engine/unsupported, with the place in the schema */
export function grammarOfSchema(schema: JsonSchema): Node {
  return new SchemaReader(schema).node(schema, '#');
}

class SchemaReader {
  readonly #root: JsonSchema;
  readonly #named = new Map<string, Node | null>();
  #count = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  node(schema: unknown, path: string): Node {
    this.#count += 1;
    if (this.#count > ENGINE_LIMITS.schemaNodesMax) throw refusal(path, 'the schema is too large');
    if (schema === true) return VALUE;
    if (!isObject(schema)) throw refusal(path, 'not a schema that anything fits');
    const rest = new Set(Object.keys(schema).filter((key) => !REMARKS.has(key)));
    const take = (key: string): unknown => (rest.delete(key) ? schema[key] : undefined);
    const node = this.#read(schema, take, path);
    const [unknown] = rest;
    if (unknown !== undefined)
      throw refusal(path, `'${unknown.slice(0, 40)}' is not supported here`);
    return node;
  }

  #read(schema: SchemaObject, take: (key: string) => unknown, path: string): Node {
    const ref = take('$ref');
    if (ref !== undefined) return this.#reference(ref, path);
    for (const key of ['anyOf', 'oneOf'] as const) {
      const options = take(key);
      if (options !== undefined) {
        take('type');
        return choice(...this.#list(options, `${path}/${key}`));
      }
    }
    const all = take('allOf');
    if (all !== undefined) {
      const nodes = this.#list(all, `${path}/allOf`);
      if (nodes.length !== 1) throw refusal(path, "'allOf' of several schemas is not supported");
      return nodes[0]!;
    }
    for (const key of ['const', 'enum'] as const) {
      const found = take(key);
      if (found === undefined) continue;
      take('type');
      return this.#values(key === 'const' ? [found] : found, path);
    }
    const type = take('type') ?? guessType(schema);
    if (type === undefined) return VALUE;
    const types = Array.isArray(type) ? type : [type];
    return choice(...types.map((one) => this.#typed(one, take, path)));
  }

  #typed(type: unknown, take: (key: string) => unknown, path: string): Node {
    switch (type) {
      case 'object':
        return this.#object(take, path);
      case 'array':
        return this.#array(take, path);
      case 'string': {
        const { min, max } = bounds(take('minLength'), take('maxLength'), path);
        return jsonString(min, max);
      }
      case 'number':
        return NUMBER;
      case 'integer':
        return INTEGER;
      case 'boolean':
        return BOOLEAN;
      case 'null':
        return NULL;
      default:
        throw refusal(path, `type ${JSON.stringify(type)?.slice(0, 40)} is not supported`);
    }
  }

  #array(take: (key: string) => unknown, path: string): Node {
    const { min, max } = bounds(take('minItems'), take('maxItems'), path);
    const first = take('prefixItems');
    if (first === undefined) {
      const item = this.node(take('items') ?? true, `${path}/items`);
      return jsonArray(item, min, max);
    }
    const items = take('items');
    const nodes = this.#list(first, `${path}/prefixItems`);
    if ((items !== undefined && items !== false) || min > nodes.length || max < nodes.length) {
      throw refusal(path, "beside 'prefixItems' only 'items: false' is supported");
    }
    const listed = nodes.flatMap((node, i) => (i === 0 ? [node] : [literal(','), SPACE, node]));
    return sequence(literal('['), SPACE, ...listed, SPACE, literal(']'));
  }

  #object(take: (key: string) => unknown, path: string): Node {
    const properties = take('properties') ?? {};
    const required = take('required') ?? [];
    const others = take('additionalProperties');
    if (!isObject(properties) || !Array.isArray(required)) {
      throw refusal(path, "'properties' must be an object and 'required' a list");
    }
    const names = Object.keys(properties);
    const missing = required.find((name) => !names.includes(name));
    if (missing !== undefined) throw refusal(path, `'${missing}' is required and not described`);
    if (names.length === 0) {
      if (others === false) return choice(literal('{}'), literal('{ }'));
      return jsonMap(this.node(others ?? true, `${path}/additionalProperties`));
    }
    const pairs = names.map((name) => {
      const value = this.node(properties[name], `${path}/properties/${name.slice(0, 40)}`);
      const key = literal(JSON.stringify(name));
      return { node: sequence(key, literal(':'), SPACE, value), needed: required.includes(name) };
    });
    return sequence(literal('{'), SPACE, chain(pairs, 0, true), literal('}'));
  }

  #values(values: unknown, path: string): Node {
    if (!Array.isArray(values) || values.length === 0) throw refusal(path, "'enum' must be a list");
    if (values.length > ENGINE_LIMITS.schemaNodesMax) throw refusal(path, 'too many values');
    return choice(...values.map((value) => literal(JSON.stringify(value))));
  }

  #list(value: unknown, path: string): readonly Node[] {
    if (!Array.isArray(value) || value.length === 0)
      throw refusal(path, 'must be a list of schemas');
    return value.map((one, i) => this.node(one, `${path}/${i}`));
  }

  /** `#`, `#/$defs/name`, `#/definitions/name`, and any other path inside the schema. */
  #reference(ref: unknown, path: string): Node {
    if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref)) {
      throw refusal(path, 'only references inside the schema are supported');
    }
    if (!this.#named.has(ref)) {
      let found: unknown = this.#root;
      for (const step of ref.split('/').slice(1)) {
        const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
        found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
      }
      if (found === undefined) throw refusal(path, `${ref.slice(0, 60)} is not in the schema`);
      this.#named.set(ref, null);
      this.#named.set(ref, this.node(found, ref));
    }
    return { kind: 'named', target: () => this.#named.get(ref)! };
  }
}

interface Pair {
  readonly node: Node;
  readonly needed: boolean;
}

/** What may follow from pair `from` on: any later pair that skips no needed one, or the end. */
function chain(pairs: readonly Pair[], from: number, first: boolean): Node {
  const options: Node[] = [];
  for (let i = from; i < pairs.length; i++) {
    const comma = first ? sequence() : sequence(literal(','), SPACE);
    const rest: Node = { kind: 'named', target: memo(() => chain(pairs, i + 1, false)) };
    options.push(sequence(comma, pairs[i]!.node, rest));
    if (pairs[i]!.needed) return choice(...options);
  }
  options.push(first ? sequence() : SPACE);
  return choice(...options);
}

function memo<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Schemas often leave the type to be seen. */
function guessType(schema: SchemaObject): string | undefined {
  if ('properties' in schema || 'additionalProperties' in schema) return 'object';
  return 'items' in schema || 'prefixItems' in schema ? 'array' : undefined;
}

function bounds(min: unknown, max: unknown, path: string) {
  const limit = ENGINE_LIMITS.schemaRepeatMax;
  const isCount = (value: unknown) =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
  if (!isCount(min) || !isCount(max) || Number(min ?? 0) > limit) {
    throw refusal(path, `bounds must be whole numbers, minima at most ${limit}`);
  }
  const low = Number(min ?? 0);
  const high = max === undefined ? Number.POSITIVE_INFINITY : Math.min(Number(max), limit);
  if (high < low) throw refusal(path, 'nothing lies between minimum and maximum');
  return { min: low, max: high };
}

function refusal(path: string, why: string): EngineError {
  return new EngineError('engine/unsupported', `JSON Schema at ${path}: ${why}`);
}
