/**
 * Hostile thirds against the contracts themselves: the same choices as in `world.ts`, but every payment,
 * certificate, claim, conviction and refund is a call of `contracts/*.clar` on our VM, with real
 * signatures. What must hold is read from balances, so a port that agrees with nobody cannot hide it.
 */
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';
import {
  auditedReceipts,
  type Commitment,
  claimHash,
  commitmentHash,
  commitmentTuple,
  type SignedIndex,
  samplingSeed,
  signClaimVerdict,
  signCommitment,
  signVerdict,
  signVoucher,
} from '@assay/jobs';
import { type SimKey, simKey } from '../keys.ts';
import { bytesOf, CHAIN_ID, ContractChain, type Entries, uintOf } from './chain.ts';
import type { Conduct, Pool } from './pool.ts';
import {
  Dice,
  GATEWAYS,
  HOSTILE_GATEWAYS,
  HOSTILE_HOSTS,
  HOSTILE_SIGNERS,
  HOSTS,
  type HostileHost,
  type HostileUser,
  type HostileWorld,
  RULES,
  type SessionPlan,
  SIGNERS,
} from './world.ts';

const BALANCE_MICRO = 1_000_000_000n;
const BOND_MICRO = 4n * RULES.minBondMicro;
const OUTPUT_PRICE_MICRO = 2_000n;
const ANSWER_TOKENS = 100;
const SESSION_BLOCKS = 200n;
const DEADLINE_BLOCKS = 10;
/** More than the contracts' audit window and fallback window. */
const AUDIT_BLOCKS = 73;
const TURN_SECONDS = 31;
const MODEL = new Uint8Array(32).fill(5);

interface ContractHost extends HostileHost {
  readonly key: SimKey;
  readonly operator: SimKey;
}

interface ContractUser extends HostileUser {
  readonly key: SimKey;
}

let shared: ContractChain | null = null;

export class ContractWorld implements HostileWorld {
  readonly dice: Dice;
  readonly hosts: readonly ContractHost[];
  readonly users: readonly ContractUser[];
  convictions = 0;
  undetected = 0;
  readonly #chain: ContractChain;
  readonly #pool: Pool;
  readonly #signers: readonly SimKey[];

