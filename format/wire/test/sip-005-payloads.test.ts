/** SIP-005 payloads byte by byte, for what the peer library does not judge: poison proofs, limits. */
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import {
  decodePayload,
  decodeTransaction,
  encodePayload,
  encodeTransaction,
  type MicroblockHeader,
  PAYLOAD_ID,
  type Transaction,
  type TransactionPayload,
} from '../src/index.ts';

const header = (sequence: number, previous: number): MicroblockHeader => ({
  version: 0x12,
  sequence,
  previousBlock: new Uint8Array(32).fill(previous),
  txMerkleRoot: new Uint8Array(32).fill(3),
  signature: new Uint8Array(65).fill(4),
});
const headerHex = (sequence: string, previous: string): string =>
  `12${sequence}${previous.repeat(32)}${'03'.repeat(32)}${'04'.repeat(65)}`;

const who = { version: 26, hash: new Uint8Array(20).fill(0xaa), contractName: null };
const whoHex = `1a${'aa'.repeat(20)}`;

const LAYOUTS: ReadonlyArray<readonly [payload: TransactionPayload, hex: string]> = [
  [
    { kind: 'token-transfer', recipient: who, amountMicro: 258n, memo: new Uint8Array(34).fill(1) },
    `0005${whoHex}0000000000000102${'01'.repeat(34)}`,
  ],
  [
    { kind: 'smart-contract', contractName: 'ab', source: '(+ 1 2)\n' },
    '0102616200000008282b20312032290a',
  ],
  [
    {
      kind: 'contract-call',
      contract: { ...who, contractName: 'c' },
      functionName: 'f!',
      args: [{ type: 'bool', value: true }],
    },
    `02${whoHex}0163026621${'00000001'}03`,
  ],
  [
    { kind: 'poison-microblock', header1: header(7, 1), header2: header(7, 2) },
    `03${headerHex('0007', '01')}${headerHex('0007', '02')}`,
  ],
  [{ kind: 'coinbase', payload: new Uint8Array(32).fill(9) }, `04${'09'.repeat(32)}`],
  [
    {
      kind: 'coinbase-to-alt',
      payload: new Uint8Array(32),
      recipient: { ...who, contractName: 'x' },
    },
    `05${'00'.repeat(32)}06${whoHex}0178`,
  ],
  [
    { kind: 'versioned-smart-contract', clarityVersion: 5, contractName: 'a', source: '' },
    '0605016100000000',
  ],
  [
    {
      kind: 'tenure-change',
      tenureConsensusHash: new Uint8Array(20).fill(1),
      prevTenureConsensusHash: new Uint8Array(20).fill(2),
      burnViewConsensusHash: new Uint8Array(20).fill(3),
      previousTenureEnd: new Uint8Array(32).fill(4),
      previousTenureBlocks: 5,
      cause: 'extended-read-count',
      pubkeyHash: new Uint8Array(20).fill(6),
    },
    `07${'01'.repeat(20)}${'02'.repeat(20)}${'03'.repeat(20)}${'04'.repeat(32)}0000000503${'06'.repeat(20)}`,
  ],
  [
    {
      kind: 'nakamoto-coinbase',
      payload: new Uint8Array(32),
      recipient: null,
      vrfProof: new Uint8Array(80).fill(7),
    },
    `08${'00'.repeat(32)}09${'07'.repeat(80)}`,
  ],
  [
    {
      kind: 'nakamoto-coinbase',
      payload: new Uint8Array(32),
      recipient: who,
      vrfProof: new Uint8Array(80).fill(7),
    },
    `08${'00'.repeat(32)}0a05${whoHex}${'07'.repeat(80)}`,
  ],
];

describe('layouts', () => {
  for (const [payload, hex] of LAYOUTS) {
    it(`${PAYLOAD_ID[payload.kind]} ${payload.kind}`, () => {
      expect(bytesToHex(encodePayload(payload))).toBe(hex);
      expect(decodePayload(bytesFromHex(hex))).toEqual({ ok: true, value: payload });
    });
  }
});

