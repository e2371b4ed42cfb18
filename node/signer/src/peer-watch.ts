/**
 * Watches the other judges. Each commits to a sketch of its own before the host opens, and opens it
 * with its verdict; held against our own model by the statistic that judges hosts, the opening shows
 * whether a model was run:
 *
 * | conduct | the judge |
 * |---|---|
 * | worked  | committed in time to a sketch that our model could have made |
 * | late    | committed after the host had opened: it could have copied, or was slow |
 * | foreign | opened a sketch that no honest machine makes, or bytes that are no opening of its own |
 * | silent  | called an answer valid and never committed to anything |
 *
 * A name here convicts nobody on chain; `/status` shows it, logs tell it. A judge that worked and calls
 * an answer false is the second opinion that our own table's monitor waits for. Source: verification.md
 * 5.5 and 5.6.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { blindOf, decodeOpening, decodeVerdictChunk, openBody, type SealScope } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { recoverChunkKey, type StackerDbChunk } from '@assay/wire';
import type { Ledger, PeerConduct } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { Executor, JudgePort, NodePort, Scoring } from './ports.ts';

/** An answer we scored ourselves. */
export interface OwnScoring {
  readonly scoring: Scoring;
  readonly scope: SealScope | null;
  /** Who gave it. */
  readonly executor: Executor;
}

export interface PeerWatchDeps {
  readonly node: NodePort;
  readonly ledger: Ledger;
  readonly judge: Pick<JudgePort, 'confirm'>;
  readonly log: Logger;
}

interface Claim {
  readonly publicKey: Uint8Array;
  readonly commitmentHash: Uint8Array;
  readonly blind: Uint8Array | null;
  readonly verdict: 'valid' | 'invalid';
}

export class PeerWatch {
  readonly #deps: PeerWatchDeps;
  readonly #own: Uint8Array;
  readonly #scorings = new Map<string, OwnScoring>();
  /** Answers whose opening we saw as it happened: only about these can we tell who was late. */
  readonly #seenOpening = new Set<string>();
  /** Verdicts of others waiting for our own scoring, or for their opening to arrive. */
  readonly #waiting = new Map<string, Claim & { attempts: number }>();
  readonly #judges = new Map<string, Uint8Array>();

  /** @param own our signing key, 33 bytes */
  constructor(deps: PeerWatchDeps, own: Uint8Array) {
    this.#deps = deps;
    this.#own = own;
  }

