/**
 * Brings to the chain what judges have decided and nobody else would bring: convictions of claims and
 * disputes. (A host brings its own settlements and releases, and has no reason to bring these.)
 *
 * | decided | call |
 * |---|---|
 * | a claim is false, or was withheld | `.sessions convict`, `deny` |
 * | a disputed answer is false, or true | `.inference uphold`, `dismiss` |
 * | nobody decided a dispute in time, or another reversed the answer | `.inference lapse` |
 *
 * Whoever comes first is enough, so signers take turns, each with some time for itself. Nothing here is
 * on disk: the slots of the signers and the chain say what is left to be done.
 */
import { bytesEqual, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv, parsePrincipal } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import {
  type ClaimVerdict,
  decodeVerdictChunk,
  type VerdictChunk,
  verifyClaimVerdict,
  verifyDisputeVerdict,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { recoverChunkKey } from '@assay/wire';
import type { World } from '@assay/world';
import type { CallPort } from './chain-calls.ts';
import type { PendingClaim } from './claim-port.ts';
import type { Contracts } from './contracts.ts';
import type { OpenDispute } from './dispute-port.ts';
import { LIMITS } from './limits.ts';
import type { NodePort, SignerSlot } from './ports.ts';

export interface ClosingsDeps {
  readonly world: World;
  readonly node: NodePort;
  readonly calls: CallPort;
  readonly contracts: Contracts;
  readonly log: Logger;
}

/** A decision that stands and is not on chain. */
interface Closing {
  readonly sinceMs: number;
  sentAtMs: number | null;
}

interface Voice {
  readonly index: number;
  readonly weight: bigint;
  readonly signature: Uint8Array;
}

/** Signers of a cycle, what each has published, and who we are among them. */
interface Bench {
  readonly set: readonly SignerSlot[];
  readonly said: readonly (VerdictChunk | null)[];
  readonly own: number;
}

interface Host {
  readonly host: string;
  /** 33 bytes. */
  readonly hostKey: Uint8Array;
}

export class Closings {
  readonly #deps: ClosingsDeps;
  readonly #publicKey: Uint8Array;
  readonly #chainId: number;
  readonly #closings = new Map<string, Closing>();

  constructor(deps: ClosingsDeps, publicKey: Uint8Array, chainId: number) {
    this.#deps = deps;
    this.#publicKey = publicKey;
    this.#chainId = chainId;
  }

  /** Looks once at pending claims and open disputes, and sends what is ripe. */
  async look(
    claims: readonly PendingClaim[],
    disputes: readonly OpenDispute[],
    burnHeight: number,
  ): Promise<void> {
    if (claims.length === 0 && disputes.length === 0) return;
    const benches = new Map<number, Promise<Bench | null>>();
    const benchOf = (cycle: number): Promise<Bench | null> => {
      const known = benches.get(cycle) ?? this.#bench(cycle);
      benches.set(cycle, known);
      return known;
    };
    const current = await this.#deps.node.currentCycle();
    for (const claim of claims) {
      if (claim.draw === null || claim.cycle < current - 1) continue;
      const bench = await benchOf(claim.cycle);
      if (bench !== null) await this.#closeClaim(claim, bench);
    }
    for (const dispute of disputes) {
      const bench = await benchOf(current);
      if (bench !== null) await this.#closeDispute(dispute, bench, burnHeight);
    }
  }

  async #bench(cycle: number): Promise<Bench | null> {
    const { node, contracts } = this.#deps;
    const set = await node.signerSet(cycle);
    const own = set?.findIndex((one) => bytesEqual(one.publicKey, this.#publicKey)) ?? -1;
    if (set === null || own < 0) return null;
    const contract = contracts.verdicts(cycle);
    const said: (VerdictChunk | null)[] = set.map(() => null);
    for (const slot of await node.writtenSlots(contract)) {
      const signer = set[slot];
      const chunk = signer === undefined ? null : await node.chunk(contract, slot);
      const author = chunk === null ? null : recoverChunkKey(chunk);
      if (chunk === null || author === null || !bytesEqual(author, signer!.publicKey)) continue;
      const decoded = decodeVerdictChunk(chunk.data);
      said[slot] = decoded.ok ? decoded.value : null;
    }
    return { set, said, own };
  }

  async #closeClaim({ hash, session }: PendingClaim, bench: Bench): Promise<void> {
    for (const [verdict, functionName] of [
      ['invalid', 'convict'],
      ['withheld', 'deny'],
    ] as const) {
      const voices = this.#voices(bench, session, ({ claims }, publicKey) => {
        const entry = claims.find((one) => isSameClaim(one, { claimHash: hash, verdict }));
        if (entry === undefined) return null;
        const { signature } = entry;
        const isSigned = verifyClaimVerdict(entry, this.#chainId, { signature, publicKey });
        return isSigned ? signature : null;
      });
      const verdicts = this.#certificate(bench, session, voices, 2);
      if (verdicts === null) continue;
      const args = [Cv.buffer(hash), verdicts];
      await this.#sendInTurn(bench, bytesToHex(hash), { contract: 'sessions', functionName, args });
      return;
    }
  }

  async #closeDispute(dispute: OpenDispute, bench: Bench, burnHeight: number): Promise<void> {
    const { id, evidence, commitmentHash, lapsesAt, isReversed } = dispute;
    const name = `dispute ${id}`;
    if (isReversed || burnHeight >= lapsesAt) {
      const args = [Cv.uint(id)];
      await this.#sendInTurn(bench, name, { contract: 'inference', functionName: 'lapse', args });
      return;
    }
    for (const [verdict, functionName, judgesMin] of [
      ['invalid', 'uphold', 2],
      ['valid', 'dismiss', 1],
    ] as const) {
      const about = { disputeId: id, evidence, commitmentHash, verdict };
      const voices = this.#voices(bench, dispute, ({ disputes }, publicKey) => {
        const entry = disputes.find((one) => one.disputeId === id && one.verdict === verdict);
        if (entry === undefined) return null;
        const { signature } = entry;
        const isSigned = verifyDisputeVerdict(about, this.#chainId, { signature, publicKey });
        return isSigned ? signature : null;
      });
      const verdicts = this.#certificate(bench, dispute, voices, judgesMin);
      if (verdicts === null) continue;
      const args = [Cv.uint(id), verdicts];
      await this.#sendInTurn(bench, name, { contract: 'inference', functionName, args });
      return;
    }
  }

  /** The signers of whom `find` knows a sound signature; never the host itself. */
  #voices(
    { set, said }: Bench,
    host: Host,
    find: (chunk: VerdictChunk, publicKey: Uint8Array) => Uint8Array | null,
  ): readonly Voice[] {
    return set.flatMap(({ publicKey, weight }, index) => {
      const chunk = said[index] ?? null;
      if (chunk === null || isHostItself(host, publicKey)) return [];
      const signature = find(chunk, publicKey);
      return signature === null ? [] : [{ index, weight, signature }];
    });
  }

  /** What the contract takes: seven tenths of the weight without the host; null while there is less. */
  #certificate(
    { set }: Bench,
    host: Host,
    voices: readonly Voice[],
    judgesMin: number,
  ): ClarityValue | null {
    const total = set.reduce(
      (sum, { publicKey, weight }) => (isHostItself(host, publicKey) ? sum : sum + weight),
      0n,
    );
    const heaviest = [...voices]
      .sort((a, b) => (a.weight === b.weight ? a.index - b.index : a.weight > b.weight ? -1 : 1))
      .slice(0, LIMITS.verdictsPerCertificateMax);
    const weight = heaviest.reduce((sum, voice) => sum + voice.weight, 0n);
    if (heaviest.length < judgesMin || total === 0n || weight * 10n < total * 7n) return null;
    return Cv.list(
      heaviest
        .sort((a, b) => a.index - b.index)
        .map(({ index, signature }) =>
          Cv.tuple({ index: Cv.uint(index), signature: Cv.buffer(signature) }),
        ),
    );
  }

  /** The first turn is drawn from the name, so that not always the same signer pays the fees. */
  async #sendInTurn(
    { set, own }: Bench,
    name: string,
    call: {
      readonly contract: 'inference' | 'sessions';
      readonly functionName: string;
      readonly args: readonly ClarityValue[];
    },
  ): Promise<void> {
    const { world, calls, log } = this.#deps;
    const nowMs = world.clock.nowMs();
    const closing = this.#closings.get(name) ?? { sinceMs: nowMs, sentAtMs: null };
    this.#remember(name, closing);
    const first = hash160(bytesFromUtf8(name))[0]! % set.length;
    const turn = (own - first + set.length) % set.length;
    if (nowMs - closing.sinceMs < turn * LIMITS.closingTurnMs) return;
    if (closing.sentAtMs !== null && nowMs - closing.sentAtMs < LIMITS.closingRepeatMs) return;
    closing.sentAtMs = nowMs;
    const { contract, functionName, args } = call;
    const refusal = await calls.call(contract, functionName, args);
    log.info('a decision of the judges was sent', { what: name, functionName, refusal });
  }

  #remember(name: string, closing: Closing): void {
    this.#closings.set(name, closing);
    if (this.#closings.size <= LIMITS.closingsMax) return;
    for (const oldest of this.#closings.keys()) {
      this.#closings.delete(oldest);
      return;
    }
  }
}

function isSameClaim(one: ClaimVerdict, { claimHash, verdict }: ClaimVerdict): boolean {
  return one.verdict === verdict && bytesEqual(one.claimHash, claimHash);
}

/** The contract refuses certificates with the host's own word in them. */
function isHostItself({ host, hostKey }: Host, publicKey: Uint8Array): boolean {
  if (bytesEqual(hostKey, publicKey)) return true;
  const owner = parsePrincipal(host);
  return owner.ok && bytesEqual(owner.value.hash, hash160(publicKey));
}
