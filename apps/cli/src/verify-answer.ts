/**
 * `assay verify`: checks an answer from the chain up and believes no field of the node that can be
 * checked. The node is asked only for bytes; ids, roots, keys, sums and seeds are computed here.
 * What each check proves, and what none of them does, is in docs/verify-an-answer.md.
 *
 * request transaction -> its block -> record in the signed state -> commitment -> verdicts ->
 * settlement's block -> transcript -> Bitcoin (when a Bitcoin node is given) -> model (when asked).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type Genesis, genesisNetwork } from '@assay/chainstate';
import { sha256 } from '@assay/crypto';
import { DEVNET, NETWORKS, type NetworkParams } from '@assay/params';
import type { InferResult } from './infer-result.ts';
import { inferResult } from './inference.ts';
import type { NodeApi } from './node-api.ts';
import { checkBitcoin } from './verification/bitcoin.ts';
import { checkPlace, type PlacedTransaction } from './verification/block.ts';
import { CannotGoOn, Checks, type VerifyReport } from './verification/checks.ts';
import {
  checkTerms,
  type ProvenRequest,
  proveRequest,
  proveResult,
} from './verification/record.ts';
import { checkByRescoring } from './verification/rescore.ts';
import {
  checkCommitment,
  checkPayment,
  checkVerdicts,
  settlementOf,
} from './verification/settlement.ts';
import { SignerSets } from './verification/signer-sets.ts';
import { fetchBytes, hexBytes } from './verification/sources.ts';
import { checkTranscript } from './verification/transcript.ts';

export type { Check, VerifyReport } from './verification/checks.ts';

export interface VerifyOptions {
  /** Whose signatures count, independently of the node. */
  readonly genesis?: Genesis | undefined;
  /** `http://user:password@host:port` of a Bitcoin node. */
  readonly bitcoinUrl?: string | undefined;
  /** Run the model over the answer. */
  readonly rescore?: boolean | undefined;
  /** A GGUF file for `rescore`; the small model without one. */
  readonly modelFile?: string | undefined;
}

/** @param txid transaction of the request, 64 hex digits @throws UserError: the node does not answer */
export async function verifyAnswer(
  node: NodeApi,
  txid: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const checks = new Checks();
  try {
    await run(node, txid, options, checks);
    return checks.report(true);
  } catch (error) {
    if (error instanceof CannotGoOn) return checks.report(false);
    throw error;
  }
}

async function networkOf(node: NodeApi, genesis: Genesis | undefined): Promise<NetworkParams> {
  if (genesis !== undefined) return genesisNetwork(genesis);
  const { network_id } = await node.info();
  return Object.values(NETWORKS).find((one) => one.chainId === network_id) ?? DEVNET;
}

async function run(
  node: NodeApi,
  txid: string,
  options: VerifyOptions,
  checks: Checks,
): Promise<void> {
  const asked = checks.need('the transaction id has 64 hex digits', hexBytes(txid, 32), txid);
  const result = await inferResult(node, txid);
  const { opened, closed } = closedRequest(checks, result);
  const network = await networkOf(node, options.genesis);
  const signerSets = new SignerSets(node, options.genesis ?? null);
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
  const at = { id: settlement.id, settled };
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
  const transcript = await checkTranscript(node, checks, settlement, result);
  if (options.genesis === undefined) {
    checks.skip(
      'the signer set is that of the network',
      'the node said so; give --genesis to check',
    );
  }
  await checkTenures(node, checks, network, options, { request, settled });
  if (options.rescore === true) {
    const promptBlob = await fetchPrompt(node, record, result);
    const input = { chainId: network.chainId, record, settlement, promptBlob };
    const { modelFile } = options;
    await checkByRescoring(checks, { ...input, transcript: transcript?.bytes ?? null, modelFile });
  }
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
  node: NodeApi,
  checks: Checks,
  network: NetworkParams,
  { bitcoinUrl }: VerifyOptions,
  { request, settled }: { request: PlacedTransaction; settled: PlacedTransaction },
): Promise<void> {
  if (bitcoinUrl === undefined) {
    checks.skip('the tenures stand on Bitcoin', 'no Bitcoin node was given; use --bitcoin');
    return;
  }
  const deps = { node, checks, network, url: bitcoinUrl };
  const isOneTenure = bytesEqual(
    request.block.header.consensusHash,
    settled.block.header.consensusHash,
  );
  if (!isOneTenure) await checkBitcoin(deps, 'request', request);
  await checkBitcoin(deps, 'settlement', settled);
}

/** The prompt blob when it is public or stored, and only the right one. */
async function fetchPrompt(
  node: NodeApi,
  { request }: ProvenRequest,
  result: InferResult,
): Promise<Uint8Array | null> {
  const stated = hexBytes(result.request?.prompt ?? null);
  const blob = stated ?? (await fetchBytes(node, `/v2/content/${bytesToHex(request.promptHash)}`));
  return blob !== null && bytesEqual(sha256(blob), request.promptHash) ? blob : null;
}
