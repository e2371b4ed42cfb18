/**
 * Gathers what an answer is judged on: the request from the chain, the transcript and the prompt from
 * the content store or the host, opened when they are sealed to us. Bytes are believed by their hash
 * only. What cannot be had accuses nobody, nor does what was promised on another Bitcoin fork: the id of a
 * request is given anew by a reorganisation, and its beacon with it.
 */
import { bytesEqual } from '@assay/bytes';
import { formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import { hash160, sha256 } from '@assay/crypto';
import {
  openBody,
  openSealedPrompt,
  type Receipt,
  requestHash,
  type SealKeyPair,
  type SealScope,
  samplingSeed,
  verifyCommitment,
} from '@assay/jobs';
import type { Executor, Finding, JudgedContent, JudgedRequest, NodePort } from './ports.ts';

export interface CaseFile {
  readonly judged: JudgedRequest & { readonly executor: Executor };
  readonly content: JudgedContent;
  /** Of a sealed request. */
  readonly scope: SealScope | null;
}

export type Gathered =
  | { readonly kind: 'file'; readonly file: CaseFile }
  | { readonly kind: 'finding'; readonly finding: Finding }
  /** Not there yet; the caller tries again. */
  | { readonly kind: 'missing'; readonly reason: string };

export interface Reader {
  readonly node: NodePort;
  readonly chainId: number;
  readonly publicKey: Uint8Array;
  /** Opens sealed prompts. Secret. */
  readonly sealKeys: SealKeyPair;
}

const missing = (reason: string): Gathered => ({ kind: 'missing', reason });

function finding(verdict: Finding['verdict'], reason: string): Gathered {
  return { kind: 'finding', finding: { verdict, reason, endMicro: null } };
}

export async function gatherCase(receipt: Receipt, reader: Reader): Promise<Gathered> {
  const judged = await reader.node.inferenceRequest(receipt.requestId);
  if (judged === null) return missing('the request is not on chain');
  const executor = judged.executors.find(({ hostKey }) => {
    const signed = { signature: receipt.hostSignature, publicKey: hostKey };
    return verifyCommitment(receipt.commitment, reader.chainId, signed);
  });
  if (executor === undefined) return finding('abstain', 'not signed by an executor');
  const early = checkReceipt(judged, executor, receipt, reader);
  if (early !== null) return early;
  const chosen = { ...judged, executor };
  return judged.request.privacy === 2
    ? gatherSealed(chosen, receipt, reader)
    : gatherOpen(chosen, receipt, reader);
}

/** What needs no model: is this a receipt for this very request, and not of our own host? */
function checkReceipt(
  { request, beaconBurnHash }: JudgedRequest,
  executor: Executor,
  { commitment }: Receipt,
  { publicKey }: Reader,
): Gathered | null {
  if (isOwnHost(executor, publicKey)) return finding('abstain', 'our own host');
  const hash = requestHash(request);
  if (!bytesEqual(commitment.requestHash, hash)) {
    return missing('the commitment is for another request');
  }
  const seed = samplingSeed(hash, executor.hostKey, beaconBurnHash);
  if (!bytesEqual(commitment.seed, seed)) {
    return missing('the commitment is under another beacon');
  }
  return null;
}

/** A judge and the host it judges may not be the same principal. */
export function isOwnHost(
  { principal, hostKey }: Pick<Executor, 'principal' | 'hostKey'>,
  publicKey: Uint8Array,
): boolean {
  const own = hash160(publicKey);
  const isOwner = principal !== null && bytesEqual(own, principal.hash);
  return isOwner || bytesEqual(own, hash160(hostKey));
}

/** The same of a host as contracts name it: by address. */
export function isOwnHostAddress(
  { host, hostKey }: { readonly host: string; readonly hostKey: Uint8Array },
  publicKey: Uint8Array,
): boolean {
  const parsed = parsePrincipal(host);
  return isOwnHost({ principal: parsed.ok ? parsed.value : null, hostKey }, publicKey);
}

async function gatherOpen(
  judged: CaseFile['judged'],
  receipt: Receipt,
  { node }: Reader,
): Promise<Gathered> {
  const transcript = await fetchContent(node, receipt.commitment.transcriptHash, judged.executor);
  if (transcript === null) return missing('the transcript is not available');
  const prompt =
    judged.prompt ?? (await fetchContent(node, judged.request.promptHash, judged.executor));
  return { kind: 'file', file: { judged, content: { transcript, prompt }, scope: null } };
}

async function gatherSealed(
  judged: CaseFile['judged'],
  receipt: Receipt,
  { node, chainId, sealKeys }: Reader,
): Promise<Gathered> {
  const { request } = judged;
  const { hostKey } = judged.executor;
  const box = judged.prompt ?? (await fetchContent(node, request.promptHash, judged.executor));
  if (box === null) return missing('the sealed prompt is not available');
  const context = { chainId, user: formatPrincipal(request.user) };
  const opened = await openSealedPrompt(box, sealKeys, context);
  if (!opened.ok) return finding('abstain', opened.error.message);
  const { blob, contentKey } = opened.value;
  const scope = { contentKey, requestHash: requestHash(request), hostKey };
  const sealedTranscript = await fetchContent(
    node,
    receipt.commitment.transcriptHash,
    judged.executor,
  );
  if (sealedTranscript === null) return missing('the transcript is not available');
  const transcript = await openBody(scope, 'transcript', sealedTranscript);
  // The host committed to these very bytes: nobody can judge them, and that is its doing.
  if (transcript === null) return finding('invalid', 'the transcript is not sealed as agreed');
  const content = { transcript, sealedTranscript, prompt: blob, sealedPrompt: box };
  return { kind: 'file', file: { judged, content, scope } };
}

/** Null when nobody has bytes of this hash. */
export async function fetchContent(
  node: NodePort,
  hash: Uint8Array,
  { endpoint }: Pick<Executor, 'endpoint'>,
): Promise<Uint8Array | null> {
  const bytes = await node.content(hash, endpoint);
  return bytes !== null && bytesEqual(sha256(bytes), hash) ? bytes : null;
}
