/**
 * Transaction codec against @stacks/transactions in one process: decode, encode and id of a signed
 * transfer and of a contract call, and recovery of the signer against what native secp256k1 gives.
 * The limit of anything that checks signatures is `native recover`; the codec must not be felt.
 */
import { bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { recoverPublicKey, secp256k1IsNative, sha512_256, signRecoverable } from '@assay/crypto';
import {
  buildContractCall,
  buildTransfer,
  DEVNET_IDS,
  publicKeyOf,
  signTransaction,
} from '@assay/wallet';
import {
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  transactionId,
  verifyTransaction,
} from '@assay/wire';
import { deserializeTransaction } from '@stacks/transactions';
import type { Row } from './row.ts';

const BENCH = 'transactions';
const ROUND_MS = 250;
const ROUNDS = 3;

/** Best of a few rounds, in operations per second: the least disturbed one is the machine's. */
function rate(run: () => unknown): number {
  let best = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    let count = 0;
    let elapsed = 0;
    while (elapsed < ROUND_MS) {
      for (let i = 0; i < 50; i++) run();
      count += 50;
      elapsed = performance.now() - start;
    }
    if (round > 0) best = Math.max(best, (count * 1000) / elapsed); // Round 0 warms up.
  }
  return Math.round(best);
}

function must<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const KEY = { privateKey: new Uint8Array(32).fill(7), compressed: true };
const OPTIONS = {
  network: DEVNET_IDS,
  origin: { publicKey: publicKeyOf(KEY) },
  nonce: 12n,
  feeMicro: 300n,
};

function samples(): ReadonlyArray<readonly [name: string, tx: Transaction]> {
  const transfer = must(
    buildTransfer({
      ...OPTIONS,
      recipient: 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
      amountMicro: 1_000_000n,
      memo: 'thanks for the answer',
    }),
  );
  const call = must(
    buildContractCall({
      ...OPTIONS,
      contract: 'ST000000000000000000002AMW42H.sip-010-token',
      functionName: 'transfer',
      args: [
        Cv.uint(250_000n),
        Cv.principal('ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG'),
        Cv.principal('ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC.vault'),
        Cv.some(Cv.buffer(new Uint8Array(34).fill(9))),
        Cv.tuple({ id: Cv.uint(7), name: Cv.ascii('assay'), rounds: Cv.list([Cv.int(1)]) }),
      ],
      postConditions: [{ kind: 'stx', principal: 'origin', code: 'le', amount: 5n }],
    }),
  );
  return [
    ['transfer', must(signTransaction(transfer, KEY))],
    ['contract call', must(signTransaction(call, KEY))],
  ];
}

function compare(name: string, ours: () => unknown, peer: () => unknown): Row {
  const mine = rate(ours);
  const theirs = rate(peer);
  const ratio = Math.round((mine / theirs) * 10) / 10;
  return {
    bench: BENCH,
    case: name,
    ours: mine,
    peer: theirs,
    ratio,
    limit: null,
    unit: 'op/s',
  };
}

function codecCases(name: string, tx: Transaction): Row[] {
  const bytes = encodeTransaction(tx);
  const peer = deserializeTransaction(bytes);
  if (peer.serialize() !== bytesToHex(bytes)) throw new Error('the libraries disagree');
  const plain: Transaction = { ...must(decodeTransaction(bytes)) };
  return [
    compare(
      `decode ${name}`,
      () => decodeTransaction(bytes),
      () => deserializeTransaction(bytes),
    ),
    compare(
      `encode ${name}`,
      () => encodeTransaction(plain),
      () => peer.serializeBytes(),
    ),
    compare(
      `txid ${name}, built`,
      () => transactionId(plain),
      () => peer.txid(),
    ),
    compare(
      `decode and txid ${name}`,
      () => transactionId(must(decodeTransaction(bytes))),
      () => deserializeTransaction(bytes).txid(),
    ),
  ];
}

/** Signatures: the work that no codec can take away. */
function signatureCases(tx: Transaction): Row[] {
  const hash = sha512_256(Uint8Array.of(1));
  const signature = signRecoverable(hash, KEY.privateKey);
  const limit = rate(() => recoverPublicKey(hash, signature));
  const bytes = encodeTransaction(tx);
  const ours = rate(() => verifyTransaction(must(decodeTransaction(bytes))));
  const peer = rate(() => deserializeTransaction(bytes).verifyOrigin());
  const ratio = Math.round((ours / peer) * 10) / 10;
  const engine = secp256k1IsNative ? 'native' : 'JavaScript';
  return [
    {
      bench: BENCH,
      case: 'decode and verify transfer',
      ours,
      peer,
      ratio,
      limit,
      unit: 'op/s',
    },
    {
      bench: BENCH,
      case: `${engine} secp256k1 recover`,
      ours: limit,
      peer: null,
      ratio: null,
      limit,
      unit: 'op/s',
    },
  ];
}

/** One measurement per case; called by scripts/bench.mjs. */
export async function run(): Promise<Row[]> {
  const all = samples();
  const codec = all.flatMap(([name, tx]) => codecCases(name, tx));
  return [...codec, ...signatureCases(all[0]![1])];
}
