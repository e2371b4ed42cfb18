/**
 * What turns text into ids and back. The embedded engine brings its own; an engine behind HTTP gets one
 * that belongs to the model's manifest, so that prompts are ids before they leave the host and nobody
 * needs the server's word for what it read. `@assay/engine/llama` reads one from a GGUF file,
 * `huggingFaceTokenizer` from a tokenizer.json.
 */
import { type ChatMessage, type ChatTemplate, renderTemplate } from '@assay/jobs';

export interface Tokenizer {
  /** Of a canonical listing of the vocabulary, 64 hex digits. */
  readonly sha256: string;
  readonly vocabularySize: number;
  readonly beginId: number;
  readonly eosIds: readonly number[];
  /** Ids of plain text; `special` reads control tokens as such. */
  tokenize(text: string, special?: boolean): readonly number[];
  /** Text of ids; control tokens vanish. */
  detokenize(ids: readonly number[]): string;
  /**
   * The bytes each token adds to a running text, by id; empty for control tokens. Null for kinds of
   * vocabulary whose bytes are not known.
   */
  pieces(): readonly Uint8Array[] | null;
}

/** The prompt a conversation becomes: pieces of the template may be control tokens, content never is. */
export function templateIds(
  tokenizer: Pick<Tokenizer, 'tokenize' | 'beginId'>,
  template: ChatTemplate,
  messages: readonly ChatMessage[],
): readonly number[] {
  const pieces = renderTemplate(template, messages);
  const ids = pieces.flatMap((piece) => tokenizer.tokenize(piece.text, piece.special));
  return template.begin ? [tokenizer.beginId, ...ids] : ids;
}
