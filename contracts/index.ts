/**
 * The boot contracts as text, in the order in which genesis deploys them (a contract only refers to
 * earlier ones, except that .hosts knows the name of .inference). Their bytes are consensus: the
 * hash of each source is in the first state root. Deployed by rules/chainstate.
 */
import exampleToken from './examples/example-token.clar';
import sip010Trait from './examples/sip-010-trait.clar';
import hosts from './hosts.clar';
import inference from './inference.clar';
import inferenceReceipts from './inference-receipts.clar';
import miners from './miners.clar';
import models from './models.clar';
import signers from './signers.clar';
import signersPage0 from './signers-page-0.clar';
import signersPage1 from './signers-page-1.clar';

export interface ContractSource {
  readonly name: string;
  readonly source: string;
  readonly clarityVersion: 3;
}

const contract = (name: string, source: string): ContractSource => ({
  name,
  source,
  clarityVersion: 3,
});

/** StackerDB lanes of the signers: 1 block responses, 2 state machine updates, 3 pre-commits. */
export const SIGNER_LANES = [1, 2, 3] as const;

const signerDatabases = [signersPage0, signersPage1].flatMap((source, page) =>
  SIGNER_LANES.map((lane) => contract(`signers-${page}-${lane}`, source)),
);

/** In deployment order. */
export const BOOT_CONTRACTS: readonly ContractSource[] = [
  contract('models', models),
  contract('hosts', hosts),
  contract('signers', signers),
  ...signerDatabases,
  contract('miners', miners),
  contract('inference', inference),
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
