/**
 * The boot contracts in a sandbox: deployed by an ordinary address, with three signers, a beacon, one
 * model, and helpers that make signed commitments and certificates with @stacks/transactions,
 * independent of our own encoders. The sandbox is our VM (reset in a millisecond) or the reference
 * VM; differential.test.ts runs the same calls on both.
 */
import { createHash } from 'node:crypto';
import {
  Cl,
  type ClarityValue,
  getAddressFromPrivateKey,
  privateKeyToPublic,
  serializeCVBytes,
  signWithKey,
} from '@stacks/transactions';
import { BOOT_CONTRACTS, EXAMPLE_CONTRACTS } from '../index.ts';
import { Sandbox } from './sandbox.ts';

export const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
export const hashOf = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));
export const consensusHash = (value: ClarityValue): Uint8Array => sha256(serializeCVBytes(value));

export interface Party {
  readonly key: string;
  readonly address: string;
  readonly publicKey: Uint8Array;
}

export function party(name: string): Party {
  const key = `${hex(hashOf(name))}01`;
  return {
    key,
    address: getAddressFromPrivateKey(key, 'testnet'),
    publicKey: unhex(privateKeyToPublic(key) as string),
  };
}

export const DEPLOYER = party('deployer');
export const USER = party('user');
export const HOST = party('host');
export const HOST_OPERATOR = party('host operating key');
export const SIGNERS = ['signer a', 'signer b', 'signer c']
  .map(party)
  .sort((a, b) => (hex(a.publicKey) < hex(b.publicKey) ? -1 : 1));
export const WEIGHTS = [3n, 3n, 4n];
export const MODEL = hashOf('model');
export const BEACON = hashOf('bitcoin block');
export const SORTITION = hashOf('sortition');
export const INFERENCE = `${DEPLOYER.address}.inference`;
export const BEACONS = `${DEPLOYER.address}.beacon`;
export const JUDGES = `${DEPLOYER.address}.judges`;
export const SESSIONS = `${DEPLOYER.address}.sessions`;
export const PLANTS = `${DEPLOYER.address}.plants`;
export const MODELS = `${DEPLOYER.address}.models`;
export const GOVERNANCE = `${DEPLOYER.address}.governance`;
export const HOSTS = `${DEPLOYER.address}.hosts`;
export const START_BALANCE = 1_000_000_000_000n;

/** What tests do with a VM; the reference's `Simnet` has these under the same names. */
export interface Simnet {
  deployContract(
    name: string,
    source: string,
    options: { clarityVersion: 3 | 4 },
    sender: string,
  ): Outcome;
  callPublicFn: Call;
  callPrivateFn: Call;
  callReadOnlyFn: Call;
  mintSTX(recipient: string, amount: bigint): unknown;
  mineEmptyBurnBlocks(count: number): unknown;
  getAssetsMap(): Map<string, Map<string, bigint>>;
}

type Call = (contract: string, fn: string, args: ClarityValue[], sender: string) => Outcome;

export interface Outcome {
  readonly result: ClarityValue;
  readonly events: readonly {
    readonly event: string;
    readonly data: { readonly value?: ClarityValue };
  }[];
}

let sandbox: Sandbox | null = null;

/** Our VM with boot contracts, balances, signers and a beacon; the sandbox before it is reset. */
export function bareNetwork(): Simnet {
  if (sandbox === null) {
    sandbox = new Sandbox();
    setUp(sandbox);
    sandbox.markStart();
  }
  sandbox.reset();
  return sandbox;
}

/** Boot contracts, balances, signers and a beacon; nothing registered yet. */
export function setUp(simnet: Simnet): void {
  for (const { name, source, clarityVersion } of [...BOOT_CONTRACTS, ...EXAMPLE_CONTRACTS]) {
    const done = simnet.deployContract(name, source, { clarityVersion }, DEPLOYER.address);
    if (Cl.prettyPrint(done.result) !== 'true')
      throw new Error(`${name}: ${Cl.prettyPrint(done.result)}`);
  }
  for (const { address } of [USER, HOST, DEPLOYER]) simnet.mintSTX(address, START_BALANCE);
  setSigners(simnet, 7n, SIGNERS, WEIGHTS);
  setBeacon(simnet, SORTITION, BEACON);
}

/** What the node does at the start of a tenure. */
export function setBeacon(simnet: Simnet, sortition: Uint8Array, burn: Uint8Array): void {
  const beacon = Cl.tuple({
    'sortition-hash': Cl.buffer(sortition),
    'burn-hash': Cl.buffer(burn),
    'burn-height': Cl.uint(101),
  });
  simnet.callPrivateFn(BEACONS, 'set-beacon', [beacon], DEPLOYER.address);
}

