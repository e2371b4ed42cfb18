/** Files that a person named: read, or one sentence about why not. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './user-error.ts';

/** @param what how the file is called at the start of a sentence */
export function readTextFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(
      'cli/file-unreadable',
      `${what} ${path} ${isMissing ? 'does not exist' : 'cannot be read'}.`,
      'Check the path.',
    );
  }
}

/** The folder with package.json and models/, from the bundle (dist/) as from the source. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'models', 'README.md')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}
