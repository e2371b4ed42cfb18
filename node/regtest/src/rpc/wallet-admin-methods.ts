/** RPC methods that make wallets and tell them what to watch. Source: Bitcoin Core wallet/rpc. */
import { parseAddress, parseWif } from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { LIMITS } from '../limits.ts';
import { type Descriptor, parseDescriptor } from '../wallet/descriptor.ts';
import type { AddressType, Wallet } from '../wallet/wallet.ts';
import { scriptFacts } from './control-methods.ts';
import { RpcError } from './error.ts';
import { isRecord, type RpcObject, type RpcValue } from './json.ts';
import type { RpcCall, RpcMethods } from './method.ts';

/** The wallet a call means: by path, or the only one loaded. @throws RpcError -18, -19 */
export function walletOf({ node, walletName }: RpcCall): Wallet {
  const loaded = node.wallets.loaded();
  if (walletName !== null) {
    const wallet = loaded.find(({ name }) => name === walletName);
    if (wallet !== undefined) return wallet;
    const text = 'Requested wallet does not exist or is not loaded';
    throw new RpcError('walletNotFound', text);
  }
  const [only, ...more] = loaded;
  if (only === undefined) {
    const text =
      'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. ' +
      '(Note: A default wallet is no longer automatically created)';
    throw new RpcError('walletNotFound', text);
  }
  if (more.length > 0) {
    const text =
      'Multiple wallets are loaded. Please select which wallet to use by requesting the RPC ' +
      'through the /wallet/<walletname> URI path.';
    throw new RpcError('walletNotSpecified', text);
  }
  return only;
}

function createWallet({ node, params }: RpcCall): RpcValue {
  const name = params.string('wallet_name')!;
  if (name.length > LIMITS.walletNameCharsMax || !/^[\w .@-]*$/.test(name)) {
    throw new RpcError('wallet', 'Wallet name has characters or a length not accepted here.');
  }
  if (node.wallets.get(name) !== null) {
    const text = `Wallet file verification failed. Failed to create database path '${name}'. Database already exists.`;
    throw new RpcError('wallet', text);
  }
  const hasKeys = !(params.boolean('disable_private_keys') ?? false);
  const isBlank = params.boolean('blank') ?? false;
  node.wallets.create(name, hasKeys, hasKeys && !isBlank ? node.world.random.bytes(32) : null);
  return { name };
}

function loadWallet({ node, params }: RpcCall): RpcValue {
  const name = params.string('filename')!;
  const wallet = node.wallets.get(name);
  if (wallet === null) {
    const text = `Wallet file verification failed. Failed to load database path '${name}'. Path does not exist.`;
    throw new RpcError('walletNotFound', text);
  }
  if (wallet.isLoaded) {
    throw new RpcError('walletAlreadyLoaded', `Wallet "${name}" is already loaded.`);
  }
  wallet.setLoaded(true);
  node.wallets.save(wallet);
  return { name };
}

function unloadWallet(call: RpcCall): RpcValue {
  const walletName = call.params.string('wallet_name') ?? call.walletName;
  const wallet = walletOf({ ...call, walletName });
  wallet.setLoaded(false);
  call.node.wallets.save(wallet);
  return {};
}

function importDescriptors(call: RpcCall): RpcValue {
  const wallet = walletOf(call);
  const results = call.params.array('requests')!.map((request): RpcObject => {
    try {
      importDescriptor(call, wallet, isRecord(request) ? request : {});
      return { success: true };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { success: false, error: { code: error.code, message: error.message } };
    }
  });
  call.node.wallets.save(wallet);
  return results;
}

function importDescriptor(call: RpcCall, wallet: Wallet, request: Record<string, unknown>): void {
  if (typeof request.desc !== 'string') {
    throw new RpcError('invalidParameter', 'Descriptor not found.');
  }
  const descriptor = parseDescriptor(request.desc, true);
  if (!descriptor.ok) throw new RpcError('invalidAddressOrKey', descriptor.error);
  const hasKeys =
    descriptor.value.keys.length > 0 &&
    descriptor.value.keys.every(({ privateKey }) => privateKey !== null);
  if (hasKeys && !wallet.hasPrivateKeys) {
    const text = 'Cannot import private keys to a wallet with private keys disabled';
    throw new RpcError('wallet', text);
  }
  if (!hasKeys && wallet.hasPrivateKeys) {
    const text =
      'Cannot import descriptor without private keys to a wallet with private keys enabled';
    throw new RpcError('wallet', text);
  }
  const label = typeof request.label === 'string' ? request.label : '';
  watch(call, wallet, descriptor.value, label, request.internal === true);
}

function watch(
  call: RpcCall,
  wallet: Wallet,
  descriptor: Descriptor,
  label: string,
  isChange: boolean,
): void {
  const [key] = descriptor.keys;
  for (const script of descriptor.scripts) {
    const isAdded = wallet.add({
      scriptHex: bytesToHex(script),
      desc: descriptor.text,
      label,
      isChange,
      privateKeyHex:
        descriptor.keys.length === 1 && key!.privateKey !== null
          ? bytesToHex(key!.privateKey)
          : null,
      isCompressed: key?.publicKey.length !== 65,
      isSolvable: descriptor.isSolvable,
      timestampSecs: call.node.nowSecs(),
    });
    if (!isAdded) throw new RpcError('wallet', `A wallet holds ${LIMITS.walletScriptsMax} scripts`);
  }
}

