/**
 * Source text to tokens with spans. Fails at the first error, as consensus code does.
 *
 * Called by parser.ts. Source: stacks-core clarity/src/vm/ast/parser/v2/lexer/mod.rs.
 * Quirk: a NUL character ends the program; any non-ASCII character is an error, in comments too.
 */
import { ParseFailure } from '../errors.ts';
import type { Span } from '../outcome.ts';

export type TokenKind =
  | 'eof'
  | 'space'
  | 'comment'
  | '('
  | ')'
  | '{'
  | '}'
  | ':'
  | ','
  | '.'
  | 'int'
  | 'uint'
  | 'ascii'
  | 'utf8'
  | 'bytes'
  | 'principal'
  | 'ident'
  | 'trait'
  | 'operator';

export interface Token {
  readonly kind: TokenKind;
  /** Digits, name, string contents: without the marks around them. */
  readonly text: string;
  readonly span: Span;
}

const SEPARATORS = new Set([
  '(',
  ')',
  '{',
  '}',
  ',',
  ':',
  '.',
  ';',
  '\0',
  ' ',
  '\t',
  '\n',
  '\r',
  '\f',
]);
const isSeparator = (c: string) => SEPARATORS.has(c);
const isDigit = (c: string) => c >= '0' && c <= '9';
const isAlpha = (c: string) => (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
const isHexDigit = (c: string) => isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
const isIdentChar = (c: string) => isAlpha(c) || isDigit(c) || '_-!?+<>=/*'.includes(c);
const isTraitChar = (c: string) => isAlpha(c) || isDigit(c) || c === '_' || c === '-';
const PRINCIPAL_CHARS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SINGLE: Record<string, TokenKind> = {
  '(': '(',
  ')': ')',
  '{': '{',
  '}': '}',
  ':': ':',
  ',': ',',
  '.': '.',
};
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
]);

