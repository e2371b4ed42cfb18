/**
 * The host's HTTP door, as the guide knows it: `POST /generate` (a prompt in, text out), `GET /health`,
 * `GET /transcripts/{sha256}` for judges whose node lacks one (of hash-only requests and sessions:
 * signed calls only), `GET /manifest` and `/manifests/{id}` for
 * those who meet the model's hash on chain. `/generate` is outside the protocol:
 * unpaid, sampled from this machine's randomness, without a receipt; `policy` says who may call it.
 * Source: the guide, 4.3 to 4.5 (request and response shapes); funai.md 3.4 (signature headers).
 */
import { bytesFromHex, bytesFromUtf8, isHex, utf8FromBytes } from '@assay/bytes';
import { type Candidate, drawGmV1, type Engine, EngineError } from '@assay/engine';
import { encodeManifest, type ModelManifest, modelIdHex, readSignedCall } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import type { Job } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';
import type { SessionDoor } from './session-door.ts';
import type { SignedRequests } from './signed-request.ts';

/** Who may call `/generate`: everyone, holders of a key who sign, nobody. */
export type GeneratePolicy = 'open' | 'signed' | 'off';

export interface ServerDeps {
  readonly world: World;
  readonly book: JobBook;
  readonly log: Logger;
  /** Answers `/generate`. */
  readonly engine: Engine;
  readonly signatures: SignedRequests;
  /** Streamed answers against vouchers; null when this host takes no sessions. */
  readonly sessions: SessionDoor | null;
  /** Whether the holder of this key is the job's user or a signer. @throws when the node fails */
  readonly isEntitled: (job: Job, publicKey: Uint8Array) => Promise<boolean>;
  /** Of the models served; the first is `/manifest`. */
  readonly manifests: readonly ModelManifest[];
  /** Shown by `/health`. */
  readonly health: () => Readonly<Record<string, string | number | readonly string[]>>;
}

/** As the guide's server samples. */
const PARAMS = {
  temperatureMicro: 700_000,
  topPMicro: 900_000,
  topK: 20,
  maxTokens: LIMITS.generateTokensMax,
} as const;

const PRIVACY_HASH_ONLY = 1;

/** Tokens listed in `first_top_logprobs`. */
const FIRST_TOP = 5;

export function createHandler(
  deps: ServerDeps,
  policy: GeneratePolicy,
): (request: HttpRequest) => Promise<HttpResponse> {
  let waiting = 0;
  return async (request) => {
    const { method, path } = request;
    if (method === 'GET' && path === '/health')
      return json(200, { status: 'ok', ...deps.health() });
    if (method === 'GET' && path.startsWith('/transcripts/')) return transcript(deps, request);
    if (method === 'GET' && /^\/manifests?(\/|$)/.test(path)) return manifest(deps, path);
    const session = await deps.sessions?.handle(request);
    if (session != null) return session;
    if (path !== '/generate') return refuse(404, 'host/not-found', 'no such route');
    if (method !== 'POST') return refuse(405, 'host/method', 'POST /generate');
    if (waiting >= LIMITS.generateWaitingMax) return refuse(503, 'host/busy', 'try again later');
    waiting += 1;
    try {
      return await generate(deps, request, policy);
    } finally {
      waiting -= 1;
    }
  };
}

async function generate(
  deps: ServerDeps,
  request: HttpRequest,
  policy: GeneratePolicy,
): Promise<HttpResponse> {
  if (policy === 'off') return refuse(403, 'host/forbidden', 'this host answers the chain only');
  const nowSecs = Math.floor(deps.world.clock.nowMs() / 1000);
  const signer = deps.signatures.check(request, nowSecs);
  if (!signer.ok) {
    const status = signer.error.code === 'host/busy' ? 503 : 401;
    return refuse(status, signer.error.code, signer.error.message);
  }
  if (signer.value === null && policy === 'signed') {
    return refuse(401, 'host/header', 'sign the call: X-Address, X-Signature, X-Timestamp');
  }
  const prompt = readPrompt(request.body);
  if (prompt === null) return refuse(400, 'host/body', 'the body must be JSON {"prompt": "…"}');
  try {
    return json(200, await run(deps, prompt));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === 'engine/prompt-too-long') {
      return refuse(400, 'host/prompt-too-long', 'the prompt exceeds the model context');
    }
    deps.log.error('the engine failed', { cause: error });
    return refuse(503, 'host/engine', 'the model is not available');
  }
}

async function run({ world, engine }: ServerDeps, prompt: string) {
  const seed = world.random.bytes(32);
  const pick = (position: number, top: readonly Candidate[]) =>
    drawGmV1(seed, position, top, PARAMS).id;
  const promptIds = engine.promptIds([{ role: 'user', content: prompt }]);
  const { maxTokens, topK } = PARAMS;
  const { tokens } = await engine.generate(promptIds, { topK, maxTokens, pick });
  const first = tokens[0]?.top.slice(0, FIRST_TOP) ?? [];
  return {
    text: engine.detokenize(tokens.map((token) => token.id)),
    first_top_logprobs: first.map(({ id }) => engine.detokenize([id])),
  };
}

function readPrompt(body: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(utf8FromBytes(body) ?? '');
    const prompt = (value as { prompt?: unknown } | null)?.prompt;
    return typeof prompt === 'string' ? prompt : null;
  } catch {
    return null;
  }
}

async function transcript(deps: ServerDeps, request: HttpRequest): Promise<HttpResponse> {
  const name = request.path.slice('/transcripts/'.length);
  if (name.length !== 64 || !isHex(name)) return refuse(400, 'host/hash', '64 hex digits');
  const hash = bytesFromHex(name);
  const body = deps.book.content(hash);
  const job = deps.book.ownerOf(hash);
  if (body === null) return refuse(404, 'host/not-found', 'no such transcript');
  if (job === null) {
    // Of a session.
    const refusal = await deps.sessions?.refuseStranger(request);
    if (refusal === undefined) return refuse(404, 'host/not-found', 'no such transcript');
    return refusal ?? bytesReply(body);
  }
  if (job.assigned.request.privacy === PRIVACY_HASH_ONLY) {
    const refusal = await refuseStranger(deps, request, job);
    if (refusal !== null) return refusal;
  }
  return bytesReply(body);
}

function bytesReply(body: Uint8Array): HttpResponse {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

/** Null for the user and for signers who signed the call. */
async function refuseStranger(
  { world, isEntitled }: ServerDeps,
  request: HttpRequest,
  job: Job,
): Promise<HttpResponse | null> {
  const nowSecs = Math.floor(world.clock.nowMs() / 1000);
  const call = readSignedCall(request.headers, request, nowSecs);
  const caller = call.ok ? (call.value?.publicKey ?? null) : null;
  if (caller === null) {
    return refuse(401, 'host/sign', 'a hash-only request: sign the call, as its user or a signer');
  }
  if (await isEntitled(job, caller)) return null;
  return refuse(403, 'host/not-entitled', 'only the user and the signers may read this');
}

function manifest({ manifests }: ServerDeps, path: string): HttpResponse {
  const [, , id] = path.split('/');
  const found =
    path === '/manifest' ? manifests[0] : manifests.find((one) => modelIdHex(one) === id);
  if (found === undefined) return refuse(404, 'host/not-found', 'no such manifest');
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: encodeManifest(found) };
}

function json(status: number, value: unknown): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: bytesFromUtf8(JSON.stringify(value)) };
}

function refuse(status: number, code: string, message: string): HttpResponse {
  return json(status, { error: message, code });
}