/** An address or script in hex, watched in any wallet. */
function importAddress(call: RpcCall): RpcValue {
  const wallet = walletOf(call);
  const text = call.params.string('address')!;
  const body = parseAddress(text, 'regtest').ok ? `addr(${text})` : `raw(${text})`;
  const descriptor = parseDescriptor(body);
  if (!descriptor.ok) {
    throw new RpcError('invalidAddressOrKey', 'Invalid Bitcoin address or script');
  }
  watch(call, wallet, descriptor.value, call.params.string('label') ?? '', false);
  call.node.wallets.save(wallet);
  return null;
}

function importPrivateKey(call: RpcCall): RpcValue {
  const wallet = walletOf(call);
  if (!wallet.hasPrivateKeys) {
    throw new RpcError(
      'wallet',
      'Cannot import private keys to a wallet with private keys disabled',
    );
  }
  const text = call.params.string('privkey')!;
  const descriptor = parseDescriptor(`combo(${text})`);
  if (parseWif(text, 'regtest') === null || !descriptor.ok) {
    throw new RpcError('invalidAddressOrKey', 'Invalid private key encoding');
  }
  watch(call, wallet, descriptor.value, call.params.string('label') ?? '', false);
  call.node.wallets.save(wallet);
  return null;
}

const ADDRESS_TYPES: readonly AddressType[] = ['legacy', 'p2sh-segwit', 'bech32'];

function newAddress(call: RpcCall, isChange: boolean): string {
  const wallet = walletOf(call);
  const given = call.params.string('address_type') ?? 'bech32';
  const type = ADDRESS_TYPES.find((known) => known === given);
  if (type === undefined) {
    throw new RpcError('invalidAddressOrKey', `Unknown address type '${given}'`);
  }
  const label = isChange ? '' : (call.params.string('label') ?? '');
  const made = wallet.newScript(type, label, isChange, call.node.nowSecs());
  if (made === null) {
    throw new RpcError('wallet', 'Error: This wallet has no available keys');
  }
  call.node.wallets.save(wallet);
  return made.address;
}

function addressInfo(call: RpcCall): RpcValue {
  const wallet = walletOf(call);
  const text = call.params.string('address')!;
  const script = parseAddress(text, 'regtest');
  if (!script.ok) {
    const isBase58 = /^[1-9A-HJ-NP-Za-km-z]+$/.test(text);
    throw new RpcError(
      'invalidAddressOrKey',
      isBase58
        ? 'Invalid checksum or length of Base58 address (P2PKH or P2SH)'
        : 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.',
    );
  }
  const known = wallet.scriptOf(script.value);
  const key = wallet.keyOf(script.value);
  const publicKey = key === null ? null : publicKeyFromPrivate(key.privateKey, key.compressed);
  return {
    ...scriptFacts(script.value),
    // In a descriptor wallet whatever it holds is its own, spendable or not.
    ismine: known !== null,
    solvable: known?.isSolvable ?? false,
    desc: known?.desc,
    parent_desc: known?.desc,
    iswatchonly: false,
    pubkey: publicKey === null ? undefined : bytesToHex(publicKey),
    ischange: known?.isChange ?? false,
    timestamp: known?.timestampSecs,
    labels: known === null || known.isChange ? [] : [known.label],
  };
}

function listDescriptors(call: RpcCall): RpcValue {
  const wallet = walletOf(call);
  const descriptors = new Map<string, RpcObject>();
  for (const { desc, timestampSecs } of wallet.scripts) {
    descriptors.set(desc, { desc, timestamp: timestampSecs, active: false });
  }
  return { wallet_name: wallet.name, descriptors: [...descriptors.values()] };
}

export const WALLET_ADMIN_METHODS: RpcMethods = {
  createwallet: {
    params:
      'wallet_name ?disable_private_keys blank passphrase avoid_reuse descriptors load_on_startup external_signer',
    help: 'Makes and loads a wallet.',
    run: createWallet,
  },
  loadwallet: {
    params: 'filename ?load_on_startup',
    help: 'Loads a wallet.',
    run: loadWallet,
  },
  unloadwallet: {
    params: '?wallet_name load_on_startup',
    help: 'Unloads a wallet.',
    run: unloadWallet,
  },
  listwallets: {
    params: '',
    help: 'Returns the names of the loaded wallets.',
    run: ({ node }) => node.wallets.loaded().map(({ name }) => name),
  },
  listwalletdir: {
    params: '',
    help: 'Returns the names of all wallets.',
    run: ({ node }) => ({ wallets: node.wallets.all().map(({ name }) => ({ name })) }),
  },
  importdescriptors: {
    params: 'requests',
    help: 'Adds descriptors to a wallet.',
    run: importDescriptors,
  },
  importaddress: {
    params: 'address ?label rescan p2sh',
    help: 'Watches an address or a script in hex. Differs: in any wallet.',
    run: importAddress,
  },
  importprivkey: {
    params: 'privkey ?label rescan',
    help: 'Adds a private key in wallet import format. Differs: in any wallet with private keys.',
    run: importPrivateKey,
  },
  listdescriptors: {
    params: '?private',
    help: 'Returns the descriptors of a wallet, without private keys.',
    run: listDescriptors,
  },
  getnewaddress: {
    params: '?label address_type',
    help: 'Returns a new address.',
    run: (call) => newAddress(call, false),
  },
  getrawchangeaddress: {
    params: '?address_type',
    help: 'Returns a new address for change.',
    run: (call) => newAddress(call, true),
  },
  getaddressinfo: {
    params: 'address',
    help: 'Returns what a wallet knows about an address.',
    run: addressInfo,
  },
};
