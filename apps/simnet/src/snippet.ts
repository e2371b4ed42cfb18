/**
 * Splits Clarity text into its top-level forms, just far enough to tell definitions from
 * expressions. Broken text comes back as one form: the parser has the better words for it.
 */
import type { Span } from '@assay/clarity';

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

export interface WrappedSnippet {
  readonly source: string;
  /** Where the snippet's own text stands in `source`; offsets in UTF-16 units. */
  readonly pieces: readonly {
    readonly at: number;
    readonly from: number;
    readonly length: number;
  }[];
}

/**
 * A contract that does what the snippet does when its `snippet-result` is called. Definitions stay
 * where they are; the expressions move into the function, the last one is its answer. Null: there
 * is no expression, only definitions.
 */
export function wrapSnippet(snippet: string): WrappedSnippet | null {
  const forms = splitForms(snippet);
  const expressions = forms.filter((form) => !form.isDefinition);
  const last = expressions.pop();
  if (last === undefined) return null;
  let source = '';
  const pieces: { at: number; from: number; length: number }[] = [];
  const add = (form: Form) => {
    pieces.push({ at: source.length, from: form.start, length: form.text.length });
    source += form.text;
  };
  for (const form of forms) {
    if (!form.isDefinition) continue;
    add(form);
    source += '\n';
  }
  source += `(define-public (${SNIPPET_FUNCTION}) (ok `;
  // `let` takes what `begin` refuses: responses that nobody looks at.
  if (expressions.length > 0) source += '(let (';
  expressions.forEach((form, i) => {
    source += `(snippet-ignored-${i} `;
    add(form);
    source += '\n) ';
  });
  if (expressions.length > 0) source += ') ';
  add(last);
  source += expressions.length > 0 ? '\n)\n))' : '\n))';
  return { source, pieces };
}

function offsetAt(text: string, line: number, column: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at + column - 1;
}

function positionAt(text: string, offset: number): readonly [line: number, column: number] {
  const before = text.slice(0, offset).split('\n');
  return [before.length, before.at(-1)!.length + 1];
}

/** The place in the snippet of a place in the wrapped source; null when it is in the wrapping. */
export function unwrapSpan(snippet: string, wrapped: WrappedSnippet, span: Span): Span | null {
  const start = offsetAt(wrapped.source, span.startLine, span.startColumn);
  const end = offsetAt(wrapped.source, span.endLine, span.endColumn);
  const piece = wrapped.pieces.find(({ at, length }) => start >= at && end <= at + length);
  if (piece === undefined) return null;
  const shift = piece.from - piece.at;
  const [startLine, startColumn] = positionAt(snippet, start + shift);
  const [endLine, endColumn] = positionAt(snippet, end + shift);
  return { startLine, startColumn, endLine, endColumn };
}
