/** Natives that can give any type: branches, bindings, early ends, contexts. For the writer. */
import { Ty, type TypeSignature } from '@assay/clarity-value';
import { amount, sender, who } from './chain-forms.ts';
import { type Form, one } from './forms.ts';
import { libraryName, VERSIONS } from './library.ts';
import { randomType } from './values.ts';
import type { Writer } from './writer.ts';

type Source = (w: Writer, type: TypeSignature) => string | null;

const any = (name: string, source: Source, writes = false): Form => ({
  name,
  writes,
  gives: (w) => randomType(w.dice, 1),
  source,
});

/** An optional or response whose types are all known: one arm alone leaves one open. */
const maybe = (w: Writer, type: TypeSignature) =>
  `(if ${w.expr(Ty.bool)} (some ${w.expr(type)}) none)`;
const either = (w: Writer, ok: TypeSignature, err: TypeSignature) =>
  `(if ${w.expr(Ty.bool)} (ok ${w.expr(ok)}) (err ${w.expr(err)}))`;

function letForm(w: Writer, type: TypeSignature): string {
  const bound = Array.from({ length: 1 + w.dice.below(2) }, () => ({
    name: w.fresh('x'),
    type: randomType(w.dice, 1),
  }));
  const sources = bound.map((one) => `(${one.name} ${w.expr(one.type)})`);
  return `(let (${sources.join(' ')}) ${w.within(bound, () => w.expr(type))})`;
}

function matchForm(w: Writer, type: TypeSignature): string {
  const [some, other] = [w.fresh('y'), w.fresh('e')];
  const inner = randomType(w.dice, 1);
  const found = w.within([{ name: some, type: inner }], () => w.expr(type));
  if (w.dice.chance(0.5)) return `(match ${maybe(w, inner)} ${some} ${found} ${w.expr(type)})`;
  const bad = w.dice.pick([Ty.uint, Ty.bool]);
  const failed = w.within([{ name: other, type: bad }], () => w.expr(type));
  return `(match ${either(w, inner, bad)} ${some} ${found} ${other} ${failed})`;
}

/** Where the function may end early: with what. */
function early(w: Writer): TypeSignature | null {
  const { returns } = w;
  return returns === null || (returns.kind !== 'response' && returns.kind !== 'optional')
    ? null
    : returns;
}

function tryForm(w: Writer, type: TypeSignature): string | null {
  const returns = early(w);
  if (returns === null) return null;
  return returns.kind === 'response'
    ? `(try! ${either(w, type, returns.err)})`
    : `(try! ${maybe(w, type)})`;
}

const thrown = (w: Writer, returns: TypeSignature) =>
  returns.kind === 'response' ? `(err ${w.expr(returns.err)})` : 'none';

const CONTROL: readonly Form[] = [
  any('if', (w, type) => `(if ${w.expr(Ty.bool)} ${w.expr(type)} ${w.wider(type)})`),
  any('let', letForm),
  any('begin', (w, type) => `(begin ${w.expr(w.dice.pick([Ty.bool, Ty.uint]))} ${w.expr(type)})`),
  any('match', matchForm),
  any('default-to', (w, type) => `(default-to ${w.expr(type)} ${w.expr(Ty.optional(type))})`),
  any('try!', tryForm),
  any('unwrap!', (w, type) => {
    const returns = early(w);
    if (returns === null) return null;
    const source = w.dice.chance(0.5) ? maybe(w, type) : either(w, type, Ty.uint);
    return `(unwrap! ${source} ${thrown(w, returns)})`;
  }),
  any('unwrap-err!', (w, type) => {
    const returns = early(w);
    return returns === null
      ? null
      : `(unwrap-err! ${either(w, Ty.int, type)} ${thrown(w, returns)})`;
  }),
  any('unwrap-panic', (w, type) =>
    w.dice
      .pick([() => maybe(w, type), () => `(some ${w.expr(type)})`, () => `(ok ${w.expr(type)})`])()
      .replace(/^/, '(unwrap-panic ')
      .concat(')'),
  ),
  any('unwrap-err-panic', (w, type) =>
    w.dice.chance(0.5)
      ? `(unwrap-err-panic (err ${w.expr(type)}))`
      : `(unwrap-err-panic ${either(w, Ty.bool, type)})`,
  ),
  any('asserts!', (w, type) => {
    const returns = early(w);
    return returns === null
      ? null
      : `(begin (asserts! ${w.expr(Ty.bool)} ${thrown(w, returns)}) ${w.expr(type)})`;
  }),
  any('print', (w, type) => `(print ${w.expr(type)})`, true),
  // Refused in this epoch, and its program with it: written only when it is due.
  {
    name: 'at-block',
    writes: false,
    gives: () => Ty.bool,
    source: (w, type) =>
      type.kind === 'bool' && w.isDue ? `(at-block ${w.expr(Ty.buffer(32))} true)` : null,
  },
  any('as-contract', (w, type) => `(as-contract ${w.expr(type)})`),
];

