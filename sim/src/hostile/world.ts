/**
 * The protocol's money as `.inference`, `.sessions`, `.hosts` and `.judges` move it, without blocks: a
 * port of their rules with the same draws (format/jobs), for many seeds at once; `contract-world.ts` runs
 * the contracts themselves, for fewer. One third of hosts and
 * gateways and two of seven signers are hostile and work together. `run.ts` drives it and says what
 * must hold. Parameters are the contracts' defaults.
 */
import { sha256 } from '@assay/crypto';
import {
  auditedReceipts,
  auditRateMicro,
  drawEntropy,
  drawJudges,
  drawRanked,
  hostWeight,
  judgeEntropy,
} from '@assay/jobs';
import type { Conduct, Pool } from './pool.ts';

export const RULES = {
  minBondMicro: 100_000_000n,
  bondPerWeightMicro: 10_000_000n,
  slashMultiple: 500n,
  feePerMille: 30n,
  leastAuditMicro: 20_000n,
} as const;

export const SIGNERS = 7;
export const HOSTILE_SIGNERS = 2;
export const HOSTS = 9;
export const HOSTILE_HOSTS = 3;
export const GATEWAYS = 6;
export const HOSTILE_GATEWAYS = 2;

export interface Host {
  readonly isHostile: boolean;
  balanceMicro: bigint;
  bondMicro: bigint;
  clean: bigint;
  slashedMicro: bigint;
  missed: number;
}

export interface User {
  readonly isHostile: boolean;
  balanceMicro: bigint;
  /** Paid for answers that were rejected; must stay zero. */
  paidForRejectedMicro: bigint;
}

/** What `run.ts` needs of a world; the port below has it, and the contracts themselves have it. */
export interface HostileHost {
  readonly isHostile: boolean;
  readonly slashedMicro: bigint;
}

export interface HostileUser {
  readonly isHostile: boolean;
  readonly balanceMicro: bigint;
}

/** A session of `count` requests at one price, claimed at once. */
export interface SessionPlan {
  readonly count: number;
  readonly priceMicro: bigint;
  /** How many of its answers a hostile host makes cheaply. */
  readonly cheatsPerMille: number;
}

export interface HostileWorld {
  readonly dice: Dice;
  readonly hosts: readonly HostileHost[];
  readonly users: readonly HostileUser[];
  readonly escrowMicro: bigint;
  readonly convictions: number;
  /** Cheats that nobody found and somebody honest paid for. */
  readonly undetected: number;
  /** All there is; never changes. */
  totalMicro(): bigint;
  isActive(host: HostileHost): boolean;
  /** @param conductOf how a hostile host answers this time; null: not at all */
  request(user: HostileUser, maxFeeMicro: bigint, conductOf: () => Conduct | null): void;
  /** @returns how many receipts were cheats, and how it ended */
  session(
    user: HostileUser,
    host: HostileHost,
    plan: SessionPlan,
  ): { readonly cheats: number; readonly outcome: 'released' | 'convicted' | 'unpaid' };
}

/** Random choices of one seed, by name, so that adding one changes no other. */
export class Dice {
  readonly #seed: Uint8Array;
  #count = 0;

  constructor(seed: number) {
    this.#seed = sha256(new TextEncoder().encode(`hostile ${seed}`));
  }

