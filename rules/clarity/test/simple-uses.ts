/** The smallest use of each native, for questions about what each costs. */

/** Definitions the uses name; `use` becomes the value of `execute`. */
export const contractWith = (use: string) => `
  (define-map entries {a: int} {b: int})
  (define-non-fungible-token badge int)
  (define-fungible-token coin)
  (define-data-var kept int 0)
  (define-constant pair {a: 1})
  (define-constant flags (list true))
  (define-constant numbers (list 1))
  (define-constant text "foobar")
  (use-trait doer .doing.doer)
  (define-public (execute (other <doer>)) (ok ${use}))`;

/** Deployed before: the trait, and a contract that has it. */
export const NEIGHBOURS = {
  doing: '(define-trait doer ((do (int) (response int int))))',
  other: '(impl-trait .doing.doer) (define-public (do (a int)) (ok 1))',
} as const;

const WHO = "'SZ2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQ9H6DPR";
const HASH = `0x${'de'.repeat(32)}`;
const KEY = '0x03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110';

const natives = (names: string, args: string): [string, string][] =>
  names.split(' ').map((name) => [name, `(${name} ${args})`]);

export const SIMPLE_USES: ReadonlyMap<string, string> = new Map([
  ...natives('+ - * / >= <= < > mod pow xor is-eq', '2 1'),
  ...natives('bit-and bit-or bit-xor list', '2 1'),
  ...natives('sqrti log2 to-uint bit-not int-to-ascii int-to-utf8 to-ascii?', '9'),
  ...natives('hash160 sha256 sha512 sha512/256 keccak256 print ok err some begin', '1'),
  ...natives('bit-shift-left bit-shift-right', '2 u1'),
  ...natives('and or', 'true false'),
  ...natives('buff-to-int-le buff-to-uint-le buff-to-int-be buff-to-uint-be', '0x01'),
  ...natives('string-to-int? string-to-uint?', '"1"'),
  ...natives('element-at element-at?', 'numbers u2'),
  ...natives('index-of index-of?', 'numbers 1'),
  ...natives('get-block-info? get-stacks-block-info? get-tenure-info?', 'time u1'),
  ...natives('is-standard principal-destruct? stx-get-balance stx-account', WHO),
  ...natives('is-ok unwrap-panic', '(ok 1)'),
  ...natives('is-err unwrap-err-panic', '(err 1)'),
  ...natives('is-some is-none', '(some 1)'),
  ...natives('as-contract', '1'),
  ['to-int', '(to-int u1)'],
  ['not', '(not true)'],
  ['if', '(if true (+ 1 2) 2)'],
  ['let', '(let ((x 1)) x)'],
  ['var-get', '(var-get kept)'],
  ['var-set', '(var-set kept 1)'],
  ['map-get?', '(map-get? entries {a: 1})'],
  ['map-set', '(map-set entries {a: 1} {b: 2})'],
  ['map-insert', '(map-insert entries {a: 2} {b: 2})'],
  ['map-delete', '(map-delete entries {a: 1})'],
  ['map', '(map not flags)'],
  ['filter', '(filter not flags)'],
  ['fold', '(fold + numbers 0)'],
  ['append', '(append numbers 1)'],
  ['concat', '(concat numbers numbers)'],
  ['as-max-len?', '(as-max-len? numbers u3)'],
  ['len', '(len numbers)'],
  ['slice?', '(slice? text u1 u1)'],
  ['replace-at?', '(replace-at? numbers u0 5)'],
  ['tuple', '(tuple (a 1))'],
  ['get', '(get a pair)'],
  ['merge', '(merge {a: 1, b: 2} {b: 1})'],
  ['default-to', '(default-to 1 none)'],
  ['asserts!', '(asserts! true (err 1))'],
  ['unwrap!', '(unwrap! (ok 1) (err 1))'],
  ['unwrap-err!', '(unwrap-err! (err 1) (ok 1))'],
  ['try!', '(try! (if true (ok 1) (err 1)))'],
  ['match', '(match (some 1) x (+ x 1) 1)'],
  ['secp256k1-recover?', `(secp256k1-recover? ${HASH} 0x${'01'.repeat(65)})`],
  ['secp256k1-verify', `(secp256k1-verify ${HASH} 0x${'01'.repeat(65)} ${KEY})`],
  ['secp256r1-verify', `(secp256r1-verify ${HASH} 0x${'01'.repeat(64)} ${KEY})`],
  ['principal-of?', `(principal-of? ${KEY})`],
  ['principal-construct?', `(principal-construct? 0x1a 0x${'16'.repeat(20)})`],
  ['contract-call?', '(contract-call? .other do 1)'],
  ['contract-of', '(contract-of other)'],
  ['contract-hash?', '(contract-hash? .other)'],
  ['get-burn-block-info?', '(get-burn-block-info? header-hash u1)'],
  ['to-consensus-buff?', '(to-consensus-buff? u1)'],
  ['from-consensus-buff?', '(from-consensus-buff? bool 0x03)'],
  ['ft-mint?', `(ft-mint? coin u1 ${WHO})`],
  ['ft-transfer?', `(ft-transfer? coin u1 ${WHO} ${WHO})`],
  ['ft-burn?', `(ft-burn? coin u1 ${WHO})`],
  ['ft-get-balance', `(ft-get-balance coin ${WHO})`],
  ['ft-get-supply', '(ft-get-supply coin)'],
  ['nft-mint?', `(nft-mint? badge 1 ${WHO})`],
  ['nft-transfer?', `(nft-transfer? badge 1 ${WHO} ${WHO})`],
  ['nft-burn?', `(nft-burn? badge 1 ${WHO})`],
  ['nft-get-owner?', '(nft-get-owner? badge 1)'],
  ['stx-transfer?', `(stx-transfer? u1 ${WHO} ${WHO})`],
  ['stx-transfer-memo?', `(stx-transfer-memo? u1 ${WHO} ${WHO} 0x01)`],
  ['stx-burn?', `(stx-burn? u1 ${WHO})`],
  ['restrict-assets?', '(restrict-assets? tx-sender () (+ u1 u2))'],
  ['as-contract?', '(as-contract? () (+ u1 u2))'],
]);
