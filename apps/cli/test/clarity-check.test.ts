/**
 * `assay check` finds the line, shows it and says how to mend it; `assay repl` answers, remembers
 * and explains. Neither needs a network.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkFiles, freshSession } from '../src/clarity/check.ts';
import { Repl } from '../src/clarity/repl.ts';
import { runRepl } from '../src/clarity/repl-loop.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
}

describe('assay check', () => {
  it('accepts contracts in any order, also ones that call the network', () => {
    const caller = file('caller.clar', '(define-public (f) (ok (contract-call? .callee g)))');
    const callee = file('callee.clar', '(define-read-only (g) u1)');
    const user = file(
      'user.clar',
      "(define-read-only (model (id (buff 32))) (contract-call? 'ST000000000000000000002AMW42H.models get-model id))",
    );
    const report = checkFiles([caller, callee, user], 5);
    expect(report.problems.map((problem) => problem.text)).toEqual([]);
    expect(report.accepted).toEqual([callee, caller, user]);
  });

  it.each([
    ['types', '(define-public (f)\n  (ok (+ u1 2)))', 2, 'expecting expression of type', /u1/],
    ['names', '(define-public (f)\n\n (ok (nothing)))', 3, 'unresolved function', /spelling/],
    ['brackets', '(define-public (f) (ok u1)', 1, "closing ')'", /brackets/],
    ['old words', '(define-read-only (f) block-height)', 1, 'block-height', /stacks-block-height/],
    [
      'contracts',
      '(define-public (f) (ok (contract-call? .x g)))',
      1,
      'unresolved contract',
      /Deploy/,
    ],
  ])('points at problems with %s', (name, source, line, message, advice) => {
    const path = file(`bad-${name.replace(' ', '-')}.clar`, source);
    const { problems } = checkFiles([path], 5);
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem!.line).toBe(line);
    expect(problem!.message).toContain(message);
    expect(problem!.text).toContain(`--> ${path}:${line}:`);
    expect(problem!.text).toContain(source.split('\n')[line - 1]);
    expect(problem!.text).toMatch(/\n *\^/);
    expect(problem!.text.split('help: ')[1]).toMatch(advice);
  });

  it('names a ring and a missing file', () => {
    const a = file('ring-a.clar', '(define-public (f) (ok (contract-call? .ring-b g)))');
    const b = file('ring-b.clar', '(define-public (g) (ok (contract-call? .ring-a f)))');
    expect(() => checkFiles([a, b], 5)).toThrow(/ring-a -> ring-b -> ring-a/);
    expect(() => checkFiles([join(folder, 'none.clar')], 5)).toThrow(/cannot be read/);
  });
});

describe('assay repl', () => {
  let repl: Repl;
  beforeAll(() => {
    repl = new Repl(freshSession());
  });

  it('evaluates, keeps definitions and calls them', () => {
    expect(repl.answer('(+ u1 u2)')).toBe('u3');
    expect(repl.answer('(print "hi") (list 1 2)')).toBe('print: "hi"\n(list 1 2)');
    const counter =
      '(define-data-var n uint u0) (define-public (inc) (begin (print u1) (ok (var-set n (+ (var-get n) u1)))))';
    expect(repl.answer(counter)).toBe('deployed as .contract-1: (contract-call? .contract-1 inc)');
    expect(repl.answer('(contract-call? .contract-1 inc)')).toBe('print: u1\n(ok true)');
    expect(repl.answer('::trace')).toContain('(.contract-1 inc) => (ok true)');
    expect(repl.answer('::events')).toContain('contract_event');
    expect(repl.answer('::costs')).toMatch(/runtime +[\d,]+ +\d\.\d+ % of a block/);
  });

  it('shows where an expression is wrong', () => {
    const text = repl.answer('(+ 1 2)\n  (+ 1 u2)')!;
    expect(text).toContain('--> <input>:2:3');
    expect(text).toContain('\n  ^~~~~~~~');
  });

  it('moves the chain, goes back, completes', () => {
    expect(repl.answer('::snapshot')).toBe('snapshot 0');
    expect(repl.answer('::advance_chain_tip 3')).toMatch(/burn-block-height: \d+/);
    expect(repl.answer('::set_epoch 9')).toMatch(/epochs are/);
    expect(repl.answer('::set_epoch 3.2')).toBe('Epoch updated to: 3.2');
    expect(repl.answer('::revert 0')).toBe('back at snapshot 0');
    expect(repl.answer('::get_epoch')).toBe('Current epoch: 3.4');
    expect(repl.answer('::nothing')).toMatch(/::help/);
    expect(repl.answer('::help')).toMatch(/::costs[\s\S]*::set_epoch/);
    expect(repl.answer('::encode (list u1)')).toBe(`0b00000001${'01'.padEnd(33, '0')}1`);
    expect(repl.answer(`::decode 0x09`)).toBe('none');
    expect(repl.complete('::set')[0]).toContain('::set_epoch');
    expect(repl.complete('(contract-call? .contr')[0]).toContain('.contract-1');
    expect(repl.answer('::quit')).toBeNull();
  });

  it('tells of a word its form, type rule, cost function and source', () => {
    const text = repl.answer('::doc map-insert')!;
    expect(text).toMatch(/^\(map-insert /);
    expect(text).toContain('cost: setEntry');
    expect(text).toContain('source: functions/database.rs');
    expect(repl.answer('::doc +')).toContain('type rule: All arguments are int');
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(repl.answer(`::doc ${name}`)).toMatch(/^error: .* is no word of Clarity/);
      expect(repl.answer(`::${name}`)).toMatch(/^error: unknown command/);
    }
  });
});

describe('assay repl in a terminal', () => {
  const historyFile = join(folder, 'home', 'history');
  const [UP, CTRL_C, CTRL_D] = ['\x1b[A', '\x03', '\x04'];

  function start() {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const done = runRepl(undefined, { input, output, historyFile });
    return {
      done,
      /** Types keys, and gives what was shown until the text came. */
      async type(keys: string, until: string): Promise<void> {
        text = '';
        input.write(keys);
        await vi.waitFor(() => expect(text).toContain(until), 10_000);
      },
    };
  }

  it('goes on over lines, completes, gives up, remembers from one start to the next', async () => {
    const first = start();
    await first.type('(list u1\r', '.. ');
    await first.type('u2)\r', '(list u1 u2)\n');
    await first.type('(restrict-a\t', 'restrict-assets?');
    await first.type(CTRL_C, '^C');
    await first.type('(+ u20 u3)\r', 'u23\n');
    await first.type(`${UP}\r`, 'u23\n');
    await first.type(CTRL_D, '');
    await first.done;
    const second = start();
    await second.type(`${UP}\r`, 'u23\n');
    await second.type('::quit\r', '');
    await second.done;
  });
});
