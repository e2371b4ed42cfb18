/**
 * The same transactions as objects of @stacks/transactions, made with its own constructors, so
 * that the two libraries meet in bytes only.
 */
import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, formatPrincipal, type Principal } from '@assay/clarity-value';
import { convertPublicKey } from '@assay/crypto';
import {
  AddressHashMode,
  AuthType,
  Cl,
  createAsset,
  createCoinbasePayload,
  createContractCallPayload,
  createLPList,
  createMessageSignature,
  createNakamotoCoinbasePayload,
  createSmartContractPayload,
  createStacksPublicKey,
  createTenureChangePayload,
  createTokenTransferPayload,
  createTransactionAuthField,
  FungibleConditionCode,
  NonFungibleConditionCode,
  type ClarityValue as PeerValue,
  PostConditionPrincipalId,
  PostConditionType,
  type PostConditionWire,
  type PrincipalCV,
  PubKeyEncoding,
  StacksTransactionWire,
  StacksWireType,
} from '@stacks/transactions';
import {
  type AuthField,
  isSingleSig,
  type PostCondition,
  type PostConditionPrincipal,
  type SpendingCondition,
  type Transaction,
  type TransactionPayload,
} from '../src/index.ts';

export function toPeerValue(value: ClarityValue): PeerValue {
  switch (value.type) {
    case 'int':
      return Cl.int(value.value);
    case 'uint':
      return Cl.uint(value.value);
    case 'bool':
      return Cl.bool(value.value);
    case 'buffer':
      return Cl.buffer(value.value);
    case 'none':
      return Cl.none();
    case 'some':
      return Cl.some(toPeerValue(value.value));
    case 'ok':
      return Cl.ok(toPeerValue(value.value));
    case 'err':
      return Cl.error(toPeerValue(value.value));
    case 'principal':
      return Cl.address(formatPrincipal(value));
    case 'list':
      return Cl.list(value.items.map(toPeerValue));
    case 'tuple':
      return Cl.tuple(
        Object.fromEntries([...value.entries].map(([name, field]) => [name, toPeerValue(field)])),
      );
    case 'string-ascii':
      return Cl.stringAscii(value.value);
    case 'string-utf8':
      return Cl.stringUtf8(value.value);
  }
}

function toPeerPrincipal(principal: Principal): PrincipalCV {
  return Cl.address(formatPrincipal(principal)) as PrincipalCV; // `address` types as any value.
}

const HASH_MODES = {
  p2pkh: AddressHashMode.P2PKH,
  p2sh: AddressHashMode.P2SH,
  p2wpkh: AddressHashMode.P2WPKH,
  p2wsh: AddressHashMode.P2WSH,
  'p2sh-unordered': AddressHashMode.P2SHNonSequential,
  'p2wsh-unordered': AddressHashMode.P2WSHNonSequential,
} as const;

function encoding(compressed: boolean): PubKeyEncoding {
  return compressed ? PubKeyEncoding.Compressed : PubKeyEncoding.Uncompressed;
}

function toPeerField(field: AuthField) {
  const contents =
    field.kind === 'signature'
      ? createMessageSignature(bytesToHex(field.signature))
      : createStacksPublicKey(bytesToHex(convertPublicKey(field.publicKey, field.compressed)!));
  return createTransactionAuthField(encoding(field.compressed), contents);
}

function toPeerCondition(condition: SpendingCondition) {
  const { nonce, feeMicro } = condition;
  const base = { signer: bytesToHex(condition.signer), nonce, fee: feeMicro };
  if (isSingleSig(condition)) {
    return {
      ...base,
      hashMode: HASH_MODES[condition.hashMode],
      keyEncoding: encoding(condition.compressed),
      signature: createMessageSignature(bytesToHex(condition.signature)),
    };
  }
  return {
    ...base,
    hashMode: HASH_MODES[condition.hashMode],
    fields: condition.fields.map(toPeerField),
    signaturesRequired: condition.signaturesRequired,
  };
}

function toPeerWho(principal: PostConditionPrincipal) {
  if (principal === 'origin') {
    return { type: StacksWireType.Principal, prefix: PostConditionPrincipalId.Origin } as const;
  }
  const address = {
    type: StacksWireType.Address,
    version: principal.version,
    hash160: bytesToHex(principal.hash),
  } as const;
  const { contractName } = principal;
  if (contractName === null) {
    const prefix = PostConditionPrincipalId.Standard as const;
    return { type: StacksWireType.Principal, prefix, address } as const;
  }
  return {
    type: StacksWireType.Principal,
    prefix: PostConditionPrincipalId.Contract,
    address,
    contractName: {
      type: StacksWireType.LengthPrefixedString,
      content: contractName,
      lengthPrefixBytes: 1,
      maxLengthBytes: 128,
    },
  } as const;
}

