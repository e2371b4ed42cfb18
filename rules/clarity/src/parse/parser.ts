/**
 * Tokens to the source form of a program, with an explicit stack: nesting is bounded, recursion
 * in JavaScript is not used on contract text.
 *
 * Called by program.ts. Source: stacks-core clarity/src/vm/ast/parser/v2/mod.rs and
 * stack_depth_checker.rs.
 */
import { bytesFromHex } from '@assay/bytes';
import { isAsciiCode, isClarityName, isContractName, parsePrincipal } from '@assay/clarity-value';
import { ParseFailure } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Span } from '../outcome.ts';
import {
  asciiValue,
  bufferValue,
  contractValue,
  INT_MAX,
  INT_MIN,
  intValue,
  principalValue,
  UINT_MAX,
  uintValue,
  utf8Value,
} from '../value.ts';
import type { SourceExpr } from './ast.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';

/** Lists may nest this deep before parsing stops. */
const NESTING_MAX = LIMITS.sourceNesting;

interface Open {
  readonly kind: 'list' | 'tuple';
  readonly items: SourceExpr[];
  readonly span: Span;
  /** Lists: whether white space (or the opening) came before what follows. */
  spaced: boolean;
  /** Tuples: what the next node is. */
  expects: 'key' | 'value';
  /** Tuples: the last colon. */
  colon: Span | null;
  /** Lists around this one up to the next tuple, this one included; and all openings. */
  readonly listDepth: number;
  readonly varyDepth: number;
}

