/** Several contracts together and calls of them, for both VMs. */
import { type ClarityValue, Cv } from '@assay/clarity-value';
import type { ClarityVersion } from '../src/index.ts';
import { DEPLOYER, WALLET_1, WALLET_2 } from './reference.ts';

export type Call = readonly [contract: string, fn: string, ...args: ClarityValue[]];

export interface Scenario {
  readonly what: string;
  readonly versions: readonly ClarityVersion[];
  /** In the order they are deployed. */
  readonly contracts: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
}

type At = (name: string) => ClarityValue;

const hash = (length: number, fill = 0) => Cv.buffer(new Uint8Array(length).fill(fill));
const other = Cv.principal(WALLET_2);
const ALL: readonly ClarityVersion[] = [1, 2, 3, 4, 5];

const traits = (at: At): Scenario => ({
  what: 'dispatches by trait',
  versions: ALL,
  contracts: {
    shape: `
      (define-trait adder
        ((add (uint uint) (response uint uint)) (zero () (response bool int))))`,
    good: `
      (impl-trait .shape.adder)
      (define-data-var calls uint u0)
      (define-public (add (a uint) (b uint))
        (begin (var-set calls (+ (var-get calls) u1)) (print contract-caller)
          (if (> a u9) (err (var-get calls)) (ok (+ a b)))))
      (define-read-only (zero) (if (is-eq (var-get calls) u0) (ok true) (err 7)))`,
    'bad-arity': `
      (define-public (add (a uint)) (ok a))
      (define-read-only (zero) (ok true))`,
    'bad-type': `
      (define-public (add (a uint) (b uint)) (if (is-eq a b) (ok a) (err true)))
      (define-read-only (zero) (if (is-eq 1 1) (ok true) (err 7)))`,
    user: `
      (use-trait adder .shape.adder)
      (define-private (again (t <adder>) (a uint)) (contract-call? t add a u100))
      (define-public (use (t <adder>) (a uint)) (again t a))
      (define-public (twice (t <adder>) (a uint))
        (begin (try! (contract-call? t add a u1)) (contract-call? t add (+ a u1) u2)))
      (define-public (swallow (t <adder>) (a uint))
        (match (contract-call? t add a u1) fine (ok fine) bad (if true (ok (+ bad u1000)) (err u0))))
      (define-public (ask (t <adder>)) (contract-call? t zero))
      (define-public (where (t <adder>)) (ok (contract-of t)))
      (define-public (literal) (use .good u4))`,
  },
  calls: [
    ['user', 'use', at('good'), Cv.uint(3)],
    ['user', 'use', at('good'), Cv.uint(30)],
    ['user', 'swallow', at('good'), Cv.uint(30)],
    ['user', 'swallow', at('good'), Cv.uint(3)],
    ['user', 'twice', at('good'), Cv.uint(8)],
    ['user', 'twice', at('good'), Cv.uint(9)],
    ['user', 'ask', at('good')],
    ['user', 'where', at('good')],
    ['user', 'literal'],
    ['user', 'use', at('bad-arity'), Cv.uint(3)],
    ['user', 'use', at('bad-type'), Cv.uint(3)],
    ['user', 'ask', at('bad-type')],
    ['user', 'use', at('missing'), Cv.uint(3)],
    ['user', 'use', Cv.principal(WALLET_1), Cv.uint(3)],
    ['user', 'use', at('user'), Cv.uint(3)],
    ['user', 'use', Cv.uint(1), Cv.uint(3)],
    ['user', 'use', at('good')],
  ],
});

