/**
 * Finds the burn operation in a Bitcoin transaction: output 0 is `OP_RETURN <magic opcode data>`,
 * the other outputs are payees. Anything that is not an operation yields null; so does a malformed
 * one, as in the reference (a miner's mistake is simply not seen).
 * Called by node/burnchain for every transaction of a burn block. Writes nothing.
 * Source: SIP-001, SIP-007, SIP-022; stacks-core `burn/operations/*` and
 * `burnchains/bitcoin/blocks.rs` (facts).
 */

import { type BitcoinTransaction, bitcoinTxid, reverseHash } from '@assay/bitcoin';
import { ByteReader } from '@assay/bytes';
import { isPreparePhase, type PoxParams } from '@assay/params';
import { type BurnAddress, burnAddressFromScript, isBurnAddress } from './burn-address.ts';
import { isEdwardsPoint } from './edwards.ts';
import { LIMITS } from './limits.ts';
import {
  type BlockCommitOp,
  type KeyRegisterOp,
  OPCODE,
  type OpPosition,
  type ParsedOp,
  type PreStxOp,
  type StxOp,
  type WithoutSender,
} from './op.ts';

export interface ParseContext {
  readonly pox: PoxParams;
  /** Two bytes. */
  readonly magic: Uint8Array;
  readonly burnHeight: number;
  readonly vtxindex: number;
}

interface Payee {
  readonly address: BurnAddress;
  readonly amountSats: bigint;
}

/** What every operation parser gets: its data, where it stands, and whom the transaction pays. */
interface Found {
  readonly at: OpPosition;
  readonly data: Uint8Array;
  /** Outputs from index 1; null where the script has no address. */
  readonly payees: readonly (Payee | null)[];
  readonly tx: BitcoinTransaction;
  readonly pox: PoxParams;
}

/** @consensus */
export function parseBurnOp(tx: BitcoinTransaction, context: ParseContext): ParsedOp | null {
  const [first, ...rest] = tx.outputs;
  if (first === undefined || rest.length === 0 || tx.inputs.length === 0) return null;
  const push = readOpReturn(first.script);
  if (push === null || push.length < 3) return null;
  if (push[0] !== context.magic[0] || push[1] !== context.magic[1]) return null;
  const parse = PARSERS.get(push[2]!);
  if (parse === undefined) return null;
  const { burnHeight, vtxindex } = context;
  return parse({
    at: { txid: reverseHash(bitcoinTxid(tx)), burnHeight, vtxindex },
    data: push.subarray(3),
    payees: rest.map((output) => {
      const address = burnAddressFromScript(output.script);
      return address === null ? null : { address, amountSats: output.valueSats };
    }),
    tx,
    pox: context.pox,
  });
}

/** The single push behind OP_RETURN; null for any other script. */
export function readOpReturn(script: Uint8Array): Uint8Array | null {
  if (script[0] !== 0x6a || script.length < 2) return null;
  const code = script[1]!;
  let at = 2;
  let size = code;
  if (code === 0x4c) {
    size = script[2] ?? -1;
    at = 3;
  } else if (code === 0x4d) {
    size = script.length < 4 ? -1 : script[2]! + 256 * script[3]!;
    at = 4;
  } else if (code > 0x4b || code === 0) {
    return null;
  }
  return script.length === at + size ? script.subarray(at) : null;
}

const PARSERS: ReadonlyMap<number, (found: Found) => ParsedOp | null> = new Map([
  [OPCODE.keyRegister, parseKeyRegister as (found: Found) => ParsedOp | null],
  [OPCODE.blockCommit, parseBlockCommit],
  [OPCODE.preStx, parsePreStx],
  [OPCODE.stackStx, (found) => authorized(found, parseStackStx)],
  [OPCODE.transferStx, (found) => authorized(found, parseTransferStx)],
  [OPCODE.delegateStx, (found) => authorized(found, parseDelegateStx)],
  [OPCODE.voteForAggregateKey, (found) => authorized(found, parseVote)],
]);

function parseKeyRegister({ at, data }: Found): KeyRegisterOp | null {
  if (data.length < LIMITS.keyRegisterBytesMin) return null;
  const vrfPublicKey = data.slice(20, 52);
  if (!isEdwardsPoint(vrfPublicKey)) return null;
  return {
    kind: 'key-register',
    ...at,
    consensusHash: data.slice(0, 20),
    vrfPublicKey,
    memo: data.slice(52),
  };
}

