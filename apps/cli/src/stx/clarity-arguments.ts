/**
 * Arguments of contract functions as people and scripts write them: `0x…`, the serialized value as the
 * `stx` program takes it, or a Clarity literal such as `u1`, `"text"`, `'ST…` or `{ a: u1 }`.
 */
import { bytesFromHex, isHex } from '@assay/bytes';
import { type ClarityValue, decodeClarityValue } from '@assay/clarity-value';
import { UserError } from '../user-error.ts';

const OPENING = '({[<';
const CLOSING = ')}]>';

/** Splits at commas that stand outside of brackets and strings. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (isQuoted && char === '\\') part += char + (text[++i] ?? '');
    else if (!isQuoted && depth === 0 && char === ',') {
      parts.push(part);
      part = '';
    } else {
      if (char === '"') isQuoted = !isQuoted;
      else if (!isQuoted && OPENING.includes(char)) depth += 1;
      else if (!isQuoted && CLOSING.includes(char)) depth -= 1;
      part += char;
    }
  }
  parts.push(part);
  return parts.map((one) => one.trim()).filter((one) => one !== '');
}

/** @throws UserError cli/bad-argument */
export async function parseClarityArguments(text: string | undefined): Promise<ClarityValue[]> {
  const values: ClarityValue[] = [];
  for (const part of splitArguments(text ?? '')) values.push(await parseOne(part));
  return values;
}

async function parseOne(text: string): Promise<ClarityValue> {
  const value = text.startsWith('0x') ? serializedValue(text.slice(2)) : await literal(text);
  if (value !== null) return value;
  throw new UserError(
    'cli/bad-argument',
    `${text} is not a Clarity value.`,
    `Write u1, -1, true, "text", 'ST..., (some u1), { key: u1 }, or a serialized value as 0x....`,
  );
}

function serializedValue(digits: string): ClarityValue | null {
  const value = isHex(digits) ? decodeClarityValue(bytesFromHex(digits)) : null;
  return value?.ok ? value.value : null;
}

/** Evaluates the text as Clarity does, in an empty contract. */
async function literal(text: string): Promise<ClarityValue | null> {
  // The VM is large, and most calls do without it.
  const { ClarityVm, MemoryBlockInfo, MemoryClarityDb } = await import('@assay/clarity');
  const vm = new ClarityVm({ db: new MemoryClarityDb(), info: new MemoryBlockInfo() });
  const outcome = vm.evaluate({ source: text });
  return outcome.ok ? outcome.value.value : null;
}
