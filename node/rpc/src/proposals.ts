/**
 * Validates proposed blocks in the background, one after another, and announces each verdict.
 * Several signers may share a node: the same block is validated once and its verdict announced to
 * everybody who asks, also later. Source: stacks-core `net/api/postblock_proposal.rs` (facts).
 */
import { bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import { type NakamotoBlock, signerSignatureHash } from '@assay/wire';
import type { World } from '@assay/world';
import { costJson } from './block-json.ts';
import type { Json } from './json.ts';
import { RPC_LIMITS } from './limits.ts';
import type { ProposalPort } from './ports.ts';

/** The body of the event `/proposal_response`. */
export type ProposalResponse = Readonly<Record<string, Json | undefined>>;

export interface ProposalQueueDeps {
  readonly world: Pick<World, 'clock'>;
  readonly proposals: ProposalPort;
  readonly chainId: number;
  readonly log: Logger;
}

export class ProposalQueue {
  readonly #deps: ProposalQueueDeps;
  readonly #waiting = new Map<string, NakamotoBlock>();
  readonly #results = new Map<string, ProposalResponse>();
  readonly #listeners = new Set<(response: ProposalResponse) => void>();
  #running: Promise<void> | null = null;

  constructor(deps: ProposalQueueDeps) {
    this.#deps = deps;
  }

  /** False: too many are waiting; the signer may ask again. */
  add(block: NakamotoBlock, chainId: number): boolean {
    const key = bytesToHex(signerSignatureHash(block.header));
    const known = this.#results.get(key);
    if (known !== undefined) {
      this.#tell(known);
      return true;
    }
    if (this.#waiting.has(key)) return true;
    if (this.#waiting.size >= RPC_LIMITS.proposalsMax) return false;
    if (chainId !== this.#deps.chainId) {
      this.#finish(key, rejection(key, 'NetworkChainMismatch', 'the block is for another chain'));
      return true;
    }
    this.#waiting.set(key, block);
    this.#running ??= this.#run();
    return true;
  }

  /** Told of every verdict. Returns the way to stop. */
  onResponse(listener: (response: ProposalResponse) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #run(): Promise<void> {
    // Answer the request that started this before validating: 202 comes first.
    await Promise.resolve();
    for (;;) {
      const next = this.#waiting.entries().next();
      if (next.done) break;
      const [key, block] = next.value;
      const response = await this.#validate(key, block);
      this.#waiting.delete(key);
      this.#finish(key, response);
    }
    this.#running = null;
  }

  async #validate(key: string, block: NakamotoBlock): Promise<ProposalResponse> {
    const { clock } = this.#deps.world;
    const startMs = clock.nowMs();
    try {
      const verdict = await this.#deps.proposals.validate(block);
      if (!verdict.ok) {
        const { code, message, failedTxid } = verdict.error;
        return rejection(key, code, message, failedTxid);
      }
      return {
        result: 'Ok',
        signer_signature_hash: key,
        cost: costJson(verdict.value.cost),
        size: verdict.value.sizeBytes,
        validation_time_ms: clock.nowMs() - startMs,
        replay_tx_hash: null,
        replay_tx_exhausted: false,
      };
    } catch (cause) {
      this.#deps.log.error('proposal could not be validated', { block: key, cause });
      return rejection(key, 'ChainstateError', 'internal error');
    }
  }

  #finish(key: string, response: ProposalResponse): void {
    // A parent that is not here yet may arrive: such verdicts are not kept.
    const isFinal = !['UnknownParent', 'NoSuchTenure', 'ChainstateError', 'NotFoundError'].includes(
      String(response.reason_code ?? ''),
    );
    if (isFinal) this.#results.set(key, response);
    if (this.#results.size > RPC_LIMITS.proposalResultsMax) {
      this.#results.delete(this.#results.keys().next().value!);
    }
    this.#tell(response);
  }

  #tell(response: ProposalResponse): void {
    for (const listener of [...this.#listeners]) listener(response);
  }
}

function rejection(
  key: string,
  code: string,
  message: string,
  failedTxid?: Uint8Array,
): ProposalResponse {
  return {
    result: 'Reject',
    signer_signature_hash: key,
    reason: message,
    reason_code: code,
    failed_txid: failedTxid === undefined ? null : bytesToHex(failedTxid),
  };
}
