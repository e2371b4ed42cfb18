/**
 * Clarity values as people read them, in the notation of the language.
 * Source: SIP-002 literals; the shapes of stacks.js `cvToString`, with strings escaped so that the
 * text of a value is a Clarity expression again.
 */
import { bytesToHex } from '@assay/bytes';
import { formatPrincipal } from './principal.ts';
import type { ClarityValue } from './value.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeText(text: string): string {
  return text.replace(/["\\\n\r\t]/g, (char) => ESCAPES[char]!);
}

/** `u5`, `0x0102`, `(some true)`, `(list 1 2)`, `(tuple (a 1) (b u2))`, `ST….name`, `"text"`. */
export function clarityValueToString(value: ClarityValue): string {
  switch (value.type) {
    case 'int':
      return value.value.toString();
    case 'uint':
      return `u${value.value}`;
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'buffer':
      return `0x${bytesToHex(value.value)}`;
    case 'none':
      return 'none';
    case 'some':
    case 'ok':
    case 'err':
      return `(${value.type} ${clarityValueToString(value.value)})`;
    case 'principal':
      return formatPrincipal(value);
    case 'list':
      return `(list ${value.items.map(clarityValueToString).join(' ')})`;
    case 'tuple': {
      const fields = [...value.entries].map(([k, v]) => `(${k} ${clarityValueToString(v)})`);
      return `(tuple ${fields.join(' ')})`;
    }
    case 'string-ascii':
      return `"${escapeText(value.value)}"`;
    case 'string-utf8':
      return `u"${escapeText(value.value)}"`;
  }
}
