/** `assay infer`, `assay result`, `assay verify`, `assay models`, `assay accounts`: for people who ask. */
import { type SealKeyPair, sealKeyPair, sealSecretOf } from '@assay/jobs';
import type { Check, ProvenAnswer, VerifyOptions, VerifyReport } from '@assay/proof';
import { parsePrivateKey } from '@assay/wallet';
import type { SigningKey } from '@assay/wire';
import { type Command, Option } from 'commander';
import { DEVNET_ACCOUNTS, devnetAccount } from '../devnet/accounts.ts';
import { ask, inferResult, parseTxid, sealedAnswer, waitForAnswer } from '../inference.ts';
import { DEFAULT_NODE_URL, NodeApi } from '../node-api.ts';
import { harmless, showAnswer } from '../show-answer.ts';
import { bold, columns, dim, green, red, yellow } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { must, parseAmount } from '../wallet-result.ts';
import { isReceiptName } from './verify-receipt.ts';

interface NodeOption {
  readonly node: string;
}

const nodeOption = () =>
  new Option('-I, --node <url>', 'the node to talk to').default(DEFAULT_NODE_URL);

interface AskOptions extends NodeOption {
  readonly context: string;
  readonly key?: string;
  readonly account: string;
  readonly maxFee: string;
  readonly maxTokens: string;
  readonly temperature: string;
  readonly model?: string;
  readonly private?: boolean;
  readonly sealed?: boolean;
  readonly timeout: string;
  readonly json?: boolean;
}

/** Millionths out of a decimal such as 0.7. */
function parseTemperature(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= 2) return Math.round(value * 1_000_000);
  throw new UserError(
    'cli/temperature',
    `The temperature ${text} is not between 0 and 2.`,
    'Use 0.7, for example.',
  );
}

interface PayOptions {
  readonly key?: string;
  readonly account: string;
}

function accountKey(options: PayOptions): string {
  if (options.key !== undefined) return options.key;
  if (DEVNET_ACCOUNTS.some((known) => known.name === options.account)) {
    return devnetAccount(options.account).privateKey;
  }
  throw new UserError(
    'cli/unknown-account',
    `There is no devnet account ${options.account}.`,
    `Use one of ${DEVNET_ACCOUNTS.map((a) => a.name).join(', ')}, or your own key with --key.`,
  );
}

async function runAsk(question: string, options: AskOptions): Promise<void> {
  const isPrivate = options.private === true || options.sealed === true;
  const node = new NodeApi(options.node);
  const txid = await ask(node, {
    prompt: question,
    context: options.context,
    key: must(parsePrivateKey(accountKey(options))),
    feeMicro: null,
    nonce: null,
    maxFeeMicro: parseAmount('--max-fee', options.maxFee),
    maxTokens: Number(parseAmount('--max-tokens', options.maxTokens)),
    temperatureMicro: parseTemperature(options.temperature),
    model: options.model ?? null,
    sealed: isPrivate,
  });
  if (options.json !== true) console.log(`${dim('transaction')} 0x${txid}`);
  const timeoutMs = Number(parseAmount('--timeout', options.timeout)) * 1_000;
  const seen = await waitForAnswer(node, txid, timeoutMs, ({ status }) => {
    if (options.json !== true) console.log(dim(`  ${status}`));
  });
  const isOpened = isPrivate && seen.status === 'Success';
  const key = must(parsePrivateKey(accountKey(options)));
  const result = isOpened
    ? { ...seen, input: question, output: await sealedAnswer(node, txid, key) }
    : seen;
  if (options.json === true) console.log(JSON.stringify(result, null, 2));
  else console.log(showAnswer(result));
  if (result.status === 'Failure') process.exitCode = 1;
}

interface VerifyFlags extends NodeOption, KeyOptions {
  readonly genesis?: string;
  readonly bitcoin?: string;
  readonly rescore?: boolean;
  readonly model?: string;
  readonly json?: boolean;
  readonly gateway: string;
  readonly answer?: string;
}

function checkLine({ what, ok, detail }: Check): string {
  const word = ok === null ? yellow('not checked') : ok ? green('ok') : red('FAILED');
  return `  ${what}: ${word}${detail === '' ? '' : dim(`  ${detail}`)}`;
}

async function runVerify(name: string, options: VerifyFlags): Promise<void> {
  const { loadGenesis, trustedNetwork } = await import('../genesis-file.ts');
  const { bitcoindSource } = await import('../bitcoin-node.ts');
  const { genesis, bitcoin } = options;
  const sources = {
    trusted: genesis === undefined ? undefined : trustedNetwork(loadGenesis(genesis)),
    bitcoin: bitcoin === undefined ? undefined : bitcoindSource(bitcoin),
  };
  if (isReceiptName(name)) sayReport(await checkReceipt(name, options, sources), options);
  else {
    const report = await checkAnswer(name, options, sources);
    sayReport(report, options, report.answer);
  }
}

