/** Reads `POST /v1/chat/completions`. Source: OpenAI API reference, create chat completion. */
import {
  forcedCallSchema,
  type ToolCall,
  type ToolChoice,
  type ToolDefinition,
  type ToolTurn,
  toolMessages,
} from '@assay/engine';
import type { ChatMessage } from '@assay/jobs';
import { type ApiError, invalid, unsupported } from '../api-error.ts';
import { LIMITS } from '../limits.ts';
import { Fields, isObject, type Json } from './fields.ts';
import {
  type Delivery,
  type Question,
  readCacheKey,
  readDelivery,
  readSampling,
  readSeed,
  readStop,
} from './request.ts';

/** Tools offered to the model. */
export interface ToolUse {
  readonly tools: readonly ToolDefinition[];
  readonly choice: ToolChoice;
  /** The answer is one call and nothing else. */
  readonly isForced: boolean;
}

export interface ChatRequest {
  readonly question: Question;
  readonly delivery: Delivery;
  /** Null when no tools are offered. */
  readonly tools: ToolUse | null;
}

/** @throws ApiError */
export function readChatRequest(body: Json): ChatRequest {
  const fields = new Fields(body);
  const model = fields.required('model', 256);
  const tools = readTools(fields);
  const format = readFormat(fields);
  const turns = [...formatTurns(format), ...readTurns(fields)];
  const messages = oneSystem(toolMessages(turns, tools?.tools ?? [], tools?.choice));
  const forced = tools === null ? null : forcedCallSchema(tools.tools, tools.choice);
  const maxTokens =
    fields.integer('max_completion_tokens', 1, LIMITS.maxTokensMax) ??
    fields.integer('max_tokens', 1, LIMITS.maxTokensMax);
  fields.ignore('max_tokens');
  const question: Question = {
    model,
    content: { messages },
    params: readSampling(fields, maxTokens),
    stop: readStop(fields),
    topLogprobs: readLogprobs(fields),
    tokenIds: fields.flag('return_token_ids') ?? false,
    seed: readSeed(fields),
    schema: typeof forced === 'object' && forced !== null ? forced : format,
    cacheKey: readCacheKey(fields),
  };
  const delivery = readDelivery(fields);
  readModalities(fields);
  // Known to OpenAI's clients, without effect on the answer here.
  fields.ignore('metadata', 'store', 'service_tier', 'parallel_tool_calls', 'safety_identifier');
  fields.ignore('prompt_cache_retention', 'reasoning_effort', 'verbosity');
  fields.end();
  return { question, delivery, tools };
}

function readModalities(fields: Fields): void {
  const list = fields.list('modalities', 4) ?? ['text'];
  if (list.some((one) => one !== 'text')) {
    throw unsupported('modalities', 'Only text can be generated.');
  }
}

function readLogprobs(fields: Fields): number | null {
  const wanted = fields.flag('logprobs') ?? false;
  const top = fields.integer('top_logprobs', 0, LIMITS.topLogprobsMax);
  if (top !== null && !wanted) {
    throw invalid('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is true.");
  }
  return wanted ? (top ?? 0) : null;
}

/** The JSON Schema of the answer; null for plain text. */
function readFormat(fields: Fields): Json | null {
  const format = fields.object('response_format');
  if (format === null) return null;
  const type = format.required('type', 32);
  if (type === 'text') {
    format.end();
    return null;
  }
  if (type === 'json_object') {
    format.end();
    return { type: 'object' };
  }
  if (type !== 'json_schema') {
    throw format.fault('type', "'text', 'json_object' or 'json_schema'");
  }
  const definition = format.object('json_schema');
  if (definition === null) throw format.fault('json_schema', 'an object');
  definition.required('name', LIMITS.toolNameCharsMax);
  definition.ignore('description', 'strict');
  const schema = definition.raw('schema');
  if (schema !== null && !isObject(schema)) throw definition.fault('schema', 'an object');
  if (JSON.stringify(schema ?? {}).length > LIMITS.schemaBytesMax) {
    throw definition.fault('schema', `a schema of at most ${LIMITS.schemaBytesMax} bytes`);
  }
  definition.end();
  format.end();
  return schema ?? { type: 'object' };
}

// ---- tools ------------------------------------------------------------------------------------

const TOOL_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

function readTools(fields: Fields): ToolUse | null {
  const list = fields.list('tools', LIMITS.toolsMax);
  const choice = fields.raw('tool_choice');
  if (list === null || list.length === 0) {
    if (choice !== null && choice !== 'none' && choice !== 'auto') {
      throw invalid('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.");
    }
    return null;
  }
  if (JSON.stringify(list).length > LIMITS.toolsBytesMax) {
    throw fields.fault('tools', `definitions of at most ${LIMITS.toolsBytesMax} bytes`);
  }
  const tools = list.map((one, i) => readTool(one, `tools[${i}]`));
  const chosen = readChoice(fields, choice, tools);
  return { tools, choice: chosen, isForced: chosen !== 'auto' && chosen !== 'none' };
}

function readTool(value: unknown, path: string): ToolDefinition {
  if (!isObject(value)) throw invalid(path, `Invalid value for '${path}': expected an object.`);
  const tool = new Fields(value, path);
  if (tool.required('type', 32) !== 'function') throw tool.fault('type', "'function'");
  const definition = tool.object('function');
  if (definition === null) throw tool.fault('function', 'an object');
  const name = definition.required('name', LIMITS.toolNameCharsMax);
  if (!TOOL_NAME.test(name)) throw definition.fault('name', 'letters, digits, _, - and .');
  const description = definition.text('description', LIMITS.toolsBytesMax);
  const parameters = definition.raw('parameters');
  if (parameters !== null && !isObject(parameters)) {
    throw definition.fault('parameters', 'a JSON Schema object');
  }
  definition.ignore('strict');
  definition.end();
  tool.end();
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(parameters === null ? {} : { parameters }),
  };
}

function readChoice(fields: Fields, choice: unknown, tools: readonly ToolDefinition[]): ToolChoice {
  if (choice === null) return 'auto';
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const name = isObject(choice) && isObject(choice.function) ? choice.function.name : null;
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) {
    throw fields.fault('tool_choice', "'auto', 'none', 'required' or one of the tools by name");
  }
  return { name: tool.name };
}

