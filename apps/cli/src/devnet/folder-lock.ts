/** One devnet per folder at a time: a file with the process id of the one that runs. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../user-error.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const lockPath = (folder: string): string => join(folder, 'devnet.pid');

/** @throws UserError cli/folder-in-use */
export function checkFolderFree(folder: string): void {
  const path = lockPath(folder);
  let pid = Number.NaN;
  try {
    pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  } catch {
    // Nobody has been here, or the file is unreadable and about to be written.
  }
  if (Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid)) {
    throw new UserError(
      'cli/folder-in-use',
      `A devnet already runs in ${folder} (process ${pid}).`,
      `Stop it with Ctrl-C in its terminal, or use another folder: --folder <path>.`,
    );
  }
}

/** @returns how to let go @throws UserError cli/folder-in-use */
export function lockFolder(folder: string): () => void {
  checkFolderFree(folder);
  const path = lockPath(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}
