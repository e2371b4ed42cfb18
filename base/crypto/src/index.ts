/** Hashes, secp256k1, ECVRF and Merkle trees: thin, over audited code, native where possible. */
export {
  doubleSha256,
  hash160,
  keccak256,
  ripemd160,
  sha256,
  sha512,
  sha512_256,
} from './hash.ts';
export {
  type MerkleStep,
  merkleProof,
  merkleRoot,
  verifyMerkleProof,
} from './merkle.ts';
export {
  convertPublicKey,
  isLowS,
  isValidPrivateKey,
  isValidPublicKey,
  publicKeyFromPrivate,
  recoverPublicKey,
  rsvToVrs,
  secp256k1IsNative,
  signRecoverable,
  verifySignature,
  vrsToRsv,
} from './secp256k1.ts';
export { verifySecp256r1 } from './secp256r1.ts';
export {
  VRF_PROOF_BYTES,
  type VrfKey,
  vrfKeyFromSeed,
  vrfProofToHash,
  vrfProve,
  vrfSeedFromProof,
  vrfVerify,
} from './vrf.ts';
export { x25519PublicKey } from './x25519.ts';
