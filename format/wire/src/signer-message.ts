/**
 * Everything miners and signers say to each other, one byte of kind in front. They travel as the
 * data of StackerDB chunks.
 * Source: libsigner/src/v0/messages.rs SignerMessage.
 */
import { type ByteReader, ByteWriter, type Result } from '@assay/bytes';
import { type NakamotoBlock, readBlock, writeBlock } from './block.ts';
import { type BlockProposal, readBlockProposal, writeBlockProposal } from './block-proposal.ts';
import { type BlockResponse, readBlockResponse, writeBlockResponse } from './block-response.ts';
import { decodeWhole, type WireError } from './door.ts';
import { LIMITS } from './limits.ts';
import {
  readStateMachineUpdate,
  type StateMachineUpdate,
  writeStateMachineUpdate,
} from './state-machine-update.ts';

/** Lanes of the signers' databases: the last number of `.signers-{cycle mod 2}-{lane}`. */
export const SIGNER_LANE = { blockResponse: 1, stateMachineUpdate: 2, blockPreCommit: 3 } as const;

/** Which of a miner's two slots in `.miners` carries what. */
export const MINER_SLOT = { blockProposal: 0, blockPushed: 1 } as const;

export type SignerMessage =
  | { readonly kind: 'block-proposal'; readonly proposal: BlockProposal }
  | { readonly kind: 'block-response'; readonly response: BlockResponse }
  | { readonly kind: 'block-pushed'; readonly block: NakamotoBlock }
  | { readonly kind: 'state-machine-update'; readonly update: StateMachineUpdate }
  /** 32 bytes: the block that the signer is about to sign when enough others are. */
  | { readonly kind: 'block-pre-commit'; readonly signerSignatureHash: Uint8Array };

/** The wire's kinds; 3 to 5 were mock signing in epoch 2.5 and are refused. */
const KIND = {
  'block-proposal': 0,
  'block-response': 1,
  'block-pushed': 2,
  'state-machine-update': 6,
  'block-pre-commit': 7,
} as const;

export function encodeSignerMessage(message: SignerMessage): Uint8Array {
  const writer = new ByteWriter(512).u8(KIND[message.kind]);
  switch (message.kind) {
    case 'block-proposal':
      writeBlockProposal(writer, message.proposal);
      break;
    case 'block-response':
      writeBlockResponse(writer, message.response);
      break;
    case 'block-pushed':
      writeBlock(writer, message.block);
      break;
    case 'state-machine-update':
      writeStateMachineUpdate(writer, message.update);
      break;
    case 'block-pre-commit':
      writer.raw(message.signerSignatureHash);
      break;
  }
  return writer.finish();
}

function readSignerMessage(reader: ByteReader): SignerMessage {
  const kind = reader.u8();
  switch (kind) {
    case KIND['block-proposal']:
      return { kind: 'block-proposal', proposal: readBlockProposal(reader) };
    case KIND['block-response']:
      return { kind: 'block-response', response: readBlockResponse(reader) };
    case KIND['block-pushed']:
      return { kind: 'block-pushed', block: readBlock(reader) };
    case KIND['state-machine-update']:
      return { kind: 'state-machine-update', update: readStateMachineUpdate(reader) };
    case KIND['block-pre-commit']:
      return { kind: 'block-pre-commit', signerSignatureHash: reader.take(32) };
    default:
      return reader.fail('wire/signer-message', `unknown signer message ${kind}`);
  }
}

/** Exactly one message. */
export function decodeSignerMessage(bytes: Uint8Array): Result<SignerMessage, WireError> {
  const sizeMax = LIMITS.blockBytesMax + LIMITS.signerDataBytesMax + 64;
  return decodeWhole(bytes, sizeMax, readSignerMessage);
}
