/**
 * JSON-RPC: one call or a batch in, one answer or a list out, with bitcoind's envelopes for version
 * 1 and 2.0. Every answered call is durable before it is answered.
 * Source: Bitcoin Core httprpc.cpp, rpc/request.cpp (HTTP statuses), JSON-RPC 2.0.
 */

import { LIMITS } from '../limits.ts';
import type { RegtestNode } from '../regtest-node.ts';
import { CHAIN_METHODS } from './chain-methods.ts';
import { CONTROL_METHODS } from './control-methods.ts';
import { RPC_CODES, RpcError } from './error.ts';
import { isRecord, type RpcObject, type RpcValue, writeJson } from './json.ts';
import { MEMPOOL_METHODS } from './mempool-methods.ts';
import { Params, type RpcMethod, type RpcMethods, usageOf } from './method.ts';
import { MINING_METHODS } from './mining-methods.ts';
import { RAW_METHODS } from './raw-methods.ts';
import { WALLET_ADMIN_METHODS } from './wallet-admin-methods.ts';
import { WALLET_METHODS } from './wallet-methods.ts';

export interface RpcAnswer {
  readonly httpStatus: number;
  /** Empty for notifications. */
  readonly body: string;
}

export interface DispatchOptions {
  readonly node: RegtestNode;
  /** What `stop` does. */
  readonly onStop: () => void;
}

interface Outcome {
  readonly result: RpcValue;
  readonly error: { readonly code: number; readonly message: string } | null;
}

export class RpcDispatcher {
  readonly #node: RegtestNode;
  readonly #methods: ReadonlyMap<string, RpcMethod>;

  constructor({ node, onStop }: DispatchOptions) {
    this.#node = node;
    const groups: RpcMethods[] = [
      CHAIN_METHODS,
      CONTROL_METHODS,
      MEMPOOL_METHODS,
      MINING_METHODS,
      RAW_METHODS,
      WALLET_ADMIN_METHODS,
      WALLET_METHODS,
      this.#ownMethods(onStop),
    ];
    this.#methods = new Map(groups.flatMap((group) => Object.entries(group)));
  }

  #ownMethods(onStop: () => void): RpcMethods {
    return {
      help: {
        params: '?command',
        help: 'Lists all commands, or explains one.',
        run: ({ params }) => this.#help(params.string('command')),
      },
      stop: {
        params: '?wait',
        help: 'Stops the node.',
        run: () => {
          onStop();
          return 'Assay regtest stopping';
        },
      },
    };
  }

  #help(command: string | undefined): string {
    if (command === undefined) {
      const names = [...this.#methods].map(
        ([name, method]) => usageOf(name, method).split('\n')[0]!,
      );
      return names.sort().join('\n');
    }
    const method = this.#methods.get(command);
    return method === undefined ? `help: unknown command: ${command}` : usageOf(command, method);
  }

  /** @param text  the request body */
  async answer(text: string, walletName: string | null): Promise<RpcAnswer> {
    let request: unknown;
    try {
      request = JSON.parse(text);
    } catch {
      return single(null, false, failure('parse', 'Parse error'));
    }
    if (!Array.isArray(request)) return this.#single(request, walletName);
    if (request.length > LIMITS.batchCallsMax) {
      const text = `Batch of ${request.length} calls, at most ${LIMITS.batchCallsMax}`;
      return single(null, false, failure('invalidRequest', text));
    }
    const answers: RpcObject[] = [];
    for (const item of request) {
      const outcome = await this.#run(item, walletName);
      if (!isNotification(item)) answers.push(envelope(item, outcome));
    }
    const isSilent = answers.length === 0 && request.length > 0;
    return isSilent
      ? { httpStatus: 204, body: '' }
      : { httpStatus: 200, body: `${writeJson(answers)}\n` };
  }

  async #single(request: unknown, walletName: string | null): Promise<RpcAnswer> {
    const outcome = await this.#run(request, walletName);
    return isNotification(request)
      ? { httpStatus: 204, body: '' }
      : single(request, isVersion2(request), outcome);
  }

  /** Runs one call and makes its effects durable. */
  async #run(request: unknown, walletName: string | null): Promise<Outcome> {
    if (!isRecord(request)) return failure('invalidRequest', 'Invalid Request object');
    const { method: name, params } = request;
    if (typeof name !== 'string') return failure('invalidRequest', 'Method must be a string');
    try {
      return { result: await this.call(name, params, walletName), error: null };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { result: null, error: { code: error.code, message: error.message } };
    }
  }

  /** One call from inside the process. @throws RpcError */
  async call(name: string, params: unknown, walletName: string | null): Promise<RpcValue> {
    const method = this.#methods.get(name);
    if (method === undefined) throw new RpcError('methodNotFound', 'Method not found');
    const node = this.#node;
    try {
      return await method.run({ node, walletName, params: new Params(name, method, params) });
    } finally {
      node.commit();
    }
  }
}

function failure(code: keyof typeof RPC_CODES, message: string): Outcome {
  return { result: null, error: { code: RPC_CODES[code], message } };
}

function isVersion2(request: unknown): boolean {
  return isRecord(request) && request.jsonrpc === '2.0';
}

/** Version 2.0 without an id: nobody waits for an answer. */
function isNotification(request: unknown): boolean {
  return isVersion2(request) && isRecord(request) && !('id' in request);
}

function envelope(request: unknown, { result, error }: Outcome): RpcObject {
  const id = isRecord(request) ? toRpcId(request.id) : null;
  if (!isVersion2(request)) return { result, error, id };
  return error === null ? { jsonrpc: '2.0', result, id } : { jsonrpc: '2.0', error, id };
}

function toRpcId(id: unknown): RpcValue {
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'boolean' ? id : null;
}

function single(request: unknown, isQuiet: boolean, outcome: Outcome): RpcAnswer {
  const body = `${writeJson(envelope(request, outcome))}\n`;
  if (outcome.error === null || isQuiet) return { httpStatus: 200, body };
  const { code } = outcome.error;
  const httpStatus =
    code === RPC_CODES.invalidRequest ? 400 : code === RPC_CODES.methodNotFound ? 404 : 500;
  return { httpStatus, body };
}