const FUNGIBLE = {
  eq: FungibleConditionCode.Equal,
  gt: FungibleConditionCode.Greater,
  ge: FungibleConditionCode.GreaterEqual,
  lt: FungibleConditionCode.Less,
  le: FungibleConditionCode.LessEqual,
} as const;

const NON_FUNGIBLE = {
  sent: NonFungibleConditionCode.Sends,
  'not-sent': NonFungibleConditionCode.DoesNotSend,
  'maybe-sent': NonFungibleConditionCode.MaybeSent,
} as const;

function toPeerPostCondition(condition: PostCondition): PostConditionWire {
  const type = StacksWireType.PostCondition as const;
  const principal = toPeerWho(condition.principal);
  if (condition.kind === 'stx') {
    const conditionCode = FUNGIBLE[condition.code];
    const { amount } = condition;
    return { type, conditionType: PostConditionType.STX, principal, conditionCode, amount };
  }
  const { contract, assetName } = condition.asset;
  const address = formatPrincipal({ ...contract, contractName: null });
  const asset = createAsset(address, contract.contractName, assetName);
  if (condition.kind === 'ft') {
    const conditionCode = FUNGIBLE[condition.code];
    const { amount } = condition;
    const conditionType = PostConditionType.Fungible as const;
    return { type, conditionType, principal, conditionCode, amount, asset };
  }
  return {
    type,
    conditionType: PostConditionType.NonFungible,
    principal,
    conditionCode: NON_FUNGIBLE[condition.code],
    asset,
    assetName: toPeerValue(condition.value),
  };
}

const CAUSES = [
  'block-found',
  'extended',
  'extended-runtime',
  'extended-read-count',
  'extended-read-length',
  'extended-write-count',
  'extended-write-length',
] as const;

const memoDecoder = new TextDecoder();

export function toPeerPayload(payload: TransactionPayload) {
  switch (payload.kind) {
    case 'token-transfer':
      return createTokenTransferPayload(
        toPeerPrincipal(payload.recipient),
        payload.amountMicro,
        memoDecoder.decode(payload.memo).replace(/\0*$/, ''),
      );
    case 'contract-call':
      return createContractCallPayload(
        formatPrincipal({ ...payload.contract, contractName: null }),
        payload.contract.contractName,
        payload.functionName,
        payload.args.map(toPeerValue),
      );
    case 'smart-contract':
      return createSmartContractPayload(payload.contractName, payload.source);
    case 'versioned-smart-contract':
      return createSmartContractPayload(
        payload.contractName,
        payload.source,
        payload.clarityVersion,
      );
    case 'coinbase':
      return createCoinbasePayload(payload.payload);
    case 'coinbase-to-alt':
      return createCoinbasePayload(payload.payload, toPeerPrincipal(payload.recipient));
    case 'nakamoto-coinbase':
      return createNakamotoCoinbasePayload(
        payload.payload,
        payload.recipient ? Cl.some(toPeerPrincipal(payload.recipient)) : Cl.none(),
        payload.vrfProof,
      );
    case 'tenure-change':
      return createTenureChangePayload(
        bytesToHex(payload.tenureConsensusHash),
        bytesToHex(payload.prevTenureConsensusHash),
        bytesToHex(payload.burnViewConsensusHash),
        bytesToHex(payload.previousTenureEnd),
        payload.previousTenureBlocks,
        CAUSES.indexOf(payload.cause),
        bytesToHex(payload.pubkeyHash),
      );
    default:
      throw new Error(`the peer library does not know ${payload.kind}`);
  }
}

const ANCHOR = { 'on-chain-only': 1, 'off-chain-only': 2, any: 3 } as const;
const MODE = { allow: 1, deny: 2, originator: 3 } as const;

export function toPeer(tx: Transaction): StacksTransactionWire {
  const spendingCondition = toPeerCondition(tx.auth.origin);
  const auth =
    tx.auth.kind === 'standard'
      ? { authType: AuthType.Standard as const, spendingCondition }
      : {
          authType: AuthType.Sponsored as const,
          spendingCondition,
          sponsorSpendingCondition: toPeerCondition(tx.auth.sponsor),
        };
  const peer = new StacksTransactionWire({
    auth: auth as StacksTransactionWire['auth'], // Its hash mode enums do not infer from a table.
    payload: toPeerPayload(tx.payload),
    postConditions: createLPList(tx.postConditions.map(toPeerPostCondition)),
    postConditionMode: MODE[tx.postConditionMode],
    transactionVersion: tx.version,
    chainId: tx.chainId,
    network: tx.version === 0 ? 'mainnet' : 'testnet',
  });
  peer.anchorMode = ANCHOR[tx.anchorMode];
  return peer;
}