const traitsInside = (at: At): Scenario => ({
  what: 'passes traits inside lists, optionals and lets',
  versions: [2, 3, 4, 5],
  contracts: {
    t: `
      (define-trait counter
        ((count () (response uint uint))
         (name ((string-ascii 5)) (response (string-ascii 8) uint))))`,
    'c-one': `
      (define-public (count) (ok u1))
      (define-public (name (x (string-ascii 5))) (ok x))`,
    'c-two': `
      (define-public (count) (ok u2))
      (define-read-only (name (x (string-ascii 9))) (ok "two"))`,
    'c-three': `
      (define-public (count) (ok u2))
      (define-read-only (name (x (string-ascii 3))) (ok "two"))`,
    hub: `
      (use-trait counter .t.counter)
      (define-private (one (c <counter>) (acc uint))
        (+ acc (unwrap-panic (contract-call? c count))))
      (define-public (total (cs (list 4 <counter>))) (ok (fold one cs u0)))
      (define-public (maybe (c (optional <counter>)))
        (match c it (let ((same it)) (contract-call? same count)) (ok u0)))
      (define-public (in-tuple (c {a: uint, c: <counter>}))
        (let ((inner (get c c))) (contract-call? inner count)))
      (define-constant one-of-them .c-one)
      (define-public (fixed) (contract-call? one-of-them name "xyz"))
      (define-public (named (c <counter>)) (contract-call? c name "abcde"))`,
  },
  calls: [
    ['hub', 'fixed'],
    ['hub', 'total', Cv.list([at('c-one'), at('c-two'), at('c-one')])],
    ['hub', 'total', Cv.list([])],
    ['hub', 'total', Cv.list([at('c-one'), at('c-three')])],
    ['hub', 'maybe', Cv.some(at('c-two'))],
    ['hub', 'maybe', Cv.none()],
    ['hub', 'in-tuple', Cv.tuple({ a: Cv.uint(1), c: at('c-one') })],
    ['hub', 'named', at('c-one')],
    ['hub', 'named', at('c-two')],
    ['hub', 'named', at('c-three')],
  ],
});

const deepFunctions = Array.from(
  { length: 70 },
  (_, i) => `(define-private (d${i + 1} (n uint)) (+ u1 (d${i} n)))`,
).join('\n');
const depths = [30, 41, 42, 60, 61, 62, 63, 64, 70];

const recursion = (at: At): Scenario => ({
  what: 'stops re-entry and deep calls',
  versions: ALL,
  contracts: {
    p: '(define-trait back ((go (principal uint) (response uint uint))))',
    a: `
      (use-trait back .p.back)
      (define-public (go (who principal) (n uint)) (if (> n u1000) (err n) (ok n)))
      (define-public (start (t <back>) (n uint)) (contract-call? t go tx-sender n))`,
    b: `
      (define-public (go (who principal) (n uint))
        (if (is-eq n u0) (ok u0) (contract-call? .a go who n)))
      (define-public (plain (n uint)) (contract-call? .a go tx-sender n))`,
    deep: `
      (define-private (d0 (n uint)) (+ n u1))
      ${deepFunctions}
      ${depths.map((d) => `(define-public (at-${d}) (ok (d${d} u0)))`).join('\n')}`,
  },
  calls: [
    ['a', 'start', at('b'), Cv.uint(0)],
    ['a', 'start', at('b'), Cv.uint(5)],
    ['a', 'start', at('a'), Cv.uint(5)],
    ['b', 'plain', Cv.uint(5)],
    ...depths.map((d): Call => ['deep', `at-${d}`]),
  ],
});

const asContract = (): Scenario => ({
  what: 'knows who acts under as-contract',
  versions: [1, 2, 3],
  contracts: {
    inner: `
      (define-public (who) (ok {s: tx-sender, c: contract-caller}))
      (define-public (take (n uint) (to principal)) (stx-transfer? n tx-sender to))`,
    vault: `
      (define-public (fund (n uint)) (stx-transfer? n tx-sender (as-contract tx-sender)))
      (define-public (direct) (contract-call? .inner who))
      (define-public (hidden) (as-contract (contract-call? .inner who)))
      (define-public (release (n uint))
        (let ((to tx-sender)) (as-contract (contract-call? .inner take n to))))
      (define-public (balance) (ok (stx-get-balance (as-contract tx-sender))))
      (define-public (burn (n uint)) (as-contract (stx-burn? n tx-sender)))
      (define-public (steal (n uint)) (stx-transfer? n (as-contract tx-sender) tx-sender))`,
  },
  calls: [
    ['vault', 'fund', Cv.uint(1000)],
    ['vault', 'direct'],
    ['vault', 'hidden'],
    ['vault', 'release', Cv.uint(300)],
    ['vault', 'release', Cv.uint(3000)],
    ['vault', 'release', Cv.uint(0)],
    ['vault', 'steal', Cv.uint(1)],
    ['vault', 'burn', Cv.uint(100)],
    ['vault', 'balance'],
  ],
});

