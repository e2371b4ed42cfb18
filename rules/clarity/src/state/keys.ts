/**
 * Names of everything Clarity keeps in the state. They are hashed into the MARF: consensus.
 *
 * Source: stacks-core clarity/src/vm/database/clarity_db.rs (StoreType, make_key_*), structures.rs.
 */
import type { PrincipalV } from '../value.ts';

const STORE = {
  map: 0,
  variable: 1,
  ftBalance: 2,
  ftSupply: 3,
  nft: 4,
  contract: 9,
  nonce: 18,
  stxBalance: 19,
} as const;

export const mapPrefix = (contract: string, map: string) =>
  `vm::${contract}::${STORE.map}::${map}::`;
export const variableKey = (contract: string, name: string) =>
  `vm::${contract}::${STORE.variable}::${name}`;
/** Followed by `principalJson`. */
export const ftBalancePrefix = (contract: string, token: string) =>
  `vm::${contract}::${STORE.ftBalance}::${token}::`;
export const ftSupplyKey = (contract: string, token: string) =>
  `vm::${contract}::${STORE.ftSupply}::${token}`;
/** Followed by the hex of the asset's id. */
export const nftPrefix = (contract: string, token: string) =>
  `vm::${contract}::${STORE.nft}::${token}::`;
export const nonceKey = (principal: string) => `vm-account::${principal}::${STORE.nonce}`;
export const stxBalanceKey = (principal: string) => `vm-account::${principal}::${STORE.stxBalance}`;
/** Holds the content hash and the height of deployment: 64 and 8 hex digits. */
export const contractKey = (contract: string) => `clarity-contract::${contract}`;

const JSONS_MAX = 4096;
const jsons = new Map<string, string>();

/**
 * Quirk: a holder of a fungible token stands in its key as serde's JSON of the principal,
 * `{"Standard":[26,[1,2,...]]}` or `{"Contract":{"issuer":[26,[...]],"name":"vault"}}`, where all
 * other keys have its text.
 */
export function principalJson({ text, version, hash, contractName }: PrincipalV): string {
  let json = jsons.get(text);
  if (json === undefined) {
    const address = `[${version},[${hash.join()}]]`;
    json =
      contractName === null
        ? `{"Standard":${address}}`
        : `{"Contract":{"issuer":${address},"name":"${contractName}"}}`;
    if (jsons.size >= JSONS_MAX) jsons.clear();
    jsons.set(text, json);
  }
  return json;
}

export const LIQUID_SUPPLY_KEY = '_stx-data::ustx_liquid_supply';
export const TENURE_HEIGHT_KEY = '_stx-data::tenure_height';
export const BLOCK_TIME_KEY = '_stx-data::clarity_storage::block_time';
export const EPOCH_KEY = 'vm-epoch::epoch-version';

/** Side store (not hashed). */
export const META = {
  source: `vm-metadata::${STORE.contract}::contract-src`,
  /** version, source bytes, data bytes, height, content hash: what loading and costs need. */
  contract: `vm-metadata::${STORE.contract}::contract`,
  constants: `vm-metadata::${STORE.contract}::constants`,
  /** Types of functions and traits, for analysing other contracts. */
  analysis: `vm-metadata::${STORE.contract}::analysis`,
  /** Written by older nodes; now made from `analysis`. */
  interface: `vm-metadata::${STORE.contract}::interface`,
} as const;
