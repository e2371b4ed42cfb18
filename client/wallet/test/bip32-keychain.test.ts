/**
 * Keychains: BIP-39, BIP-32, SLIP-44 path m/44'/5757'/0'/0/n against the fixtures of the stx CLI,
 * Clarinet's devnet accounts, and @stacks/wallet-sdk.
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { generateNewAccount, generateWallet, getStxAddress } from '@stacks/wallet-sdk';
import { describe, expect, it } from 'vitest';
import {
  addressOfPublicKey,
  createMnemonic,
  DEVNET_IDS,
  deriveAccountKey,
  deriveKeyAt,
  formatPrivateKey,
  type Keychain,
  makeKeychain,
  publicKeyOf,
  STACKS_MAINNET_IDS,
} from '../src/index.ts';

const PHRASE = 'vivid oxygen neutral wheat find thumb cigar wheel board kiwi portion business';

function keychain(mnemonic: string, network = STACKS_MAINNET_IDS, index = 0): Keychain {
  const made = makeKeychain(mnemonic, network, index);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

describe('fixtures of the stx CLI', () => {
  it('make_keychain on mainnet', () => {
    expect(keychain(PHRASE)).toEqual({
      mnemonic: PHRASE,
      keyInfo: {
        privateKey: 'd1124855494c883c5e1df0201be40a835f08ae5fc3a6520224b2239db94a818001',
        publicKey: '027e7176a9eb25f609b44368967e146c4f96941d23727b87cfe8370b8147e016af',
        address: 'SP1J28031BYDX19TYXSNDG9Q4HDB2TBDAM8JJR59C',
        btcAddress: '1A8VhcPUNa8s4sqku7ARuTYjQB5EvPKQoP',
        wif: 'L4E7pXmqdm8C8TakpX7YDDmFopaQw32Ak6V5BpRFNDJmo7wjGVqc',
        index: 0,
      },
    });
  });

  it('make_keychain on a test network: same key, other addresses', () => {
    const { keyInfo } = keychain(PHRASE, DEVNET_IDS);
    expect(keyInfo.address).toBe('ST1J28031BYDX19TYXSNDG9Q4HDB2TBDAM921Y7MS');
    expect(keyInfo.btcAddress).toBe('mpeSzfUTBba7qzKNcg8ojNm4GAfwmNPX8X');
    expect(keyInfo.wif[0]).toBe('c');
  });

  it('another derivation path', () => {
    const key = deriveKeyAt(PHRASE, "m/888'/0'/0");
    if (!key.ok) throw new Error('bad path');
    expect(formatPrivateKey(key.value)).toBe(
      'd4d30d4fdaa59e166865b836548015c2780063b82e7b2a364c8a2e32df7139ce01',
    );
    expect(addressOfPublicKey(publicKeyOf(key.value), STACKS_MAINNET_IDS)).toBe(
      'SP1WT20920NVRQ892MS535R7XEMV6KD6M6W1H7N2X',
    );
  });
});

it("Clarinet's devnet accounts", () => {
  const ACCOUNTS: ReadonlyArray<readonly [mnemonic: string, key: string, address: string]> = [
    [
      'twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring wrist shed math olympic multiply hip blue scout claw',
      '753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601',
      'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM',
    ],
    [
      'sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen trash pretty park cube fragile unaware remain midnight betray rebuild',
      '7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c17801',
      'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
    ],
  ];
  for (const [mnemonic, key, address] of ACCOUNTS) {
    const { keyInfo } = keychain(mnemonic, DEVNET_IDS);
    expect(keyInfo.privateKey).toBe(key);
    expect(keyInfo.address).toBe(address);
  }
});

it('equals @stacks/wallet-sdk for several accounts', async () => {
  const mnemonic = createMnemonic(bytesFromHex('07'.repeat(32)));
  expect(mnemonic.split(' ')).toHaveLength(24);
  let wallet = await generateWallet({ secretKey: mnemonic, password: 'irrelevant' });
  wallet = generateNewAccount(generateNewAccount(wallet));
  for (const [index, account] of wallet.accounts.entries()) {
    const { keyInfo } = keychain(mnemonic, DEVNET_IDS, index);
    expect(keyInfo.privateKey).toBe(account.stxPrivateKey);
    expect(keyInfo.address).toBe(getStxAddress({ account, network: 'testnet' }));
    expect(keychain(mnemonic, STACKS_MAINNET_IDS, index).keyInfo.address).toBe(
      getStxAddress({ account, network: 'mainnet' }),
    );
  }
});

it('reads mnemonics as people paste them, and a passphrase gives another key', () => {
  const pasted = `  ${PHRASE.toUpperCase().replaceAll(' ', '\n ')}\t`;
  expect(keychain(pasted)).toEqual(keychain(PHRASE));
  const plain = deriveAccountKey(PHRASE);
  const salted = deriveAccountKey(PHRASE, 0, 'salt');
  if (!plain.ok || !salted.ok) throw new Error('bad phrase');
  expect(bytesToHex(plain.value.privateKey)).not.toBe(bytesToHex(salted.value.privateKey));
});

it('names what is wrong', () => {
  const code = (result: ReturnType<typeof deriveAccountKey>): string =>
    result.ok ? 'ok' : result.error.code;
  expect(code(deriveAccountKey('vivid vivid vivid'))).toBe('wallet/mnemonic');
  expect(code(deriveAccountKey(PHRASE.replace('vivid', 'business')))).toBe('wallet/mnemonic');
  expect(code(deriveAccountKey(PHRASE, -1))).toBe('wallet/account-index');
  expect(code(deriveAccountKey(PHRASE, 2 ** 31))).toBe('wallet/account-index');
  expect(code(deriveKeyAt(PHRASE, 'nowhere'))).toBe('wallet/derivation-path');
});
