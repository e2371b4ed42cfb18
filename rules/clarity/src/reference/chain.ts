/** Other contracts, principals, signatures, blocks; words that read the environment. */
import { type ReferenceChapter, word } from './entry.ts';

const TRAIT = '(use-trait doubler .other.doubler)';
const KEY = '0x03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110';
const HASH = '0xde5b9eb9e7c5592930eb2e30a01369c36586d872082ed8181ee83d2a0ec20f04';
const SIGNATURE =
  '0x8738487ebe69b93d8e51583be8eee50bb4213fc49c767d329632730cc193b873554428fc936ca3569afc15f1c9365f6591d6251a89fee9c9ac661116824d3a1301';

export const CONTRACTS: ReferenceChapter = {
  title: 'Other contracts',
  source: 'functions/database.rs, functions/mod.rs',
  words: [
    word(
      '(contract-call? contract function argument ...) -> A',
      'Calls a public or read-only function of another contract. What a public function answers with `(err ..)` changes nothing. A contract that is called again while it runs: `CircularReference`.',
      '(contract-call? .other double u4)',
      {
        rule: 'The contract is a literal, a constant that holds one (from Clarity 2 on), or a name of a trait type.',
        cost: ['contractCall', 'loadContract'],
        per: 'bytes of source and constants of the contract',
      },
    ),
    word(
      '(contract-of name) -> principal',
      'The contract that was passed as a trait.',
      '(who .other)',
      {
        rule: 'The name has a trait type.',
        cost: 'contractOf',
        setup: `${TRAIT}\n(define-private (who (c <doubler>)) (contract-of c))`,
      },
    ),
    word(
      '(contract-hash? principal) -> (response (buff 32) uint)',
      'SHA-512/256 of the source of a contract. `(err u1)` for an account, `(err u2)` when there is no such contract.',
      '(contract-hash? .nothing-there)',
      { cost: 'contractHash' },
    ),
  ],
};

export const PRINCIPALS: ReferenceChapter = {
  title: 'Principals',
  source: 'functions/principals.rs, functions/crypto.rs',
  words: [
    word(
      '(is-standard principal) -> bool',
      'Whether the address belongs to the network the contract runs on.',
      "(is-standard 'SP3X6QWWETNBZWGBK6DRGTR1KX50S74D3433WDGJY)",
      { cost: 'isStandard' },
    ),
    word(
      '(principal-of? (buff 33)) -> (response principal uint)',
      'The account of a public key; `(err u1)` when it is none. In Clarity 1 always a testnet address.',
      `(principal-of? ${KEY})`,
      { cost: 'principalOf' },
    ),
    word(
      '(principal-destruct? principal) -> (response parts parts)',
      'Version, hash and contract name; `err` with the same for an address of another network.',
      "(principal-destruct? 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)",
      { cost: 'principalDestruct' },
    ),
    word(
      '(principal-construct? (buff 1) (buff 20) [(string-ascii 40)]) -> (response principal {error_code: uint, value: (optional principal)})',
      'The address of a version and a hash, with a contract name or without. Error codes: `u0` another network, `u1` wrong length or version, `u2` not a contract name.',
      '(principal-construct? 0x1a 0xfa6bf38ed557fe417333710d6033e9419391a320)',
      { cost: 'principalConstruct' },
    ),
  ],
};

export const CRYPTO: ReferenceChapter = {
  title: 'Hashes and signatures',
  source: 'functions/crypto.rs',
  words: [
    word(
      '(hash160 value) -> (buff 20)',
      'RIPEMD-160 of SHA-256. Numbers are hashed as 16 bytes, lowest first.',
      '(hash160 0x00)',
      { rule: 'buff, int or uint.', cost: 'hash160', per: 'serialized bytes' },
    ),
    word('(sha256 value) -> (buff 32)', 'SHA-256.', '(sha256 0x)', {
      rule: 'buff, int or uint.',
      cost: 'sha256',
      per: 'serialized bytes',
    }),
    word('(sha512 value) -> (buff 64)', 'SHA-512.', '(sha512 u1)', {
      rule: 'buff, int or uint.',
      cost: 'sha512',
      per: 'serialized bytes',
    }),
    word('(sha512/256 value) -> (buff 32)', 'SHA-512/256.', '(sha512/256 0x)', {
      rule: 'buff, int or uint.',
      cost: 'sha512t256',
      per: 'serialized bytes',
    }),
    word('(keccak256 value) -> (buff 32)', 'Keccak-256, as Ethereum uses it.', '(keccak256 0x)', {
      rule: 'buff, int or uint.',
      cost: 'keccak256',
      per: 'serialized bytes',
    }),
    word(
      '(secp256k1-recover? (buff 32) (buff 65)) -> (response (buff 33) uint)',
      'The public key that made a signature of a hash (r, s, recovery id). `(err u1)` when there is none, `(err u2)` for a malformed signature.',
      `(secp256k1-recover? ${HASH} ${SIGNATURE})`,
      { cost: 'secp256k1recover' },
    ),
    word(
      '(secp256k1-verify (buff 32) (buff 65) (buff 33)) -> bool',
      'Whether the key made the signature of the hash. 64 bytes are enough of a signature; s must be the low one.',
      `(secp256k1-verify ${HASH} ${SIGNATURE} ${KEY})`,
      { cost: 'secp256k1verify' },
    ),
    word(
      '(secp256r1-verify (buff 32) (buff 64) (buff 33)) -> bool',
      'The same on the curve that passkeys use. Clarity 4 hashes the given hash once more with SHA-256.',
      `(secp256r1-verify ${HASH} 0x ${KEY})`,
      { cost: 'secp256r1verify' },
    ),
  ],
};

