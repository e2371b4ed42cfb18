/**
 * Accounts of a simulated chain: from `settings/Devnet.toml`, or Clarinet's public devnet accounts.
 * Deriving a key takes some 30 ms, so answers are kept and the well-known ones are written down.
 */
import {
  addressOfPublicKey,
  DEVNET_IDS,
  deriveAccountKey,
  deriveKeyAt,
  publicKeyOf,
} from '@assay/wallet';

export interface ProjectAccount {
  readonly name: string;
  readonly address: string;
  readonly balanceMicro: bigint;
}

const BALANCE_MICRO = 100_000_000_000_000n;

/** name, mnemonic, address. Public by design: never use these words anywhere else. */
const KNOWN: readonly (readonly [name: string, mnemonic: string, address: string])[] = [
  [
    'deployer',
    'twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring wrist shed math olympic multiply hip blue scout claw',
    'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM',
  ],
  [
    'wallet_1',
    'sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen trash pretty park cube fragile unaware remain midnight betray rebuild',
    'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
  ],
  [
    'wallet_2',
    'hold excess usual excess ring elephant install account glad dry fragile donkey gaze humble truck breeze nation gasp vacuum limb head keep delay hospital',
    'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
  ],
  [
    'wallet_3',
    'cycle puppy glare enroll cost improve round trend wrist mushroom scorpion tower claim oppose clever elephant dinosaur eight problem before frozen dune wagon high',
    'ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC',
  ],
  [
    'wallet_4',
    'board list obtain sugar hour worth raven scout denial thunder horse logic fury scorpion fold genuine phrase wealth news aim below celery when cabin',
    'ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND',
  ],
  [
    'wallet_5',
    'hurry aunt blame peanut heavy update captain human rice crime juice adult scale device promote vast project quiz unit note reform update climb purchase',
    'ST2REHHS5J3CERCRBEPMGH7921Q6PYKAADT7JP2VB',
  ],
  [
    'wallet_6',
    'area desk dutch sign gold cricket dawn toward giggle vibrant indoor bench warfare wagon number tiny universe sand talk dilemma pottery bone trap buddy',
    'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0',
  ],
  [
    'wallet_7',
    'prevent gallery kind limb income control noise together echo rival record wedding sense uncover school version force bleak nuclear include danger skirt enact arrow',
    'ST3PF13W7Z0RRM42A8VZRVFQ75SV1K26RXEP8YGKJ',
  ],
  [
    'wallet_8',
    'female adjust gallery certain visit token during great side clown fitness like hurt clip knife warm bench start reunion globe detail dream depend fortune',
    'ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP',
  ],
  [
    'faucet',
    'shadow private easily thought say logic fault paddle word top book during ignore notable orange flight clock image wealth health outside kitten belt reform',
    'STNHKEPYEPJ8ET55ZZ0M5A34J0R3N5FM2CMMMAZ6',
  ],
];

export const CLARINET_ACCOUNTS: readonly ProjectAccount[] = KNOWN.map(([name, , address]) => ({
  name,
  address,
  balanceMicro: BALANCE_MICRO,
}));

const addresses = new Map<string, string>(
  KNOWN.map(([, mnemonic, address]) => [mnemonic, address]),
);

/**
 * The `ST...` address of a mnemonic, at Stacks' first account or at `derivation`.
 * @throws Error the words are not a mnemonic
 */
export function addressOfMnemonic(mnemonic: string, derivation?: string): string {
  const words = mnemonic.trim().split(/\s+/).join(' ');
  const cacheKey = derivation === undefined ? words : `${words} ${derivation}`;
  const known = addresses.get(cacheKey);
  if (known !== undefined) return known;
  const key = derivation === undefined ? deriveAccountKey(words) : deriveKeyAt(words, derivation);
  if (!key.ok) throw new Error(key.error.message);
  const address = addressOfPublicKey(publicKeyOf(key.value), DEVNET_IDS);
  addresses.set(cacheKey, address);
  return address;
}
