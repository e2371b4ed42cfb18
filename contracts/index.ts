/**
 * The boot contracts as text, in the order in which genesis deploys them (a contract only refers to
 * earlier ones; who may call whom is known by name only). Their bytes are consensus: the
 * hash of each source is in the first state root. Deployed by rules/chainstate.
 */
import beacon from './beacon.clar';
import exampleToken from './examples/example-token.clar';
import sip010Trait from './examples/sip-010-trait.clar';
import governance from './governance.clar';
import hosts from './hosts.clar';
import inference from './inference.clar';
import inferenceReceipts from './inference-receipts.clar';
import judges from './judges.clar';
import miners from './miners.clar';
import models from './models.clar';
import plants from './plants.clar';
import sessions from './sessions.clar';
import signers from './signers.clar';
import signersPage0 from './signers-page-0.clar';
import signersPage1 from './signers-page-1.clar';

export interface ContractSource {
  readonly name: string;
  readonly source: string;
  readonly clarityVersion: 3 | 4;
}

const contract = (name: string, source: string, clarityVersion: 3 | 4 = 3): ContractSource => ({
  name,
  source,
  clarityVersion,
});

/** StackerDB lanes of the signers: 1 block responses, 2 state machine updates, 3 pre-commits. */
export const SIGNER_LANES = [1, 2, 3] as const;

const signerDatabases = [signersPage0, signersPage1].flatMap((source, page) =>
  SIGNER_LANES.map((lane) => contract(`signers-${page}-${lane}`, source)),
);

/** In deployment order. */
export const BOOT_CONTRACTS: readonly ContractSource[] = [
  contract('governance', governance),
  contract('beacon', beacon, 4),
  contract('models', models),
  contract('hosts', hosts),
  contract('signers', signers),
  ...signerDatabases,
  contract('miners', miners),
  contract('judges', judges),
  contract('inference', inference),
  contract('plants', plants),
  contract('sessions', sessions),
  contract('inference-receipts', inferenceReceipts),
  contract('inference-verdicts-0', signersPage0),
  contract('inference-verdicts-1', signersPage1),
];

/** Contracts that tests deploy as users do; not part of genesis. */
export const EXAMPLE_CONTRACTS: readonly ContractSource[] = [
  contract('sip-010-trait', sip010Trait),
  contract('example-token', exampleToken),
];

/** Owner of the boot contracts: a hash of zeros, whose key nobody has. */
export const BOOT_ADDRESS = {
  mainnet: 'SP000000000000000000002Q6VF78',
  testnet: 'ST000000000000000000002AMW42H',
} as const;