export const BLOCKS: ReferenceChapter = {
  title: 'Blocks',
  source: 'functions/database.rs',
  words: [
    word(
      '(get-block-info? property uint) -> (optional A)',
      'A fact of a block, by height: `time`, `header-hash`, `id-header-hash`, `vrf-seed`, `burnchain-header-hash`, `miner-address`, and in Clarity 2 `miner-spend-winner`, `miner-spend-total`, `block-reward`. Clarity 3 split it in two.',
      '(get-block-info? time u3)',
      { cost: 'blockInfo' },
    ),
    word(
      '(get-stacks-block-info? property uint) -> (optional A)',
      'A fact of a Stacks block below the current one: `time`, `header-hash`, `id-header-hash`.',
      '(get-stacks-block-info? time u3)',
      { cost: 'blockInfo' },
    ),
    word(
      '(get-tenure-info? property uint) -> (optional A)',
      'A fact of the tenure a Stacks block belongs to: `time`, `vrf-seed`, `burnchain-header-hash`, `miner-address`, `miner-spend-winner`, `miner-spend-total`, `block-reward`.',
      '(get-tenure-info? miner-spend-total u3)',
      { cost: 'blockInfo' },
    ),
    word(
      '(get-burn-block-info? property uint) -> (optional A)',
      'A fact of a Bitcoin block: `header-hash` or `pox-addrs`.',
      '(get-burn-block-info? header-hash u1000)',
      { cost: 'burnBlockInfo' },
    ),
    word(
      '(at-block (buff 32) body) -> A',
      'Evaluated the body as of an earlier block. Epoch 3.4 switched it off: contracts that use it are refused, those deployed before fail with `AtBlockUnavailable`.',
      '',
    ),
  ],
};

export const KEYWORDS: ReferenceChapter = {
  title: 'Keywords',
  source: 'variables.rs',
  words: [
    word('true -> bool', 'The truth value.', 'true'),
    word('false -> bool', 'The other one.', 'false'),
    word('none -> (optional A)', 'An optional without a value.', 'none'),
    word(
      'tx-sender -> principal',
      'Who signed the transaction; the contract itself inside `as-contract` and `as-contract?`.',
      'tx-sender',
    ),
    word(
      'contract-caller -> principal',
      'Who called this contract: the sender, or the contract that made the call.',
      'contract-caller',
    ),
    word(
      'tx-sponsor? -> (optional principal)',
      'Who pays the fee of a sponsored transaction.',
      'tx-sponsor?',
    ),
    word('current-contract -> principal', 'This contract.', 'current-contract'),
    word(
      'block-height -> uint',
      'Count of tenures, as contracts of Clarity 1 and 2 know blocks.',
      'block-height',
      { cost: 'fetchVar', per: '1' },
    ),
    word('stacks-block-height -> uint', 'Height of the Stacks block.', 'stacks-block-height', {
      cost: 'fetchVar',
      per: '1',
    }),
    word(
      'tenure-height -> uint',
      'Count of tenures up to and including this one.',
      'tenure-height',
      { cost: 'fetchVar', per: '1' },
    ),
    word(
      'burn-block-height -> uint',
      'Height of the Bitcoin block of the tenure.',
      'burn-block-height',
      { cost: 'fetchVar', per: '1' },
    ),
    word(
      'stacks-block-time -> uint',
      'Time of the Stacks block, in seconds since 1970.',
      'stacks-block-time',
      { cost: 'fetchVar', per: '1' },
    ),
    word('stx-liquid-supply -> uint', 'All micro-STX there are.', 'stx-liquid-supply', {
      cost: 'fetchVar',
      per: '1',
    }),
    word(
      'chain-id -> uint',
      'The id of the chain: 1 is the main network, 2147483648 the test network.',
      'chain-id',
    ),
    word('is-in-mainnet -> bool', 'Whether this is the main network.', 'is-in-mainnet'),
    word('is-in-regtest -> bool', 'Whether this is a local test network.', 'is-in-regtest'),
  ],
};
