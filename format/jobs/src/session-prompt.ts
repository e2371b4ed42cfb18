/**
 * The prompt of a session request: a whole conversation, or plain text to go on from. As JSON in UTF-8
 * it is the blob that `prompt-hash` names; the hash covers the bytes as sent.
 *
 * ```
 * {"messages":[{"role":"user","content":"…"}, …],"prefix":[ids]}     under the model's chat template
 * {"text":"…","prefix":[ids]}                                        as it stands
 * {"input":"…"}                                                      to be embedded, not answered
 * ```
 * `prefix` holds answer tokens that exist already, from another host that broke off: the answer goes
 * on behind them. Absent when there are none.
 */
import { bytesFromUtf8, type Result, utf8FromBytes } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import { type JobsRejection, reject } from './reject.ts';
import type { ChatMessage } from './template.ts';

export interface SessionPrompt {
  /** The conversation, a text without any template, or a text whose embedding is asked for. */
  readonly content:
    | { readonly messages: readonly ChatMessage[] }
    | { readonly text: string }
    | { readonly input: string };
  readonly prefixIds: readonly number[];
}

export function encodeSessionPrompt({ content, prefixIds }: SessionPrompt): Uint8Array {
  const prefix = prefixIds.length === 0 ? {} : { prefix: prefixIds };
  const body =
    'messages' in content
      ? { messages: content.messages.map(({ role, content: text }) => ({ role, content: text })) }
      : content;
  return bytesFromUtf8(JSON.stringify({ ...body, ...prefix }));
}

/** @rejects jobs/too-large, jobs/malformed, jobs/field */
export function decodeSessionPrompt(bytes: Uint8Array): Result<SessionPrompt, JobsRejection> {
  if (bytes.length > LIMITS.promptByHashBytesMax) {
    return reject('jobs/too-large', `prompt of ${bytes.length} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(utf8FromBytes(bytes) ?? '');
  } catch {
    return reject('jobs/malformed', 'the prompt is not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null) {
    return reject('jobs/malformed', 'the prompt is not a JSON object');
  }
  const { messages, text, input, prefix = [] } = value as Readonly<Record<string, unknown>>;
  if (!isIdList(prefix)) return reject('jobs/field', 'prefix must be a list of token ids');
  if (typeof input === 'string' && messages === undefined && text === undefined) {
    if (prefix.length > 0) return reject('jobs/field', 'an embedding has no prefix');
    return { ok: true, value: { content: { input }, prefixIds: [] } };
  }
  if (typeof text === 'string' && messages === undefined) {
    return { ok: true, value: { content: { text }, prefixIds: prefix } };
  }
  if (!isConversation(messages) || text !== undefined || input !== undefined) {
    return reject('jobs/field', 'the prompt has either messages (role, content), text or input');
  }
  return { ok: true, value: { content: { messages }, prefixIds: prefix } };
}

function isIdList(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length <= LIMITS.outputTokensMax &&
    value.every((id) => Number.isSafeInteger(id) && id >= 0 && id < LIMITS.vocabularyMax)
  );
}

const ROLES: readonly unknown[] = ['system', 'user', 'assistant'];

function isConversation(value: unknown): value is readonly ChatMessage[] {
  return (
    Array.isArray(value) &&
    value.length <= LIMITS.messagesMax &&
    value.every((one: Partial<ChatMessage> | null) => {
      return ROLES.includes(one?.role) && typeof one?.content === 'string';
    })
  );
}