  bytes(): Uint8Array {
    this.#count += 1;
    const counter = new TextEncoder().encode(`/${this.#count}`);
    return sha256(new Uint8Array([...this.#seed, ...counter]));
  }

  below(bound: number): number {
    const view = new DataView(this.bytes().buffer);
    return Number(view.getBigUint64(0) % BigInt(bound));
  }
}

export class World implements HostileWorld {
  readonly dice: Dice;
  readonly pool: Pool;
  readonly hosts: Host[];
  readonly users: User[];
  judgesMicro = 0n;
  sweptMicro = 0n;
  escrowMicro = 0n;
  convictions = 0;
  #requests = 0n;

  constructor(seed: number, pool: Pool) {
    this.dice = new Dice(seed);
    this.pool = pool;
    this.hosts = Array.from({ length: HOSTS }, (_, i) => ({
      isHostile: i < HOSTILE_HOSTS,
      balanceMicro: 1_000_000_000n,
      bondMicro: 4n * RULES.minBondMicro,
      clean: 0n,
      slashedMicro: 0n,
      missed: 0,
    }));
    this.users = Array.from({ length: GATEWAYS }, (_, i) => ({
      isHostile: i < HOSTILE_GATEWAYS,
      balanceMicro: 1_000_000_000n,
      paidForRejectedMicro: 0n,
    }));
  }

  /** All there is; never changes. */
  totalMicro(): bigint {
    const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
    return (
      sum(this.hosts.map(({ balanceMicro, bondMicro }) => balanceMicro + bondMicro)) +
      sum(this.users.map(({ balanceMicro }) => balanceMicro)) +
      this.judgesMicro +
      this.sweptMicro +
      this.escrowMicro
    );
  }

  isActive({ bondMicro }: Host): boolean {
    return bondMicro >= RULES.minBondMicro;
  }

  /** What an honest judge says; hostile ones say the opposite of what is true. */
  honestVerdict(conduct: Conduct): 'valid' | 'invalid' | 'abstain' {
    const answers = this.pool.get(conduct)!;
    const verdicts = answers[this.dice.below(answers.length)]!;
    return verdicts[this.dice.below(verdicts.length)]!;
  }

  /** Signers that say `wanted`, of seven. */
  voices(conduct: Conduct, wanted: 'valid' | 'invalid'): number {
    const lie = conduct === 'honest' ? 'invalid' : 'valid';
    const honest = Array.from({ length: SIGNERS - HOSTILE_SIGNERS }, () =>
      this.honestVerdict(conduct),
    ).filter((verdict) => verdict === wanted).length;
    return honest + (lie === wanted ? HOSTILE_SIGNERS : 0);
  }

  isEnough(voices: number): boolean {
    return voices * 10 >= SIGNERS * 7;
  }

  // ---- single requests ------------------------------------------------------------------------

  /** @param conductOf how a hostile host answers this time; null: not at all */
  request(user: User, maxFeeMicro: bigint, conductOf: () => Conduct | null): void {
    this.#requests += 1n;
    const active = this.hosts.filter((host) => this.isActive(host));
    const weights = active.map((host) =>
      hostWeight({
        capacity: 4n,
        bondMicro: host.bondMicro,
        clean: host.clean,
        bondPerWeightMicro: RULES.bondPerWeightMicro,
      }),
    );
    const ranked = drawRanked(weights, drawEntropy(this.dice.bytes(), this.#requests));
    this.#move(user, maxFeeMicro);
    for (const index of ranked) {
      const host = active[index]!;
      const conduct = host.isHostile ? conductOf() : 'honest';
      if (conduct === null) {
        host.missed += 1;
        continue;
      }
      if (this.isEnough(this.voices(conduct, 'valid'))) {
        this.#settle(user, host, {
          paidMicro: (maxFeeMicro * 2n) / 3n,
          maxFeeMicro,
          conduct,
        });
        return;
      }
      if (this.isEnough(this.voices(conduct, 'invalid'))) {
        this.#giveBack(user, maxFeeMicro);
        this.#slash(host, maxFeeMicro);
        return;
      }
      // Neither verdict has the weight: the next substitute answers.
      host.missed += 1;
    }
    this.#giveBack(user, maxFeeMicro);
  }

  #move(user: User, amountMicro: bigint): void {
    user.balanceMicro -= amountMicro;
    this.escrowMicro += amountMicro;
  }

  #giveBack(user: User, amountMicro: bigint): void {
    this.escrowMicro -= amountMicro;
    user.balanceMicro += amountMicro;
  }

  #settle(
    user: User,
    host: Host,
    {
      paidMicro,
      maxFeeMicro,
      conduct,
    }: {
      readonly paidMicro: bigint;
      readonly maxFeeMicro: bigint;
      readonly conduct: Conduct;
    },
  ): void {
    const feeMicro = (paidMicro * RULES.feePerMille) / 1000n;
    this.escrowMicro -= maxFeeMicro;
    user.balanceMicro += maxFeeMicro - paidMicro;
    host.balanceMicro += paidMicro - feeMicro;
    this.judgesMicro += feeMicro;
    host.clean += 1n;
    if (conduct !== 'honest' && !user.isHostile) this.undetected += 1;
  }

