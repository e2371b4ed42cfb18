import { readFileSync } from 'node:fs';
import { decodeBitcoinTransaction } from '@assay/bitcoin';
import { bytesFromHex, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { DEVNET } from '@assay/params';
import { describe, expect, it } from 'vitest';
import { encodeBlockCommit, encodeKeyRegister, opReturnScript, parseBurnOp } from '../src/index.ts';

interface Fixture {
  readonly name: string;
  readonly transaction: string;
  readonly txid?: string;
}
const file = new URL('./burn-op-fixtures.json', import.meta.url);
const fixtures: { keyRegisters: Fixture[]; blockCommits: Fixture[] } = JSON.parse(
  readFileSync(file, 'utf8'),
);
const magic = bytesFromUtf8('id');

function parse(hex: string) {
  const decoded = decodeBitcoinTransaction(bytesFromHex(hex));
  if (!decoded.ok) throw new Error(decoded.error.message);
  // A height of the reward phase above all pointers of the fixtures.
  const pox = { ...DEVNET.pox, firstBurnHeight: 0x71706360 };
  const context = { pox, magic, burnHeight: 0x71706363, vtxindex: 1 };
  return { op: parseBurnOp(decoded.value, context), tx: decoded.value };
}

describe('SIP-001 key registrations, fixtures of the reference implementation', () => {
  for (const fixture of fixtures.keyRegisters) {
    it(`${fixture.name}: ${fixture.txid ? 'parsed' : 'ignored'}`, () => {
      const { op, tx } = parse(fixture.transaction);
      if (!fixture.txid) {
        expect(op).toBeNull();
        return;
      }
      if (op?.kind !== 'key-register') throw new Error('not a key registration');
      expect(bytesToHex(op.txid)).toBe(fixture.txid);
      expect(bytesToHex(op.vrfPublicKey)).toBe(
        'a366b51292bef4edd64063d9145c617fec373bceb0758e98cd72becd84d54c7a',
      );
      expect(bytesToHex(op.consensusHash)).toBe('22'.repeat(20));
      const script = opReturnScript(encodeKeyRegister(magic, op));
      expect(bytesToHex(script)).toBe(bytesToHex(tx.outputs[0]!.script));
    });
  }
});

describe('SIP-001 block commits, fixtures of the reference implementation', () => {
  for (const fixture of fixtures.blockCommits) {
    it(`${fixture.name}: ${fixture.txid ? 'parsed' : 'ignored'}`, () => {
      const { op, tx } = parse(fixture.transaction);
      if (!fixture.txid) {
        expect(op).toBeNull();
        return;
      }
      if (op?.kind !== 'block-commit') throw new Error('not a block commit');
      expect(bytesToHex(op.txid)).toBe(fixture.txid);
      expect(bytesToHex(op.parentTenureId)).toBe('22'.repeat(32));
      expect(bytesToHex(op.newSeed)).toBe('33'.repeat(32));
      expect([op.parentBlockHeight, op.parentVtxindex]).toEqual([0x40414243, 0x5051]);
      expect([op.keyBlockHeight, op.keyVtxindex]).toEqual([0x60616263, 0x7071]);
      expect([op.epochMarker, op.burnParentModulus]).toEqual([0x1f, 2]);
      expect(op.burnFeeSats).toBe(24_690n);
      expect(bytesToHex(op.input.txid)).toBe('11'.repeat(32));
      expect(bytesToHex(op.senderScript)).toBe(bytesToHex(tx.outputs[3]!.script));
      const script = opReturnScript(encodeBlockCommit(magic, op));
      expect(bytesToHex(script)).toBe(bytesToHex(tx.outputs[0]!.script));
    });
  }
});
