/**
 * Sessions, certificates over any digest, and the later life of requests (disputes, slashes, plants),
 * on the sandbox of simnet.ts. Bytes are made with @stacks/transactions from docs/protocol.md, apart
 * from our own encoders.
 */
import { Cl, type ClarityValue } from '@stacks/transactions';
import {
  bytesOf,
  commitmentFor,
  consensusHash,
  DEPLOYER,
  HOST,
  HOSTS,
  hashOf,
  INFERENCE,
  JUDGES,
  MODEL,
  MODELS,
  type Outcome,
  type Party,
  PLANTS,
  party,
  SESSIONS,
  SIGNERS,
  type Simnet,
  setBeacon,
  signRsv,
  structuredDigest,
  stxOf,
  USER,
  uintOf,
} from './simnet.ts';

export const VOUCHER_KEY = party('voucher key');

export const shown = (outcome: { result: ClarityValue }): string => Cl.prettyPrint(outcome.result);

export const send = (
  simnet: Simnet,
  contract: string,
  fn: string,
  args: ClarityValue[],
  who: Party = DEPLOYER,
): Outcome => simnet.callPublicFn(contract, fn, args, who.address);

export const ask = (
  simnet: Simnet,
  contract: string,
  fn: string,
  args: ClarityValue[] = [],
): ClarityValue => simnet.callReadOnlyFn(contract, fn, args, USER.address).result;

/** A tuple, or the tuple inside `(some ..)`, as plain fields. */
export function fieldsOf(value: ClarityValue): Record<string, ClarityValue> {
  const inner = value.type === 'some' ? value.value : value;
  if (inner.type !== 'tuple') throw new Error(`no tuple: ${Cl.prettyPrint(value)}`);
  return inner.value;
}

export const hostRecord = (simnet: Simnet, who: Party = HOST): Record<string, ClarityValue> =>
  fieldsOf(ask(simnet, HOSTS, 'get-host', [Cl.principal(who.address)]));

export const hostNumber = (simnet: Simnet, name: string, who: Party = HOST): bigint =>
  uintOf(hostRecord(simnet, who)[name]);

/** [index in the set, who signs] */
export type Voices = readonly (readonly [bigint, Party])[];
/** Weight 7 of 10. */
export const ENOUGH: Voices = [
  [1n, SIGNERS[1]!],
  [2n, SIGNERS[2]!],
];

export function verdictList(digest: Uint8Array, voices: Voices): ClarityValue {
  return Cl.list(
    voices.map(([index, who]) =>
      Cl.tuple({ index: Cl.uint(index), signature: Cl.buffer(signRsv(digest, who)) }),
    ),
  );
}

let tenures = 0;
/** A tenure begins: one more beacon, unlike all before. */
export function nextTenure(simnet: Simnet, name = `tenure ${++tenures}`): void {
  setBeacon(simnet, hashOf(`sortition of ${name}`), hashOf(`burn block of ${name}`));
}

// ---- sessions -----------------------------------------------------------------------------------

export interface SessionOptions {
  readonly host?: string;
  readonly model?: Uint8Array;
  readonly deposit?: bigint;
  readonly voucherKey?: Uint8Array;
  readonly duration?: bigint;
  readonly user?: Party;
}

export const openSession = (simnet: Simnet, options: SessionOptions = {}): Outcome =>
  send(
    simnet,
    SESSIONS,
    'open',
    [
      Cl.principal(options.host ?? HOST.address),
      Cl.buffer(options.model ?? MODEL),
      Cl.uint(options.deposit ?? 1_000_000n),
      Cl.buffer(options.voucherKey ?? VOUCHER_KEY.publicKey),
      Cl.uint(options.duration ?? 100n),
    ],
    options.user ?? USER,
  );

export interface ClaimOptions {
  readonly session?: bigint;
  readonly cumulative?: bigint;
  readonly requests?: bigint;
  readonly root?: Uint8Array;
  /** What was signed, where it differs from what is claimed. */
  readonly signed?: readonly [session: bigint, cumulative: bigint, requests: bigint];
  readonly signer?: Party;
}

export function voucherTuple(session: bigint, cumulative: bigint, requests: bigint): ClarityValue {
  return Cl.tuple({
    session: Cl.uint(session),
    cumulative: Cl.uint(cumulative),
    requests: Cl.uint(requests),
  });
}

export function claimEntry(options: ClaimOptions = {}): ClarityValue {
  const { session = 1n, cumulative = 100_000n, requests = 10n } = options;
  const signed = options.signed ?? ([session, cumulative, requests] as const);
  const digest = structuredDigest(voucherTuple(...signed));
  return Cl.tuple({
    session: Cl.uint(session),
    cumulative: Cl.uint(cumulative),
    requests: Cl.uint(requests),
    'receipts-root': Cl.buffer(options.root ?? hashOf('receipts')),
    'voucher-signature': Cl.buffer(signRsv(digest, options.signer ?? VOUCHER_KEY)),
  });
}

export const claim = (
  simnet: Simnet,
  claims: readonly ClaimOptions[] = [{}],
  host: Party = HOST,
): Outcome => send(simnet, SESSIONS, 'claim', [Cl.list(claims.map(claimEntry))], host);

/** The answers of `claim`: the hash of each claim, or the code it was refused with. */
export function claimAnswers(outcome: Outcome): (Uint8Array | string)[] {
  const { result } = outcome;
  if (result.type !== 'ok' || result.value.type !== 'list') return [shown(outcome)];
  return result.value.value.map((answer) =>
    answer.type === 'ok' ? bytesOf(answer.value) : Cl.prettyPrint(answer),
  );
}

