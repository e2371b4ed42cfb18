/**
 * Makes one or two places of a program wrong, or at least different: a part lost, doubled,
 * swapped, replaced, renamed or wrapped; another kind of function; another version's word.
 */
import { NATIVE_NAMES } from '../../src/names.ts';
import { type Dice, literal, randomType } from './values.ts';

/** An atom or literal as text, or a list in its brackets. */
type Tree = string | Branch;

interface Branch {
  readonly open: string;
  readonly close: string;
  items: Tree[];
}

const TOKEN = /\s+|u?"(?:\\.|[^"\\])*"|[(){}]|[^\s(){}"]+/gy;

function parse(source: string): Branch {
  const root: Branch = { open: '', close: '', items: [] };
  const stack = [root];
  for (const [token] of source.matchAll(TOKEN)) {
    if (token.trim() === '') continue;
    if (token === '(' || token === '{') {
      const branch: Branch = { open: token, close: token === '(' ? ')' : '}', items: [] };
      stack.at(-1)!.items.push(branch);
      stack.push(branch);
    } else if (token === ')' || token === '}') stack.pop();
    else stack.at(-1)!.items.push(token);
  }
  return root;
}

const print = (tree: Tree): string =>
  typeof tree === 'string' ? tree : tree.open + tree.items.map(print).join(' ') + tree.close;

function branches(tree: Branch): Branch[] {
  return [tree, ...tree.items.flatMap((item) => (typeof item === 'string' ? [] : branches(item)))];
}

type Change = (dice: Dice, parent: Branch, at: number) => void;

const WORDS = [
  ...NATIVE_NAMES,
  ...'block-height stacks-block-time current-contract tx-sponsor? none true nothing coin badge'.split(
    ' ',
  ),
];

const CHANGES: readonly Change[] = [
  (dice, parent, at) => {
    parent.items[at] = literal(dice, randomType(dice, 1));
  },
  (_, parent, at) => {
    parent.items.splice(at, 1);
  },
  (_, parent, at) => {
    parent.items.splice(at, 0, parent.items[at]!);
  },
  (dice, parent, at) => {
    const other = dice.below(parent.items.length);
    [parent.items[at], parent.items[other]] = [parent.items[other]!, parent.items[at]!];
  },
  (dice, parent) => {
    if (typeof parent.items[0] === 'string') parent.items[0] = dice.pick(NATIVE_NAMES);
  },
  (dice, parent, at) => {
    if (typeof parent.items[at] === 'string') parent.items[at] = dice.pick(WORDS);
  },
  (dice, parent, at) => {
    const words = parent.items.filter((item) => typeof item === 'string');
    if (words.length > 0) parent.items[at] = dice.pick(words);
  },
  (dice, parent, at) => {
    const head = dice.pick(['begin', 'some', 'ok', 'err', 'list', 'print', 'not', 'unwrap-panic']);
    parent.items[at] = { open: '(', close: ')', items: [head, parent.items[at]!] };
  },
  (_, parent, at) => {
    const item = parent.items[at]!;
    if (typeof item !== 'string') parent.items.splice(at, 1, ...item.items);
  },
  (dice, parent, at) => {
    const item = parent.items[at];
    if (typeof item === 'string' && /^u?\d+$/.test(item)) {
      parent.items[at] = dice.pick([
        `u${2n ** 128n - 1n}`,
        `u${2n ** 128n}`,
        `-${2n ** 127n}`,
        'u0',
        '-1',
      ]);
    }
  },
];

const TOP: readonly ((dice: Dice, form: Branch, root: Branch) => void)[] = [
  (dice, form) => {
    if (
      typeof form.items[0] === 'string' &&
      /^define-(public|private|read-only)$/.test(form.items[0])
    ) {
      form.items[0] = dice.pick(['define-public', 'define-private', 'define-read-only']);
    }
  },
  (_, form, root) => {
    root.items.push(form);
  },
  (_, form, root) => {
    root.items.splice(root.items.indexOf(form), 1);
  },
];

/** Breaks the text itself. */
const TEXT: readonly ((dice: Dice, source: string) => string)[] = [
  (dice, source) => cut(source, dice.below(source.length), 1),
  (dice, source) => {
    const at = dice.below(source.length);
    const what = dice.pick(['(', ')', '{', '"', ' ; x\n', ';;', "'", '.', 'u', '-', '<', '%', ',']);
    return source.slice(0, at) + what + source.slice(at);
  },
];

const cut = (source: string, at: number, length: number) =>
  source.slice(0, at) + source.slice(at + length);

export function spoil(dice: Dice, source: string): string {
  if (dice.chance(0.08)) return dice.pick(TEXT)(dice, source);
  const root = parse(source);
  for (let n = dice.chance(0.2) ? 2 : 1; n > 0; n--) {
    const forms = root.items.filter((item): item is Branch => typeof item !== 'string');
    if (forms.length === 0) break;
    const form = dice.pick(forms);
    if (dice.chance(0.12)) dice.pick(TOP)(dice, form, root);
    else {
      const parent = dice.pick(branches(form).filter(({ items }) => items.length > 0));
      if (parent !== undefined) dice.pick(CHANGES)(dice, parent, dice.below(parent.items.length));
    }
  }
  return root.items.map(print).join('\n');
}