const allowances = (): Scenario => ({
  what: 'holds contracts to their allowances',
  versions: [4, 5],
  contracts: {
    coin: `
      (define-fungible-token coin)
      (define-non-fungible-token card uint)
      (define-public (mint (to principal))
        (begin (try! (ft-mint? coin u100 to)) (nft-mint? card u1 to)))
      (define-public (move (n uint) (from principal) (to principal)) (ft-transfer? coin n from to))
      (define-public (give (from principal) (to principal)) (nft-transfer? card u1 from to))`,
    safe: `
      (define-public (setup)
        (begin (try! (stx-transfer? u1000 tx-sender current-contract))
          (contract-call? .coin mint current-contract)))
      (define-public (pay (n uint) (cap uint) (to principal))
        (as-contract? ((with-stx cap)) (try! (stx-transfer? n tx-sender to)) n))
      (define-public (coins (n uint) (cap uint) (to principal))
        (as-contract? ((with-ft .coin "coin" cap))
          (try! (contract-call? .coin move n tx-sender to))))
      (define-public (any-coins (n uint) (cap uint) (to principal))
        (as-contract? ((with-stx u1) (with-ft .coin "*" cap))
          (try! (contract-call? .coin move n tx-sender to))))
      (define-public (card (id uint) (to principal))
        (as-contract? ((with-nft .coin "card" (list id)))
          (try! (contract-call? .coin give tx-sender to))))
      (define-public (unsafe (n uint) (to principal))
        (as-contract? ((with-all-assets-unsafe)) (try! (stx-transfer? n tx-sender to))))
      (define-public (none-allowed (n uint) (to principal))
        (as-contract? () (try! (stx-transfer? n tx-sender to))))
      (define-public (guard (n uint) (cap uint) (to principal))
        (restrict-assets? tx-sender ((with-stx cap)) (try! (stx-transfer? n tx-sender to))))
      (define-public (guard-keep (n uint) (cap uint) (to principal))
        (match (restrict-assets? tx-sender ((with-stx cap))
            (print n) (try! (stx-transfer? n tx-sender to)) (stx-get-balance to))
          fine (ok fine) bad (if true (ok (+ bad u500)) (err u1))))
      (define-public (guard-none (n uint)) (restrict-assets? tx-sender () (print n)))
      (define-public (guard-early (n uint) (to principal))
        (restrict-assets? tx-sender ((with-stx u100))
          (try! (stx-transfer? n tx-sender to)) (try! (if (> n u50) (err u77) (ok true))) n))`,
  },
  calls: [
    ['safe', 'setup'],
    ['safe', 'pay', Cv.uint(10), Cv.uint(10), other],
    ['safe', 'pay', Cv.uint(11), Cv.uint(10), other],
    ['safe', 'pay', Cv.uint(0), Cv.uint(10), other],
    ['safe', 'pay', Cv.uint(5000), Cv.uint(9000), other],
    ['safe', 'coins', Cv.uint(5), Cv.uint(5), other],
    ['safe', 'coins', Cv.uint(6), Cv.uint(5), other],
    ['safe', 'any-coins', Cv.uint(5), Cv.uint(5), other],
    ['safe', 'any-coins', Cv.uint(6), Cv.uint(5), other],
    ['safe', 'card', Cv.uint(2), other],
    ['safe', 'card', Cv.uint(1), other],
    ['safe', 'unsafe', Cv.uint(20), other],
    ['safe', 'none-allowed', Cv.uint(20), other],
    ['safe', 'guard', Cv.uint(20), Cv.uint(20), other],
    ['safe', 'guard', Cv.uint(21), Cv.uint(20), other],
    ['safe', 'guard-keep', Cv.uint(20), Cv.uint(20), other],
    ['safe', 'guard-keep', Cv.uint(21), Cv.uint(20), other],
    ['safe', 'guard-none', Cv.uint(20)],
    ['safe', 'guard-early', Cv.uint(20), other],
    ['safe', 'guard-early', Cv.uint(60), other],
    ['safe', 'guard-early', Cv.uint(160), other],
  ],
});