export function setSigners(
  simnet: Simnet,
  cycle: bigint,
  signers: readonly Party[],
  weights: readonly bigint[],
): void {
  const list = signers.map((signer, i) =>
    Cl.tuple({ signer: Cl.principal(signer.address), weight: Cl.uint(weights[i]!) }),
  );
  simnet.callPrivateFn(
    `${DEPLOYER.address}.signers`,
    'set-signers',
    [Cl.uint(cycle), Cl.list(list), Cl.uint(1)],
    DEPLOYER.address,
  );
}

export function registerModel(
  simnet: Simnet,
  model: Uint8Array = MODEL,
  name = 'tiny',
): ClarityValue {
  return simnet.callPublicFn(
    `${DEPLOYER.address}.models`,
    'register',
    [Cl.buffer(model), Cl.stringAscii(name), Cl.stringAscii('http://host/manifest')],
    DEPLOYER.address,
  ).result;
}

export interface Offer {
  readonly endpoint?: string;
  readonly key?: Uint8Array;
  readonly sealKey?: Uint8Array;
  readonly models?: readonly Uint8Array[];
  readonly assurance?: bigint;
  readonly capacity?: bigint;
  readonly inputPrice?: bigint;
  readonly cachedPrice?: bigint;
  readonly outputPrice?: bigint;
}

export function offerArgs(offer: Offer): ClarityValue[] {
  return [
    Cl.stringAscii(offer.endpoint ?? 'http://127.0.0.1:8000'),
    Cl.buffer(offer.key ?? HOST_OPERATOR.publicKey),
    Cl.buffer(offer.sealKey ?? hashOf('seal key')),
    Cl.list((offer.models ?? [MODEL]).map((model) => Cl.buffer(model))),
    Cl.uint(offer.assurance ?? 1n),
    Cl.uint(offer.capacity ?? 4n),
    Cl.uint(offer.inputPrice ?? 10n),
    Cl.uint(offer.cachedPrice ?? 5n),
    Cl.uint(offer.outputPrice ?? 100n),
  ];
}

export function registerHost(
  simnet: Simnet,
  who: Party = HOST,
  offer: Offer = {},
  bond = 100_000_000n,
): ClarityValue {
  const args = [...offerArgs(offer), Cl.uint(bond)];
  return simnet.callPublicFn(HOSTS, 'register', args, who.address).result;
}

/** A network with one model and one host. */
export function network(): Simnet {
  const simnet = bareNetwork();
  registerModel(simnet);
  registerHost(simnet);
  return simnet;
}

export interface RequestOptions {
  readonly model?: Uint8Array;
  readonly prompt?: Uint8Array | null;
  readonly promptHash?: Uint8Array;
  readonly promptLength?: bigint;
  readonly params?: readonly [bigint, bigint, bigint, bigint];
  readonly maxFee?: bigint;
  readonly deadline?: bigint;
  readonly host?: string | null;
  readonly privacy?: bigint;
  readonly nonce?: Uint8Array;
  readonly sender?: string;
}

export function requestArgs(options: RequestOptions = {}): ClarityValue[] {
  const prompt = options.prompt === undefined ? hashOf('prompt') : options.prompt;
  const [temperature, topP, topK, maxTokens] = options.params ?? [700_000n, 1_000_000n, 20n, 128n];
  return [
    Cl.buffer(options.model ?? MODEL),
    prompt ? Cl.some(Cl.buffer(prompt)) : Cl.none(),
    Cl.buffer(options.promptHash ?? sha256(prompt ?? hashOf('prompt'))),
    Cl.uint(options.promptLength ?? BigInt(prompt?.length ?? 32)),
    Cl.tuple({
      temperature: Cl.uint(temperature),
      'top-p': Cl.uint(topP),
      'top-k': Cl.uint(topK),
      'max-tokens': Cl.uint(maxTokens),
    }),
    Cl.uint(options.maxFee ?? 50_000n),
    Cl.uint(options.deadline ?? 10n),
    options.host ? Cl.some(Cl.principal(options.host)) : Cl.none(),
    Cl.uint(options.privacy ?? 0n),
    Cl.buffer(options.nonce ?? hashOf('nonce').slice(0, 16)),
  ];
}

export const openRequest = (simnet: Simnet, options: RequestOptions = {}): Outcome =>
  simnet.callPublicFn(INFERENCE, 'request', requestArgs(options), options.sender ?? USER.address);

/** The stored request as plain data. */
export function readRequest(simnet: Simnet, id: bigint) {
  const { result } = simnet.callReadOnlyFn(INFERENCE, 'get-request', [Cl.uint(id)], USER.address);
  if (result.type !== 'some' || result.value.type !== 'tuple') throw new Error(`no request ${id}`);
  return result.value.value;
}