  /** Signing keys seen, with what they were seen to do. */
  conduct(): Readonly<Record<string, Readonly<Record<PeerConduct, number>>>> {
    const { ledger } = this.#deps;
    return Object.fromEntries(
      [...this.#judges].map(([name, publicKey]) => [name, ledger.conduct(publicKey)]),
    );
  }

  remember(commitmentHash: Uint8Array, own: OwnScoring): void {
    if (this.#scorings.size >= LIMITS.scoringsKept) {
      const [oldest] = this.#scorings.keys();
      if (oldest !== undefined) this.#scorings.delete(oldest);
    }
    this.#scorings.set(bytesToHex(commitmentHash), own);
  }

  scoring(commitmentHash: Uint8Array): OwnScoring | null {
    return this.#scorings.get(bytesToHex(commitmentHash)) ?? null;
  }

  /** The host has opened, and we were there. Blinds seen later are late. */
  onOpening(commitmentHash: Uint8Array): void {
    if (this.#seenOpening.size >= LIMITS.scoringsKept) {
      const [oldest] = this.#seenOpening;
      if (oldest !== undefined) this.#seenOpening.delete(oldest);
    }
    this.#seenOpening.add(bytesToHex(commitmentHash));
  }

  onVerdictChunk(chunk: StackerDbChunk): void {
    const publicKey = recoverChunkKey(chunk);
    const decoded = decodeVerdictChunk(chunk.data);
    if (publicKey === null || !decoded.ok || bytesEqual(publicKey, this.#own)) return;
    this.#judges.set(bytesToHex(publicKey), publicKey);
    for (const entry of decoded.value.entries) {
      const { commitmentHash } = entry;
      const isOpened = this.#seenOpening.has(bytesToHex(commitmentHash));
      if (entry.verdict === 'committed' && !isOpened) {
        this.#deps.ledger.recordTimely(commitmentHash, publicKey, entry.blind);
      }
      const { verdict } = entry;
      if (verdict !== 'valid' && verdict !== 'invalid') continue;
      this.#note({ publicKey, commitmentHash, blind: entry.blind, verdict });
    }
  }

  #note(claim: Claim): void {
    const { ledger } = this.#deps;
    if (ledger.isWatched(claim.publicKey, claim.commitmentHash)) return;
    // Broken exact rules need no model, and so no sketch.
    if (claim.blind === null && claim.verdict === 'invalid') return;
    const key = bytesToHex(claim.publicKey) + bytesToHex(claim.commitmentHash);
    if (this.#waiting.size < LIMITS.peerClaimsMax && !this.#waiting.has(key)) {
      this.#waiting.set(key, { ...claim, attempts: 0 });
    }
  }

  /** Holds what waits against our own scorings. Never throws; what fails is tried again. */
  async compare(): Promise<void> {
    for (const [key, claim] of [...this.#waiting]) {
      const own = this.scoring(claim.commitmentHash);
      // Our own evidence first: a second opinion about nothing would be lost.
      if (own === null || !this.#hasSpoken(claim.commitmentHash)) continue;
      try {
        const conduct = await this.#judge(claim, own);
        claim.attempts += 1;
        const isGivenUp = claim.attempts >= LIMITS.peerAttemptsMax;
        if (conduct === null && !isGivenUp) continue;
        this.#waiting.delete(key);
        if (conduct !== null) this.#tell(claim, conduct);
      } catch (cause) {
        this.#deps.log.debug('an opening could not be fetched', { cause });
      }
    }
  }

  #hasSpoken(commitmentHash: Uint8Array): boolean {
    const said = this.#deps.ledger.verdict(commitmentHash);
    return said !== null && said.verdict !== 'committed';
  }

  #tell({ publicKey, commitmentHash, verdict }: Claim, conduct: PeerConduct): void {
    const { ledger, judge, log } = this.#deps;
    // Before the claim is done with: confirming twice changes nothing, never would.
    if (conduct === 'worked' && verdict === 'invalid') judge.confirm(commitmentHash);
    ledger.recordConduct(publicKey, commitmentHash, conduct);
    if (conduct === 'worked') return;
    log.warn('a judge did not show its work', {
      judge: publicKey,
      commitment: commitmentHash,
      conduct,
    });
  }

  /** Null: its opening is not there yet. */
  async #judge(claim: Claim, own: OwnScoring): Promise<PeerConduct | null> {
    const { publicKey, commitmentHash, blind } = claim;
    if (blind === null) return 'silent';
    const timely = this.#deps.ledger.timely(commitmentHash, publicKey);
    const isLate = timely === null || !bytesEqual(timely, blind);
    if (isLate && this.#seenOpening.has(bytesToHex(commitmentHash))) return 'late';
    const stored = await this.#deps.node.content(blind, null);
    if (stored === null || !bytesEqual(blindOf(stored), blind)) return null;
    const { scope } = own;
    const bytes = scope === null ? stored : await openBody(scope, 'opening', stored, publicKey);
    const opening = bytes === null ? null : decodeOpening(bytes);
    if (!opening?.ok) return 'foreign';
    const isIts =
      bytesEqual(opening.value.publicKey, publicKey) &&
      bytesEqual(opening.value.commitmentHash, commitmentHash);
    return isIts && !own.scoring.isForeign(opening.value.sketch) ? 'worked' : 'foreign';
  }
}
