/** Which words of the language the programs used, per version, in accepted and refused contracts. */
import type { ClarityVersion } from '../../src/index.ts';
import { DEFINE_NAMES, isReservedName, NATIVE_NAMES, VARIABLE_NAMES } from '../../src/names.ts';
import { VERSIONS } from './library.ts';
import type { RandomContract } from './program.ts';

export const WORDS: readonly string[] = [...NATIVE_NAMES, ...VARIABLE_NAMES, ...DEFINE_NAMES];

/** Whether the version has the word. */
export const has = (word: string, version: ClarityVersion) =>
  DEFINE_NAMES.includes(word) || isReservedName(word, version);

const STRING = /u?"(?:\\.|[^"\\])*"/g;
const ATOM = /[^\s(){}",]+/g;

export class Coverage {
  /** `word version accepted|refused` -> contracts. */
  readonly #counts = new Map<string, number>();

  add({ source, version }: RandomContract, accepted: boolean): void {
    const words = new Set(source.replace(STRING, '').match(ATOM));
    if (/[{]/.test(source)) words.add('tuple');
    for (const word of words) {
      const key = `${word} ${version} ${accepted ? 'accepted' : 'refused'}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  count(word: string, version: ClarityVersion, what: 'accepted' | 'refused'): number {
    return this.#counts.get(`${word} ${version} ${what}`) ?? 0;
  }

  /** Words of a version that no accepted contract used. At-block is always refused. */
  holes(): string[] {
    return WORDS.flatMap((word) =>
      VERSIONS.filter(
        (version) =>
          has(word, version) &&
          this.count(word, version, word === 'at-block' ? 'refused' : 'accepted') === 0,
      ).map((version) => `${word} (Clarity ${version})`),
    );
  }

  /** One line per word: accepted/refused per version; `-` where the version lacks the word. */
  table(): string {
    const rows = WORDS.map((word) =>
      [
        word.padEnd(26),
        ...VERSIONS.map((version) => {
          const [yes, no] = [
            this.count(word, version, 'accepted'),
            this.count(word, version, 'refused'),
          ];
          const cell = has(word, version) ? `${yes}/${no}` : `-/${no}`;
          return cell.padStart(12);
        }),
      ].join(''),
    );
    const head = `${'accepted/refused'.padEnd(26)}${VERSIONS.map((v) => `Clarity ${v}`.padStart(12)).join('')}`;
    return [head, ...rows].join('\n');
  }
}