  constructor(seed: number, pool: Pool) {
    shared ??= new ContractChain();
    shared.reset();
    const chain = shared;
    this.#chain = chain;
    this.#pool = pool;
    this.dice = new Dice(seed);
    // The contracts number signers in the order they are given.
    this.#signers = Array.from({ length: SIGNERS }, (_, i) => simKey(`hostile signer ${i}`));
    chain.setSigners(this.#signers.map(({ address }) => ({ address, weight: 1n })));
    this.#tenure();
    const registrar = simKey('hostile registrar').address;
    chain.mint(registrar, BALANCE_MICRO);
    chain.call(registrar, 'models', 'register', [Cv.buffer(MODEL), Cv.ascii('m'), Cv.ascii('')]);
    this.hosts = Array.from({ length: HOSTS }, (_, i) => this.#register(i));
    this.users = Array.from({ length: GATEWAYS }, (_, i) => {
      const key = simKey(`hostile user ${i}`);
      chain.mint(key.address, BALANCE_MICRO);
      return {
        isHostile: i < HOSTILE_GATEWAYS,
        key,
        get balanceMicro() {
          return chain.balance(key.address);
        },
      };
    });
  }

  #register(index: number): ContractHost {
    const chain = this.#chain;
    const key = simKey(`hostile host ${index}`);
    const operator = simKey(`hostile operator ${index}`);
    chain.mint(key.address, BALANCE_MICRO);
    chain.call(key.address, 'hosts', 'register', [
      Cv.ascii('http://host'),
      Cv.buffer(operator.publicKey),
      Cv.buffer(new Uint8Array(32)),
      Cv.list([Cv.buffer(MODEL)]),
      Cv.uint(1),
      Cv.uint(4),
      Cv.uint(0),
      Cv.uint(0),
      Cv.uint(OUTPUT_PRICE_MICRO),
      Cv.uint(BOND_MICRO),
    ]);
    const bond = () => uintOf(hostRecord(chain, key.address).get('bond'));
    return {
      isHostile: index < HOSTILE_HOSTS,
      key,
      operator,
      get slashedMicro() {
        return BOND_MICRO - bond();
      },
    };
  }

  get escrowMicro(): bigint {
    const open = this.#chain.read('inference', 'get-open-escrow');
    return uintOf(open) + uintOf(this.#chain.read('sessions', 'get-escrow'));
  }

  totalMicro(): bigint {
    return this.#chain.totalMicro();
  }

  isActive({ key }: ContractHost): boolean {
    return uintOf(hostRecord(this.#chain, key.address).get('status')) === 1n;
  }

  #tenure(): void {
    this.#chain.setBeacon(this.dice.bytes(), this.dice.bytes());
  }

  #honestVerdict(conduct: Conduct): 'valid' | 'invalid' | 'abstain' {
    const answers = this.#pool.get(conduct)!;
    const verdicts = answers[this.dice.below(answers.length)]!;
    return verdicts[this.dice.below(verdicts.length)]!;
  }

  /** What each signer says of an answer; hostile ones say the opposite of what is true. */
  #verdicts(conduct: Conduct): readonly ('valid' | 'invalid' | 'abstain')[] {
    const lie = conduct === 'honest' ? 'invalid' : 'valid';
    return this.#signers.map((_, i) => (i < HOSTILE_SIGNERS ? lie : this.#honestVerdict(conduct)));
  }

  // ---- single requests ------------------------------------------------------------------------

  request(user: ContractUser, maxFeeMicro: bigint, conductOf: () => Conduct | null): void {
    const chain = this.#chain;
    this.#tenure();
    const id = uintOf(
      chain.call(user.key.address, 'inference', 'request', [
        Cv.buffer(MODEL),
        Cv.none(),
        Cv.buffer(this.dice.bytes()),
        Cv.uint(10),
        Cv.tuple({
          temperature: Cv.uint(0),
          'top-p': Cv.uint(1_000_000),
          'top-k': Cv.uint(1),
          'max-tokens': Cv.uint(ANSWER_TOKENS),
        }),
        Cv.uint(maxFeeMicro),
        Cv.uint(DEADLINE_BLOCKS),
        Cv.none(),
        Cv.uint(1),
        Cv.buffer(new Uint8Array(16)),
      ]),
    );
    const opened = chain.record('inference', 'get-request', [Cv.uint(id)]);
    for (const address of executorsOf(opened)) {
      const host = this.hosts.find(({ key }) => key.address === address)!;
      const conduct = host.isHostile ? conductOf() : 'honest';
      if (conduct !== null && this.#close(id, opened, { user, host, conduct })) return;
      // Nobody, or neither verdict has the weight: the next substitute answers.
      chain.pass(TURN_SECONDS);
    }
    chain.pass(1, DEADLINE_BLOCKS + 1);
    chain.call(user.key.address, 'inference', 'expire', [Cv.uint(id)]);
  }

  /** Brings whatever certificate there is. @returns whether the request was closed */
  #close(
    id: bigint,
    opened: Entries,
    answer: {
      readonly user: ContractUser;
      readonly host: ContractHost;
      readonly conduct: Conduct;
    },
  ): boolean {
    const { user, host, conduct } = answer;
    const { operator } = host;
    const requestHash = bytesOf(opened.get('request-hash'));
    const commitment: Commitment = {
      requestHash,
      model: MODEL,
      seed: samplingSeed(requestHash, operator.publicKey, bytesOf(opened.get('beacon'))),
      idsRoot: this.dice.bytes(),
      sketchRoot: this.dice.bytes(),
      transcriptHash: this.dice.bytes(),
      outputHash: this.dice.bytes(),
      finish: 'length',
      promptTokens: 10,
      outputTokens: ANSWER_TOKENS,
      timestampSecs: 1,
    };
    const said = this.#verdicts(conduct);
    const about = { commitmentHash: commitmentHash(commitment), requestId: id };
    for (const [functionName, verdict] of [
      ['settle', 'valid'],
      ['reject', 'invalid'],
    ] as const) {
      const voices = said.flatMap((one, index): SignedIndex[] => {
        const { privateKey } = this.#signers[index]!;
        if (one !== verdict) return [];
        return [{ index, signature: signVerdict({ ...about, verdict }, CHAIN_ID, privateKey) }];
      });
      const done = this.#chain.tryCall(user.key.address, 'inference', functionName, [
        Cv.uint(id),
        commitmentTuple(commitment),
        Cv.buffer(signCommitment(commitment, CHAIN_ID, operator.privateKey)),
        verdictList(voices),
      ]);
      if (done === null) continue;
      if (verdict === 'invalid') this.convictions += 1;
      else if (conduct !== 'honest' && !user.isHostile) this.undetected += 1;
      return true;
    }
    return false;
  }

  // ---- sessions -------------------------------------------------------------------------------

  session(
    user: ContractUser,
    host: ContractHost,
    { count, priceMicro, cheatsPerMille }: SessionPlan,
  ): { readonly cheats: number; readonly outcome: 'released' | 'convicted' | 'unpaid' } {
    const chain = this.#chain;
    this.#tenure();
    const voucherKey = simKey(`hostile voucher of ${user.key.address}`);
    const id = uintOf(
      chain.call(user.key.address, 'sessions', 'open', [
        Cv.principal(host.key.address),
        Cv.buffer(MODEL),
        Cv.uint(priceMicro * BigInt(count)),
        Cv.buffer(voucherKey.publicKey),
        Cv.uint(SESSION_BLOCKS),
      ]),
    );
    // A hostile gateway stops paying half way: what was vouched for is claimed.
    const acknowledged = user.isHostile && !host.isHostile ? Math.floor(count / 2) : count;
    const conducts = Array.from({ length: acknowledged }, (): Conduct => {
      const cheats = host.isHostile && this.dice.below(1000) < cheatsPerMille;
      return cheats ? 'cheap-decode' : 'honest';
    });
    const cheats = conducts.filter((conduct) => conduct !== 'honest').length;
    const claim = {
      sessionId: id,
      from: 0n,
      to: BigInt(acknowledged),
      amountMicro: priceMicro * BigInt(acknowledged),
      receiptsRoot: this.dice.bytes(),
    };
    this.#claim(host, voucherKey, claim);
    const hash = claimHash(claim);
    this.#tenure();
    this.#tenure();
    const outcome = this.#audit(user, { hash, conducts });
    if (outcome === 'released') {
      this.undetected += user.isHostile ? 0 : cheats;
      chain.call(host.key.address, 'sessions', 'close', [Cv.uint(id)]);
    }
    return { cheats, outcome };
  }

  #claim(
    host: ContractHost,
    voucherKey: SimKey,
    {
      sessionId,
      to,
      amountMicro,
      receiptsRoot,
    }: {
      readonly sessionId: bigint;
      readonly to: bigint;
      readonly amountMicro: bigint;
      readonly receiptsRoot: Uint8Array;
    },
  ): void {
    const voucher = { sessionId, cumulativeMicro: amountMicro, requests: to };
    this.#chain.call(host.key.address, 'sessions', 'claim', [
      Cv.list([
        Cv.tuple({
          session: Cv.uint(sessionId),
          cumulative: Cv.uint(amountMicro),
          requests: Cv.uint(to),
          'receipts-root': Cv.buffer(receiptsRoot),
          'voucher-signature': Cv.buffer(signVoucher(voucher, CHAIN_ID, voucherKey.privateKey)),
        }),
      ]),
    ]);
  }

  #audit(
    user: ContractUser,
    { hash, conducts }: { readonly hash: Uint8Array; readonly conducts: readonly Conduct[] },
  ): 'released' | 'convicted' {
    const chain = this.#chain;
    const named = Cv.buffer(hash);
    const draw = chain.record('sessions', 'get-audit', [named]);
    const audited = auditedReceipts(
      { lots: bytesOf(draw.get('lots')), claimHash: hash, rateMicro: uintOf(draw.get('rate')) },
      { from: 0n, to: BigInt(conducts.length) },
    );
    const found = audited.map((receipt) => this.#honestVerdict(conducts[Number(receipt) - 1]!));
    const honest = found.includes('invalid') ? 'invalid' : 'valid';
    const isFalse = conducts.some((conduct) => conduct !== 'honest');
    const lie = isFalse ? 'valid' : 'invalid';
    for (const [functionName, verdict] of [
      ['release', 'valid'],
      ['convict', 'invalid'],
    ] as const) {
      const voices = this.#signers.flatMap(({ privateKey }, index): SignedIndex[] => {
        if ((index < HOSTILE_SIGNERS ? lie : honest) !== verdict) return [];
        const said = { claimHash: hash, verdict };
        return [{ index, signature: signClaimVerdict(said, CHAIN_ID, privateKey) }];
      });
      const args = [named, verdictList(voices)];
      if (chain.tryCall(user.key.address, 'sessions', functionName, args) === null) continue;
      if (verdict === 'valid') return 'released';
      this.convictions += 1;
      return 'convicted';
    }
    chain.pass(1, AUDIT_BLOCKS);
    chain.call(user.key.address, 'sessions', 'lapse', [named]);
    return 'released';
  }
}

function hostRecord(chain: ContractChain, address: string): Entries {
  return chain.record('hosts', 'get-host', [Cv.principal(address)]);
}

/** Principals by rank. */
function executorsOf(opened: Entries): string[] {
  const first = opened.get('executor');
  const fallbacks = opened.get('fallbacks');
  const others = fallbacks?.type === 'list' ? fallbacks.items : [];
  return [first, ...others.map((one) => (one.type === 'tuple' ? one.entries.get('host') : one))]
    .filter((one) => one?.type === 'principal')
    .map((one) => formatPrincipal(one));
}

function verdictList(voices: readonly SignedIndex[]): ClarityValue {
  return Cv.list(
    voices.map(({ index, signature }) =>
      Cv.tuple({ index: Cv.uint(index), signature: Cv.buffer(signature) }),
    ),
  );
}
