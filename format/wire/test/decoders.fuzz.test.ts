/**
 * Foreign bytes against every decoder of the room: only ever a verdict with a code, never an
 * exception; what decodes encodes to the same bytes. A failure prints fast-check's seed.
 */
import { bytesToHex, type Result } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBlock,
  decodeBlockHeader,
  decodeChunk,
  decodePayload,
  decodeSignerMessage,
  decodeTransaction,
  EMPTY_HEADER,
  encodeBlock,
  encodeBlockHeader,
  encodeChunk,
  encodePayload,
  encodeSignerMessage,
  encodeTransaction,
  type NakamotoBlock,
  type SignerMessage,
  type Transaction,
  type WireError,
} from '../src/index.ts';
import { Random, randomInfer, randomPayload, randomTransaction } from './random-transaction.ts';

interface Codec<T> {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => Result<T, WireError>;
  readonly encode: (value: T) => Uint8Array;
  /** A valid encoding from a random source. */
  readonly sample: (random: Random) => T;
}

function randomBlock(random: Random): NakamotoBlock {
  return {
    header: { ...EMPTY_HEADER, chainLength: random.u32(), signerSignatures: [random.bytes(65)] },
    transactions: random.list(2, () => randomTransaction(random)),
  };
}

function randomMessage(random: Random): SignerMessage {
  const hash = random.bytes(32);
  switch (random.below(4)) {
    case 0:
      return { kind: 'block-pre-commit', signerSignatureHash: hash };
    case 1:
      return { kind: 'block-pushed', block: randomBlock(random) };
    case 2: {
      const block = randomBlock(random);
      const proposal = { block, burnHeight: random.u32(), rewardCycle: random.u32(), data: null };
      return { kind: 'block-proposal', proposal };
    }
    default:
      return {
        kind: 'state-machine-update',
        update: {
          activeProtocolVersion: 2,
          supportedProtocolVersion: 2,
          burnBlock: random.bytes(20),
          burnHeight: random.u32(),
          currentMiner: { kind: 'no-valid-miner' },
          replayTransactions: random.list(1, () => randomTransaction(random)),
        },
      };
  }
}

/** Copies drop the bytes a decoded transaction remembers, so encoders really run. */
function forget(tx: Transaction): Transaction {
  return { ...tx };
}

function codec<T>(description: Codec<T>): Codec<unknown> {
  return description as unknown as Codec<unknown>; // One table for codecs of several types.
}

const CODECS: ReadonlyArray<Codec<unknown>> = [
  codec<Transaction>({
    name: 'transaction',
    decode: decodeTransaction,
    encode: (tx) => encodeTransaction(forget(tx)),
    sample: (random) =>
      randomTransaction(random, random.chance(4) ? randomInfer(random) : randomPayload(random)),
  }),
  codec({
    name: 'payload',
    decode: decodePayload,
    encode: encodePayload,
    sample: (random) => (random.chance(2) ? randomInfer(random) : randomPayload(random)),
  }),
  codec({
    name: 'block header',
    decode: decodeBlockHeader,
    encode: encodeBlockHeader,
    sample: (random) => randomBlock(random).header,
  }),
  codec<NakamotoBlock>({
    name: 'block',
    decode: decodeBlock,
    encode: (block) => encodeBlock({ ...block, transactions: block.transactions.map(forget) }),
    sample: randomBlock,
  }),
  codec({
    name: 'chunk',
    decode: decodeChunk,
    encode: encodeChunk,
    sample: (random) => ({
      slotId: random.u32(),
      slotVersion: random.u32(),
      signature: random.bytes(65),
      data: random.bytes(random.below(50)),
    }),
  }),
  codec({
    name: 'signer message',
    decode: decodeSignerMessage,
    encode: encodeSignerMessage,
    sample: randomMessage,
  }),
];

function checkVerdict(subject: Codec<unknown>, bytes: Uint8Array): void {
  const decoded = subject.decode(bytes);
  if (decoded.ok) {
    expect(bytesToHex(subject.encode(decoded.value))).toBe(bytesToHex(bytes));
    return;
  }
  expect(decoded.error.code).toMatch(/^(wire|value|bytes)\/[a-z0-9-]+$/);
  expect(decoded.error.offset).toBeLessThanOrEqual(bytes.length);
}

/** One to three changed bytes, then perhaps a cut or an insertion. */
function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  const out = [...bytes];
  for (let i = random.below(3); i >= 0; i--) {
    const interesting = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    out[random.below(out.length)] = interesting;
  }
  if (random.chance(4)) out.splice(random.below(out.length), 1 + random.below(4));
  if (random.chance(4)) out.splice(random.below(out.length), 0, random.below(256));
  return Uint8Array.from(out);
}

for (const subject of CODECS) {
  describe(subject.name, () => {
    it('arbitrary bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => checkVerdict(subject, bytes)),
        { numRuns: 1000 },
      );
    });

    it('mutated encodings', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1 }), (seed) => {
          const random = new Random(seed);
          const bytes = subject.encode(subject.sample(random));
          checkVerdict(subject, bytes);
          for (let i = 0; i < 5; i++) checkVerdict(subject, mutate(random, bytes));
        }),
        { numRuns: 400 },
      );
    });
  });
}

it('promises of size cost nothing: huge counts over few bytes fail at once', () => {
  const header = encodeBlockHeader(EMPTY_HEADER);
  const manyTransactions = Uint8Array.of(...header, 0xff, 0xff, 0xff, 0xff);
  // Were the count believed, this would read four billion transactions and never end.
  for (let i = 0; i < 2000; i++) expect(decodeBlock(manyTransactions).ok).toBe(false);
});

it('what is too large is refused before it is read', () => {
  expect(decodeTransaction(new Uint8Array(2 * 1024 * 1024 + 1))).toMatchObject({
    error: { code: 'wire/too-large' },
  });
});
