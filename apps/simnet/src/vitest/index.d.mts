/** Types of index.mjs. */
export interface ClarinetTestOptions {
  /** Relative to the working directory. */
  readonly manifestPath: string;
  /** Start the project anew before each test (default) or once per file. */
  readonly initBeforeEach: boolean;
  /** Accepted; reports come out empty, the VM reports no lines yet. */
  readonly coverage: boolean;
  readonly coverageFilename: string;
  /** Write a cost report when a file's tests are done. */
  readonly costs: boolean;
  readonly costsFilename: string;
  readonly includeBootContracts: boolean;
  readonly bootContractsPath: string;
}

export const vitestHelpersPath: string;
export const vitestSetupFilePath: string;
export const vitestEnvironmentPath: string;
export const DEFAULT_OPTIONS: ClarinetTestOptions;
export function parseOptions(args: readonly string[]): ClarinetTestOptions;
export function getClarinetVitestsArgv(): ClarinetTestOptions;
