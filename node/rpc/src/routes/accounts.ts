/**
 * `GET /v2/accounts/{principal}`: balance, lock and nonce, with MARF proofs unless declined.
 * Clarinet requires the proof fields to be present even without `?proof=0`: they are then "".
 * Source: reference/stacks.md 5; stacks-clients.md 1.2, 1.5.
 */
import type { RpcDeps } from '../ports.ts';
import { okJson } from '../reply.ts';
import { type Route, route } from '../router.ts';
import { hex0x, principalParam, stateView, uint128Hex, wantsProof } from '../state-request.ts';

/** Keys of an account in the Clarity state (SIP-005, clarity_db.rs). */
const balanceKey = (principal: string) => `vm-account::${principal}::19`;
const nonceKey = (principal: string) => `vm-account::${principal}::18`;

export function accountRoutes(deps: RpcDeps): Route[] {
  return [
    route('GET', '/v2/accounts/:principal', (request) => {
      const principal = principalParam(request, 'principal');
      if (!principal.ok) return principal.response;
      const view = stateView(deps, request, (tip) => `Chain tip '${tip}' not found`);
      if (!view.ok) return view.response;
      const account = view.value.account(principal.value);
      const proofOf = (key: string): string => {
        const proof = view.value.prove(key);
        return proof === null ? '' : hex0x(proof);
      };
      const proofs = wantsProof(request)
        ? {
            balance_proof: proofOf(balanceKey(principal.value)),
            nonce_proof: proofOf(nonceKey(principal.value)),
          }
        : {};
      return okJson({
        balance: uint128Hex(account.balanceMicro),
        locked: uint128Hex(account.lockedMicro),
        unlock_height: account.unlockHeight,
        nonce: account.nonce,
        ...proofs,
      });
    }),
  ];
}
