/**
 * The call that makes a principal a host: arguments of `.hosts register`. Whoever starts a host sends
 * it once (the CLI, the devnet); the daemon itself never registers.
 */
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { type AssuranceClass, assuranceCode } from '@assay/jobs';

export interface Registration {
  /** Base URL of the HTTP door, at most 128 characters of ASCII. */
  readonly endpoint: string;
  /** 33 bytes. */
  readonly operatingPublicKey: Uint8Array;
  /** X25519 key for sealed prompts, 32 bytes; default zeros: takes none. */
  readonly sealPublicKey?: Uint8Array;
  /** Manifest hashes, 1 to 8. */
  readonly models: readonly Uint8Array[];
  /** What the engine can prove; only class A is drawn. */
  readonly assurance: AssuranceClass;
  /** Weight in the draw, as far as the bond covers it (10 STX a unit). */
  readonly capacity: number;
  /** Per token. */
  readonly inputPriceMicro: bigint;
  /** Per prompt token found in the cache (sessions); default the input price, at most that. */
  readonly cachedPriceMicro?: bigint;
  readonly outputPriceMicro: bigint;
  /** Locked until the host leaves; at least 100 STX. */
  readonly bondMicro: bigint;
}

export function registrationArguments(registration: Registration): readonly ClarityValue[] {
  return [
    Cv.ascii(registration.endpoint),
    Cv.buffer(registration.operatingPublicKey),
    Cv.buffer(registration.sealPublicKey ?? new Uint8Array(32)),
    Cv.list(registration.models.map((model) => Cv.buffer(model))),
    Cv.uint(assuranceCode(registration.assurance)),
    Cv.uint(registration.capacity),
    Cv.uint(registration.inputPriceMicro),
    Cv.uint(registration.cachedPriceMicro ?? registration.inputPriceMicro),
    Cv.uint(registration.outputPriceMicro),
    Cv.uint(registration.bondMicro),
  ];
}
