/** Natives that touch keys, principals, assets, blocks and other contracts, for `forms.ts`. */
import { formatType, Ty, type TypeSignature, typesEqual } from '@assay/clarity-value';
import { bool, type Form, number, one, optional, writing } from './forms.ts';
import { libraryName, VERSIONS } from './library.ts';
import { randomType } from './values.ts';
import type { Writer } from './writer.ts';

const OUTCOME = Ty.response(Ty.bool, Ty.uint);

/** A key, a message and a signature that fit: the examples of SIP-002 and SIP-035. */
const K1 = {
  hash: '0xde5b9eb9e7c5592930eb2e30a01369c36586d872082ed8181ee83d2a0ec20f04',
  signature:
    '0x8738487ebe69b93d8e51583be8eee50bb4213fc49c767d329632730cc193b873554428fc936ca3569afc15f1c9365f6591d6251a89fee9c9ac661116824d3a1301',
  key: '0x03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110',
};
const R1 = {
  hash: '0xc3abef6a775793dfbc8e0719e7a1de1fc2f90d37a7912b1ce8e300a5a03b06a8',
  signature:
    '0xf2b8c0645caa7250e3b96d633cf40a88456e4ffbddffb69200c4e019039dfd310eac59293c23e6d6aa8b0c5d9e4e48fa4c4fdf1ace2ba618dc0263b5e90a0903',
  key: '0x031e18532fd4754c02f3041d9c75ceb33b83ffd81ac7ce4fe882ccb1c98bc5896e',
};

/** Mostly the good one. */
const or = (w: Writer, good: string, length: number) =>
  w.dice.chance(0.6) ? good : w.expr(Ty.buffer(length));

const hashable = (w: Writer) =>
  w.expr(w.dice.pick([Ty.int, Ty.uint, Ty.buffer(16), Ty.buffer(0), Ty.buffer(33)]));

const PRINCIPAL_PARTS = Ty.tuple([
  ['version', Ty.buffer(1)],
  ['hash-bytes', Ty.buffer(20)],
  ['name', Ty.optional(Ty.ascii(40))],
]);
const PRINCIPAL_ERROR = Ty.tuple([
  ['error_code', Ty.uint],
  ['value', Ty.optional(Ty.principal)],
]);

const CRYPTO: readonly Form[] = [
  ...(
    [
      ['hash160', 20],
      ['sha256', 32],
      ['sha512', 64],
      ['sha512/256', 32],
      ['keccak256', 32],
    ] as const
  ).map(([name, length]) => one(name, Ty.buffer(length), (w) => `(${name} ${hashable(w)})`)),
  one(
    'secp256k1-recover?',
    Ty.response(Ty.buffer(33), Ty.uint),
    (w) => `(secp256k1-recover? ${or(w, K1.hash, 32)} ${or(w, K1.signature, 65)})`,
  ),
  bool(
    'secp256k1-verify',
    (w) =>
      `(secp256k1-verify ${or(w, K1.hash, 32)} ${or(w, K1.signature, 65)} ${or(w, K1.key, 33)})`,
  ),
  bool(
    'secp256r1-verify',
    (w) =>
      `(secp256r1-verify ${or(w, R1.hash, 32)} ${or(w, R1.signature, 64)} ${or(w, R1.key, 33)})`,
  ),
  one(
    'principal-of?',
    Ty.response(Ty.principal, Ty.uint),
    (w) => `(principal-of? ${or(w, K1.key, 33)})`,
  ),
  one(
    'principal-destruct?',
    Ty.response(PRINCIPAL_PARTS, PRINCIPAL_PARTS),
    (w) => `(principal-destruct? ${w.expr(Ty.principal)})`,
  ),
  one('principal-construct?', Ty.response(Ty.principal, PRINCIPAL_ERROR), (w) => {
    const version = w.dice.pick(['0x1a', '0x15', '0x16', '0x14', '0x1f', '0x20', '0x']);
    const hash = or(w, '0xfa6bf38ed557fe417333710d6033e9419391a320', 20);
    const name = w.dice.chance(0.4) ? ` ${w.dice.pick(['"foo"', '"1"', '""', '"a-b"'])}` : '';
    return `(principal-construct? ${version} ${hash}${name})`;
  }),
  one(
    'contract-hash?',
    Ty.response(Ty.buffer(32), Ty.uint),
    (w) => `(contract-hash? ${w.dice.chance(0.6) ? `.${library(w)}` : w.expr(Ty.principal)})`,
  ),
  one('to-ascii?', Ty.response(Ty.ascii(200), Ty.uint), (w) => {
    const type = w.dice.pick([Ty.int, Ty.uint, Ty.bool, Ty.principal, Ty.buffer(16), Ty.utf8(3)]);
    return `(to-ascii? ${w.expr(type)})`;
  }),
];

