/** The chain as sessions see it, read from `.sessions` and `.beacon` over a node's RPC. */
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import { sessionTermsOf } from '@assay/jobs';
import type { Clock, Net } from '@assay/world';
import { LIMITS } from './limits.ts';
import type { ClaimRecord, SessionChainPort, SessionOnChain } from './session-port.ts';

export interface SessionChainOptions {
  readonly nodeUrl: string;
  /** Address of the boot contracts. */
  readonly bootAddress: string;
}

/** CLAIM-PENDING of the contract. */
const PENDING = 1n;
/** Milliseconds the newest Bitcoin blocks are believed. */
const BURN_FRESH_MS = 1_000;

interface Burn {
  readonly height: number;
  readonly hashes: readonly Uint8Array[];
}

export function createSessionChain(
  world: { readonly net: Pick<Net, 'fetch'>; readonly clock: Clock },
  options: SessionChainOptions,
): SessionChainPort {
  const client = createNodeClient({
    baseUrl: options.nodeUrl,
    fetch: (url, request) => world.net.fetch(url, request),
    timeoutMs: LIMITS.callTimeoutMs,
  });
  return new SessionChain(client, world.clock, options.bootAddress);
}

class SessionChain implements SessionChainPort {
  readonly #client: NodeClient;
  readonly #clock: Clock;
  readonly #boot: string;
  #burn: { readonly atMs: number; readonly known: Promise<Burn> } | null = null;
  #auditWindow: number | null = null;

  constructor(client: NodeClient, clock: Clock, bootAddress: string) {
    this.#client = client;
    this.#clock = clock;
    this.#boot = bootAddress;
  }

  async session(id: bigint): Promise<SessionOnChain | null> {
    const value = await this.#read('sessions', 'get-session', [Cv.uint(id)]);
    const terms = value.type === 'some' ? sessionTermsOf(id, value.value) : null;
    if (value.type !== 'some' || terms === null) return null;
    const pending = field(value.value, 'pending');
    return { ...terms, pendingClaim: pending.type === 'some' ? buffer(pending.value) : null };
  }

  async recentBurnHashes(): Promise<readonly Uint8Array[]> {
    return (await this.#recent()).hashes;
  }

  async burnHeight(): Promise<number> {
    return (await this.#recent()).height;
  }

  /** Every request of a session asks; the node is asked once a second. */
  #recent(): Promise<Burn> {
    const nowMs = this.#clock.nowMs();
    if (this.#burn === null || nowMs - this.#burn.atMs > BURN_FRESH_MS) {
      const known = this.#readBurn();
      known.catch(() => {
        this.#burn = null;
      });
      this.#burn = { atMs: nowMs, known };
    }
    return this.#burn.known;
  }

  async #readBurn(): Promise<Burn> {
    const current = await this.#read('beacon', 'get-current', []);
    const sequence = uint(field(current, 'sequence'));
    const earlier = await Promise.all(
      Array.from({ length: LIMITS.beaconsMax - 1 }, async (_, back) => {
        const number = sequence - BigInt(back + 1);
        if (number < 1n) return [];
        const at = await this.#read('beacon', 'get-at', [Cv.uint(number)]);
        return at.type === 'some' ? [buffer(field(at.value, 'burn-hash'))] : [];
      }),
    );
    return {
      height: Number(uint(field(current, 'burn-height'))),
      hashes: [buffer(field(current, 'burn-hash')), ...earlier.flat()],
    };
  }

  async claim(hash: Uint8Array): Promise<ClaimRecord | null> {
    const made = await this.#read('sessions', 'get-claim', [Cv.buffer(hash)]);
    if (made.type !== 'some') return null;
    const audit = await this.#read('sessions', 'get-audit', [Cv.buffer(hash)]);
    const judges = audit.type === 'some' ? field(audit.value, 'judges') : null;
    return {
      sessionId: uint(field(made.value, 'session')),
      isPending: uint(field(made.value, 'status')) === PENDING,
      cycle: Number(uint(field(made.value, 'cycle'))),
      lapsesAt: Number(uint(field(made.value, 'claimed-at'))) + (await this.#window()),
      judges: judges?.type === 'list' ? judges.items.map((item) => Number(uint(item))) : null,
    };
  }

  async #window(): Promise<number> {
    if (this.#auditWindow === null) {
      const parameters = await this.#read('sessions', 'get-parameters', []);
      this.#auditWindow = Number(uint(field(parameters, 'audit-window')));
    }
    return this.#auditWindow;
  }

  async #read(
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<ClarityValue> {
    const contractId = `${this.#boot}.${contract}`;
    const answer = await this.#client.chain.callReadOnly({ contractId, functionName, args });
    if (!answer.ok) throw new Error(`${contractId} ${functionName}: ${answer.error.message}`);
    return answer.value;
  }
}

function field(value: ClarityValue, name: string): ClarityValue {
  const found = value.type === 'tuple' ? value.entries.get(name) : undefined;
  if (found === undefined) throw new TypeError(`the contract's answer has no ${name}`);
  return found;
}

function uint(value: ClarityValue): bigint {
  if (value.type !== 'uint') throw new TypeError(`expected a uint, found ${value.type}`);
  return value.value;
}

function buffer(value: ClarityValue): Uint8Array {
  if (value.type !== 'buffer') throw new TypeError(`expected a buffer, found ${value.type}`);
  return value.value;
}
