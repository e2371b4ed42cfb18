/** What contracts keep, own and know about the chain. */
import { type ReferenceChapter, word } from './entry.ts';

const COUNTER = '(define-data-var counter uint u5)';
const SEATS = '(define-map seats {row: uint} (string-ascii 10))';
const COIN = '(define-fungible-token coin)';
const CARD = '(define-non-fungible-token card uint)';
const OWNER = "'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

export const STORAGE: ReferenceChapter = {
  title: 'Data variables and maps',
  source: 'functions/database.rs',
  words: [
    word('(var-get name) -> A', 'The value of a data variable.', '(var-get counter)', {
      cost: 'fetchVar',
      per: 'serialized bytes of the value',
      setup: COUNTER,
    }),
    word(
      '(var-set name value) -> bool',
      'Changes a data variable; always true. Not in read-only functions.',
      '(begin (var-set counter u6) (var-get counter))',
      {
        rule: 'The value fits the type of the variable.',
        cost: 'setVar',
        per: 'serialized bytes of the value',
        setup: COUNTER,
      },
    ),
    word(
      '(map-get? name key) -> (optional A)',
      'The entry of a key.',
      '(map-get? seats {row: u1})',
      {
        rule: 'The key fits the type of the map.',
        cost: 'fetchEntry',
        per: 'serialized bytes of key and value',
        setup: SEATS,
      },
    ),
    word(
      '(map-set name key value) -> bool',
      'Writes an entry; always true. Not in read-only functions.',
      '(begin (map-set seats {row: u1} "anna") (map-get? seats {row: u1}))',
      {
        rule: 'Key and value fit the types of the map.',
        cost: 'setEntry',
        per: 'serialized bytes of key and value',
        setup: SEATS,
      },
    ),
    word(
      '(map-insert name key value) -> bool',
      'Writes an entry unless there is one; tells whether it wrote.',
      '(list (map-insert seats {row: u1} "anna") (map-insert seats {row: u1} "ben"))',
      {
        rule: 'Key and value fit the types of the map.',
        cost: 'setEntry',
        per: 'serialized bytes of key and value',
        setup: SEATS,
      },
    ),
    word(
      '(map-delete name key) -> bool',
      'Removes an entry; tells whether there was one.',
      '(map-delete seats {row: u1})',
      {
        rule: 'The key fits the type of the map.',
        cost: 'setEntry',
        per: 'serialized bytes of the key, and 1 for an entry removed',
        setup: SEATS,
      },
    ),
  ],
};

export const TOKENS: ReferenceChapter = {
  title: 'Tokens',
  source: 'functions/assets.rs',
  words: [
    word(
      '(ft-mint? token uint principal) -> (response bool uint)',
      'Makes new tokens. `(err u1)` for an amount of zero. Above the declared supply: `SupplyOverflow`.',
      `(ft-mint? coin u100 ${OWNER})`,
      { rule: 'The token is one of the contract.', cost: 'ftMint', setup: COIN },
    ),
    word(
      '(ft-transfer? token uint from to) -> (response bool uint)',
      'Moves tokens. `(err u1)` too few, `(err u2)` from and to are the same, `(err u3)` an amount of zero. It does not ask who calls: check `tx-sender` first.',
      `(ft-transfer? coin u1 tx-sender ${OWNER})`,
      { rule: 'The token is one of the contract.', cost: 'ftTransfer', setup: COIN },
    ),
    word(
      '(ft-burn? token uint principal) -> (response bool uint)',
      'Destroys tokens. `(err u1)` for zero or too few.',
      `(ft-burn? coin u1 ${OWNER})`,
      { rule: 'The token is one of the contract.', cost: 'ftBurn', setup: COIN },
    ),
    word(
      '(ft-get-balance token principal) -> uint',
      'How many somebody owns.',
      '(begin (unwrap-panic (ft-mint? coin u7 tx-sender)) (ft-get-balance coin tx-sender))',
      { cost: 'ftBalance', setup: COIN },
    ),
    word('(ft-get-supply token) -> uint', 'How many there are.', '(ft-get-supply coin)', {
      cost: 'ftSupply',
      setup: COIN,
    }),
    word(
      '(nft-mint? token id principal) -> (response bool uint)',
      'Makes a token with this id. `(err u1)` when it exists.',
      `(nft-mint? card u1 ${OWNER})`,
      {
        rule: 'The id fits the type of the token.',
        cost: 'nftMint',
        per: 'serialized bytes of the id',
        setup: CARD,
      },
    ),
    word(
      '(nft-transfer? token id from to) -> (response bool uint)',
      'Gives a token away. `(err u1)` not the owner, `(err u2)` from and to are the same, `(err u3)` no such token. It does not ask who calls.',
      `(nft-transfer? card u1 tx-sender ${OWNER})`,
      {
        rule: 'The id fits the type of the token.',
        cost: 'nftTransfer',
        per: 'serialized bytes of the id',
        setup: CARD,
      },
    ),
    word(
      '(nft-burn? token id principal) -> (response bool uint)',
      'Destroys a token. `(err u1)` not the owner, `(err u3)` no such token.',
      '(begin (unwrap-panic (nft-mint? card u1 tx-sender)) (nft-burn? card u1 tx-sender))',
      {
        rule: 'The id fits the type of the token.',
        cost: 'nftBurn',
        per: 'serialized bytes of the id; charged once more for none',
        setup: CARD,
      },
    ),
    word(
      '(nft-get-owner? token id) -> (optional principal)',
      'Who owns a token.',
      '(nft-get-owner? card u1)',
      {
        rule: 'The id fits the type of the token.',
        cost: 'nftOwner',
        per: 'serialized bytes of the id',
        setup: CARD,
      },
    ),
    word(
      '(stx-transfer? uint from to) -> (response bool uint)',
      'Moves micro-STX. `(err u1)` too few, `(err u2)` from and to are the same, `(err u3)` an amount of zero, `(err u4)` from is not `tx-sender`.',
      `(stx-transfer? u1000 tx-sender ${OWNER})`,
      { cost: 'stxTransfer' },
    ),
    word(
      '(stx-transfer-memo? uint from to (buff 34)) -> (response bool uint)',
      'As `stx-transfer?`, with a memo that goes into the event.',
      `(stx-transfer-memo? u1000 tx-sender ${OWNER} 0x68690a)`,
      { cost: 'stxTransferMemo' },
    ),
    word(
      '(stx-burn? uint from) -> (response bool uint)',
      'Destroys micro-STX. Errors as `stx-transfer?`.',
      '(stx-burn? u1000 tx-sender)',
      { cost: 'stxTransfer' },
    ),
    word(
      '(stx-get-balance principal) -> uint',
      'Micro-STX that are not locked.',
      `(stx-get-balance ${OWNER})`,
      { cost: 'stxBalance' },
    ),
    word(
      '(stx-account principal) -> {locked: uint, unlock-height: uint, unlocked: uint}',
      'Micro-STX, those that are locked, and the Bitcoin height at which they will not be.',
      `(stx-account ${OWNER})`,
      { cost: 'stxAccount' },
    ),
  ],
};

