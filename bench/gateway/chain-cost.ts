/** What a session costs the chain: its transactions, as they are signed and sent. */
import { bytesFromUtf8 } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { buildContractCall, DEVNET_IDS, signTransaction } from '@assay/wallet';
import { encodeTransaction } from '@assay/wire';

const HOST = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const BOOT = 'ST000000000000000000002AMW42H';
/** Signers whose verdicts release a claim; three are drawn to audit it. */
const JUDGES = 3;

export interface ChainCost {
  readonly transactions: number;
  readonly bytes: number;
}

/** Of one session with any number of requests in one claim: opened, claimed, released. */
export function sessionOnChain(): ChainCost {
  const hash = sha256(bytesFromUtf8('some hash'));
  const signature = new Uint8Array(65).fill(7);
  const calls: readonly (readonly [string, readonly ClarityValue[]])[] = [
    [
      'open',
      [
        Cv.principal(HOST),
        Cv.buffer(hash),
        Cv.uint(100_000_000),
        Cv.buffer(new Uint8Array(33).fill(2)),
        Cv.uint(1_008),
      ],
    ],
    [
      'claim',
      [
        Cv.list([
          Cv.tuple({
            session: Cv.uint(1),
            cumulative: Cv.uint(100_000_000),
            requests: Cv.uint(1_000),
            'receipts-root': Cv.buffer(hash),
            'voucher-signature': Cv.buffer(signature),
          }),
        ]),
      ],
    ],
    [
      'release',
      [
        Cv.buffer(hash),
        Cv.list(
          Array.from({ length: JUDGES }, (_, index) =>
            Cv.tuple({ index: Cv.uint(index), signature: Cv.buffer(signature) }),
          ),
        ),
      ],
    ],
  ];
  const bytes = calls.reduce((sum, [name, args]) => sum + sizeOf(name, args), 0);
  return { transactions: calls.length, bytes };
}

function sizeOf(functionName: string, args: readonly ClarityValue[]): number {
  const privateKey = sha256(bytesFromUtf8('bench account'));
  const built = buildContractCall({
    network: DEVNET_IDS,
    origin: { publicKey: publicKeyFromPrivate(privateKey) },
    nonce: 1n,
    feeMicro: 1_000n,
    contract: `${BOOT}.sessions`,
    functionName,
    args,
    postConditionMode: 'allow',
  });
  if (!built.ok) throw new Error(built.error.message);
  const signed = signTransaction(built.value, { privateKey, compressed: true });
  if (!signed.ok) throw new Error(signed.error.message);
  return encodeTransaction(signed.value).length;
}
