/**
 * Constrained answers that stay checkable: the set of tokens allowed after a prefix is a function of the
 * prefix, the schema and the vocabulary, and of nothing else. Host and judge compile the schema to the
 * same states and draw gm-v1 over the likeliest allowed tokens.
 */
import { type ConstraintState, EngineError, type JsonSchema, type TokenSet } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { Automaton, type AutomatonState } from './automaton.ts';
import { grammarOfSchema } from './schema.ts';
import { PackedTokenSet, SortedVocabulary } from './token-set.ts';

/**
 * The state before the first token of an answer that is JSON of this schema.
 * @throws EngineError engine/unsupported for a schema or a vocabulary that is not understood
 */
export function compileConstraint(schema: JsonSchema, tokenizer: Tokenizer): ConstraintState {
  if (JSON.stringify(schema).length > ENGINE_LIMITS.schemaCharsMax) {
    throw new EngineError('engine/unsupported', 'the JSON Schema is too large');
  }
  const pieces = tokenizer.pieces();
  if (pieces === null) {
    throw new EngineError('engine/unsupported', 'the bytes of this vocabulary are not known');
  }
  let vocabulary = VOCABULARIES.get(tokenizer);
  if (vocabulary === undefined) {
    vocabulary = new SortedVocabulary(pieces);
    VOCABULARIES.set(tokenizer, vocabulary);
  }
  const { start } = new Automaton(grammarOfSchema(schema));
  if (start.isDead) throw new EngineError('engine/unsupported', 'no text fits the JSON Schema');
  const compiled = { vocabulary, eosIds: tokenizer.eosIds, states: new Map() };
  return constraintState(start, compiled);
}

const VOCABULARIES = new WeakMap<Tokenizer, SortedVocabulary>();

interface Compiled {
  readonly vocabulary: SortedVocabulary;
  readonly eosIds: readonly number[];
  readonly states: Map<AutomatonState, ConstraintState>;
}

function constraintState(state: AutomatonState, compiled: Compiled): ConstraintState {
  const known = compiled.states.get(state);
  if (known !== undefined) return known;
  const made = new SchemaState(state, compiled);
  compiled.states.set(state, made);
  return made;
}

class SchemaState implements ConstraintState {
  readonly #state: AutomatonState;
  readonly #compiled: Compiled;
  #allowed: TokenSet | null = null;

  constructor(state: AutomatonState, compiled: Compiled) {
    this.#state = state;
    this.#compiled = compiled;
  }

  get allowed(): TokenSet {
    const { vocabulary, eosIds } = this.#compiled;
    this.#allowed ??= vocabulary.allowedFrom(this.#state, this.#state.accepts ? eosIds : []);
    return this.#allowed;
  }

  next(id: number): ConstraintState | null {
    const { vocabulary, eosIds } = this.#compiled;
    if (eosIds.includes(id)) return this.#state.accepts ? ENDED : null;
    const piece = vocabulary.pieces[id];
    if (piece === undefined || piece.length === 0) return null;
    let state: AutomatonState | null = this.#state;
    for (const byte of piece) {
      state = state.step(byte);
      if (state === null) return null;
    }
    return constraintState(state, this.#compiled);
  }
}

/** After an end-of-text token nothing is allowed. */
const ENDED: ConstraintState = { allowed: PackedTokenSet.of([]), next: () => null };