export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      const token = this.#token();
      tokens.push(token);
      if (token.kind === 'eof') return tokens;
    }
  }

  #peek(): string {
    return this.#at < this.#source.length ? this.#source[this.#at]! : '\0';
  }

  #advance(): void {
    if (this.#peek() === '\n') {
      this.#line++;
      this.#lineStart = this.#at + 1;
    }
    this.#at++;
    if (this.#at < this.#source.length && this.#source.charCodeAt(this.#at) > 127) this.#nonAscii();
  }

  #nonAscii(): never {
    this.#fail('NonASCIIChar', `illegal non-ASCII character, '${this.#peek()}'`);
  }

  #column(): number {
    return this.#at - this.#lineStart + 1;
  }

  #here(): Span {
    const column = this.#column();
    return {
      startLine: this.#line,
      startColumn: column,
      endLine: this.#line,
      endColumn: column,
    };
  }

  #fail(name: string, message: string): never {
    this.#failAt(this.#here(), name, message);
  }

  #failAt(span: Span, name: string, message: string): never {
    throw new ParseFailure(`Lexer(${name})`, message, span);
  }

  /** From `column` of this line to where the lexer is. */
  #since(column: number): Span {
    return { ...this.#here(), startColumn: column };
  }

  /** A character that its token cannot have: the place runs to the end of the word. */
  #failInWord(name: string, what: string): never {
    const c = this.#peek();
    const start = this.#column();
    while (!isSeparator(this.#peek())) this.#advance();
    const span = { ...this.#since(start), endColumn: Math.max(start, this.#column() - 1) };
    this.#failAt(span, name, `invalid character, '${c}', in ${what}`);
  }

  #token(): Token {
    if (this.#at === 0 && this.#source.length > 0 && this.#source.charCodeAt(0) > 127) {
      this.#nonAscii();
    }
    const startLine = this.#line;
    const startColumn = this.#column();
    const [kind, text] = this.#read();
    const endColumn = this.#at > this.#lineStart ? this.#column() - 1 : 0;
    const span = {
      startLine,
      startColumn,
      endLine: this.#line,
      endColumn: Math.max(endColumn, startLine === this.#line ? startColumn : 0),
    };
    if (kind === 'operator' && !isSeparator(this.#peek())) {
      this.#fail('ExpectedSeparator', 'expected separator');
    }
    return { kind, text, span };
  }

  #read(): [TokenKind, string] {
    const c = this.#peek();
    if (c === '\0') return ['eof', ''];
    const single = SINGLE[c];
    if (single !== undefined) {
      this.#advance();
      return [single, c];
    }
    if (c === ' ' || c === '\t' || c === '\n' || c === '\r') return this.#space();
    if (c === ';') return this.#comment();
    if (c === '"') return ['ascii', this.#string(false)];
    if (c === "'") return this.#principal();
    if (c === 'u') return this.#startingWithU();
    if (c === '0') return this.#startingWithZero();
    if (c === '<' || c === '>' || c === '+' || c === '-' || c === '*' || c === '/') {
      return this.#operator(c);
    }
    if (isAlpha(c)) return ['ident', this.#ident('')];
    if (isDigit(c)) return ['int', this.#digits('', 'InvalidCharInt')];
    this.#fail('UnknownSymbol', `unknown symbol, '${c}'`);
  }

  #space(): [TokenKind, string] {
    for (;;) {
      const c = this.#peek();
      if (c === '\r') this.#fail('UnsupportedLineEnding', 'unsupported line-ending');
      if (c !== ' ' && c !== '\t' && c !== '\n') return ['space', ''];
      this.#advance();
    }
  }

  #comment(): [TokenKind, string] {
    const start = this.#here();
    this.#advance();
    if (this.#peek() !== ';') {
      this.#failAt(start, 'SingleSemiColon', "unexpected single ';' (comments begin with ';;')");
    }
    while (this.#peek() !== '\n' && this.#peek() !== '\0') {
      if (this.#peek() === '\r') this.#fail('UnsupportedLineEnding', 'unsupported line-ending');
      this.#advance();
    }
    return ['comment', ''];
  }

  #operator(c: string): [TokenKind, string] {
    this.#advance();
    if (c === '-' && isDigit(this.#peek())) return ['int', this.#digits('-', 'InvalidCharInt')];
    if ((c === '<' || c === '>') && this.#peek() === '=') {
      this.#advance();
      return ['operator', `${c}=`];
    }
    if (c === '<' && isAlpha(this.#peek())) return this.#trait();
    return ['operator', c];
  }

  #trait(): [TokenKind, string] {
    let name = '';
    for (;;) {
      const c = this.#peek();
      if (c === '>') {
        this.#advance();
        return ['trait', name];
      }
      if (!isTraitChar(c)) {
        if (isSeparator(c)) this.#fail('ExpectedClosing', "expected closing '>'");
        this.#failInWord('InvalidCharTraitIdent', 'trait identifier');
      }
      name += c;
      this.#advance();
    }
  }

  #ident(first: string): string {
    const start = this.#at;
    while (isIdentChar(this.#peek())) this.#advance();
    if (!isSeparator(this.#peek())) this.#failInWord('InvalidCharIdent', 'identifier');
    return first + this.#source.slice(start, this.#at);
  }

  #digits(prefix: string, error: string): string {
    const start = this.#at;
    while (isDigit(this.#peek())) this.#advance();
    if (!isSeparator(this.#peek())) {
      this.#failInWord(error, error === 'InvalidCharUint' ? 'uint literal' : 'int literal');
    }
    return prefix + this.#source.slice(start, this.#at);
  }

  #startingWithU(): [TokenKind, string] {
    this.#advance();
    if (isDigit(this.#peek())) return ['uint', this.#digits('', 'InvalidCharUint')];
    if (this.#peek() === '"') return ['utf8', this.#string(true)];
    return ['ident', this.#ident('u')];
  }

  #startingWithZero(): [TokenKind, string] {
    const column = this.#column();
    this.#advance();
    if (this.#peek() !== 'x') return ['int', this.#digits('0', 'InvalidCharInt')];
    this.#advance();
    const start = this.#at;
    while (isHexDigit(this.#peek())) this.#advance();
    if (!isSeparator(this.#peek())) this.#failInWord('InvalidCharBuffer', 'buffer');
    const text = this.#source.slice(start, this.#at);
    if (text.length % 2 !== 0) {
      const span = { ...this.#since(column), endColumn: this.#column() - 1 };
      this.#failAt(span, 'InvalidBufferLength', `invalid buffer length, ${text.length} digits`);
    }
    return ['bytes', text];
  }

  #principal(): [TokenKind, string] {
    this.#advance();
    const start = this.#at;
    while (this.#peek() !== '\0' && PRINCIPAL_CHARS.includes(this.#peek())) this.#advance();
    if (!isSeparator(this.#peek())) this.#failInWord('InvalidCharPrincipal', 'principal literal');
    return ['principal', this.#source.slice(start, this.#at)];
  }

  #string(unicode: boolean): string {
    this.#advance();
    let text = '';
    for (;;) {
      const c = this.#peek();
      if (c === '"') {
        this.#advance();
        return text;
      }
      if (c === '\0' || c === '\n') this.#fail('ExpectedClosing', "expected closing '\"'");
      if (c !== '\\') {
        text += c;
        this.#advance();
        continue;
      }
      const backslash = this.#column();
      this.#advance();
      if (unicode && this.#peek() === 'u') {
        text += this.#codePoint();
        continue;
      }
      const plain = ESCAPES.get(this.#peek());
      if (plain === undefined || this.#at >= this.#source.length) {
        const what = `unknown escape character, '${this.#peek()}'`;
        this.#failAt(this.#since(backslash), 'UnknownEscapeChar', what);
      }
      text += plain;
      this.#advance();
    }
  }

  /** After `\u`: `{hex}`. */
  #codePoint(): string {
    const letter = this.#column();
    this.#advance();
    const brace = this.#column();
    if (this.#peek() !== '{') this.#fail('InvalidUTF8Encoding', 'invalid UTF8 encoding');
    this.#advance();
    const start = this.#at;
    while (isHexDigit(this.#peek())) this.#advance();
    const code = this.#source.slice(start, this.#at);
    if (this.#peek() === '"' || this.#peek() === '\0') {
      this.#fail('UnterminatedUTF8Encoding', "expected closing '}' for UTF8 encoding");
    }
    if (this.#peek() !== '}') {
      this.#fail(
        'IllegalCharUTF8Encoding',
        `invalid character, '${this.#peek()}', in UTF8 encoding`,
      );
    }
    if (code.length === 0) {
      this.#failAt(this.#since(brace), 'EmptyUTF8Encoding', 'empty UTF8 encoding');
    }
    this.#advance();
    const value = Number.parseInt(code, 16);
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
      this.#failAt(this.#since(letter), 'InvalidUTF8Encoding', 'invalid UTF8 encoding');
    }
    return String.fromCodePoint(value);
  }
}
