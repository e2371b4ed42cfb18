/**
 * The inference side of the RPC put together: requests, their results, the answer to a user's
 * transaction. Status words are those of FunAI's guide: `Created` (pending), `InProgress` (open on
 * chain), `Success` (settled), `Failure` (rejected, expired, aborted or dropped), `NotFound`.
 * Source: reference/funai.md 4; DESIGN section 5.
 */
import { bytesEqual, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { Cv, clarityValueToString, parsePrincipal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import { decodePrompt, decodeTranscript, type Receipt } from '@assay/jobs';
import type { Store } from '@assay/store';
import type { Transaction } from '@assay/wire';
import type { Json } from '../json.ts';
import { findTransaction, type MinedTransaction } from '../mined-transaction.ts';
import type { RpcDeps } from '../ports.ts';
import { InferenceBoards, type PublishedVerdict, receiptCommitmentHash } from './boards.ts';
import { type Announcement, ContentStore } from './content-store.ts';
import { type Access, mayRead } from './entitlement.ts';
import { InferenceIndex, type InferenceTrace } from './inference-index.ts';
import { InferenceRecords, type RequestRecord, type ResultRecord } from './records.ts';

/** Pending transactions searched for a prompt hash. */
const PENDING_SEARCHED = 1_000;

export class InferenceService {
  readonly #deps: RpcDeps;
  readonly #index: InferenceIndex;
  readonly #boards: InferenceBoards;
  readonly content: ContentStore;

  /** @param store the RPC's own corner of the node's database */
  constructor(deps: RpcDeps, store: Store) {
    const { bootAddress } = deps.network;
    this.#deps = deps;
    const { chain, coordinator } = deps;
    const prefix = (name: string) => store.prefixed(new TextEncoder().encode(name));
    this.#index = new InferenceIndex(
      { chain, coordinator, store: prefix('inference/') },
      bootAddress,
    );
    this.#boards = new InferenceBoards(deps.stackerdb, bootAddress);
    this.content = new ContentStore(prefix('content/'), (hash) => this.#announced(hash));
  }

  records(): InferenceRecords {
    const tip = this.#deps.coordinator.tip();
    return new InferenceRecords(this.#deps.chain.view(tip.blockId), this.#deps.network.bootAddress);
  }

  /** One request with all that hosts and judges need; null: no such id. */
  request(id: bigint, records = this.records()): Json | null {
    const record = records.request(id);
    return record === null ? null : this.#requestJson(record, records);
  }

  /**
   * The answer to a user's transaction, under the path's own spelling of its id.
   * @param caller key of a signed call: parties of a hash-only request read prompt and answer
   */
  resultOf(txid: Uint8Array, label: string, caller: Uint8Array | null = null): Json {
    const mined = findTransaction(this.#deps, txid);
    if (mined?.isCanonical) {
      const id = this.#index.openedBy(mined.receipt);
      if (id !== null) return this.#openedResult(id, label, caller);
      return unopenedResult(mined, label);
    }
    const pending = this.#deps.mempool.transaction(txid);
    if (pending !== null) {
      const blob = this.#inlinePrompt(pending.checked.tx);
      return {
        ...emptyResult(label, 'Created'),
        input: blob === null ? '' : promptText(blob),
        create_time: Math.floor(pending.receivedMs / 1000),
      };
    }
    const departure = this.#deps.mempool.departure(txid);
    if (departure?.kind === 'dropped') {
      return { ...emptyResult(label, 'Failure'), error: departure.detail };
    }
    return emptyResult(label, 'NotFound');
  }

  #openedResult(id: bigint, label: string, caller: Uint8Array | null): Json {
    const records = this.records();
    const record = records.request(id);
    if (record === null) return emptyResult(label, 'NotFound');
    const trace = this.#index.trace(id);
    const result = records.result(id);
    const receipt = this.#boards.receipt(record.requestHash);
    const transcriptHash = result?.transcriptHash ?? receipt?.commitment.transcriptHash ?? null;
    const commitment =
      result?.commitmentHash ?? (receipt === null ? null : receiptCommitmentHash(receipt));
    const isReadable = mayRead(this.#deps, [record], caller) === 'granted';
    const prompt = isReadable ? this.#prompt(record, trace) : null;
    const output = isReadable && transcriptHash !== null ? this.#outputText(transcriptHash) : null;
    const outputHash = result?.outputHash ?? receipt?.commitment.outputHash ?? null;
    return {
      ...emptyResult(label, statusWord(record)),
      input: prompt === null || record.privacy === 2 ? '' : promptText(prompt),
      output: output ?? '',
      output_hash: outputHash === null ? '' : bytesToHex(outputHash),
      inference_node_id: record.executor,
      create_time: trace.opened?.header.header.timestampSecs ?? 0,
      request_id: Number(id),
      request: this.#requestJson(record, records, trace),
      receipt: receiptJson(receipt, result),
      sketch_hash: hexOrNull(this.#boards.sketchOf(id) ?? this.content.sketchOf(id)),
      verdicts: commitment === null ? [] : this.#boards.verdicts(id, commitment).map(verdictJson),
      is_verified: record.status === 'settled',
      error:
        record.status === 'open' || record.status === 'settled' ? null : FAILURES[record.status],
    };
  }

  #requestJson(
    record: RequestRecord,
    records: InferenceRecords,
    trace = this.#index.trace(record.id),
  ): Json {
    const endpointOf = (host: string) => {
      const principal = parsePrincipal(host);
      return principal.ok ? records.hostEndpoint(Cv.principal(principal.value)) : null;
    };
    // A hash-only prompt is fetched by its hash, with a signed call.
    const prompt = record.privacy === 1 ? null : this.#prompt(record, trace);
    const result = records.result(record.id);
    return {
      id: Number(record.id),
      status: record.status,
      user: record.user,
      model: bytesToHex(record.model),
      prompt_hash: bytesToHex(record.promptHash),
      prompt_length: record.promptLength,
      prompt: prompt === null ? null : bytesToHex(prompt),
      params: {
        temperature: record.params.temperatureMicro,
        top_p: record.params.topPMicro,
        top_k: record.params.topK,
        max_tokens: record.params.maxTokens,
      },
      max_fee: record.maxFeeMicro.toString(),
      opened_at: record.openedAt,
      expires_at: record.expiresAt,
      privacy: record.privacy,
      client_nonce: bytesToHex(record.clientNonce),
      executor: record.executor,
      executor_endpoint: endpointOf(record.executor),
      host_key: bytesToHex(record.hostKey),
      input_price: record.inputPriceMicro.toString(),
      output_price: record.outputPriceMicro.toString(),
      fallbacks: record.fallbacks.map((one) => ({
        host: one.host,
        host_key: bytesToHex(one.key),
        endpoint: endpointOf(one.host),
        input_price: one.inputPriceMicro.toString(),
        output_price: one.outputPriceMicro.toString(),
      })),
      is_answered: this.#boards.receipt(record.requestHash) !== null,
      opened_time: record.openedTimeSecs,
      fallback_window: records.fallbackWindowSecs(),
      beacon: bytesToHex(record.beacon),
      request_hash: bytesToHex(record.requestHash),
      opened: placeJson(trace.opened),
      closed: placeJson(trace.closed),
      result: result === null ? null : resultJson(result),
    };
  }

  /** The blob: from the opening event when it was inline, else from the content store. */
  #prompt(record: RequestRecord, trace: InferenceTrace): Uint8Array | null {
    const { opened } = trace;
    const inline = opened?.fields.has('prompt') ? opened.fields.optionalBytes('prompt') : null;
    return inline ?? this.content.get(record.promptHash);
  }

  #outputText(transcriptHash: Uint8Array): string | null {
    const bytes = this.content.get(transcriptHash);
    if (bytes === null) return null;
    const transcript = decodeTranscript(bytes);
    return transcript.ok ? transcript.value.text : null;
  }

  #announced(hash: Uint8Array): Announcement | null {
    const answer = this.#boards.announcedFor(hash);
    if (answer !== null) return answer;
    const records = this.records();
    const isOpen = this.#index
      .idsByPrompt(hash)
      .some((id) => records.request(id)?.status === 'open');
    if (isOpen) return 'prompt';
    const recent = this.#deps.mempool.recent(PENDING_SEARCHED);
    return recent.some(({ tx }) => isPromptOf(tx, hash)) ? 'prompt' : null;
  }

  /** Whether a caller may have content; a prompt of which nothing is on chain yet is nobody's. */
  access(hash: Uint8Array, caller: Uint8Array | null): Access {
    const records = this.records();
    const id = this.content.requestOf(hash);
    const ids = id === null ? this.#index.idsByPrompt(hash) : [id];
    const known = ids.flatMap((one) => records.request(one) ?? []);
    return mayRead(this.#deps, known, caller);
  }

  /** Wakes when a signer says something about an answer. Returns the way to stop. */
  onVerdicts(wake: () => void): () => void {
    const { bootAddress } = this.#deps.network;
    const isVerdicts = (id: string) => id.startsWith(`${bootAddress}.inference-verdicts-`);
    return this.#deps.stackerdb.onChunks(({ contractId }) => {
      if (isVerdicts(contractId)) wake();
    });
  }

  /** Differs whenever a host has something to look at: the tip moved, or a signer has spoken. */
  newsCursor(): string {
    const tip = bytesToHex(this.#deps.coordinator.tip().blockId);
    const versions = sha256(bytesFromUtf8(this.#boards.verdictVersions()));
    return `${tip}${bytesToHex(versions).slice(0, 16)}`;
  }

  #inlinePrompt(tx: Transaction): Uint8Array | null {
    const { payload } = tx;
    if (payload.kind !== 'infer') return null;
    return payload.prompt.kind === 'inline' ? payload.prompt.blob : null;
  }
}

/** A pending request, native or as a contract call, that names this prompt hash. */
function isPromptOf(tx: Transaction, hash: Uint8Array): boolean {
  const { payload } = tx;
  if (payload.kind === 'infer') {
    const { prompt } = payload;
    return bytesEqual(prompt.kind === 'hash' ? prompt.hash : sha256(prompt.blob), hash);
  }
  if (payload.kind !== 'contract-call' || payload.functionName !== 'request') return false;
  const named = payload.args[2];
  return named?.type === 'buffer' && bytesEqual(named.value, hash);
}

/** A mined transaction without a request: refused by the contract, or about something else. */
function unopenedResult({ tx, receipt }: MinedTransaction, label: string): Json {
  if (receipt.status === 'success') {
    return { ...emptyResult(label, 'NotFound'), error: 'the transaction asked for no inference' };
  }
  const { payload } = tx;
  const isRequest =
    payload.kind === 'infer' ||
    (payload.kind === 'contract-call' && payload.functionName === 'request');
  const why = receipt.vmError ?? `refused with ${clarityValueToString(receipt.result)}`;
  return { ...emptyResult(label, isRequest ? 'Failure' : 'NotFound'), error: why };
}

const FAILURES = {
  rejected: 'the signers found the answer false; the fee went back to the user',
  expired: 'no answer by the deadline; the fee went back to the user',
  reversed: 'a dispute showed the answer to be false; the user is repaid from the bond of the host',
} as const;

function statusWord(record: RequestRecord): string {
  if (record.status === 'open') return 'InProgress';
  return record.status === 'settled' ? 'Success' : 'Failure';
}

/** Strings are empty and not null where FunAI's clients expect strings. */
function emptyResult(txid: string, status: string): Readonly<Record<string, Json | undefined>> {
  return {
    txid,
    status,
    input: '',
    output: '',
    output_hash: '',
    inference_node_id: '',
    create_time: 0,
    request_id: null,
    receipt: null,
    verdicts: [],
    is_verified: false,
    error: null,
  };
}

/** A sealed prompt does not read as text. */
function promptText(blob: Uint8Array): string {
  const prompt = decodePrompt(blob);
  return prompt.ok ? prompt.value.prompt : '';
}

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : bytesToHex(bytes);
}

function placeJson(event: InferenceTrace['opened']): Json {
  if (event === null) return null;
  const { header } = event;
  return {
    event: event.kind,
    txid: bytesToHex(event.txid),
    block_id: bytesToHex(header.blockId),
    block_height: header.height,
    tenure_consensus_hash: bytesToHex(header.tenureView.consensusHash),
    burn_block_height: header.burnView.burnHeight,
    burn_block_hash: bytesToHex(header.burnView.burnHeaderHash),
    signatures: header.header.signerSignatures.length,
  };
}

function resultJson(result: ResultRecord): Json {
  return {
    commitment_hash: bytesToHex(result.commitmentHash),
    output_hash: bytesToHex(result.outputHash),
    transcript_hash: bytesToHex(result.transcriptHash),
    finish: result.finish,
    prompt_tokens: result.promptTokens,
    output_tokens: result.outputTokens,
    verdict: result.verdict,
    cycle: result.cycle,
    weight: result.weight.toString(),
    total_weight: result.totalWeight.toString(),
    paid: result.paidMicro.toString(),
    closed_at: result.closedAt,
  };
}

/** The commitment as the host signed it, while its chunk stands; else what the chain kept of it. */
function receiptJson(receipt: Receipt | null, result: ResultRecord | null): Json {
  if (receipt === null) return result === null ? null : resultJson(result);
  const { commitment } = receipt;
  return {
    commitment_hash: bytesToHex(receiptCommitmentHash(receipt)),
    request_hash: bytesToHex(commitment.requestHash),
    model: bytesToHex(commitment.model),
    seed: bytesToHex(commitment.seed),
    ids_root: bytesToHex(commitment.idsRoot),
    sketch_root: bytesToHex(commitment.sketchRoot),
    transcript_hash: bytesToHex(commitment.transcriptHash),
    output_hash: bytesToHex(commitment.outputHash),
    finish: commitment.finish,
    prompt_tokens: commitment.promptTokens,
    output_tokens: commitment.outputTokens,
    timestamp: commitment.timestampSecs,
    host_signature: bytesToHex(receipt.hostSignature),
    ...(result === null ? {} : { paid: result.paidMicro.toString(), verdict: result.verdict }),
  };
}

function verdictJson({ cycleParity, signerIndex, entry }: PublishedVerdict): Json {
  return {
    signer_index: signerIndex,
    cycle_parity: cycleParity,
    verdict: entry.verdict,
    ...(entry.verdict === 'abstain' ? { reason: entry.reason } : { blind: hexOrNull(entry.blind) }),
    ...('signature' in entry ? { signature: bytesToHex(entry.signature) } : {}),
  };
}