function parseBlockCommit(found: Found): BlockCommitOp | null {
  const { at, data, payees, tx, pox } = found;
  if (data.length < LIMITS.blockCommitBytes) return null;
  const reader = new ByteReader(data);
  const parentTenureId = reader.take(32).slice();
  const newSeed = reader.take(32).slice();
  const parentBlockHeight = reader.u32();
  const parentVtxindex = reader.u16();
  const keyBlockHeight = reader.u32();
  const keyVtxindex = reader.u16();
  const last = reader.u8();
  if (parentBlockHeight === 0 && parentVtxindex !== 0) return null;
  if (parentBlockHeight >= at.burnHeight) return null;
  if (keyBlockHeight === 0 || keyBlockHeight >= at.burnHeight) return null;
  const bid = isPreparePhase(pox, at.burnHeight) ? burnBid(payees) : rewardBid(payees, pox);
  if (bid === null) return null;
  return {
    kind: 'block-commit',
    ...at,
    parentTenureId,
    newSeed,
    parentBlockHeight,
    parentVtxindex,
    keyBlockHeight,
    keyVtxindex,
    epochMarker: last >> 3,
    burnParentModulus: (last & 7) % LIMITS.burnParentModulus,
    commitOutputs: bid.outputs,
    burnFeeSats: bid.feeSats,
    input: spentBy(tx),
    senderScript: tx.outputs[1 + bid.outputs.length]?.script.slice() ?? new Uint8Array(0),
  };
}

interface Bid {
  readonly outputs: readonly BurnAddress[];
  readonly feeSats: bigint;
}

/** Prepare phase: one output, which must burn. */
function burnBid(payees: Found['payees']): Bid | null {
  const only = payees[0];
  if (only == null || !isBurnAddress(only.address)) return null;
  return { outputs: [only.address], feeSats: only.amountSats };
}

/** Reward phase: the first outputs, all of one amount. */
function rewardBid(payees: Found['payees'], pox: PoxParams): Bid | null {
  const outputs: BurnAddress[] = [];
  let amount: bigint | null = null;
  for (const payee of payees.slice(0, pox.outputsPerCommit)) {
    if (payee === null || (amount !== null && payee.amountSats !== amount)) return null;
    amount = payee.amountSats;
    outputs.push(payee.address);
  }
  // Quirk: the output right behind the bid must have an address too.
  if (payees[pox.outputsPerCommit] === null) return null;
  if (outputs.length !== pox.outputsPerCommit || amount === null || amount === 0n) return null;
  return { outputs, feeSats: amount * BigInt(pox.outputsPerCommit) };
}

function spentBy(tx: BitcoinTransaction): { txid: Uint8Array; index: number } {
  const input = tx.inputs[0]!;
  return { txid: reverseHash(input.prevTxid), index: input.prevIndex };
}

function parsePreStx({ at, payees }: Found): PreStxOp | null {
  const owner = payees[0];
  return owner == null ? null : { kind: 'pre-stx', ...at, owner: owner.address };
}

/** The four operations that spend output 1 of a pre-stx. */
function authorized(
  found: Found,
  parse: (found: Found) => WithoutSender<StxOp> | null,
): ParsedOp | null {
  const spent = spentBy(found.tx);
  if (spent.index !== 1) return null;
  const op = parse(found);
  return op === null ? null : { kind: 'unauthorized', preStxTxid: spent.txid, op };
}

function parseStackStx({ at, data, payees }: Found): WithoutSender<StxOp> | null {
  const reward = payees[0];
  if (data.length < 17 || reward == null) return null;
  const reader = new ByteReader(data);
  return {
    kind: 'stack-stx',
    ...at,
    rewardAddress: reward.address,
    amountMicro: reader.u128(),
    cycles: reader.u8(),
    signerKey: data.length >= 50 ? reader.take(33).slice() : null,
    maxAmountMicro: data.length >= 66 ? reader.u128() : null,
    authId: data.length >= 70 ? reader.u32() : null,
  };
}

function parseTransferStx({ at, data, payees }: Found): WithoutSender<StxOp> | null {
  const recipient = payees[0];
  if (data.length < 16 || data.length > 16 + LIMITS.transferMemoBytesMax) return null;
  if (recipient == null) return null;
  return {
    kind: 'transfer-stx',
    ...at,
    recipient: recipient.address,
    amountMicro: new ByteReader(data).u128(),
    memo: data.slice(16),
  };
}

function parseDelegateStx({ at, data, payees }: Found): WithoutSender<StxOp> | null {
  const delegate = payees[0];
  if (data.length < 22 || delegate == null) return null;
  const reader = new ByteReader(data);
  const amountMicro = reader.u128();
  const indexFlag = reader.u8();
  const outputIndex = reader.u32();
  const untilFlag = reader.u8();
  if (indexFlag > 1 || untilFlag > 1 || (untilFlag === 1 && data.length < 30)) return null;
  const untilBurnHeight = untilFlag === 1 ? reader.u64() : null;
  let rewardAddress: { outputIndex: number; address: BurnAddress } | null = null;
  if (indexFlag === 1 && outputIndex < payees.length) {
    const payee = payees[outputIndex];
    if (payee == null) return null;
    rewardAddress = { outputIndex, address: payee.address };
  }
  const delegateTo = delegate.address;
  return { kind: 'delegate-stx', ...at, delegateTo, amountMicro, rewardAddress, untilBurnHeight };
}

function parseVote({ at, data }: Found): WithoutSender<StxOp> | null {
  if (data.length !== 47) return null;
  const reader = new ByteReader(data);
  return {
    kind: 'vote-for-aggregate-key',
    ...at,
    signerIndex: reader.u16(),
    aggregateKey: reader.take(33).slice(),
    round: reader.u32(),
    rewardCycle: reader.u64(),
  };
}
