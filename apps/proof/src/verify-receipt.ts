/**
 * Checks a gateway's receipt without the gateway: the request is signed by the session's voucher key, the
 * answer by the host's operating key, the seed follows from both and a Bitcoin block; and, once the host
 * has claimed, that the answer is among the receipts the chain has a root of. A receipt holds hashes only:
 * whoever kept the text may have it checked as well.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import {
  type Commitment,
  commitmentHash,
  decodeCommitment,
  outputHash,
  type SessionRequest,
  samplingSeed,
  sessionRequestHash,
  verifyCommitment,
  verifyCommitmentProof,
  verifySessionRequest,
} from '@assay/jobs';
import { decodeMarfProof, verifyMarfProof } from '@assay/marf';
import { DEVNET, NETWORKS, type NetworkParams } from '@assay/params';
import { checkBitcoin } from './bitcoin.ts';
import type { BitcoinSource } from './bitcoin-source.ts';
import { checkPlace, type PlacedTransaction } from './block.ts';
import { CannotGoOn, type Check, Checks } from './checks.ts';
import type { NodeSource } from './node-source.ts';
import { SignerSets } from './signer-sets.ts';
import { fetchMapEntry, field, hexBytes } from './sources.ts';
import type { TrustedNetwork } from './verify-answer.ts';

export interface ReceiptOptions {
  /** Asked for blocks and proofs; without one only signatures and hashes are checked. */
  readonly node?: NodeSource | undefined;
  readonly trusted?: TrustedNetwork | undefined;
  readonly bitcoin?: BitcoinSource | undefined;
  /** Text of the answer, to be held against the commitment. */
  readonly answer?: string | undefined;
  readonly onCheck?: ((check: Check) => void) | undefined;
}

