/**
 * The prompt blob: what an Infer payload carries inline and what a prompt hash names.
 * `u16 context length | context, UTF-8 | user prompt, UTF-8 (the rest)`; hash = SHA-256 of the blob.
 * The context becomes the system message, the prompt the user message.
 */
import { ByteWriter, bytesFromUtf8, type Result, utf8FromBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { LIMITS } from './limits.ts';
import { decodeWith, type JobsRejection } from './reject.ts';
import type { ChatMessage } from './template.ts';

export interface Prompt {
  /** System text; empty when there is none. */
  readonly context: string;
  readonly prompt: string;
}

/** @throws RangeError when the context exceeds 65,535 bytes */
export function encodePrompt(prompt: Prompt): Uint8Array {
  const context = bytesFromUtf8(prompt.context);
  if (context.length > LIMITS.contextBytesMax) throw new RangeError('context too long');
  return new ByteWriter()
    .u16(context.length)
    .raw(context)
    .raw(bytesFromUtf8(prompt.prompt))
    .finish();
}

export function decodePrompt(bytes: Uint8Array): Result<Prompt, JobsRejection> {
  return decodeWith(bytes, LIMITS.promptByHashBytesMax, (reader) => {
    const context = utf8FromBytes(reader.take(reader.u16()));
    const prompt = utf8FromBytes(reader.take(reader.remaining));
    if (context === null || prompt === null)
      return reader.fail('jobs/malformed', 'text is not UTF-8');
    return { context, prompt };
  });
}

/** The 32 bytes a request names its prompt by. */
export function promptHash(blob: Uint8Array): Uint8Array {
  return sha256(blob);
}

/** The conversation a prompt stands for, ready for the model's template. */
export function promptMessages(prompt: Prompt): readonly ChatMessage[] {
  const user: ChatMessage = { role: 'user', content: prompt.prompt };
  return prompt.context === '' ? [user] : [{ role: 'system', content: prompt.context }, user];
}
