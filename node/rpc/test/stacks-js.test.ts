/**
 * stacks.js 7, unmodified, against the RPC on loopback: transactions, reads, fees, stacking info.
 */
import { bytesToHex } from '@assay/bytes';
import { createNetwork, STACKS_DEVNET } from '@stacks/network';
import { StackingClient } from '@stacks/stacking';
import {
  broadcastTransaction,
  Cl,
  fetchAbi,
  fetchCallReadOnlyFunction,
  fetchContractMapEntry,
  fetchFeeEstimate,
  fetchFeeEstimateTransfer,
  fetchNonce,
  makeContractCall,
  makeContractDeploy,
  makeSTXTokenTransfer,
  PostConditionMode,
} from '@stacks/transactions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, START } from '../../../rules/chainstate/test/network.ts';
import { TestNode } from './test-node.ts';

const node = new TestNode();
let baseUrl = '';
const key = `${bytesToHex(ALICE.privateKey)}01`;
const SOURCE = `(define-map names uint (string-ascii 20))
(define-data-var count uint u0)
(define-public (add (name (string-ascii 20)))
  (begin
    (var-set count (+ (var-get count) u1))
    (map-set names (var-get count) name)
    (ok (var-get count))))
(define-read-only (get-name (id uint)) (map-get? names id))
(define-read-only (has-any?) (> (var-get count) u0))`;

beforeAll(async () => {
  node.chain.tenure();
  baseUrl = await node.serve();
});

afterAll(() => node.stop());

const client = () => ({ baseUrl });