/** The examples of SIP-002's reference for secp256k1-recover?. */
const keys = (at: At): Scenario => ({
  what: 'recovers keys, checks signatures and takes principals apart',
  versions: [2, 3, 4, 5],
  contracts: {
    keys: `
      (define-constant hash 0xde5b9eb9e7c5592930eb2e30a01369c36586d872082ed8181ee83d2a0ec20f04)
      (define-constant sig 0x8738487ebe69b93d8e51583be8eee50bb4213fc49c767d329632730cc193b873554428fc936ca3569afc15f1c9365f6591d6251a89fee9c9ac661116824d3a1301)
      (define-constant key 0x03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110)
      (define-public (recover) (ok (secp256k1-recover? hash sig)))
      (define-public (recover-bad (b (buff 65))) (ok (secp256k1-recover? hash b)))
      (define-public (verify (h (buff 32))) (ok (secp256k1-verify h sig key)))
      (define-public (of-key) (ok (principal-of? key)))
      (define-public (of-bad-key (k (buff 33))) (principal-of? k))
      (define-public (apart (p principal)) (ok (principal-destruct? p)))
      (define-public (put (v (buff 1)) (h (buff 20))) (ok (principal-construct? v h)))
      (define-public (put-contract (v (buff 1)) (h (buff 20)) (n (string-ascii 40)))
        (ok (principal-construct? v h n)))
      (define-public (standard (p principal)) (ok (is-standard p)))`,
  },
  calls: [
    ['keys', 'recover'],
    ['keys', 'recover-bad', hash(65)],
    ['keys', 'recover-bad', hash(65, 4)],
    ['keys', 'recover-bad', hash(64, 1)],
    ['keys', 'recover-bad', hash(63, 1)],
    ['keys', 'verify', hash(32)],
    ['keys', 'verify', hash(31)],
    ['keys', 'of-key'],
    ['keys', 'of-bad-key', hash(33, 2)],
    ['keys', 'of-bad-key', hash(33, 9)],
    ['keys', 'of-bad-key', hash(32, 2)],
    ['keys', 'apart', Cv.principal(WALLET_1)],
    ['keys', 'apart', at('keys')],
    ['keys', 'apart', Cv.principal('SP000000000000000000002Q6VF78.pox')],
    ...[0x1a, 0x15, 0x16, 0x14, 0x05, 0x1f, 0x20, 0xff].map(
      (version): Call => ['keys', 'put', hash(1, version), hash(20, 7)],
    ),
    ['keys', 'put', hash(0), hash(20)],
    ['keys', 'put', hash(1, 26), hash(19)],
    ...['abc', '', '1ab', 'a-b', 'x'.repeat(40)].map(
      (name): Call => ['keys', 'put-contract', hash(1, 26), hash(20), Cv.ascii(name)],
    ),
    ['keys', 'standard', Cv.principal('SP000000000000000000002Q6VF78')],
    ['keys', 'standard', at('keys')],
  ],
});

/** @param suffix of every contract's name, so that versions can live on one chain */
export function scenarios(suffix: string): Scenario[] {
  const at: At = (name) => Cv.principal(`${DEPLOYER}.${name}${suffix}`);
  return [traits(at), traitsInside(at), recursion(at), asContract(), allowances(), keys(at)].map(
    (one) => suffixed(one, suffix),
  );
}

function suffixed(scenario: Scenario, suffix: string): Scenario {
  const known = Object.keys(scenario.contracts);
  const rename = (source: string) =>
    source.replace(/\.([a-z][a-z-]*)/g, (text, name) =>
      known.includes(name) ? `.${name}${suffix}` : text,
    );
  return {
    ...scenario,
    contracts: Object.fromEntries(
      Object.entries(scenario.contracts).map(([name, source]) => [name + suffix, rename(source)]),
    ),
    calls: scenario.calls.map(([contract, ...rest]) => [contract + suffix, ...rest]),
  };
}
