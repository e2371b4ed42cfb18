/**
 * The argument rules of the Stacks CLI and the lines of FunAI's guide, section 3.4: one-letter flags
 * anywhere, arguments by name or by position.
 */
import { describe, expect, it } from 'vitest';
import { bindArguments, splitStxLine } from '../src/stx/arguments.ts';
import { STX_COMMANDS } from '../src/stx/commands.ts';
import { UserError } from '../src/user-error.ts';

/** Splits as a shell does: blanks, double quotes, a backslash before the end of a line. */
function shell(line: string): string[] {
  const words = line.replace(/\\\n/g, ' ').match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/^"|"$/g, ''));
}

const KEY = 'a1c7d36e014ef2e3e7c7f63adcd373bf289f352371b9cf8daee8a6fa9f2d4f5601';

const GUIDE_EXAMPLE = String.raw`infer \
  --address SP2ZMFRFWCD0MWQZVSV8CCHB44M1C0EFSYD3VA2BV \
  --userInput "Is the Earth round?" \
  --context "{}" \
  --fee 206 \
  --nonce 0 \
  --payment_key ${KEY} \
  -I "http://34.143.166.224:20443"`;

const WANTED = {
  address: 'SP2ZMFRFWCD0MWQZVSV8CCHB44M1C0EFSYD3VA2BV',
  userInput: 'Is the Earth round?',
  context: '{}',
  fee: '206',
  nonce: '0',
  payment_key: KEY,
  max_fee: undefined,
  model: undefined,
};

function bind(line: string) {
  const split = splitStxLine(shell(line));
  return { split, args: bindArguments(split, STX_COMMANDS[split.command!]!.arguments) };
}

function problem(line: string): UserError {
  try {
    bind(line);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe("the guide's infer", () => {
  it('reads the example as it stands', () => {
    const { split, args } = bind(GUIDE_EXAMPLE);
    expect(split.command).toBe('infer');
    expect(split.flags.nodeUrl).toBe('http://34.143.166.224:20443');
    expect(args).toEqual(WANTED);
  });

  it('reads the same by position, with flags anywhere', () => {
    const values = `${WANTED.address} "Is the Earth round?" {} 206 0 ${KEY}`;
    expect(bind(`infer ${values} -I http://n:1`).args).toEqual(WANTED);
    expect(bind(`-I http://n:1 -t infer ${values}`).args).toEqual(WANTED);
  });

  it('mixes names and positions: names first, the rest in order', () => {
    const { args } = bind(
      `infer --fee 206 ${WANTED.address} "Is the Earth round?" --context "{}" 0 ${KEY}`,
    );
    expect(args).toEqual(WANTED);
  });
});

describe('flags', () => {
  it.each([
    ['-t', { testnet: true }],
    ['-l', { local: true }],
    ['-e', { estimateOnly: true }],
    ['-x', { printOnly: true }],
    ['-H http://n:1', { nodeUrl: 'http://n:1' }],
  ])('%s', (flag, expected) => {
    expect(splitStxLine(shell(`balance ST1 ${flag}`)).flags).toMatchObject(expected);
  });

  it('-I wins over -H', () => {
    expect(splitStxLine(shell('balance -H http://h:1 -I http://i:1')).flags.nodeUrl).toBe(
      'http://i:1',
    );
  });
});

describe('mistakes', () => {
  it.each([
    ['a missing argument', 'balance', 'cli/missing-argument', /address/],
    ['an unknown name', 'balance --adress ST1', 'cli/unknown-argument', /--adress/],
    ['too many', 'balance ST1 ST2', 'cli/too-many-arguments', /ST2/],
    ['a flag without value', 'balance ST1 -I', 'cli/missing-value', /-I/],
    ['a name without value', 'balance --address', 'cli/missing-value', /--address/],
  ])('%s', (_what, line, code, message) => {
    const error = problem(line);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.next).not.toBe('');
  });
});
