/** One session between a client and a host's door, without a network. */
import { bytesFromUtf8, bytesToHex, concatBytes, utf8FromBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, type Engine, FakeEngine } from '@assay/engine';
import {
  constraintHash,
  decodeSessionLine,
  encodePostedRequest,
  encodeSessionPrompt,
  encodeSignedVoucher,
  modelId,
  modelIdHex,
  promptHash,
  type SessionLine,
  type SessionPrompt,
  type SessionRequest,
  type SessionTerms,
  signCall,
  signSessionRequest,
  signVoucher,
} from '@assay/jobs';
import { memoryLogger } from '@assay/observe';
import { MemoryStore, type Store } from '@assay/store';
import { GENERIC_EVIDENCE_SHA256 } from '@assay/verify';
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import { SessionBook, SessionDoor } from '../src/index.ts';

export const CHAIN_ID = 0x80000000;
export const HOST_KEY = sha256(bytesFromUtf8('host'));
export const HOST_PUBLIC = publicKeyFromPrivate(HOST_KEY);
const VOUCHER_KEY = sha256(bytesFromUtf8('voucher'));
export const JUDGE_KEY = sha256(bytesFromUtf8('judge'));
const JUDGE_PUBLIC = publicKeyFromPrivate(JUDGE_KEY);
export const PRICES = { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n };
const HOST = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const BEACON = new Uint8Array(32).fill(7);

export interface Ask {
  readonly prompt?: SessionPrompt;
  readonly maxTokens?: number;
  readonly maxFeeMicro?: bigint;
  readonly constraint?: string;
  readonly logprobs?: number;
  readonly temperatureMicro?: number;
  readonly change?: (request: SessionRequest) => SessionRequest;
}

export class SessionScene {
  readonly log = memoryLogger();
  readonly engine: Engine;
  readonly manifest;
  terms: SessionTerms;
  door!: SessionDoor;
  index = 0n;
  readonly isSigner = async (key: Uint8Array) => bytesToHex(key) === bytesToHex(JUDGE_PUBLIC);
  readonly world: World;
  readonly store: Store;

  constructor(world: World, store: Store = new MemoryStore(), engine: Engine = new FakeEngine()) {
    this.world = world;
    this.store = store;
    this.engine = engine;
    this.manifest = describeModel(engine, {
      name: 'fake/1',
      evidenceSha256: GENERIC_EVIDENCE_SHA256,
    });
    this.terms = {
      id: 1n,
      user: 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
      host: HOST,
      hostKey: HOST_PUBLIC,
      model: modelId(this.manifest),
      voucherKey: publicKeyFromPrivate(VOUCHER_KEY),
      prices: PRICES,
      depositMicro: 10_000_000n,
      claimedMicro: 0n,
      claimedRequests: 0n,
      expiresAt: 1_000,
      isOpen: true,
    };
    this.restart();
  }

  /** A new process over the same disk. */
  restart(): void {
    const chain = {
      session: async (id: bigint) => (id === this.terms.id ? this.terms : null),
      recentBurnHashes: async () => [BEACON],
      burnHeight: async () => 100,
      claim: async () => null,
    };
    const models = new Map([
      [modelIdHex(this.manifest), { manifest: this.manifest, engine: this.engine }],
    ]);
    const book = new SessionBook(this.store);
    const deps = { world: this.world, chain, book, log: this.log, models, isSigner: this.isSigner };
    const options = { chainId: CHAIN_ID, address: HOST, operatingKey: HOST_KEY };
    this.door = new SessionDoor(deps, options);
  }

  async call(method: string, path: string, body = '', query = {}): Promise<HttpResponse> {
    const answer = await this.door.handle(httpRequest(method, path, body, query));
    if (answer === null) throw new Error(`no route ${path}`);
    return answer;
  }

  /** As a judge reads: a call signed with `key`. */
  async audit(path: string, key: Uint8Array | null = JUDGE_KEY): Promise<HttpResponse> {
    const request = httpRequest('GET', path);
    const nowSecs = Math.floor(this.world.clock.nowMs() / 1000);
    const headers = key === null ? {} : signCall(request, nowSecs, key);
    const answer = await this.door.handle({
      ...request,
      headers: new Map(Object.entries(headers)),
    });
    if (answer === null) throw new Error(`no route ${path}`);
    return answer;
  }

  async json(method: string, path: string, body = '', query = {}) {
    const { status, body: bytes } = await this.call(method, path, body, query);
    return { status, ...JSON.parse(utf8FromBytes(bytes) ?? '') };
  }

  request(ask: Ask = {}): { readonly body: string; readonly request: SessionRequest } {
    const prompt = utf8FromBytes(encodeSessionPrompt(ask.prompt ?? HELLO))!;
    const maxTokens = ask.maxTokens ?? 48;
    const temperatureMicro = ask.temperatureMicro ?? 700_000;
    const plain: SessionRequest = {
      sessionId: this.terms.id,
      index: this.index + 1n,
      model: this.terms.model,
      promptHash: promptHash(bytesFromUtf8(prompt)),
      params: { temperatureMicro, topPMicro: 1_000_000, topK: 20, maxTokens },
      constraintHash: constraintHash(ask.constraint ?? null),
      maxFeeMicro: ask.maxFeeMicro ?? 100_000n,
      beacon: BEACON,
      clientNonce: new Uint8Array(16).fill(Number(this.index)),
    };
    const request = ask.change?.(plain) ?? plain;
    const signature = signSessionRequest(plain, CHAIN_ID, VOUCHER_KEY);
    const constraint = ask.constraint ?? null;
    const logprobs = ask.logprobs ?? null;
    const body = encodePostedRequest({ request, signature, prompt, constraint, logprobs });
    return { body, request };
  }

  /** Posts a request; the index is used up when it is taken. */
  async post(ask: Ask = {}): Promise<HttpResponse> {
    const answer = await this.call('POST', '/sessions/1/requests', this.request(ask).body);
    if (answer.status === 200) this.index += 1n;
    return answer;
  }

  async pay(cumulativeMicro: bigint, requests: bigint) {
    const voucher = { sessionId: this.terms.id, cumulativeMicro, requests };
    const signature = signVoucher(voucher, CHAIN_ID, VOUCHER_KEY);
    return this.json('POST', '/sessions/1/vouchers', encodeSignedVoucher({ voucher, signature }));
  }
}

export const HELLO: SessionPrompt = {
  content: { messages: [{ role: 'user', content: 'Tell me about the river.' }] },
  prefixIds: [],
};

export function httpRequest(method: string, path: string, body = '', query = {}): HttpRequest {
  return {
    method,
    path,
    query: new Map(Object.entries(query)),
    headers: new Map(),
    body: bytesFromUtf8(body),
  };
}

/** Lines of a streamed answer, decoded one by one. */
export async function* linesOf(answer: HttpResponse): AsyncGenerator<SessionLine> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of answer.stream!) {
    rest = concatBytes(rest, piece);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = decodeSessionLine(utf8FromBytes(rest.subarray(0, end))!);
      if (!line.ok) throw new Error(line.error.message);
      rest = rest.slice(end + 1);
      yield line.value;
    }
  }
}

export async function allLines(answer: HttpResponse): Promise<SessionLine[]> {
  const lines: SessionLine[] = [];
  for await (const line of linesOf(answer)) lines.push(line);
  return lines;
}
