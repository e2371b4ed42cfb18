/**
 * Who owns what, kept from events: balances of STX, fungible tokens, and counts of non-fungible
 * ones. Keys are the reference's: `STX`, `.contract.token`. Contracts of the same name from two
 * deployers share a key, as they do there.
 */
import type { ClarityEvent } from '@assay/clarity';

export type AssetBalances = Map<string, Map<string, bigint>>;

/** `ST....name::asset` -> `.name.asset` */
function keyOf(asset: string): string {
  return asset.slice(asset.indexOf('.')).replace('::', '.');
}

export class AssetBook {
  #balances: AssetBalances = new Map();

  add(key: string, owner: string, amount: bigint): void {
    let owners = this.#balances.get(key);
    if (owners === undefined) {
      owners = new Map();
      this.#balances.set(key, owners);
    }
    owners.set(owner, (owners.get(owner) ?? 0n) + amount);
  }

  apply(events: readonly ClarityEvent[]): void {
    for (const event of events) this.#applyOne(event);
  }

  #applyOne(event: ClarityEvent): void {
    switch (event.type) {
      case 'stx_transfer_event':
        this.#move('STX', event.sender, event.recipient, event.amount);
        break;
      case 'stx_mint_event':
        this.add('STX', event.recipient, event.amount);
        break;
      case 'stx_burn_event':
        this.add('STX', event.sender, -event.amount);
        break;
      case 'ft_transfer_event':
        this.#move(keyOf(event.asset), event.sender, event.recipient, event.amount);
        break;
      case 'ft_mint_event':
        this.add(keyOf(event.asset), event.recipient, event.amount);
        break;
      case 'ft_burn_event':
        this.add(keyOf(event.asset), event.sender, -event.amount);
        break;
      case 'nft_transfer_event':
        this.#move(keyOf(event.asset), event.sender, event.recipient, 1n);
        break;
      case 'nft_mint_event':
        this.add(keyOf(event.asset), event.recipient, 1n);
        break;
      case 'nft_burn_event':
        this.add(keyOf(event.asset), event.sender, -1n);
        break;
      default:
    }
  }

  #move(key: string, from: string, to: string, amount: bigint): void {
    this.add(key, from, -amount);
    this.add(key, to, amount);
  }

  /** A copy nobody else changes, keys in ascending order. */
  export(): AssetBalances {
    const sorted = [...this.#balances].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(sorted.map(([key, owners]) => [key, new Map([...owners].sort(byKey))]));
  }

  restore(balances: AssetBalances): void {
    this.#balances = new Map([...balances].map(([key, owners]) => [key, new Map(owners)]));
  }
}

function byKey([a]: readonly [string, bigint], [b]: readonly [string, bigint]): number {
  return a < b ? -1 : 1;
}
