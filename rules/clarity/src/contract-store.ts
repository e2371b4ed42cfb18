/**
 * Contracts in the state: the hash record that is consensus, the source and constants beside it,
 * and compiled forms shared between blocks.
 *
 * Source: stacks-core clarity/src/vm/database/clarity_db.rs (insert_contract_hash, get_contract).
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import { decodeUntyped } from './codec.ts';
import type { CompiledContract } from './compile/contract.ts';
import { rebuildContract } from './compile/define.ts';
import type { ClarityDb } from './db.ts';
import type { CodeObserver } from './exec/observer.ts';
import { LIMITS } from './limits.ts';
import { parseProgram } from './parse/program.ts';
import { contractKey, META } from './state/keys.ts';
import { encodeValueHex } from './stored.ts';
import type { Value } from './value.ts';
import type { ClarityVersion } from './version.ts';

interface CachedContract {
  readonly contract: CompiledContract;
  readonly sourceBytes: number;
  /** What the side store says: the content's hash is in it. */
  readonly record: string;
}

/** Compiled contracts by id and content. Safe to share between forks and blocks. */
export class ContractCache {
  readonly #contracts = new Map<string, CachedContract>();
  /** The one asked for last of each id, so that a call joins no texts. */
  readonly #last = new Map<string, CachedContract>();
  readonly #contractsMax: number;
  readonly #sourceBytesMax: number;
  #sourceBytes = 0;

  constructor(limits: { readonly contractsMax?: number; readonly sourceBytesMax?: number } = {}) {
    this.#contractsMax = limits.contractsMax ?? LIMITS.cachedContracts;
    this.#sourceBytesMax = limits.sourceBytesMax ?? LIMITS.cachedSourceBytes;
  }

  get size(): number {
    return this.#contracts.size;
  }

  /** Of all contracts kept. */
  get sourceBytes(): number {
    return this.#sourceBytes;
  }

  get(contractId: string, record: string): CompiledContract | undefined {
    const last = this.#last.get(contractId);
    if (last?.record === record) return last.contract;
    const found = this.#contracts.get(keyOf(contractId, record));
    if (found !== undefined) this.#last.set(contractId, found);
    return found?.contract;
  }

  /** A contract above the limit by itself is kept alone. */
  set(record: string, contract: CompiledContract, sourceBytes: number): void {
    for (const [oldest, kept] of this.#contracts) {
      const fits =
        this.#contracts.size < this.#contractsMax &&
        this.#sourceBytes + sourceBytes <= this.#sourceBytesMax;
      if (fits) break;
      // Maps iterate in the order of insertion.
      this.#contracts.delete(oldest);
      this.#last.delete(kept.contract.id);
      this.#sourceBytes -= kept.sourceBytes;
    }
    this.#contracts.set(keyOf(contract.id, record), { contract, sourceBytes, record });
    this.#sourceBytes += sourceBytes;
  }
}

const keyOf = (contractId: string, record: string) => `${contractId} ${record}`;

/** What the side store says about a contract. */
export interface ContractRecord {
  readonly version: ClarityVersion;
  readonly sourceBytes: number;
  readonly constantBytes: number;
  readonly publishHeight: number;
}

export function readContractRecord(db: ClarityDb, contractId: string): ContractRecord | null {
  const text = db.getMetadata(contractId, META.contract);
  return text === null ? null : parseRecord(text);
}

function parseRecord(text: string): ContractRecord {
  const [version, sourceBytes, constantBytes, publishHeight] = text.split(' ').map(Number);
  return {
    version: version as ClarityVersion,
    sourceBytes: sourceBytes!,
    constantBytes: constantBytes!,
    publishHeight: publishHeight!,
  };
}

/** The consensus record: SHA-512/256 of the source and the height, 72 hex digits. */
export function writeContractHash(
  db: ClarityDb,
  contractId: string,
  source: string,
  height: number,
): void {
  const hash = bytesToHex(sha512_256(bytesFromUtf8(source)));
  db.put(contractKey(contractId), hash + height.toString(16).padStart(8, '0'));
  db.putMetadata(contractId, META.source, source);
}

/** After the top level has run: constants and sizes. */
export function writeContract(
  db: ClarityDb,
  contract: CompiledContract,
  about: { readonly source: string; readonly constantBytes: number; readonly height: number },
): void {
  const constants: [string, string][] = [];
  for (const [name, value] of contract.constants) constants.push([name, encodeValueHex(value)]);
  const text = JSON.stringify(constants);
  const digest = bytesToHex(sha512_256(bytesFromUtf8(about.source + text))).slice(0, 32);
  db.putMetadata(contract.id, META.constants, text);
  db.putMetadata(
    contract.id,
    META.contract,
    `${contract.version} ${about.source.length} ${about.constantBytes} ${about.height} ${digest}`,
  );
}

/** Null when there is no such contract in this state. */
export function loadContract(
  db: ClarityDb,
  cache: ContractCache,
  contractId: string,
  observer: CodeObserver | null,
): CompiledContract | null {
  const text = db.getMetadata(contractId, META.contract);
  if (text === null) return null;
  const known = cache.get(contractId, text);
  if (known !== undefined) return known;
  const record = parseRecord(text);
  const source = db.getMetadata(contractId, META.source)!;
  const constants = new Map<string, Value>();
  const stored = JSON.parse(db.getMetadata(contractId, META.constants) ?? '[]') as [
    string,
    string,
  ][];
  for (const [name, hex] of stored) constants.set(name, decodeUntyped(hex));
  const program = parseProgram(contractId, source, record.version);
  const contract = rebuildContract(program, record.version, constants, observer);
  contract.loadSize = record.sourceBytes + record.constantBytes;
  cache.set(text, contract, record.sourceBytes);
  return contract;
}
