/** A session as `.sessions get-session` gives it. */
import { type ClarityValue, formatPrincipal } from '@assay/clarity-value';
import type { SessionTerms } from './session.ts';

/** SESSION-OPEN of the contract. */
const OPEN = 1n;

/** Null when the value is no session record. */
export function sessionTermsOf(id: bigint, value: ClarityValue): SessionTerms | null {
  if (value.type !== 'tuple') return null;
  const uint = (name: string): bigint | null => {
    const field = value.entries.get(name);
    return field?.type === 'uint' ? field.value : null;
  };
  const bytes = (name: string): Uint8Array | null => {
    const field = value.entries.get(name);
    return field?.type === 'buffer' ? field.value : null;
  };
  const principal = (name: string): string | null => {
    const field = value.entries.get(name);
    return field?.type === 'principal' ? formatPrincipal(field) : null;
  };
  const terms = {
    user: principal('user'),
    host: principal('host'),
    hostKey: bytes('host-key'),
    model: bytes('model'),
    voucherKey: bytes('voucher-key'),
    depositMicro: uint('deposit'),
    claimedMicro: uint('claimed'),
    claimedRequests: uint('requests'),
  };
  const prices = {
    inputMicro: uint('input-price'),
    cachedMicro: uint('cached-price'),
    outputMicro: uint('output-price'),
  };
  const expiresAt = uint('expires-at');
  const status = uint('status');
  const all = [...Object.values(terms), ...Object.values(prices), expiresAt, status];
  if (all.includes(null)) return null;
  return {
    ...terms,
    id,
    prices,
    expiresAt: Number(expiresAt),
    isOpen: status === OPEN,
  } as SessionTerms;
}
