/** `assay devnet`, `node`, `signer`, `host`, `regtest`: what runs. Each is loaded only when asked for. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DevnetPorts } from '../devnet/layout.ts';
import { UserError } from '../user-error.ts';
import type { RegtestFlags } from './regtest.ts';

/** Ports from the base upward that a devnet may take; the gateway looks for a free one. */
const PORT_BLOCK = 130;
const PORT_BASE_MAX = 65_535 - PORT_BLOCK;

/** All ports in one block, for a second devnet beside the first. */
function portsFrom(text: string): DevnetPorts {
  const base = Number(text);
  if (!Number.isInteger(base) || base < 1 || base > PORT_BASE_MAX) {
    throw new UserError(
      'cli/bad-port',
      `--port-base is not a port with room above it: ${text}.`,
      `Give a number from 1 to ${PORT_BASE_MAX}, for example 25000.`,
    );
  }
  return {
    bitcoin: base,
    rpc: base + 1,
    api: base + 2,
    signer: base + 10,
    host: base + 20,
    gateway: base + 30,
  };
}

interface DevnetFlags {
  readonly folder: string;
  readonly reset?: boolean;
  readonly hosts: string;
  readonly interval: string;
  readonly model?: string;
  readonly engine?: string;
  readonly baseUrl?: string;
  readonly portBase?: string;
  readonly question: string;
}

interface HostFlags {
  readonly config: string;
  readonly model?: string;
  readonly engine?: string;
  readonly baseUrl?: string;
  readonly modelName?: string;
  readonly apiKeyFile?: string;
}

export function addNetworkCommands(cli: Command): void {
  cli
    .command('devnet')
    .description('a whole network on this machine: Bitcoin, miner, three signers, hosts')
    .option('--folder <path>', 'where it lives', join('.assay', 'devnet'))
    .option('--reset', 'forget everything and begin anew')
    .option('--hosts <n>', 'number of hosts', '2')
    .option('--interval <seconds>', 'time between Bitcoin blocks', '10')
    .option('--model <file>', 'a GGUF model of yours instead of the small one')
    .option('--engine <name>', 'what its hosts run it with: node-llama-cpp, llama-server, ...')
    .option('--base-url <url>', 'where the server of the engine listens')
    .option('--port-base <port>', 'use ports from here upward instead of the usual ones')
    .option('--question <text>', 'what to ask first; empty asks nothing', 'Is the Earth round?')
    .action(async (flags: DevnetFlags) => {
      const { DEFAULT_PORTS } = await import('../devnet/layout.ts');
      const { runDevnet } = await import('../devnet/devnet.ts');
      await runDevnet({
        folder: flags.folder,
        reset: flags.reset === true,
        hosts: Number(flags.hosts),
        bitcoinIntervalMs: Number(flags.interval) * 1_000,
        modelFile: flags.model,
        engine: flags.engine,
        baseUrl: flags.baseUrl,
        question: flags.question,
        ports: flags.portBase === undefined ? DEFAULT_PORTS : portsFrom(flags.portBase),
      });
    });
  cli
    .command('node')
    .description('a node; with `miner = true` it mines (same as: infer-node start)')
    .requiredOption('--config <file>', 'miner.toml')
    .action(async (options: { config: string }) => {
      const { runNode } = await import('./node.ts');
      await runNode(options.config);
    });
  cli
    .command('signer')
    .description('a signer (same as: infer-signer run)')
    .requiredOption('--config <file>', 'signer.toml')
    .action(async (options: { config: string }) => {
      const { runSigner } = await import('./signer.ts');
      await runSigner(options.config);
    });
  cli
    .command('host')
    .description('answer inference requests and be paid')
    .requiredOption('--config <file>', 'host.toml')
    .option('--model <path>', 'a GGUF file, or a Hugging Face folder for vLLM')
    .option('--engine <name>', 'node-llama-cpp, llama-server, vllm, openai or ollama')
    .option('--base-url <url>', 'where the server of the engine listens')
    .option('--model-name <name>', 'what the server calls the model')
    .option('--api-key-file <file>', 'a file with the key of the server')
    .action(async (options: HostFlags) => {
      const { runHost } = await import('./host.ts');
      const { config, model, ...flags } = options;
      await runHost(config, { path: model, ...flags });
    });
  cli
    .command('gateway')
    .description("OpenAI's API in front of the network's hosts")
    .requiredOption('--config <file>', 'gateway.toml')
    .action(async (options: { config: string }) => {
      const { runGateway } = await import('./gateway.ts');
      await runGateway(options.config);
    });
  cli
    .command('regtest')
    .description("a Bitcoin regtest of our own behind bitcoind's JSON-RPC")
    .option('--rpc <host:port>', 'where it listens', '127.0.0.1:18443')
    .option('--data <path>', 'where it lives; nowhere (memory) without')
    .option('--user <name>', 'user of the RPC')
    .option('--password <text>', 'password of the RPC')
    .option('--mine-to <address>', 'address that blocks pay')
    .option('--mine-to-key <hex>', 'public key that blocks pay (P2WPKH)')
    .option('--initial-blocks <n>', 'blocks mined at once on a new chain', '0')
    .option('--interval-ms <ms>', 'mine a block this often; 0: only when asked', '0')
    .option('--eager-below <height>', 'below it, mine as soon as a transaction waits', '0')
    .action(async (flags: RegtestFlags) => {
      const { runRegtest } = await import('./regtest.ts');
      await runRegtest(flags);
    });
}
