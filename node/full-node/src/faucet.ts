/** A devnet's faucet: an ordinary transfer from a funded account through the node's own mempool. */
import { err, ok, type Result } from '@assay/bytes';
import type { Chainstate } from '@assay/chainstate';
import { formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import type { Coordinator } from '@assay/coordinator';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import type { Mempool } from '@assay/mempool';
import { type FaucetPort, RPC_LIMITS } from '@assay/rpc';
import { encodeTransaction, signOrigin, singleSigCondition, transactionId } from '@assay/wire';

/** Far above what the smallest transfer needs, so that it is always admitted. */
const FEE_MICRO = 1_000n;

type Sent = { readonly txid: Uint8Array; readonly bytes: Uint8Array };
type Refused = { readonly code: string; readonly message: string };

export function createFaucet(
  {
    chainstate,
    coordinator,
    mempool,
  }: { chainstate: Chainstate; coordinator: Coordinator; mempool: Mempool },
  privateKey: Uint8Array,
): FaucetPort {
  const { network } = chainstate;
  const publicKey = publicKeyFromPrivate(privateKey);
  const address = formatPrincipal({
    version: network.addressVersions.singleSig,
    hash: hash160(publicKey),
    contractName: null,
  });
  return {
    async send(recipient): Promise<Result<Sent, Refused>> {
      const to = parsePrincipal(recipient);
      if (!to.ok) return err({ code: 'full-node/faucet-address', message: to.error.message });
      const pending = mempool.pendingNonces(address);
      const account = chainstate.view(coordinator.tip().blockId).account(address);
      const last = pending.at(-1);
      const nonce = last === undefined || last < account.nonce ? account.nonce : last + 1n;
      const tx = signOrigin(
        {
          version: network.transactionVersion,
          chainId: network.chainId,
          auth: {
            kind: 'standard',
            origin: singleSigCondition(publicKey, { nonce, feeMicro: FEE_MICRO }),
          },
          anchorMode: 'any',
          postConditionMode: 'deny',
          postConditions: [],
          payload: {
            kind: 'token-transfer',
            recipient: to.value,
            amountMicro: RPC_LIMITS.faucetMicro,
            memo: new Uint8Array(34),
          },
        },
        { privateKey, compressed: true },
      );
      const bytes = encodeTransaction(tx);
      const submitted = await mempool.submit(bytes);
      if (!submitted.ok)
        return err({ code: submitted.error.code, message: submitted.error.message });
      return ok({ txid: transactionId(tx), bytes });
    },
  };
}
