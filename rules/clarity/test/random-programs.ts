/**
 * Writes random contracts: mostly well typed, over every native and define form, now and then with
 * an expression of the wrong type. The same seed writes the same contract.
 */
import {
  type ClarityValue,
  clarityValueToString,
  formatType,
  Ty,
  type TypeSignature,
  typesEqual,
} from '@assay/clarity-value';
import type { ClarityVersion } from '../src/index.ts';
import { Dice, randomType, randomValue } from './random-values.ts';

export interface RandomCall {
  readonly fn: string;
  readonly args: readonly ClarityValue[];
}

export interface RandomProgram {
  readonly source: string;
  readonly version: ClarityVersion;
  readonly calls: readonly RandomCall[];
}

interface Named {
  readonly name: string;
  readonly type: TypeSignature;
}

interface Fn {
  readonly name: string;
  readonly args: readonly TypeSignature[];
  readonly returns: TypeSignature;
}

/** A contract the random ones call into, deployed first under the name `callee`. */
export const CALLEE = `
(define-trait adder ((add (uint uint) (response uint uint))))
(define-data-var total uint u0)
(define-public (add (a uint) (b uint))
  (begin (var-set total (+ a b (var-get total))) (if (> a u30) (err a) (ok (+ a b)))))
(define-read-only (get-total) (var-get total))
(define-public (whoami) (ok {caller: contract-caller, sender: tx-sender}))
`;

const HASHES: readonly [string, number][] = [
  ['hash160', 20],
  ['sha256', 32],
  ['sha512', 64],
  ['sha512/256', 32],
  ['keccak256', 32],
];

export function literal(dice: Dice, type: TypeSignature): string {
  return valueSource(randomValue(dice, type));
}

/** As source: principals quoted, lists of nothing written so that they have a type. */
function valueSource(value: ClarityValue): string {
  switch (value.type) {
    case 'principal':
      return `'${clarityValueToString(value)}`;
    case 'some':
    case 'ok':
    case 'err':
      return `(${value.type} ${valueSource(value.value)})`;
    case 'list':
      return `(list ${value.items.map(valueSource).join(' ')})`;
    case 'tuple':
      return `{${[...value.entries].map(([k, v]) => `${k}: ${valueSource(v)}`).join(', ')}}`;
    case 'string-utf8':
      return `u"${[...value.value].map(utf8Source).join('')}"`;
    default:
      return clarityValueToString(value);
  }
}

function utf8Source(char: string): string {
  const code = char.codePointAt(0)!;
  return code < 128 ? char : `\\u{${code.toString(16)}}`;
}

export class ProgramWriter {
  readonly #dice: Dice;
  readonly #version: ClarityVersion;
  readonly #wrongness: number;
  #names = 0;
  #vars: Named[] = [];
  #maps: { name: string; key: TypeSignature; value: TypeSignature }[] = [];
  #fns: Fn[] = [];
  #constants: Named[] = [];
  /** In a public function: may leave early with this type of response. */
  #returns: TypeSignature | null = null;
  #mayWrite = false;

  constructor(seed: number, version: ClarityVersion) {
    this.#dice = new Dice(seed);
    this.#version = version;
    this.#wrongness = this.#dice.chance(0.15) ? 0.03 : 0;
  }

