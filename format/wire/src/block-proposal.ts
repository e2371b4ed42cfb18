/**
 * What a miner puts before the signers: an unsigned block with the burn view it was made in and
 * diagnostics that never decide anything.
 * Source: libsigner/src/events.rs BlockProposal; stacks-common/src/types/mod.rs.
 */
import { ByteReader, ByteWriter } from '@assay/bytes';
import { type NakamotoBlock, readBlock, writeBlock } from './block.ts';
import { readTail, readText, writeText } from './signer-text.ts';

/** Version of the tail written here. */
export const BLOCK_PROPOSAL_DATA_VERSION = 3;
const FIRST_WITH_DIAGNOSTICS = 3;

/** Why the miner made a block now; the index is the wire's byte. */
const MINING_REASONS = ['block-found', 'extended', 'read-count-extend'] as const;

export type MiningReason = (typeof MINING_REASONS)[number];

export interface MinerDiagnostics {
  readonly burnTipHeight: bigint;
  /** 20 bytes. */
  readonly burnTipConsensusHash: Uint8Array;
  /** 32 bytes. */
  readonly burnTipHeaderHash: Uint8Array;
  readonly tenureExtendTimestampSecs: bigint;
  readonly readCountExtendTimestampSecs: bigint;
  readonly miningReason: MiningReason;
}

export interface BlockProposalData {
  readonly version: number;
  readonly serverVersion: string;
  /** From version 3 on. */
  readonly diagnostics: MinerDiagnostics | null;
  /** What a newer version appended. */
  readonly unknownBytes: Uint8Array;
}

export interface BlockProposal {
  readonly block: NakamotoBlock;
  readonly burnHeight: number;
  readonly rewardCycle: number;
  /** Null in messages from before there was a tail. */
  readonly data: BlockProposalData | null;
}

/** A tail of the current version. */
export function blockProposalData(
  serverVersion: string,
  diagnostics: MinerDiagnostics,
): BlockProposalData {
  const unknownBytes = new Uint8Array(0);
  return { version: BLOCK_PROPOSAL_DATA_VERSION, serverVersion, diagnostics, unknownBytes };
}

function writeDiagnostics(writer: ByteWriter, diagnostics: MinerDiagnostics): void {
  writer.u64(diagnostics.burnTipHeight).raw(diagnostics.burnTipConsensusHash);
  writer.raw(diagnostics.burnTipHeaderHash).u64(diagnostics.tenureExtendTimestampSecs);
  writer.u64(diagnostics.readCountExtendTimestampSecs);
  writer.u8(MINING_REASONS.indexOf(diagnostics.miningReason));
}

function readDiagnostics(reader: ByteReader): MinerDiagnostics {
  return {
    burnTipHeight: reader.u64(),
    burnTipConsensusHash: reader.take(20),
    burnTipHeaderHash: reader.take(32),
    tenureExtendTimestampSecs: reader.u64(),
    readCountExtendTimestampSecs: reader.u64(),
    miningReason: readMiningReason(reader),
  };
}

function readMiningReason(reader: ByteReader): MiningReason {
  const id = reader.u8();
  return MINING_REASONS[id] ?? reader.fail('wire/mining-reason', `unknown mining reason ${id}`);
}

function writeData(writer: ByteWriter, data: BlockProposalData): void {
  const inner = new ByteWriter(128);
  writeText(inner, data.serverVersion);
  if (data.diagnostics) writeDiagnostics(inner, data.diagnostics);
  inner.raw(data.unknownBytes);
  writer.u8(data.version).u32(inner.length).raw(inner.finish());
}

function readData(reader: ByteReader): BlockProposalData {
  const version = reader.u8();
  const inner = new ByteReader(readTail(reader));
  return {
    version,
    serverVersion: readText(inner),
    diagnostics: version >= FIRST_WITH_DIAGNOSTICS ? readDiagnostics(inner) : null,
    unknownBytes: inner.take(inner.remaining),
  };
}

export function writeBlockProposal(writer: ByteWriter, proposal: BlockProposal): void {
  writeBlock(writer, proposal.block);
  writer.u64(proposal.burnHeight).u64(proposal.rewardCycle);
  if (proposal.data) writeData(writer, proposal.data);
}

/** Must stand at the end of its bytes. @throws DecodeError */
export function readBlockProposal(reader: ByteReader): BlockProposal {
  const block = readBlock(reader);
  const burnHeight = reader.u64Safe();
  const rewardCycle = reader.u64Safe();
  const data = reader.remaining === 0 ? null : readData(reader);
  return { block, burnHeight, rewardCycle, data };
}
