/**
 * The inference protocol once more, naively: what every call answers and where the money is then, in
 * plain numbers. random-calls.prop.test.ts compares the contracts with it, call by call. Certificates are
 * `weight` of 10 by `judges` (indexes); bytes and draws are left to other tests: hosts are named.
 */

export type Answer = bigint | true | `u${number}`;

export interface Votes {
  readonly weight: bigint;
  readonly judges: readonly number[];
}

interface HostState {
  bond: bigint;
  key: string;
  withdrawAt: number | null;
  suspendedAt: number | null;
  settled: bigint;
  faults: bigint;
  missed: bigint;
  earned: bigint;
  clean: bigint;
  pending: number;
  boundUntil: number;
}

interface RequestState {
  readonly host: string;
  readonly hostKey: string;
  readonly maxFee: bigint;
  readonly expiresAt: number;
  readonly isPublic: boolean;
  status: 'open' | 'settled' | 'rejected' | 'expired' | 'reversed';
  paid: bigint;
  closedAt: number;
  slash: number | null;
}

interface SessionState {
  readonly host: string;
  readonly expiresAt: number;
  deposit: bigint;
  claimed: bigint;
  requests: bigint;
  pending: number | null;
  isOpen: boolean;
}

interface ClaimState {
  readonly session: number;
  readonly from: bigint;
  readonly amount: bigint;
  readonly requests: bigint;
  readonly tenure: number;
  readonly claimedAt: number;
  isPending: boolean;
}

interface SlashState {
  readonly host: string;
  readonly amount: bigint;
  readonly loss: bigint;
  readonly finder: string | null;
  readonly judges: readonly number[];
  readonly divideAt: number;
  isHeld: boolean;
}