  /** Cheats that nobody found and somebody paid for. */
  undetected = 0;

  /** The whole least bond, or 500 times the fee if that is more, as far as the bond goes. */
  #slash(host: Host, feeMicro: bigint): void {
    const wanted = feeMicro * RULES.slashMultiple;
    const least = wanted > RULES.minBondMicro ? wanted : RULES.minBondMicro;
    const amount = least < host.bondMicro ? least : host.bondMicro;
    host.bondMicro -= amount;
    host.slashedMicro += amount;
    host.clean = 0n;
    this.convictions += 1;
    this.judgesMicro += amount / 2n;
    this.sweptMicro += amount - amount / 2n;
  }

  // ---- sessions -------------------------------------------------------------------------------

  /**
   * A session of `count` requests at one price, claimed at once.
   * @param cheatsPerMille how many of its answers a hostile host makes cheaply
   * @returns receipts that were cheats
   */
  session(
    user: User,
    host: Host,
    {
      count,
      priceMicro,
      cheatsPerMille,
      rateMicro,
    }: {
      readonly count: number;
      readonly priceMicro: bigint;
      readonly cheatsPerMille: number;
      /** Instead of the rate that the host's record gives. */
      readonly rateMicro?: bigint;
    },
  ): { readonly cheats: number; readonly outcome: 'released' | 'convicted' | 'unpaid' } {
    // A hostile gateway stops paying half way: the host stops, and loses at most what it streamed
    // since the last voucher; what was vouched for is claimed.
    const acknowledged = user.isHostile && !host.isHostile ? Math.floor(count / 2) : count;
    const conducts = Array.from({ length: acknowledged }, (): Conduct => {
      const cheats = host.isHostile && this.dice.below(1000) < cheatsPerMille;
      return cheats ? 'cheap-decode' : 'honest';
    });
    const cheats = conducts.filter((conduct) => conduct !== 'honest').length;
    const amountMicro = priceMicro * BigInt(acknowledged);
    this.#move(user, amountMicro);
    const claimHash = this.dice.bytes();
    const lots = this.dice.bytes();
    const rate = rateMicro ?? auditRateMicro(host.clean, RULES.leastAuditMicro);
    const range = { from: 0n, to: BigInt(acknowledged) };
    const audited = auditedReceipts({ lots, claimHash, rateMicro: rate }, range);
    const found = audited.map((receipt) => this.honestVerdict(conducts[Number(receipt) - 1]!));
    const honest = found.includes('invalid') ? 'invalid' : 'valid';
    const weights = Array.from({ length: SIGNERS }, () => 1n);
    const drawn = drawJudges(weights, judgeEntropy(lots, claimHash), () => false);
    // Hostile signers release what is false and accuse what is true.
    const says = (signer: number) =>
      signer < HOSTILE_SIGNERS ? (cheats > 0 ? 'valid' : 'invalid') : honest;
    const all = Array.from({ length: SIGNERS }, (_, signer) => says(signer));
    const valid = all.filter((one) => one === 'valid').length;
    const isReleased =
      (drawn.length > 0 && drawn.every((judge) => says(judge) === 'valid')) || this.isEnough(valid);
    if (!isReleased && this.isEnough(SIGNERS - valid)) {
      this.#giveBack(user, amountMicro);
      this.#slash(host, priceMicro);
      return { cheats, outcome: 'convicted' };
    }
    // Released, or lapsed: the voucher is the user's consent.
    const before = this.undetected;
    this.#settle(user, host, {
      paidMicro: amountMicro,
      maxFeeMicro: amountMicro,
      conduct: 'honest',
    });
    this.undetected = before + cheats;
    return { cheats, outcome: amountMicro === 0n ? 'unpaid' : 'released' };
  }
}
