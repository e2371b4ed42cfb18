/**
 * Test money on a devnet: signs transfers from a funded account and puts them into the mempool.
 * One after another, so that nonces stay in line. Behind `POST /extended/v1/faucets/stx`.
 */
import { err, ok, type Result } from '@assay/bytes';
import { formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { encodeTransaction, signOrigin, singleSigCondition, type Transaction } from '@assay/wire';
import { RPC_LIMITS } from './limits.ts';
import type { ChainPort, CoordinatorPort, FaucetPort, MempoolPort } from './ports.ts';

export interface FaucetDeps {
  readonly network: NetworkParams;
  readonly chain: Pick<ChainPort, 'view'>;
  readonly coordinator: Pick<CoordinatorPort, 'tip'>;
  readonly mempool: Pick<MempoolPort, 'submit' | 'pendingNonces'>;
}

type Sent = Awaited<ReturnType<FaucetPort['send']>>;

const FEE_MICRO = 1_000n;

/** @param privateKey 32 bytes. Secret. */
export function createFaucet(
  deps: FaucetDeps,
  privateKey: Uint8Array,
  amountMicro: bigint = RPC_LIMITS.faucetMicro,
): FaucetPort {
  const publicKey = publicKeyFromPrivate(privateKey);
  const address = formatPrincipal({
    version: deps.network.addressVersions.singleSig,
    hash: hash160(publicKey),
    contractName: null,
  });
  const nextNonce = (): bigint => {
    const { nonce } = deps.chain.view(deps.coordinator.tip().blockId).account(address);
    const last = deps.mempool.pendingNonces(address).at(-1);
    return last === undefined || last < nonce ? nonce : last + 1n;
  };
  const transfer = (recipient: string): Result<Transaction, { code: string; message: string }> => {
    const to = parsePrincipal(recipient);
    if (!to.ok) return err({ code: 'rpc/faucet-recipient', message: 'not a Stacks address' });
    const origin = singleSigCondition(publicKey, { nonce: nextNonce(), feeMicro: FEE_MICRO });
    const unsigned: Transaction = {
      version: deps.network.transactionVersion,
      chainId: deps.network.chainId,
      auth: { kind: 'standard', origin },
      anchorMode: 'any',
      postConditionMode: 'deny',
      postConditions: [],
      payload: {
        kind: 'token-transfer',
        recipient: to.value,
        amountMicro,
        memo: new Uint8Array(34),
      },
    };
    return ok(signOrigin(unsigned, { privateKey, compressed: true }));
  };
  let queue: Promise<unknown> = Promise.resolve();
  const send = async (recipient: string): Promise<Sent> => {
    const tx = transfer(recipient);
    if (!tx.ok) return tx;
    const bytes = encodeTransaction(tx.value);
    const outcome = await deps.mempool.submit(bytes);
    return outcome.ok ? ok({ txid: outcome.value.txid, bytes }) : outcome;
  };
  return {
    send(recipient) {
      const sent = queue.then(() => send(recipient));
      queue = sent.catch(() => {});
      return sent;
    },
  };
}
