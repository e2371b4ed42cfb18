/**
 * `assay verify`: checks an answer from the chain up and believes no field of the node that can be
 * checked. The node is asked only for bytes; ids, roots, keys, sums and seeds are computed here.
 * What each check proves, and what none of them does, is in docs/verify-an-answer.md.
 *
 * request transaction -> its block -> record in the signed state -> commitment -> verdicts ->
 * settlement's block -> transcript -> Bitcoin (when a Bitcoin node is given) -> model (when asked).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { type ClosingCertificate, decodeSketchPart, type SealKeyPair } from '@assay/jobs';
import { DEVNET, NETWORKS, type NetworkParams } from '@assay/params';
import { checkBitcoin } from './bitcoin.ts';
import type { BitcoinSource } from './bitcoin-source.ts';
import { checkPlace, type PlacedTransaction } from './block.ts';
import { CannotGoOn, type Check, Checks, type ProvenAnswer, type VerifyReport } from './checks.ts';
import type { InferResult } from './infer-result.ts';
import { fetchJson, type NodeSource } from './node-source.ts';
import { checkTerms, type ProvenRequest, proveRequest, proveResult } from './record.ts';
import { readingOf } from './sealed.ts';
import { checkCommitment, checkPayment, checkVerdicts, settlementOf } from './settlement.ts';
import { SignerSets } from './signer-sets.ts';
import { fetchBytes, field, hexBytes, type Signer } from './sources.ts';
import { type CheckedTranscript, checkTranscript, sampledLogprobs } from './transcript.ts';

export interface VerifyOptions {
  /** Whose signatures count, independently of the node. */
  readonly trusted?: TrustedNetwork | undefined;
  readonly bitcoin?: BitcoinSource | undefined;
  /** Opens a sealed request: of the user who asked, or of a host or judge. Secret. */
  readonly sealKeys?: SealKeyPair | undefined;
  /** Called with each check as it is done, for long checks on slow lines. */
  readonly onCheck?: ((check: Check) => void) | undefined;
  /** Runs the model over the answer, where there is one to run. */
  readonly rescore?: ((checks: Checks, input: RescoreInput) => Promise<void>) | undefined;
}

/** What a genesis file says. */
export interface TrustedNetwork {
  readonly network: NetworkParams;
  readonly signers: readonly Signer[];
}

/** What a judge needs, every part of it checked. */
export interface RescoreInput {
  readonly chainId: number;
  readonly record: ProvenRequest;
  readonly settlement: ClosingCertificate;
  readonly transcript: Uint8Array | null;
  /** The sketch part. */
  readonly sketch: Uint8Array | null;
  /** What the model saw; null when it is not public and the store has no copy. */
  readonly promptBlob: Uint8Array | null;
  /** The boxes that prompt and transcript came in; null of public requests. */
  readonly sealedPrompt: Uint8Array | null;
  readonly sealedTranscript: Uint8Array | null;
}

/** @param txid transaction of the request, 64 hex digits @throws SourceError (or the source's own) when the node does not answer */
export async function verifyAnswer(
  node: NodeSource,
  txid: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const checks = new Checks(options.onCheck);
  try {
    const answer = await run(node, txid, options, checks);
    return { ...checks.report(true), answer };
  } catch (error) {
    if (error instanceof CannotGoOn) return { ...checks.report(false), answer: null };
    throw error;
  }
}

async function networkOf(node: NodeSource): Promise<NetworkParams> {
  const id = field(await fetchJson(node, '/v2/info'), 'network_id');
  return Object.values(NETWORKS).find((one) => one.chainId === id) ?? DEVNET;
}

/** The node's claim about a request; nothing of it is believed. */
async function claimedResult(node: NodeSource, checks: Checks, txid: string): Promise<InferResult> {
  const json = await fetchJson(node, `/v2/infer_res/${txid}`);
  const isRecord = typeof field(json, 'status') === 'string';
  const claim = isRecord ? (json as InferResult) : null;
  return checks.need('the node knows the request', claim, 'it gives no record of it');
}

