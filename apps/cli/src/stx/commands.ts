/**
 * The `stx` commands of FunAI's guide and of the Stacks CLI that this network answers:
 * make_keychain, balance, send_tokens, infer, infer_result, deploy_contract, call_contract_func,
 * call_read_only_contract_func.
 * Output is JSON on standard output, as scripts expect.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { clarityValueToString, parsePrincipal } from '@assay/clarity-value';
import {
  addressOfPublicKey,
  buildContractCall,
  buildContractDeploy,
  buildTransfer,
  createMnemonic,
  DEVNET_IDS,
  makeKeychain,
  parsePrivateKey,
  publicKeyOf,
  STACKS_MAINNET_IDS,
  signTransaction,
  type WalletNetwork,
} from '@assay/wallet';
import { encodeTransaction, type SigningKey, type Transaction, transactionId } from '@assay/wire';
import { inferResult, parseTxid, prepareQuestion } from '../inference.ts';
import { DEFAULT_NODE_URL, NodeApi } from '../node-api.ts';
import { UserError } from '../user-error.ts';
import { must, parseAmount } from '../wallet-result.ts';
import { bindArguments, type StxArgument, type StxFlags, type StxLine } from './arguments.ts';
import { parseClarityArguments } from './clarity-arguments.ts';

interface StxCommand {
  readonly help: string;
  readonly arguments: readonly StxArgument[];
  run(line: StxLine): Promise<unknown>;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function nodeOf(flags: StxFlags): NodeApi {
  return new NodeApi(flags.nodeUrl ?? DEFAULT_NODE_URL);
}

function networkOf(flags: StxFlags): WalletNetwork {
  return flags.testnet || flags.local ? DEVNET_IDS : STACKS_MAINNET_IDS;
}

function keyOf(text: string): SigningKey {
  return must(parsePrivateKey(text));
}

function mustBeAddress(text: string): void {
  if (parsePrincipal(text).ok) return;
  throw new UserError(
    'cli/bad-address',
    `${text} is not a Stacks address.`,
    'Copy the address again; test networks use ST..., mainnet SP....',
  );
}

/** Transactions are always made for the node's own network: today the devnet's ids. */
const TRANSACTION_NETWORK = DEVNET_IDS;

/** -e: fee only; -x: the signed bytes only; otherwise broadcast. */
async function finish(flags: StxFlags, transaction: Transaction): Promise<unknown> {
  const bytes = encodeTransaction(transaction);
  if (flags.estimateOnly) return String((await nodeOf(flags).feeRate()) * BigInt(bytes.length));
  if (flags.printOnly) return { txid: hex(transactionId(transaction)), transaction: hex(bytes) };
  const node = nodeOf(flags);
  const txid = await node.broadcast(bytes);
  return { txid: `0x${txid}`, transaction: `${node.url}/extended/v1/tx/0x${txid}` };
}

const makeKeychainCommand: StxCommand = {
  help: 'Generate a mnemonic and the keys of its first account. Add -t for a test network.',
  arguments: [{ name: 'mnemonic', help: 'words of an existing wallet', optional: true }],
  async run(line) {
    const { mnemonic } = bindArguments(line, this.arguments);
    const words = mnemonic ?? createMnemonic(randomBytes(32));
    return must(makeKeychain(words, networkOf(line.flags)));
  },
};

const balanceCommand: StxCommand = {
  help: 'Balance, locked amount and nonce of an account.',
  arguments: [{ name: 'address', help: 'Stacks address' }],
  async run(line) {
    const { address } = bindArguments(line, this.arguments);
    mustBeAddress(address!);
    const account = await nodeOf(line.flags).account(address!);
    return {
      balance: account.balanceMicro.toString(),
      locked: account.lockedMicro.toString(),
      unlock_height: account.unlockHeight,
      nonce: Number(account.nonce),
    };
  },
};

