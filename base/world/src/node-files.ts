/**
 * Small files on disk. A write is atomic and durable: a reader (or a process restarted after
 * power loss) sees the old bytes or the new bytes, never a mixture. Used through `World.files`.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorldError } from './error.ts';
import type { Files } from './world.ts';

let writeCount = 0;

export function nodeFiles(): Files {
  return { read, write, remove, list };
}

async function read(path: string): Promise<Uint8Array | null> {
  try {
    const bytes = await readFile(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw new WorldError('world/file', `cannot read ${path}`, { cause });
  }
}

async function write(path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const folder = dirname(path);
  writeCount += 1;
  const temporary = `${path}.${process.pid}.${writeCount}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'w', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new WorldError('world/file', `cannot write ${path}`, { cause });
  }
}

/** Makes the rename itself durable. Some systems cannot open folders; there it is best effort. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  try {
    await handle.sync();
  } catch (cause) {
    if (codeOf(cause) !== 'EINVAL' && codeOf(cause) !== 'EPERM') throw cause;
  } finally {
    await handle.close();
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true, recursive: true });
  } catch (cause) {
    throw new WorldError('world/file', `cannot remove ${path}`, { cause });
  }
}

/** Names in ascending order; empty when the folder does not exist. */
async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw new WorldError('world/file', `cannot list ${folder}`, { cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
