/** The genesis file that a configuration or an option names. */
import { type Genesis, genesisNetwork, parseGenesis } from '@assay/chainstate';
import type { TrustedNetwork } from '@assay/proof';
import { readTextFile } from './files.ts';
import { UserError } from './user-error.ts';

/** @throws UserError when there is none or it is malformed */
export function loadGenesis(path: string | undefined): Genesis {
  if (path === undefined) {
    throw new UserError(
      'cli/no-genesis',
      'The configuration names no genesis file, and no network is built in yet.',
      'Add genesis = "<path of genesis.json>" to [node]; `npm start` writes one for a devnet.',
    );
  }
  const parsed = parseGenesis(readTextFile(path, 'The genesis file'));
  if (parsed.ok) return parsed.value;
  throw new UserError(
    'cli/genesis-malformed',
    `${path}: ${parsed.error.message}.`,
    'Correct the genesis file, or take the one of the network you join.',
  );
}

/** Whose signatures count, independently of any node. */
export function trustedNetwork(genesis: Genesis): TrustedNetwork {
  return { network: genesisNetwork(genesis), signers: genesis.signers };
}
