import type { BitcoinTransaction } from '@assay/bitcoin';
import { DEVNET } from '@assay/params';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BURN_ADDRESS,
  burnAddressToScript,
  encodeDelegateStx,
  encodePreStx,
  encodeStackStx,
  encodeTransferStx,
  encodeVote,
  OPCODE,
  opReturnScript,
  parseBurnOp,
} from '../src/index.ts';

const { magic } = DEVNET.bitcoin;
const payee = { valueSats: 6_000n, script: burnAddressToScript(BURN_ADDRESS) };
const context = { pox: DEVNET.pox, magic, burnHeight: 105, vtxindex: 3 };

function transaction(data: Uint8Array, payees = 3, prevIndex = 1): BitcoinTransaction {
  const outputs = [{ valueSats: 0n, script: opReturnScript(data) }];
  for (let i = 0; i < payees; i++) outputs.push(payee);
  const input = { prevTxid: new Uint8Array(32).fill(9), prevIndex, sequence: 0, witness: [] };
  return { version: 2, inputs: [{ ...input, scriptSig: new Uint8Array(0) }], outputs, lockTime: 0 };
}
const parse = (tx: BitcoinTransaction) => parseBurnOp(tx, context);
const amount = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const key = fc.uint8Array({ minLength: 33, maxLength: 33 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('SIP-007 operations, encoded and parsed back', () => {
  it('stack-stx with and without its optional tail', () => {
    const fields = fc.record({
      amountMicro: amount,
      cycles: fc.nat(255),
      signerKey: fc.option(key),
      maxAmountMicro: fc.option(amount),
      authId: fc.option(u32),
    });
    fc.assert(
      fc.property(fields, (given) => {
        const maxAmountMicro = given.signerKey === null ? null : given.maxAmountMicro;
        const authId = maxAmountMicro === null ? null : given.authId;
        const full = { ...given, maxAmountMicro, authId };
        const op = parse(transaction(encodeStackStx(magic, full)));
        expect(op?.kind === 'unauthorized' && op.op).toMatchObject(full);
      }),
    );
  });

  it('transfer-stx, delegate-stx, vote and pre-stx', () => {
    const memo = fc.uint8Array({ maxLength: 61 });
    fc.assert(
      fc.property(
        amount,
        memo,
        fc.option(u64),
        key,
        u32,
        (value, text, until, aggregate, round) => {
          const transfer = { amountMicro: value, memo: text };
          const moved = parse(transaction(encodeTransferStx(magic, transfer)));
          expect(moved?.kind === 'unauthorized' && moved.op).toMatchObject(transfer);
          const delegate = { amountMicro: value, untilBurnHeight: until };
          const data = encodeDelegateStx(magic, { ...delegate, rewardOutputIndex: 1 });
          const delegated = parse(transaction(data));
          expect(delegated?.kind === 'unauthorized' && delegated.op).toMatchObject(delegate);
          const vote = {
            signerIndex: round & 0xffff,
            aggregateKey: aggregate,
            round,
            rewardCycle: 7n,
          };
          const voted = parse(transaction(encodeVote(magic, vote)));
          expect(voted?.kind === 'unauthorized' && voted.op).toMatchObject(vote);
        },
      ),
    );
    expect(parse(transaction(encodePreStx(magic)))?.kind).toBe('pre-stx');
  });

  it('must spend output 1 of the pre-stx', () => {
    const data = encodeTransferStx(magic, { amountMicro: 1n, memo: new Uint8Array(0) });
    expect(parse(transaction(data, 1, 1))?.kind).toBe('unauthorized');
    expect(parse(transaction(data, 1, 0))).toBeNull();
  });
});

describe('foreign OP_RETURN outputs', () => {
  it('never throw, and are ignored without our magic', () => {
    const opcode = fc.constantFrom(...Object.values(OPCODE));
    const tail = fc.uint8Array({ maxLength: 77 });
    fc.assert(
      fc.property(opcode, tail, fc.nat(3), (code, bytes, payees) => {
        const ours = Uint8Array.of(...magic, code, ...bytes);
        parse(transaction(ours, payees));
        const foreign = Uint8Array.of(0x58, 0x32, code, ...bytes);
        expect(parse(transaction(foreign, payees))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('survive any script', () => {
    const script = fc.uint8Array({ maxLength: 90 });
    fc.assert(
      fc.property(script, script, (first, second) => {
        const base = transaction(Uint8Array.of(1));
        const outputs = [first, second].map((bytes) => ({ valueSats: 1n, script: bytes }));
        parse({ ...base, outputs });
      }),
      { numRuns: 500 },
    );
  });
});
