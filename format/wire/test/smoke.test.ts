/** A transfer built, signed, encoded, decoded and verified: the shortest path through the room. */
import { bytesFromHex } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate } from '@assay/crypto';
import { expect, it } from 'vitest';
import {
  decodeTransaction,
  encodeTransaction,
  signOrigin,
  singleSigCondition,
  type Transaction,
  transactionId,
  verifyTransaction,
} from '../src/index.ts';

it('signs and verifies a transfer', () => {
  const privateKey = bytesFromHex('11'.repeat(32));
  const recipient = parsePrincipal('ST000000000000000000002AMW42H');
  if (!recipient.ok) throw new Error('bad test');
  const publicKey = publicKeyFromPrivate(privateKey);
  const unsigned: Transaction = {
    version: 0x80,
    chainId: 0x80000000,
    auth: {
      kind: 'standard',
      origin: singleSigCondition(publicKey, { nonce: 7n, feeMicro: 300n }),
    },
    anchorMode: 'any',
    postConditionMode: 'deny',
    postConditions: [],
    payload: {
      kind: 'token-transfer',
      recipient: recipient.value,
      amountMicro: 12n,
      memo: new Uint8Array(34),
    },
  };
  const tx = signOrigin(unsigned, { privateKey, compressed: true });
  const bytes = encodeTransaction(tx);
  const decoded = decodeTransaction(bytes);
  if (!decoded.ok) throw new Error(decoded.error.message);
  expect(decoded.value).toEqual(tx);
  expect(encodeTransaction(decoded.value)).toEqual(bytes);
  expect(transactionId(decoded.value)).toEqual(transactionId(tx));
  expect(verifyTransaction(decoded.value).ok).toBe(true);
  expect(verifyTransaction({ ...decoded.value, chainId: 1 })).toMatchObject({
    error: { code: 'wire/signer' },
  });
});
