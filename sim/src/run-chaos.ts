/** `npm run sim:chaos`: bad luck of many seeds, one line each. */
import { chaos, chaosSetting } from './chaos.ts';

/** @returns 0 when every promise of every seed was kept, else 1 */
export async function runChaos(args: readonly string[]): Promise<number> {
  const option = (name: string, fallback: number) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const from = option('--from', 1);
  const count = option('--seeds', 10);
  let broken = 0;
  for (let seed = from; seed < from + count; seed++) {
    const { signerWeights, bitcoinIntervalMs, rival } = chaosSetting(seed);
    const network = `signers ${signerWeights?.join(',')}, Bitcoin every ${bitcoinIntervalMs} ms${rival === undefined ? '' : ', two miners'}`;
    const faults = await chaos(seed).catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
    if (faults.length > 0) broken += 1;
    const outcome = faults.length === 0 ? 'kept' : `BROKEN\n${faults.join('\n')}`;
    console.log(`seed ${seed} (${network}): ${outcome}`);
  }
  console.log(`${count} seeds, ${broken} broken`);
  return broken === 0 ? 0 : 1;
}
