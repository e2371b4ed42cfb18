/**
 * The life of a long-running command: start, say so, run until asked to stop, stop in order.
 * Ctrl-C and SIGTERM stop cleanly; so does the end of our supervisor (its pipe to us closes).
 */
import { EXIT_WITH_PARENT } from './devnet/supervisor.ts';

export interface Service {
  stop(): Promise<void>;
}

/** A second signal while stopping ends the process at once. */
export async function runUntilStopped(service: Service): Promise<void> {
  await new Promise<void>((resolve) => {
    let isAsked = false;
    const ask = () => {
      if (isAsked) process.exit(130);
      isAsked = true;
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
    if (process.env[EXIT_WITH_PARENT] === '1') {
      process.stdin.on('end', ask);
      process.stdin.on('error', ask);
      process.stdin.resume();
    }
  });
  await service.stop();
  process.exit(0);
}
