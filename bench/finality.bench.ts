/**
 * Submit to final: a transfer is posted, and its block has the signatures of 70 % of signer weight.
 * The whole devnet runs as real processes (Bitcoin with a block every 4 s, node, three signers, a host) on
 * this machine; the first transfer goes out with the first block, while signers and host load their models.
 * Aim: p99 below one second. Limit: the least it could take, one round trip of HTTP on loopback.
 */
import { makeSTXTokenTransfer } from '@stacks/transactions';
import { devnetAccount } from '../apps/cli/src/devnet/accounts.ts';
import { TestNetwork } from '../e2e/network.ts';
import type { Row } from './row.ts';

const TRANSFERS = 300;
/** Asking more often would measure the asking: the node answers on the cores that make the block. */
const POLL_MS = 12;

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

async function measure(network: TestNetwork): Promise<{ finality: number[]; roundTrip: number }> {
  const { privateKey } = devnetAccount('wallet_1');
  const recipient = devnetAccount('wallet_2').address;
  const finality: number[] = [];
  let roundTrip = Number.POSITIVE_INFINITY;
  for (let nonce = 0; nonce < TRANSFERS; nonce++) {
    const transaction = await makeSTXTokenTransfer({
      network: 'devnet',
      recipient,
      amount: 1n,
      nonce: BigInt(nonce),
      fee: 1_000n,
      senderKey: privateKey,
    });
    const startedMs = performance.now();
    const response = await fetch(`${network.nodeUrl}/v2/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(transaction.serializeBytes()),
    });
    const txid = (await response.json()) as string;
    for (;;) {
      const askedMs = performance.now();
      const mined = await fetch(`${network.nodeUrl}/v3/transaction/${txid}`);
      await mined.arrayBuffer();
      roundTrip = Math.min(roundTrip, performance.now() - askedMs);
      if (mined.ok) break;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    finality.push(performance.now() - startedMs);
    // Not in step with anything the network does by the clock.
    await new Promise((done) => setTimeout(done, (nonce * 37) % 101));
  }
  return { finality, roundTrip };
}

export async function run(): Promise<Row[]> {
  const network = await TestNetwork.start();
  try {
    await network.until('the first block', async () => {
      const info = await network.getJson<{ stacks_tip_height: number }>('/v2/info');
      return info !== null && info.stacks_tip_height > 0;
    });
    const { finality, roundTrip } = await measure(network);
    const sorted = finality.toSorted((a, b) => a - b);
    return [
      { what: 'the very first', ours: finality[0]! },
      { what: 'p50', ours: quantile(sorted, 0.5) },
      { what: 'p99', ours: quantile(sorted, 0.99) },
      { what: 'slowest', ours: sorted.at(-1)! },
    ].map(({ what, ours }) => ({
      bench: 'finality',
      case: `submit to final, ${what} of ${TRANSFERS}, three signers`,
      ours,
      peer: null,
      ratio: null,
      limit: roundTrip,
      unit: 'ms',
    }));
  } finally {
    await network.stop();
  }
}
