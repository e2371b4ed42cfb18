/** Typed client of a node's RPC. Runs in browsers; hosts, signers, gateways and tools use it. */
import { ChainClient } from './chain.ts';
import { InferenceClient } from './inference.ts';
import { StackerDbClient } from './stackerdb.ts';
import { Transport, type TransportOptions } from './transport.ts';

export {
  type Account,
  type BroadcastRejection,
  ChainClient,
  type MinedTransaction,
  type NodeInfo,
  type PoxInfo,
  type Sortition,
  type TenureInfo,
} from './chain.ts';
export {
  InferenceClient,
  type InferenceRequestInfo,
  type InferenceResult,
  type Place,
  type RequestPage,
  type RequestQuery,
  type RequestStatus,
  type ResultStatus,
} from './inference.ts';
export { CLIENT_LIMITS } from './limits.ts';
export { type PutOutcome, type SignerSlot, StackerDbClient } from './stackerdb.ts';
export {
  type BrowserFetch,
  ClientError,
  type FetchPort,
  fromBrowserFetch,
  type TransportOptions,
} from './transport.ts';

export interface NodeClient {
  readonly chain: ChainClient;
  readonly stackerdb: StackerDbClient;
  readonly inference: InferenceClient;
}

/** `createNodeClient({ baseUrl, fetch: world.net.fetch, authToken? })` */
export function createNodeClient(options: TransportOptions): NodeClient {
  const transport = new Transport(options);
  return {
    chain: new ChainClient(transport),
    stackerdb: new StackerDbClient(transport),
    inference: new InferenceClient(transport),
  };
}