// ---- messages ---------------------------------------------------------------------------------

function readTurns(fields: Fields): readonly ToolTurn[] {
  const list = fields.list('messages', LIMITS.messagesMax);
  if (list === null) {
    const message = "Missing required parameter: 'messages'.";
    throw invalid('messages', message, 'missing_required_parameter');
  }
  if (list.length === 0) throw invalid('messages', "'messages' must have at least one message.");
  return list.map((one, i) => readMessage(one, `messages[${i}]`));
}

/** The model is held to the schema anyway; told of it, it also fills it sensibly. */
function formatTurns(schema: Json | null): readonly ToolTurn[] {
  if (schema === null) return [];
  const content = `Answer with one JSON object that fits this schema: ${JSON.stringify(schema)}`;
  return [{ role: 'system', content }];
}

/** Templates know one system message, at the beginning. */
function oneSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const leading = messages.findIndex(({ role }) => role !== 'system');
  const count = leading < 0 ? messages.length : leading;
  if (count < 2) return messages;
  const texts = messages.slice(0, count).map(({ content }) => content);
  const content = texts.filter((text) => text !== '').join('\n\n');
  return [{ role: 'system', content }, ...messages.slice(count)];
}

function readMessage(value: unknown, path: string): ToolTurn {
  if (!isObject(value)) throw invalid(path, `Invalid value for '${path}': expected an object.`);
  const message = new Fields(value, path);
  const role = message.required('role', 32);
  message.ignore('name', 'refusal', 'annotations', 'audio', 'reasoning_content');
  switch (role) {
    case 'system':
    case 'developer': {
      const content = contentText(message, true);
      message.end();
      return { role: 'system', content };
    }
    case 'user': {
      const content = contentText(message, true);
      message.end();
      return { role: 'user', content };
    }
    case 'assistant': {
      const calls = readCalls(message);
      const content = contentText(message, calls.length === 0);
      message.end();
      return { role: 'assistant', content, toolCalls: calls };
    }
    case 'tool': {
      message.required('tool_call_id', 128);
      const content = contentText(message, true);
      message.end();
      return { role: 'tool', content };
    }
    default:
      throw message.fault('role', "'system', 'developer', 'user', 'assistant' or 'tool'");
  }
}

function contentText(message: Fields, isRequired: boolean): string {
  const content = message.raw('content');
  if (content === null) {
    if (isRequired) throw message.fault('content', 'a string or an array of text parts');
    return '';
  }
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw message.fault('content', 'a string or an array of text parts');
  return content.map((part, i) => partText(message, part, i)).join('');
}

function partText(message: Fields, part: unknown, i: number): string {
  const path = message.path(`content[${i}]`);
  if (!isObject(part)) throw invalid(path, `Invalid value for '${path}': expected an object.`);
  if (part.type === 'text' && typeof part.text === 'string') return part.text;
  if (part.type === 'refusal' && typeof part.refusal === 'string') return part.refusal;
  throw notText(path, part.type);
}

function notText(path: string, type: unknown): ApiError {
  const what = typeof type === 'string' ? type.slice(0, 32) : 'nothing';
  return unsupported(path, `Only text parts are understood here, not '${what}'.`);
}

function readCalls(message: Fields): readonly ToolCall[] {
  const list = message.list('tool_calls', LIMITS.toolsMax) ?? [];
  return list.map((call, i) => {
    const path = message.path(`tool_calls[${i}]`);
    const named = isObject(call) && isObject(call.function) ? call.function : null;
    if (named === null || typeof named.name !== 'string' || typeof named.arguments !== 'string') {
      throw invalid(path, `Invalid value for '${path}': expected a function call.`);
    }
    return { name: named.name, arguments: named.arguments };
  });
}
