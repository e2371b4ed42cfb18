/** docs/protocol.md: every hex example on the page is recomputed here. */
import { readFileSync } from 'node:fs';
import { bytesToHex, concatBytes } from '@assay/bytes';
import { Cv, encodeClarityValue, parsePrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  type Claim,
  type Commitment,
  claimHash,
  claimVerdictTuple,
  commitmentHash,
  commitmentTuple,
  inferenceDomain,
  judgeEntropy,
  requestHash,
  requestTuple,
  type SessionRequest,
  samplingSeed,
  sessionRequestHash,
  signCommitment,
  structuredDigest,
  verdictTuple,
  voucherTuple,
} from '@assay/jobs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const bytes = (size: number, value: number) => new Uint8Array(size).fill(value);
const CHAIN_ID = 0x80000000;
const HOST_KEY = new Uint8Array(32).fill(7);

function example() {
  const user = parsePrincipal('ST000000000000000000002AMW42H');
  if (!user.ok) throw new Error();
  const request = {
    id: 1n,
    user: user.value,
    model: bytes(32, 0x11),
    promptHash: bytes(32, 0x22),
    params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 128 },
    maxFeeMicro: 50_000n,
    expiresAt: 111,
    privacy: 0,
    clientNonce: bytes(16, 0x33),
  };
  const hash = requestHash(request);
  const seed = samplingSeed(hash, publicKeyFromPrivate(HOST_KEY), bytes(32, 0x44));
  const commitment: Commitment = {
    requestHash: hash,
    model: request.model,
    seed,
    idsRoot: bytes(32, 0x55),
    sketchRoot: bytes(32, 0x66),
    transcriptHash: bytes(32, 0x77),
    outputHash: bytes(32, 0x88),
    finish: 'stop',
    promptTokens: 20,
    outputTokens: 100,
    timestampSecs: 1_700_000_000,
  };
  const verdict = verdictTuple({
    commitmentHash: commitmentHash(commitment),
    requestId: 1n,
    verdict: 'valid',
  });
  return {
    'request tuple': encodeClarityValue(requestTuple(request)),
    'request-hash': hash,
    'draw entropy': sha256(
      concatBytes(bytes(32, 0x99), encodeClarityValue(Cv.uint(1)).subarray(1)),
    ),
    'host key': publicKeyFromPrivate(HOST_KEY),
    seed,
    'domain hash': sha256(encodeClarityValue(inferenceDomain(CHAIN_ID))),
    'commitment hash': commitmentHash(commitment),
    'commitment digest': structuredDigest(commitmentTuple(commitment), CHAIN_ID),
    'host signature': signCommitment(commitment, CHAIN_ID, HOST_KEY),
    'verdict tuple': encodeClarityValue(verdict),
    'verdict digest': structuredDigest(verdict, CHAIN_ID),
  };
}

function sessionExample() {
  const request: SessionRequest = {
    sessionId: 5n,
    index: 1n,
    model: bytes(32, 0x11),
    promptHash: bytes(32, 0x22),
    params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 128 },
    constraintHash: bytes(32, 0),
    maxFeeMicro: 50_000n,
    beacon: bytes(32, 0x44),
    clientNonce: bytes(16, 0x33),
  };
  const claim: Claim = {
    sessionId: 5n,
    from: 0n,
    to: 1_000n,
    amountMicro: 40_000_000n,
    receiptsRoot: bytes(32, 0x55),
  };
  const voucher = { sessionId: 5n, cumulativeMicro: 40_000_000n, requests: 1_000n };
  const verdict = { claimHash: claimHash(claim), verdict: 'valid' } as const;
  return {
    'session request-hash': sessionRequestHash(request),
    'voucher digest': structuredDigest(voucherTuple(voucher), CHAIN_ID),
    'claim hash': claimHash(claim),
    'claim verdict digest': structuredDigest(claimVerdictTuple(verdict), CHAIN_ID),
    'judge entropy': judgeEntropy(bytes(32, 0x99), claimHash(claim)),
  };
}

it.each(Object.entries({ ...example(), ...sessionExample() }))(
  'the page shows the right %s',
  (name, value) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row?.split('|')[2]?.replaceAll('`', '').replaceAll(' ', '')).toBe(bytesToHex(value));
  },
);
