/**
 * Text of an answer while it is being sampled. A token may end inside a character, and some tokenizers
 * write a token differently at the beginning of a text; so text leaves only when the next tokens can
 * no longer change it, and together the pieces are what `detokenize` makes of all ids.
 *
 * Only the last few tokens are read again for each new one: two windows, one whose text is out and one
 * that begins after it, as streaming servers do.
 */

const REPLACEMENT = '\ufffd';

export class TextStream {
  readonly #detokenize: (ids: readonly number[]) => string;
  readonly #ids: number[] = [];
  /** Tokens from here on are read again, so that the ones after `#done` have what precedes them. */
  #from = 0;
  /** The text of tokens before this one is out, up to `#sent` characters of the window. */
  #done = 0;
  #sent = 0;

  constructor(detokenize: (ids: readonly number[]) => string) {
    this.#detokenize = detokenize;
  }

  /** @returns the text that became final with this token; often empty inside a character */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#detokenize(this.#ids.slice(this.#from));
    // An unfinished character reads as one replacement character at the end.
    const whole = !text.endsWith(REPLACEMENT);
    const end = whole ? text.length : text.length - 1;
    const delta = text.slice(this.#sent, Math.max(this.#sent, end));
    this.#sent = Math.max(this.#sent, end);
    if (whole && delta !== '') this.#advance();
    return delta;
  }

  /** @returns what was held back */
  finish(): string {
    const rest = this.#detokenize(this.#ids.slice(this.#from)).slice(this.#sent);
    this.#sent += rest.length;
    return rest;
  }

  #advance(): void {
    this.#from = this.#done;
    this.#done = this.#ids.length;
    this.#sent = this.#detokenize(this.#ids.slice(this.#from, this.#done)).length;
  }
}
