/** `assay check` and `assay repl`: for people who write contracts. Both run without a network. */
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { green, red } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { type CheckReport, checkFiles } from './check.ts';

function parseVersion(text: string): number {
  const version = Number(text);
  if (![1, 2, 3, 4, 5].includes(version)) throw new InvalidArgumentError('one of 1 to 5');
  return version;
}

const versionOption = () =>
  new Option('--clarity-version <n>', 'the language version').default(5).argParser(parseVersion);

function showReport(report: CheckReport): void {
  for (const { text } of report.problems)
    console.error(`${text.replace(/^error:/, red('error:'))}\n`);
  const files = report.accepted.length + report.problems.length;
  const verdict =
    report.problems.length === 0
      ? green(`${files} ${files === 1 ? 'contract' : 'contracts'} checked: no problems`)
      : red(`${report.problems.length} of ${files} contracts have problems`);
  console.log(verdict);
}

export function addClarityCommands(cli: Command): void {
  cli
    .command('check')
    .description('check Clarity contracts: file, line, what is wrong, how to mend it')
    .argument('<files...>', 'contract files (.clar); they may refer to each other by name')
    .addOption(versionOption())
    .option('--json', 'one JSON object')
    .action((files: string[], options: { clarityVersion: number; json?: boolean }) => {
      const report = checkFiles(files, options.clarityVersion);
      if (options.json === true) console.log(JSON.stringify(report));
      else showReport(report);
      if (report.problems.length > 0) process.exitCode = 1;
    });
  cli
    .command('repl')
    .description('try Clarity: expressions, contracts, costs, events')
    .argument('[manifest]', 'a Clarinet.toml whose contracts to deploy')
    .action(async (manifest: string | undefined) => {
      if (manifest !== undefined && !existsSync(manifest)) {
        throw new UserError(
          'cli/no-file',
          `There is no ${manifest}.`,
          'Give the path of a Clarinet.toml, or nothing.',
        );
      }
      const { runRepl } = await import('./repl-loop.ts');
      await runRepl(manifest);
    });
}
