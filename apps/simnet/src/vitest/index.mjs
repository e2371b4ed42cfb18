/**
 * For vitest.config: where setup and environment are, and what a run may choose, from the command
 * line (`vitest run -- --manifest ./Clarinet.toml --costs`) or `environmentOptions.clarinet`.
 *
 * Plain JavaScript: vitest loads its configuration with Node itself, without compiling packages.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const vitestHelpersPath = dirname(fileURLToPath(import.meta.url));
/** Gives tests the global `simnet` and the matchers. */
export const vitestSetupFilePath = join(vitestHelpersPath, 'setup.ts');
/** For `test.environment`: hands `environmentOptions.clarinet` to the setup file. */
export const vitestEnvironmentPath = join(vitestHelpersPath, 'environment.ts');

export const DEFAULT_OPTIONS = {
  manifestPath: './Clarinet.toml',
  initBeforeEach: true,
  coverage: false,
  coverageFilename: 'lcov.info',
  costs: false,
  costsFilename: 'costs-reports.json',
  includeBootContracts: false,
  bootContractsPath: '',
};

/** Flag names, with the short forms Clarinet's users know. */
const FLAGS = {
  manifest: 'manifestPath',
  'manifest-path': 'manifestPath',
  'init-before-each': 'initBeforeEach',
  cov: 'coverage',
  coverage: 'coverage',
  'cov-file': 'coverageFilename',
  'coverage-filename': 'coverageFilename',
  cost: 'costs',
  costs: 'costs',
  'costs-file': 'costsFilename',
  'costs-filename': 'costsFilename',
};

/** @param args what follows `--`; unknown words are somebody else's */
export function parseOptions(args) {
  const options = { ...DEFAULT_OPTIONS };
  for (let i = 0; i < args.length; i++) {
    const [, no, name = '', inline] = /^--(no-)?([a-z-]+)(?:=(.*))?$/.exec(args[i]) ?? [];
    const key = Object.hasOwn(FLAGS, name) ? FLAGS[name] : null;
    if (key === null) continue;
    if (typeof DEFAULT_OPTIONS[key] === 'boolean') {
      options[key] = no === undefined && inline !== 'false';
    } else {
      options[key] = inline ?? args[++i] ?? options[key];
    }
  }
  return options;
}

/**
 * The options after `--`; without `--`, of the whole command line. Read once per run, by the
 * configuration, before any test file adds to the reports: those of the last run are removed.
 */
export function getClarinetVitestsArgv() {
  const { argv } = process;
  const at = argv.indexOf('--');
  const options = parseOptions(at === -1 ? argv.slice(2) : argv.slice(at + 1));
  if (options.coverage) rmSync(options.coverageFilename, { force: true });
  if (options.costs) rmSync(options.costsFilename, { force: true });
  return options;
}
