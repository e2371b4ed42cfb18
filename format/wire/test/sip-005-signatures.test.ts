/**
 * Signing and verifying, SIP-005 and SIP-027: every authorization form, what each signature binds,
 * and the ways in which a third party could try to give a transaction another id.
 */
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { describe, expect, it } from 'vitest';
import {
  addressOfSigner,
  appendOriginKey,
  appendSponsorKey,
  authAccounts,
  decodeTransaction,
  encodeTransaction,
  hashPublicKeys,
  type MultiSigMode,
  multiSigCondition,
  type SigningKey,
  type SingleSigMode,
  type SpendingCondition,
  setSponsor,
  signOrigin,
  signSponsor,
  singleSigCondition,
  type Transaction,
  type TransactionAuth,
  transactionId,
  verifyTransaction,
} from '../src/index.ts';

const FIELDS = { nonce: 3n, feeMicro: 250n };

const key = (n: number, compressed = true): SigningKey => ({
  privateKey: new Uint8Array(32).fill(n),
  compressed,
});
const publicOf = (k: SigningKey): Uint8Array => publicKeyFromPrivate(k.privateKey, k.compressed);

const UNKNOWN = singleSigCondition(publicOf(key(9)), { nonce: 0n, feeMicro: 0n });

function unsigned(auth: TransactionAuth): Transaction {
  return {
    version: 0x80,
    chainId: 0x80000000,
    auth,
    anchorMode: 'any',
    postConditionMode: 'deny',
    postConditions: [{ kind: 'stx', principal: 'origin', code: 'le', amount: 5n }],
    payload: {
      kind: 'token-transfer',
      recipient: { version: 26, hash: new Uint8Array(20).fill(4), contractName: null },
      amountMicro: 5n,
      memo: new Uint8Array(34),
    },
  };
}

const standard = (origin: SpendingCondition): Transaction => unsigned({ kind: 'standard', origin });

