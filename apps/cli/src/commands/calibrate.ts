/** `assay calibrate`: the options; the work is loaded when it is asked for. */
import type { Command } from 'commander';
import type { CalibrateFlags } from '../calibration/run.ts';

export function addCalibrateCommand(cli: Command): void {
  cli
    .command('calibrate')
    .description('measure a model and write the evidence table that judges bet on')
    .option('--model <file>', 'a GGUF model; the small model of this project without')
    .option('--out <folder>', "where the files go; the model's own folder without")
    .option('--prompts <file>', 'one prompt a line; a built-in mixture without')
    .option('--answers <n>', 'answers per machine', '48')
    .option('--tokens <n>', 'longest answer, tokens', '128')
    .option('--redraws <n>', 'further seeds per answer', '96')
    .option('--context <n>', 'context window, tokens; what the model was trained on without')
    .option('--kv-cache <type>', "the profile's key-value cache: f16, f32 or q8_0", 'f16')
    .option(
      '--engine <name>',
      'a server with the same weights as one more machine: vllm, llama-server, openai',
    )
    .option('--base-url <url>', 'where that server is')
    .option('--quick', 'fewer machines and cheats: a first look, no table to convict with')
    .option('--json', 'one JSON object per line instead of tables')
    .addHelpText('after', HELP)
    .action(async (flags: CalibrateFlags) => {
      const { runCalibrate } = await import('../calibration/run.ts');
      await runCalibrate(flags);
    });
}

const HELP = `
Writes <model>.evidence.json (the table; its SHA-256 goes into the manifest), <model>.calibration.json (what was
measured), <model>.roc.json and <model>.roc.svg. Hosts and signers that open the model file take the table that lies
beside it. A new table starts in shadow mode: see docs/calibration.md.
Takes some ten minutes for a model of a million weights and 48 answers; progress goes to standard error.`;
