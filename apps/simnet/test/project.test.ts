/**
 * Clarinet projects: manifests, accounts from mnemonics, requirements from the cache, order of
 * deployment, and messages a contract author can act on. And snapshots, which the original lacks.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cl } from '@stacks/transactions';
import { afterAll, describe, expect, it } from 'vitest';
import { getSDK } from '../src/index.ts';
import { addressOfMnemonic, CLARINET_ACCOUNTS } from '../src/project/accounts.ts';
import { readProject } from '../src/project/project.ts';
import { splitForms, wrapSnippet } from '../src/snippet.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Path of the manifest. Contracts are `name: [manifest lines, source]`. */
function project(
  contracts: Readonly<Record<string, readonly [string, string]>>,
  files: Readonly<Record<string, string>> = {},
  head = '',
): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-simnet-'));
  folders.push(folder);
  let manifest = `[project]\nname = "test"\n${head}\n`;
  const all: Record<string, string> = { ...files };
  for (const [name, [lines, source]] of Object.entries(contracts)) {
    manifest += `[contracts.${name}]\npath = "${name}.clar"\n${lines}\n`;
    all[`${name}.clar`] = source;
  }
  for (const [path, text] of Object.entries({ ...all, 'Clarinet.toml': manifest })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, 'Clarinet.toml');
}

const names = (path: string) => readProject(path).contracts.map((contract) => contract.name);
const ANSWER = '(define-read-only (answer) u42)';
const ASK = (name: string) => `(define-public (ask) (ok (contract-call? .${name} answer)))`;

describe('projects', () => {
  it('deploy what is referenced first, epochs in order', () => {
    const path = project({
      late: ['epoch = "3.4"', ASK('early')],
      middle: ['epoch = 3.0', ASK('answers')],
      early: ['epoch = 2.4', ANSWER],
      answers: ['epoch = "3.0"', `;; .middle is not a reference here\n${ANSWER}`],
    });
    expect(names(path)).toEqual(['early', 'answers', 'middle', 'late']);
  });

  it('follow depends_on, and name a ring', () => {
    const path = project({
      a: ['epoch = 3.0\ndepends_on = ["b"]', ANSWER],
      b: ['epoch = 3.0', ANSWER],
    });
    expect(names(path)).toEqual(['b', 'a']);
    const ring = project({ a: ['', ASK('b')], b: ['', ASK('a')] });
    expect(() => readProject(ring)).toThrow('contracts need each other: a -> b -> a');
  });

  it('derive accounts from mnemonics as Clarinet does', () => {
    const [first, second] = CLARINET_ACCOUNTS;
    expect(first!.address).toBe('ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM');
    const words = `${'abandon '.repeat(23)}art`;
    expect(addressOfMnemonic(words)).toMatch(/^ST[0-9A-Z]+$/);
    const path = project(
      { a: ['', ANSWER] },
      {
        'settings/Devnet.toml': `[accounts.deployer]\nmnemonic = "${words}"\nbalance = 5_000\n`,
      },
    );
    const { accounts, deployer } = readProject(path);
    expect(accounts).toEqual([
      { name: 'deployer', address: addressOfMnemonic(words), balanceMicro: 5000n },
    ]);
    expect(deployer).not.toBe(second!.address);
  });

  it('take requirements from the cache, also those of requirements', () => {
    const owner = 'SP3FBR2AGK5H9QBDH3EEN6DF8EK8JY7RX8QJ5SVTE';
    const head = `[[project.requirements]]\ncontract_id = "${owner}.outer"`;
    const cache = '.cache/requirements';
    const files = {
      [`${cache}/${owner}.outer.clar`]: `(define-public (ask) (ok (contract-call? '${owner}.inner answer)))`,
      [`${cache}/${owner}.outer.json`]: '{"epoch":"2.1","clarity_version":"Clarity2"}',
      [`${cache}/${owner}.inner.clar`]: ANSWER,
      [`${cache}/${owner}.inner.json`]: '{"epoch":"2.1","clarity_version":"Clarity2"}',
    };
    const path = project({ a: ['epoch = 3.0', ANSWER] }, files, head);
    expect(names(path)).toEqual(['inner', 'outer', 'a']);
    expect(readProject(path).contracts[0]).toMatchObject({ epoch: '2.1', clarityVersion: 2 });
    expect(() => readProject(project({}, {}, head))).toThrow(/outer is not in the cache/);
  });

  it('say what is wrong with file, line, caret and advice', async () => {
    const bad = project({ bad: ['epoch = 3.0', '\n(define-public (f)\n  (+ 1 u1))'] });
    const simnet = await getSDK();
    await expect(simnet.initSession(dirname(bad), 'Clarinet.toml')).rejects.toThrow(
      /--> bad\.clar:3:3\n {2}\(\+ 1 u1\)\)\n {2}\^~+\nhelp: Write literals/,
    );
    const future = project({ a: ['epoch = 3.0\nclarity_version = 4', ANSWER] });
    expect(() => readProject(future)).toThrow('Clarity 4 can not be used with 3.0');
    expect(() => readProject(project({ a: ['epoch = "4.0"', ANSWER] }))).toThrow(/not supported/);
    expect(() => readProject(join(dirname(bad), 'None.toml'))).toThrow(/manifest is missing/);
  });
});

