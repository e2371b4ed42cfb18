/**
 * Commands that start with `::`, for `executeCommand` and the REPL: the chain's clock, accounts and
 * encodings. Answers are text; a wrong command says what is right.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import {
  clarityValueToString,
  decodeClarityValue,
  encodeClarityValue,
  parsePrincipal,
} from '@assay/clarity-value';
import { EPOCHS, parseEpoch } from './epochs.ts';
import type { Session } from './session.ts';

interface ConsoleCommand {
  readonly usage: string;
  readonly about: string;
  readonly run: (session: Session, words: readonly string[]) => string;
}

function count(word: string | undefined): number | null {
  const number = Number(word ?? 1);
  return Number.isInteger(number) && number >= 0 && number <= 1_000_000 ? number : null;
}

function advance(session: Session, word: string | undefined, step: () => void): string {
  const blocks = count(word);
  if (blocks === null) return 'error: the count is a whole number up to 1000000';
  for (let i = 0; i < blocks; i++) step();
  return heights(session);
}

function heights({ chain }: Session): string {
  return `stacks-block-height: ${chain.stacksHeight}, burn-block-height: ${chain.burnHeight}`;
}

function assetLines(session: Session): string {
  const lines: string[] = [];
  for (const [asset, owners] of session.assets()) {
    for (const [owner, amount] of owners) lines.push(`${asset}  ${owner}  ${amount}`);
  }
  return lines.join('\n') || 'no assets yet';
}

function contractLines(session: Session): string {
  const lines = [...session.contracts()].map(([id, { clarityVersion }]) => {
    const functions = session.contractInterface(id)?.functions ?? [];
    const shown = functions
      .filter((fn) => fn.access !== 'private')
      .map((fn) => `  (${[fn.name, ...fn.args.map((arg) => arg.name)].join(' ')})`);
    return [`${id}  Clarity ${clarityVersion}`, ...shown].join('\n');
  });
  return lines.join('\n') || 'no contracts yet';
}

export const CONSOLE_COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  get_epoch: {
    usage: '',
    about: 'the epoch',
    run: (session) => `Current epoch: ${session.chain.epoch}`,
  },
  set_epoch: {
    usage: '<epoch>',
    about: `one of ${EPOCHS[0]} to ${EPOCHS.at(-1)}`,
    run(session, [word]) {
      const epoch = parseEpoch(word);
      if (epoch === null) return `error: epochs are ${EPOCHS.join(', ')}`;
      session.setEpoch(epoch);
      return `Epoch updated to: ${epoch}`;
    },
  },
  get_block_height: { usage: '', about: 'heights of both chains', run: heights },
  advance_chain_tip: {
    usage: '<count>',
    about: 'mine Bitcoin blocks, each with a Stacks block',
    run: (session, [word]) => advance(session, word, () => session.chain.mineBurnBlock()),
  },
  advance_burn_chain_tip: {
    usage: '<count>',
    about: 'the same',
    run: (session, [word]) => advance(session, word, () => session.chain.mineBurnBlock()),
  },
  advance_stacks_chain_tip: {
    usage: '<count>',
    about: 'mine Stacks blocks within the tenure',
    run: (session, [word]) => advance(session, word, () => session.chain.mineStacksBlock()),
  },
  get_assets_maps: { usage: '', about: 'who owns what', run: assetLines },
  get_contracts: { usage: '', about: 'contracts and what can be called', run: contractLines },
  set_tx_sender: {
    usage: '<principal>',
    about: 'who calls from now on',
    run(session, [who]) {
      if (who === undefined || !parsePrincipal(who).ok)
        return 'error: expected a principal (ST...)';
      session.deployer = who;
      return `tx-sender switched to ${who}`;
    },
  },
  mint_stx: {
    usage: '<principal> <micro-STX>',
    about: 'new coins',
    run(session, [who, amount]) {
      if (who === undefined || !parsePrincipal(who).ok)
        return 'error: expected a principal (ST...)';
      if (!/^\d{1,38}$/.test(amount ?? '')) return 'error: expected an amount in micro-STX';
      session.mintStx(who, BigInt(amount!));
      return `→ ${who}: ${session.stxBalance(who)} µSTX`;
    },
  },
  mint_ft: {
    usage: '<contract.token> <principal> <amount>',
    about: 'new tokens',
    run(session, [token, who, amount]) {
      if (!/^S\w+\.[\w-]+\.[\w-]+$/.test(token ?? ''))
        return 'error: expected ST....contract.token';
      if (who === undefined || !parsePrincipal(who).ok)
        return 'error: expected a principal (ST...)';
      if (!/^\d{1,38}$/.test(amount ?? '')) return 'error: expected an amount';
      return `→ ${who}: ${session.mintFt(token!, who, BigInt(amount!))}`;
    },
  },
  encode: {
    usage: '<expression>',
    about: 'consensus bytes of a value',
    run(session, words) {
      const done = session.evaluate(words.join(' '));
      if (!done.ok) return `error: ${done.error.error.message}`;
      return bytesToHex(encodeClarityValue(done.value.result));
    },
  },
  decode: {
    usage: '<hex>',
    about: 'the value of consensus bytes',
    run(_session, [word]) {
      const hex = (word ?? '').replace(/^0x/, '');
      if (!isHex(hex)) return 'error: expected hex digits';
      const value = decodeClarityValue(bytesFromHex(hex));
      return value.ok ? clarityValueToString(value.value) : `error: ${value.error.message}`;
    },
  },
};

export function consoleHelp(): string {
  return Object.entries(CONSOLE_COMMANDS)
    .map(([name, { usage, about }]) => `${`::${name} ${usage}`.padEnd(48)}${about}`)
    .join('\n');
}

/** Text to show. Unknown commands are answered with a pointer to `::help`. */
export function runConsoleCommand(session: Session, line: string): string {
  const [head = '', ...words] = line.trim().split(/\s+/);
  if (!head.startsWith('::')) return 'error: command must start with ::';
  const name = head.slice(2);
  if (name === 'help') return consoleHelp();
  const command = Object.hasOwn(CONSOLE_COMMANDS, name) ? CONSOLE_COMMANDS[name]! : null;
  return command?.run(session, words) ?? `error: unknown command ${head}; see ::help`;
}