const library = (w: Writer) => libraryName(w.dice.pick(VERSIONS));

const SERIAL: readonly Form[] = [
  one(
    'to-consensus-buff?',
    Ty.optional(Ty.buffer(200)),
    (w) => `(to-consensus-buff? ${w.expr(randomType(w.dice, 2))})`,
  ),
  optional('from-consensus-buff?', (w, inner) => {
    const bytes = w.dice.pick([
      () => `(unwrap-panic (to-consensus-buff? ${w.expr(inner)}))`,
      () => `(unwrap-panic (to-consensus-buff? ${w.expr(randomType(w.dice, 1))}))`,
      () => w.expr(Ty.buffer(16)),
      () => w.dice.pick(['0x03', '0x09', '0x0a03', '0x0703', '0x0100', '0x']),
    ])();
    return `(from-consensus-buff? ${formatType(inner)} ${bytes})`;
  }),
];

const amount = (w: Writer) => (w.dice.chance(0.5) ? `u${w.dice.below(60)}` : w.expr(Ty.uint));
const who = (w: Writer) => w.expr(Ty.principal);
const sender = (w: Writer) => (w.dice.chance(0.7) ? 'tx-sender' : who(w));
const coin = (w: Writer) => w.dice.pick(['coin', 'coin', 'capped']);
const memo = (w: Writer) => w.expr(Ty.buffer(w.dice.pick([0, 5, 33])));

const ASSETS: readonly Form[] = [
  one('stx-get-balance', Ty.uint, (w) => `(stx-get-balance ${who(w)})`),
  one(
    'stx-account',
    Ty.tuple([
      ['unlocked', Ty.uint],
      ['locked', Ty.uint],
      ['unlock-height', Ty.uint],
    ]),
    (w) => `(stx-account ${who(w)})`,
  ),
  writing('stx-transfer?', OUTCOME, (w) => `(stx-transfer? ${amount(w)} ${sender(w)} ${who(w)})`),
  writing(
    'stx-transfer-memo?',
    OUTCOME,
    (w) => `(stx-transfer-memo? ${amount(w)} ${sender(w)} ${who(w)} ${memo(w)})`,
  ),
  writing('stx-burn?', OUTCOME, (w) => `(stx-burn? ${amount(w)} ${sender(w)})`),
  one('ft-get-balance', Ty.uint, (w) => `(ft-get-balance ${coin(w)} ${who(w)})`),
  one('ft-get-supply', Ty.uint, (w) => `(ft-get-supply ${coin(w)})`),
  writing('ft-mint?', OUTCOME, (w) => `(ft-mint? ${coin(w)} ${amount(w)} ${sender(w)})`),
  writing(
    'ft-transfer?',
    OUTCOME,
    (w) => `(ft-transfer? ${coin(w)} ${amount(w)} ${sender(w)} ${who(w)})`,
  ),
  writing('ft-burn?', OUTCOME, (w) => `(ft-burn? ${coin(w)} ${amount(w)} ${sender(w)})`),
  one('nft-get-owner?', Ty.optional(Ty.principal), (w) => `(nft-get-owner? badge ${id(w)})`),
  writing('nft-mint?', OUTCOME, (w) => `(nft-mint? badge ${id(w)} ${sender(w)})`),
  writing('nft-transfer?', OUTCOME, (w) => `(nft-transfer? badge ${id(w)} ${sender(w)} ${who(w)})`),
  writing('nft-burn?', OUTCOME, (w) => `(nft-burn? badge ${id(w)} ${sender(w)})`),
];

const id = (w: Writer) => (w.dice.chance(0.7) ? `u${w.dice.below(4)}` : w.expr(Ty.uint));

const STATE: readonly Form[] = [
  {
    name: 'var-get',
    writes: false,
    gives: (w) => w.dice.pick(w.vars).type,
    source: (w, type) => {
      const found = w.vars.filter((one) => typesEqual(one.type, type));
      return found.length === 0 ? null : `(var-get ${w.dice.pick(found).name})`;
    },
  },
  writing('var-set', Ty.bool, (w) => {
    const { name, type } = w.dice.pick(w.vars);
    return `(var-set ${name} ${w.expr(type)})`;
  }),
  {
    name: 'map-get?',
    writes: false,
    gives: (w) => Ty.optional(w.dice.pick(w.maps).value),
    source: (w, type) => {
      if (type.kind !== 'optional') return null;
      const found = w.maps.filter((one) => typesEqual(one.value, type.inner));
      if (found.length === 0) return null;
      const { name, key } = w.dice.pick(found);
      return `(map-get? ${name} ${w.key(key)})`;
    },
  },
  ...['map-set', 'map-insert'].map((name) =>
    writing(name, Ty.bool, (w) => {
      const map = w.dice.pick(w.maps);
      return `(${name} ${map.name} ${w.key(map.key)} ${w.expr(map.value)})`;
    }),
  ),
  writing('map-delete', Ty.bool, (w) => {
    const map = w.dice.pick(w.maps);
    return `(map-delete ${map.name} ${w.key(map.key)})`;
  }),
];

