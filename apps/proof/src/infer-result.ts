/**
 * What `/v2/infer_res/{txid}` answers. Everything after `status` appears as it becomes known; hashes
 * are hex without 0x, amounts decimal strings of micro-STX. Written by node/rpc, read by people and
 * by the checks of `assay verify` (which believe none of it).
 */
export interface InferResult {
  readonly txid: string;
  readonly status: 'Created' | 'InProgress' | 'Success' | 'Failure' | 'NotFound';
  readonly input: string;
  readonly output: string;
  readonly output_hash: string;
  /** Address of the host. */
  readonly inference_node_id: string;
  readonly create_time?: number;
  readonly request_id?: number | null;
  readonly request?: RequestJson | null;
  readonly receipt?: ReceiptJson | null;
  /** SHA-256 of the sketch part that the host opened. */
  readonly sketch_hash?: string | null;
  readonly verdicts?: readonly VerdictJson[];
  readonly is_verified?: boolean;
  readonly error?: string | null;
}

export interface RequestJson {
  readonly id: number;
  readonly status: 'open' | 'settled' | 'rejected' | 'expired' | 'reversed';
  readonly user: string;
  readonly model: string;
  /** 0 public, 1 hash only, 2 sealed. */
  readonly privacy?: number;
  /** Hex of the prompt blob, or of the box around it, when the node has it. */
  readonly prompt?: string | null;
  readonly max_fee: string;
  readonly opened_at: number;
  readonly expires_at: number;
  readonly executor: string;
  readonly executor_endpoint?: string | null;
  readonly host_key: string;
  readonly beacon: string;
  readonly request_hash: string;
  readonly opened: PlaceJson | null;
  readonly closed: PlaceJson | null;
  readonly result: ResultJson | null;
}

/** Where on chain a request was opened or closed. */
export interface PlaceJson {
  readonly event: string;
  readonly txid: string;
  readonly block_id: string;
  readonly block_height: number;
  readonly tenure_consensus_hash: string;
  readonly burn_block_height: number;
  readonly burn_block_hash: string;
  /** Signatures of signers on the block. */
  readonly signatures: number;
}

export interface ResultJson {
  readonly commitment_hash: string;
  readonly output_hash: string;
  readonly transcript_hash: string;
  readonly finish: string;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  readonly verdict: 'valid' | 'invalid';
  readonly cycle: number;
  readonly weight: string;
  readonly total_weight: string;
  readonly paid: string;
  readonly closed_at: number;
}

/** The host's commitment, before and after it is settled. */
export interface ReceiptJson {
  readonly commitment_hash: string;
  readonly transcript_hash: string;
  readonly finish: string;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
}

export interface VerdictJson {
  readonly signer_index: number;
  readonly cycle_parity: number;
  readonly verdict: 'valid' | 'invalid' | 'abstain' | 'committed';
  readonly reason?: string;
  readonly signature?: string;
  /** What the signer committed to before the host opened its sketch; null: nothing. */
  readonly blind?: string | null;
}