const asset = (w: Writer) => w.dice.pick(['"coin"', '"capped"', '"*"', '"badge"', '"card"']);
const contract = (w: Writer) =>
  w.dice.pick(['current-contract', 'current-contract', `.${libraryName(w.dice.pick(VERSIONS))}`]);

const ALLOWANCES: readonly (readonly [name: string, source: (w: Writer) => string])[] = [
  ['with-stx', (w) => `(with-stx ${amount(w)})`],
  ['with-ft', (w) => `(with-ft ${contract(w)} ${asset(w)} ${amount(w)})`],
  [
    'with-nft',
    (w) =>
      `(with-nft ${contract(w)} ${asset(w)} (list ${w.expr(Ty.uint)} ${w.dice.pick(['u1', 'u2'])}))`,
  ],
  ['with-stacking', (w) => `(with-stacking ${amount(w)})`],
];

/** One that does something, so that the allowances are asked. */
function moves(w: Writer): string {
  return w.dice.pick([
    () => `(try! (stx-transfer? ${amount(w)} ${sender(w)} ${who(w)}))`,
    () => `(is-ok (stx-transfer? ${amount(w)} tx-sender ${who(w)}))`,
    () => `(is-ok (ft-mint? coin ${amount(w)} tx-sender))`,
    () => `(is-ok (ft-transfer? coin ${amount(w)} tx-sender ${who(w)}))`,
    () => `(is-ok (nft-transfer? badge u1 tx-sender ${who(w)}))`,
    () => `(is-ok (ft-burn? coin ${amount(w)} tx-sender))`,
    () => `(is-ok (stx-burn? ${amount(w)} tx-sender))`,
  ])();
}

/** @param first the allowance to use at any rate */
function guarded(w: Writer, type: TypeSignature, keyword: string, first: string | null): string {
  const chosen = ALLOWANCES.filter(([name]) => name === first || w.dice.chance(0.4));
  const unsafe = first === 'with-all-assets-unsafe';
  const allowances = unsafe
    ? '(with-all-assets-unsafe)'
    : chosen.map(([, source]) => source(w)).join(' ');
  const acts = w.mayWrite && w.returns?.kind === 'response' && w.returns.err.kind === 'uint';
  const body = acts ? `${moves(w)} ` : '';
  return `(${keyword} (${allowances}) ${body}${w.expr(type)})`;
}

const guardForm = (name: string, first: string | null): Form => ({
  name: first ?? name,
  writes: true,
  gives: (w) => Ty.response(w.dice.pick([Ty.uint, Ty.bool, randomType(w.dice, 0)]), Ty.uint),
  source(w, type) {
    if (type.kind !== 'response' || type.err.kind !== 'uint' || type.ok.kind === 'response') {
      return null;
    }
    return name === 'as-contract?'
      ? guarded(w, type.ok, name, first)
      : guarded(w, type.ok, `restrict-assets? ${sender(w)}`, first);
  },
});

const GUARDS: readonly Form[] = [
  guardForm('restrict-assets?', null),
  guardForm('as-contract?', null),
  ...ALLOWANCES.flatMap(([name]) => [
    guardForm('restrict-assets?', name),
    guardForm('as-contract?', name),
  ]),
  guardForm('as-contract?', 'with-all-assets-unsafe'),
];

const keyword = (name: string, type: TypeSignature) => one(name, type, () => name);

/** Variables of the language; the chain behind both VMs is the same. */
const KEYWORDS: readonly Form[] = [
  ...'tx-sender contract-caller current-contract'.split(' ').map((k) => keyword(k, Ty.principal)),
  ...'true false is-in-regtest is-in-mainnet'.split(' ').map((k) => keyword(k, Ty.bool)),
  ...'block-height burn-block-height stacks-block-height tenure-height stacks-block-time stx-liquid-supply chain-id'
    .split(' ')
    .map((k) => keyword(k, Ty.uint)),
  keyword('tx-sponsor?', Ty.optional(Ty.principal)),
  {
    name: 'none',
    writes: false,
    gives: (w) => Ty.optional(randomType(w.dice, 1)),
    source: (_w, type) => (type.kind === 'optional' ? 'none' : null),
  },
];

export const CONTROL_FORMS: readonly Form[] = [...CONTROL, ...GUARDS, ...KEYWORDS];
