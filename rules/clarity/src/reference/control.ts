/** Control flow, optionals and responses. */
import { type ReferenceChapter, word } from './entry.ts';

export const CONTROL: ReferenceChapter = {
  title: 'Control flow',
  source: 'functions/mod.rs, functions/boolean.rs',
  words: [
    word(
      '(if condition yes no) -> A',
      'Evaluates one of two expressions.',
      '(if (> 1 0) "yes" "no")',
      {
        rule: 'The condition is a bool; both branches have a common type, which is the result.',
        cost: 'if',
      },
    ),
    word(
      '(let ((name value) ...) body ...) -> A',
      'Binds names to values, each of which may use the names before it, and evaluates the body. The last expression is the result.',
      '(let ((a u2) (b (* a u3))) (+ a b))',
      {
        rule: 'Names must not be taken. Responses in the body, other than the last expression, must be checked.',
        cost: 'let',
        per: 'bindings',
      },
    ),
    word(
      '(begin body ...) -> A',
      'Evaluates expressions in order; the last one is the result.',
      '(begin (print "first") u2)',
      { rule: 'Responses, other than the last expression, must be checked.', cost: 'begin' },
    ),
    word(
      '(and condition ...) -> bool',
      'True when all are. Stops at the first that is false.',
      '(and true (> 2 1) false)',
      { cost: 'and', per: 'arguments' },
    ),
    word(
      '(or condition ...) -> bool',
      'True when one is. Stops at the first that is true.',
      '(or false (> 2 1))',
      { cost: 'or', per: 'arguments' },
    ),
    word('(not bool) -> bool', 'The opposite.', '(not true)', { cost: 'not' }),
    word('(is-eq value ...) -> bool', 'Whether all values are the same.', '(is-eq "abc" "abc")', {
      rule: 'The arguments have a common type.',
      cost: 'eq',
      per: 'serialized bytes of the arguments',
    }),
    word(
      '(asserts! condition thrown) -> bool',
      'True when the condition holds; otherwise the function returns `thrown` at once.',
      '(check 0)',
      {
        rule: '`thrown` must fit the type the function returns.',
        cost: 'asserts',
        setup: '(define-private (check (n int)) (begin (asserts! (> n 0) (err u9)) (ok n)))',
      },
    ),
    word(
      '(print value) -> A',
      'Leaves an event with the value, and gives the value back.',
      '(print {event: "sold", price: u5})',
      { cost: 'print', per: 'bytes of the value' },
    ),
  ],
};

export const OPTIONALS: ReferenceChapter = {
  title: 'Optionals and responses',
  source: 'functions/options.rs',
  words: [
    word('(some value) -> (optional A)', 'An optional that holds a value.', '(some u1)', {
      cost: 'someCons',
    }),
    word(
      '(ok value) -> (response A E)',
      'A response that succeeded. A public function that returns one keeps what it changed.',
      '(ok u1)',
      { cost: 'okCons' },
    ),
    word(
      '(err value) -> (response A E)',
      'A response that failed. A public function that returns one undoes what it changed.',
      '(err "too late")',
      { cost: 'errCons' },
    ),
    word('(is-some optional) -> bool', 'Whether there is a value.', '(is-some (some 1))', {
      cost: 'isSome',
    }),
    word('(is-none optional) -> bool', 'Whether there is none.', '(is-none (some 1))', {
      cost: 'isNone',
    }),
    word('(is-ok response) -> bool', 'Whether it succeeded.', '(is-ok (if true (ok 1) (err u1)))', {
      cost: 'isOkay',
    }),
    word('(is-err response) -> bool', 'Whether it failed.', '(is-err (if true (ok 1) (err u1)))', {
      cost: 'isErr',
    }),
    word(
      '(default-to fallback optional) -> A',
      'The value inside, or the fallback.',
      '(default-to u0 (map-get? seats "anna"))',
      {
        rule: 'The fallback and the content have a common type.',
        cost: 'defaultTo',
        setup: '(define-map seats (string-ascii 10) uint)',
      },
    ),
    word(
      '(unwrap! optional-or-response thrown) -> A',
      'The value inside `some` or `ok`; for `none` and `err` the function returns `thrown` at once.',
      '(seat "ben")',
      {
        rule: '`thrown` must fit the type the function returns.',
        cost: 'unwrapRet',
        setup:
          '(define-map seats (string-ascii 10) uint)\n(define-private (seat (who (string-ascii 10))) (ok (unwrap! (map-get? seats who) (err u404))))',
      },
    ),
    word(
      '(unwrap-err! response thrown) -> E',
      'The value inside `err`; for `ok` the function returns `thrown` at once.',
      '(why (if true (ok 1) (err u7)))',
      {
        rule: '`thrown` must fit the type the function returns.',
        cost: 'unwrapErrOrRet',
        setup: '(define-private (why (r (response int uint))) (unwrap-err! r u0))',
      },
    ),
    word(
      '(unwrap-panic optional-or-response) -> A',
      'The value inside `some` or `ok`. Otherwise the transaction aborts with `UnwrapFailure`.',
      '(unwrap-panic (some u3))',
      { cost: 'unwrap' },
    ),
    word(
      '(unwrap-err-panic response) -> E',
      'The value inside `err`. Otherwise the transaction aborts with `UnwrapFailure`.',
      '(unwrap-err-panic (if false (ok 1) (err u7)))',
      { cost: 'unwrapErr' },
    ),
    word(
      '(try! optional-or-response) -> A',
      'The value inside `some` or `ok`; otherwise the function returns the `none` or `err` itself.',
      '(both (ok 1) (err u5))',
      {
        rule: 'The failure must fit the type the function returns.',
        cost: 'tryRet',
        setup:
          '(define-private (both (a (response int uint)) (b (response int uint))) (ok (+ (try! a) (try! b))))',
      },
    ),
    word(
      '(match optional name some-branch none-branch) -> A',
      'Evaluates one branch, with the content bound to the name. On a response there are five parts: `(match response ok-name ok-branch err-name err-branch)`.',
      '(match (if true (ok 1) (err u2)) n (+ n 1) code (to-int code))',
      { rule: 'The branches have a common type.', cost: 'match' },
    ),
  ],
};
