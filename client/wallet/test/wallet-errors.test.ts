/** One clear error per mistake, and no error that quotes a secret. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildContractCall,
  buildContractDeploy,
  buildInfer,
  buildTransfer,
  checkMultiSigKeys,
  DEVNET_IDS,
  deriveAccountKey,
  deriveKeyAt,
  type InferOptions,
  parsePrivateKey,
  publicKeyOf,
  signTransaction,
} from '../src/index.ts';

const KEY = { privateKey: new Uint8Array(32).fill(6), compressed: true };
const OPTIONS = {
  network: DEVNET_IDS,
  origin: { publicKey: publicKeyOf(KEY) },
  nonce: 0n,
  feeMicro: 0n,
};
const WHO = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';

type Outcome = {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
};

const INFER: InferOptions = {
  ...OPTIONS,
  modelId: new Uint8Array(32),
  prompt: { context: '', prompt: 'hello' },
  maxFeeMicro: 1n,
  clientNonce: new Uint8Array(16),
};

const MISTAKES: ReadonlyArray<readonly [code: string, make: () => Outcome]> = [
  ['wallet/address', () => buildTransfer({ ...OPTIONS, recipient: 'nobody', amountMicro: 1n })],
  ['wallet/address', () => buildTransfer({ ...OPTIONS, recipient: `${WHO}x`, amountMicro: 1n })],
  ['wallet/amount', () => buildTransfer({ ...OPTIONS, recipient: WHO, amountMicro: 0n })],
  ['wallet/amount', () => buildTransfer({ ...OPTIONS, recipient: WHO, amountMicro: 2n ** 64n })],
  [
    'wallet/memo',
    () => buildTransfer({ ...OPTIONS, recipient: WHO, amountMicro: 1n, memo: 'ä'.repeat(18) }),
  ],
  [
    'wallet/nonce',
    () => buildTransfer({ ...OPTIONS, nonce: -1n, recipient: WHO, amountMicro: 1n }),
  ],
  [
    'wallet/fee',
    () => buildTransfer({ ...OPTIONS, feeMicro: 2n ** 64n, recipient: WHO, amountMicro: 1n }),
  ],
  [
    'wallet/public-key',
    () =>
      buildTransfer({
        ...OPTIONS,
        origin: { publicKey: new Uint8Array(33) },
        recipient: WHO,
        amountMicro: 1n,
      }),
  ],
  [
    'wallet/address',
    () => buildContractCall({ ...OPTIONS, contract: WHO, functionName: 'f', args: [Cv.none()] }),
  ],
  [
    'wallet/function-name',
    () => buildContractCall({ ...OPTIONS, contract: `${WHO}.c`, functionName: '1f', args: [] }),
  ],
  [
    'wallet/contract-name',
    () => buildContractDeploy({ ...OPTIONS, contractName: '_', source: '' }),
  ],
  ['wallet/source', () => buildContractDeploy({ ...OPTIONS, contractName: 'a', source: 'é' })],
  ['wallet/infer', () => buildInfer({ ...INFER, maxTokens: 0 })],
  ['wallet/infer', () => buildInfer({ ...INFER, clientNonce: new Uint8Array(15) })],
  ['wallet/infer', () => buildInfer({ ...INFER, privacy: 'sealed' })],
  [
    'wallet/infer',
    () => buildInfer({ ...INFER, prompt: { context: 'c'.repeat(65_536), prompt: '' } }),
  ],
  ['wallet/address', () => buildInfer({ ...INFER, host: 'me' })],
  ['wallet/address', () => buildInfer({ ...INFER, host: `${WHO}.contract` })],
  [
    'wallet/multi-sig',
    () => checkMultiSigKeys({ publicKeys: [], signaturesRequired: 1, hashMode: 'p2sh' }),
  ],
];

describe('mistakes', () => {
  for (const [code, make] of MISTAKES) {
    it(`${code}: ${String(make).slice(6, 60)}`, () => {
      const outcome = make();
      expect(outcome).toMatchObject({ ok: false, error: { code } });
      expect(outcome.error?.message).toMatch(/^[A-Z].*\.$/);
    });
  }

  it('a key of another account', () => {
    const tx = buildTransfer({ ...OPTIONS, recipient: WHO, amountMicro: 1n });
    if (!tx.ok) throw new Error(tx.error.message);
    const other = { privateKey: new Uint8Array(32).fill(7), compressed: true };
    expect(signTransaction(tx.value, other)).toMatchObject({ error: { code: 'wallet/wrong-key' } });
    const longForm = { ...KEY, compressed: false };
    expect(signTransaction(tx.value, longForm)).toMatchObject({
      error: { code: 'wallet/wrong-key' },
    });
    expect(signTransaction(tx.value, KEY).ok).toBe(true);
  });
});

describe('infer', () => {
  it('short public prompts travel inline, long and hidden ones by hash with their blob', () => {
    const place = (change: Partial<InferOptions>) => {
      const built = buildInfer({ ...INFER, ...change });
      if (!built.ok) throw new Error(built.error.message);
      return built.value;
    };
    expect(place({}).payload.prompt).toMatchObject({ kind: 'inline' });
    expect(place({}).promptBlob).toBeNull();
    const long = place({ prompt: { context: '', prompt: 'x'.repeat(20_000) } });
    expect(long.payload.prompt).toMatchObject({ kind: 'hash', length: 20_002 });
    expect(long.promptBlob).toHaveLength(20_002);
    expect(place({ privacy: 'hash-only' }).payload.prompt).toMatchObject({
      kind: 'hash',
      length: 7,
    });
  });

  it('lets at most the maximum fee leave the account', () => {
    const built = buildInfer({ ...INFER, maxFeeMicro: 77n });
    if (!built.ok) throw new Error(built.error.message);
    expect(built.value.transaction.postConditionMode).toBe('deny');
    expect(built.value.transaction.postConditions).toEqual([
      { kind: 'stx', principal: 'origin', code: 'le', amount: 77n },
    ]);
  });
});

describe('secrets', () => {
  /** Runs something and collects all it said, thrown or returned. */
  function wordsOf(run: () => unknown): string {
    try {
      const result = run() as { ok?: boolean; error?: unknown };
      return result?.ok === false ? JSON.stringify(result.error) : '';
    } catch (error) {
      return `${String(error)} ${(error as Error).stack ?? ''}`;
    }
  }

  it('private keys that are refused are not repeated', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 40 }), (bytes) => {
        const secret = bytesToHex(bytes);
        for (const text of [secret, `0x${secret}`, `${secret}zz`, `${secret}02`]) {
          expect(wordsOf(() => parsePrivateKey(text))).not.toContain(secret.slice(0, 16));
        }
      }),
      { numRuns: 200 },
    );
    const zero = parsePrivateKey('00'.repeat(32));
    expect(zero).toMatchObject({ error: { code: 'wallet/private-key' } });
  });

  it('mnemonics that are refused are not repeated', () => {
    const phrase =
      'hunter secret secret secret secret secret secret secret secret secret secret word';
    for (const run of [
      () => deriveAccountKey(phrase),
      () => deriveKeyAt(phrase, 'm/0'),
      () => deriveKeyAt(`${phrase} extra`, "m/44'"),
    ]) {
      const words = wordsOf(run);
      expect(words).toContain('wallet/mnemonic');
      expect(words).not.toContain('hunter');
    }
  });

  it('a key whose bytes are wrong does not show in what signing throws', () => {
    const tx = buildTransfer({ ...OPTIONS, recipient: WHO, amountMicro: 1n });
    if (!tx.ok) throw new Error(tx.error.message);
    const secret = 'c0ffee'.repeat(10);
    const words = wordsOf(() =>
      signTransaction(tx.value, { privateKey: bytesFromHex(secret), compressed: true }),
    );
    expect(words).not.toBe('');
    expect(words).not.toContain('c0ffee');
  });
});