/** @param issuer account text that relative contract names belong to */
export function parseSource(source: string, issuer: string): SourceExpr[] {
  return new Parser(tokenize(source), issuer).run();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #issuer: string;
  #at = 0;
  #nesting = 0;
  readonly #stack: Open[] = [];
  readonly #out: SourceExpr[] = [];
  /** What is too deep for the language, but not for the parser, is refused after all other errors. */
  #tooDeep: ParseFailure | null = null;

  constructor(tokens: readonly Token[], issuer: string) {
    this.#tokens = tokens;
    this.#issuer = issuer;
  }

  run(): SourceExpr[] {
    for (;;) {
      this.#skipSpace();
      const token = this.#take();
      if (token.kind === 'eof') {
        const open = this.#stack.at(-1);
        if (open === undefined) return this.#finished();
        if (open.kind === 'tuple' && open.expects === 'value') {
          fail('TupleValueExpected', 'expected value expression for tuple', open.colon!);
        }
        const [opening, closing] = open.kind === 'list' ? '()' : '{}';
        const place = `${open.span.startLine}:${open.span.startColumn}`;
        fail(
          'ExpectedClosing',
          `expected closing '${closing}' for the '${opening}' at ${place}`,
          token.span,
        );
      }
      this.#token(token);
    }
  }

  /** @throws ParseFailure it is all well-formed, and too deep somewhere */
  #finished(): SourceExpr[] {
    if (this.#tooDeep !== null) throw this.#tooDeep;
    return this.#out;
  }

  #token(token: Token) {
    if (token.kind === '(') return this.#open('list', token.span);
    if (token.kind === '{') return this.#openTuple(token.span);
    const node = this.#leaf(token);
    if (node !== null) return this.#place(node);
    const open = this.#stack.at(-1);
    if (token.kind === ')' && open?.kind === 'list') return this.#close(open, token.span);
    return fail('UnexpectedToken', `unexpected '${token.text}'`, token.span);
  }

  #open(kind: 'list' | 'tuple', span: Span): void {
    this.#nesting += kind === 'list' ? 1 : 2;
    const outer = this.#stack.at(-1);
    const varyDepth = (outer?.varyDepth ?? 0) + 1;
    const listDepth = kind === 'tuple' ? Number.NEGATIVE_INFINITY : (outer?.listDepth ?? 0) + 1;
    if (this.#nesting > NESTING_MAX + 1) throw tooDeep('Expression', span);
    if (listDepth >= NESTING_MAX) this.#tooDeep ??= tooDeep('Expression', span);
    if (varyDepth >= NESTING_MAX) this.#tooDeep ??= tooDeep('VaryExpression', span);
    const open: Open = {
      kind,
      items: [],
      span,
      spaced: true,
      expects: 'key',
      colon: null,
      listDepth,
      varyDepth,
    };
    this.#stack.push(open);
  }

  #openTuple(span: Span) {
    const start = this.#at;
    this.#skipSpaceAndComments();
    if (this.#peek() === ',') {
      fail('UnexpectedToken', "unexpected ','", this.#tokens[this.#at]!.span);
    }
    const comments = this.#commentsSince(start);
    if (this.#nesting + 2 > NESTING_MAX + 1) throw tooDeep('Expression', span);
    if (this.#peek() === '}') {
      const end = this.#take().span;
      return this.#place({ kind: 'tuple', items: comments, span: join(span, end) });
    }
    this.#open('tuple', span);
    this.#stack.at(-1)!.items.push(...comments);
  }

  /** Hands a finished node to what encloses it. */
  #place(first: SourceExpr): void {
    let node: SourceExpr | null = first;
    while (node !== null) {
      const open = this.#stack.at(-1);
      if (open === undefined) {
        this.#out.push(node);
        return;
      }
      node = open.kind === 'list' ? this.#placeInList(open, node) : this.#placeInTuple(open, node);
    }
  }

  #placeInList(open: Open, node: SourceExpr): null {
    if (!open.spaced && node.kind !== 'comment') {
      fail('ExpectedWhitespace', 'expected whitespace before expression', node.span);
    }
    open.items.push(node);
    open.spaced = this.#skipSpace();
    return null;
  }

  #placeInTuple(open: Open, node: SourceExpr): SourceExpr | null {
    const start = this.#at;
    open.items.push(node);
    this.#skipSpaceAndComments();
    if (open.expects === 'key') {
      if (this.#peek() !== ':') {
        fail(
          'TupleColonExpectedv2',
          "expected ':' after key in tuple",
          this.#tokens[this.#at]!.span,
        );
      }
      open.colon = this.#take().span;
      this.#skipSpaceAndComments();
      open.items.push(...this.#commentsSince(start));
      open.expects = 'value';
      return null;
    }
    if (this.#peek() === ',') this.#take();
    else if (this.#peek() !== '}' && this.#peek() !== 'eof') {
      fail(
        'TupleCommaExpectedv2',
        "expected ',' separating key-value pairs in tuple",
        this.#tokens[this.#at]!.span,
      );
    }
    this.#skipSpaceAndComments();
    open.items.push(...this.#commentsSince(start));
    open.expects = 'key';
    if (this.#peek() !== '}') return null;
    const end = this.#take().span;
    this.#stack.pop();
    this.#nesting -= 2;
    return { kind: 'tuple', items: open.items, span: join(open.span, end) };
  }

  #close(open: Open, end: Span): void {
    this.#stack.pop();
    this.#nesting -= 1;
    this.#place({ kind: 'list', items: open.items, span: join(open.span, end) });
  }

  /** A node of one or a few tokens; null for tokens that are no node. */
  #leaf(token: Token): SourceExpr | null {
    const { text, span } = token;
    switch (token.kind) {
      case 'int':
        return literal(
          intValue(parseInteger(text, INT_MIN, INT_MAX, 'FailedParsingIntValue', span)),
          span,
        );
      case 'uint':
        return literal(
          uintValue(parseInteger(text, 0n, UINT_MAX, 'FailedParsingUIntValue', span)),
          span,
        );
      case 'ascii':
        for (let i = 0; i < text.length; i++) {
          if (!isAsciiCode(text.charCodeAt(i))) {
            fail('IllegalASCIIString', 'illegal ascii string', span);
          }
        }
        return literal(asciiValue(text), span);
      case 'utf8':
        return literal(utf8Value(text), span);
      case 'bytes':
        if (text.length / 2 > LIMITS.valueSizeBytes) fail('InvalidBuffer', 'invalid buffer', span);
        return literal(bufferValue(bytesFromHex(text)), span);
      case 'operator':
        return { kind: 'atom', name: text, span };
      case 'ident':
        if (text.length > LIMITS.nameLength) fail('NameTooLong', `illegal name (too long)`, span);
        if (!isClarityName(text)) fail('IllegalClarityName', `illegal name, '${text}'`, span);
        return { kind: 'atom', name: text, span };
      case 'trait':
        if (text.length > LIMITS.nameLength) fail('NameTooLong', `illegal name (too long)`, span);
        return { kind: 'trait', name: text, span };
      case 'principal':
        return this.#principal(token);
      case '.':
        return this.#contractOrField(this.#issuer, span, span);
      case 'comment':
        return { kind: 'comment', span };
      default:
        return null;
    }
  }

  #principal(token: Token): SourceExpr {
    const parsed = parsePrincipal(token.text);
    if (!parsed.ok) fail('InvalidPrincipalLiteral', 'invalid principal literal', token.span);
    if (this.#peek() !== '.') return literal(principalValue(token.text), token.span);
    this.#take();
    return this.#contractOrField(token.text, token.span, null);
  }

  /**
   * After the dot: `name` or `name.trait`.
   *
   * @param dot null when an issuer stands before it
   */
  #contractOrField(issuer: string, start: Span, dot: Span | null): SourceExpr {
    const name = this.#name('ExpectedContractIdentifier', 'expected contract identifier');
    if (name.text.length > LIMITS.contractNameLength) {
      const span = dot === null ? name.span : join(dot, name.span);
      fail('ContractNameTooLong', `contract name '${name.text}' is too long`, span);
    }
    if (!isContractName(name.text)) {
      fail('IllegalContractName', `Illegal contract name: '${name.text}'`, name.span);
    }
    const contract = `${issuer}.${name.text}`;
    if (this.#peek() !== '.') return literal(contractValue(contract), join(start, name.span));
    this.#take();
    const field = this.#name('ExpectedTraitIdentifier', 'expected trait identifier');
    if (field.text.length > LIMITS.nameLength) {
      fail('NameTooLong', 'illegal name (too long)', field.span);
    }
    const trait = { contract, name: field.text };
    return { kind: 'field', trait, span: join(start, field.span) };
  }

  #name(error: string, message: string): Token {
    const token = this.#take();
    if (token.kind !== 'ident') fail(error, message, token.span);
    return token;
  }

  #peek(): TokenKind {
    return this.#tokens[this.#at]?.kind ?? 'eof';
  }

  #take(): Token {
    return this.#tokens[Math.min(this.#at++, this.#tokens.length - 1)]!;
  }

  #skipSpace(): boolean {
    let found = false;
    while (this.#peek() === 'space') {
      this.#at++;
      found = true;
    }
    return found;
  }

  #skipSpaceAndComments(): void {
    while (this.#peek() === 'space' || this.#peek() === 'comment') this.#at++;
  }

  #commentsSince(start: number): SourceExpr[] {
    const out: SourceExpr[] = [];
    for (let i = start; i < this.#at; i++) {
      const token = this.#tokens[i]!;
      if (token.kind === 'comment') out.push({ kind: 'comment', span: token.span });
    }
    return out;
  }
}

