/** What the wallet builds and signs, byte for byte what stacks.js 7 makes of the same wishes. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { encodeTransaction, type Transaction, transactionId, verifyTransaction } from '@assay/wire';
import {
  Cl,
  deserializeTransaction,
  getAddressFromPrivateKey,
  makeContractCall,
  makeContractDeploy,
  makeSTXTokenTransfer,
  Pc,
  signStructuredData as peerSignStructuredData,
  sponsorTransaction as peerSponsor,
  privateKeyToPublic,
  type StacksTransactionWire,
} from '@stacks/transactions';
import { describe, expect, it } from 'vitest';
import {
  addressOfPublicKey,
  buildContractCall,
  buildContractDeploy,
  buildTransfer,
  DEVNET_IDS,
  multiSigAddress,
  parsePrivateKey,
  publicKeyOf,
  STACKS_MAINNET_IDS,
  signMultiSig,
  signStructuredData,
  signTransaction,
  sponsorTransaction,
  type WalletError,
} from '../src/index.ts';

const SENDER = '753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601';
const SPONSOR = '7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c17801';
const THIRD = '530d9f61984c888536871c6573073bdfc0058896dc1adfe9a6a10dfacadc209101';
const RECIPIENT = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const CONTRACT = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.token';

function must<T>(result: { ok: true; value: T } | { ok: false; error: WalletError }): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const key = (hex: string) => must(parsePrivateKey(hex));
const options = (hex: string) => ({
  network: DEVNET_IDS,
  origin: { publicKey: publicKeyOf(key(hex)) },
  nonce: 4n,
  feeMicro: 321n,
});
const peerOptions = (hex: string) => ({
  senderKey: hex,
  network: 'testnet' as const,
  nonce: 4n,
  fee: 321n,
});

function expectSame(ours: Transaction, peer: StacksTransactionWire): void {
  expect(bytesToHex(encodeTransaction(ours))).toBe(peer.serialize());
  expect(bytesToHex(transactionId(ours))).toBe(peer.txid());
  expect(verifyTransaction(ours).ok).toBe(true);
}

describe('addresses', () => {
  for (const hex of [SENDER, SPONSOR, SENDER.slice(0, 64)]) {
    it(`${hex.length} hex digits`, () => {
      const publicKey = publicKeyOf(key(hex));
      expect(bytesToHex(publicKey)).toBe(privateKeyToPublic(hex));
      expect(addressOfPublicKey(publicKey, DEVNET_IDS)).toBe(
        getAddressFromPrivateKey(hex, 'testnet'),
      );
      expect(addressOfPublicKey(publicKey, STACKS_MAINNET_IDS)).toBe(
        getAddressFromPrivateKey(hex, 'mainnet'),
      );
    });
  }
});

describe('single key', () => {
  it('transfer with memo', async () => {
    const wish = { recipient: RECIPIENT, memo: 'für dich' };
    const ours = must(buildTransfer({ ...options(SENDER), ...wish, amountMicro: 1234n }));
    const peer = await makeSTXTokenTransfer({ ...peerOptions(SENDER), ...wish, amount: 1234n });
    expectSame(must(signTransaction(ours, key(SENDER))), peer);
  });

  it('transfer with a key of 64 digits: the long public key, in both', async () => {
    const hex = SENDER.slice(0, 64);
    const ours = must(buildTransfer({ ...options(hex), recipient: CONTRACT, amountMicro: 1n }));
    const peer = await makeSTXTokenTransfer({
      ...peerOptions(hex),
      recipient: CONTRACT,
      amount: 1n,
    });
    expectSame(must(signTransaction(ours, key(hex))), peer);
  });

  it('contract call with arguments and post-conditions', async () => {
    const ours = must(
      buildContractCall({
        ...options(SENDER),
        contract: CONTRACT,
        functionName: 'transfer',
        args: [
          Cv.uint(5),
          Cv.principal(RECIPIENT),
          Cv.none(),
          Cv.tuple({ b: Cv.int(-1), a: Cv.ascii('x') }),
        ],
        postConditions: [{ kind: 'stx', principal: 'origin', code: 'le', amount: 77n }],
      }),
    );
    const [address, name] = CONTRACT.split('.') as [string, string];
    const peer = await makeContractCall({
      ...peerOptions(SENDER),
      contractAddress: address,
      contractName: name,
      functionName: 'transfer',
      functionArgs: [
        Cl.uint(5),
        Cl.principal(RECIPIENT),
        Cl.none(),
        Cl.tuple({ b: Cl.int(-1), a: Cl.stringAscii('x') }),
      ],
      postConditions: [Pc.origin().willSendLte(77).ustx()],
    });
    expectSame(must(signTransaction(ours, key(SENDER))), peer);
  });

  it('contract deploy in a version of the language', async () => {
    const source = '(define-public (hi)\n\t(ok "é is not here"))'.replace('é', 'e');
    const ours = must(
      buildContractDeploy({
        ...options(SENDER),
        contractName: 'hello-1',
        source: source.replaceAll('\n', '\r\n'),
        clarityVersion: 3,
        postConditionMode: 'allow',
      }),
    );
    const peer = await makeContractDeploy({
      ...peerOptions(SENDER),
      contractName: 'hello-1',
      codeBody: source,
      clarityVersion: 3,
      postConditionMode: 'allow',
    });
    expectSame(must(signTransaction(ours, key(SENDER))), peer);
  });
});

describe('several keys', () => {
  const keys = [SENDER, SPONSOR, THIRD];
  const publicKeys = keys.map((hex) => publicKeyOf(key(hex)));

  for (const [hashMode, unordered] of [
    ['p2sh', false],
    ['p2sh-unordered', true],
  ] as const) {
    it(`two of three, ${hashMode}`, async () => {
      const origin = { publicKeys, signaturesRequired: 2, hashMode };
      const built = must(
        buildTransfer({ ...options(SENDER), origin, recipient: RECIPIENT, amountMicro: 9n }),
      );
      const ours = must(signMultiSig(built, publicKeys, [key(SENDER), key(THIRD)]));
      const peer = await makeSTXTokenTransfer({
        publicKeys: publicKeys.map(bytesToHex),
        numSignatures: 2,
        signerKeys: [SENDER, THIRD],
        useNonSequentialMultiSig: unordered,
        recipient: RECIPIENT,
        amount: 9n,
        network: 'testnet',
        nonce: 4n,
        fee: 321n,
      });
      expectSame(ours, peer);
      const verified = verifyTransaction(ours);
      const address = must(multiSigAddress(origin, DEVNET_IDS));
      expect(verified.ok && verified.value.origin.version).toBe(21);
      expect(address.startsWith('SN')).toBe(true);
    });
  }

  it('refuses wrong counts, strangers and another order', () => {
    const origin = { publicKeys, signaturesRequired: 2, hashMode: 'p2wsh' } as const;
    const wish = { ...options(SENDER), origin, recipient: RECIPIENT, amountMicro: 9n };
    const tx = must(buildTransfer(wish));
    const code = (r: ReturnType<typeof signMultiSig>): string => (r.ok ? 'ok' : r.error.code);
    const stranger = key(`${'22'.repeat(32)}01`);
    expect(code(signMultiSig(tx, publicKeys, [key(SENDER)]))).toBe('wallet/multi-sig');
    expect(code(signMultiSig(tx, publicKeys, [key(SENDER), key(SENDER)]))).toBe('wallet/multi-sig');
    expect(code(signMultiSig(tx, publicKeys, [key(SENDER), stranger]))).toBe('wallet/wrong-key');
    expect(code(signMultiSig(tx, publicKeys.toReversed(), [key(SENDER), key(THIRD)]))).toBe(
      'wallet/wrong-key',
    );
    const signed = must(signMultiSig(tx, publicKeys, [key(SPONSOR), key(THIRD)]));
    expect(verifyTransaction(signed).ok).toBe(true);
    const longKey = {
      ...origin,
      publicKeys: [publicKeyOf(key(SENDER.slice(0, 64)))],
      signaturesRequired: 1,
    };
    expect(buildTransfer({ ...wish, origin: longKey })).toMatchObject({
      error: { code: 'wallet/public-key' },
    });
  });
});

describe('sponsors', () => {
  it('the same bytes as stacks.js', async () => {
    const wish = { recipient: RECIPIENT, sponsored: true };
    const built = must(
      buildTransfer({ ...options(SENDER), ...wish, feeMicro: 0n, amountMicro: 3n }),
    );
    const ours = must(
      sponsorTransaction(must(signTransaction(built, key(SENDER))), {
        sponsor: { publicKey: publicKeyOf(key(SPONSOR)) },
        nonce: 8n,
        feeMicro: 500n,
        keys: [key(SPONSOR)],
      }),
    );
    const start = await makeSTXTokenTransfer({
      ...peerOptions(SENDER),
      ...wish,
      fee: 0n,
      amount: 3n,
    });
    const peer = await peerSponsor({
      transaction: start,
      sponsorPrivateKey: SPONSOR,
      sponsorNonce: 8n,
      fee: 500n,
      network: 'testnet',
    });
    expectSame(ours, peer);
  });

  it('only where the origin left room, and only with the right key', () => {
    const tx = must(buildTransfer({ ...options(SENDER), recipient: RECIPIENT, amountMicro: 3n }));
    const sponsor = { publicKey: publicKeyOf(key(SPONSOR)) };
    const wish = { sponsor, nonce: 0n, feeMicro: 1n, keys: [key(THIRD)] };
    expect(sponsorTransaction(tx, wish)).toMatchObject({ error: { code: 'wallet/not-sponsored' } });
    const open = must(
      buildTransfer({ ...options(SENDER), sponsored: true, recipient: RECIPIENT, amountMicro: 3n }),
    );
    expect(sponsorTransaction(open, wish)).toMatchObject({ error: { code: 'wallet/wrong-key' } });
  });

  it('a multisig sponsor', () => {
    const publicKeys = [SPONSOR, THIRD].map((hex) => publicKeyOf(key(hex)));
    const open = must(
      buildTransfer({ ...options(SENDER), sponsored: true, recipient: RECIPIENT, amountMicro: 3n }),
    );
    const signed = must(
      sponsorTransaction(must(signTransaction(open, key(SENDER))), {
        sponsor: { publicKeys, signaturesRequired: 1, hashMode: 'p2wsh-unordered' },
        nonce: 0n,
        feeMicro: 1n,
        keys: [key(THIRD)],
      }),
    );
    expect(verifyTransaction(signed).ok).toBe(true);
    // stacks.js checks the origin of what we made.
    const peer = deserializeTransaction(encodeTransaction(signed));
    expect(() => peer.verifyOrigin()).not.toThrow();
  });
});

it('structured data (SIP-018) is signed as stacks.js signs it', () => {
  const domain = { name: 'assay-inference', version: '1', chainId: 0x80000000 };
  const message = Cv.tuple({ id: Cv.uint(1), hash: Cv.buffer(new Uint8Array(32)) });
  const peer = peerSignStructuredData({
    message: Cl.tuple({ id: Cl.uint(1), hash: Cl.buffer(new Uint8Array(32)) }),
    domain: Cl.tuple({
      name: Cl.stringAscii(domain.name),
      version: Cl.stringAscii(domain.version),
      'chain-id': Cl.uint(domain.chainId),
    }),
    privateKey: SENDER,
  });
  expect(bytesToHex(signStructuredData(key(SENDER), domain, message))).toBe(peer);
});

it('a key given as 0x… is the same key', () => {
  expect(key(`0x${SENDER}`)).toEqual(key(SENDER));
  expect(key(SENDER).privateKey).toEqual(bytesFromHex(SENDER.slice(0, 64)));
});
