/** Which functions of the contracts of this folder are called at random, how often, with what. */
import { type ClarityValue, Cv } from '@assay/clarity-value';
import type { Dice } from '../generator/values.ts';
import { DEPLOYER, WALLET_1, WALLET_2 } from '../reference.ts';
import {
  BRIDGE_SIGNERS,
  claimArguments,
  depositArguments,
  payloadArguments,
  rootArguments,
} from './bridge-calls.ts';

export interface PlannedCall {
  /** How often, compared with the others. */
  readonly weight: number;
  readonly fn: string;
  readonly args: (dice: Dice) => readonly ClarityValue[];
}

type Arg = (dice: Dice) => ClarityValue;

const call = (weight: number, fn: string, ...args: Arg[]): PlannedCall => ({
  weight,
  fn,
  args: (dice) => args.map((arg) => arg(dice)),
});

export const WALLETS = [DEPLOYER, WALLET_1, WALLET_2];
const TOKEN = `${DEPLOYER}.token`;

const who: Arg = (dice) => Cv.principal(dice.pick(WALLETS));
const token: Arg = (dice) =>
  Cv.principal(dice.chance(0.95) ? TOKEN : `${DEPLOYER}.${dice.pick(['nft', 'missing'])}`);
const upTo =
  (most: number): Arg =>
  (dice) =>
    Cv.uint(dice.chance(0.05) ? 0 : dice.below(most));
const small = upTo(12);
const amount = upTo(5000);
const large = upTo(2_000_000);
const flag: Arg = (dice) => Cv.bool(dice.chance(0.3));
const memo: Arg = (dice) =>
  dice.chance(0.5) ? Cv.none() : Cv.some(Cv.buffer(new Uint8Array(dice.below(35)).fill(7)));
const words: Arg = (dice) => Cv.utf8(dice.pick(['', 'rent', 'caf\u{e9} \u{1f600}']));
const bytes: Arg = (dice) => Cv.buffer(new Uint8Array(dice.below(41)).fill(1));
const payments: Arg = (dice) =>
  Cv.list(
    Array.from({ length: 1 + dice.below(4) }, () =>
      Cv.tuple({ to: who(dice), amount: amount(dice) }),
    ),
  );

export const PLANS: Readonly<Record<string, readonly PlannedCall[]>> = {
  token: [
    call(4, 'transfer', amount, who, who, memo),
    call(2, 'mint', large, who),
    call(1, 'burn', amount),
    call(2, 'approve', who, amount),
    call(2, 'transfer-from', amount, who, who),
    call(1, 'set-frozen', who, flag),
    call(2, 'pay-many', payments),
    call(1, 'get-balance', who),
    call(1, 'get-allowance', who, who),
    call(1, 'get-token-uri'),
  ],
  nft: [
    call(4, 'mint'),
    call(2, 'transfer', small, who, who),
    call(3, 'offer', small, amount),
    call(3, 'buy', small),
    call(1, 'withdraw', small),
    call(1, 'burn', small),
    call(1, 'get-token-uri', small),
    call(1, 'get-traits', small),
    call(1, 'get-owner', small),
  ],
  amm: [
    call(1, 'create-pool', token, large, large),
    call(2, 'add-liquidity', token, amount, large),
    call(2, 'remove-liquidity', token, amount),
    call(4, 'buy', token, amount, small),
    call(4, 'sell', token, amount, small),
    call(1, 'set-fee', upTo(1200)),
    call(0.3, 'set-paused', flag),
    call(1, 'get-pool', token),
    call(1, 'quote', amount, large, large),
  ],
  lending: [
    call(3, 'deposit', large),
    call(2, 'withdraw', amount),
    call(3, 'add-collateral', token, amount),
    call(3, 'borrow', amount),
    call(2, 'repay', amount),
    call(1, 'take-collateral', token, amount),
    call(2, 'liquidate', token, who),
    call(2, 'accrue', upTo(64)),
    call(1, 'configure', () => Cv.principal(TOKEN), large, large),
    call(1, 'debt-of', who),
    call(1, 'is-healthy', who, upTo(10000)),
  ],
  vault: [
    call(2, 'fund', large),
    call(3, 'propose-payment', who, amount, words),
    call(2, 'propose-owner', who),
    call(1, 'propose-removal', who),
    call(1, 'propose-threshold', upTo(4)),
    call(5, 'approve', small),
    call(6, 'execute', small),
    call(1, 'ready-at', small),
    call(1, 'get-owners'),
    call(1, 'balance'),
  ],
  bridge: [
    { weight: 5, fn: 'deposit', args: depositArguments },
    { weight: 3, fn: 'deposit-payload', args: payloadArguments },
    { weight: 2, fn: 'post-root', args: rootArguments },
    { weight: 4, fn: 'claim', args: claimArguments },
    call(2, 'withdraw', small, bytes),
    call(1, 'get-balance', who),
    call(1, 'get-signers'),
    { weight: 0.3, fn: 'set-signers', args: () => BRIDGE_SIGNERS },
  ],
};

/** By the deployer, before the random calls: balances that let them go somewhere. */
export const OPENING: readonly (readonly [
  contract: string,
  fn: string,
  ...args: readonly ClarityValue[],
])[] = [
  ...WALLETS.map((to) => ['token', 'mint', Cv.uint(50_000_000), Cv.principal(to)] as const),
  ['amm', 'create-pool', Cv.principal(TOKEN), Cv.uint(900_000), Cv.uint(400_000)],
  ['lending', 'configure', Cv.principal(TOKEN), Cv.uint(1_500_000), Cv.uint(20_000)],
  ['lending', 'deposit', Cv.uint(1_000_000)],
  ['vault', 'fund', Cv.uint(1_000_000)],
  ['bridge', 'set-signers', ...BRIDGE_SIGNERS],
];

export function pickCall(dice: Dice, contract: string): PlannedCall {
  const plan = PLANS[contract]!;
  let at = dice.next() * plan.reduce((sum, { weight }) => sum + weight, 0);
  for (const planned of plan) {
    at -= planned.weight;
    if (at < 0) return planned;
  }
  return plan.at(-1)!;
}
