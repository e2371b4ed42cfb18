/**
 * The whole network as real processes on loopback: Bitcoin, node, three signers, a host. What a user
 * sees on `npm start`, what stacks.js does, and what `kill -9` of any of them may not lose.
 */
import {
  broadcastTransaction,
  Cl,
  fetchCallReadOnlyFunction,
  fetchNonce,
  makeContractCall,
  makeContractDeploy,
  makeSTXTokenTransfer,
  PostConditionMode,
} from '@stacks/transactions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetAccount } from '../apps/cli/src/devnet/accounts.ts';
import { assay, TestNetwork } from './network.ts';

interface Info {
  readonly burn_block_height: number;
  readonly stacks_tip_height: number;
}

interface Answer {
  readonly status: string;
  readonly output: string;
  readonly verdicts: readonly unknown[];
}

let network: TestNetwork;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.until('the first block', async () => {
    const info = await network.getJson<Info>('/v2/info');
    return info !== null && info.stacks_tip_height > 0;
  });
}, 120_000);

afterAll(async () => {
  await network?.stop();
}, 60_000);

describe('an inference on chain', () => {
  it('is asked, answered, judged, paid and verified; a dispute about it is dismissed', async () => {
    await network.hostServes();
    const hosts = await assay('hosts', '-I', network.nodeUrl);
    expect(hosts.stdout).toContain('class A  active');
    const asked = await assay('infer', 'Is the Earth round?', '--json', '-I', network.nodeUrl);
    expect(asked.stderr).toBe('');
    const answer = JSON.parse(asked.stdout) as Answer & { txid: string };
    expect(answer.status).toBe('Success');
    expect(answer.output.length).toBeGreaterThan(0);
    expect(answer.verdicts.length).toBeGreaterThanOrEqual(3);
    const verified = await assay('verify', answer.txid, '-I', network.nodeUrl);
    expect(verified.stdout).toContain('verified');
    expect(verified.code).toBe(0);
    const where = ['-I', network.nodeUrl, '--account', 'wallet_7'];
    const disputed = await assay('dispute', answer.txid, '--evidence', 'none', ...where);
    expect(disputed.stdout).toContain('dismissed: the answer was true');
    expect(disputed.code).toBe(1);
  }, 240_000);

  it('opens to nobody but its parties when it was asked in private', async () => {
    const question = 'What is the capital of Spain?';
    const mine = ['-I', network.nodeUrl, '--account', 'wallet_8'];
    const asked = await assay('infer', question, '--private', '--json', ...mine);
    expect(asked.stderr).toBe('');
    const answer = JSON.parse(asked.stdout) as Answer & { txid: string };
    expect([answer.status, answer.output.length > 0]).toEqual(['Success', true]);
    const checked = await assay('verify', answer.txid, '--json', ...mine);
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, question, answer: answer.output });
    const shown = await assay('result', answer.txid, '-I', network.nodeUrl);
    expect(shown.stdout).toContain('sealed: whoever asked can open it');
    expect(shown.stdout).not.toContain(answer.output);
  }, 240_000);
});

describe('stacks.js 7, unmodified', () => {
  const options = () => ({
    network: 'devnet' as const,
    client: { baseUrl: network.nodeUrl },
  });

  it('broadcasts a transfer that is mined', async () => {
    const transaction = await makeSTXTokenTransfer({
      ...options(),
      recipient: devnetAccount('wallet_3').address,
      amount: 12_345n,
      senderKey: devnetAccount('wallet_2').privateKey,
    });
    const sent = await broadcastTransaction({ transaction, ...options() });
    expect(sent).not.toHaveProperty('error');
    expect(await network.mined(sent.txid)).toBe('success');
  });

  it('deploys a contract, calls it and reads from it', async () => {
    const { address, privateKey } = devnetAccount('deployer');
    const source = `(define-data-var count uint u0)
(define-read-only (get-count) (var-get count))
(define-public (increment) (begin (var-set count (+ (var-get count) u1)) (ok (var-get count))))`;
    const deploy = await makeContractDeploy({
      ...options(),
      contractName: 'counter',
      codeBody: source,
      senderKey: privateKey,
      clarityVersion: 3,
      fee: 10_000n,
    });
    const deployed = await broadcastTransaction({ transaction: deploy, ...options() });
    expect(await network.mined(deployed.txid)).toBe('success');
    const call = await makeContractCall({
      ...options(),
      contractAddress: address,
      contractName: 'counter',
      functionName: 'increment',
      functionArgs: [],
      senderKey: privateKey,
      postConditionMode: PostConditionMode.Deny,
    });
    const called = await broadcastTransaction({ transaction: call, ...options() });
    expect(await network.mined(called.txid)).toBe('success');
    const count = await fetchCallReadOnlyFunction({
      ...options(),
      contractAddress: address,
      contractName: 'counter',
      functionName: 'get-count',
      functionArgs: [],
      senderAddress: address,
    });
    expect(count).toEqual(Cl.uint(1));
  });

  it('gets one clear rejection for a wrong nonce', async () => {
    const transaction = await makeSTXTokenTransfer({
      ...options(),
      recipient: devnetAccount('wallet_3').address,
      amount: 1n,
      nonce: 0n,
      fee: 1_000n,
      senderKey: devnetAccount('wallet_2').privateKey,
    });
    const sent = await broadcastTransaction({ transaction, ...options() });
    expect(sent).toMatchObject({ error: 'transaction rejected', reason: 'BadNonce' });
  });
});

describe('kill -9', () => {
  it.each(['node', 'signer-2', 'host-1', 'bitcoin'])(
    'of %s loses nothing acknowledged',
    async (name) => {
      const sender = devnetAccount('wallet_4');
      const before = await network.until('the node', () =>
        fetchNonce({
          address: sender.address,
          network: 'devnet',
          client: { baseUrl: network.nodeUrl },
        }).then(
          (nonce) => nonce + 1n,
          () => null,
        ),
      );
      const txids: string[] = [];
      for (let i = 0n; i < 5n; i++) {
        const transaction = await makeSTXTokenTransfer({
          network: 'devnet',
          client: { baseUrl: network.nodeUrl },
          recipient: devnetAccount('wallet_5').address,
          amount: 100n + i,
          nonce: before - 1n + i,
          fee: 1_000n,
          senderKey: sender.privateKey,
        });
        const sent = await broadcastTransaction({
          transaction,
          network: 'devnet',
          client: { baseUrl: network.nodeUrl },
        });
        txids.push(sent.txid);
      }
      const asking = assay(
        'infer',
        'What is gold?',
        '--json',
        '--account',
        'wallet_6',
        '-I',
        network.nodeUrl,
      );
      // In the middle of it: the request is on its way, the transfers are acknowledged.
      await new Promise((done) => setTimeout(done, 300));
      network.kill(name);
      for (const txid of txids) expect(await network.mined(txid)).toBe('success');
      const first = await asking;
      // The node may have been away while we polled: then ask it again for the same request.
      if (first.code === 0) expect((JSON.parse(first.stdout) as Answer).status).toBe('Success');
      else {
        const again = await assay(
          'infer',
          'What is gold?',
          '--json',
          '--account',
          'wallet_6',
          '-I',
          network.nodeUrl,
        );
        expect(JSON.parse(again.stdout)).toMatchObject({ status: 'Success' });
      }
    },
    180_000,
  );
});