export interface ReceiptReport {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** One part of a receipt, read: nothing of it is believed yet. */
interface Part {
  readonly name: string;
  readonly json: unknown;
  readonly request: SessionRequest;
  readonly commitment: Commitment;
  readonly hostKey: Uint8Array;
  readonly voucherKey: Uint8Array;
}

/** @param receipt the parsed JSON of a receipt @throws SourceError when the node does not answer */
export async function verifyReceipt(
  receipt: unknown,
  options: ReceiptOptions = {},
): Promise<ReceiptReport> {
  const checks = new Checks(options.onCheck);
  try {
    await run(receipt, options, checks);
    return checks.report(true);
  } catch (error) {
    if (error instanceof CannotGoOn) return checks.report(false);
    throw error;
  }
}

async function run(receipt: unknown, options: ReceiptOptions, checks: Checks): Promise<void> {
  const isReceipt = field(receipt, 'object') === 'assay.receipt' && field(receipt, 'version') === 1;
  checks.need('this is a receipt', isReceipt ? true : null, 'no receipt of version 1');
  const chainId = checks.need('the receipt names a chain', numberOf(receipt, 'chain_id'), 'none');
  const list = field(receipt, 'parts');
  const parts = Array.isArray(list) && list.length > 0 && list.length <= PARTS_MAX ? list : null;
  let isAnswered = false;
  for (const [i, json] of checks.need('it has parts', parts, 'nothing was answered').entries()) {
    const name = `part ${i + 1}`;
    if (field(json, 'commitment') === null) {
      checks.skip(`${name} was committed to`, 'this host broke off and was paid for less');
      continue;
    }
    const part = readPart(checks, name, json);
    checkPart(checks, chainId, part);
    isAnswered = true;
    await checkOnChain(checks, chainId, part, options);
  }
  checks.expect('an answer was committed to', isAnswered);
  checkText(checks, parts ?? [], options.answer);
}

const PARTS_MAX = 64;

function numberOf(json: unknown, name: string): number | null {
  const value = field(json, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function amountOf(json: unknown, name: string): bigint | null {
  const value = field(json, name);
  return typeof value === 'string' && /^\d{1,39}$/.test(value) ? BigInt(value) : null;
}

function readPart(checks: Checks, name: string, json: unknown): Part {
  const raw = field(json, 'request');
  const params = field(raw, 'params');
  const fields = {
    sessionId: amountOf(raw, 'session'),
    index: amountOf(raw, 'index'),
    model: hexBytes(field(raw, 'model'), 32),
    promptHash: hexBytes(field(raw, 'prompt_hash'), 32),
    constraintHash: hexBytes(field(raw, 'constraint'), 32),
    maxFeeMicro: amountOf(raw, 'max_fee'),
    beacon: hexBytes(field(raw, 'beacon'), 32),
    clientNonce: hexBytes(field(raw, 'client_nonce'), 16),
  };
  const sampling = {
    temperatureMicro: numberOf(params, 'temperature'),
    topPMicro: numberOf(params, 'top_p'),
    topK: numberOf(params, 'top_k'),
    maxTokens: numberOf(params, 'max_tokens'),
  };
  const bytes = hexBytes(field(json, 'commitment'), 241);
  const commitment = bytes === null ? null : decodeCommitment(bytes);
  const hostKey = hexBytes(field(json, 'host_key'), 33);
  const voucherKey = hexBytes(field(json, 'voucher_key'), 33);
  const all = [...Object.values(fields), ...Object.values(sampling), hostKey, voucherKey];
  const isWhole = !all.includes(null) && commitment?.ok === true;
  checks.need(`${name} is whole`, isWhole ? true : null, 'a field is missing or malformed');
  return {
    name,
    json,
    // `isWhole` says that none of them is null.
    request: { ...fields, params: sampling } as SessionRequest,
    commitment: commitment!.ok ? commitment!.value : (undefined as never),
    hostKey: hostKey!,
    voucherKey: voucherKey!,
  };
}

/** What the two signatures bind together. */
function checkPart(checks: Checks, chainId: number, part: Part): void {
  const { name, json, request, commitment, hostKey, voucherKey } = part;
  const hash = sessionRequestHash(request);
  const bySession = hexBytes(field(json, 'request_signature'), 65) ?? new Uint8Array(65);
  checks.expect(
    `${name}: the session's voucher key signed the request`,
    verifySessionRequest(request, chainId, { signature: bySession, publicKey: voucherKey }),
    bytesToHex(hash),
  );
  checks.expect(
    `${name}: the commitment is about this request and its model`,
    bytesEqual(commitment.requestHash, hash) && bytesEqual(commitment.model, request.model),
    bytesToHex(commitment.model),
  );
  const seed = samplingSeed(hash, hostKey, request.beacon);
  checks.expect(
    `${name}: the sampling seed follows from request, host and Bitcoin block`,
    bytesEqual(commitment.seed, seed),
    bytesToHex(seed),
  );
  const byHost = hexBytes(field(json, 'host_signature'), 65) ?? new Uint8Array(65);
  checks.expect(
    `${name}: the host signed the commitment`,
    verifyCommitment(commitment, chainId, { signature: byHost, publicKey: hostKey }),
    `${commitment.promptTokens} + ${commitment.outputTokens} tokens`,
  );
  const usage = field(json, 'usage');
  const cost = amountOf(usage, 'cost_micro_stx');
  checks.expect(
    `${name}: the tokens paid for are the tokens committed to, within the most that was agreed`,
    numberOf(usage, 'prompt_tokens') === commitment.promptTokens &&
      numberOf(usage, 'completion_tokens') === commitment.outputTokens &&
      cost !== null &&
      cost <= request.maxFeeMicro,
    `${cost} micro-STX of at most ${request.maxFeeMicro}`,
  );
}

/** The text is checked when one host answered alone; the parts of several are not kept apart in it. */
function checkText(checks: Checks, parts: readonly unknown[], answer: string | undefined): void {
  const what = 'the text is the one that was committed to';
  if (answer === undefined) return;
  const bytes = parts.length === 1 ? hexBytes(field(parts[0], 'commitment'), 241) : null;
  const commitment = bytes === null ? null : decodeCommitment(bytes);
  if (!commitment?.ok) {
    checks.skip(what, 'the answer has several parts');
    return;
  }
  const hash = outputHash(answer);
  checks.expect(what, bytesEqual(commitment.value.outputHash, hash), bytesToHex(hash));
}

async function checkOnChain(
  checks: Checks,
  chainId: number,
  part: Part,
  options: ReceiptOptions,
): Promise<void> {
  const { node, trusted } = options;
  const what = `${part.name}: the chain has the root of the receipts it is among`;
  const claim = field(part.json, 'claim');
  const txid = hexBytes(field(claim, 'txid'), 32);
  const block = field(claim, 'block_id');
  if (node === undefined || txid === null || typeof block !== 'string') {
    const why = node === undefined ? 'no node was given' : 'the host has not claimed it yet';
    checks.skip(what, why);
    return;
  }
  const networks = Object.values(NETWORKS);
  const network = trusted?.network ?? networks.find((one) => one.chainId === chainId) ?? DEVNET;
  const deps = {
    node,
    checks,
    pox: network.pox,
    signerSets: new SignerSets(node, trusted?.signers ?? null),
  };
  // Only the block's id is looked at; everything else about the place is computed.
  const place = { block_id: block } as Parameters<typeof checkPlace>[2]['place'];
  const placed = await checkPlace(deps, `claim of ${part.name}`, { txid, place });
  if (trusted === undefined) {
    checks.skip('the signer set is that of the network', 'the node said so; give the genesis file');
  }
  const state = { node, checks, placed, contract: `${network.bootAddress}.sessions` };
  await checkSession(state, part);
  await checkClaim(state, part, claim);
  await onBitcoin(checks, network, part, placed, options);
}

interface State {
  readonly node: NodeSource;
  readonly checks: Checks;
  readonly placed: PlacedTransaction;
  /** `ST….sessions` */
  readonly contract: string;
}

/** An entry of `.sessions` in the state that the signers of the claim's block signed. */
async function proven(
  { node, checks, placed, contract }: State,
  what: string,
  at: { readonly map: string; readonly key: ClarityValue },
): Promise<ReadonlyMap<string, ClarityValue>> {
  const claimed = await fetchMapEntry(node, contract, { ...at, tip: placed.blockId });
  const entry = checks.need(what, claimed, 'the node gives no entry with a proof');
  const proof = decodeMarfProof(entry.proof);
  const root = placed.block.header.stateIndexRoot;
  const holds = proof.ok && verifyMarfProof(proof.value, root, entry.stateKey, entry.stored);
  const tuple = holds && entry.value.type === 'tuple' ? entry.value.entries : null;
  const map = checks.need(what, tuple, 'the proof does not lead to the state root of the block');
  checks.expect(what, true, `state root ${bytesToHex(root)}`);
  return map;
}

function bytesAt(map: ReadonlyMap<string, ClarityValue>, name: string): Uint8Array {
  const value = map.get(name);
  return value?.type === 'buffer' ? value.value : new Uint8Array(0);
}

function uintAt(map: ReadonlyMap<string, ClarityValue>, name: string): bigint | null {
  const value = map.get(name);
  return value?.type === 'uint' ? value.value : null;
}

async function checkSession(state: State, part: Part): Promise<void> {
  const { name, request, hostKey, voucherKey } = part;
  const what = `${name}: the session is in the state that the signers signed`;
  const session = await proven(state, what, { map: 'sessions', key: Cv.uint(request.sessionId) });
  state.checks.expect(
    `${name}: host, payer and model are those of the session`,
    bytesEqual(bytesAt(session, 'host-key'), hostKey) &&
      bytesEqual(bytesAt(session, 'voucher-key'), voucherKey) &&
      bytesEqual(bytesAt(session, 'model'), request.model),
    `session ${request.sessionId}`,
  );
}

async function checkClaim(state: State, part: Part, json: unknown): Promise<void> {
  const { checks } = state;
  const { name, request, commitment } = part;
  const hash = hexBytes(field(json, 'hash'), 32);
  const what = `${name}: the claim is in the state that the signers signed`;
  const key = Cv.buffer(checks.need(what, hash, 'it has no hash'));
  const claim = await proven(state, what, { map: 'claims', key });
  const from = uintAt(claim, 'from') ?? 0n;
  const to = uintAt(claim, 'to') ?? 0n;
  checks.expect(
    `${name}: the claim covers this request`,
    uintAt(claim, 'session') === request.sessionId && from < request.index && request.index <= to,
    `requests ${from + 1n} to ${to}`,
  );
  const list = field(json, 'siblings');
  const siblings = (Array.isArray(list) ? list : []).map((one) => hexBytes(one, 32));
  const position = { index: Number(request.index - from) - 1, count: Number(to - from) };
  const root = bytesAt(claim, 'receipts-root');
  checks.expect(
    `${name}: the commitment is under the claim's root`,
    !siblings.includes(null) &&
      root.length === 32 &&
      verifyCommitmentProof(
        root,
        commitmentHash(commitment),
        position,
        siblings as readonly Uint8Array[],
      ),
    `${siblings.length} siblings, root ${bytesToHex(root)}`,
  );
}

async function onBitcoin(
  checks: Checks,
  network: NetworkParams,
  { name }: Part,
  placed: PlacedTransaction,
  { node, bitcoin }: ReceiptOptions,
): Promise<void> {
  if (bitcoin === undefined || node === undefined) {
    checks.skip(`${name}: the claim's tenure stands on Bitcoin`, 'no Bitcoin node was given');
    return;
  }
  await checkBitcoin({ node, checks, network, bitcoin }, `claim of ${name}`, placed);
}
