/** Arguments for the bridge's registry: signatures by known keys, payloads, Merkle proofs. */
import { concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv, encodeClarityValue } from '@assay/clarity-value';
import { keccak256, publicKeyFromPrivate, sha256, signRecoverable, vrsToRsv } from '@assay/crypto';
import type { Dice } from '../generator/values.ts';
import { WALLET_1, WALLET_2 } from '../reference.ts';

const PRIVATE_KEYS = [1, 2, 3].map((n) => new Uint8Array(32).fill(n));
const DOMAIN = new TextEncoder().encode('bridge-1');

/** Two of three must sign. */
export const BRIDGE_SIGNERS: readonly ClarityValue[] = [
  Cv.list(PRIVATE_KEYS.map((key) => Cv.buffer(publicKeyFromPrivate(key)))),
  Cv.uint(2),
];

const uint = (n: number) => Cv.uint(n);
const txidOf = (n: number) => sha256(Uint8Array.of(n));

interface Deposit {
  readonly txid: ClarityValue;
  readonly amount: ClarityValue;
  readonly to: ClarityValue;
}

function randomDeposit(dice: Dice): Deposit {
  return {
    txid: Cv.buffer(txidOf(dice.below(30))),
    amount: uint(dice.below(1000)),
    to: Cv.principal(dice.pick([WALLET_1, WALLET_2])),
  };
}

/** By one to four keys, some twice, some of something else. */
function signaturesOf(dice: Dice, deposit: Deposit): ClarityValue {
  const tuple = Cv.tuple({ txid: deposit.txid, amount: deposit.amount, to: deposit.to });
  const hash = sha256(concatBytes(DOMAIN, encodeClarityValue(tuple)));
  return Cv.list(
    Array.from({ length: 1 + dice.below(4) }, () => {
      const signed = dice.chance(0.15) ? sha256(hash) : hash;
      return Cv.buffer(vrsToRsv(signRecoverable(signed, dice.pick(PRIVATE_KEYS))));
    }),
  );
}

export function depositArguments(dice: Dice): ClarityValue[] {
  const deposit = randomDeposit(dice);
  return [deposit.txid, deposit.amount, deposit.to, signaturesOf(dice, deposit)];
}

export function payloadArguments(dice: Dice): ClarityValue[] {
  const deposit = randomDeposit(dice);
  const { txid, amount, to } = deposit;
  const bytes = encodeClarityValue(Cv.tuple({ txid, amount, to }));
  const payload = dice.chance(0.2) ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
  return [Cv.buffer(payload), signaturesOf(dice, deposit)];
}

/** What the four leaves of each tree are owed. */
const OWED = [10, 20, 30, 40];

function leaves(): Uint8Array[] {
  return OWED.map((amount, index) => {
    const to = Cv.principal(index % 2 === 0 ? WALLET_1 : WALLET_2);
    const leaf = Cv.tuple({ amount: uint(amount), index: uint(index), to });
    return keccak256(encodeClarityValue(leaf));
  });
}

const join = (a: Uint8Array, b: Uint8Array) => keccak256(concatBytes(a, b));

/** The root at each height is that of the same four leaves. */
export function rootArguments(dice: Dice): ClarityValue[] {
  const [a, b, c, d] = leaves();
  return [uint(dice.below(4)), Cv.buffer(join(join(a!, b!), join(c!, d!)))];
}

export function claimArguments(dice: Dice): ClarityValue[] {
  const index = dice.below(4);
  const all = leaves();
  const pair = index < 2 ? [all[2]!, all[3]!] : [all[0]!, all[1]!];
  const path = [all[index ^ 1]!, join(pair[0]!, pair[1]!)];
  if (dice.chance(0.2)) path.reverse();
  return [
    uint(dice.below(4)),
    uint(index),
    uint(OWED[index]!),
    Cv.list(path.map((node) => Cv.buffer(node))),
  ];
}
