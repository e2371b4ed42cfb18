/**
 * The one binary under its four names: `assay`, and the programs of the guides, `stx`, `infer-node`
 * and `infer-signer`. Parses the command line, runs one command, and turns what went wrong into one
 * sentence and the next step.
 */
import { Command, CommanderError } from 'commander';
import { red } from './terminal.ts';
import { systemProblem, UserError } from './user-error.ts';
import { version } from './version.ts';

export type ProgramName = 'assay' | 'stx' | 'infer-node' | 'infer-signer';

function program(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(version())
    .showHelpAfterError('(run with --help for all options)')
    .exitOverride();
}

/** @param first word of the command line; services start many at a time and load little */
async function assayProgram(first?: string): Promise<Command> {
  const cli = program('assay', 'AI inference that anyone can check, anchored to Bitcoin.');
  const { addNetworkCommands } = await import('./commands/network.ts');
  addNetworkCommands(cli);
  if (cli.commands.some((command) => command.name() === first)) return cli;
  const { addUserCommands } = await import('./commands/user.ts');
  addUserCommands(cli);
  (await import('./commands/calibrate.ts')).addCalibrateCommand(cli);
  (await import('./clarity/commands.ts')).addClarityCommands(cli);
  return cli;
}

function sayValid({ warnings }: { readonly warnings: readonly string[] }): void {
  for (const warning of warnings) console.log(`warning: ${warning}`);
  console.log('The configuration is valid.');
}

function inferNodeProgram(): Command {
  const cli = program('infer-node', 'A node of the network; with `miner = true` it mines.');
  cli
    .command('start')
    .description('run the node')
    .requiredOption('--config <file>', 'miner.toml')
    .action(async (options: { config: string }) => {
      const { runNode } = await import('./commands/node.ts');
      await runNode(options.config);
    });
  cli
    .command('check-config')
    .description('read the configuration and say what is wrong with it')
    .requiredOption('--config <file>', 'miner.toml')
    .action(async (options: { config: string }) => {
      const { checkNodeConfig } = await import('./commands/node.ts');
      sayValid(checkNodeConfig(options.config));
    });
  return cli;
}

function inferSignerProgram(): Command {
  const cli = program('infer-signer', 'Checks blocks and answers, and signs what is right.');
  cli
    .command('run')
    .description('run the signer')
    .requiredOption('--config <file>', 'signer.toml')
    .action(async (options: { config: string }) => {
      const { runSigner } = await import('./commands/signer.ts');
      await runSigner(options.config);
    });
  cli
    .command('check-config')
    .description('read the configuration and say what is wrong with it')
    .requiredOption('--config <file>', 'signer.toml')
    .action(async (options: { config: string }) => {
      const { checkSignerConfig } = await import('./commands/signer.ts');
      sayValid(checkSignerConfig(options.config));
    });
  return cli;
}

async function stx(argv: readonly string[]): Promise<void> {
  const { splitStxLine } = await import('./stx/arguments.ts');
  const { STX_COMMANDS, stxCommandHelp, stxHelp } = await import('./stx/commands.ts');
  const line = splitStxLine(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv);
  if (argv.length === 0 || (line.wantsHelp && line.command === undefined)) {
    process.stdout.write(stxHelp());
    return;
  }
  if (argv[0] === '--version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const command = Object.hasOwn(STX_COMMANDS, line.command ?? '')
    ? STX_COMMANDS[line.command!]
    : undefined;
  if (command === undefined) {
    throw new UserError(
      'cli/unknown-command',
      line.command === undefined ? 'No command was given.' : `stx has no command ${line.command}.`,
      `Commands: ${Object.keys(STX_COMMANDS).join(', ')}; \`stx help\` tells more.`,
    );
  }
  if (line.wantsHelp) {
    process.stdout.write(stxCommandHelp(line.command!));
    return;
  }
  const output = await command.run(line);
  console.log(typeof output === 'string' ? output : JSON.stringify(output, null, 2));
}

/** The programs that are made of commander's commands: all but `stx`, which has the Stacks CLI's rules. */
export const COMMANDER_PROGRAMS = {
  assay: assayProgram,
  'infer-node': inferNodeProgram,
  'infer-signer': inferSignerProgram,
} as const;

async function run(name: ProgramName, argv: readonly string[]): Promise<void> {
  if (name === 'stx') return stx(argv);
  const cli = await COMMANDER_PROGRAMS[name](argv[0]);
  await cli.parseAsync([...argv], { from: 'user' });
}

/** Runs a program and sets the exit code: 0 done, 1 it failed, 2 the command line was wrong. */
export async function main(name: ProgramName, argv: readonly string[]): Promise<void> {
  try {
    await run(name, argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const told = error instanceof UserError ? error : systemProblem(error);
    // What is left is a fault of this program: its trace is wanted.
    if (told === null) throw error;
    console.error(`${red('error:')} ${told.message}\n       ${told.next}`);
    process.exitCode = 1;
  }
}
