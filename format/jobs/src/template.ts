/**
 * The chat template as data: which text stands before and after a message of each role.
 * It covers the formats of the Llama, ChatML, Gemma, Mistral and Phi families without a template
 * language. Pieces of the template may contain special tokens; what people wrote never does, so
 * nobody can forge a role by typing `<|im_start|>`. Part of the manifest.
 */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatTemplate {
  /** Whether the sequence starts with the model's begin-of-text token. */
  readonly begin: boolean;
  readonly system: MessageFrame;
  readonly user: MessageFrame;
  readonly assistant: MessageFrame;
}

/** Text before and after a message's content. */
export interface MessageFrame {
  readonly before: string;
  readonly after: string;
}

/** A piece of rendered prompt. `special`: may be read as control tokens. */
export interface PromptPiece {
  readonly text: string;
  readonly special: boolean;
}

/** Renders messages up to the point where the assistant speaks. Each piece is tokenised alone. */
export function renderTemplate(
  template: ChatTemplate,
  messages: readonly ChatMessage[],
): readonly PromptPiece[] {
  const pieces: PromptPiece[] = [];
  for (const { role, content } of messages) {
    const frame = template[role];
    pieces.push({ text: frame.before, special: true });
    pieces.push({ text: content, special: false });
    pieces.push({ text: frame.after, special: true });
  }
  pieces.push({ text: template.assistant.before, special: true });
  return pieces.filter((piece) => piece.text !== '');
}

/** `<|im_start|>role\n…<|im_end|>\n`, used by Qwen, Yi and this project's own model. */
export const CHATML: ChatTemplate = {
  begin: true,
  system: { before: '<|im_start|>system\n', after: '<|im_end|>\n' },
  user: { before: '<|im_start|>user\n', after: '<|im_end|>\n' },
  assistant: { before: '<|im_start|>assistant\n', after: '<|im_end|>\n' },
};
