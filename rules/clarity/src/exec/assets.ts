/**
 * What each principal gave away, per nested context: merged outward on commit, dropped on rollback.
 * Allowances look at the innermost one, post-conditions at the whole transaction's.
 *
 * Source: stacks-core clarity/src/vm/contexts.rs (AssetMap).
 */
import { checkError, RuntimeFailure } from '../errors.ts';
import type { AssetMap } from '../outcome.ts';
import { exportValue, UINT_MAX, type Value } from '../value.ts';

export class AssetLog {
  readonly stx = new Map<string, bigint>();
  readonly burn = new Map<string, bigint>();
  readonly ft = new Map<string, Map<string, bigint>>();
  readonly nft = new Map<string, Map<string, Value[]>>();
  readonly stacking = new Map<string, bigint>();

  addFt(principal: string, asset: string, amount: bigint): void {
    let own = this.ft.get(principal);
    if (own === undefined) {
      own = new Map();
      this.ft.set(principal, own);
    }
    addTo(own, asset, amount);
  }

  addNft(principal: string, asset: string, ids: readonly Value[]): void {
    let own = this.nft.get(principal);
    if (own === undefined) {
      own = new Map();
      this.nft.set(principal, own);
    }
    const list = own.get(asset);
    if (list === undefined) own.set(asset, [...ids]);
    else list.push(...ids);
  }

  /** Adds what an inner context moved. */
  absorb(inner: AssetLog): void {
    for (const [who, assets] of inner.ft) {
      for (const [asset, amount] of assets) this.addFt(who, asset, amount);
    }
    for (const [who, amount] of inner.stx) addTo(this.stx, who, amount);
    for (const [who, amount] of inner.burn) addTo(this.burn, who, amount);
    for (const who of inner.stacking.keys()) {
      if (this.stacking.has(who)) throw checkError('PoxStxAssetMapOverwrite');
    }
    for (const [who, amount] of inner.stacking) this.stacking.set(who, amount);
    for (const [who, assets] of inner.nft) {
      for (const [asset, ids] of assets) this.addNft(who, asset, ids);
    }
  }

  export(): AssetMap {
    const nft = new Map(
      [...this.nft].map(([who, assets]) => [
        who,
        new Map([...assets].map(([asset, ids]) => [asset, ids.map(exportValue)])),
      ]),
    );
    return { stx: this.stx, burn: this.burn, ft: this.ft, nft, stacking: this.stacking };
  }
}

export function addTo(map: Map<string, bigint>, key: string, amount: bigint): void {
  const sum = (map.get(key) ?? 0n) + amount;
  if (sum > UINT_MAX) throw new RuntimeFailure('ArithmeticOverflow');
  map.set(key, sum);
}