const sendTokensCommand: StxCommand = {
  help: 'Send STX to another account.',
  arguments: [
    { name: 'recipient', help: 'address that receives' },
    { name: 'amount', help: 'micro-STX' },
    { name: 'fee', help: 'micro-STX' },
    { name: 'nonce', help: "the account's next nonce" },
    { name: 'payment_key', help: 'private key of the sender' },
    { name: 'memo', help: 'at most 34 bytes', optional: true },
  ],
  async run(line) {
    const args = bindArguments(line, this.arguments);
    const key = keyOf(args.payment_key!);
    const transfer = must(
      buildTransfer({
        network: TRANSACTION_NETWORK,
        origin: { publicKey: publicKeyOf(key) },
        nonce: parseAmount('nonce', args.nonce!),
        feeMicro: parseAmount('fee', args.fee!),
        recipient: args.recipient!,
        amountMicro: parseAmount('amount', args.amount!),
        memo: args.memo ?? '',
      }),
    );
    return finish(line.flags, must(signTransaction(transfer, key)));
  },
};

/** The guide's `--fee` is the transaction fee alone; what the answer may cost is bounded here. */
const DEFAULT_ANSWER_MICRO = 100_000n;

const inferCommand: StxCommand = {
  help: 'Ask the network. The answer is found with: assay result <txid>',
  arguments: [
    { name: 'address', help: 'your Stacks address' },
    { name: 'userInput', help: 'the question' },
    { name: 'context', help: 'system text, or {}' },
    { name: 'fee', help: 'transaction fee in micro-STX' },
    { name: 'nonce', help: "the account's next nonce" },
    { name: 'payment_key', help: 'your private key' },
    { name: 'max_fee', help: 'most the answer may cost, micro-STX', optional: true },
    { name: 'model', help: 'model id', optional: true },
  ],
  async run(line) {
    const args = bindArguments(line, this.arguments);
    const key = keyOf(args.payment_key!);
    const publicKey = publicKeyOf(key);
    const own = [DEVNET_IDS, STACKS_MAINNET_IDS].map((ids) => addressOfPublicKey(publicKey, ids));
    if (!own.includes(args.address!)) {
      throw new UserError(
        'cli/wrong-key',
        `The payment key belongs to ${own[0]}, not to ${args.address}.`,
        'Give the private key of the address, or the address of the key.',
      );
    }
    const node = nodeOf(line.flags);
    const { transaction, txid: id } = await prepareQuestion(node, {
      prompt: args.userInput!,
      context: args.context === '{}' ? '' : args.context!,
      key,
      feeMicro: parseAmount('fee', args.fee!),
      nonce: parseAmount('nonce', args.nonce!),
      maxFeeMicro:
        args.max_fee === undefined ? DEFAULT_ANSWER_MICRO : parseAmount('max_fee', args.max_fee),
      maxTokens: 256,
      temperatureMicro: 700_000,
      model: args.model ?? null,
    });
    if (line.flags.estimateOnly) return String((await node.feeRate()) * BigInt(transaction.length));
    if (line.flags.printOnly) return { txid: `0x${id}`, transaction: hex(transaction) };
    const txid = await node.broadcast(transaction);
    return { txid: `0x${txid}`, transaction: `${node.url}/v2/infer_result/${txid}` };
  },
};

const inferResultCommand: StxCommand = {
  help: 'What became of a request: status, answer, receipt, verdicts.',
  arguments: [{ name: 'txid', help: 'transaction of the request' }],
  async run(line) {
    const { txid } = bindArguments(line, this.arguments);
    return inferResult(nodeOf(line.flags), parseTxid(txid!));
  },
};

const deployCommand: StxCommand = {
  help: 'Deploy a Clarity contract.',
  arguments: [
    { name: 'source_file', help: 'path of the .clar file' },
    { name: 'contract_name', help: 'name of the contract' },
    { name: 'fee', help: 'micro-STX' },
    { name: 'nonce', help: "the account's next nonce" },
    { name: 'payment_key', help: 'private key of the deployer' },
  ],
  async run(line) {
    const args = bindArguments(line, this.arguments);
    const key = keyOf(args.payment_key!);
    let source: string;
    try {
      source = readFileSync(args.source_file!, 'utf8');
    } catch {
      throw new UserError('cli/no-file', `${args.source_file} cannot be read.`, 'Check the path.');
    }
    const deploy = must(
      buildContractDeploy({
        network: TRANSACTION_NETWORK,
        origin: { publicKey: publicKeyOf(key) },
        nonce: parseAmount('nonce', args.nonce!),
        feeMicro: parseAmount('fee', args.fee!),
        contractName: args.contract_name!,
        source,
        postConditionMode: 'allow',
      }),
    );
    return finish(line.flags, must(signTransaction(deploy, key)));
  },
};