function sayReport(
  { ok, checks }: Pick<VerifyReport, 'ok' | 'checks'>,
  { json }: VerifyFlags,
  answer: ProvenAnswer | null = null,
): void {
  const opened = answer?.sealedPrompt == null ? null : openedText(answer);
  if (json === true) {
    const { question, text } = opened ?? {};
    console.log(JSON.stringify({ ok, checks, question, answer: text }, null, 2));
  } else {
    for (const check of checks) console.log(checkLine(check));
    if (opened !== null) {
      const quoted = harmless(opened.text)
        .split('\n')
        .map((line) => `  | ${line}`);
      console.log(`\n  ${harmless(opened.question)}\n\n${quoted.join('\n')}`);
    }
    console.log(ok ? green('\nverified') : red('\nnot verified'));
  }
  if (!ok) process.exitCode = 1;
}

/** What a key opened: for its holder alone. Public answers are shown by the node. */
const openedText = ({ sealedPrompt, transcript }: ProvenAnswer) => ({
  question: sealedPrompt!.prompt,
  text: transcript?.text ?? '',
});

type Sources = Pick<VerifyOptions, 'trusted' | 'bitcoin'>;

interface KeyOptions {
  readonly key?: string;
  readonly account?: string;
}

/** Whose sealed answers are to be opened; undefined: nobody's. */
function ownKey({ key, account }: KeyOptions): SigningKey | undefined {
  if (key === undefined && account === undefined) return undefined;
  return must(parsePrivateKey(key ?? accountKey({ account: account! })));
}

/** Opens sealed answers; without a key they stay closed, and the rest is checked. */
function sealKeysOf(options: KeyOptions): SealKeyPair | undefined {
  const key = ownKey(options);
  return key === undefined ? undefined : sealKeyPair(sealSecretOf(key.privateKey));
}

async function checkAnswer(txid: string, options: VerifyFlags, sources: Sources) {
  const { verifyAnswer } = await import('@assay/proof');
  const { checkByRescoring } = await import('../rescore.ts');
  const { rescore, model } = options;
  return verifyAnswer(new NodeApi(options.node), parseTxid(txid), {
    ...sources,
    sealKeys: sealKeysOf(options),
    rescore:
      rescore === true || model !== undefined
        ? (checks, input) => checkByRescoring(checks, input, model)
        : undefined,
  });
}

async function checkReceipt(name: string, options: VerifyFlags, sources: Sources) {
  const { verifyReceipt } = await import('@assay/proof');
  const { loadReceipt } = await import('./verify-receipt.ts');
  const receipt = await loadReceipt(name, options.gateway);
  const node = new NodeApi(options.node);
  return verifyReceipt(receipt, { ...sources, node, answer: options.answer });
}

interface DisputeOptions extends NodeOption, PayOptions {
  readonly evidence: string;
  readonly timeout: string;
}

const DISPUTE_WORDS = {
  open: 'nobody has decided yet; see again with `assay result`',
  upheld: "the answer was false: the host's bond repays the user",
  dismissed: 'the answer was true: the bond went to the host',
  lapsed: 'nobody decided in time: the bond came back',
} as const;

async function runDispute(txid: string, options: DisputeOptions): Promise<void> {
  const { openDispute, waitForDispute } = await import('../dispute.ts');
  const { formatStx } = await import('@assay/proof');
  const node = new NodeApi(options.node);
  const key = must(parsePrivateKey(accountKey(options)));
  const { evidence } = options;
  const sent = await openDispute(node, parseTxid(txid), { key, evidence });
  console.log(`${dim('transaction')} 0x${sent.txid}`);
  console.log(`${dim('bond')}        ${formatStx(sent.bondMicro)}`);
  const timeoutMs = Number(parseAmount('--timeout', options.timeout)) * 1_000;
  if (timeoutMs === 0) return;
  const outcome = await waitForDispute(node, sent.txid, timeoutMs);
  const paint = outcome === 'upheld' ? green : outcome === 'dismissed' ? red : yellow;
  console.log(`${paint(outcome)}: ${DISPUTE_WORDS[outcome]}`);
  if (outcome === 'dismissed') process.exitCode = 1;
}

async function runModels(options: NodeOption & { readonly json?: boolean }): Promise<void> {
  const { listModels } = await import('../list-hosts.ts');
  const models = await listModels(new NodeApi(options.node));
  if (options.json === true) console.log(JSON.stringify(models, null, 2));
  else {
    for (const { id, name, hosts, isRetired } of models) {
      const state = isRetired ? 'retired' : `${hosts} ${hosts === 1 ? 'host' : 'hosts'}`;
      console.log(`${id}  ${name}  ${dim(state)}`);
    }
  }
}

