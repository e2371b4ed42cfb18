/** Random transactions, blocks, scripts and trees: round trips, fuzz, and peers. */
import { concatBytes } from '@assay/bytes';
import { doubleSha256 } from '@assay/crypto';
import { Transaction } from '@scure/btc-signer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type BitcoinTransaction,
  bitcoinMerkleProof,
  bitcoinMerkleRoot,
  bitcoinTransactionWeight,
  bitcoinTxidHex,
  compactToTarget,
  decodeBitcoinBlock,
  decodeBitcoinHeader,
  decodeBitcoinTransaction,
  encodeBitcoinBlock,
  encodeBitcoinTransaction,
  formatScript,
  isMerkleMutated,
  parseScript,
  pushScript,
  REGTEST_BITS,
  recognizeOutput,
  targetToCompact,
  verifyBitcoinMerkleProof,
} from '../src/index.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes = fc.uint8Array({ maxLength: 300 });

const transactions: fc.Arbitrary<BitcoinTransaction> = fc.record({
  version: fc.integer({ min: 1, max: 2 }),
  inputs: fc.array(
    fc.record({
      prevTxid: hash,
      prevIndex: u32,
      scriptSig: bytes,
      sequence: u32,
      witness: fc.array(bytes, { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  outputs: fc.array(
    fc.record({ valueSats: fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), script: bytes }),
    { maxLength: 4 },
  ),
  lockTime: u32,
});

it('transactions survive a round trip and agree with btc-signer on id and weight', () => {
  fc.assert(
    fc.property(transactions, (tx) => {
      const encoded = encodeBitcoinTransaction(tx);
      expect(decodeBitcoinTransaction(encoded)).toEqual({ ok: true, value: tx });
      if (tx.outputs.length === 0) return;
      const options = { allowUnknownOutputs: true, allowUnknownInputs: true };
      const peer = Transaction.fromRaw(encoded, { ...options, disableScriptCheck: true });
      expect(bitcoinTxidHex(tx)).toBe(peer.id);
      // The peer weighs only transactions that look signed.
      const isSigned = tx.inputs.every((i) => i.scriptSig.length > 0 || i.witness.length > 0);
      if (isSigned) expect(bitcoinTransactionWeight(tx)).toBe(peer.weight);
    }),
    { numRuns: 300 },
  );
});

it('blocks survive a round trip', () => {
  const header = fc.record({
    version: u32,
    prevHash: hash,
    merkleRoot: hash,
    timeSecs: u32,
    bits: u32,
    nonce: u32,
  });
  const blocks = fc.record({ header, transactions: fc.array(transactions, { maxLength: 5 }) });
  fc.assert(
    fc.property(blocks, (block) => {
      const encoded = encodeBitcoinBlock(block);
      expect(decodeBitcoinBlock(encoded)).toEqual({ ok: true, value: block });
      expect(decodeBitcoinHeader(encoded.subarray(0, 80))).toEqual({
        ok: true,
        value: block.header,
      });
    }),
    { numRuns: 100 },
  );
});

it('decoders never throw, and accept only what encodes to the same bytes', () => {
  const mutations = fc.tuple(
    transactions,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    fc.nat(),
  );
  fc.assert(
    fc.property(mutations, ([tx, edits, cut]) => {
      const encoded = encodeBitcoinTransaction(tx);
      for (const [at, value] of edits) encoded[at % encoded.length] = value;
      const mutated = cut % 3 === 0 ? encoded.subarray(0, cut % encoded.length) : encoded;
      const decoded = decodeBitcoinTransaction(mutated);
      if (decoded.ok) expect(encodeBitcoinTransaction(decoded.value)).toEqual(mutated);
      else expect(decoded.error.code).toMatch(/^bitcoin\//);
      decodeBitcoinBlock(mutated);
    }),
    { numRuns: 1000 },
  );
});

it('scripts: parsing, naming and recognising never throw; pushes come back', () => {
  fc.assert(
    fc.property(bytes, (script) => {
      recognizeOutput(script);
      formatScript(script, true);
      parseScript(script);
      const [op] = parseScript(pushScript(script))!;
      if (script.length > 1) expect(op!.data).toEqual(script);
    }),
    { numRuns: 500 },
  );
});

it('every leaf of a Merkle tree is proven, and no other hash is', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(hash, { minLength: 1, maxLength: 40, selector: String }),
      (leaves) => {
        const root = bitcoinMerkleRoot(leaves);
        for (const [index, leaf] of leaves.entries()) {
          const proof = bitcoinMerkleProof(leaves, index)!;
          expect(verifyBitcoinMerkleProof(proof, leaf, root)).toBe(true);
          expect(verifyBitcoinMerkleProof(proof, doubleSha256(leaf), root)).toBe(false);
          if (leaves.length > 1) {
            const other = { ...proof, index: (index + 1) % leaves.length };
            expect(verifyBitcoinMerkleProof(other, leaf, root)).toBe(false);
          }
        }
        expect(bitcoinMerkleProof(leaves, leaves.length)).toBeNull();
      },
    ),
    { numRuns: 60 },
  );
});

it('CVE-2012-2459: a repeated tail has the same root and is recognised', () => {
  const leaves = [1, 2, 3].map((n) => doubleSha256(Uint8Array.of(n)));
  const forged = [...leaves, leaves[2]!];
  expect(bitcoinMerkleRoot(forged)).toEqual(bitcoinMerkleRoot(leaves));
  expect(isMerkleMutated(leaves)).toBe(false);
  expect(isMerkleMutated(forged)).toBe(true);
  const proof = bitcoinMerkleProof(forged, 3)!;
  expect(verifyBitcoinMerkleProof(proof, leaves[2]!, bitcoinMerkleRoot(leaves))).toBe(false);
  expect(bitcoinMerkleRoot([leaves[0]!, leaves[1]!])).toEqual(
    doubleSha256(concatBytes(leaves[0]!, leaves[1]!)),
  );
});

it('compact targets: Bitcoin Core arith_uint256 examples', () => {
  const cases: [number, bigint | null, number?][] = [
    [0, null],
    [0x00123456, null],
    [0x01003456, null],
    [0x02000056, null],
    [0x03000000, null],
    [0x04000000, null],
    [0x00923456, null],
    [0x01803456, null],
    [0x01123456, 0x12n, 0x01120000],
    [0x02123456, 0x1234n, 0x02123400],
    [0x03123456, 0x123456n],
    [0x04123456, 0x12345600n],
    [0x04923456, null],
    [0x05009234, 0x92340000n],
    [0x20123456, 0x1234560000000000000000000000000000000000000000000000000000000000n],
    [0xff123456, null],
  ];
  for (const [bits, target, again] of cases) {
    expect(compactToTarget(bits), bits.toString(16)).toBe(target);
    if (target !== null) expect(targetToCompact(target)).toBe(again ?? bits);
  }
  expect(compactToTarget(REGTEST_BITS)).toBe(0x7fffffn << 232n);
});
