/** Runs a case of the corpus on a machine and tells its outcome as the corpus writes it. */
import { bytesFromHex } from '@assay/bytes';
import { clarityValueToString, decodeClarityValue } from '@assay/clarity-value';
import type { BlockInfoDb, ClarityVersion } from '../../src/index.ts';
import { type Answer, DEPLOYER, type Machine, WALLET_1 } from '../reference.ts';
import type { CorpusCase } from './format.ts';

/** Contracts that cases name, of Clarity 2. */
export const NEIGHBOURS: Readonly<Record<string, string>> = {
  shape: `
    (define-trait shape
      ((area () (response uint uint)) (scale (uint) (response uint uint))))
    (define-trait wide
      ((area () (response uint uint)) (scale (uint) (response uint uint))
       (colour () (response (string-ascii 8) uint))))`,
  helper: `
    (define-data-var kept uint u0)
    (define-read-only (peek) u7)
    (define-public (bump (x uint)) (begin (var-set kept x) (ok (+ x u7))))
    (define-read-only (answer (x uint)) (if (> x u30) (err x) (ok x)))
    (define-read-only (half (b (buff 2))) (if true (ok b) (err u1)))
    (define-read-only (echo (s (string-ascii 5))) (if true (ok s) (err u1)))
    (define-read-only (pair (p {a: int, b: bool})) (if true (ok p) (err u1)))
    (define-read-only (maybe (m (optional uint))) m)
    (define-read-only (items (l (list 3 uint))) (len l))
    (define-public (boom) (begin (unwrap-panic (if false (some 1) none)) (ok 1)))
    (define-public (fail (x uint)) (begin (var-set kept x) (if true (err x) (ok x))))
    (define-public (who) (if true (ok {s: tx-sender, c: contract-caller}) (err u1)))
    (define-private (hidden) u1)`,
  square: `
    (define-read-only (area) (if true (ok u4) (err u1)))
    (define-public (scale (n uint)) (if (> n u9) (err n) (ok (* n u4))))
    (define-read-only (colour) (if true (ok "red") (err u1)))`,
  round: '(define-read-only (area) (if true (ok 3) (err u1)))',
};

export function deployNeighbours(machine: Machine): void {
  for (const [name, source] of Object.entries(NEIGHBOURS)) {
    const { error } = machine.deploy(name, source, 2);
    if (error !== null) throw new Error(`${name}: ${error}`);
  }
}

/** A chain for our VM alone: old enough that every case finds what it asks for. */
export const CORPUS_CHAIN: BlockInfoDb = {
  chainId: 0x80000000,
  isMainnet: false,
  stacksHeight: 1000,
  tenureHeight: 1000,
  burnHeight: 1000,
  blockTimeSecs: 1_700_000_000n,
  stacksBlock: () => ({
    idHeaderHash: new Uint8Array(32),
    headerHash: new Uint8Array(32),
    timeSecs: 1n,
  }),
  tenureOfBlock: () => ({
    burnHeaderHash: new Uint8Array(32),
    minerAddress: 'ST000000000000000000002AMW42H',
    timeSecs: 1n,
    vrfSeed: new Uint8Array(32),
    blockRewardMicro: 5n,
    minerSpendTotalSats: 2000n,
    minerSpendWinnerSats: 0n,
  }),
  burnBlock: (height) =>
    height < 1000
      ? { headerHash: new Uint8Array(32), poxAddresses: { addresses: [], payoutSats: 0n } }
      : null,
};

/** The contract of a case: an expression becomes the body of `t`. */
export function contractOf({ prelude, source }: CorpusCase): string {
  const isContract = /\(define-|^\(impl-trait|^\(use-trait/.test(source);
  return [...prelude, isContract ? source : `(define-private (t) ${source})`].join('\n');
}

/** Names of one length: the size of a contract's name is part of what it costs. */
export const caseName = (count: number) => `c${String(count).padStart(5, '0')}`;

/** The deploy when it fails, else the call of `t`. */
export function runCase(
  machine: Machine,
  one: CorpusCase,
  at: { readonly name: string; readonly version: ClarityVersion },
): Answer {
  const source = contractOf(one);
  const deployed = machine.deploy(at.name, source, at.version);
  if (deployed.error !== null) return deployed;
  const call = [at.name, 't', [], WALLET_1] as const;
  switch (/\(define-(private|public|read-only) \(t\b/.exec(source)?.[1]) {
    case 'public':
      return machine.call(...call);
    case 'read-only':
      return machine.callReadOnly(...call);
    case 'private':
      return machine.callPrivate(...call);
    default:
      return deployed;
  }
}

/**
 * An answer of ours as the corpus writes it.
 *
 * @param name the case's contract, `.self` in what it answers
 */
export function outcomeText(answer: Answer, name: string): string {
  if (answer.error !== null) return errorText(answer.error);
  const { cost, result, events } = answer;
  const costs = cost === null ? [] : [cost.runtime, cost.readCount, cost.readLength];
  const written = cost === null ? [] : [cost.writeCount, cost.writeLength];
  const what = result === '' ? 'deployed' : valueText(result!, name);
  const told = events.length === 0 ? '' : ` ! ${events.length}`;
  return `${what} : ${[...costs, ...written].join(' ')}${told}`;
}

function valueText(hex: string, name: string): string {
  const value = decodeClarityValue(bytesFromHex(hex));
  if (!value.ok) throw new Error(`result ${hex}: ${value.error.message}`);
  return clarityValueToString(value.value).replaceAll(`${DEPLOYER}.${name}`, '.self');
}

/** `check TypeError` of `check TypeError: expected ...`; parse errors without a name. */
function errorText(error: string): string {
  const [, kind, name] = /^(\w+) (.*?): /s.exec(error)!;
  return kind === 'parse' ? 'parse' : `${kind} ${name}`;
}
