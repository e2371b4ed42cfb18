/**
 * Constants of the regtest chain: its genesis block and its subsidy.
 * Source: Bitcoin Core kernel/chainparams.cpp (CRegTestParams), validation.cpp (GetBlockSubsidy).
 */
import { type BitcoinBlock, COIN_SATS, decodeBitcoinBlock } from '@assay/bitcoin';
import { assert, bytesFromHex } from '@assay/bytes';
import { LIMITS } from '../limits.ts';

const GENESIS_HEX =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
  '67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f200200000001010000000100000000000000000000' +
  '00000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f' +
  '4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75742066' +
  '6f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a6' +
  '7962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

/** The regtest genesis block. Its output can never be spent (it is not in the UTXO set). */
export function genesisBlock(): BitcoinBlock {
  const decoded = decodeBitcoinBlock(bytesFromHex(GENESIS_HEX));
  assert(decoded.ok, 'the genesis block decodes');
  return decoded.value;
}

/** New coins of one block, satoshi: 50 BTC, halved every 150 blocks. */
export function subsidySats(burnHeight: number): bigint {
  const halvings = Math.floor(burnHeight / LIMITS.halvingInterval);
  return halvings >= 64 ? 0n : (50n * COIN_SATS) >> BigInt(halvings);
}

/** Version of the blocks mined here: version bits, none set. */
export const BLOCK_VERSION = 0x20000000;
