/**
 * Calls that the node itself makes into boot contracts, without transaction, sender or cost. Each is
 * of a private function, so nobody else can; a refusal is a bug of ours.
 */
import { assert } from '@assay/bytes';
import type { ClarityVm } from '@assay/clarity';
import { type ClarityValue, Cv, clarityValueToString, parsePrincipal } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { addressText } from './addresses.ts';
import type { BurnView, SignerSet } from './block-context.ts';

/** What a system call needs of a frame; genesis brings its own. */
export interface SystemCaller {
  readonly network: NetworkParams;
  systemVm(): ClarityVm;
}

function call(
  caller: SystemCaller,
  contract: string,
  functionName: string,
  args: readonly ClarityValue[],
): void {
  const { bootAddress } = caller.network;
  const outcome = caller.systemVm().callPrivateAsSystem({
    contractId: `${bootAddress}.${contract}`,
    functionName,
    args,
    sender: bootAddress,
  });
  const shown = `system call .${contract} ${functionName}`;
  assert(outcome.ok, `${shown}: ${outcome.ok ? '' : outcome.error.error.message}`);
  const { result } = outcome.value;
  assert(result.type === 'ok', `${shown}: ${clarityValueToString(result)}`);
}

/** Gives `.beacon` the lots of a new tenure. */
export function setBeacon(caller: SystemCaller, view: BurnView): void {
  call(caller, 'beacon', 'set-beacon', [
    Cv.tuple({
      'sortition-hash': Cv.buffer(view.sortitionHash),
      'burn-hash': Cv.buffer(view.burnHeaderHash),
      'burn-height': Cv.uint(view.burnHeight),
    }),
  ]);
}

/** Who may change parameters, and who gets what is left over; genesis only. */
export function setGovernance(
  caller: SystemCaller,
  { governor, treasury }: { readonly governor: string; readonly treasury: string | null },
): void {
  call(caller, 'governance', 'set-genesis', [
    principalOf(governor),
    treasury === null ? Cv.none() : Cv.some(principalOf(treasury)),
  ]);
}

/** A model of the genesis block, for which nobody puts up a bond. */
export function registerModel(
  caller: SystemCaller,
  model: {
    readonly owner: string;
    readonly manifestHash: Uint8Array;
    readonly name: string;
    readonly uri: string;
  },
): void {
  call(caller, 'models', 'register-at-genesis', [
    principalOf(model.owner),
    Cv.buffer(model.manifestHash),
    Cv.ascii(model.name),
    Cv.ascii(model.uri),
  ]);
}

function principalOf(text: string): ClarityValue {
  const parsed = parsePrincipal(text);
  assert(parsed.ok, `${text} was checked to be a principal`);
  return Cv.principal(parsed.value);
}

/** Writes the signers of a cycle into `.signers`, in their order. */
export function setSigners(
  caller: SystemCaller & { readonly info: { readonly stacksHeight: number } },
  set: SignerSet,
): void {
  const version = caller.network.addressVersions.singleSig;
  const list = set.signers.map(({ publicKey, weight }) =>
    Cv.tuple({
      signer: Cv.principal(addressText(version, hash160(publicKey))),
      weight: Cv.uint(weight),
    }),
  );
  call(caller, 'signers', 'set-signers', [
    Cv.uint(set.cycle),
    Cv.list(list),
    Cv.uint(caller.info.stacksHeight),
  ]);
}
