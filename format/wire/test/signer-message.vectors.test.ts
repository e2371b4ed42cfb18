/** Signer messages: the hex blobs and byte layouts pinned by libsigner/src/v0/messages.rs. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { describe, expect, it } from 'vitest';
import {
  type BlockResponse,
  blockProposalData,
  blockResponseData,
  createBlockRejection,
  decodeSignerMessage,
  EMPTY_HEADER,
  encodeSignerMessage,
  type MinerState,
  type RejectReason,
  recoverResponseKey,
  rejectCodeOf,
  type SignerMessage,
  type StateMachineUpdate,
} from '../src/index.ts';

const NEVER = 0xffff_ffff_ffff_ffffn;
const REASON = 'Block is not a tenure-start block, and has an unrecognized tenure consensus hash';
const REJECTED_HASH = '91f95f84b7045f7dce7757052caa986ef042cb58f7df5031a3b5b5d0e3dda63e';
const REJECTED_SIG =
  '006fb349212e1a1af1a3c712878d5159b5ec14636adb6f70be00a6da4ad4f88a9934d8a9abb229620dd8e0f225d63401e36c64817fb29e6c05591dcbe95c512df3';
const ACCEPTED_HASH = '11717149677c2ac97d15ae5954f7a716f10100b9cb81a2bf27551b2f2e54ef19';
const ACCEPTED_SIG =
  '001c694f8134c5c90f2f2bcd330e9f423204884f001b5df0050f36a2c4ff79dd93522bb2ae395ea87de4964886447507c18374b7a46ee2e371e9bf332f0706a3e8';

const REJECTED_V0 =
  '010100000050426c6f636b206973206e6f7420612074656e7572652d737461727420626c6f636b2c20616e642068617320616e20756e7265636f676e697a65642074656e75726520636f6e73656e7375732068617368000691f95f84b7045f7dce7757052caa986ef042cb58f7df5031a3b5b5d0e3dda63e80000000006fb349212e1a1af1a3c712878d5159b5ec14636adb6f70be00a6da4ad4f88a9934d8a9abb229620dd8e0f225d63401e36c64817fb29e6c05591dcbe95c512df3';
const ACCEPTED_V0 =
  '010011717149677c2ac97d15ae5954f7a716f10100b9cb81a2bf27551b2f2e54ef19001c694f8134c5c90f2f2bcd330e9f423204884f001b5df0050f36a2c4ff79dd93522bb2ae395ea87de4964886447507c18374b7a46ee2e371e9bf332f0706a3e8';
const HELLO = '0000000b48656c6c6f20776f726c64';

function rejected(serverVersion: string, data: BlockResponse['data']): SignerMessage {
  return {
    kind: 'block-response',
    response: {
      kind: 'rejected',
      reason: REASON,
      reasonCode: { kind: 'validation-failed', code: 'NoSuchTenure' },
      signerSignatureHash: bytesFromHex(REJECTED_HASH),
      chainId: 0x80000000,
      signature: bytesFromHex(REJECTED_SIG),
      serverVersion,
      data,
    },
  };
}

function accepted(serverVersion: string, data: BlockResponse['data']): SignerMessage {
  return {
    kind: 'block-response',
    response: {
      kind: 'accepted',
      signerSignatureHash: bytesFromHex(ACCEPTED_HASH),
      signature: bytesFromHex(ACCEPTED_SIG),
      serverVersion,
      data,
    },
  };
}

const ABSENT: BlockResponse['data'] = {
  version: 0,
  tenureExtendTimestampSecs: NEVER,
  rejectReason: null,
  readCountExtendTimestampSecs: NEVER,
  failedTxid: null,
  unknownBytes: new Uint8Array(0),
};

function version3(extendSecs: bigint, rejectReason: RejectReason): BlockResponse['data'] {
  return { ...ABSENT, version: 3, tenureExtendTimestampSecs: extendSecs, rejectReason };
}

const VECTORS: ReadonlyArray<readonly [name: string, hex: string, message: SignerMessage]> = [
  ['rejection without tail', REJECTED_V0, rejected('', ABSENT)],
  ['acceptance without tail', ACCEPTED_V0, accepted('', ABSENT)],
  ['rejection with metadata', REJECTED_V0 + HELLO, rejected('Hello world', ABSENT)],
  ['acceptance with metadata', ACCEPTED_V0 + HELLO, accepted('Hello world', ABSENT)],
  [
    'rejection, tail version 3',
    `${REJECTED_V0}${HELLO}0300000009000000000000000b0b`,
    rejected('Hello world', version3(11n, { kind: 'invalid-parent-block' })),
  ],
  [
    'acceptance, tail version 3',
    `${ACCEPTED_V0}${HELLO}03000000090000000000000015ff`,
    accepted('Hello world', version3(21n, { kind: 'not-rejected' })),
  ],
  [
    'acceptance, tail version 2 without reason',
    '01006dc371d2313be71f93ac759f3302e5a0e4ff77dd0e73f13bb491936b5489d5390032208fc53bd0984c84abaac44ecd777e473e3e325066217e9d7314baa5cdfe1847363e1036f364b4bf7982f4d103079b17c19bf8a19904e822c2d62a5021c19700000036737461636b732d7369676e657220302e302e3120283a2c2072656c65617365206275696c642c206c696e7578205b7838365f36345d290200000008000000006751c76e',
    {
      kind: 'block-response',
      response: {
        kind: 'accepted',
        signerSignatureHash: bytesFromHex(
          '6dc371d2313be71f93ac759f3302e5a0e4ff77dd0e73f13bb491936b5489d539',
        ),
        signature: bytesFromHex(
          '0032208fc53bd0984c84abaac44ecd777e473e3e325066217e9d7314baa5cdfe1847363e1036f364b4bf7982f4d103079b17c19bf8a19904e822c2d62a5021c197',
        ),
        serverVersion: 'stacks-signer 0.0.1 (:, release build, linux [x86_64])',
        data: { ...ABSENT, version: 2, tenureExtendTimestampSecs: 0x6751c76en },
      },
    },
  ],
  [
    'pre-commit',
    `07${'00'.repeat(32)}`,
    {
      kind: 'block-pre-commit',
      signerSignatureHash: new Uint8Array(32),
    },
  ],
];

const ACTIVE: MinerState = {
  kind: 'active-miner',
  minerPubkeyHash: new Uint8Array(20).fill(0xab),
  tenureId: new Uint8Array(20).fill(0x44),
  parentTenureId: new Uint8Array(20).fill(0x22),
  parentTenureLastBlock: new Uint8Array(32).fill(0x33),
  parentTenureLastBlockHeight: 1,
};
const ACTIVE_HEX = `01${'ab'.repeat(20)}${'44'.repeat(20)}${'22'.repeat(20)}${'33'.repeat(32)}0000000000000001`;

function update(active: number, supported: number, currentMiner: MinerState): StateMachineUpdate {
  return {
    activeProtocolVersion: active,
    supportedProtocolVersion: supported,
    burnBlock: new Uint8Array(20).fill(0x55),
    burnHeight: 100,
    currentMiner,
    replayTransactions: [],
  };
}

const u64 = (value: number): string => value.toString(16).padStart(16, '0');
const NO_MINER: MinerState = { kind: 'no-valid-miner' };

const UPDATES: ReadonlyArray<readonly [hex: string, update: StateMachineUpdate]> = [
  [`00000081${'55'.repeat(20)}${u64(100)}${ACTIVE_HEX}`, update(0, 3, ACTIVE)],
  [`0000001d${'55'.repeat(20)}${u64(100)}00`, update(0, 4, NO_MINER)],
  [`00000085${'55'.repeat(20)}${u64(100)}${ACTIVE_HEX}00000000`, update(1, 3, ACTIVE)],
  [`00000021${'55'.repeat(20)}${u64(100)}0000000000`, update(1, 4, NO_MINER)],
  [`00000085${'55'.repeat(20)}${u64(100)}${ACTIVE_HEX}00000000`, update(2, 3, ACTIVE)],
  [`00000021${'55'.repeat(20)}${u64(100)}0000000000`, update(2, 4, NO_MINER)],
];

describe('published messages', () => {
  for (const [name, hex, message] of VECTORS) {
    it(name, () => {
      expect(decodeSignerMessage(bytesFromHex(hex))).toEqual({ ok: true, value: message });
      expect(bytesToHex(encodeSignerMessage(message))).toBe(hex);
    });
  }

  for (const [tail, value] of UPDATES) {
    const versions = [value.activeProtocolVersion, value.supportedProtocolVersion];
    it(`state machine update ${versions.join('/')} (${value.currentMiner.kind})`, () => {
      const hex = `06${versions.map(u64).join('')}${tail}`;
      const message: SignerMessage = { kind: 'state-machine-update', update: value };
      expect(bytesToHex(encodeSignerMessage(message))).toBe(hex);
      expect(decodeSignerMessage(bytesFromHex(hex))).toEqual({ ok: true, value: message });
    });
  }
});

describe('tails of other versions', () => {
  it('the current version takes 23 bytes without and 27 with four unknown bytes', () => {
    const data = blockResponseData(
      { kind: 'reorg-not-allowed' },
      { fullSecs: 2n, readCountSecs: 3n },
    );
    const bare = encodeSignerMessage(accepted('', data)).length;
    const more = { ...data, unknownBytes: Uint8Array.of(1, 2, 3, 4) };
    expect(bare - (2 + 32 + 65 + 4)).toBe(23);
    expect(encodeSignerMessage(accepted('', more)).length - bare).toBe(4);
  });

  it('a newer version keeps its unknown bytes', () => {
    const data: BlockResponse['data'] = {
      version: 11,
      tenureExtendTimestampSecs: 2n,
      rejectReason: { kind: 'reorg-not-allowed' },
      readCountExtendTimestampSecs: 3n,
      failedTxid: null,
      unknownBytes: new Uint8Array(16).fill(4),
    };
    const message = accepted('x', data);
    expect(decodeSignerMessage(encodeSignerMessage(message))).toEqual({ ok: true, value: message });
  });

  it('names every reason and keeps unknown ones', () => {
    const reasons: RejectReason[] = [
      { kind: 'validation-failed', code: 'ProblematicTransaction' },
      { kind: 'connectivity-issues' },
      { kind: 'no-signer-consensus' },
      {
        kind: 'consensus-hash-mismatch',
        expected: new Uint8Array(20).fill(1),
        actual: new Uint8Array(20).fill(2),
      },
      { kind: 'problematic-transactions' },
      { kind: 'unknown', code: 254 },
      { kind: 'unknown', code: 18 },
    ];
    for (const reason of reasons) {
      const txid = new Uint8Array(32).fill(3);
      const data = blockResponseData(reason, { fullSecs: 1n, readCountSecs: 2n }, txid);
      const message = rejected('v', data);
      expect(decodeSignerMessage(encodeSignerMessage(message))).toEqual({
        ok: true,
        value: message,
      });
    }
    expect(rejectCodeOf({ kind: 'invalid-miner' })).toEqual({ kind: 'sortition-view-mismatch' });
  });
});

it('a rejection is signed over its own domain and recovers its signer', () => {
  const key = new Uint8Array(32).fill(5);
  const rejection = createBlockRejection(
    {
      signerSignatureHash: new Uint8Array(32).fill(6),
      reason: 'no',
      chainId: 1,
      serverVersion: 'assay',
      data: blockResponseData({ kind: 'invalid-miner' }),
    },
    key,
  );
  expect(recoverResponseKey(rejection)).toEqual(publicKeyFromPrivate(key));
  const otherChain = { ...rejection, chainId: 2 };
  expect(recoverResponseKey(otherChain)).not.toEqual(publicKeyFromPrivate(key));
});

it('proposals round-trip with and without diagnostics', () => {
  const diagnostics = {
    burnTipHeight: 9n,
    burnTipConsensusHash: new Uint8Array(20).fill(1),
    burnTipHeaderHash: new Uint8Array(32).fill(2),
    tenureExtendTimestampSecs: NEVER,
    readCountExtendTimestampSecs: 7n,
    miningReason: 'extended' as const,
  };
  for (const data of [null, blockProposalData('assay 0.1', diagnostics)]) {
    const message: SignerMessage = {
      kind: 'block-proposal',
      proposal: {
        block: { header: EMPTY_HEADER, transactions: [] },
        burnHeight: 5,
        rewardCycle: 1,
        data,
      },
    };
    expect(decodeSignerMessage(encodeSignerMessage(message))).toEqual({ ok: true, value: message });
  }
});
