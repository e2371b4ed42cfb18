/**
 * The life of a long-running command: start, run until asked to stop, stop in order.
 * Ctrl-C and SIGTERM stop cleanly; so does the end of our supervisor (its pipe to us closes).
 */
import { EXIT_WITH_PARENT } from './devnet/supervisor.ts';

export interface Service {
  stop(): Promise<void>;
}

/** Resolves once, when somebody wants the process to end; a second signal ends it at once. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = () => {
      if (isAsked) process.exit(130);
      isAsked = true;
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
    if (process.env[EXIT_WITH_PARENT] !== '1') return;
    process.stdin.once('end', ask);
    process.stdin.once('error', ask);
    process.stdin.resume();
    // The pipe alone keeps nobody alive: a command that failed may end.
    (process.stdin as { unref?: () => void }).unref?.();
  });
}

/**
 * Runs `start` and keeps its service until asked to stop. Asked before the start is done, the
 * process ends at once: everything these services acknowledge is on disk.
 */
export async function runService(start: () => Promise<Service>): Promise<void> {
  let service: Service | null = null;
  const asked = stopRequest().then(() => {
    if (service === null) process.exit(0);
  });
  service = await start();
  await asked;
  await service.stop();
  process.exit(0);
}
