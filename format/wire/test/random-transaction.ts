/**
 * Random transactions of every shape, from a seed: each payload, authorization and post-condition
 * form that the peer library knows, plus `Infer`. Not signed unless a test signs them.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { type ClarityValue, Cv, type Principal } from '@assay/clarity-value';
import { publicKeyFromPrivate } from '@assay/crypto';
import type {
  AuthField,
  ContractId,
  HashMode,
  InferPayload,
  PostCondition,
  PostConditionPrincipal,
  SpendingCondition,
  TenureChangeCause,
  Transaction,
  TransactionPayload,
} from '../src/index.ts';

/** xorshift32: small, seedable, good enough to vary shapes. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  u32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.u32() % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  bytes(size: number): Uint8Array {
    const out = new Uint8Array(size);
    for (let i = 0; i < size; i++) out[i] = this.u32() >>> 8;
    return out;
  }

  /** Small values often, any width sometimes. */
  big(bits: number): bigint {
    if (this.chance(2)) return BigInt(this.below(1000));
    let value = 0n;
    for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(this.u32());
    return BigInt.asUintN(bits, value);
  }

  list<T>(maxCount: number, item: () => T): T[] {
    return Array.from({ length: this.below(maxCount + 1) }, item);
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const NAME_REST = `${LETTERS}0123456789-`;
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

function text(random: Random, alphabet: string, maxLength: number): string {
  let out = '';
  for (let i = random.below(maxLength + 1); i > 0; i--) {
    out += alphabet[random.below(alphabet.length)];
  }
  return out;
}

export function randomName(random: Random, maxLength = 40): string {
  return random.pick([...LETTERS]) + text(random, NAME_REST, maxLength - 1);
}

export function randomPrincipal(random: Random): Principal {
  const version = random.pick([22, 20, 26, 21, 0, 31]);
  const contractName = random.chance(2) ? randomName(random) : null;
  return { version, hash: random.bytes(20), contractName };
}

function randomContract(random: Random): ContractId {
  return {
    version: random.pick([22, 26]),
    hash: random.bytes(20),
    contractName: randomName(random),
  };
}

const LEAVES = 8;

/** Any Clarity value with at most `depth` containers; lists hold one kind of entry. */
export function randomValue(random: Random, depth = 3): ClarityValue {
  switch (random.below(depth > 0 ? LEAVES + 5 : LEAVES)) {
    case 0:
      return Cv.int(BigInt.asIntN(128, random.big(128)));
    case 1:
      return Cv.uint(random.big(128));
    case 2:
      return Cv.bool(random.chance(2));
    case 3:
      return Cv.buffer(random.bytes(random.below(70)));
    case 4:
      return Cv.none();
    case 5:
      return Cv.principal(randomPrincipal(random));
    case 6:
      return Cv.ascii(text(random, ASCII, 80));
    case 7:
      return Cv.utf8(text(random, `${ASCII}äß€漢字`, 30) + random.pick(['', '😀', '\u{10ffff}']));
    case 8:
      return Cv.some(randomValue(random, depth - 1));
    case 9:
      return Cv.ok(randomValue(random, depth - 1));
    case 10:
      return Cv.err(randomValue(random, depth - 1));
    case 11: {
      const entry = randomValue(random, depth - 1);
      return Cv.list(random.list(4, () => entry));
    }
    default: {
      const count = 1 + random.below(4);
      const fields: Record<string, ClarityValue> = {};
      for (let i = 0; i < count; i++)
        fields[randomName(random, 12)] = randomValue(random, depth - 1);
      return Cv.tuple(fields);
    }
  }
}

const MODES: readonly HashMode[] = [
  'p2pkh',
  'p2wpkh',
  'p2sh',
  'p2wsh',
  'p2sh-unordered',
  'p2wsh-unordered',
];

/** A few fixed keys, rarely used: the peer library spends a millisecond on the form of each. */
const KEYS = [1, 2, 3].map((n) => publicKeyFromPrivate(new Uint8Array(32).fill(n)));

function randomField(random: Random, compressed: boolean): AuthField {
  return random.chance(10)
    ? { kind: 'public-key', compressed, publicKey: random.pick(KEYS) }
    : { kind: 'signature', compressed, signature: random.bytes(65) };
}

export function randomCondition(random: Random): SpendingCondition {
  const hashMode = random.pick(MODES);
  const base = { signer: random.bytes(20), nonce: random.big(64), feeMicro: random.big(64) };
  if (hashMode === 'p2pkh' || hashMode === 'p2wpkh') {
    const compressed = hashMode === 'p2wpkh' || !random.chance(4);
    return { ...base, hashMode, compressed, signature: random.bytes(65) };
  }
  const compressed = hashMode !== 'p2sh' || !random.chance(16);
  const fields = random.list(5, () => randomField(random, compressed));
  const signatures = fields.filter((field) => field.kind === 'signature').length;
  return { ...base, hashMode, fields, signaturesRequired: signatures };
}

function randomWho(random: Random): PostConditionPrincipal {
  return random.chance(3) ? 'origin' : randomPrincipal(random);
}

export function randomPostCondition(random: Random): PostCondition {
  const principal = randomWho(random);
  const code = random.pick(['eq', 'gt', 'ge', 'lt', 'le'] as const);
  const asset = { contract: randomContract(random), assetName: randomName(random) };
  switch (random.below(3)) {
    case 0:
      return { kind: 'stx', principal, code, amount: random.big(64) };
    case 1:
      return { kind: 'ft', principal, asset, code, amount: random.big(64) };
    default: {
      const nftCode = random.pick(['sent', 'not-sent', 'maybe-sent'] as const);
      return { kind: 'nft', principal, asset, value: randomValue(random, 2), code: nftCode };
    }
  }
}

const CAUSES: readonly TenureChangeCause[] = [
  'block-found',
  'extended',
  'extended-runtime',
  'extended-read-count',
  'extended-read-length',
  'extended-write-count',
  'extended-write-length',
];

function randomTransfer(random: Random): TransactionPayload {
  const memo = new Uint8Array(34);
  memo.set(bytesFromUtf8(text(random, ASCII, 34)));
  const amountMicro = random.big(64);
  return { kind: 'token-transfer', recipient: randomPrincipal(random), amountMicro, memo };
}

function randomTenureChange(random: Random): TransactionPayload {
  return {
    kind: 'tenure-change',
    tenureConsensusHash: random.bytes(20),
    prevTenureConsensusHash: random.bytes(20),
    burnViewConsensusHash: random.bytes(20),
    previousTenureEnd: random.bytes(32),
    previousTenureBlocks: random.u32(),
    cause: random.pick(CAUSES),
    pubkeyHash: random.bytes(20),
  };
}

/** Every payload that the peer library encodes: all but poison proofs and `Infer`. */
export function randomPayload(random: Random): TransactionPayload {
  const source = text(random, `${ASCII}\n\t`, 200);
  switch (random.below(10)) {
    case 0:
    case 1:
      return randomTransfer(random);
    case 2:
    case 3:
    case 4: {
      const args = random.list(5, () => randomValue(random));
      const contract = randomContract(random);
      return { kind: 'contract-call', contract, functionName: randomName(random), args };
    }
    case 5:
      return { kind: 'smart-contract', contractName: randomName(random), source };
    case 6: {
      const clarityVersion = 1 + random.below(6);
      const contractName = randomName(random);
      return { kind: 'versioned-smart-contract', clarityVersion, contractName, source };
    }
    case 7: {
      const payload = random.bytes(32);
      if (random.chance(2)) return { kind: 'coinbase', payload };
      return { kind: 'coinbase-to-alt', payload, recipient: randomPrincipal(random) };
    }
    case 8:
      return randomTenureChange(random);
    default: {
      const recipient = random.chance(2) ? randomPrincipal(random) : null;
      const payload = random.bytes(32);
      return { kind: 'nakamoto-coinbase', payload, recipient, vrfProof: random.bytes(80) };
    }
  }
}

/** Within bounds in every field; all privacy modes, prompts and host choices. */
export function randomInfer(random: Random): InferPayload {
  const privacy = random.pick(['public', 'hash-only', 'sealed'] as const);
  const inline = privacy === 'sealed' || (privacy === 'public' && random.chance(2));
  const context = bytesFromUtf8(text(random, ASCII, 20));
  const prompt = bytesFromUtf8(text(random, ASCII, 60));
  const blob =
    privacy === 'sealed'
      ? random.bytes(1 + random.below(80))
      : Uint8Array.of(0, context.length, ...context, ...prompt);
  return {
    kind: 'infer',
    privacy,
    modelId: random.bytes(32),
    host: random.chance(2) ? { version: 26, hash: random.bytes(20) } : null,
    prompt: inline
      ? { kind: 'inline', blob }
      : { kind: 'hash', hash: random.bytes(32), length: 1 + random.below(1_048_576) },
    temperatureMicro: random.below(2_000_001),
    topPMicro: 1 + random.below(1_000_000),
    topK: 1 + random.below(20),
    maxTokens: 1 + random.below(32_768),
    maxFeeMicro: random.big(64),
    deadlineBurnBlocks: 1 + random.below(65_535),
    clientNonce: random.bytes(16),
  };
}

export function randomTransaction(
  random: Random,
  payload: TransactionPayload = randomPayload(random),
): Transaction {
  const origin = randomCondition(random);
  const isCoinbase = payload.kind.includes('coinbase');
  const isTest = random.chance(2);
  return {
    version: isTest ? 0x80 : 0x00,
    chainId: isTest ? 0x80000000 : 1,
    auth: random.chance(4)
      ? { kind: 'sponsored', origin, sponsor: randomCondition(random) }
      : { kind: 'standard', origin },
    anchorMode: isCoinbase
      ? 'on-chain-only'
      : random.pick(['on-chain-only', 'off-chain-only', 'any'] as const),
    postConditionMode: random.pick(['allow', 'deny', 'originator'] as const),
    postConditions: random.list(3, () => randomPostCondition(random)),
    payload,
  };
}