const HASH = Ty.buffer(32);
const BLOCK: readonly [string, TypeSignature][] = [
  ['time', Ty.uint],
  ['header-hash', HASH],
  ['id-header-hash', HASH],
];
// Without miner-spend-winner: the reference's simulator has no such fact.
const TENURE: readonly [string, TypeSignature][] = [
  ['time', Ty.uint],
  ['burnchain-header-hash', HASH],
  ['vrf-seed', HASH],
  ['miner-address', Ty.principal],
  ['block-reward', Ty.uint],
  ['miner-spend-total', Ty.uint],
];
const POX = Ty.tuple([
  [
    'addrs',
    Ty.list(
      Ty.tuple([
        ['version', Ty.buffer(1)],
        ['hashbytes', Ty.buffer(32)],
      ]),
      2,
    ),
  ],
  ['payout', Ty.uint],
]);

function info(name: string, properties: readonly (readonly [string, TypeSignature])[]): Form {
  return {
    name,
    writes: false,
    gives: (w) => Ty.optional(w.dice.pick(properties)[1]),
    source: (w, type) => {
      if (type.kind !== 'optional') return null;
      const fitting = properties.filter(([, given]) => typesEqual(given, type.inner));
      if (fitting.length === 0) return null;
      const height = w.dice.chance(0.6) ? `u${w.dice.below(6)}` : w.expr(Ty.uint);
      return `(${name} ${w.dice.pick(fitting)[0]} ${height})`;
    },
  };
}

const BLOCKS: readonly Form[] = [
  info('get-block-info?', [...BLOCK, ...TENURE]),
  info('get-stacks-block-info?', BLOCK),
  info('get-tenure-info?', TENURE),
  info('get-burn-block-info?', [
    ['header-hash', HASH],
    ['pox-addrs', POX],
  ]),
];

const CONTRACTS: readonly Form[] = [
  {
    name: 'contract-call?',
    writes: false,
    gives: (w) =>
      w.dice.pick([
        Ty.response(Ty.uint, Ty.uint),
        Ty.response(Ty.uint, Ty.bool),
        Ty.response(Ty.ascii(16), Ty.uint),
        Ty.uint,
        Ty.optional(Ty.uint),
        OUTCOME,
        ...w.foreign.map(({ returns }) => returns),
      ]),
    source: contractCall,
  },
  {
    name: 'contract-of',
    writes: false,
    gives: () => Ty.principal,
    source: (w, type) =>
      type.kind === 'principal' && w.traits.length > 0
        ? `(contract-of ${w.dice.pick(w.traits)})`
        : null,
  },
];

function contractCall(w: Writer, type: TypeSignature): string | null {
  const options: string[] = [];
  const to = (call: string) => options.push(`(contract-call? .${library(w)} ${call})`);
  const is = (given: TypeSignature) => typesEqual(given, type);
  const mayWrite = w.mayWrite;
  if (mayWrite && is(Ty.response(Ty.uint, Ty.uint))) {
    to(`add ${w.expr(Ty.uint)} ${w.expr(Ty.uint)}`);
    for (const trait of w.traits) {
      options.push(`(contract-call? ${trait} add ${w.expr(Ty.uint)} ${amount(w)})`);
    }
  }
  if (is(Ty.response(Ty.uint, Ty.bool))) to('area');
  if (is(Ty.response(Ty.ascii(16), Ty.uint))) to(`echo ${w.expr(Ty.ascii(16))}`);
  if (is(Ty.uint)) to('get-total');
  if (is(Ty.optional(Ty.uint))) to(`maybe ${w.expr(Ty.uint)}`);
  if (mayWrite && is(OUTCOME)) {
    to(`pay ${amount(w)} ${who(w)}`);
    to(`mint ${amount(w)} ${sender(w)}`);
    to(`move ${amount(w)} ${who(w)}`);
    to(`give ${amount(w)} ${who(w)}`);
  }
  for (const { contract, name, args, returns, access } of w.foreign) {
    if ((access === 'public' && !mayWrite) || !is(returns)) continue;
    options.push(
      `(contract-call? .${contract} ${name} ${args.map((arg) => w.expr(arg)).join(' ')})`,
    );
  }
  return options.length === 0 ? null : w.dice.pick(options);
}

export const CHAIN_FORMS: readonly Form[] = [
  ...CRYPTO,
  ...SERIAL,
  ...ASSETS,
  ...STATE,
  ...BLOCKS,
  ...CONTRACTS,
];

export { amount, number, sender, who };
