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
  /** What an answer begins behind, where that is not `assistant.before` as in earlier turns. */
  readonly answer?: string;
  /** Written when a conversation has no system message; absent: nothing is. */
  readonly defaultSystem?: string;
  /**
   * For models without a system role: what stands around the system text inside the next user message,
   * in front of what the user said. The frame `system` is then not used.
   */
  readonly foldSystem?: MessageFrame;
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
  for (const { role, content, folded } of arrange(template, messages)) {
    pieces.push({ text: template[role].before, special: true });
    for (const text of folded) {
      pieces.push({ text: template.foldSystem!.before, special: true });
      pieces.push({ text, special: false });
      pieces.push({ text: template.foldSystem!.after, special: true });
    }
    pieces.push({ text: content, special: false });
    pieces.push({ text: template[role].after, special: true });
  }
  pieces.push({ text: template.answer ?? template.assistant.before, special: true });
  return pieces.filter((piece) => piece.text !== '');
}

interface Turn extends ChatMessage {
  /** System texts that go inside this message. */
  readonly folded: readonly string[];
}

/** Adds the default system message, and moves system texts into user messages where they belong there. */
function arrange(template: ChatTemplate, messages: readonly ChatMessage[]): readonly Turn[] {
  const { defaultSystem, foldSystem } = template;
  const silent = !messages.some(({ role }) => role === 'system');
  const start = silent && defaultSystem !== undefined;
  const all: readonly ChatMessage[] = start
    ? [{ role: 'system', content: defaultSystem }, ...messages]
    : messages;
  if (foldSystem === undefined) return all.map((message) => ({ ...message, folded: [] }));
  const turns: Turn[] = [];
  let folded: string[] = [];
  for (const message of all) {
    if (message.role === 'system') {
      folded.push(message.content);
      continue;
    }
    const takes = message.role === 'user';
    turns.push({ ...message, folded: takes ? folded : [] });
    if (takes) folded = [];
  }
  // System texts that nobody's question follows are a question themselves.
  if (folded.length > 0) turns.push({ role: 'user', content: folded.join('\n\n'), folded: [] });
  return turns;
}

/** `<|im_start|>role\n…<|im_end|>\n`, used by Qwen, Yi and this project's own model. */
export const CHATML: ChatTemplate = {
  begin: true,
  system: { before: '<|im_start|>system\n', after: '<|im_end|>\n' },
  user: { before: '<|im_start|>user\n', after: '<|im_end|>\n' },
  assistant: { before: '<|im_start|>assistant\n', after: '<|im_end|>\n' },
};
