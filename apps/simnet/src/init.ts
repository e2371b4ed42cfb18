/**
 * Where tests begin: `initSimnet` reads a project and gives a simnet on which it is deployed. Asked
 * again it starts the same simnet anew, which takes about a millisecond when no file has changed.
 */
import { Simnet, type SimnetOptions } from './simnet.ts';

/** A simnet without a session: call `initSession` or `initEmptySession` first. */
export async function getSDK(options: SimnetOptions = {}): Promise<Simnet> {
  const { ASSAY_SIMNET_BOOT_CONTRACTS: folder, ASSAY_SIMNET_GENERATION } = process.env;
  return new Simnet({
    ...(folder === undefined ? {} : { bootContractsFolder: folder }),
    ...(ASSAY_SIMNET_GENERATION === '2' ? { generation: 2 as const } : {}),
    ...options,
  });
}

let shared: Simnet | null = null;

/**
 * @param manifestPath relative to the working directory
 * @param noCache a simnet of its own instead of the shared one
 * @throws ProjectError with file, line and caret
 */
export async function initSimnet(
  manifestPath = './Clarinet.toml',
  noCache = false,
  options: SimnetOptions = {},
): Promise<Simnet> {
  const simnet = noCache || shared === null ? await getSDK(options) : shared;
  shared = simnet;
  await simnet.initSession(process.cwd(), manifestPath);
  return simnet;
}
