/**
 * SIP-018: signatures over Clarity values, bound to an application, its version and a chain, so
 * that they mean nothing elsewhere and a contract can check them.
 * Source: SIP-018; stackslib/src/util_lib/signed_structured_data.rs.
 */
import { bytesFromHex, concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv, encodeClarityValue } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';

/** ASCII "SIP018". */
const PREFIX = bytesFromHex('534950303138');

export interface StructuredDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
}

/** The domain as the tuple that is hashed. */
export function domainTuple({ name, version, chainId }: StructuredDomain): ClarityValue {
  return Cv.tuple({
    'chain-id': Cv.uint(chainId),
    name: Cv.ascii(name),
    version: Cv.ascii(version),
  });
}

/** The 32 bytes to sign. */
export function structuredDataHash(domain: StructuredDomain, message: ClarityValue): Uint8Array {
  const domainHash = sha256(encodeClarityValue(domainTuple(domain)));
  return sha256(concatBytes(PREFIX, domainHash, sha256(encodeClarityValue(message))));
}