const ARGUMENTS_HELP = "u1,true,'ST...,{ a: 0x00 } or serialized as 0x01...; commas between";

const callCommand: StxCommand = {
  help: 'Call a public function of a contract.',
  arguments: [
    { name: 'contract_address', help: 'address of the deployer' },
    { name: 'contract_name', help: 'name of the contract' },
    { name: 'function_name', help: 'name of the function' },
    { name: 'fee', help: 'micro-STX' },
    { name: 'nonce', help: "the account's next nonce" },
    { name: 'payment_key', help: 'private key of the caller' },
    { name: 'function_args', help: ARGUMENTS_HELP, optional: true },
  ],
  async run(line) {
    const args = bindArguments(line, this.arguments);
    const key = keyOf(args.payment_key!);
    const call = must(
      buildContractCall({
        network: TRANSACTION_NETWORK,
        origin: { publicKey: publicKeyOf(key) },
        nonce: parseAmount('nonce', args.nonce!),
        feeMicro: parseAmount('fee', args.fee!),
        contract: `${args.contract_address}.${args.contract_name}`,
        functionName: args.function_name!,
        args: await parseClarityArguments(args.function_args),
        postConditionMode: 'allow',
      }),
    );
    return finish(line.flags, must(signTransaction(call, key)));
  },
};

const readOnlyCommand: StxCommand = {
  help: 'Call a read-only function; costs nothing and sends nothing.',
  arguments: [
    { name: 'contract_address', help: 'address of the deployer' },
    { name: 'contract_name', help: 'name of the contract' },
    { name: 'function_name', help: 'name of the function' },
    { name: 'sender_address', help: 'who asks: tx-sender inside the function' },
    { name: 'function_args', help: ARGUMENTS_HELP, optional: true },
  ],
  async run(line) {
    const args = bindArguments(line, this.arguments);
    const contract = `${args.contract_address}.${args.contract_name}`;
    const sender = args.sender_address!;
    for (const principal of [contract, sender]) mustBeAddress(principal);
    const values = await parseClarityArguments(args.function_args);
    const node = nodeOf(line.flags);
    return clarityValueToString(
      await node.callReadOnly(contract, args.function_name!, values, sender),
    );
  },
};

export const STX_COMMANDS: Readonly<Record<string, StxCommand>> = {
  make_keychain: makeKeychainCommand,
  balance: balanceCommand,
  send_tokens: sendTokensCommand,
  infer: inferCommand,
  infer_result: inferResultCommand,
  deploy_contract: deployCommand,
  call_contract_func: callCommand,
  call_read_only_contract_func: readOnlyCommand,
};

const usageOf = (name: string, command: StxCommand): string =>
  [name, ...command.arguments.map((a) => (a.optional ? `[${a.name}]` : `<${a.name}>`))].join(' ');

/** What `stx <command> --help` prints. */
export function stxCommandHelp(name: string): string {
  const command = STX_COMMANDS[name]!;
  const width = Math.max(...command.arguments.map((argument) => argument.name.length));
  const lines = command.arguments.map(
    (argument) => `  ${argument.name.padEnd(width)}  ${argument.help}`,
  );
  return `Usage: stx ${usageOf(name, command)}

${command.help}

Arguments, in this order or as --name value:
${lines.join('\n')}

${OPTIONS_HELP}`;
}

const OPTIONS_HELP = `Options:
  -t          test network addresses (ST...)
  -l          the node at 127.0.0.1:20443, test network
  -I <url>    the node to talk to (default ${DEFAULT_NODE_URL})
  -H <url>    same as -I
  -e          estimate the fee, do nothing
  -x          print the signed transaction, do nothing
`;

export function stxHelp(): string {
  const lines = Object.entries(STX_COMMANDS).map(
    ([name, command]) => `  ${usageOf(name, command)}\n      ${command.help}`,
  );
  return `Usage: stx [options] command [arguments]

Arguments come in order, or as --name value; stx <command> --help tells more.

Commands:
${lines.join('\n')}

${OPTIONS_HELP}`;
}
