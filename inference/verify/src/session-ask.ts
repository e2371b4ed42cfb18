/**
 * What a session request asks of a model: the tokens of its prompt, and beside the sampling what its
 * answer must keep to: texts that end it, a JSON Schema it must fit. The hash of this JSON text is in the signed request.
 * `{"stop":["…"],"schema":{…}}`, both optional.
 */
import { err, ok, type Result } from '@assay/bytes';
import { type ConstraintState, ENGINE_LIMITS, type Engine, EngineError } from '@assay/engine';
import type { SessionPrompt } from '@assay/jobs';

export interface SessionConstraint {
  readonly stop: readonly string[];
  /** What a JSON Schema allows; null without one. */
  readonly state: ConstraintState | null;
}

interface ConstraintFault {
  readonly message: string;
}

export const NO_CONSTRAINT: SessionConstraint = { stop: [], state: null };

/** @param prefixIds answer tokens that exist already: the constraint goes on behind them */
export function parseConstraint(
  text: string | null,
  engine: Engine,
  prefixIds: readonly number[],
): Result<SessionConstraint, ConstraintFault> {
  if (text === null) return ok(NO_CONSTRAINT);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ message: 'the constraint is not JSON' });
  }
  if (typeof value !== 'object' || value === null) {
    return err({ message: 'the constraint is not an object' });
  }
  const unknown = Object.keys(value).find((key) => key !== 'stop' && key !== 'schema');
  if (unknown !== undefined) return err({ message: `no such constraint: ${unknown.slice(0, 40)}` });
  const { stop = [], schema } = value as { stop?: unknown; schema?: unknown };
  const { stopStringsMax, stopStringCharsMax } = ENGINE_LIMITS;
  const isStop = (one: unknown): one is string =>
    typeof one === 'string' && one !== '' && one.length <= stopStringCharsMax;
  if (!Array.isArray(stop) || stop.length > stopStringsMax || !stop.every(isStop)) {
    const rule = `${stopStringsMax} texts of 1 to ${stopStringCharsMax} characters`;
    return err({ message: `stop holds at most ${rule}` });
  }
  if (schema === undefined) return ok({ stop, state: null });
  const compiled = compile(engine, schema);
  if (!compiled.ok) return compiled;
  const state = stateAfter(compiled.value, prefixIds);
  return state === null ? err({ message: 'the prefix breaks the schema' }) : ok({ stop, state });
}

function stateAfter(first: ConstraintState, prefixIds: readonly number[]): ConstraintState | null {
  let state: ConstraintState | null = first;
  for (const id of prefixIds) state = state?.next(id) ?? null;
  return state;
}

function compile(engine: Engine, schema: unknown): Result<ConstraintState, ConstraintFault> {
  if (engine.constrain === undefined || !engine.info.capabilities.constraints) {
    return err({ message: 'this model cannot be held to a schema here' });
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return err({ message: 'the schema is not an object' });
  }
  try {
    return ok(engine.constrain(schema as Readonly<Record<string, unknown>>));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return err({ message: error.message });
  }
}

/** The token ids of a session prompt: under the template or as plain text, then what exists already. */
export function sessionPromptIds(engine: Engine, prompt: SessionPrompt): readonly number[] {
  const { content, prefixIds } = prompt;
  if ('messages' in content) return [...engine.promptIds(content.messages), ...prefixIds];
  if ('input' in content) return engine.tokenize(content.input);
  const begin = engine.info.template.begin ? [engine.info.beginId] : [];
  return [...begin, ...engine.tokenize(content.text), ...prefixIds];
}