export const MIN_BOND = 100_000_000n;
export const PRICE = 10_200n;
const DISPUTE_BOND = 10_000_000n;
const ALL = 10_000n;
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export class NaiveModel {
  burn = 1;
  tenure = 1;
  burned = 0n;
  unswept = 0n;
  escrow = 0n;
  bonds = 0n;
  sessionEscrow = 0n;
  readonly balances = new Map<string, bigint>();
  readonly hosts = new Map<string, HostState>();
  readonly requests: RequestState[] = [];
  readonly disputes: {
    request: number;
    disputer: string;
    bond: bigint;
    at: number;
    isOpen: boolean;
  }[] = [];
  readonly sessions: SessionState[] = [];
  readonly claims: ClaimState[] = [];
  readonly slashes: SlashState[] = [];
  readonly owed = [0n, 0n, 0n];

  #move(who: string, amount: bigint): void {
    this.balances.set(who, (this.balances.get(who) ?? 0n) + amount);
  }

  #canPay(who: string, amount: bigint): boolean {
    return (this.balances.get(who) ?? 0n) >= amount;
  }

  get held(): bigint {
    return this.slashes.reduce((sum, { amount, isHeld }) => (isHeld ? sum + amount : sum), 0n);
  }

  // ---- hosts ------------------------------------------------------------------------------------

  #serves(name: string): boolean {
    const host = this.hosts.get(name);
    return host !== undefined && host.withdrawAt === null && host.suspendedAt === null;
  }

  register(name: string, key: string, bond: bigint): Answer {
    if (this.hosts.has(name)) return 'u202';
    if (bond < MIN_BOND) return 'u210';
    if ([...this.hosts.values()].some((host) => host.key === key)) return 'u204';
    if (!this.#canPay(name, bond)) return 'u1';
    this.#move(name, -bond);
    const record = { settled: 0n, faults: 0n, missed: 0n, earned: 0n, clean: 0n };
    const times = { withdrawAt: null, suspendedAt: null, pending: 0, boundUntil: 0 };
    this.hosts.set(name, { bond, key, ...record, ...times });
    return true;
  }

  #serving(name: string): HostState | Answer {
    const host = this.hosts.get(name);
    if (host === undefined) return 'u201';
    return host.withdrawAt === null ? host : 'u213';
  }

  setOperatingKey(name: string, key: string): Answer {
    const host = this.#serving(name);
    if (typeof host !== 'object') return host;
    const isTaken = [...this.hosts].some(([who, other]) => who !== name && other.key === key);
    if (isTaken) return 'u204';
    host.key = key;
    return true;
  }

  increaseBond(name: string, amount: bigint): Answer {
    const host = this.#serving(name);
    if (typeof host !== 'object') return host;
    if (amount === 0n) return 'u210';
    if (!this.#canPay(name, amount)) return 'u1';
    this.#move(name, -amount);
    this.#setBond(host, host.bond + amount);
    return host.bond;
  }

  #setBond(host: HostState, bond: bigint): void {
    host.bond = bond;
    host.suspendedAt = bond >= MIN_BOND ? null : (host.suspendedAt ?? this.burn);
  }

  unbond(name: string): Answer {
    const host = this.#serving(name);
    if (typeof host !== 'object') return host;
    host.withdrawAt = this.burn + 1_152;
    return BigInt(host.withdrawAt);
  }

  withdraw(name: string): Answer {
    const host = this.hosts.get(name);
    if (host === undefined) return 'u201';
    if (host.withdrawAt === null) return 'u214';
    return this.burn < host.withdrawAt ? 'u215' : this.#remove(name, host);
  }

  evict(name: string): Answer {
    const host = this.hosts.get(name);
    if (host === undefined) return 'u201';
    if (host.suspendedAt === null) return 'u214';
    return this.burn < host.suspendedAt + 1_152 ? 'u215' : this.#remove(name, host);
  }

  #remove(name: string, host: HostState): Answer {
    if (host.pending > 0 || this.burn < host.boundUntil) return 'u218';
    this.hosts.delete(name);
    this.#move(name, host.bond);
    return host.bond;
  }

  #record(name: string, outcome: 'settled' | 'fault' | 'missed' | 'unaudited', paid = 0n): boolean {
    const host = this.hosts.get(name);
    if (host === undefined) return false;
    host.earned += paid;
    if (outcome === 'settled') {
      host.settled += 1n;
      host.clean += 1n;
    } else if (outcome === 'fault') {
      host.faults += 1n;
      host.clean = 0n;
    } else if (outcome === 'missed') {
      host.missed += 1n;
      host.clean /= 2n;
    }
    return true;
  }

  // ---- requests ---------------------------------------------------------------------------------

  open(host: string, maxFee: bigint, deadline: number, isPublic: boolean): Answer {
    if (maxFee === 0n) return 'u307';
    if (!this.#serves(host)) return 'u303';
    if (!this.#canPay('user', maxFee)) return 'u1';
    this.#move('user', -maxFee);
    this.escrow += maxFee;
    const hostKey = this.hosts.get(host)!.key;
    const closing = { status: 'open', paid: 0n, closedAt: 0, slash: null } as const;
    this.requests.push({
      host,
      hostKey,
      maxFee,
      expiresAt: this.burn + deadline,
      isPublic,
      ...closing,
    });
    return BigInt(this.requests.length);
  }

  #open(id: number): RequestState | Answer {
    const request = this.requests[id - 1];
    if (request === undefined) return 'u320';
    return request.status === 'open' ? request : 'u321';
  }

  settle(id: number, { weight, judges }: Votes): Answer {
    const request = this.#open(id);
    if (typeof request !== 'object') return request;
    if (weight < 7n) return 'u504';
    const paid = smaller(PRICE, request.maxFee);
    const fee = (paid * 300n) / ALL;
    if (!this.#record(request.host, 'settled', paid - fee)) return 'u330';
    const host = this.hosts.get(request.host)!;
    host.boundUntil = Math.max(host.boundUntil, this.burn + 288);
    this.escrow -= request.maxFee;
    this.#move(request.host, paid - fee);
    this.#move('user', request.maxFee - paid);
    this.#payJudges(fee, judges);
    Object.assign(request, { status: 'settled', paid, closedAt: this.burn });
    return paid;
  }

  reject(id: number, votes: Votes): Answer {
    const request = this.#open(id);
    if (typeof request !== 'object') return request;
    const fault = this.#convicting(votes);
    if (fault !== null) return fault;
    request.status = 'rejected';
    request.closedAt = this.burn;
    this.escrow -= request.maxFee;
    this.#move('user', request.maxFee);
    this.#record(request.host, 'fault');
    const multiple = request.maxFee * 500n;
    request.slash = this.#slash(request.host, multiple, { loss: 0n, finder: null, votes });
    return request.maxFee;
  }

  expire(id: number): Answer {
    const request = this.#open(id);
    if (typeof request !== 'object') return request;
    if (this.burn <= request.expiresAt) return 'u322';
    request.status = 'expired';
    this.escrow -= request.maxFee;
    this.#move('user', request.maxFee);
    if (request.isPublic) this.#record(request.host, 'missed');
    return request.maxFee;
  }

  #convicting({ weight, judges }: Votes): Answer | null {
    if (judges.length < 2) return 'u506';
    return weight < 7n ? 'u504' : null;
  }

  // ---- disputes ---------------------------------------------------------------------------------

  dispute(id: number, disputer: string): Answer {
    const request = this.requests[id - 1];
    if (request === undefined) return 'u320';
    if (request.status !== 'settled') return 'u340';
    if (this.burn > request.closedAt + 144) return 'u341';
    const bond = larger(DISPUTE_BOND, request.paid);
    if (!this.#canPay(disputer, bond)) return 'u1';
    this.#move(disputer, -bond);
    this.bonds += bond;
    this.disputes.push({ request: id, disputer, bond, at: this.burn, isOpen: true });
    return BigInt(this.disputes.length);
  }

  #closeDispute(number: number, to: string): void {
    const dispute = this.disputes[number - 1]!;
    dispute.isOpen = false;
    this.bonds -= dispute.bond;
    this.#move(to, dispute.bond);
  }

  #openDispute(number: number): RequestState | Answer {
    const dispute = this.disputes[number - 1];
    if (dispute === undefined) return 'u342';
    return dispute.isOpen ? this.requests[dispute.request - 1]! : 'u343';
  }

  uphold(number: number, votes: Votes): Answer {
    const request = this.#openDispute(number);
    if (typeof request !== 'object') return request;
    if (this.burn >= this.disputes[number - 1]!.at + 144) return 'u346';
    const fault = this.#convicting(votes);
    if (fault !== null) return fault;
    if (request.status !== 'settled') return 'u340';
    request.status = 'reversed';
    const { disputer } = this.disputes[number - 1]!;
    this.#closeDispute(number, disputer);
    this.#record(request.host, 'fault');
    const terms = { loss: request.paid, finder: disputer, votes };
    request.slash = this.#slash(request.host, request.maxFee * 500n, terms);
    return BigInt(request.slash);
  }

  dismiss(number: number, { weight }: Votes): Answer {
    const request = this.#openDispute(number);
    if (typeof request !== 'object') return request;
    if (this.burn >= this.disputes[number - 1]!.at + 144) return 'u346';
    if (weight < 7n) return 'u504';
    this.#closeDispute(number, request.host);
    return this.disputes[number - 1]!.bond;
  }

  lapseDispute(number: number): Answer {
    const request = this.#openDispute(number);
    if (typeof request !== 'object') return request;
    const { at, disputer, bond } = this.disputes[number - 1]!;
    if (request.status !== 'reversed' && this.burn < at + 144) return 'u344';
    this.#closeDispute(number, disputer);
    return bond;
  }

  // ---- pay and slashes --------------------------------------------------------------------------

  #credit(amount: bigint, judges: readonly number[]): bigint {
    if (judges.length === 0) return 0n;
    const part = amount / BigInt(judges.length);
    for (const index of judges) this.owed[index]! += part;
    return part * BigInt(judges.length);
  }

  #payJudges(fee: bigint, judges: readonly number[]): void {
    this.unswept += fee - this.#credit((fee * 8_000n) / ALL, judges);
  }

  /** @returns its number, 0 when there was nothing to take */
  #slash(
    name: string,
    multiple: bigint,
    terms: { readonly loss: bigint; readonly finder: string | null; readonly votes: Votes },
  ): number {
    const host = this.hosts.get(name);
    const amount = host === undefined ? 0n : smaller(host.bond, larger(MIN_BOND, multiple));
    if (host !== undefined) this.#setBond(host, host.bond - amount);
    if (amount === 0n) return 0;
    const { judges } = terms.votes;
    const loss = smaller(terms.loss, amount);
    const divideAt = this.burn + 12;
    this.slashes.push({
      host: name,
      amount,
      loss,
      finder: terms.finder,
      judges,
      divideAt,
      isHeld: true,
    });
    return this.slashes.length;
  }

  divide(number: number): Answer {
    const slash = this.slashes[number - 1];
    if (slash === undefined) return 'u509';
    if (!slash.isHeld) return 'u510';
    if (this.burn < slash.divideAt) return 'u511';
    slash.isHeld = false;
    const open = slash.amount - slash.loss;
    const forFinder = slash.finder === null ? 0n : (open * 2_500n) / ALL;
    const given = this.#credit((open * 5_000n) / ALL, slash.judges);
    this.#move('user', slash.loss);
    if (slash.finder !== null) this.#move(slash.finder, forFinder);
    this.unswept += open - forFinder - given;
    return slash.amount;
  }

  claimReward(index: number): Answer {
    const amount = this.owed[index] ?? 0n;
    if (index > 2) return 'u501';
    if (amount === 0n) return 'u508';
    this.owed[index] = 0n;
    this.#move(`signer ${index}`, amount);
    return amount;
  }

  sweep(): Answer {
    const amount = this.unswept;
    if (amount === 0n) return 'u508';
    this.unswept = 0n;
    this.burned += amount;
    return amount;
  }

  // ---- sessions ---------------------------------------------------------------------------------

  openSession(host: string, deposit: bigint, duration: number): Answer {
    if (!this.#serves(host)) return 'u403';
    if (deposit === 0n) return 'u404';
    if (!this.#canPay('user', deposit)) return 'u1';
    this.#move('user', -deposit);
    this.sessionEscrow += deposit;
    const fresh = { claimed: 0n, requests: 0n, pending: null, isOpen: true };
    this.sessions.push({ host, expiresAt: this.burn + duration, deposit, ...fresh });
    return BigInt(this.sessions.length);
  }

  #session(id: number): SessionState | Answer {
    const session = this.sessions[id - 1];
    if (session === undefined) return 'u407';
    return session.isOpen ? session : 'u408';
  }

  topUp(id: number, amount: bigint): Answer {
    const session = this.#session(id);
    if (typeof session !== 'object') return session;
    if (amount === 0n) return 'u404';
    if (this.burn > session.expiresAt) return 'u409';
    if (!this.#canPay('user', amount)) return 'u1';
    this.#move('user', -amount);
    this.sessionEscrow += amount;
    session.deposit += amount;
    return session.deposit;
  }

  closeSession(id: number, by: string): Answer {
    const session = this.#session(id);
    if (typeof session !== 'object') return session;
    if (session.pending !== null) return 'u412';
    if (by !== session.host) {
      if (by !== 'user') return 'u410';
      if (this.burn < session.expiresAt + 36) return 'u420';
    }
    return this.#endSession(session);
  }

  #endSession(session: SessionState): Answer {
    const refund = session.deposit - session.claimed;
    session.isOpen = false;
    this.sessionEscrow -= refund;
    this.#move('user', refund);
    return refund;
  }

  /** @returns for each voucher the number of its claim, or why not */
  claim(
    host: string,
    vouchers: readonly {
      session: number;
      cumulative: bigint;
      requests: bigint;
      isSigned: boolean;
    }[],
  ): Answer | readonly Answer[] {
    if (!this.hosts.has(host)) return 'u411';
    return vouchers.map((voucher): Answer => {
      const session = this.#session(voucher.session);
      if (typeof session !== 'object') return session;
      const { cumulative, requests } = voucher;
      if (session.host !== host) return 'u411';
      if (session.pending !== null) return 'u412';
      if (cumulative <= session.claimed || cumulative > session.deposit) return 'u413';
      if (requests <= session.requests) return 'u414';
      if (!voucher.isSigned) return 'u415';
      this.claims.push({
        session: voucher.session,
        from: session.requests,
        amount: cumulative - session.claimed,
        requests: requests - session.requests,
        tenure: this.tenure,
        claimedAt: this.burn,
        isPending: true,
      });
      Object.assign(session, { claimed: cumulative, requests, pending: this.claims.length });
      this.hosts.get(host)!.pending += 1;
      return BigInt(this.claims.length);
    });
  }

  #pending(number: number): ClaimState | Answer {
    const claim = this.claims[number - 1];
    if (claim === undefined) return 'u416';
    return claim.isPending ? claim : 'u417';
  }

  #closeClaim(claim: ClaimState): SessionState {
    const session = this.sessions[claim.session - 1]!;
    claim.isPending = false;
    session.pending = null;
    const host = this.hosts.get(session.host);
    if (host !== undefined) host.pending -= 1;
    return session;
  }

  #payClaim(
    claim: ClaimState,
    outcome: 'settled' | 'unaudited',
    judges: readonly number[],
  ): Answer {
    const session = this.#closeClaim(claim);
    const fee = (claim.amount * 300n) / ALL;
    this.#record(session.host, outcome, claim.amount - fee);
    this.sessionEscrow -= claim.amount;
    this.#move(session.host, claim.amount - fee);
    this.#payJudges(fee, judges);
    return claim.amount;
  }

  /** @param areDrawn whether the voters are all that were drawn */
  release(number: number, { weight, judges }: Votes, areDrawn: boolean): Answer {
    const claim = this.#pending(number);
    if (typeof claim !== 'object') return claim;
    if (this.tenure < claim.tenure + 2) return 'u418';
    if (weight < 7n && !areDrawn) return 'u419';
    return this.#payClaim(claim, 'settled', judges);
  }

  lapseClaim(number: number): Answer {
    const claim = this.#pending(number);
    if (typeof claim !== 'object') return claim;
    return this.burn <= claim.claimedAt + 72 ? 'u420' : this.#payClaim(claim, 'unaudited', []);
  }

  condemn(number: number, votes: Votes, as: 'convict' | 'deny'): Answer {
    const claim = this.#pending(number);
    if (typeof claim !== 'object') return claim;
    if (this.tenure < claim.tenure + 2) return 'u418';
    const fault = this.#convicting(votes);
    if (fault !== null) return fault;
    const session = this.#closeClaim(claim);
    this.#record(session.host, as === 'convict' ? 'fault' : 'missed');
    if (as === 'convict') {
      const average = (claim.amount + claim.requests - 1n) / claim.requests;
      this.#slash(session.host, average * 500n, { loss: 0n, finder: null, votes });
    }
    session.claimed -= claim.amount;
    session.requests = claim.from;
    return this.#endSession(session);
  }
}
