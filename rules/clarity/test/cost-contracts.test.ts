/** SIP-006: which contracts may define cost functions, word by word in every version that knows it. */
import { describe, expect, it } from 'vitest';
import { costContractProblem } from '../src/analysis/arithmetic-only.ts';
import { type ClarityVersion, ClarityVm, MemoryBlockInfo, MemoryClarityDb } from '../src/index.ts';
import {
  DEFINE_NAMES,
  isNativeName,
  isVariableName,
  NATIVE_NAMES,
  VARIABLE_NAMES,
} from '../src/names.ts';
import { parseProgram } from '../src/parse/program.ts';

const ID = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.costs';
const VERSIONS: readonly ClarityVersion[] = [1, 2, 3, 4, 5];

const problem = (source: string, version: ClarityVersion) =>
  costContractProblem(parseProgram(ID, source, version), version);
const verdict = (source: string, version: ClarityVersion = 5) =>
  problem(source, version)?.name ?? 'eligible';

/** Everything that state, chain, traits, texts, lists and hashes are about. */
const FORBIDDEN = new Set(
  (
    'var-get var-set map-get? map-set map-insert map-delete get-block-info? get-burn-block-info? ' +
    'get-stacks-block-info? get-tenure-info? at-block ft-get-balance ft-get-supply ft-mint? ' +
    'ft-transfer? ft-burn? nft-get-owner? nft-mint? nft-transfer? nft-burn? stx-get-balance ' +
    'stx-account stx-transfer? stx-transfer-memo? stx-burn? contract-call? contract-of ' +
    'contract-hash? principal-of? is-standard principal-destruct? principal-construct? as-contract ' +
    'as-contract? restrict-assets? with-stx with-ft with-nft with-stacking with-all-assets-unsafe ' +
    'list map filter fold append concat as-max-len? element-at element-at? index-of index-of? ' +
    'slice? replace-at? print buff-to-int-le buff-to-uint-le buff-to-int-be buff-to-uint-be ' +
    'int-to-ascii int-to-utf8 string-to-int? string-to-uint? to-ascii? to-consensus-buff? ' +
    'from-consensus-buff? hash160 sha256 sha512 sha512/256 keccak256 secp256k1-recover? ' +
    'secp256k1-verify secp256r1-verify'
  ).split(' '),
);
/** With arguments that are names. */
const WELL_FORMED: Readonly<Record<string, string>> = {
  get: '(get a x)',
  match: '(match x v 1 2)',
  let: '(let ((v 1)) v)',
  tuple: '(tuple (a 1))',
};

describe('cost contracts', () => {
  it('may use arithmetic, logic, tuples, optionals and responses, and no other native', () => {
    for (const version of VERSIONS) {
      for (const name of NATIVE_NAMES.filter((one) => isNativeName(one, version))) {
        const source = WELL_FORMED[name] ?? `(${name} x 1)`;
        const expected = FORBIDDEN.has(name) ? 'FunctionNotPermitted' : 'eligible';
        expect(verdict(source, version), `${name}, Clarity ${version}`).toBe(expected);
      }
    }
  });

  it('may read true, false and none, and no other keyword', () => {
    for (const version of VERSIONS) {
      for (const name of VARIABLE_NAMES.filter((one) => isVariableName(one, version))) {
        const allowed = ['true', 'false', 'none'].includes(name);
        expect(verdict(name, version), name).toBe(allowed ? 'eligible' : 'VariableForbidden');
      }
    }
  });

  it('may define constants, private and read-only functions, and nothing else', () => {
    const FORMS: Readonly<Record<string, string>> = {
      'define-trait': '(define-trait t ((f () (response int int))))',
      'use-trait': '(use-trait t .a.b)',
      'impl-trait': '(impl-trait .a.b)',
    };
    for (const name of DEFINE_NAMES) {
      const allowed = /constant|private|read-only/.test(name);
      const form = FORMS[name] ?? `(${name} (f) 1)`;
      expect(verdict(form), name).toBe(allowed ? 'eligible' : 'DefineTypeForbidden');
    }
  });

  it.each([
    ['FunctionNotPermitted', '(define-read-only (f (x int)) (+ 1 (if (> x 2) 3 (var-get v))))'],
    ['FunctionNotPermitted', '(define-private (f (x int)) (let ((y (sha256 x))) y))'],
    ['FunctionNotPermitted', '(define-private (f (x int)) {a: 1, b: (len (list 1 2))})'],
    ['FunctionNotPermitted', '(define-private (f (x (optional int))) (match x v (print v) 0))'],
    ['FunctionNotPermitted', '(define-private (f (x int)) (g (fold + (list 1) 0)))'],
    ['VariableForbidden', '(define-constant owner tx-sender)'],
    ['TraitReferencesForbidden', '(define-private (f) .a.b)'],
    ['UnexpectedContractStructure', '(define-private (f) (1 2))'],
    ['UnexpectedContractStructure', '(define-private (f) ())'],
    ['UnexpectedContractStructure', '(define-private (f) (match 1 2 3))'],
    ['UnexpectedContractStructure', '(define-private (f) (get a))'],
    ['UnexpectedContractStructure', '(define-private (f) (let (x) 1))'],
    ['UnexpectedContractStructure', '(define-private (f) (let ((x 1))))'],
    ['eligible', '(define-private (f (x (response int int))) (match x a a b b))'],
    ['eligible', '(define-read-only (f (n uint)) {runtime: (+ u1 (* n u2)), write_count: u0})'],
  ])('%s: %s', (expected, source) => {
    expect(verdict(source)).toBe(expected);
  });

  it('are judged where they stand on the chain, with the place of what is wrong', () => {
    const vm = new ClarityVm({ db: new MemoryClarityDb(), info: new MemoryBlockInfo() });
    const deploy = (name: string, source: string) =>
      vm.deploy({ contractId: `${ID}-${name}`, source, clarityVersion: 3 });
    deploy('good', '(define-read-only (cost (n uint)) (+ n u1))');
    deploy('bad', '(define-read-only (cost (n uint))\n  (+ n burn-block-height))');
    expect(vm.costContractProblem(`${ID}-good`)).toBeNull();
    expect(vm.costContractProblem(`${ID}-bad`)).toMatchObject({
      kind: 'check',
      name: 'VariableForbidden',
      span: { startLine: 2, startColumn: 8 },
    });
    expect(vm.costContractProblem(`${ID}-none`)).toBeNull();
  });
});
