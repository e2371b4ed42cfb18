/**
 * Tools, as the OpenAI API names them: functions that a model may ask its caller to run. Where prompts are
 * ours, tools live in the text of the conversation: described in the system message, called by the model
 * between `<tool_call>` tags as many open models are trained to (the convention of Hermes and Qwen), and
 * answered between `<tool_response>` tags. So a prompt with tools is a prompt like any other, and a judge
 * checks it like any other.
 */
import type { ChatMessage } from '@assay/jobs';
import { EngineError, type JsonSchema } from './engine.ts';
import { StopStrings } from './stop-strings.ts';

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; an object. */
  readonly parameters?: JsonSchema;
}

/** `required`: some tool; a name: that tool. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolCall {
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** A message of a conversation with tools. */
export type ToolTurn =
  | ChatMessage
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls: readonly ToolCall[];
    }
  | { readonly role: 'tool'; readonly content: string };

const [CALL, CALL_END] = ['<tool_call>', '</tool_call>'];
const NO_PARAMETERS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

/** The conversation as the model reads it: tools described, calls and results as text. */
export function toolMessages(
  turns: readonly ToolTurn[],
  tools: readonly ToolDefinition[],
  choice: ToolChoice = 'auto',
): readonly ChatMessage[] {
  const messages = turns.map(asMessage);
  if (tools.length === 0 || choice === 'none') return messages;
  const told = describeTools(chosenTools(tools, choice), choice);
  const [first, ...rest] = messages;
  return first?.role === 'system'
    ? [{ role: 'system', content: `${first.content}\n\n${told}` }, ...rest]
    : [{ role: 'system', content: told }, ...messages];
}

function asMessage(turn: ToolTurn): ChatMessage {
  if (turn.role === 'tool') {
    return { role: 'user', content: `<tool_response>\n${turn.content}\n</tool_response>` };
  }
  if (!('toolCalls' in turn) || turn.toolCalls.length === 0) {
    return { role: turn.role, content: turn.content };
  }
  const calls = turn.toolCalls.map((call) => {
    return `${CALL}\n{"name": ${JSON.stringify(call.name)}, "arguments": ${call.arguments}}\n${CALL_END}`;
  });
  const lines = turn.content === '' ? calls : [turn.content, ...calls];
  return { role: 'assistant', content: lines.join('\n') };
}

function describeTools(tools: readonly ToolDefinition[], choice: ToolChoice): string {
  const lines = tools.map(({ name, description, parameters }) =>
    JSON.stringify({
      type: 'function',
      function: { name, description: description ?? '', parameters: parameters ?? NO_PARAMETERS },
    }),
  );
  const how =
    choice === 'auto'
      ? `To call one, write its name and arguments as JSON between tags:\n${CALL}\n` +
        `{"name": "…", "arguments": {…}}\n${CALL_END}`
      : 'Answer with one call and nothing else, as JSON: {"name": "…", "arguments": {…}}';
  return `# Tools\n\nThese functions can be called:\n<tools>\n${lines.join('\n')}\n</tools>\n\n${how}`;
}

function chosenTools(
  tools: readonly ToolDefinition[],
  choice: ToolChoice,
): readonly ToolDefinition[] {
  if (typeof choice === 'string') return tools;
  const found = tools.filter(({ name }) => name === choice.name);
  if (found.length > 0) return found;
  throw new EngineError('engine/refused', `there is no tool named ${choice.name.slice(0, 64)}`);
}

/**
 * What an answer must be when a tool has to be called: one call as JSON. Null when it need not.
 * `readForcedCall` reads such an answer.
 */
export function forcedCallSchema(
  tools: readonly ToolDefinition[],
  choice: ToolChoice,
): JsonSchema | null {
  if (choice === 'auto' || choice === 'none') return null;
  const calls = chosenTools(tools, choice).map(({ name, parameters }) => ({
    type: 'object',
    properties: { name: { const: name }, arguments: parameters ?? NO_PARAMETERS },
    required: ['name', 'arguments'],
    additionalProperties: false,
  }));
  return calls.length === 1 ? calls[0]! : { anyOf: calls };
}

/** Null when the text is no call, for instance because a limit cut it off. */
export function readForcedCall(text: string): ToolCall | null {
  return readCall(text);
}

/** Takes calls out of an answer that arrives in pieces. */
export class ToolCallStream {
  readonly #begin = new StopStrings([CALL]);
  #calls = '';

  /** @returns text for the reader */
  push(delta: string): string {
    const before = this.#begin.found !== null;
    if (before) {
      this.#calls += delta;
      return '';
    }
    const shown = this.#begin.push(delta);
    if (this.#begin.found !== null) this.#calls = this.#begin.rest;
    return shown;
  }

  /** @returns text that was held back, and the calls; what is no call stays text */
  finish(): { readonly text: string; readonly toolCalls: readonly ToolCall[] } {
    if (this.#begin.found === null) return { text: this.#begin.finish(), toolCalls: [] };
    const toolCalls: ToolCall[] = [];
    for (const part of this.#calls.split(CALL)) {
      const end = part.indexOf(CALL_END);
      const call = readCall(end < 0 ? part : part.slice(0, end));
      if (call === null) return { text: CALL + this.#calls, toolCalls: [] };
      toolCalls.push(call);
    }
    return { text: '', toolCalls };
  }
}

function readCall(text: string): ToolCall | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { name, arguments: given } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  if (typeof name !== 'string' || !isObject) return null;
  return { name, arguments: JSON.stringify(given) };
}
