/**
 * Puts a host and its model on chain before it serves: `.models register` when nobody did, then
 * `.hosts register` with the bond, or `.hosts update` when the offer has changed. Finding everything
 * as it should be, it sends nothing; killed half way, it goes on from what the chain says.
 */
import { bytesEqual } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { type Registration, registrationArguments } from '@assay/host';
import { assuranceCode, type ModelManifest, modelId, modelIdHex } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { formatStx } from '@assay/proof';
import { buildContractCall, DEVNET_IDS, publicKeyOf, signTransaction } from '@assay/wallet';
import { encodeTransaction, type PostCondition, type SigningKey } from '@assay/wire';
import type { NodeApi } from './node-api.ts';
import { UserError } from './user-error.ts';
import { must } from './wallet-result.ts';

/** Of each of the two transactions. */
const FEE_MICRO = 3_000n;
const POLL_MS = 100;
/** A transaction that the node has not heard of for so long is sent again. */
const LOST_AFTER_MS = 30_000;

export interface HostAccount {
  /** Address of the boot contracts. */
  readonly boot: string;
  readonly address: string;
  /** Secret. */
  readonly accountKey: SigningKey;
  readonly model: ModelManifest;
  readonly offer: Omit<Registration, 'models'>;
}

type Entries = ReadonlyMap<string, ClarityValue>;

/** Resolves when the chain shows the host as configured. @throws UserError when it cannot */
export async function registerHost(node: NodeApi, log: Logger, host: HostAccount): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await readHost(node, host);
    if (found !== null && isAsOffered(found, host)) {
      if (attempt === 1) log.info('the host is registered', { address: host.address });
      return;
    }
    const txids = await sendRegistration(node, log, host, found);
    await settled(node, host, txids);
    const now = await readHost(node, host);
    if (now !== null && isAsOffered(now, host)) {
      log.info('the host has registered', { address: host.address, model: host.model.name });
      return;
    }
    const reason = await failureOf(node, txids);
    if (reason !== null && attempt > 1) {
      throw new UserError(
        'cli/registration-failed',
        `The registration of the host failed on chain: ${reason}.`,
        'Compare host.toml with docs/run-a-host.md; .hosts lists what it refuses.',
      );
    }
    log.warn('the registration had no effect; trying again', { reason });
  }
}

async function readHost(node: NodeApi, { boot, address }: HostAccount): Promise<Entries | null> {
  const found = await node.callReadOnly(`${boot}.hosts`, 'get-host', [Cv.principal(address)]);
  return found.type === 'some' && found.value.type === 'tuple' ? found.value.entries : null;
}

function isAsOffered(found: Entries, { model, offer }: HostAccount): boolean {
  const uint = (name: string): bigint | null => {
    const value = found.get(name);
    return value?.type === 'uint' ? value.value : null;
  };
  const endpoint = found.get('endpoint');
  const key = found.get('operating-key');
  const models = found.get('models');
  const id = modelId(model);
  const sealKey = found.get('seal-key');
  return (
    endpoint?.type === 'string-ascii' &&
    endpoint.value === offer.endpoint &&
    key?.type === 'buffer' &&
    bytesEqual(key.value, offer.operatingPublicKey) &&
    models?.type === 'list' &&
    models.items.some((item) => item.type === 'buffer' && bytesEqual(item.value, id)) &&
    uint('assurance') === BigInt(assuranceCode(offer.assurance)) &&
    uint('capacity') === BigInt(offer.capacity) &&
    sealKey?.type === 'buffer' &&
    bytesEqual(sealKey.value, offer.sealPublicKey ?? new Uint8Array(32)) &&
    uint('input-price') === offer.inputPriceMicro &&
    uint('cached-price') === (offer.cachedPriceMicro ?? offer.inputPriceMicro) &&
    uint('output-price') === offer.outputPriceMicro
  );
}

