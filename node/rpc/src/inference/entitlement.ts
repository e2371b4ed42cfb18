/**
 * Who may read content: everybody, unless every request it belongs to is hash-only. Then the user, the
 * executors and the signers of this and the last reward cycle, by signed calls. Sealed content is
 * encrypted, so everybody may have its bytes.
 */
import { bytesEqual } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import { readSignedCall } from '@assay/jobs';
import { rewardCycleAt } from '@assay/params';
import type { HttpRequest } from '@assay/world';
import type { RpcDeps } from '../ports.ts';
import type { RequestRecord } from './records.ts';

const PRIVACY_HASH_ONLY = 1;

export type Access = 'granted' | 'sign' | 'denied';

/** What a call proves about its caller: the key, or null for a caller who did not sign well. */
export function callerOf(request: HttpRequest, nowMs: number): Uint8Array | null {
  const call = { path: request.path, body: request.body };
  const read = readSignedCall(request.headers, call, Math.floor(nowMs / 1000));
  return read.ok ? (read.value?.publicKey ?? null) : null;
}

/** @param caller key of a signed call, 33 bytes; null for an unsigned one */
export function mayRead(
  deps: Pick<RpcDeps, 'coordinator' | 'network'>,
  records: readonly RequestRecord[],
  caller: Uint8Array | null,
): Access {
  if (records.some(({ privacy }) => privacy !== PRIVACY_HASH_ONLY)) return 'granted';
  if (caller === null) return 'sign';
  const isEntitled = records.some((record) => isParty(record, caller)) || isSigner(deps, caller);
  return isEntitled ? 'granted' : 'denied';
}

function isParty(record: RequestRecord, caller: Uint8Array): boolean {
  const { hostKey, executor, user, fallbacks } = record;
  if ([hostKey, ...fallbacks.map(({ key }) => key)].some((key) => bytesEqual(key, caller))) {
    return true;
  }
  const own = hash160(caller);
  return [user, executor, ...fallbacks.map(({ host }) => host)].some((text) => {
    const principal = parsePrincipal(text);
    return principal.ok && bytesEqual(principal.value.hash, own);
  });
}

function isSigner(
  { coordinator, network }: Pick<RpcDeps, 'coordinator' | 'network'>,
  caller: Uint8Array,
): boolean {
  const { burnHeight } = coordinator.tip().burnView;
  const currentCycle = rewardCycleAt(network.pox, burnHeight) ?? 0;
  return [currentCycle, currentCycle - 1].some((cycle) =>
    coordinator.signerSet(cycle)?.signers.some(({ publicKey }) => bytesEqual(publicKey, caller)),
  );
}