function literal(value: import('../value.ts').Value, span: Span): SourceExpr {
  return { kind: 'literal', value, span };
}

function parseInteger(text: string, low: bigint, high: bigint, error: string, span: Span): bigint {
  // Leading zeros are fine and unbounded in text; the value is what is checked.
  const negative = text.startsWith('-');
  let from = negative ? 1 : 0;
  while (from < text.length - 1 && text.charCodeAt(from) === 48) from++;
  const digits = text.slice(from);
  const value = digits.length > 40 ? high + 1n : BigInt(digits);
  const signed = negative && digits.length <= 40 ? -value : value;
  if (signed < low || signed > high) fail(error, `failed to parse int literal '${text}'`, span);
  return signed;
}

function join(a: Span, b: Span): Span {
  return {
    startLine: a.startLine,
    startColumn: a.startColumn,
    endLine: b.endLine,
    endColumn: b.endColumn,
  };
}

function tooDeep(what: 'Expression' | 'VaryExpression', span: Span): ParseFailure {
  return new ParseFailure(
    `${what}StackDepthTooDeep`,
    `lists and tuples nested too deep: at most ${NESTING_MAX - 1} may be open`,
    span,
  );
}

function fail(name: string, message: string, span: Span): never {
  throw new ParseFailure(name, message, span);
}
