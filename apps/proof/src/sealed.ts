/**
 * Answers that only some can read: the prompt is a box sealed to hosts, judges and the user, and what
 * belongs to the answer is sealed under the content key inside. What is committed and signed are the
 * sealed bytes, so whoever lacks a key can still check all but the text.
 */
import { formatPrincipal } from '@assay/clarity-value';
import {
  decodePrompt,
  openBody,
  openSealedPrompt,
  type Prompt,
  type SealKeyPair,
  type SealPurpose,
} from '@assay/jobs';
import type { Checks } from './checks.ts';
import type { ProvenRequest } from './record.ts';

const PRIVACY_SEALED = 2;

/** How to read what the content store has; null when it was not sealed as agreed. */
export interface Reading {
  readonly isSealed: boolean;
  /** What the key opened. */
  readonly prompt: Prompt | null;
  /** The blob that the model saw; null when it is not known here. */
  readonly promptBlob: Uint8Array | null;
  /** @param author whose bytes it is where several have some: a judge's signing key */
  open(purpose: SealPurpose, stored: Uint8Array, author?: Uint8Array): Promise<Uint8Array | null>;
}

export interface ReadingInput {
  readonly chainId: number;
  readonly record: ProvenRequest;
  /** As it is stored: the blob, or the box around it. */
  readonly storedPrompt: Uint8Array | null;
  readonly sealKeys: SealKeyPair | undefined;
}

/** @returns null when the answer is sealed and nothing here opens it */
export async function readingOf(checks: Checks, input: ReadingInput): Promise<Reading | null> {
  const { chainId, record, storedPrompt, sealKeys } = input;
  const { request, requestHash, hostKey } = record;
  if (request.privacy !== PRIVACY_SEALED) {
    const open = async (_purpose: SealPurpose, stored: Uint8Array) => stored;
    return { isSealed: false, prompt: null, promptBlob: storedPrompt, open };
  }
  const what = 'the key opens the sealed prompt';
  if (sealKeys === undefined) {
    checks.skip(what, 'prompt and answer are sealed; give the key that asked to open them');
    return null;
  }
  if (storedPrompt === null) {
    checks.skip(what, 'the node does not have the box any more');
    return null;
  }
  const context = { chainId, user: formatPrincipal(request.user) };
  const opened = await openSealedPrompt(storedPrompt, sealKeys, context);
  if (!opened.ok) {
    checks.expect(what, false, opened.error.message);
    return null;
  }
  const { blob, contentKey } = opened.value;
  const prompt = decodePrompt(blob);
  checks.expect(what, prompt.ok, prompt.ok ? 'sealed by this user for this chain' : 'no prompt');
  const scope = { contentKey, requestHash, hostKey };
  return {
    isSealed: true,
    prompt: prompt.ok ? prompt.value : null,
    promptBlob: blob,
    open: (purpose, stored, author) => openBody(scope, purpose, stored, author),
  };
}