describe('refused payloads', () => {
  const CASES: ReadonlyArray<readonly [name: string, hex: string, code: string]> = [
    ['equal microblock headers', `03${headerHex('0007', '01').repeat(2)}`, 'wire/poison-same'],
    [
      'microblock headers of two chains',
      `03${headerHex('0007', '01')}${headerHex('0008', '02')}`,
      'wire/poison-no-fork',
    ],
    ['Clarity version 0', '0600016100000000', 'wire/clarity-version'],
    ['Clarity version 7', '0607016100000000', 'wire/clarity-version'],
    ['carriage return in source', '010161000000010d', 'wire/source-text'],
    ['delete in source', '010161000000017f', 'wire/source-text'],
    ['contract name of 41 characters', `0129${'61'.repeat(41)}00000000`, 'value/contract-name'],
    ['transfer to an integer', `0000${'00'.repeat(16)}`, 'value/principal'],
    ['coinbase to true', `08${'00'.repeat(32)}03${'07'.repeat(80)}`, 'wire/coinbase-recipient'],
    ['coinbase to (some true)', `08${'00'.repeat(32)}0a03${'07'.repeat(80)}`, 'value/principal'],
    ['tenure-change cause 7', `07${'00'.repeat(96)}07${'00'.repeat(20)}`, 'wire/tenure-cause'],
    [
      'argument nested too deep',
      `02${whoHex}01630166${'00000001'}${'0a'.repeat(16)}03`,
      'value/too-deep',
    ],
    ['unknown id', '0b', 'wire/payload-id'],
  ];
  for (const [name, hex, code] of CASES) {
    it(name, () => {
      expect(decodePayload(bytesFromHex(hex))).toMatchObject({ ok: false, error: { code } });
    });
  }
});

const EMPTY: Transaction = {
  version: 0x80,
  chainId: 1,
  auth: {
    kind: 'standard',
    origin: {
      hashMode: 'p2pkh',
      signer: new Uint8Array(20),
      nonce: 0n,
      feeMicro: 0n,
      compressed: true,
      signature: new Uint8Array(65),
    },
  },
  anchorMode: 'on-chain-only',
  postConditionMode: 'deny',
  postConditions: [],
  payload: { kind: 'coinbase', payload: new Uint8Array(32) },
};

describe('the transaction around the payload', () => {
  const bytes = encodeTransaction(EMPTY);
  /** Offsets: version 0, chain 1, auth flag 5, hash mode 6, key encoding 43, anchor 109, mode 110. */
  const CASES: ReadonlyArray<readonly [at: number, byte: number, code: string]> = [
    [0, 1, 'wire/version'],
    [5, 3, 'wire/auth-flag'],
    [6, 4, 'wire/hash-mode'],
    [6, 6, 'wire/hash-mode'],
    [43, 2, 'wire/key-encoding'],
    [109, 0, 'wire/anchor-mode'],
    [109, 4, 'wire/anchor-mode'],
    [109, 3, 'wire/anchor-mode'],
    [110, 0, 'wire/post-condition-mode'],
    [110, 4, 'wire/post-condition-mode'],
  ];
  for (const [at, byte, code] of CASES) {
    it(`byte ${at} = ${byte}: ${code}`, () => {
      const changed = bytes.slice();
      changed[at] = byte;
      expect(decodeTransaction(changed)).toMatchObject({ error: { code } });
    });
  }

  it('segwit with a long key is refused', () => {
    const changed = bytes.slice();
    changed[6] = 2;
    changed[43] = 1;
    expect(decodeTransaction(changed)).toMatchObject({ error: { code: 'wire/key-encoding' } });
  });

  it('post-conditions of epoch 4.0 and unknown codes are refused', () => {
    const at = 111;
    const withCondition = (hex: string): Uint8Array =>
      concatBytes(bytes.subarray(0, at), bytesFromHex(`00000001${hex}`), bytes.subarray(at + 4));
    const CONDITIONS: ReadonlyArray<readonly [hex: string, code: string]> = [
      ['03010100000000000000ff', 'wire/post-condition-asset'],
      ['040130', 'wire/post-condition-asset'],
      ['00010600000000000000ff', 'wire/post-condition-code'],
      ['00040100000000000000ff', 'wire/post-condition-principal'],
      [`0201${whoHex}0163016e0313`, 'wire/post-condition-code'],
    ];
    for (const [hex, code] of CONDITIONS) {
      expect(decodeTransaction(withCondition(hex)), hex).toMatchObject({ error: { code } });
    }
    expect(decodeTransaction(withCondition('00010500000000000000ff')).ok).toBe(true);
    expect(decodeTransaction(withCondition(`0201${whoHex}0163016e0312`)).ok).toBe(true);
  });
});
