/** Lines: where a run failed, what each line cost, which lines ran; the tree behind them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cl } from '@stacks/transactions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatLineCosts, initSimnet, type Simnet, type SimnetOptions } from '../src/index.ts';

const BANK = `(define-data-var shares uint u0)
(define-map owners principal uint)

(define-private (part (amount uint))
  (/ amount
     (var-get shares)))

(define-public (join (amount uint))
  (begin
    (asserts! (> amount u0)
      (err u1))
    (map-set owners tx-sender amount)
    (var-set shares (+ (var-get shares) u1))
    (ok true)))

(define-read-only (share-of (who principal))
  (part (default-to u0 (map-get? owners who))))
`;
const CLERK = `(define-public (ask (who principal))
  (ok
    (contract-call? .bank share-of who)))

(define-public (never) (ok u1))
`;

const folder = mkdtempSync(join(tmpdir(), 'simnet-lines-'));

beforeAll(() => {
  mkdirSync(join(folder, 'contracts'));
  writeFileSync(join(folder, 'contracts', 'bank.clar'), BANK);
  writeFileSync(join(folder, 'contracts', 'clerk.clar'), CLERK);
  const contract = (name: string) =>
    `[contracts.${name}]\npath = "contracts/${name}.clar"\nepoch = "3.3"\nclarity_version = 4\n`;
  writeFileSync(
    join(folder, 'Clarinet.toml'),
    `[project]\nname = "lines"\n${contract('bank')}${contract('clerk')}`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (options: SimnetOptions = {}): Promise<Simnet> =>
  initSimnet(join(folder, 'Clarinet.toml'), true, options);

function thrown(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was thrown');
}

describe.each([
  ['unwatched', {}],
  ['with coverage', { trackCoverage: true }],
] as const)('a run-time error (%s)', (_how, options) => {
  it('names the lines that led to it, innermost first', async () => {
    const simnet = await start(options);
    const { deployer } = simnet;
    const text = thrown(() =>
      simnet.callPublicFn('clerk', 'ask', [Cl.principal(deployer)], deployer),
    );
    expect(text.split('\n').slice(1)).toEqual([
      '    at .bank:5',
      '    at .bank:17',
      '    at .clerk:3',
    ]);
    expect(text).toContain('Runtime(DivisionByZero)');
    // Looking again changed nothing.
    expect(simnet.getDataVar('bank', 'shares')).toEqual(Cl.uint(0));
  });

  it('in a snippet, too', async () => {
    const simnet = await start(options);
    expect(simnet.runSnippet('(contract-call? .bank share-of tx-sender)')).toContain(
      'DivisionByZero',
    );
    expect(simnet.getAssetsMap().get('STX')!.size).toBeGreaterThan(0);
  });
});

describe('a call trace', () => {
  it('says from which line a contract was called', async () => {
    const simnet = await start();
    const { deployer } = simnet;
    simnet.callPublicFn('bank', 'join', [Cl.uint(8)], deployer);
    simnet.callPublicFn('clerk', 'ask', [Cl.principal(deployer)], deployer);
    const lines = simnet.getLastContractCallTrace()!.split('\n');
    expect(lines[0]).toMatch(/^\(\.clerk ask .*\) => \(ok u8\)$/);
    expect(lines[1]).toMatch(/^ {2}\(\.bank share-of .*\) => u8 {2}from \.clerk:3$/);
    expect(simnet.getCallTrace()[0]!.calls[0]!.site!.span.startColumn).toBe(5);
  });
});

describe('the reports', () => {
  it('cover the lines that ran, and only these', async () => {
    const simnet = await start({ trackCoverage: true });
    simnet.setCurrentTestName('one');
    simnet.callPublicFn('bank', 'join', [Cl.uint(8)], simnet.deployer);
    simnet.callPublicFn('bank', 'join', [Cl.uint(8)], simnet.deployer);
    const [bank, clerk] = simnet.collectReport().coverage.split('end_of_record\n');
    expect(bank).toContain('TN:one\nSF:contracts/bank.clar\nFN:4,part\n');
    expect(bank).toContain('FNDA:2,join\n');
    expect(bank).toContain('FNDA:0,share-of\n');
    expect(bank).toContain('FNF:3\nFNH:1\n');
    for (const [line, hits] of [
      [5, 0],
      [6, 0],
      [9, 2],
      [10, 2],
      [11, 0],
      [12, 2],
      [17, 0],
    ]) {
      expect(bank).toContain(`DA:${line},${hits}\n`);
    }
    expect(clerk).toContain('FNDA:0,never\n');
    expect(clerk).toContain('LH:0\n');
  });

  it('price every line; the sum is what calls cost beside loading', async () => {
    const simnet = await start({ trackCosts: true });
    const sum = () =>
      simnet.collectReport().lines.reduce((total, { runtime }) => total + runtime, 0);
    const before = sum();
    const { costs } = simnet.callPublicFn('bank', 'join', [Cl.uint(8)], simnet.deployer);
    const spent = sum() - before;
    const loading = 80 + BANK.length;
    const binding = 26 + 5 + 2 * 16 + 5;
    expect(spent).toBe(costs!.total.runtime - loading - binding);
    const [first] = simnet.collectReport().lines;
    expect(first).toMatchObject({ path: 'contracts/bank.clar', hits: 1 });
    expect(formatLineCosts(simnet.collectReport().lines, 1)).toMatch(
      /^ *[0-9.]+ % +[0-9,]+ +1x {2}contracts\/bank\.clar:12 +\(map-set/,
    );
  });

  it('watching changes no result and no cost', async () => {
    const [watched, plain] = await Promise.all([
      start({ trackCosts: true, trackCoverage: true }),
      start({ trackCosts: true }),
    ]);
    const play = (simnet: Simnet) => [
      simnet.callPublicFn('bank', 'join', [Cl.uint(8)], simnet.deployer),
      simnet.callPublicFn('clerk', 'ask', [Cl.principal(simnet.deployer)], simnet.deployer),
      simnet.callPublicFn('bank', 'join', [Cl.uint(0)], simnet.deployer),
    ];
    expect(play(watched)).toEqual(play(plain));
  });
});

describe('the syntax tree', () => {
  it('numbers expressions as they are written and tells where they stand', async () => {
    const simnet = await start();
    const ast = simnet.getContractAST('clerk');
    expect(ast.contract_identifier).toBe(`${simnet.deployer}.clerk`);
    expect(ast.top_level_expression_sorting).toEqual([0, 1]);
    const [ask] = ast.expressions;
    expect(ask).toMatchObject({ id: 1, span: { start_line: 1, start_column: 1, end_line: 3 } });
    const { List: parts } = ask!.expr as Extract<typeof ask, object>['expr'] & { List: [] };
    expect(parts).toMatchObject([{ id: 2, expr: { Atom: 'define-public' } }, { id: 3 }, { id: 8 }]);
    expect(() => simnet.getContractAST('nobody')).toThrow(/not found/);
  });
});

describe('an epoch', () => {
  it('decides which versions and words there are', async () => {
    const simnet = await start();
    const known = (word: string) => !simnet.runSnippet(word).startsWith('error');
    simnet.setEpoch('2.4');
    expect([known('block-height'), known('stacks-block-height')]).toEqual([true, false]);
    simnet.setEpoch('3.0');
    expect([known('block-height'), known('stacks-block-height')]).toEqual([false, true]);
    expect(known('stacks-block-time')).toBe(false);
    simnet.setEpoch('3.3');
    expect(known('stacks-block-time')).toBe(true);
    expect(
      thrown(() => simnet.deployContract('late', '(ok 1)', { clarityVersion: 5 }, simnet.deployer)),
    ).toContain('Clarity 5 can not be used with 3.3');
  });

  it('before 2.1 has costs that are not known: none are told', async () => {
    const simnet = await start({ trackCosts: true });
    simnet.setEpoch('2.05');
    const call = () =>
      simnet.callReadOnlyFn('clerk', 'ask', [Cl.principal(simnet.deployer)], simnet.deployer);
    expect(thrown(call)).toContain('not a read-only function');
    expect(simnet.callPublicFn('bank', 'join', [Cl.uint(1)], simnet.deployer).costs).toBeNull();
    simnet.setEpoch('2.1');
    expect(simnet.callPublicFn('bank', 'join', [Cl.uint(1)], simnet.deployer).costs).not.toBeNull();
  });
});

describe('advice', () => {
  it.each([
    [
      '(define-read-only (half (n uint)) n)\n(define-public (f) (ok (haf u1)))',
      'Did you mean `half`?',
    ],
    ['(define-public (f) (ok (unwarp-panic none)))', 'Did you mean `unwrap-panic`?'],
    [
      '(define-map seats uint uint)\n(define-public (f) (ok (map-get? seat u1)))',
      'Did you mean `seats`?',
    ],
    ['(define-public (f) (ok (zzzzzzzz u1)))', 'Check the spelling'],
  ])('%s', async (source, advice) => {
    const simnet = await start();
    const text = thrown(() => simnet.deployContract('typo', source, null, simnet.deployer));
    expect(text).toContain(`help: ${advice}`);
  });
});
