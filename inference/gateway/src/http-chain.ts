/** The chain as a gateway sees it, behind the RPC of a node; and its account, which opens sessions. */
import { bytesEqual, bytesFromHex, bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv, formatPrincipal } from '@assay/clarity-value';
import { createNodeClient, type NodeClient } from '@assay/client';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { assuranceOf, decodeManifest, type SessionTerms, sessionTermsOf } from '@assay/jobs';
import {
  addressOfPublicKey,
  buildContractCall,
  signTransaction,
  type WalletNetwork,
} from '@assay/wallet';
import { encodeTransaction, type SigningKey, transactionIdOfBytes } from '@assay/wire';
import type { Net } from '@assay/world';
import type {
  GatewayChain,
  HostOffer,
  ModelOffer,
  NewSession,
  PreparedTransaction,
  TransactionOutcome,
} from './chain-port.ts';
import { LIMITS } from './limits.ts';

export interface HttpGatewayChainOptions {
  readonly nodeUrl: string;
  /** Address of the boot contracts. */
  readonly bootAddress: string;
  readonly network: WalletNetwork;
  /** Pays deposits and fees. Secret. */
  readonly accountKey: SigningKey;
  readonly feeMicro: bigint;
}

export function createGatewayChain(
  net: Pick<Net, 'fetch'>,
  options: HttpGatewayChainOptions,
): GatewayChain {
  const client = createNodeClient({
    baseUrl: options.nodeUrl,
    fetch: (url, request) => net.fetch(url, request),
    timeoutMs: LIMITS.callTimeoutMs,
  });
  return new HttpGatewayChain(client, net, options);
}

class HttpGatewayChain implements GatewayChain {
  readonly #client: NodeClient;
  readonly #net: Pick<Net, 'fetch'>;
  readonly #options: HttpGatewayChainOptions;
  readonly #publicKey: Uint8Array;
  readonly #address: string;
  /** Context sizes by model id: a manifest never changes. */
  readonly #contexts = new Map<string, number>();

  constructor(client: NodeClient, net: Pick<Net, 'fetch'>, options: HttpGatewayChainOptions) {
    const { privateKey, compressed } = options.accountKey;
    this.#client = client;
    this.#net = net;
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(privateKey, compressed);
    this.#address = addressOfPublicKey(this.#publicKey, options.network);
  }

  async models(): Promise<readonly ModelOffer[]> {
    const count = Number(uint(await this.#read('models', 'get-model-count', [])));
    const found: ModelOffer[] = [];
    for (let index = 0; index < count; index++) {
      const at = await this.#read('models', 'get-model-by-index', [Cv.uint(index)]);
      if (at.type !== 'some') continue;
      const model = buffer(at.value);
      const hosts = await this.#hostsOf(model);
      if (hosts.length === 0) continue;
      const record = await this.#read('models', 'get-model', [Cv.buffer(model)]);
      const name = record.type === 'some' ? field(record.value, 'name') : null;
      const id = bytesToHex(model);
      found.push({
        id,
        name: name?.type === 'string-ascii' ? name.value : id,
        contextTokens: await this.#contextOf(id, hosts),
        hosts,
      });
    }
    return found;
  }

  async #hostsOf(model: Uint8Array): Promise<readonly HostOffer[]> {
    const list = await this.#read('hosts', 'get-model-hosts', [Cv.buffer(model)]);
    if (list.type !== 'list') return [];
    const offers = await Promise.all(
      list.items.map(async (member) => {
        const principal = field(member, 'host');
        const offer = await this.#read('hosts', 'get-offer', [principal, Cv.buffer(model)]);
        const host = await this.#read('hosts', 'get-host', [principal]);
        if (offer.type !== 'some' || host.type !== 'some' || principal.type !== 'principal') {
          return [];
        }
        const endpoint = field(host.value, 'endpoint');
        if (endpoint.type !== 'string-ascii') return [];
        return [
          {
            host: formatPrincipal(principal),
            endpoint: endpoint.value,
            operatingKey: buffer(field(offer.value, 'key')),
            prices: {
              inputMicro: uint(field(offer.value, 'input-price')),
              cachedMicro: uint(field(offer.value, 'cached-price')),
              outputMicro: uint(field(offer.value, 'output-price')),
            },
            assurance: assuranceOf(uint(field(offer.value, 'assurance'))) ?? 'D',
            capacity: Number(uint(field(host.value, 'capacity'))),
          },
        ];
      }),
    );
    return offers.flat();
  }

  /** From the manifest, which any host of the model serves; null while none can be reached. */
  async #contextOf(id: string, hosts: readonly HostOffer[]): Promise<number | null> {
    const known = this.#contexts.get(id);
    if (known !== undefined) return known;
    for (const { endpoint } of hosts) {
      try {
        const url = `${endpoint.replace(/\/+$/, '')}/manifests/${id}`;
        const { status, body } = await this.#net.fetch(url, { timeoutMs: LIMITS.callTimeoutMs });
        if (status !== 200 || !bytesEqual(sha256(body), bytesFromHex(id))) continue;
        const manifest = decodeManifest(body);
        if (!manifest.ok) continue;
        this.#contexts.set(id, manifest.value.contextTokens);
        return manifest.value.contextTokens;
      } catch {
        // This host cannot be reached now; the next one may.
      }
    }
    return null;
  }

