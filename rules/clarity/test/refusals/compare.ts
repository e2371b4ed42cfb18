/**
 * Whether the reference and we refuse a contract for the same reason at the same place. Ours may be
 * the finer place: where the reference shows a whole form we may show the part of it that is wrong.
 */
import type { ClarityError } from '../../src/index.ts';
import { checkKind, parseKind } from '../check-kinds.ts';
import type { Refusal } from './diagnose.ts';

/** A refusal as it is recorded: what both say, in one line of JSON. */
export interface RecordedRefusal {
  readonly version: number;
  readonly source: string;
  readonly name: string;
  /** As the reference has it; null when it shows none. */
  readonly at: string | null;
}

export function placeText(error: ClarityError): string | null {
  const { span } = error;
  if (span === undefined) return null;
  const end = span.endLine === span.startLine ? `-${span.endColumn}` : '';
  return `${span.startLine}:${span.startColumn}${end}`;
}

/** `equal`, `finer`, or what differs. */
export function comparePlaces(source: string, theirs: string | null, our: ClarityError): string {
  const actual = placeText(our);
  if (actual === theirs) return 'equal';
  if (actual === null) return `reference ${theirs}, ours none`;
  // Errors that are found before or after the walk through the text have no place there.
  if (theirs === null) return 'finer';
  const span = our.span!;
  const [line, column, end] = theirs.split(/[:-]/).map(Number) as [number, number, number?];
  // Quirk: the read-only check shows the name that begins the form around what is wrong.
  const text = source.split('\n')[line - 1]!;
  const isHead = text[column - 2] === '(' && !'({'.includes(text[column - 1]!);
  const follows = span.startLine > line || span.startColumn > (end ?? column);
  if (isHead && follows) return 'finer';
  const begins = span.startLine > line || (span.startLine === line && span.startColumn >= column);
  const ends = end === undefined || (span.endLine === line && span.endColumn <= end);
  return begins && ends ? 'finer' : `reference ${theirs}, ours ${actual}`;
}

/** Null when the reference means the error we named. */
export function compareKinds(theirs: Refusal, our: ClarityError): string | null {
  const kind = our.kind === 'parse' ? parseKind(theirs.message) : checkKind(theirs.message);
  if (kind === our.name) return null;
  return `reference ${kind} (${theirs.message}), ours ${our.name} (${our.message})`;
}
