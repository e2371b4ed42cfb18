/** Pages for people that the build put beside the program; none when it runs from source. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FullNodeOptions } from '@assay/full-node';

export function builtPages(): NonNullable<FullNodeOptions['pages']> {
  try {
    const html = readFileSync(fileURLToPath(new URL('./verify.html', import.meta.url)));
    return [{ path: '/verify', html: new Uint8Array(html) }];
  } catch {
    return [];
  }
}