async function runHosts(options: NodeOption & { readonly json?: boolean }): Promise<void> {
  const { listHosts } = await import('../list-hosts.ts');
  const hosts = await listHosts(new NodeApi(options.node));
  if (options.json === true) {
    const plain = (_: string, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value;
    console.log(JSON.stringify(hosts, plain, 2));
    return;
  }
  const { formatStx } = await import('@assay/proof');
  for (const host of hosts) {
    const { address, assurance, status, endpoint, bondMicro, settled, clean } = host;
    console.log(`${address}  class ${assurance ?? '?'}  ${status}  ${dim(endpoint)}`);
    const { inputPriceMicro: input, cachedPriceMicro: cached, outputPriceMicro: output } = host;
    const prices = `${input} / ${cached} / ${output} micro-STX per token read / cached / written`;
    const record = `${settled} settled, ${clean} clean, ${host.faults} faults, ${host.missed} missed`;
    console.log(dim(`  ${prices}; bond ${formatStx(bondMicro)}; ${record}`));
  }
}

export function addUserCommands(cli: Command): void {
  cli
    .command('infer')
    .description('ask the network and wait for the verified answer')
    .argument('<question>', 'what to ask')
    .option('--context <text>', 'system text', '')
    .option('--account <name>', 'devnet account that pays', 'wallet_1')
    .option('--key <hex>', 'private key that pays, instead of a devnet account')
    .option('--max-fee <micro>', 'most the answer may cost, micro-STX', '100000')
    .option('--max-tokens <n>', 'longest answer', '128')
    .option('--temperature <t>', '0 to 2', '0.7')
    .option('--model <id>', 'model id; default: the first registered')
    .option('--private', 'encrypt prompt and answer to hosts, judges and yourself')
    .option('--sealed', 'the same as --private')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .option('--json', 'print JSON')
    .addOption(nodeOption())
    .action(runAsk);
  cli
    .command('result')
    .description('what became of a request')
    .argument('<txid>', 'transaction of the request')
    .option('--key <hex>', 'private key that asked: opens a sealed answer')
    .option('--account <name>', 'the same for a devnet account')
    .option('--json', 'print JSON')
    .addOption(nodeOption())
    .action(async (txid: string, options: NodeOption & KeyOptions & { json?: boolean }) => {
      const node = new NodeApi(options.node);
      const seen = await inferResult(node, parseTxid(txid));
      const key = ownKey(options);
      const isOpened = key !== undefined && seen.status === 'Success';
      const result = isOpened
        ? { ...seen, output: await sealedAnswer(node, parseTxid(txid), key) }
        : seen;
      console.log(options.json === true ? JSON.stringify(result, null, 2) : showAnswer(result));
      if (result.status === 'NotFound') process.exitCode = 1;
    });
  cli
    .command('verify')
    .description('check an answer yourself: signatures, hashes, certificate, block, Bitcoin')
    .argument('<what>', 'transaction of a request, or a receipt of a gateway: file, URL or id')
    .option('--genesis <file>', 'genesis of the network: whose signatures count')
    .option('--bitcoin <url>', 'a Bitcoin node, http://user:password@host:port')
    .option('--rescore', 'run the model over the answer, as signers do')
    .option('--model <file>', 'GGUF file to rescore with; default: the small model')
    .option('--gateway <url>', 'where receipts are asked for by id', 'http://127.0.0.1:8080')
    .option('--key <hex>', 'private key that asked: opens a sealed answer')
    .option('--account <name>', 'the same for a devnet account')
    .option('--answer <text>', "text of the answer, held against the receipt's commitment")
    .option('--json', 'print JSON')
    .addOption(nodeOption())
    .action(runVerify);
  cli
    .command('refund')
    .description('take back the escrow of a request that was never answered')
    .argument('<txid>', 'transaction of the request')
    .option('--account <name>', 'devnet account that pays the fee', 'wallet_1')
    .option('--key <hex>', 'private key that pays the fee, instead of a devnet account')
    .addOption(nodeOption())
    .action(async (txid: string, options: PayOptions & NodeOption) => {
      const { refund } = await import('../refund.ts');
      const key = must(parsePrivateKey(accountKey(options)));
      const sent = await refund(new NodeApi(options.node), parseTxid(txid), key);
      console.log(`${dim('transaction')} 0x${sent}`);
    });
  cli
    .command('dispute')
    .description('put up a bond that a settled answer was false; the signers judge it again')
    .argument('<txid>', 'transaction of the request')
    .option('--evidence <text>', 'what you have to show; its hash goes on chain', '')
    .option('--account <name>', 'devnet account that pays the bond', 'wallet_1')
    .option('--key <hex>', 'private key that pays the bond, instead of a devnet account')
    .option('--timeout <seconds>', 'how long to wait for the judges; 0: not at all', '120')
    .addOption(nodeOption())
    .action(runDispute);
  cli
    .command('models')
    .description('the registered models, and how many hosts are drawn for each')
    .option('--json', 'print JSON')
    .addOption(nodeOption())
    .action(runModels);
  cli
    .command('hosts')
    .description('who answers: assurance class, prices, bond, record')
    .option('--json', 'print JSON')
    .addOption(nodeOption())
    .action(runHosts);
  cli
    .command('accounts')
    .description('the funded accounts of the devnet')
    .action(() => {
      console.log(bold('Devnet accounts (the keys are public: never use them elsewhere)'));
      console.log(
        columns(DEVNET_ACCOUNTS.map((a) => [a.name, `${a.address}  ${dim(a.privateKey)}`])),
      );
    });
}
