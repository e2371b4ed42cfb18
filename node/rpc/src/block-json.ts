/**
 * Headers, costs and bit vectors as stacks-core serializes them to JSON (hex without 0x).
 * Used by tenure routes and events.
 */
import { ByteWriter, bytesToHex } from '@assay/bytes';
import type { ExecutionCost } from '@assay/params';
import { type BitVec, type NakamotoBlockHeader, writeBitVec } from '@assay/wire';
import type { Json } from './json.ts';

export function headerJson(header: NakamotoBlockHeader): Json {
  return {
    version: header.version,
    chain_length: header.chainLength,
    burn_spent: header.burnSpent,
    consensus_hash: bytesToHex(header.consensusHash),
    parent_block_id: bytesToHex(header.parentBlockId),
    tx_merkle_root: bytesToHex(header.txMerkleRoot),
    state_index_root: bytesToHex(header.stateIndexRoot),
    timestamp: header.timestampSecs,
    miner_signature: bytesToHex(header.minerSignature),
    signer_signature: header.signerSignatures.map(bytesToHex),
    pox_treatment: bitVecHex(header.poxTreatment),
  };
}

export function bitVecHex(bits: BitVec): string {
  const writer = new ByteWriter(64);
  writeBitVec(writer, bits);
  return bytesToHex(writer.finish());
}

/** Costs as chainstate (bigint) or the VM (number) counts them. */
type CostLike = { readonly [name in keyof ExecutionCost]: bigint | number };

export function costJson(cost: CostLike): Json {
  return {
    write_length: cost.writeLength,
    write_count: cost.writeCount,
    read_length: cost.readLength,
    read_count: cost.readCount,
    runtime: cost.runtime,
  };
}

export const ZERO_COST: ExecutionCost = {
  writeLength: 0n,
  writeCount: 0n,
  readLength: 0n,
  readCount: 0n,
  runtime: 0n,
};
