/** RPC methods about the node itself and about texts. Source: Bitcoin Core rpc/net.cpp, util. */
import { formatAddress, parseAddress, recognizeOutput, witnessProgram } from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import { LIMITS } from '../limits.ts';
import { parseDescriptor } from '../wallet/descriptor.ts';
import { RpcError } from './error.ts';
import { amount, type RpcObject, type RpcValue } from './json.ts';
import type { RpcCall, RpcMethods } from './method.ts';

/** The release of bitcoind whose answers these are modelled on. */
const MODELLED_VERSION = 280100;

function networkInfo(): RpcObject {
  return {
    version: MODELLED_VERSION,
    subversion: '/Assay-regtest:0.1.0/',
    protocolversion: 70016,
    localservices: '0000000000000009',
    localservicesnames: ['NETWORK', 'WITNESS'],
    localrelay: true,
    timeoffset: 0,
    networkactive: true,
    connections: 0,
    connections_in: 0,
    connections_out: 0,
    networks: [],
    relayfee: amount(LIMITS.relayFeePerKvbSats),
    incrementalfee: amount(LIMITS.relayFeePerKvbSats),
    localaddresses: [],
    warnings: [],
  };
}

/** What an output script says about itself, shared by validateaddress and getaddressinfo. */
export function scriptFacts(script: Uint8Array): RpcObject {
  const witness = witnessProgram(script);
  const { kind } = recognizeOutput(script);
  return {
    address: formatAddress(script, 'regtest') ?? undefined,
    scriptPubKey: bytesToHex(script),
    isscript: kind === 'p2sh' || kind === 'p2wsh' || kind === 'p2tr',
    iswitness: witness !== null,
    witness_version: witness?.version,
    witness_program: witness === null ? undefined : bytesToHex(witness.program),
  };
}

function validateAddress({ params }: RpcCall): RpcValue {
  const script = parseAddress(params.string('address')!, 'regtest');
  if (script.ok) return { isvalid: true, ...scriptFacts(script.value) };
  const error =
    script.error.code === 'bitcoin/address-network'
      ? 'Invalid or unsupported prefix for Segwit (Bech32) or Base58 encoding.'
      : 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.';
  return { isvalid: false, error_locations: [], error };
}

function descriptorInfo({ params }: RpcCall): RpcValue {
  const given = params.string('descriptor')!;
  const descriptor = parseDescriptor(given);
  if (!descriptor.ok) throw new RpcError('invalidAddressOrKey', descriptor.error);
  const { text, isSolvable, keys } = descriptor.value;
  return {
    descriptor: text,
    checksum: text.slice(-8),
    isrange: false,
    issolvable: isSolvable,
    hasprivatekeys: keys.some(({ privateKey }) => privateKey !== null),
  };
}

export const CONTROL_METHODS: RpcMethods = {
  getnetworkinfo: { params: '', help: 'Returns the state of the network.', run: networkInfo },
  getpeerinfo: { params: '', help: 'Returns the peers: none.', run: () => [] },
  getconnectioncount: { params: '', help: 'Returns the number of peers: none.', run: () => 0 },
  ping: { params: '', help: 'Pings the peers: none.', run: () => null },
  uptime: {
    params: '',
    help: 'Returns the seconds since the start.',
    run: ({ node }) => Math.max(0, node.nowSecs() - node.startedSecs),
  },
  setmocktime: {
    params: 'timestamp',
    help: 'Sets the clock in Unix seconds; 0 returns to the real one.',
    run: ({ node, params }) => {
      const secs = params.integer('timestamp')!;
      if (secs < 0) {
        throw new RpcError(
          'invalidParameter',
          `Mocktime must be in the range [0, 9223372036], not ${secs}.`,
        );
      }
      node.setMockTime(secs);
      return null;
    },
  },
  validateaddress: {
    params: 'address',
    help: 'Says whether an address is valid, and what it pays.',
    run: validateAddress,
  },
  getdescriptorinfo: {
    params: 'descriptor',
    help: 'Analyses a descriptor and adds its checksum.',
    run: descriptorInfo,
  },
  deriveaddresses: {
    params: 'descriptor ?range',
    help: 'Returns the addresses of a descriptor.',
    run: ({ params }) => {
      const descriptor = parseDescriptor(params.string('descriptor')!, true);
      if (!descriptor.ok) throw new RpcError('invalidAddressOrKey', descriptor.error);
      const addresses = descriptor.value.scripts.map((script) => formatAddress(script, 'regtest'));
      return addresses.filter((address) => address !== null);
    },
  },
};
