/**
 * Session claims over HTTP: which are pending, read from `.sessions` and `.hosts` through the node; and
 * what the hosts show of them, asked with calls that the signer signs.
 */
import { bytesEqual, bytesToHex, utf8FromBytes } from '@assay/bytes';
import { type ClarityValue, Cv, parsePrincipal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import { claimHash, sessionTermsOf, signCall } from '@assay/jobs';
import { type World, WorldError } from '@assay/world';
import type { ClaimDraw, ClaimPort, PendingClaim } from './claim-port.ts';
import {
  buffer,
  ContractReader,
  field,
  READ_TIMEOUT_MS,
  type ReaderOptions,
  some,
  uint,
} from './contract-reader.ts';
import { LIMITS } from './limits.ts';

export interface HttpClaimsOptions extends ReaderOptions {
  /** Signs calls to hosts. 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
}

/** SESSION-CLOSED and CLAIM-PENDING of the contract. */
const CLOSED = 2n;
const PENDING = 1n;

export function httpClaims(world: World, options: HttpClaimsOptions): ClaimPort {
  return new HttpClaims(world, options);
}

class HttpClaims implements ClaimPort {
  readonly #world: World;
  readonly #options: HttpClaimsOptions;
  readonly #reader: ContractReader;
  /** The session looked at last. */
  #at = 0n;
  /** All sessions up to here are closed. */
  #closedTo = 0n;

  constructor(world: World, options: HttpClaimsOptions) {
    this.#world = world;
    this.#options = options;
    this.#reader = new ContractReader(world, options);
  }

  async pending(): Promise<readonly PendingClaim[]> {
    const last = uint(await this.#reader.read('sessions', 'get-last-session-id', []));
    const count = BigInt(LIMITS.sessionsPerLook);
    const found: PendingClaim[] = [];
    for (let looked = 0n; looked < count && looked < last - this.#closedTo; looked++) {
      this.#at = this.#at >= last || this.#at < this.#closedTo ? this.#closedTo : this.#at;
      this.#at += 1n;
      const claim = await this.#claimOf(this.#at);
      if (claim !== null) found.push(claim);
    }
    return found;
  }

  /** The pending claim of a session. */
  async #claimOf(id: bigint): Promise<PendingClaim | null> {
    const record = some(await this.#reader.read('sessions', 'get-session', [Cv.uint(id)]));
    const session = record === null ? null : sessionTermsOf(id, record);
    if (record === null || session === null) return null;
    if (uint(field(record, 'status')) === CLOSED && id === this.#closedTo + 1n) {
      this.#closedTo = id;
    }
    const pending = some(field(record, 'pending'));
    if (pending === null) return null;
    const hash = buffer(pending);
    const made = some(await this.#reader.read('sessions', 'get-claim', [pending]));
    if (made === null || uint(field(made, 'status')) !== PENDING) return null;
    const claim = {
      sessionId: id,
      from: uint(field(made, 'from')),
      to: uint(field(made, 'to')),
      amountMicro: uint(field(made, 'amount')),
      receiptsRoot: buffer(field(made, 'receipts-root')),
    };
    if (!bytesEqual(claimHash(claim), hash)) throw new TypeError('the claim has another hash');
    return {
      claim,
      hash,
      cycle: Number(uint(field(made, 'cycle'))),
      session,
      endpoint: await this.#endpoint(session.host),
      draw: await this.#draw(pending),
    };
  }

  async #draw(hash: ClarityValue): Promise<ClaimDraw | null> {
    const audit = some(await this.#reader.read('sessions', 'get-audit', [hash]));
    if (audit === null) return null;
    const judges = field(audit, 'judges');
    if (judges.type !== 'list') throw new TypeError('expected a list of judges');
    return {
      lots: buffer(field(audit, 'lots')),
      rateMicro: uint(field(audit, 'rate')),
      judges: judges.items.map((item) => Number(uint(item))),
    };
  }

  async #endpoint(host: string): Promise<string | null> {
    const principal = parsePrincipal(host);
    if (!principal.ok) return null;
    const record = some(
      await this.#reader.read('hosts', 'get-host', [Cv.principal(principal.value)]),
    );
    const endpoint = record === null ? null : field(record, 'endpoint');
    if (endpoint?.type !== 'string-ascii' || endpoint.value === '') return null;
    return endpoint.value.replace(/\/+$/, '');
  }

  async *receipts({ endpoint, hash, claim }: PendingClaim): AsyncGenerator<string> {
    if (endpoint === null) return;
    const path = `/sessions/claims/${bytesToHex(hash)}`;
    const bodyBytesMax = Number(claim.to - claim.from) * LIMITS.receiptLineBytesMax;
    const { status, pieces } = await this.#world.net.stream(`${endpoint}${path}`, {
      headers: this.#signed(endpoint, path),
      timeoutMs: READ_TIMEOUT_MS,
      idleMs: READ_TIMEOUT_MS,
      bodyBytesMax,
    });
    if (status !== 200) return;
    let rest = new Uint8Array(0);
    for await (const piece of pieces) {
      const both = new Uint8Array(rest.length + piece.length);
      both.set(rest);
      both.set(piece, rest.length);
      let begin = 0;
      for (let end = both.indexOf(10); end >= 0; end = both.indexOf(10, begin)) {
        yield utf8FromBytes(both.subarray(begin, end)) ?? '';
        begin = end + 1;
      }
      rest = both.slice(begin);
      if (rest.length > LIMITS.receiptLineBytesMax) return;
    }
  }

  async content(
    { endpoint }: PendingClaim,
    kind: 'transcripts' | 'prompts',
    hash: Uint8Array,
  ): Promise<Uint8Array | null> {
    if (endpoint === null) return null;
    const path = `/${kind}/${bytesToHex(hash)}`;
    const headers = this.#signed(endpoint, path);
    try {
      const options = { headers, timeoutMs: READ_TIMEOUT_MS };
      const { status, body } = await this.#world.net.fetch(`${endpoint}${path}`, options);
      return status === 200 && bytesEqual(sha256(body), hash) ? body : null;
    } catch (cause) {
      if (cause instanceof WorldError) return null;
      throw cause;
    }
  }

  #signed(endpoint: string, path: string): Readonly<Record<string, string>> {
    const nowSecs = Math.floor(this.#world.clock.nowMs() / 1000);
    const call = { path: new URL(`${endpoint}${path}`).pathname, body: new Uint8Array(0) };
    return signCall(call, nowSecs, this.#options.privateKey);
  }
}
