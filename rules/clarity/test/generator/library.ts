/** Contracts that random programs call: the same one in every version of the language. */
import type { ClarityVersion } from '../../src/index.ts';

export interface Library {
  readonly name: string;
  readonly version: ClarityVersion;
  readonly source: string;
}

export const VERSIONS: readonly ClarityVersion[] = [1, 2, 3, 4, 5];

export const libraryName = (version: ClarityVersion) => `lib${version}`;

const SOURCE = `
(define-trait adder ((add (uint uint) (response uint uint))))
(define-trait shape
  ((area () (response uint bool)) (echo ((string-ascii 16)) (response (string-ascii 16) uint))))
(define-fungible-token coin u100000)
(define-non-fungible-token card uint)
(define-data-var total uint u0)
(define-map seen principal uint)
(define-public (add (a uint) (b uint))
  (begin (var-set total (+ a b (var-get total))) (map-set seen contract-caller a)
    (if (> a u30) (err a) (ok (+ a b)))))
(define-read-only (get-total) (var-get total))
(define-read-only (area) (if (> (var-get total) u100) (err false) (ok (var-get total))))
(define-read-only (echo (s (string-ascii 16))) (if (is-eq s "") (err u1) (ok s)))
(define-read-only (maybe (n uint)) (if (> n u5) (some n) none))
(define-public (whoami) (ok {caller: contract-caller, sender: tx-sender}))
(define-public (pay (n uint) (to principal)) (stx-transfer? n tx-sender to))
(define-public (mint (n uint) (to principal))
  (begin (try! (ft-mint? coin n to)) (nft-mint? card n to)))
(define-public (move (n uint) (to principal)) (ft-transfer? coin n tx-sender to))
(define-public (give (n uint) (to principal)) (nft-transfer? card n tx-sender to))
(define-private (hidden) u1)
`;

export const LIBRARIES: readonly Library[] = [
  ...VERSIONS.map((version) => ({ name: libraryName(version), version, source: SOURCE })),
  // Looks like an adder and is none.
  {
    name: 'half',
    version: 3,
    source: `(define-public (add (a uint)) (ok a))
      (define-public (echo (s (string-ascii 8))) (if (is-eq s "") (err true) (ok s)))
      (define-read-only (area) (if true (ok u1) (err false)))`,
  },
];