describe('@stacks/transactions 7', () => {
  it('sends a transfer: nonce, fee estimate, broadcast, mined', async () => {
    const transaction = await makeSTXTokenTransfer({
      recipient: BOB.address,
      amount: 1_000n,
      senderKey: key,
      network: 'devnet',
      client: client(),
      memo: 'hello',
    });
    const answer = await broadcastTransaction({ transaction, network: 'devnet', client: client() });
    expect(answer).toEqual({ txid: transaction.txid() });
    expect(await fetchNonce({ address: ALICE.address, client: client() })).toBe(1n);
    const again = await broadcastTransaction({ transaction, network: 'devnet', client: client() });
    expect(again).toEqual({ txid: transaction.txid() });
    node.mine();
    expect(node.chain.balanceOf(BOB.address)).toBe(START + 1_000n);
    expect(await fetchNonce({ address: ALICE.address, client: client() })).toBe(1n);
  });

  it('deploys, calls with the ABI checked, reads maps, calls read-only', async () => {
    const deploy = await makeContractDeploy({
      contractName: 'names',
      codeBody: SOURCE,
      senderKey: key,
      clarityVersion: 3,
      network: 'devnet',
      client: client(),
    });
    expect(await broadcastTransaction({ transaction: deploy, client: client() })).toHaveProperty(
      'txid',
    );
    node.mine();
    const contract = { contractAddress: ALICE.address, contractName: 'names' };
    const call = await makeContractCall({
      ...contract,
      functionName: 'add',
      functionArgs: [Cl.stringAscii('ada')],
      senderKey: key,
      validateWithAbi: true,
      postConditionMode: PostConditionMode.Allow,
      network: 'devnet',
      client: client(),
    });
    expect(await broadcastTransaction({ transaction: call, client: client() })).toHaveProperty(
      'txid',
    );
    node.mine();
    const abi = await fetchAbi({ ...contract, client: client() });
    expect(abi.functions.map((fn) => fn.name)).toContain('get-name');
    const read = (functionName: string, functionArgs: ReturnType<typeof Cl.uint>[]) =>
      fetchCallReadOnlyFunction({
        ...contract,
        functionName,
        functionArgs,
        senderAddress: BOB.address,
        client: client(),
      });
    expect(await read('get-name', [Cl.uint(1)])).toEqual(Cl.some(Cl.stringAscii('ada')));
    expect(await read('has-any?', [])).toEqual(Cl.bool(true));
    await expect(read('nothing', [])).rejects.toThrow();
    const entry = { ...contract, mapName: 'names', client: client() };
    expect(await fetchContractMapEntry({ ...entry, mapKey: Cl.uint(1) })).toEqual(
      Cl.some(Cl.stringAscii('ada')),
    );
    expect(await fetchContractMapEntry({ ...entry, mapKey: Cl.uint(2) })).toEqual(Cl.none());
  });

  it('deploys with the Clarity version it takes by default', async () => {
    const deploy = await makeContractDeploy({
      contractName: 'newest',
      codeBody: '(define-read-only (hash) (contract-hash? .names))',
      senderKey: key,
      network: 'devnet',
      client: client(),
    });
    expect(await broadcastTransaction({ transaction: deploy, client: client() })).toEqual({
      txid: deploy.txid(),
    });
    expect(node.mine().length).toBe(1);
    const sent = node.chain.chain.receipts(node.chain.tip.blockId)!;
    expect(sent[0]!.status).toBe('success');
  });

  it('a network object of @stacks/network finds the node by its client', async () => {
    const network = createNetwork({ network: STACKS_DEVNET, client: client() });
    expect(await fetchNonce({ address: BOB.address, network })).toBe(0n);
    expect(
      await fetchCallReadOnlyFunction({
        contractAddress: ALICE.address,
        contractName: 'names',
        functionName: 'has-any?',
        functionArgs: [],
        senderAddress: BOB.address,
        network,
      }),
    ).toEqual(Cl.bool(true));
  });

  it('always has a fee estimate', async () => {
    const transaction = await makeSTXTokenTransfer({
      recipient: BOB.address,
      amount: 1n,
      senderKey: key,
      nonce: 99n,
      fee: 1n,
      network: 'devnet',
    });
    expect(await fetchFeeEstimate({ transaction, client: client() })).toBe(
      transaction.serializeBytes().length,
    );
    expect(await fetchFeeEstimateTransfer({ transaction, client: client() })).toBeGreaterThan(0n);
  });

  it('shows refusals as JSON with Stacks` reason words', async () => {
    const send = async (change: {
      nonce?: bigint;
      fee?: bigint;
      amount?: bigint;
      network?: 'devnet' | 'mainnet';
    }) => {
      const transaction = await makeSTXTokenTransfer({
        recipient: BOB.address,
        amount: 1n,
        senderKey: key,
        nonce: 50n,
        fee: 1_000n,
        network: 'devnet',
        ...change,
      });
      const answer = await broadcastTransaction({ transaction, client: client() });
      return 'reason' in answer ? answer : null;
    };
    const nonce = node.chain.nonceOf(ALICE);
    expect(await send({ nonce: 0n })).toMatchObject({
      error: 'transaction rejected',
      reason: 'BadNonce',
      reason_data: { actual: 0, is_origin: true, principal: ALICE.address },
    });
    expect(await send({ nonce, fee: 1n })).toMatchObject({ reason: 'FeeTooLow' });
    expect(await send({ nonce, amount: START * 10n })).toMatchObject({ reason: 'NotEnoughFunds' });
    expect(await send({ nonce: nonce + 27n })).toMatchObject({ reason: 'TooMuchChaining' });
    expect(await send({ nonce, network: 'mainnet' })).not.toBeNull();
  });
});

describe('@stacks/stacking 7: info calls', () => {
  const stacking = () =>
    new StackingClient({ address: ALICE.address, network: 'devnet', client: client() });

  it('reads pox, core info, balances, times', async () => {
    const it = stacking();
    const pox = await it.getPoxInfo();
    expect(pox.contract_id).toMatch(/\.pox-4$/);
    const info = await it.getCoreInfo();
    expect(info.burn_block_height).toBe(101);
    const status = await it.getAccountStatus();
    expect(BigInt(status.balance)).toBe(await it.getAccountBalance());
    expect(await it.getAccountBalanceLocked()).toBe(0n);
    const extended = await it.getAccountExtendedBalances();
    expect(BigInt(extended.stx.balance)).toBe(await it.getAccountBalance());
    expect(await it.getTargetBlockTime()).toBe(120);
    expect(await it.getCycleDuration()).toBe(120 * 20);
    expect(await it.getSecondsUntilNextCycle()).toBeGreaterThan(0);
    expect(await it.getSecondsUntilStackingDeadline()).toBeGreaterThan(0);
    const operation = await it.getPoxOperationInfo();
    expect(operation.current.contract_id).toMatch(/\.pox-4$/);
    expect(await it.hasMinimumStx()).toBe(true);
  });
});
