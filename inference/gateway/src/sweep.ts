/**
 * Ends requests that a dead gateway left open: what each of their parts cost is asked of the host that
 * served it. So nothing that was paid is forgotten, and what was set aside comes back to its key.
 */
import { bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import type { GatewayChain } from './chain-port.ts';
import type { AnswerPart, Ledger, PartEnd, RequestRow } from './ledger/ledger.ts';
import { HostFault, HostLink } from './session/host-link.ts';

export interface SweepDeps {
  readonly world: World;
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
  readonly log: Logger;
}

const ROWS_PER_SWEEP = 32;
/** A request whose host stays silent this long is ended at what the host was paid. */
const GIVE_UP_MS = 24 * 60 * 60 * 1000;

export class Sweep {
  readonly #deps: SweepDeps;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  async run(): Promise<void> {
    const { ledger, log } = this.#deps;
    for (const row of await ledger.abandoned(ROWS_PER_SWEEP)) {
      const ends = await this.#endsOf(row);
      if (ends === null || !(await ledger.finish(row.id, ends))) continue;
      log.info('a request left by another gateway was ended', { request: row.id });
    }
  }

  /** Null while a host has not said how a part ended. */
  async #endsOf(row: RequestRow): Promise<readonly AnswerPart[] | null> {
    const ends: AnswerPart[] = [];
    const isOld = this.#deps.world.clock.nowMs() - row.createdAtMs > GIVE_UP_MS;
    for (const part of row.parts) {
      if (part.end !== null) continue;
      const end = await this.#endOf(part);
      if (end === null && !isOld) return null;
      ends.push({ ...part, end: end ?? UNKNOWN });
    }
    return ends;
  }

  async #endOf(part: AnswerPart): Promise<PartEnd | null> {
    const { world } = this.#deps;
    const link = new HostLink(world.net, part.endpoint);
    try {
      const record = await link.record(part.sessionId, part.index);
      // The host never took the request: it cost nothing.
      if (record === null) return UNKNOWN;
      if (record.end === null) return null;
      const { commitment, commitmentHex, hostSignature, cachedTokens, costMicro } = record.end;
      return {
        commitment: commitmentHex,
        hostSignature: bytesToHex(hostSignature),
        promptTokens: commitment.promptTokens,
        cachedTokens,
        outputTokens: commitment.outputTokens,
        costMicro: costMicro < record.request.maxFeeMicro ? costMicro : record.request.maxFeeMicro,
      };
    } catch (error) {
      if (error instanceof HostFault) return null;
      throw error;
    }
  }
}

const UNKNOWN: PartEnd = {
  commitment: null,
  hostSignature: null,
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  costMicro: 0n,
};
