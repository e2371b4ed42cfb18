/**
 * Counts the canonical blocks that each signer key signed in a cycle. Computed when asked, from
 * the block counted last to the tip; a reorganisation starts the count over.
 */
import { bytesToHex } from '@assay/bytes';
import { recoverPublicKey } from '@assay/crypto';
import { isCanonicalBlock } from './mined-transaction.ts';
import type { RpcDeps } from './ports.ts';

export class SignedBlockCounter {
  readonly #deps: Pick<RpcDeps, 'chain' | 'coordinator'>;
  readonly #counts = new Map<string, number>();
  #countedTo: Uint8Array | null = null;

  constructor(deps: Pick<RpcDeps, 'chain' | 'coordinator'>) {
    this.#deps = deps;
  }

  /** @param publicKey compressed, 33 bytes. Cost: one key recovery per new signature. */
  count(publicKey: Uint8Array, cycle: number): number {
    this.#catchUp();
    return this.#counts.get(`${cycle}/${bytesToHex(publicKey)}`) ?? 0;
  }

  #catchUp(): void {
    const { chain, coordinator } = this.#deps;
    const tip = coordinator.tip();
    let last = this.#countedTo === null ? null : chain.header(this.#countedTo);
    if (last !== null && !isCanonicalBlock(this.#deps, last)) {
      this.#counts.clear();
      last = null;
    }
    for (let height = (last?.height ?? 0) + 1; height <= tip.height; height++) {
      const id = chain.ancestorAt(tip.blockId, height);
      const header = id === null ? null : chain.header(id);
      if (header === null) break;
      for (const signature of header.header.signerSignatures) {
        const key = recoverPublicKey(header.blockHash, signature);
        if (key === null) continue;
        const name = `${header.rewardCycle}/${bytesToHex(key)}`;
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      }
      this.#countedTo = header.blockId;
    }
  }
}
