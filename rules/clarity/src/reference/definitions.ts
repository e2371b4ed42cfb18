/** Forms of the top level. */
import { type ReferenceChapter, word } from './entry.ts';

export const DEFINITIONS: ReferenceChapter = {
  title: 'Definitions',
  source: 'functions/define.rs',
  words: [
    word(
      '(define-constant name value)',
      'A value computed once, when the contract is deployed.',
      'limit',
      { cost: 'bindName', setup: '(define-constant limit (* u2 u50))' },
    ),
    word(
      '(define-data-var name type value)',
      'A variable that is kept on the chain, with its first value.',
      '(var-get counter)',
      {
        rule: 'The value fits the type; a trait cannot be kept.',
        cost: 'createVar',
        per: 'bytes of the type',
        setup: '(define-data-var counter uint u0)',
      },
    ),
    word(
      '(define-map name key-type value-type)',
      'A map that is kept on the chain.',
      '(map-get? seats u1)',
      {
        rule: 'A trait cannot be kept.',
        cost: 'createMap',
        per: 'bytes of both types',
        setup: '(define-map seats uint {who: principal, since: uint})',
      },
    ),
    word(
      '(define-fungible-token name [uint])',
      'A token of which there are amounts, with a largest supply or without.',
      '(ft-mint? coin u11 tx-sender)',
      { cost: 'createFt', setup: '(define-fungible-token coin u1000)' },
    ),
    word(
      '(define-non-fungible-token name type)',
      'A token of which each has an id of this type.',
      '(nft-get-owner? card {year: u2024, number: u7})',
      {
        cost: 'createNft',
        per: 'bytes of the type',
        setup: '(define-non-fungible-token card {year: uint, number: uint})',
      },
    ),
    word(
      '(define-public (name (parameter type) ...) body)',
      'A function for transactions and other contracts. It answers with a response; `(err ..)` undoes what it did.',
      '(increment)',
      {
        rule: 'Gives a response. A function cannot call itself, directly or not.',
        cost: 'bindName',
        setup:
          '(define-data-var counter uint u0)\n(define-public (increment) (ok (var-set counter (+ (var-get counter) u1))))',
      },
    ),
    word(
      '(define-read-only (name (parameter type) ...) body)',
      'A function for everybody that changes nothing.',
      '(double u4)',
      {
        rule: 'Calls nothing that writes.',
        cost: 'bindName',
        setup: '(define-read-only (double (n uint)) (* n u2))',
      },
    ),
    word(
      '(define-private (name (parameter type) ...) body)',
      'A function for this contract alone.',
      '(half u5)',
      { cost: 'bindName', setup: '(define-private (half (n uint)) (/ n u2))' },
    ),
    word(
      '(define-trait name ((function (type ...) (response A E)) ...))',
      'What a contract must offer to be passed as this trait.',
      '"defined"',
      {
        rule: 'Each function gives a response. No function twice (from Clarity 2 on).',
        setup: '(define-trait doubler ((double (uint) (response uint uint))))',
      },
    ),
    word(
      '(use-trait name contract.trait)',
      'A name for a trait of another contract, used as `<name>` in types.',
      '(try-it .other)',
      {
        setup:
          '(use-trait doubler .other.doubler)\n(define-public (try-it (c <doubler>)) (contract-call? c double-it u21))',
      },
    ),
    word(
      '(impl-trait contract.trait)',
      'The promise that this contract offers a trait; checked when it is deployed.',
      '(double-it u3)',
      { setup: '(impl-trait .other.doubler)\n(define-public (double-it (n uint)) (ok (* n u2)))' },
    ),
  ],
};