function throughBytes(tx: Transaction): Transaction {
  const decoded = decodeTransaction(encodeTransaction(tx));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

function codeOf(tx: Transaction, allowHighS = false): string {
  const verdict = verifyTransaction(tx, { allowHighS });
  return verdict.ok ? 'ok' : verdict.error.code;
}

const SINGLE: ReadonlyArray<readonly [SingleSigMode, boolean]> = [
  ['p2pkh', true],
  ['p2pkh', false],
  ['p2wpkh', true],
];
const MULTI: ReadonlyArray<readonly [MultiSigMode, boolean]> = [
  ['p2sh', true],
  ['p2sh', false],
  ['p2wsh', true],
  ['p2sh-unordered', true],
  ['p2sh-unordered', false],
  ['p2wsh-unordered', true],
];

describe('single signature', () => {
  for (const [mode, compressed] of SINGLE) {
    it(`${mode}${compressed ? '' : ', long key'}`, () => {
      const k = key(1, compressed);
      const tx = signOrigin(standard(singleSigCondition(publicOf(k), FIELDS, mode)), k);
      expect(codeOf(tx)).toBe('ok');
      expect(codeOf(throughBytes(tx))).toBe('ok');
      const hash = hashPublicKeys(mode, [publicOf(k)]);
      expect(authAccounts(tx).origin).toEqual(addressOfSigner(mode, hash, 0x80));
      expect(codeOf(signOrigin(tx, key(2, compressed)))).toBe('wire/signer');
    });
  }

  it('binds every field: version, chain, nonce, fee, mode, conditions, payload', () => {
    const k = key(1);
    const tx = signOrigin(standard(singleSigCondition(publicOf(k), FIELDS)), k);
    const origin = tx.auth.origin;
    const changed: Transaction[] = [
      { ...tx, version: 0 },
      { ...tx, chainId: 1 },
      { ...tx, auth: { kind: 'standard', origin: { ...origin, nonce: 4n } } },
      { ...tx, auth: { kind: 'standard', origin: { ...origin, feeMicro: 251n } } },
      { ...tx, auth: { kind: 'sponsored', origin, sponsor: UNKNOWN } },
      { ...tx, anchorMode: 'on-chain-only' },
      { ...tx, postConditionMode: 'allow' },
      { ...tx, postConditions: [] },
      { ...tx, payload: { kind: 'coinbase', payload: new Uint8Array(32) } },
    ];
    for (const other of changed) expect(codeOf(other)).not.toBe('ok');
  });
});

describe('several signatures', () => {
  for (const [mode, compressed] of MULTI) {
    const keys = [key(1, compressed), key(2, compressed), key(3, compressed)];
    const condition = multiSigCondition(keys.map(publicOf), 2, FIELDS, mode);
    const name = `${mode}${compressed ? '' : ', long keys'}`;

    it(`${name}: two of three, in each position`, () => {
      for (const absent of [0, 1, 2]) {
        let tx = standard(condition);
        for (const [i, k] of keys.entries()) {
          tx = i === absent ? appendOriginKey(tx, publicOf(k)) : signOrigin(tx, k);
        }
        expect(codeOf(throughBytes(tx))).toBe('ok');
        expect(authAccounts(tx).origin.version).toBe(21);
      }
    });

    it(`${name}: keys out of order, one too few, or a stranger are refused`, () => {
      const [a, b, c] = keys as [SigningKey, SigningKey, SigningKey];
      const swapped = appendOriginKey(
        signOrigin(signOrigin(standard(condition), b), a),
        publicOf(c),
      );
      expect(codeOf(swapped)).toBe('wire/signer');
      const two = appendOriginKey(appendOriginKey(standard(condition), publicOf(a)), publicOf(b));
      expect(codeOf(signOrigin(two, c))).toBe('wire/signature-count');
      const bytes = encodeTransaction(signOrigin(two, c));
      expect(decodeTransaction(bytes)).toMatchObject({ error: { code: 'wire/signature-count' } });
      const stranger = key(4, compressed);
      const mixed = appendOriginKey(
        signOrigin(signOrigin(standard(condition), a), stranger),
        publicOf(c),
      );
      expect(codeOf(mixed)).toBe('wire/signer');
    });
  }

  it('order-independent: signatures made apart fit together; sequential ones do not', () => {
    const keys = [key(1), key(2)] as const;
    for (const [mode, fits] of [
      ['p2sh-unordered', true],
      ['p2sh', false],
    ] as const) {
      const start = standard(multiSigCondition(keys.map(publicOf), 2, FIELDS, mode));
      const apart = keys.map((k) => {
        const { origin } = signOrigin(start, k).auth;
        return 'fields' in origin ? origin.fields[0]! : null;
      });
      const origin = { ...start.auth.origin, fields: apart } as SpendingCondition; // Both were set.
      expect(codeOf({ ...start, auth: { kind: 'standard', origin } })).toBe(
        fits ? 'ok' : 'wire/signer',
      );
    }
  });

  it('order-independent with more signatures than required', () => {
    const keys = [key(1), key(2), key(3)];
    const condition = multiSigCondition(keys.map(publicOf), 2, FIELDS, 'p2wsh-unordered');
    const tx = keys.reduce((current, k) => signOrigin(current, k), standard(condition));
    expect(codeOf(throughBytes(tx))).toBe('ok');
  });
});

describe('sponsored', () => {
  const origin = key(1);
  const start = unsigned({
    kind: 'sponsored',
    origin: singleSigCondition(publicOf(origin), { nonce: 3n, feeMicro: 0n }),
    sponsor: UNKNOWN,
  });

  it('single keys', () => {
    const sponsor = key(2);
    const placed = setSponsor(
      signOrigin(start, origin),
      singleSigCondition(publicOf(sponsor), FIELDS),
    );
    const tx = signSponsor(placed, sponsor);
    expect(codeOf(throughBytes(tx))).toBe('ok');
    const verdict = verifyTransaction(tx);
    expect(verdict.ok && verdict.value.sponsor?.hash).toEqual(
      hashPublicKeys('p2pkh', [publicOf(sponsor)]),
    );
    // The sponsor's signature covers its own nonce and fee, and the origin's signature.
    const changed = {
      ...tx.auth,
      sponsor: { ...placed.auth.origin, ...FIELDS },
    } as TransactionAuth;
    expect(codeOf({ ...tx, auth: changed })).toBe('wire/signer');
  });

  it('an origin may be order-independent and a sponsor sequential', () => {
    const keys = [key(3), key(4)] as const;
    const account = multiSigCondition(
      keys.map(publicOf),
      1,
      { nonce: 1n, feeMicro: 0n },
      'p2wsh-unordered',
    );
    const payer = multiSigCondition(keys.map(publicOf), 1, FIELDS, 'p2sh');
    let tx: Transaction = unsigned({ kind: 'sponsored', origin: account, sponsor: UNKNOWN });
    tx = appendOriginKey(signOrigin(tx, keys[0]), publicOf(keys[1]));
    tx = setSponsor(tx, payer);
    tx = signSponsor(appendSponsorKey(tx, publicOf(keys[0])), keys[1]);
    expect(codeOf(throughBytes(tx))).toBe('ok');
  });

  it('a sponsor cannot be taken away or swapped', () => {
    const sponsor = key(2);
    const placed = setSponsor(
      signOrigin(start, origin),
      singleSigCondition(publicOf(sponsor), FIELDS),
    );
    const tx = signSponsor(placed, sponsor);
    expect(codeOf({ ...tx, auth: { kind: 'standard', origin: tx.auth.origin } })).toBe(
      'wire/signer',
    );
    expect(codeOf(signSponsor(tx, key(5)))).toBe('wire/signer');
  });
});

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other ECDSA signature of the same message: S becomes n - S, the parity bit flips. */
function flipped(signature: Uint8Array): Uint8Array {
  const s = ORDER - BigInt(`0x${bytesToHex(signature.subarray(33))}`);
  const out = concatBytes(
    signature.subarray(0, 33),
    bytesFromHex(s.toString(16).padStart(64, '0')),
  );
  out[0]! ^= 1;
  return out;
}

describe('malleability', () => {
  const k = key(1);
  const tx = signOrigin(standard(singleSigCondition(publicOf(k), FIELDS)), k);

  it('a flipped S gives a second id, so it is refused (and accepted only when asked)', () => {
    const { origin } = tx.auth;
    if (!('signature' in origin)) throw new Error('single signature');
    const other: Transaction = {
      ...tx,
      auth: { kind: 'standard', origin: { ...origin, signature: flipped(origin.signature) } },
    };
    expect(transactionId(other)).not.toEqual(transactionId(tx));
    expect(codeOf(other)).toBe('wire/high-s');
    expect(codeOf(other, true)).toBe('ok');
  });

  it('a recovery id above 3 and an empty signature are refused', () => {
    const { origin } = tx.auth;
    if (!('signature' in origin)) throw new Error('single signature');
    const with4 = concatBytes(Uint8Array.of(4), origin.signature.subarray(1));
    for (const signature of [with4, new Uint8Array(65)]) {
      expect(codeOf({ ...tx, auth: { kind: 'standard', origin: { ...origin, signature } } })).toBe(
        'wire/signature',
      );
    }
  });

  it('every single-bit change of the bytes is refused or fails to verify', () => {
    const bytes = encodeTransaction(tx);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 0x80]) {
        const changed = bytes.slice();
        changed[at]! ^= bit;
        const decoded = decodeTransaction(changed);
        if (decoded.ok) expect(codeOf(decoded.value), `byte ${at}`).not.toBe('ok');
      }
    }
  });

  it('version bytes other than 00 and 80 are refused, so no second form exists', () => {
    const bytes = encodeTransaction(tx).slice();
    bytes[0] = 0x81;
    expect(decodeTransaction(bytes)).toMatchObject({ error: { code: 'wire/version' } });
  });
});

it('a copy of a decoded transaction never keeps bytes that are not its own', () => {
  const k = key(1);
  const decoded = throughBytes(signOrigin(standard(singleSigCondition(publicOf(k), FIELDS)), k));
  const changed = { ...decoded, chainId: 7 };
  expect(transactionId(changed)).not.toEqual(transactionId(decoded));
  expect(throughBytes(changed).chainId).toBe(7);
  expect(encodeTransaction(decoded)).toBe(encodeTransaction(decoded));
});
