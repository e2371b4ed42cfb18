/**
 * The two transactions that only a tenure's miner may write: tenure change and coinbase. Both are
 * ordinary transactions of the mining key without a fee.
 * Source: SIP-021 "Tenure Changes", "Coinbase"; SIP-034 for extension.
 */

import type { StoredHeader } from '@assay/chainstate';
import { publicKeyFromPrivate } from '@assay/crypto';
import {
  signOrigin,
  singleSigCondition,
  type TenureChangeCause,
  type Transaction,
  type TransactionPayload,
} from '@assay/wire';
import type { Election } from './ports.ts';

export interface MiningIdentity {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  readonly chainId: number;
  readonly transactionVersion: 0x00 | 0x80;
}

function minerTransaction(
  { privateKey, chainId, transactionVersion }: MiningIdentity,
  nonce: bigint,
  payload: TransactionPayload,
): Transaction {
  const condition = singleSigCondition(publicKeyFromPrivate(privateKey), { nonce, feeMicro: 0n });
  return signOrigin(
    {
      version: transactionVersion,
      chainId,
      auth: { kind: 'standard', origin: condition },
      anchorMode: 'on-chain-only',
      postConditionMode: 'allow',
      postConditions: [],
      payload,
    },
    { privateKey, compressed: true },
  );
}

/** Opens a tenure: names the sortition that was won and where the previous tenure ended. */
export function tenureStart(
  identity: MiningIdentity,
  election: Election,
  parent: StoredHeader,
  nonce: bigint,
): Transaction {
  return minerTransaction(identity, nonce, {
    kind: 'tenure-change',
    tenureConsensusHash: election.consensusHash,
    prevTenureConsensusHash: parent.header.consensusHash,
    burnViewConsensusHash: election.consensusHash,
    previousTenureEnd: parent.blockId,
    previousTenureBlocks: parent.tenureBlocks,
    cause: 'block-found',
    pubkeyHash: election.minerPubkeyHash,
  });
}

/** Goes on with a tenure on a newer burn view, or with a fresh budget. */
export function tenureExtend(
  identity: MiningIdentity,
  tenure: Election,
  parent: StoredHeader,
  burnView: Uint8Array,
  nonce: bigint,
  cause: TenureChangeCause,
): Transaction {
  return minerTransaction(identity, nonce, {
    kind: 'tenure-change',
    tenureConsensusHash: tenure.consensusHash,
    prevTenureConsensusHash: tenure.consensusHash,
    burnViewConsensusHash: burnView,
    previousTenureEnd: parent.blockId,
    previousTenureBlocks: parent.tenureBlocks,
    cause,
    pubkeyHash: tenure.minerPubkeyHash,
  });
}

/** @param vrfProof 80 bytes over the election's sortition hash */
export function coinbase(
  identity: MiningIdentity,
  vrfProof: Uint8Array,
  nonce: bigint,
): Transaction {
  return minerTransaction(identity, nonce, {
    kind: 'nakamoto-coinbase',
    payload: new Uint8Array(32),
    recipient: null,
    vrfProof,
  });
}