describe('snapshots', () => {
  it('bring back state, assets, heights, epoch and contracts, again and again', async () => {
    const simnet = await getSDK();
    const source =
      '(define-data-var n uint u0) (define-public (inc) (ok (var-set n (+ (var-get n) u1))))';
    await simnet.initSession(dirname(project({ a: ['epoch = 3.4', source] })), 'Clarinet.toml');
    const { deployer } = simnet;
    simnet.callPublicFn('a', 'inc', [], deployer);
    const look = () => [
      simnet.getDataVar('a', 'n'),
      simnet.getAssetsMap(),
      simnet.blockHeight,
      simnet.burnBlockHeight,
      simnet.currentEpoch,
      simnet.getBlockTime(),
      [...simnet.getContractsInterfaces().keys()],
    ];
    const before = look();
    const id = simnet.snapshot();
    for (let round = 0; round < 3; round++) {
      simnet.callPublicFn('a', 'inc', [], deployer);
      const inner = simnet.snapshot();
      simnet.deployContract('b', ANSWER, null, deployer);
      simnet.transferSTX(5, CLARINET_ACCOUNTS[1]!.address, deployer);
      simnet.mineEmptyBurnBlocks(4);
      simnet.setEpoch('3.1');
      if (round === 1) simnet.revert(inner);
      expect(look()).not.toEqual(before);
      simnet.revert(id);
      expect(look()).toEqual(before);
    }
    expect(() => simnet.revert(99)).toThrow(RangeError);
    expect(simnet.getDataVar('a', 'n')).toEqual(Cl.uint(1));
  });
});

describe('snippets', () => {
  it('are split into forms', () => {
    const forms = (text: string) => splitForms(text).map((form) => form.text);
    expect(forms('1 u2 (+ 1 2) ; "')).toEqual(['1', 'u2', '(+ 1 2)', ';', '"']);
    expect(forms('(a ")" ;; (\n b) {x: 1}"s\\"t" \'ST1')).toEqual([
      '(a ")" ;; (\n b)',
      '{x: 1}',
      '"s\\"t"',
      "'ST1",
    ]);
    expect(wrapSnippet('(define-constant a 1)')).toBeNull();
    expect(wrapSnippet('')).toBeNull();
  });

  it('run with definitions of their own and leave nothing behind', async () => {
    const simnet = await getSDK();
    await simnet.initSession(dirname(project({ a: ['epoch = 3.4', ANSWER] })), 'Clarinet.toml');
    const before = simnet.getContractsInterfaces().size;
    const snippet = '(define-private (f (x uint)) (* x u2)) (f (contract-call? .a answer))';
    expect(simnet.execute(snippet).result).toEqual(Cl.uint(84));
    expect(simnet.execute(snippet).result).toEqual(Cl.uint(84));
    expect(simnet.getContractsInterfaces().size).toBe(before);
  });
});
