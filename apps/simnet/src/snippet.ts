/**
 * Splits Clarity text into its top-level forms, just far enough to tell definitions from
 * expressions. Broken text comes back as one form: the parser has the better words for it.
 */

export interface Form {
  readonly text: string;
  /** `(define-...)` */
  readonly isDefinition: boolean;
  /** Offset of the first character, UTF-16 units. */
  readonly start: number;
}

/** Index after the string literal that opens at `at`. */
function skipString(source: string, at: number): number {
  for (let i = at + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '"') return i + 1;
  }
  return source.length;
}

function skipComment(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end + 1;
}

const OPEN = '({';
const CLOSE = ')}';

export function splitForms(source: string): readonly Form[] {
  const forms: Form[] = [];
  let start = -1;
  let depth = 0;
  const end = (at: number) => {
    if (start >= 0) {
      const text = source.slice(start, at);
      forms.push({ text, isDefinition: /^\(\s*(define-|impl-trait|use-trait)/.test(text), start });
    }
    start = -1;
  };
  let i = 0;
  while (i < source.length) {
    const char = source[i]!;
    if (source.startsWith(';;', i)) {
      if (depth === 0) end(i);
      i = skipComment(source, i);
      continue;
    }
    if (depth === 0 && /\s/.test(char)) {
      end(i);
      i++;
      continue;
    }
    if (start < 0) start = i;
    if (char === '"') {
      i = skipString(source, i);
      continue;
    }
    if (OPEN.includes(char)) depth++;
    if (CLOSE.includes(char)) {
      depth--;
      if (depth <= 0) {
        depth = 0;
        end(i + 1);
      }
    }
    i++;
  }
  end(source.length);
  return forms;
}

/** True while a bracket or string is still open: a line editor asks for more. */
export function isUnfinished(source: string): boolean {
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    if (source.startsWith(';;', i)) i = skipComment(source, i) - 1;
    else if (source[i] === '"') {
      const after = skipString(source, i);
      if (after === source.length && (source.at(-1) !== '"' || after === i + 1)) return true;
      i = after - 1;
    } else if (OPEN.includes(source[i]!)) depth++;
    else if (CLOSE.includes(source[i]!)) depth--;
  }
  return depth > 0;
}

export const SNIPPET_FUNCTION = 'snippet-result';

/**
 * A contract that does what the snippet does when its `snippet-result` is called. Definitions stay
 * where they are; the expressions move into the function, the last one is its answer. Null: there
 * is no expression, only definitions.
 */
export function wrapSnippet(source: string): string | null {
  const forms = splitForms(source);
  const expressions = forms.filter((form) => !form.isDefinition);
  if (expressions.length === 0) return null;
  const definitions = forms.filter((form) => form.isDefinition).map((form) => form.text);
  // `let` takes what `begin` refuses: responses that nobody looks at.
  const ignored = expressions
    .slice(0, -1)
    .map((form, i) => `(snippet-ignored-${i} ${form.text}\n)`)
    .join(' ');
  const last = expressions.at(-1)!.text;
  const body = ignored === '' ? last : `(let (${ignored}) ${last}\n)`;
  const prefix = definitions.length === 0 ? '' : `${definitions.join('\n')}\n`;
  return `${prefix}${SNIPPET_HEAD}${body}\n))`;
}

export const SNIPPET_HEAD = `(define-public (${SNIPPET_FUNCTION}) (ok `;
