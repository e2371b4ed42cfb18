/**
 * A `ClarityDb` in plain maps, with an undo log. For tests, benches and the contract runner.
 * Standing: the naive twin of chainstate's MARF-backed store.
 */
import type {
  BlockInfoDb,
  BurnBlockFacts,
  ClarityDb,
  StacksBlockFacts,
  TenureFacts,
} from './db.ts';

interface Undo {
  readonly map: Map<string, string>;
  readonly key: string;
  readonly old: string | undefined;
}

export class MemoryClarityDb implements ClarityDb {
  readonly state = new Map<string, string>();
  readonly metadata = new Map<string, string>();
  readonly #undo: Undo[] = [];
  readonly #marks: number[] = [];

  get(key: string): string | null {
    return this.state.get(key) ?? null;
  }

  put(key: string, value: string): void {
    this.#set(this.state, key, value);
  }

  getMetadata(contractId: string, key: string): string | null {
    return this.metadata.get(`${contractId}\n${key}`) ?? null;
  }

  putMetadata(contractId: string, key: string, value: string): void {
    this.#set(this.metadata, `${contractId}\n${key}`, value);
  }

  begin(): void {
    this.#marks.push(this.#undo.length);
  }

  commit(): void {
    this.#marks.pop();
    if (this.#marks.length === 0) this.#undo.length = 0;
  }

  rollback(): void {
    const mark = this.#marks.pop() ?? 0;
    while (this.#undo.length > mark) {
      const { map, key, old } = this.#undo.pop()!;
      if (old === undefined) map.delete(key);
      else map.set(key, old);
    }
  }

  #set(map: Map<string, string>, key: string, value: string): void {
    if (this.#marks.length > 0) this.#undo.push({ map, key, old: map.get(key) });
    map.set(key, value);
  }
}

/** Block facts for tests: fixed heights, no history unless given. */
export class MemoryBlockInfo implements BlockInfoDb {
  chainId = 0x80000000;
  isMainnet = false;
  stacksHeight = 1;
  tenureHeight = 1;
  burnHeight = 1;
  blockTimeSecs = 1_700_000_000n;
  readonly blocks = new Map<number, StacksBlockFacts>();
  readonly tenures = new Map<number, TenureFacts>();
  readonly burnBlocks = new Map<number, BurnBlockFacts>();

  stacksBlock(height: number): StacksBlockFacts | null {
    return this.blocks.get(height) ?? null;
  }

  tenureOfBlock(height: number): TenureFacts | null {
    return this.tenures.get(height) ?? null;
  }

  burnBlock(burnHeight: number): BurnBlockFacts | null {
    return this.burnBlocks.get(burnHeight) ?? null;
  }
}
