/**
 * What every long-running command does alike: say what the configuration means before it starts,
 * read keys, and turn failures of the world into one sentence and the next step.
 */
import type { LogFields, Logger } from '@assay/observe';
import { pinoLogger } from '@assay/observe/node';
import { parsePrivateKey } from '@assay/wallet';
import { WorldError } from '@assay/world';
import { UserError } from '../user-error.ts';
import { must } from '../wallet-result.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One JSON line per event on standard error; ASSAY_LOG=debug tells more. */
export function commandLogger(name: string): Logger {
  const wanted = process.env.ASSAY_LOG ?? 'info';
  const level = LEVELS.find((known) => known === wanted);
  if (level !== undefined) return pinoLogger({ name, level });
  throw new UserError(
    'cli/log-level',
    `ASSAY_LOG is ${wanted}, which is no level.`,
    `Use one of ${LEVELS.join(', ')}.`,
  );
}

/** Warnings of the configuration, then what is in effect; `effective` must hold no secrets. */
export function announce(log: Logger, warnings: readonly string[], effective: LogFields): void {
  for (const warning of warnings) log.warn(warning);
  log.info('configuration', effective);
}

/** A private key from a configuration file, as 32 bytes; the message names the key of the file. */
export function secretKey(name: string, text: string): Uint8Array {
  const key = parsePrivateKey(text);
  if (key.ok) return must(key).privateKey;
  throw new UserError(
    'cli/bad-key',
    `${name}: ${key.error.message}`,
    'Make a key with `stx make_keychain -t` and copy its privateKey.',
  );
}

/** Runs the start of a service; a port that is taken becomes a sentence. */
export async function starting(what: string, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    if (error.code !== 'world/port-in-use') throw error;
    throw new UserError(
      'cli/port-in-use',
      `${what} cannot listen: ${error.message}.`,
      'Stop the program that uses the port, or choose another port in the configuration.',
    );
  }
}