async function run(
  node: NodeSource,
  txid: string,
  options: VerifyOptions,
  checks: Checks,
): Promise<ProvenAnswer> {
  const asked = checks.need('the transaction id has 64 hex digits', hexBytes(txid, 32), txid);
  const result = await claimedResult(node, checks, bytesToHex(asked));
  const { opened, closed } = closedRequest(checks, result);
  const { trusted } = options;
  const network = trusted?.network ?? (await networkOf(node));
  const signerSets = new SignerSets(node, trusted?.signers ?? null);
  const deps = { node, checks, pox: network.pox, signerSets };
  const request = await checkPlace(deps, 'request', { txid: asked, place: opened });
  const closedBy = hexBytes(closed.txid, 32) ?? new Uint8Array(32);
  const settled = await checkPlace(deps, 'settlement', { txid: closedBy, place: closed });

  const contract = `${network.bootAddress}.inference`;
  const settlement = checks.need(
    'the settlement is a call of .inference settle',
    settlementOf(settled.tx, contract),
    'it is something else',
  );
  const recordDeps = { node, checks, contract };
  const at = { id: settlement.requestId, settled };
  const record = await proveRequest(recordDeps, at);
  const kept = await proveResult(recordDeps, at);
  checkTerms(checks, request, record, contract);
  checkBeacon(checks, request, record);
  checkCommitment(checks, network.chainId, settlement, record);
  const set = checks.need(
    'the signers of the verdicts are known',
    await signerSets.of(kept.cycle),
    `no signer set of cycle ${kept.cycle}`,
  );
  checkVerdicts(checks, network.chainId, settlement, set);
  checkPayment(checks, settlement, record, kept);
  const { chainId } = network;
  const storedPrompt = await fetchPrompt(node, record, result);
  const { sealKeys } = options;
  const reading = await readingOf(checks, { chainId, record, storedPrompt, sealKeys });
  const transcript = await checkTranscript(node, checks, {
    commitment: settlement.commitment,
    result,
    reading,
    signers: set,
  });
  if (trusted === undefined) {
    checks.skip(
      'the signer set is that of the network',
      'the node said so; give the genesis file to check',
    );
  }
  await checkTenures(node, checks, network, options, { request, settled });
  if (options.rescore !== undefined) {
    await options.rescore(checks, {
      chainId,
      record,
      settlement,
      transcript: transcript?.bytes ?? null,
      sketch: transcript?.sketch ?? null,
      promptBlob: reading?.promptBlob ?? null,
      sealedPrompt: reading?.isSealed ? storedPrompt : null,
      sealedTranscript: transcript?.sealed ?? null,
    });
  }
  return {
    requestTxid: bytesToHex(request.txid),
    settlementTxid: bytesToHex(settled.txid),
    model: bytesToHex(record.request.model),
    host: record.executor,
    paidMicro: kept.paidMicro,
    blockHeight: settled.block.header.chainLength,
    burnHeight: settled.sortition.burnHeight,
    burnHash: bytesToHex(settled.sortition.burnHash),
    promptTokens: settlement.commitment.promptTokens,
    sealedPrompt: reading?.prompt ?? null,
    transcript: transcript === null ? null : claimsOf(transcript),
  };
}

/** Without the sketch part nothing was claimed about logprobs. */
function claimsOf({ ids, sketch: bytes, judges }: CheckedTranscript): ProvenAnswer['transcript'] {
  const { text, outputIds } = ids;
  const part = bytes === null ? null : decodeSketchPart(bytes);
  const sketch = part?.ok ? part.value.sketch : null;
  return {
    text,
    tokenIds: outputIds,
    claimedLogprobs: sketch === null ? [] : sampledLogprobs(sketch),
    judges,
  };
}

/** Both ends of a settled request, as the node claims them. */
function closedRequest(checks: Checks, result: InferResult) {
  const what = 'the request has a verified answer on chain';
  const { status, request, error } = result;
  const why = error == null ? `the node says ${status}` : `the node says ${status}: ${error}`;
  const opened = checks.need(what, status === 'Success' ? (request?.opened ?? null) : null, why);
  const closed = checks.need(what, request?.closed ?? null, 'the node names no settlement');
  return { opened, closed };
}

/** The seed's third ingredient is the Bitcoin block that elected the tenure of the request. */
function checkBeacon(checks: Checks, opened: PlacedTransaction, record: ProvenRequest): void {
  checks.expect(
    "the seed's Bitcoin block is the one that elected the request's tenure",
    bytesEqual(record.beacon, opened.sortition.burnHash),
    bytesToHex(record.beacon),
  );
}

async function checkTenures(
  node: NodeSource,
  checks: Checks,
  network: NetworkParams,
  { bitcoin }: VerifyOptions,
  { request, settled }: { request: PlacedTransaction; settled: PlacedTransaction },
): Promise<void> {
  if (bitcoin === undefined) {
    checks.skip('the tenures stand on Bitcoin', 'no Bitcoin node was given');
    return;
  }
  const deps = { node, checks, network, bitcoin };
  const isOneTenure = bytesEqual(
    request.block.header.consensusHash,
    settled.block.header.consensusHash,
  );
  if (!isOneTenure) await checkBitcoin(deps, 'request', request);
  await checkBitcoin(deps, 'settlement', settled);
}

/** The prompt as it is stored, blob or box, and only the right one. */
async function fetchPrompt(
  node: NodeSource,
  { request }: ProvenRequest,
  result: InferResult,
): Promise<Uint8Array | null> {
  const stated = hexBytes(result.request?.prompt ?? null);
  const blob = stated ?? (await fetchBytes(node, `/v2/content/${bytesToHex(request.promptHash)}`));
  return blob !== null && bytesEqual(sha256(blob), request.promptHash) ? blob : null;
}
