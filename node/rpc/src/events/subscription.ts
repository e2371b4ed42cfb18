/**
 * What an observer wants, from its `events_keys`. Every observer hears of blocks; the keys choose
 * which events a block carries and which other messages come.
 * Source: reference/stacks.md 6; stacks-core docs/event-dispatcher.md (facts).
 */
import type { ClarityEvent } from '@assay/clarity';

export interface ObserverConfig {
  /** `host:port` or `http://host:port`. */
  readonly endpoint: string;
  /** `*`, `stx`, `memtx`, `burn_blocks`, `stackerdb`, `block_proposal`, `ADDR.name::print`, `ADDR.name.asset`. */
  readonly keys: readonly string[];
  readonly timeoutMs?: number;
  /**
   * Whether an observer that was never told anything hears the chain from genesis. Default: with
   * key `*`.
   */
  readonly replay?: boolean;
}

export interface Subscription {
  readonly baseUrl: string;
  readonly timeoutMs: number | null;
  readonly fromGenesis: boolean;
  readonly wantsMempool: boolean;
  readonly wantsBurnBlocks: boolean;
  readonly wantsStackerDb: boolean;
  readonly wantsProposals: boolean;
  /** Names the set of events; equal for subscriptions that see the same ones. */
  readonly filterKey: string;
  wantsEvent(event: ClarityEvent): boolean;
}

export function subscription(config: ObserverConfig): Subscription {
  const keys = new Set(config.keys);
  const wantsAll = keys.has('*');
  const base = /^https?:\/\//.test(config.endpoint) ? config.endpoint : `http://${config.endpoint}`;
  return {
    baseUrl: base.replace(/\/+$/, ''),
    timeoutMs: config.timeoutMs ?? null,
    fromGenesis: config.replay ?? wantsAll,
    wantsMempool: wantsAll || keys.has('memtx'),
    wantsBurnBlocks: wantsAll || keys.has('burn_blocks'),
    wantsStackerDb: keys.has('stackerdb'),
    wantsProposals: keys.has('block_proposal'),
    filterKey: wantsAll ? '*' : [...keys].sort().join(' '),
    wantsEvent: (event) => wantsAll || keysOf(event).some((key) => keys.has(key)),
  };
}

function keysOf(event: ClarityEvent): string[] {
  if (event.type === 'contract_event') return [`${event.contractId}::${event.topic}`];
  if ('asset' in event) return [event.asset.replace('::', '.')];
  return ['stx'];
}
