/**
 * StackerDB and signer routes: slots, chunks, the signer set, block proposals.
 * Shapes: reference/stacks.md 2.12, 5; stacks-clients.md 1.6.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type SlotMetadata, type StackerDbChunk, slotMetadata } from '@assay/wire';
import { slashed } from './chain.ts';
import { CLIENT_LIMITS } from './limits.ts';
import {
  bigintAt,
  bytesAt,
  flagAt,
  hexValue,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectOrNullAt,
} from './shape.ts';
import { ClientError, isOk, jsonBody, type Transport } from './transport.ts';

export interface SignerSlot {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

export interface PutOutcome {
  readonly accepted: boolean;
  /** Stacks' code 0 to 4 when refused. */
  readonly code: number | null;
  readonly reason: string | null;
  /** What the slot holds now; null when there is no such slot. */
  readonly metadata: SlotMetadata | null;
}

export class StackerDbClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All slots; version 0 was never written. Null: the node follows no such database. */
  async slots(contractId: string): Promise<readonly SlotMetadata[] | null> {
    const path = `/v2/stackerdb/${slashed(contractId)}`;
    const raw = await this.#transport.jsonOrNull({ path });
    return raw === null ? null : (raw as unknown as readonly JsonObject[]).map(metadataOf);
  }

  /** The newest chunk of a slot; null when it was never written. */
  async chunk(contractId: string, slotId: number): Promise<StackerDbChunk | null> {
    for (let attempt = 0; attempt < CLIENT_LIMITS.chunkAttemptsMax; attempt++) {
      const path = `/v2/stackerdb/${slashed(contractId)}/${slotId}`;
      const answer = await this.#transport.send({ path });
      if (answer.status === 404) return null;
      if (!isOk(answer)) throw new ClientError('client/status', path, answer);
      const version = Number(answer.headers['x-slot-version']);
      const signature = hexValue(answer.headers['x-slot-signature']);
      const data = answer.body;
      if (signature?.length === 65 && Number.isInteger(version)) {
        return { slotId, slotVersion: version, signature, data };
      }
      const found = await this.#withMetadata(contractId, slotId, data);
      if (found !== 'changed') return found;
    }
    return null;
  }

  /** A node that sends no headers: version and signature come from the slot's metadata. */
  async #withMetadata(
    contractId: string,
    slotId: number,
    data: Uint8Array,
  ): Promise<StackerDbChunk | null | 'changed'> {
    const slot = (await this.slots(contractId))?.[slotId];
    if (slot === undefined || slot.slotVersion === 0) return null;
    const { slotVersion, signature } = slot;
    const chunk = { slotId, slotVersion, signature, data };
    return bytesEqual(slotMetadata(chunk).dataHash, slot.dataHash) ? chunk : 'changed';
  }

  /** @throws ClientError 404 when the node follows no such database */
  async putChunk(contractId: string, chunk: StackerDbChunk): Promise<PutOutcome> {
    const raw = await this.#transport.json({
      path: `/v2/stackerdb/${slashed(contractId)}/chunks`,
      body: jsonBody({
        slot_id: chunk.slotId,
        slot_version: chunk.slotVersion,
        sig: bytesToHex(chunk.signature),
        data: bytesToHex(chunk.data),
      }),
    });
    const metadata = objectOrNullAt(raw, 'metadata');
    return {
      accepted: flagAt(raw, 'accepted'),
      code: typeof raw.code === 'number' ? raw.code : null,
      reason: typeof raw.reason === 'string' ? raw.reason : null,
      metadata: metadata === null ? null : metadataOf(metadata),
    };
  }

  /** Signers of a cycle in slot order; null while the set is not known. */
  async signerSet(cycle: number): Promise<readonly SignerSlot[] | null> {
    const path = `/v3/stacker_set/${cycle}`;
    const answer = await this.#transport.send({ path });
    if (answer.status === 400) return null;
    if (!isOk(answer)) throw new ClientError('client/status', path, answer);
    const raw = JSON.parse(new TextDecoder().decode(answer.body)) as JsonObject;
    return listAt(objectAt(raw, 'stacker_set'), 'signers').map((signer) => ({
      publicKey: bytesAt(signer, 'signing_key'),
      weight: bigintAt(signer, 'weight'),
    }));
  }

  /** Asks the node to validate a block. False: it is busy, ask again. Needs the auth token. */
  async proposeBlock(block: Uint8Array, chainId: number): Promise<boolean> {
    const path = '/v3/block_proposal';
    const body = jsonBody({ block: bytesToHex(block), chain_id: chainId });
    const answer = await this.#transport.send({ path, body, isAuthorized: true });
    if (answer.status === 429) return false;
    if (!isOk(answer)) throw new ClientError('client/status', path, answer);
    return true;
  }
}

function metadataOf(raw: JsonObject): SlotMetadata {
  return {
    slotId: numberAt(raw, 'slot_id'),
    slotVersion: numberAt(raw, 'slot_version'),
    dataHash: bytesAt(raw, 'data_hash'),
    signature: bytesAt(raw, 'signature'),
  };
}
