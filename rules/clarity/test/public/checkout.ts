/**
 * Other people's contracts as files: whose they are, and what must be there before them. A file
 * below a folder named as an address (`SP.../name.clar`) belongs to that address, any other to the
 * deployer.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DEPLOYER } from '../reference.ts';

export interface PublicContract {
  readonly id: string;
  readonly source: string;
  /** Ids of contracts the source names and the folder has. */
  readonly names: readonly string[];
  /** Those of them that it calls or takes a trait from. */
  readonly needs: readonly string[];
}

const ADDRESS = /^S[0-9A-HJKMNP-Z]{27,41}$/;
const NAMED = /(?:'(S[0-9A-HJKMNP-Z]{27,41}))?\.([a-zA-Z][a-zA-Z0-9_-]*)/g;
const NEEDED = new RegExp(
  `(?:contract-call\\?|impl-trait|use-trait\\s+[\\w-]+)\\s+${NAMED.source}`,
  'g',
);
const SKIPPED = new Set(['node_modules', '.git', '.cache']);

/** Comments and string literals name nothing. */
const codeOnly = (source: string) => source.replace(/"(?:\\.|[^"\\])*"|;;.*$/gm, ' ');

export class Checkout {
  readonly #paths = new Map<string, string>();
  readonly #read = new Map<string, PublicContract>();

  constructor(folder: string) {
    const stack = [folder];
    while (stack.length > 0) {
      const at = stack.pop()!;
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        const path = join(at, entry.name);
        if (entry.isDirectory()) {
          if (!SKIPPED.has(entry.name)) stack.push(path);
        } else if (entry.name.endsWith('.clar')) {
          this.#add(path);
        }
      }
    }
  }

  /** Of two files of one name the one less deep counts. */
  #add(path: string): void {
    const owner = basename(dirname(path));
    const id = `${ADDRESS.test(owner) ? owner : DEPLOYER}.${basename(path, '.clar')}`;
    const known = this.#paths.get(id);
    if (known === undefined || path.split('/').length < known.split('/').length) {
      this.#paths.set(id, path);
    }
  }

  /** Sorted, so that a seed means the same on every machine. */
  get ids(): string[] {
    return [...this.#paths.keys()].sort();
  }

  /** By id, or by the name alone. */
  find(wanted: string): string | null {
    if (this.#paths.has(wanted)) return wanted;
    return this.ids.find((id) => id.endsWith(`.${wanted}`)) ?? null;
  }

  read(id: string): PublicContract {
    let contract = this.#read.get(id);
    if (contract === undefined) {
      const source = readFileSync(this.#paths.get(id)!, 'utf8');
      const code = codeOnly(source);
      const [names, needs] = [this.#idsIn(id, code, NAMED), this.#idsIn(id, code, NEEDED)];
      contract = { id, source, names, needs };
      this.#read.set(id, contract);
    }
    return contract;
  }

  #idsIn(id: string, code: string, pattern: RegExp): string[] {
    const issuer = id.slice(0, id.indexOf('.'));
    const found = new Set<string>();
    for (const [, address, name] of code.matchAll(pattern)) {
      const other = `${address ?? issuer}.${name}`;
      if (other !== id && this.#paths.has(other)) found.add(other);
    }
    return [...found];
  }

  /**
   * The contract and all that it names, and they name: what is needed comes first, and what is only
   * named too where it can. Null when that are more than `most`.
   */
  withDependencies(id: string, most: number): PublicContract[] | null {
    const wished = this.#order([id], 'names', most);
    return wished && this.#order(wished, 'needs', most)!.map((one) => this.read(one));
  }

  /** Depth-first, dependencies first; a ring is broken where it closes. */
  #order(roots: readonly string[], edges: 'names' | 'needs', most: number): string[] | null {
    const ordered: string[] = [];
    const entered = new Set<string>();
    for (const root of roots) {
      if (entered.has(root)) continue;
      entered.add(root);
      const path = [{ contract: this.read(root), next: 0 }];
      while (path.length > 0) {
        const top = path.at(-1)!;
        const id = top.contract[edges][top.next++];
        if (id === undefined) {
          ordered.push(top.contract.id);
          path.pop();
        } else if (!entered.has(id)) {
          if (entered.size >= most) return null;
          entered.add(id);
          path.push({ contract: this.read(id), next: 0 });
        }
      }
    }
    return ordered;
  }
}