/** A claim of a fresh session that was accepted. */
export function pendingClaim(simnet: Simnet, options: ClaimOptions = {}): Uint8Array {
  openSession(simnet);
  const [answer] = claimAnswers(claim(simnet, [options]));
  if (!(answer instanceof Uint8Array)) throw new Error(`claim refused: ${answer}`);
  return answer;
}

export function claimDigest(hash: Uint8Array, verdict: bigint): Uint8Array {
  return structuredDigest(Cl.tuple({ claim: Cl.buffer(hash), verdict: Cl.uint(verdict) }));
}

const VERDICT_OF = { release: 1n, convict: 2n, deny: 3n } as const;

export const decide = (
  simnet: Simnet,
  fn: keyof typeof VERDICT_OF,
  hash: Uint8Array,
  voices: Voices = ENOUGH,
  verdict: bigint = VERDICT_OF[fn],
): Outcome =>
  send(simnet, SESSIONS, fn, [Cl.buffer(hash), verdictList(claimDigest(hash, verdict), voices)]);

export const lapseClaim = (simnet: Simnet, hash: Uint8Array): Outcome =>
  send(simnet, SESSIONS, 'lapse', [Cl.buffer(hash)]);

export const closeSession = (simnet: Simnet, id: bigint, who: Party): Outcome =>
  send(simnet, SESSIONS, 'close', [Cl.uint(id)], who);

/** Indexes of the judges that were drawn for a claim. */
export function drawnJudges(simnet: Simnet, hash: Uint8Array): bigint[] {
  const { judges } = fieldsOf(ask(simnet, SESSIONS, 'get-audit', [Cl.buffer(hash)]));
  return judges?.type === 'list' ? judges.value.map(uintOf) : [];
}

// ---- disputes -----------------------------------------------------------------------------------

export const EVIDENCE = hashOf('evidence');

export const dispute = (simnet: Simnet, id: bigint, who: Party, evidence = EVIDENCE): Outcome =>
  send(simnet, INFERENCE, 'dispute', [Cl.uint(id), Cl.buffer(evidence)], who);

export function disputeDigest(
  simnet: Simnet,
  dispute: bigint,
  verdict: bigint,
  id = 1n,
): Uint8Array {
  const result = fieldsOf(ask(simnet, INFERENCE, 'get-result', [Cl.uint(id)]));
  return structuredDigest(
    Cl.tuple({
      commitment: result['commitment-hash']!,
      dispute: Cl.uint(dispute),
      evidence: Cl.buffer(EVIDENCE),
      verdict: Cl.uint(verdict),
    }),
  );
}

export const resolve = (
  simnet: Simnet,
  fn: 'uphold' | 'dismiss',
  dispute: bigint,
  { voices = ENOUGH, id = 1n }: { voices?: Voices; id?: bigint } = {},
): Outcome => {
  const digest = disputeDigest(simnet, dispute, fn === 'uphold' ? 2n : 1n, id);
  return send(simnet, INFERENCE, fn, [Cl.uint(dispute), verdictList(digest, voices)]);
};

// ---- plants -------------------------------------------------------------------------------------

export const SECRET = hashOf('secret of a plant');

/** A commitment whose sketch is the noise that `SECRET` gives. */
export function plantedCommitment(
  simnet: Simnet,
  id: bigint,
  changes: Record<string, ClarityValue> = {},
): ClarityValue {
  return commitmentFor(simnet, id, {
    'sketch-root': ask(simnet, PLANTS, 'noise-root', [Cl.buffer(SECRET)]),
    'output-tokens': Cl.uint(32),
    ...changes,
  });
}

export function plant(
  simnet: Simnet,
  id: bigint,
  commitment: ClarityValue,
  who: Party = USER,
): Outcome {
  const digest = consensusHash(
    Cl.tuple({
      commitment: Cl.buffer(consensusHash(commitment)),
      'request-id': Cl.uint(id),
      secret: Cl.buffer(SECRET),
    }),
  );
  return send(simnet, PLANTS, 'plant', [Cl.buffer(digest)], who);
}

export const reveal = (simnet: Simnet, id: bigint, commitment: ClarityValue): Outcome =>
  send(simnet, PLANTS, 'reveal', [Cl.uint(id), commitment, Cl.buffer(SECRET)]);

// ---- money --------------------------------------------------------------------------------------

export function totals(simnet: Simnet): { owed: bigint; held: bigint; unswept: bigint } {
  const fields = fieldsOf(ask(simnet, JUDGES, 'get-totals'));
  return {
    owed: uintOf(fields.owed),
    held: uintOf(fields.held),
    unswept: uintOf(fields.unswept),
  };
}

/** What each contract must hold, by its own books; `bonds` is the sum of the hosts' bonds. */
export function booksAgree(simnet: Simnet, hosts: readonly Party[], modelBonds: bigint): string[] {
  const faults: string[] = [];
  const check = (contract: string, expected: bigint): void => {
    const held = stxOf(simnet, contract);
    if (held !== expected) faults.push(`${contract} holds ${held}, its books say ${expected}`);
  };
  const number = (contract: string, fn: string): bigint => uintOf(ask(simnet, contract, fn));
  const { owed, held, unswept } = totals(simnet);
  const bonds = hosts.map((who) => {
    const host = ask(simnet, HOSTS, 'get-host', [Cl.principal(who.address)]);
    return host.type === 'some' ? uintOf(fieldsOf(host).bond) : 0n;
  });
  check(INFERENCE, number(INFERENCE, 'get-open-escrow') + number(INFERENCE, 'get-dispute-bonds'));
  check(SESSIONS, number(SESSIONS, 'get-escrow'));
  check(JUDGES, owed + held + unswept);
  check(
    HOSTS,
    bonds.reduce((sum, bond) => sum + bond, 0n),
  );
  check(MODELS, modelBonds);
  return faults;
}