export const ALLOWANCES: ReferenceChapter = {
  title: 'Contracts as owners',
  source: 'functions/post_conditions.rs, functions/mod.rs',
  words: [
    word(
      '(as-contract body) -> A',
      'Evaluates the body with the contract itself as `tx-sender`. Clarity 4 replaced it by `as-contract?`.',
      '(as-contract tx-sender)',
      { cost: 'asContract' },
    ),
    word(
      '(as-contract? (allowance ...) body ...) -> (response A uint)',
      'Evaluates the body with the contract itself as `tx-sender`; it may move only what the allowances permit. Otherwise everything it did is undone and the answer is `(err index)`, the index of the allowance that was passed, or `u128` for something not allowed at all.',
      '(as-contract? ((with-stx u5)) (unwrap-panic (stx-transfer? u6 tx-sender .other)))',
      {
        rule: 'No expression of the body is a response.',
        cost: 'asContractSafe',
        per: 'allowances',
      },
    ),
    word(
      '(restrict-assets? principal (allowance ...) body ...) -> (response A uint)',
      'Evaluates the body; what the principal owns may be moved only as the allowances permit. Answers as `as-contract?`.',
      '(restrict-assets? tx-sender () (+ u1 u2))',
      {
        rule: 'No expression of the body is a response; `with-all-assets-unsafe` is not allowed.',
        cost: 'restrictAssets',
        per: 'allowances',
      },
    ),
    word(
      '(with-stx uint) -> allowance',
      'Up to so many micro-STX. Only in a list of allowances, as all of these.',
      '(restrict-assets? tx-sender ((with-stx u100)) (unwrap-panic (stx-transfer? u100 tx-sender .other)))',
    ),
    word(
      '(with-ft principal (string-ascii 128) uint) -> allowance',
      'Up to so many fungible tokens of a contract. The name `"*"` stands for all its tokens.',
      '(restrict-assets? tx-sender ((with-ft current-contract "coin" u1)) u0)',
      { setup: COIN },
    ),
    word(
      '(with-nft principal (string-ascii 128) (list n id)) -> allowance',
      'These non-fungible tokens of a contract.',
      '(restrict-assets? tx-sender ((with-nft current-contract "card" (list u1))) u0)',
      { rule: 'At most 128 ids.', setup: CARD },
    ),
    word(
      '(with-stacking uint) -> allowance',
      'Up to so many micro-STX to be locked or delegated.',
      '(restrict-assets? tx-sender ((with-stacking u100)) u0)',
    ),
    word(
      '(with-all-assets-unsafe) -> allowance',
      'Everything. Only in `as-contract?`, and only alone.',
      '(as-contract? ((with-all-assets-unsafe)) tx-sender)',
    ),
  ],
};