/** @returns the transactions under way, in order */
async function sendRegistration(
  node: NodeApi,
  log: Logger,
  host: HostAccount,
  found: Entries | null,
): Promise<string[]> {
  const { boot, address, model, offer } = host;
  const isKnown = await node.callReadOnly(`${boot}.models`, 'is-known', [
    Cv.buffer(modelId(model)),
  ]);
  const calls: Call[] = [];
  if (isKnown.type !== 'bool' || !isKnown.value) {
    const bond = await node.callReadOnly(`${boot}.models`, 'get-bond', []);
    const spends = bond.type === 'uint' ? bond.value : 0n;
    const shown = { model: model.name, id: modelIdHex(model), bond: formatStx(spends) };
    log.info('registering the model', shown);
    // No address of the manifest yet: who has the file can compute it.
    const args = [Cv.buffer(modelId(model)), Cv.ascii(model.name), Cv.ascii('')];
    calls.push({ contract: `${boot}.models`, functionName: 'register', args, spends });
  }
  const all = registrationArguments({ ...offer, models: [modelId(model)] });
  const contract = `${boot}.hosts`;
  if (found === null) {
    await checkFunds(
      node,
      host,
      calls.reduce((sum, { spends }) => sum + spends, offer.bondMicro),
    );
    log.info('registering the host', { address, bond: formatStx(offer.bondMicro) });
    calls.push({ contract, functionName: 'register', args: all, spends: offer.bondMicro });
  } else {
    log.info('updating the registration of the host', { address });
    calls.push({ contract, functionName: 'update', args: all.slice(0, -1), spends: 0n });
  }
  const first = await node.nextNonce(address);
  const txids: string[] = [];
  for (const [index, call] of calls.entries()) {
    txids.push(await node.broadcast(signedCall(call, host.accountKey, first + BigInt(index))));
  }
  return txids;
}

async function checkFunds(
  node: NodeApi,
  { address }: HostAccount,
  bondsMicro: bigint,
): Promise<void> {
  const { balanceMicro } = await node.account(address);
  const needed = bondsMicro + 2n * FEE_MICRO;
  if (balanceMicro >= needed) return;
  throw new UserError(
    'cli/no-funds',
    `The host's account ${address} has ${formatStx(balanceMicro)}, but bonds and fees need ${formatStx(needed)}.`,
    'Send STX to that address and start the host again, or lower bond_micro (at least 100 STX).',
  );
}

interface Call {
  readonly contract: string;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
  /** Micro-STX that leave the account: exactly that, or the call aborts. */
  readonly spends: bigint;
}

function signedCall(call: Call, key: SigningKey, nonce: bigint): Uint8Array {
  const { contract, functionName, args, spends } = call;
  const postConditions: PostCondition[] =
    spends === 0n ? [] : [{ kind: 'stx', principal: 'origin', code: 'eq', amount: spends }];
  const built = must(
    buildContractCall({
      network: DEVNET_IDS,
      origin: { publicKey: publicKeyOf(key) },
      nonce,
      feeMicro: FEE_MICRO,
      contract,
      functionName,
      args,
      postConditions,
    }),
  );
  return encodeTransaction(must(signTransaction(built, key)));
}

/** Waits until the host stands as offered, or its last transaction was mined or lost. */
async function settled(node: NodeApi, host: HostAccount, txids: readonly string[]): Promise<void> {
  let seenMs = Date.now();
  for (;;) {
    const found = await readHost(node, host);
    if (found !== null && isAsOffered(found, host)) return;
    const status = await statusOf(node, txids.at(-1)!);
    if (status !== null) seenMs = Date.now();
    if (status !== null && status.word !== 'pending') return;
    if (Date.now() - seenMs > LOST_AFTER_MS) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

interface TransactionStatus {
  readonly word: string;
  readonly result: string | null;
}

async function statusOf(node: NodeApi, txid: string): Promise<TransactionStatus | null> {
  const found = await node.getJson<{ tx_status: string; tx_result?: { repr?: string } }>(
    `/extended/v1/tx/0x${txid}`,
  );
  return found === null ? null : { word: found.tx_status, result: found.tx_result?.repr ?? null };
}

/** Why the last transaction that failed did; null when none has. */
async function failureOf(node: NodeApi, txids: readonly string[]): Promise<string | null> {
  for (const txid of [...txids].reverse()) {
    const status = await statusOf(node, txid);
    if (status === null || status.word === 'pending' || status.word === 'success') continue;
    return status.result ?? status.word;
  }
  return null;
}
