/**
 * One service per folder at a time: two that write the same state would each break what the other
 * remembers; two signers could sign rivals. A file names the process that runs.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './user-error.ts';

export type Tenant = 'devnet' | 'node' | 'signer' | 'host';

/**
 * The process and, where the system tells, when it began: after a crash another process may have its
 * number. Null when no such process runs.
 */
export function processName(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  try {
    const [, afterName = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Z] )/);
    return `${pid} ${afterName.split(' ')[19] ?? ''}`.trim();
  } catch {
    return String(pid);
  }
}

const lockPath = (folder: string, tenant: Tenant): string => join(folder, `${tenant}.pid`);

/** @throws UserError cli/folder-in-use */
export function checkFolderFree(folder: string, tenant: Tenant): void {
  let written = '';
  try {
    written = readFileSync(lockPath(folder, tenant), 'utf8').trim();
  } catch {
    // Nobody has been here, or the file is unreadable and about to be written.
  }
  const pid = Number.parseInt(written, 10);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || processName(pid) !== written)
    return;
  throw new UserError(
    'cli/folder-in-use',
    `A ${tenant} already runs in ${folder} (process ${pid}).`,
    tenant === 'devnet'
      ? 'Stop it with Ctrl-C in its terminal, or use another folder: --folder <path>.'
      : `Stop it, or give this ${tenant} a folder of its own in its configuration.`,
  );
}

/** @returns how to let go @throws UserError cli/folder-in-use */
export function lockFolder(folder: string, tenant: Tenant): () => void {
  checkFolderFree(folder, tenant);
  const path = lockPath(folder, tenant);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${processName(process.pid)}\n`, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}
