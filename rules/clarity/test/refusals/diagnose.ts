/**
 * Where and how the reference refuses a contract. Its simulator tells places only of the contracts
 * of a project it opens: each question opens one, kept in memory, a tenth of a second.
 */
import * as wasm from '@stacks/clarinet-sdk-wasm';
import type { ClarityVersion } from '../../src/index.ts';
import { boot, DEVNET_TOML } from '../reference.ts';

export interface Refusal {
  readonly message: string;
  /** `line:column` of the first character, and `-column` of the last when it is on the same line. */
  readonly at: string | null;
}

/** A contract of the project beside the one in question. */
export type Neighbour = readonly [name: string, source: string, version: ClarityVersion];

const FOLDER = '/refusals';

export class Diagnoser {
  readonly #files = new Map<string, string>();
  readonly #sdk = new wasm.SDK(
    (action: string, data: { path: string; paths: readonly string[] }) =>
      Promise.resolve(this.#answer(action, data)),
    new wasm.SDKOptions(false, false, false),
  );

  #answer(action: string, { path, paths }: { path: string; paths: readonly string[] }): unknown {
    switch (action) {
      case 'vfs/exists':
        return this.#files.has(path);
      case 'vfs/readFile':
        return this.#files.get(path);
      case 'vfs/readFiles':
        return Object.fromEntries(paths.map((one) => [one, this.#files.get(one)]));
      default:
        return undefined;
    }
  }

  /** Null when the contract is accepted. Of several errors the first. */
  async ask(
    contract: { readonly source: string; readonly version: ClarityVersion },
    neighbours: readonly Neighbour[] = [],
  ): Promise<Refusal | null> {
    this.#files.clear();
    const manifest = ['[project]', 'name = "refusals"', 'telemetry = false'];
    manifest.push('[project.override_boot_contracts_source]');
    for (const [name, source] of boot) {
      manifest.push(`${name} = "boot/${name}.clar"`);
      this.#files.set(`${FOLDER}/boot/${name}.clar`, source);
    }
    const add = (name: string, source: string, version: ClarityVersion) => {
      manifest.push(`[contracts.${name}]`, `path = "${name}.clar"`);
      manifest.push(`clarity_version = ${version}`, 'epoch = "3.4"');
      this.#files.set(`${FOLDER}/${name}.clar`, source);
    };
    for (const neighbour of neighbours) add(...neighbour);
    add('main', contract.source, contract.version);
    this.#files.set(`${FOLDER}/Clarinet.toml`, manifest.join('\n'));
    this.#files.set(`${FOLDER}/settings/Devnet.toml`, DEVNET_TOML);
    const { log } = console;
    console.log = () => {};
    try {
      await this.#sdk.initSession(FOLDER, 'Clarinet.toml', undefined);
      return null;
    } catch (error) {
      return refusalOf(String(error));
    } finally {
      console.log = log;
    }
  }
}

/**
 *     error: expecting expression of type 'int', found 'uint'
 *     --> /refusals/main.clar:2:7
 *       (ok (+ 1 u2)))
 *           ^~~~~~~~
 */
function refusalOf(text: string): Refusal {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = text.replace(/\x1b\[[0-9;]*m/g, '').replace(/^error: /, '');
  const lines = plain.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`--> ${FOLDER}/main.clar:`));
  const nextError = lines.findIndex((line) => line.startsWith('error: '));
  if (at < 0 || (nextError >= 0 && nextError < at)) {
    return { message: lines.slice(0, nextError < 0 ? undefined : nextError).join('\n'), at: null };
  }
  const message = lines.slice(0, at).join('\n');
  const [line, column] = lines[at]!.split(':').slice(1).map(Number) as [number, number];
  const marked = /^ *\^(~*)$/.exec(lines[at + 2] ?? '');
  const end = marked === null ? null : column + marked[1]!.length;
  return { message, at: `${line}:${column}${end === null ? '' : `-${end}`}` };
}
