/**
 * SIP-005 transactions against @stacks/transactions, both ways: 10,000 random transactions are
 * encoded by each library from its own objects, decoded by the other, and encoded again.
 * A failure prints the seed and the index.
 */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { decodeClarityValue, encodeClarityValue } from '@assay/clarity-value';
import { Cl, deserializeTransaction } from '@stacks/transactions';
import { describe, expect, it } from 'vitest';
import {
  decodeTransaction,
  encodeTransaction,
  initialSighash,
  type Transaction,
  transactionId,
} from '../src/index.ts';
import { toPeer, toPeerValue } from './peer.ts';
import { Random, randomTransaction, randomValue } from './random-transaction.ts';

const SEED = Number(process.env.ASSAY_TEST_SEED ?? 20260821);
const BATCHES = 10;
const BATCH = 1000;

/** A decoded transaction without the bytes it remembers. */
function forget(tx: Transaction): Transaction {
  return { ...tx };
}

/** A hundred thousand comparisons: `expect` itself would take half the time. */
function same(actual: string, wanted: string, what: string, label: string): void {
  if (actual !== wanted) expect(actual, `${what}, ${label}`).toBe(wanted);
}

function checkBothWays(tx: Transaction, label: string): void {
  const bytes = encodeTransaction(tx);
  const hex = bytesToHex(bytes);

  // Same bytes from the same description, made by each side's own constructors.
  const peer = toPeer(tx);
  const peerBytes = peer.serializeBytes();
  same(bytesToHex(peerBytes), hex, 'encoding', label);

  // Ours to theirs and back.
  same(deserializeTransaction(bytes).serialize(), hex, 'their round trip', label);

  // Theirs to ours and back: from remembered bytes and from the decoded fields.
  const decoded = decodeTransaction(peerBytes);
  if (!decoded.ok) throw new Error(`${label}: ${decoded.error.code} ${decoded.error.message}`);
  same(bytesToHex(encodeTransaction(decoded.value)), hex, 'remembered bytes', label);
  same(bytesToHex(encodeTransaction(forget(decoded.value))), hex, 'our round trip', label);

  // Ids and what is signed.
  const id = peer.txid();
  same(bytesToHex(transactionId(tx)), id, 'id', label);
  same(bytesToHex(transactionId(decoded.value)), id, 'id of decoded', label);
  const sighash = peer.verifyBegin();
  same(bytesToHex(initialSighash(tx)), sighash, 'sighash', label);
  same(bytesToHex(initialSighash(decoded.value)), sighash, 'sighash of decoded', label);
}

describe(`10,000 random transactions (seed ${SEED})`, () => {
  for (let batch = 0; batch < BATCHES; batch++) {
    it(`${batch * BATCH} to ${(batch + 1) * BATCH - 1}`, () => {
      const random = new Random(SEED + batch * 7919);
      for (let i = 0; i < BATCH; i++) {
        checkBothWays(randomTransaction(random), `seed ${SEED}, batch ${batch}, index ${i}`);
      }
    });
  }
});

it(`3,000 random Clarity values are the same bytes in both libraries (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let i = 0; i < 3000; i++) {
    const value = randomValue(random, 5);
    const bytes = encodeClarityValue(value);
    same(Cl.serialize(toPeerValue(value)), bytesToHex(bytes), 'encoding', `index ${i}`);
    same(Cl.serialize(Cl.deserialize(bytes)), bytesToHex(bytes), 'round trip', `index ${i}`);
    expect(decodeClarityValue(bytes), `index ${i}`).toEqual({ ok: true, value });
  }
});

it('the description survives decoding field by field', () => {
  const random = new Random(SEED);
  for (let i = 0; i < 500; i++) {
    const tx = randomTransaction(random);
    const decoded = decodeTransaction(encodeTransaction(tx));
    expect(decoded.ok && forget(decoded.value), `index ${i}`).toEqual(tx);
  }
});

describe('Infer-like payloads of an earlier system are not ours', () => {
  // Same payload id, another layout: two of FunAI's published shapes must not decode.
  const FOREIGN = [
    '80800000000400bf47e1fc63414e5ffbced0c645642502c039f9f3000000000000000000000000000000ce0000b71a74fcac73c040d88389f30485dbcacb1e1213ce9c20ae61338288428ec569409d0acea5fa0ae9c51109edee00e4f08c4c9f893d9826f84498bc321e2371dc03020000000009051abf47e1fc63414e5ffbced0c645642502c039f9f31349732074686520456172746820726f756e643f027b7d',
    '00000000010400bf47e1fc63414e5ffbced0c645642502c039f9f3000000000000000100000000000000ce000119097ccdc7d62f41fbf39913821d35497a8b5d5003ce662b1ba77955f3a865011642a45f5db77c16c261de2fbafd6fb9f8edf7395c3afe7f512ed977da404e3c0302000000000a066c6c616d61330c7b22637478223a383139327d',
  ];
  it('version byte and unknown id are named', () => {
    expect(decodeTransaction(bytesFromHex(FOREIGN[0]!))).toMatchObject({
      error: { code: 'wire/infer-version' },
    });
    expect(decodeTransaction(bytesFromHex(FOREIGN[1]!))).toMatchObject({
      error: { code: 'wire/payload-id' },
    });
  });
});
