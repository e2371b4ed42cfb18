/** Keys, addresses, building and signing transactions. Runs in a browser; knows no node. */
export {
  addressOfPublicKey,
  bitcoinAddressOfPublicKey,
  checkMultiSigKeys,
  formatWif,
  type MultiSigKeys,
  multiSigAddress,
} from './address.ts';
export {
  buildContractCall,
  buildContractDeploy,
  buildTransaction,
  buildTransfer,
  type ContractCallOptions,
  type ContractDeployOptions,
  conditionFor,
  type Origin,
  type TransactionOptions,
  type TransferOptions,
} from './build.ts';
export { type BuiltInfer, buildInfer, type InferOptions } from './build-infer.ts';
export {
  createMnemonic,
  deriveAccountKey,
  deriveKeyAt,
  type Keychain,
  makeKeychain,
  STACKS_PATH,
} from './keychain.ts';
export { LIMITS } from './limits.ts';
export { DEVNET_IDS, STACKS_MAINNET_IDS, type WalletNetwork } from './network.ts';
export { formatPrivateKey, parsePrivateKey, publicKeyOf } from './private-key.ts';
export { readSealedAnswer, SealError, type SealTask, sealForRequest } from './sealed.ts';
export {
  type SponsorOptions,
  signMultiSig,
  signStructuredData,
  signTransaction,
  sponsorTransaction,
} from './sign.ts';
export type { WalletError, WalletErrorCode } from './wallet-error.ts';