export const bytesOf = (value: ClarityValue | undefined): Uint8Array => {
  if (value?.type !== 'buffer') throw new Error('not a buffer');
  return unhex(value.value);
};
export const uintOf = (value: ClarityValue | undefined): bigint => {
  if (value?.type !== 'uint') throw new Error('not a uint');
  return BigInt(value.value);
};

/** SIP-018, written out from the standard. */
export function structuredDigest(message: ClarityValue, chainId = 0x80000000n): Uint8Array {
  const domain = Cl.tuple({
    name: Cl.stringAscii('assay-inference'),
    version: Cl.stringAscii('1'),
    'chain-id': Cl.uint(chainId),
  });
  return sha256(new TextEncoder().encode('SIP018'), consensusHash(domain), consensusHash(message));
}

export function signRsv(digest: Uint8Array, who: Party): Uint8Array {
  const vrs = signWithKey(who.key, hex(digest));
  return unhex(vrs.slice(2) + vrs.slice(0, 2));
}

export function commitmentFor(
  simnet: Simnet,
  id: bigint,
  changes: Record<string, ClarityValue> = {},
): ClarityValue {
  const request = readRequest(simnet, id);
  const requestHash = bytesOf(request['request-hash']);
  const key = bytesOf(request['host-key']);
  const beacon = bytesOf(request.beacon);
  const seed = sha256(new TextEncoder().encode('gm-seed-v1'), requestHash, key, beacon);
  return Cl.tuple({
    'request-hash': Cl.buffer(requestHash),
    model: request.model!,
    seed: Cl.buffer(seed),
    'ids-root': Cl.buffer(hashOf('ids')),
    'sketch-root': Cl.buffer(hashOf('sketch')),
    'transcript-hash': Cl.buffer(hashOf('transcript')),
    'output-hash': Cl.buffer(hashOf('output')),
    finish: Cl.stringAscii('stop'),
    'prompt-tokens': Cl.uint(20),
    'output-tokens': Cl.uint(100),
    timestamp: Cl.uint(1_700_000_000),
    ...changes,
  });
}

export function verdictFor(commitment: ClarityValue, id: bigint, verdict: bigint): Uint8Array {
  return structuredDigest(
    Cl.tuple({
      commitment: Cl.buffer(consensusHash(commitment)),
      'request-id': Cl.uint(id),
      verdict: Cl.uint(verdict),
    }),
  );
}

export interface CloseOptions {
  readonly verdict?: bigint;
  readonly commitment?: ClarityValue;
  readonly hostKey?: Party;
  /** [claimed index, who signs] */
  readonly signers?: readonly (readonly [bigint, Party])[];
  readonly digest?: Uint8Array;
}

/** Arguments of `settle` and `reject`: by default two signers of weight 7 of 10. */
export function certificate(
  simnet: Simnet,
  id: bigint,
  options: CloseOptions = {},
): ClarityValue[] {
  const commitment = options.commitment ?? commitmentFor(simnet, id);
  const digest = options.digest ?? verdictFor(commitment, id, options.verdict ?? 1n);
  const signers: readonly (readonly [bigint, Party])[] = options.signers ?? [
    [1n, SIGNERS[1]!],
    [2n, SIGNERS[2]!],
  ];
  return [
    Cl.uint(id),
    commitment,
    Cl.buffer(signRsv(structuredDigest(commitment), options.hostKey ?? HOST_OPERATOR)),
    Cl.list(
      signers.map(([index, who]) =>
        Cl.tuple({ index: Cl.uint(index), signature: Cl.buffer(signRsv(digest, who)) }),
      ),
    ),
  ];
}

export const settle = (simnet: Simnet, id: bigint, options: CloseOptions = {}) =>
  simnet.callPublicFn(INFERENCE, 'settle', certificate(simnet, id, options), DEPLOYER.address);

export const reject = (simnet: Simnet, id: bigint, options: CloseOptions = {}) =>
  simnet.callPublicFn(
    INFERENCE,
    'reject',
    certificate(simnet, id, { verdict: 2n, ...options }),
    DEPLOYER.address,
  );

export const expire = (simnet: Simnet, id: bigint) =>
  simnet.callPublicFn(INFERENCE, 'expire', [Cl.uint(id)], DEPLOYER.address);

export function stxOf(simnet: Simnet, who: string): bigint {
  return simnet.getAssetsMap().get('STX')?.get(who) ?? 0n;
}

export function openEscrow(simnet: Simnet): bigint {
  return uintOf(simnet.callReadOnlyFn(INFERENCE, 'get-open-escrow', [], USER.address).result);
}
