/** `assay verify <receipt>`: a file, a URL, or the id of a receipt at a gateway. */
import { readFileSync } from 'node:fs';
import { UserError } from '../user-error.ts';

const SIZE_MAX = 4 * 1024 * 1024;

/** True for what is no transaction id. */
export function isReceiptName(name: string): boolean {
  return !/^(0x)?[0-9a-fA-F]{64}$/.test(name);
}

/** @param gateway base URL, for ids */
export async function loadReceipt(name: string, gateway: string): Promise<unknown> {
  const isId = /^req_[0-9a-f]{24}$/.test(name);
  const url = isId ? `${gateway.replace(/\/+$/, '')}/v1/receipts/${name}` : name;
  const text = /^https?:\/\//.test(url) ? await fetched(url) : read(name);
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(
      'cli/bad-receipt',
      `${name} is no receipt: it is not JSON.`,
      'Give a file, a URL, an id (req_…), or the transaction id of a single request.',
    );
  }
}

async function fetched(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    if (answer.ok) return (await answer.text()).slice(0, SIZE_MAX);
    throw new Error(`status ${answer.status}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'cli/no-receipt',
      `${url} gives no receipt: ${reason}.`,
      'Check the id and --gateway; or give the receipt as a file.',
    );
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UserError(
      'cli/no-receipt',
      `${path} is no transaction id (64 hex digits), no file that can be read, no URL and no id of a receipt.`,
      'Copy the id that `assay infer` printed; ids of receipts look like req_0123456789abcdef01234567.',
    );
  }
}