  async beacon(): Promise<Uint8Array> {
    return buffer(field(await this.#read('beacon', 'get-current', []), 'burn-hash'));
  }

  async burnHeight(): Promise<number> {
    return (await this.#client.chain.info()).burnBlockHeight;
  }

  async claimGrace(): Promise<number> {
    return Number(uint(field(await this.#read('sessions', 'get-parameters', []), 'claim-grace')));
  }

  async session(id: bigint): Promise<SessionTerms | null> {
    const value = await this.#read('sessions', 'get-session', [Cv.uint(id)]);
    return value.type === 'some' ? sessionTermsOf(id, value.value) : null;
  }

  prepareOpen(session: NewSession): Promise<PreparedTransaction> {
    const { host, model, depositMicro, voucherKey, duration } = session;
    return this.#prepare('open', depositMicro, [
      Cv.principal(host),
      Cv.buffer(model),
      Cv.uint(depositMicro),
      Cv.buffer(voucherKey),
      Cv.uint(duration),
    ]);
  }

  prepareTopUp(id: bigint, amountMicro: bigint): Promise<PreparedTransaction> {
    return this.#prepare('top-up', amountMicro, [Cv.uint(id), Cv.uint(amountMicro)]);
  }

  prepareClose(id: bigint): Promise<PreparedTransaction> {
    return this.#prepare('close', 0n, [Cv.uint(id)]);
  }

  async #prepare(
    functionName: string,
    spendsMicro: bigint,
    args: readonly ClarityValue[],
  ): Promise<PreparedTransaction> {
    const { network, accountKey, feeMicro, bootAddress } = this.#options;
    const isSpending = spendsMicro > 0n;
    const built = buildContractCall({
      network,
      origin: { publicKey: this.#publicKey },
      nonce: await this.#client.chain.nextNonce(this.#address),
      feeMicro,
      contract: `${bootAddress}.sessions`,
      functionName,
      args,
      // Exactly the deposit leaves; at the end of a session what is left comes back.
      ...(isSpending
        ? {
            postConditions: [{ kind: 'stx', principal: 'origin', code: 'eq', amount: spendsMicro }],
          }
        : { postConditionMode: 'allow' }),
    });
    if (!built.ok) throw new Error(built.error.message);
    const signed = signTransaction(built.value, accountKey);
    if (!signed.ok) throw new Error(signed.error.message);
    const bytes = encodeTransaction(signed.value);
    return { txid: bytesToHex(transactionIdOfBytes(bytes)), bytes };
  }

  async broadcast(bytes: Uint8Array): Promise<string | null> {
    const sent = await this.#client.chain.broadcast(bytes);
    return sent.ok ? null : sent.error.reason;
  }

  async outcome(txid: string): Promise<TransactionOutcome> {
    const mined = await this.#client.chain.transaction(txid);
    if (mined?.isCanonical) {
      if (!mined.result.startsWith('(ok')) return { kind: 'failed', reason: mined.result };
      const [, id] = /^\(ok u(\d+)\)$/.exec(mined.result) ?? [];
      return { kind: 'success', id: id === undefined ? null : BigInt(id) };
    }
    const pending = await this.#client.chain.pendingTransaction(txid);
    return { kind: pending === null ? 'unknown' : 'pending' };
  }

  async blockOf(txid: string): Promise<string | null> {
    const mined = await this.#client.chain.transaction(txid);
    return mined?.isCanonical ? bytesToHex(mined.blockId) : null;
  }

  async #read(
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): Promise<ClarityValue> {
    const contractId = `${this.#options.bootAddress}.${contract}`;
    const answer = await this.#client.chain.callReadOnly({ contractId, functionName, args });
    if (!answer.ok) throw new Error(`${contractId} ${functionName}: ${answer.error.message}`);
    return answer.value;
  }
}

function field(value: ClarityValue, name: string): ClarityValue {
  const found = value.type === 'tuple' ? value.entries.get(name) : undefined;
  if (found === undefined) throw new TypeError(`the contract's answer has no ${name}`);
  return found;
}

function uint(value: ClarityValue): bigint {
  if (value.type !== 'uint') throw new TypeError(`expected a uint, found ${value.type}`);
  return value.value;
}

function buffer(value: ClarityValue): Uint8Array {
  if (value.type !== 'buffer') throw new TypeError(`expected a buffer, found ${value.type}`);
  return value.value;
}
