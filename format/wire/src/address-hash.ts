/**
 * From public keys to the 20 bytes of an address, as Bitcoin scripts do it.
 * Source: SIP-005 "Hash modes"; stacks-common/src/address/mod.rs.
 */
import { ByteWriter } from '@assay/bytes';
import { ADDRESS_VERSIONS, type Address } from '@assay/clarity-value';
import { hash160, sha256 } from '@assay/crypto';
import type { HashMode } from './spending-condition.ts';
import type { TransactionVersion } from './transaction.ts';

const OP_CHECKMULTISIG = 0xae;

/** Small numbers are one opcode; up to 127 a one-byte push; above, little-endian with sign room. */
function pushNumber(writer: ByteWriter, value: number): void {
  if (value === 0) writer.u8(0);
  else if (value <= 16) writer.u8(0x50 + value);
  else if (value <= 0x7f) writer.u8(1).u8(value);
  else if (value <= 0x7fff)
    writer
      .u8(2)
      .u8(value & 0xff)
      .u8(value >> 8);
  else
    writer
      .u8(3)
      .u8(value & 0xff)
      .u8((value >> 8) & 0xff)
      .u8(value >> 16);
}

function multiSigScript(publicKeys: readonly Uint8Array[], required: number): Uint8Array {
  const writer = new ByteWriter(34 * publicKeys.length + 8);
  pushNumber(writer, required);
  for (const key of publicKeys) writer.u8(key.length).raw(key);
  pushNumber(writer, publicKeys.length);
  return writer.u8(OP_CHECKMULTISIG).finish();
}

/** `OP_0 <program>`: the redeem script of segwit wrapped in P2SH. */
function wrappedSegwit(program: Uint8Array): Uint8Array {
  return hash160(new ByteWriter(2 + program.length).u8(0).u8(program.length).raw(program).finish());
}

/**
 * 20 bytes. @param publicKeys in the form they are hashed: 33 or 65 bytes; one for single-sig
 * @param required signatures needed, for multisig
 */
export function hashPublicKeys(
  mode: HashMode,
  publicKeys: readonly Uint8Array[],
  required = 1,
): Uint8Array {
  switch (mode) {
    case 'p2pkh':
      return hash160(publicKeys[0]!);
    case 'p2wpkh':
      return wrappedSegwit(hash160(publicKeys[0]!));
    case 'p2sh':
    case 'p2sh-unordered':
      return hash160(multiSigScript(publicKeys, required));
    case 'p2wsh':
    case 'p2wsh-unordered':
      return wrappedSegwit(sha256(multiSigScript(publicKeys, required)));
  }
}

/** The account a condition spends from. Quirk: wrapped single-sig segwit uses the multisig version. */
export function addressOfSigner(
  mode: HashMode,
  signer: Uint8Array,
  version: TransactionVersion,
): Address {
  const versions = version === 0 ? ADDRESS_VERSIONS.mainnet : ADDRESS_VERSIONS.testnet;
  return { version: mode === 'p2pkh' ? versions.singleSig : versions.multiSig, hash: signer };
}
