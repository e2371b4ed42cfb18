/**
 * The genesis file: what the first state of a chain contains. Two nodes that read the same content
 * compute the same genesis block id; its hash is kept, so a store cannot be opened with another.
 * Only `network` and `signers` are required; the rest has the network's values or is empty.
 */
import { compareBytes, err, ok, type Result } from '@assay/bytes';
import { isValidPublicKey } from '@assay/crypto';
import {
  NETWORKS,
  type NetworkName,
  type NetworkParams,
  SIGNERS_MAX,
  withPox,
} from '@assay/params';
import { FieldError, JsonField } from './json-field.ts';
import { LIMITS } from './limits.ts';

export interface GenesisBalance {
  readonly address: string;
  readonly amountMicro: bigint;
}

export interface GenesisSigner {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

export interface GenesisModel {
  /** Who registers it; default the boot address. */
  readonly owner: string;
  /** 32 bytes. */
  readonly manifestHash: Uint8Array;
  readonly name: string;
  readonly uri: string;
}

export interface GenesisHost {
  /** Needs a balance of at least the bond. */
  readonly address: string;
  readonly endpoint: string;
  /** Compressed, 33 bytes. */
  readonly operatingKey: Uint8Array;
  /** X25519, 32 bytes; zeros (the default): takes no sealed prompts. */
  readonly sealKey: Uint8Array;
  /** Manifest hashes. */
  readonly models: readonly Uint8Array[];
  /** Assurance class of its engine, 1 to 4 for A to D; default 1. */
  readonly assurance: bigint;
  readonly capacity: bigint;
  readonly inputPriceMicro: bigint;
  /** Default: the input price. */
  readonly cachedPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  readonly bondMicro: bigint;
}

export interface Genesis {
  readonly network: NetworkName;
  readonly chainId: number;
  readonly epoch: '3.4';
  readonly timestampSecs: number;
  readonly pox: {
    readonly firstBurnHeight: number;
    readonly rewardCycleLength: number;
    readonly prepareLength: number;
  };
  readonly balances: readonly GenesisBalance[];
  /** Ordered by public key. */
  readonly signers: readonly GenesisSigner[];
  /** May change the parameters of the inference protocol; default the boot address: nobody. */
  readonly governor: string;
  /** Gets what fees and slashes leave over; null: it is burned. */
  readonly treasury: string | null;
  readonly models: readonly GenesisModel[];
  readonly hosts: readonly GenesisHost[];
}

export interface GenesisError {
  readonly code: 'chainstate/genesis-malformed';
  /** One sentence that names the field and what is wrong with it. */
  readonly message: string;
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
/** All STX together stay below this, so that no sum can leave 128 bits. */
const SUPPLY_MAX = U64_MAX;

/** The network's parameters with the geometry and chain id of the genesis. */
export function genesisNetwork(genesis: Genesis): NetworkParams {
  const network = NETWORKS[genesis.network];
  return withPox({ ...network, chainId: genesis.chainId }, genesis.pox);
}

/** Parses and checks the text of a genesis file. */
export function parseGenesis(text: string): Result<Genesis, GenesisError> {
  try {
    return ok(readGenesis(text));
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return err({ code: 'chainstate/genesis-malformed', message: error.message });
  }
}

function readGenesis(text: string): Genesis {
  if (text.length > LIMITS.genesisBytesMax) throw new FieldError('the genesis file is too large');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FieldError(`the genesis file is not JSON: ${(error as Error).message}`);
  }
  const root = new JsonField('genesis', json);
  const name = root.get('network').text();
  const network = NETWORKS[name as NetworkName];
  if (!Object.hasOwn(NETWORKS, name)) {
    throw new FieldError(
      `genesis.network is ${name}; known are ${Object.keys(NETWORKS).join(', ')}`,
    );
  }
  root.only([
    'network',
    'chainId',
    'epoch',
    'timestampSecs',
    'pox',
    'balances',
    'signers',
    'governor',
    'treasury',
    'models',
    'hosts',
  ]);
  if (root.get('epoch').textOr('3.4') !== '3.4') throw new FieldError('genesis.epoch must be 3.4');
  const genesis: Genesis = {
    network: name as NetworkName,
    chainId: root.get('chainId').integerOr(network.chainId, 0, 0xffff_ffff),
    epoch: '3.4',
    timestampSecs: root.get('timestampSecs').integerOr(0, 0, Number.MAX_SAFE_INTEGER),
    pox: readPox(root.get('pox'), network),
    balances: root.get('balances').list(LIMITS.genesisBalancesMax, (f) => readBalance(f, network)),
    signers: root.get('signers').list(SIGNERS_MAX, readSigner),
    governor: principalOr(root.get('governor'), network, network.bootAddress),
    treasury: principalOr(root.get('treasury'), network, null),
    models: root.get('models').list(LIMITS.genesisModelsMax, (f) => readModel(f, network)),
    hosts: root.get('hosts').list(LIMITS.genesisHostsMax, (f) => readHost(f, network)),
  };
  checkWhole(genesis);
  const signers = [...genesis.signers].sort((a, b) => compareBytes(a.publicKey, b.publicKey));
  return { ...genesis, signers };
}

function readPox(field: JsonField, network: NetworkParams): Genesis['pox'] {
  field.only(['firstBurnHeight', 'rewardCycleLength', 'prepareLength', 'outputsPerCommit']);
  const { pox } = network;
  const geometry = {
    firstBurnHeight: field.get('firstBurnHeight').integerOr(pox.firstBurnHeight, 0, 0x7fff_ffff),
    rewardCycleLength: field.get('rewardCycleLength').integerOr(pox.rewardCycleLength, 3, 100_000),
    prepareLength: field.get('prepareLength').integerOr(pox.prepareLength, 1, 100_000),
  };
  if (geometry.prepareLength >= geometry.rewardCycleLength) {
    throw new FieldError('genesis.pox.prepareLength must be below rewardCycleLength');
  }
  return geometry;
}

function readBalance(field: JsonField, network: NetworkParams): GenesisBalance {
  field.only(['address', 'amountMicro']);
  return {
    address: field.get('address').principal(network),
    amountMicro: field.get('amountMicro').amount(1n, U64_MAX),
  };
}

function publicKeyOf(field: JsonField): Uint8Array {
  const key = field.bytes(33);
  if (!isValidPublicKey(key)) throw new FieldError(`${field.path} is not a public key`);
  return key;
}

function readSigner(field: JsonField): GenesisSigner {
  field.only(['publicKey', 'weight', 'name']);
  return {
    publicKey: publicKeyOf(field.get('publicKey')),
    weight: field.get('weight').amount(1n, U64_MAX),
  };
}

function principalOr<T>(field: JsonField, network: NetworkParams, otherwise: T): string | T {
  return field.isAbsent ? otherwise : field.principal(network);
}

function readModel(field: JsonField, network: NetworkParams): GenesisModel {
  field.only(['owner', 'manifestHash', 'name', 'uri']);
  return {
    owner: principalOr(field.get('owner'), network, network.bootAddress),
    manifestHash: field.get('manifestHash').bytes(32),
    name: field.get('name').ascii(64),
    uri: field.get('uri').ascii(256),
  };
}

function readHost(field: JsonField, network: NetworkParams): GenesisHost {
  field.only([
    'address',
    'endpoint',
    'operatingKey',
    'sealKey',
    'models',
    'assurance',
    'capacity',
    'inputPriceMicro',
    'cachedPriceMicro',
    'outputPriceMicro',
    'bondMicro',
  ]);
  const sealKey = field.get('sealKey');
  const inputPriceMicro = field.get('inputPriceMicro').amount(0n, U64_MAX);
  const cachedPrice = field.get('cachedPriceMicro');
  const assurance = field.get('assurance');
  return {
    address: field.get('address').principal(network),
    endpoint: field.get('endpoint').ascii(128),
    operatingKey: publicKeyOf(field.get('operatingKey')),
    sealKey: sealKey.isAbsent ? new Uint8Array(32) : sealKey.bytes(32),
    models: field.get('models').list(8, (model) => model.bytes(32)),
    assurance: assurance.isAbsent ? 1n : assurance.amount(1n, 4n),
    capacity: field.get('capacity').amount(1n, 1_024n),
    inputPriceMicro,
    cachedPriceMicro: cachedPrice.isAbsent ? inputPriceMicro : cachedPrice.amount(0n, U64_MAX),
    outputPriceMicro: field.get('outputPriceMicro').amount(0n, U64_MAX),
    bondMicro: field.get('bondMicro').amount(1n, U64_MAX),
  };
}

function checkWhole({ balances, signers }: Genesis): void {
  const seen = new Set<string>();
  let supply = 0n;
  for (const { address, amountMicro } of balances) {
    if (seen.has(address)) throw new FieldError(`genesis.balances names ${address} twice`);
    seen.add(address);
    supply += amountMicro;
  }
  if (supply > SUPPLY_MAX)
    throw new FieldError('genesis.balances add up to more than 2^64 micro-STX');
  if (signers.length === 0) throw new FieldError('genesis.signers is empty; blocks need signers');
  const keys = new Set(signers.map(({ publicKey }) => publicKey.join()));
  if (keys.size < signers.length) throw new FieldError('genesis.signers names a key twice');
}
