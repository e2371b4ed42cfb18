/**
 * The pages are executed: every command line names a command and options that exist, every TOML file is
 * read without a warning, every JavaScript for stacks.js runs against a node, every path of the RPC is
 * answered, every link leads somewhere. What needs a whole network is shown in `e2e/`.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGatewayToml } from '../../apps/cli/src/config/gateway-toml.ts';
import { readHostToml } from '../../apps/cli/src/config/host-toml.ts';
import { readNodeToml } from '../../apps/cli/src/config/node-toml.ts';
import { readSignerToml } from '../../apps/cli/src/config/signer-toml.ts';
import { DEVNET_ACCOUNTS } from '../../apps/cli/src/devnet/accounts.ts';
import { COMMANDER_PROGRAMS } from '../../apps/cli/src/main.ts';
import { bindArguments, splitStxLine } from '../../apps/cli/src/stx/arguments.ts';
import { STX_COMMANDS } from '../../apps/cli/src/stx/commands.ts';
import { TestNode } from '../../node/rpc/test/test-node.ts';
import { START } from '../../rules/chainstate/test/network.ts';

const root = join(import.meta.dirname, '..', '..');

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...textOf(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    page,
    language: language!,
    text: text!,
  })),
);

/** Lines of terminal blocks and of inline code that begin with a program of ours. */
const LINES: readonly { readonly page: string; readonly line: string }[] = [
  ...BLOCKS.filter(({ language }) => language === '').flatMap(({ page, text }) =>
    text
      .replace(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => ({ page, line: line.trim() })),
  ),
  ...PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/`((?:npx )?(?:assay|stx|infer-node|infer-signer) [^`]+)`/g)].map(
      ([, line]) => ({ page, line: line! }),
    ),
  ),
];

/** Words as a shell splits them; comments of the page (after two spaces) are left out. */
function wordsOf(line: string): string[] {
  const plain = line.replace(/\s{2,}[a-z#(].*$/, '');
  return [...plain.matchAll(/"([^"]*)"|'([^']*)'|(<[^>]*>|\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare!,
  );
}

interface CommandLine {
  readonly page: string;
  readonly line: string;
  readonly program: keyof typeof COMMANDER_PROGRAMS | 'stx';
  readonly words: readonly string[];
}

const COMMAND_LINES: readonly CommandLine[] = LINES.flatMap(({ page, line }) => {
  const words = wordsOf(line);
  if (words[0] === 'npx') words.shift();
  const program = words.shift() as CommandLine['program'];
  const isOurs = program === 'stx' || Object.hasOwn(COMMANDER_PROGRAMS, program ?? '');
  return isOurs && words.length > 0 ? [{ page, line, program, words }] : [];
});

describe('command lines', () => {
  it('are found', () => {
    expect(COMMAND_LINES.length).toBeGreaterThan(40);
  });

  it.each(COMMAND_LINES.map((each) => [`${each.page}: ${each.line}`, each] as const))(
    '%s',
    async (_title, { program, words }) => {
      if (program === 'stx') {
        if (words[0] === 'help' || words[0] === '--help') return;
        const line = splitStxLine(words);
        const command = STX_COMMANDS[line.command ?? ''];
        expect(command, line.command).toBeDefined();
        // A command that is only named shows none of its arguments.
        const isNamed = line.positional.length === 0 && line.named.size === 0;
        if (!isNamed) expect(() => bindArguments(line, command!.arguments)).not.toThrow();
        return;
      }
      if (words[0] === '--help') return;
      const cli = await COMMANDER_PROGRAMS[program]();
      const command = cli.commands.find((one) => one.name() === words[0]);
      expect(command, `${program} ${words[0]}`).toBeDefined();
      for (const word of words.slice(1)) {
        if (!/^-/.test(word)) continue;
        expect(
          command!.options.some((option) => option.long === word || option.short === word),
          word,
        ).toBe(true);
      }
    },
  );
});

describe('configuration files', () => {
  const READERS = [
    ['docs/run-a-miner.md', readNodeToml],
    ['docs/run-a-signer.md', readSignerToml],
    ['docs/run-a-host.md', readHostToml],
    ['docs/gateway.md', readGatewayToml],
  ] as const;
  const folder = mkdtempSync(join(tmpdir(), 'assay-docs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(READERS)('of %s are read without a warning', (page, read) => {
    const files = BLOCKS.filter((block) => block.page === page && block.language === 'toml');
    expect(files.length).toBeGreaterThan(0);
    for (const { text } of files) {
      const path = join(folder, 'config.toml');
      // What is commented out must be right, too.
      // `…` stands for what is everybody's own.
      const uncommented = text
        .replaceAll('SP…', DEVNET_ACCOUNTS[0]!.address)
        .replace(/^# (?=[a-z0-9_]+ = |\[)/gm, '');
      for (const variant of [text, uncommented]) {
        writeFileSync(path, variant);
        expect(read(path).warnings, variant).toEqual([]);
      }
    }
  });
});

describe('a node', () => {
  const node = new TestNode(undefined, {
    genesis: {
      balances: DEVNET_ACCOUNTS.map(({ address }) => ({ address, amountMicro: `${START}` })),
      hosts: [],
    },
  });
  let url = '';
  beforeAll(async () => {
    node.chain.tenure();
    url = await node.serve();
  });
  afterAll(() => node.stop());

  const snippets = BLOCKS.filter(
    ({ language, text }) => language === 'js' && text.includes('@stacks/transactions'),
  );

  /** The page says where a devnet listens; here the node has another port. */
  async function execute(text: string): Promise<string> {
    const folder = join(root, '.cache', 'docs');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `snippet-${process.pid}.mjs`);
    const prelude =
      "import { STACKS_DEVNET as __devnet } from '@stacks/network';\n" +
      '__devnet.client.baseUrl = process.env.NODE_URL;\n';
    writeFileSync(path, prelude + text);
    try {
      const env = { ...process.env, NODE_URL: url };
      const { stdout } = await promisify(execFile)(process.execPath, [path], { env });
      return stdout;
    } finally {
      rmSync(path);
    }
  }

  it('takes what the JavaScript of the pages sends, and mines it', async () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2);
    for (const { page, text } of snippets) {
      const shown = await execute(text);
      expect(shown, page).toMatch(/txid: '[0-9a-f]{64}'/);
      expect(node.mine().length, page).toBe(1);
      const [receipt] = node.chain.chain.receipts(node.chain.tip.blockId)!;
      expect(receipt!.vmError, page).toBeNull();
    }
  });

  const paths = [
    ...new Set(
      PAGES.flatMap((page) =>
        [...textOf(page).matchAll(/127\.0\.0\.1:(?:20443|3999)(\/[^\s"'`)]*)/g)].map(
          ([, path]) => path!,
        ),
      ),
    ),
  ];

  it.each(paths)('answers %s', async (path) => {
    const filled = path
      .replace('<txid>', '00'.repeat(32))
      .replace(/<[a-z ]+>/, DEVNET_ACCOUNTS[0]!.address);
    const method = path.includes('faucets') ? 'POST' : 'GET';
    const answer = await node.request(method, filled);
    expect(new TextDecoder().decode(answer.body)).not.toMatch(/No such file|not found/);
  });
});

describe('links', () => {
  const rooms = ['base', 'format', 'rules', 'client', 'node', 'inference', 'apps'].flatMap(
    (floor) => readdirSync(join(root, floor)).map((room) => `${floor}/${room}/README.md`),
  );

  it('every room has a README', () => {
    expect(rooms.filter((page) => !existsSync(join(root, page)))).toEqual([]);
  });

  it('lead from docs/README.md to every page', () => {
    const index = textOf('docs/README.md');
    const missing = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(missing.filter((page) => !index.includes(`(${page.slice('docs/'.length)})`))).toEqual(
      [],
    );
  });

  it('lead to files that are there', () => {
    const broken: string[] = [];
    for (const page of [...PAGES, ...rooms, 'contracts/README.md', 'models/README.md']) {
      for (const [, target] of textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(target!)) continue;
        if (!existsSync(join(root, dirname(page), target!))) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});