  write(): RandomProgram {
    const dice = this.#dice;
    const forms: string[] = [
      '(define-fungible-token coin)',
      '(define-fungible-token capped u1000)',
      '(define-non-fungible-token badge uint)',
      ...(this.#version >= 2
        ? ['(use-trait adder .callee.adder)']
        : ['(use-trait adder .callee.adder)']),
    ];
    for (let i = 0; i < 2; i++) forms.push(this.#constant());
    for (let i = 0; i < 3; i++) forms.push(this.#dataVar());
    for (let i = 0; i < 2; i++) forms.push(this.#map());
    for (let i = 0; i < 4; i++) forms.push(this.#function('private'));
    for (let i = 0; i < 2; i++) forms.push(this.#function('read-only'));
    const calls: RandomCall[] = [];
    for (let i = 0; i < 3; i++) {
      forms.push(this.#function('public'));
      const fn = this.#fns.at(-1)!;
      for (let n = 0; n < 2; n++) {
        calls.push({ fn: fn.name, args: fn.args.map((type) => randomValue(dice, type)) });
      }
    }
    if (dice.chance(0.3)) forms.push(`(print ${this.#expr(randomType(dice, 1), 2, [])})`);
    return { source: forms.join('\n'), version: this.#version, calls };
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #constant(): string {
    const type = randomType(this.#dice, 2);
    const name = this.#fresh('k');
    const source = `(define-constant ${name} ${literal(this.#dice, type)})`;
    // A literal may be narrower than its type: only simple ones are used again.
    if (type.kind === 'int' || type.kind === 'uint' || type.kind === 'bool') {
      this.#constants.push({ name, type });
    }
    return source;
  }

  #dataVar(): string {
    const type = randomType(this.#dice, 2);
    const name = this.#fresh('v');
    this.#vars.push({ name, type });
    return `(define-data-var ${name} ${formatType(type)} ${literal(this.#dice, type)})`;
  }

  #map(): string {
    const key = randomType(this.#dice, 1);
    const value = randomType(this.#dice, 2);
    const name = this.#fresh('m');
    this.#maps.push({ name, key, value });
    return `(define-map ${name} ${formatType(key)} ${formatType(value)})`;
  }

  #function(access: 'private' | 'read-only' | 'public'): string {
    const dice = this.#dice;
    const name = this.#fresh('f');
    const params = Array.from({ length: dice.below(3) + (access === 'private' ? 1 : 0) }, () => ({
      name: this.#fresh('p'),
      type: randomType(dice, 2),
    }));
    const plain = randomType(dice, 2);
    const returns =
      access === 'public' ? Ty.response(randomType(dice, 1), randomType(dice, 0)) : plain;
    this.#returns = returns.kind === 'response' || returns.kind === 'optional' ? returns : null;
    this.#mayWrite = access === 'public';
    const body =
      access === 'public'
        ? `(begin ${this.#statements(params)} ${this.#expr(returns, 3, params)})`
        : this.#expr(returns, 3, params);
    this.#returns = null;
    this.#mayWrite = false;
    this.#fns.push({ name, args: params.map((p) => p.type), returns });
    const list = params.map((p) => ` (${p.name} ${formatType(p.type)})`).join('');
    return `(define-${access} (${name}${list})\n  ${body})`;
  }

  #statements(scope: readonly Named[]): string {
    const out: string[] = [];
    for (let i = this.#dice.below(3); i > 0; i--) out.push(this.#statement(scope));
    return out.join(' ');
  }

  #statement(scope: readonly Named[]): string {
    const dice = this.#dice;
    const arg = (type: TypeSignature) => this.#expr(type, 2, scope);
    const drop = (call: string) => `(is-ok ${call})`;
    switch (dice.below(11)) {
      case 0: {
        const one = dice.pick(this.#vars);
        return `(var-set ${one.name} ${arg(one.type)})`;
      }
      case 1:
      case 2: {
        const one = dice.pick(this.#maps);
        const form = dice.pick(['map-set', 'map-insert']);
        return `(${form} ${one.name} ${arg(one.key)} ${arg(one.value)})`;
      }
      case 3: {
        const one = dice.pick(this.#maps);
        return `(map-delete ${one.name} ${arg(one.key)})`;
      }
      case 4:
        return drop(
          `(ft-mint? ${dice.pick(['coin', 'capped'])} ${arg(Ty.uint)} ${arg(Ty.principal)})`,
        );
      case 5:
        return drop(`(ft-transfer? coin ${arg(Ty.uint)} tx-sender ${arg(Ty.principal)})`);
      case 6:
        return drop(`(ft-burn? coin ${arg(Ty.uint)} ${arg(Ty.principal)})`);
      case 7:
        return drop(
          dice.pick([
            `(nft-mint? badge ${arg(Ty.uint)} ${arg(Ty.principal)})`,
            `(nft-transfer? badge ${arg(Ty.uint)} tx-sender ${arg(Ty.principal)})`,
            `(nft-burn? badge ${arg(Ty.uint)} tx-sender)`,
          ]),
        );
      case 8:
        return drop(
          dice.pick([
            `(stx-transfer? ${arg(Ty.uint)} tx-sender ${arg(Ty.principal)})`,
            `(stx-burn? ${arg(Ty.uint)} tx-sender)`,
          ]),
        );
      case 9:
        return drop(`(contract-call? .callee add ${arg(Ty.uint)} ${arg(Ty.uint)})`);
      default:
        return `(print ${arg(randomType(dice, 1))})`;
    }
  }

  /** An expression of (at most) the type. */
  #expr(type: TypeSignature, depth: number, scope: readonly Named[]): string {
    const dice = this.#dice;
    if (dice.chance(this.#wrongness)) return literal(dice, randomType(dice, 1));
    const fitting = scope.filter((one) => typesEqual(one.type, type));
    if (fitting.length > 0 && dice.chance(depth > 0 ? 0.25 : 0.7)) return dice.pick(fitting).name;
    if (depth <= 0) return literal(dice, type);
    if (dice.chance(0.45)) return this.#anyForm(type, depth, scope);
    return this.#typedForm(type, depth, scope) ?? literal(dice, type);
  }

  /** Forms that can give any type. */
  #anyForm(type: TypeSignature, depth: number, scope: readonly Named[]): string {
    const dice = this.#dice;
    const sub = (wanted: TypeSignature) => this.#expr(wanted, depth - 1, scope);
    switch (dice.below(13)) {
      case 0:
        return `(if ${sub(Ty.bool)} ${sub(type)} ${sub(type)})`;
      case 1: {
        const name = this.#fresh('x');
        const bound = randomType(dice, 1);
        const inner = [...scope, { name, type: bound }];
        return `(let ((${name} ${this.#exact(bound, depth - 1, scope)})) ${this.#expr(type, depth - 1, inner)})`;
      }
      case 2:
        return `(begin ${sub(Ty.bool)} ${sub(type)})`;
      case 3:
        return `(default-to ${sub(type)} ${sub(Ty.optional(type))})`;
      case 4: {
        const name = this.#fresh('y');
        const bound = dice.pick([Ty.uint, Ty.bool, Ty.int]);
        const inner = [...scope, { name, type: bound }];
        return `(match ${this.#maybe(bound, sub)} ${name} ${this.#expr(type, depth - 1, inner)} ${sub(type)})`;
      }
      case 5: {
        const [name, other] = [this.#fresh('z'), this.#fresh('e')];
        const response = Ty.response(Ty.uint, Ty.bool);
        const source = `(if ${sub(Ty.bool)} (ok ${sub(Ty.uint)}) (err ${sub(Ty.bool)}))`;
        const left = this.#expr(type, depth - 1, [
          ...scope,
          { name, type: response.kind === 'response' ? response.ok : Ty.uint },
        ]);
        return `(match ${source} ${name} ${left} ${other} ${sub(type)})`;
      }
      case 6:
        return `(unwrap-panic ${this.#dice.chance(0.2) ? this.#maybe(type, sub) : `(some ${sub(type)})`})`;
      case 7: {
        const known = [...this.#vars, ...this.#constants].filter((one) =>
          typesEqual(one.type, type),
        );
        if (known.length === 0) return sub(type);
        const one = dice.pick(known);
        return this.#vars.includes(one) ? `(var-get ${one.name})` : one.name;
      }
      case 8: {
        const one = this.#maps.find((map) => typesEqual(map.value, type));
        return one === undefined
          ? sub(type)
          : `(default-to ${sub(type)} (map-get? ${one.name} ${sub(one.key)}))`;
      }
      case 9: {
        const known = this.#fns.filter((fn) => typesEqual(fn.returns, type) && this.#mayWrite);
        if (known.length === 0) return sub(type);
        const fn = dice.pick(known);
        return `(${fn.name} ${fn.args.map((arg) => this.#exact(arg, depth - 1, scope)).join(' ')})`;
      }
      case 10:
        return `(get v (merge {v: ${sub(Ty.int)}, w: u1} {v: ${sub(type)}}))`;
      case 11:
        return `(unwrap-panic (element-at (list ${sub(type)} ${sub(type)}) ${dice.pick(['u0', 'u1'])}))`;
      default:
        return this.#early(type, depth, scope);
    }
  }

  /** An optional whose content has a known type: `none` alone has not. */
  #maybe(type: TypeSignature, sub: (type: TypeSignature) => string): string {
    return `(if ${sub(Ty.bool)} (some ${sub(type)}) none)`;
  }

  /** Something that may leave the function. */
  #early(type: TypeSignature, depth: number, scope: readonly Named[]): string {
    const returns = this.#returns;
    const sub = (wanted: TypeSignature) => this.#expr(wanted, depth - 1, scope);
    if (returns?.kind === 'response') {
      return this.#dice.pick([
        () =>
          `(try! (if ${sub(Ty.bool)} (ok ${sub(type)}) (err ${this.#exact(returns.err, 0, scope)})))`,
        () => `(unwrap! ${this.#maybe(type, sub)} (err ${sub(returns.err)}))`,
        () => `(begin (asserts! ${sub(Ty.bool)} (err ${sub(returns.err)})) ${sub(type)})`,
      ])();
    }
    if (returns?.kind === 'optional') return `(try! ${this.#maybe(type, sub)})`;
    return sub(type);
  }

  /** Exactly the type: widened by an `if` whose other arm is a default of full length. */
  #exact(type: TypeSignature, depth: number, scope: readonly Named[]): string {
    return this.#expr(type, Math.max(0, depth), scope);
  }

  #typedForm(type: TypeSignature, depth: number, scope: readonly Named[]): string | null {
    const dice = this.#dice;
    const sub = (wanted: TypeSignature) => this.#expr(wanted, depth - 1, scope);
    switch (type.kind) {
      case 'int':
      case 'uint':
        return this.#number(type, sub);
      case 'bool':
        return this.#boolean(sub);
      case 'principal':
        return dice.pick([
          'tx-sender',
          'contract-caller',
          ...(this.#version >= 4 ? ['current-contract'] : []),
          `(unwrap-panic (principal-of? 0x03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110))`,
        ]);
      case 'buffer':
        return this.#buffer(type.length, sub);
      case 'string-ascii':
        if (type.length >= 40 && this.#version >= 2) return `(int-to-ascii ${sub(Ty.uint)})`;
        return this.#joined(type, sub);
      case 'string-utf8':
        return this.#joined(type, sub);
      case 'optional':
        return this.#optional(type.inner, sub);
      case 'response':
        return dice.chance(0.6) ? `(ok ${sub(type.ok)})` : `(err ${sub(type.err)})`;
      case 'list':
        return this.#list(type, sub);
      case 'tuple': {
        const fields = [...type.fields].map(([name, field]) => `${name}: ${sub(field)}`);
        return `{${fields.join(', ')}}`;
      }
      default:
        return null;
    }
  }

  #number(type: TypeSignature, sub: (type: TypeSignature) => string): string {
    const dice = this.#dice;
    const uint = type.kind === 'uint';
    const options = [
      () => `(${dice.pick(['+', '-', '*', '/'])} ${sub(type)} ${sub(type)})`,
      () => `(${dice.pick(['+', '*'])} ${sub(type)} ${sub(type)} ${sub(type)})`,
      () => `(${dice.pick(['mod', 'pow', 'xor'])} ${sub(type)} ${sub(type)})`,
      () => `(${dice.pick(['sqrti', 'log2'])} ${sub(type)})`,
      () => (uint ? `(to-uint ${sub(Ty.int)})` : `(to-int ${sub(Ty.uint)})`),
      () =>
        `(fold ${dice.pick(['+', '*', 'xor'])} (list ${sub(type)} ${sub(type)} ${sub(type)}) ${sub(type)})`,
      () => (uint ? `(len ${sub(Ty.list(Ty.int, 3))})` : `(- ${sub(Ty.int)})`),
      () => (uint ? `(len ${sub(Ty.buffer(5))})` : sub(type)),
    ];
    if (uint) {
      options.push(
        () => `(ft-get-balance coin ${sub(Ty.principal)})`,
        () => '(ft-get-supply coin)',
        () => `(stx-get-balance ${sub(Ty.principal)})`,
        () => `(default-to u9 (index-of (list ${sub(Ty.int)} ${sub(Ty.int)}) ${sub(Ty.int)}))`,
        () => '(contract-call? .callee get-total)',
      );
    }
    if (this.#version >= 2) {
      options.push(
        () => `(${dice.pick(['bit-and', 'bit-or', 'bit-xor'])} ${sub(type)} ${sub(type)})`,
        () => `(bit-not ${sub(type)})`,
        () => `(${dice.pick(['bit-shift-left', 'bit-shift-right'])} ${sub(type)} ${sub(Ty.uint)})`,
        () => `(buff-to-${type.kind}-${dice.pick(['le', 'be'])} ${sub(Ty.buffer(16))})`,
        () => `(default-to ${sub(type)} (string-to-${type.kind}? ${sub(Ty.ascii(3))}))`,
      );
    }
    return dice.pick(options)();
  }

  #boolean(sub: (type: TypeSignature) => string): string {
    const dice = this.#dice;
    const compared = dice.pick(
      this.#version >= 2
        ? [Ty.int, Ty.uint, Ty.ascii(5), Ty.utf8(3), Ty.buffer(5)]
        : [Ty.int, Ty.uint],
    );
    const equal = randomType(dice, 1);
    const options = [
      () => `(${dice.pick(['<', '<=', '>', '>='])} ${sub(compared)} ${sub(compared)})`,
      () => `(is-eq ${sub(equal)} ${sub(equal)})`,
      () => `(${dice.pick(['and', 'or'])} ${sub(Ty.bool)} ${sub(Ty.bool)})`,
      () => `(not ${sub(Ty.bool)})`,
      () => `(${dice.pick(['is-some', 'is-none'])} ${sub(Ty.optional(equal))})`,
      () => `(${dice.pick(['is-ok', 'is-err'])} ${sub(Ty.response(Ty.int, Ty.uint))})`,
    ];
    if (this.#version >= 2) options.push(() => `(is-standard ${sub(Ty.principal)})`);
    return dice.pick(options)();
  }

  #buffer(length: number, sub: (type: TypeSignature) => string): string | null {
    const hash = HASHES.find(([, size]) => size === length);
    const dice = this.#dice;
    if (hash !== undefined && dice.chance(0.6)) {
      return `(${hash[0]} ${sub(dice.pick([Ty.int, Ty.uint, Ty.buffer(16)]))})`;
    }
    return this.#joined(Ty.buffer(length), sub);
  }

  /** A sequence from two halves, cut, replaced or filtered. */
  #joined(type: TypeSignature, sub: (type: TypeSignature) => string): string | null {
    if (!('length' in type) || type.length < 2) return null;
    const half = Math.floor(type.length / 2);
    const make = (n: number): TypeSignature =>
      type.kind === 'buffer'
        ? Ty.buffer(n)
        : type.kind === 'string-ascii'
          ? Ty.ascii(n)
          : Ty.utf8(n);
    const options = [
      () => `(concat ${sub(make(half))} ${sub(make(type.length - half))})`,
      () => `(default-to ${sub(make(1))} (as-max-len? ${sub(make(type.length))} u${type.length}))`,
    ];
    if (this.#version >= 2) {
      options.push(
        () =>
          `(default-to ${sub(make(1))} (slice? ${sub(make(type.length))} ${sub(Ty.uint)} ${sub(Ty.uint)}))`,
        () =>
          `(default-to ${sub(make(1))} (replace-at? ${sub(make(type.length))} ${sub(Ty.uint)} ${sub(make(1))}))`,
      );
    }
    return this.#dice.pick(options)();
  }

  #optional(inner: TypeSignature, sub: (type: TypeSignature) => string): string {
    const options = [
      () => `(some ${sub(inner)})`,
      () => 'none',
      () => `(element-at (list ${sub(inner)} ${sub(inner)}) ${sub(Ty.uint)})`,
    ];
    const map = this.#maps.find((one) => typesEqual(one.value, inner));
    if (map !== undefined) options.push(() => `(map-get? ${map.name} ${sub(map.key)})`);
    if (inner.kind === 'principal') options.push(() => `(nft-get-owner? badge ${sub(Ty.uint)})`);
    if (this.#version >= 2) {
      options.push(
        () =>
          `(from-consensus-buff? ${formatType(inner)} (default-to 0x (to-consensus-buff? ${sub(inner)})))`,
      );
    }
    return this.#dice.pick(options)();
  }

  #list(type: TypeSignature & { kind: 'list' }, sub: (type: TypeSignature) => string): string {
    const { entry, length } = type;
    const items = Array.from({ length }, () => sub(entry)).join(' ');
    const options = [() => `(list ${items})`];
    const shorter = Ty.list(entry, Math.max(1, length - 1));
    if (length > 1) {
      options.push(
        () => `(append ${sub(shorter)} ${sub(entry)})`,
        () => `(concat (list ${sub(entry)}) ${sub(shorter)})`,
      );
    }
    options.push(() => `(default-to (list ${sub(entry)}) (as-max-len? ${sub(type)} u${length}))`);
    const mapper = this.#fns.find((fn) => fn.args.length === 1 && typesEqual(fn.returns, entry));
    if (mapper !== undefined && this.#mayWrite) {
      const source = Ty.list(mapper.args[0]!, length);
      options.push(() => `(map ${mapper.name} ${sub(source)})`);
    }
    if (entry.kind === 'int' || entry.kind === 'uint') {
      options.push(() => `(map + ${sub(type)} ${sub(type)})`);
    }
    if (entry.kind === 'bool')
      options.push(
        () => `(filter not ${sub(type)})`,
        () => `(map not ${sub(type)})`,
      );
    return this.#dice.pick(options)();
  }
}

export function randomProgram(seed: number): RandomProgram {
  const version = ((seed % 5) + 1) as ClarityVersion;
  return new ProgramWriter(seed, version).write();
}
