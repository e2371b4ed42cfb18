/**
 * The boot contracts on our VM, without blocks around them: deployed once, put back to the start in a
 * moment. Beacon, signers and time are set as a node sets them.
 */
import {
  ClarityVm,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  readStxAccount,
} from '@assay/clarity';
import { type ClarityValue, Cv, clarityValueToString } from '@assay/clarity-value';
import { BOOT_CONTRACTS } from '@assay/contracts';

export const BOOT = 'ST000000000000000000002AMW42H';
export const CHAIN_ID = 0x80000000;
const CYCLE = 7n;
const START_TIME_SECS = 1_700_000_000n;

export class ContractChain {
  readonly #db = new MemoryClarityDb();
  readonly #info = new MemoryBlockInfo();
  /** Everybody who ever had money. */
  readonly #accounts = new Set<string>();

  constructor() {
    this.#info.chainId = CHAIN_ID;
    for (const { name, source, clarityVersion } of BOOT_CONTRACTS) {
      const deployed = this.#vm().deploy({ contractId: `${BOOT}.${name}`, source, clarityVersion });
      if (!deployed.ok) throw new Error(`${name}: ${deployed.error.error.message}`);
      this.#accounts.add(`${BOOT}.${name}`);
    }
    this.#db.begin();
  }

  /** As after the deployment. */
  reset(): void {
    this.#db.rollback();
    this.#db.begin();
    this.#info.burnHeight = 1;
    this.#info.stacksHeight = 1;
    this.#info.blockTimeSecs = START_TIME_SECS;
  }

  #vm(): ClarityVm {
    return new ClarityVm({ db: this.#db, info: this.#info, metered: false });
  }

  mint(address: string, amountMicro: bigint): void {
    this.#accounts.add(address);
    mintStx(this.#db, address, amountMicro, this.#info.burnHeight);
  }

  balance(address: string): bigint {
    return readStxAccount(this.#db, address, this.#info.burnHeight).unlockedMicro;
  }

  totalMicro(): bigint {
    return [...this.#accounts].reduce((sum, address) => sum + this.balance(address), 0n);
  }

  /** Seconds pass, and Bitcoin blocks. */
  pass(seconds: number, burnBlocks = 0): void {
    this.#info.stacksHeight += 1;
    this.#info.blockTimeSecs += BigInt(seconds);
    this.#info.burnHeight += burnBlocks;
  }

  setSigners(signers: readonly { readonly address: string; readonly weight: bigint }[]): void {
    const list = signers.map(({ address, weight }) =>
      Cv.tuple({ signer: Cv.principal(address), weight: Cv.uint(weight) }),
    );
    this.#asNode('signers', 'set-signers', [Cv.uint(CYCLE), Cv.list(list), Cv.uint(1)]);
  }

  /** A tenure begins. */
  setBeacon(sortitionHash: Uint8Array, burnHash: Uint8Array): void {
    this.pass(1, 1);
    const beacon = Cv.tuple({
      'sortition-hash': Cv.buffer(sortitionHash),
      'burn-hash': Cv.buffer(burnHash),
      'burn-height': Cv.uint(this.#info.burnHeight),
    });
    this.#asNode('beacon', 'set-beacon', [beacon]);
  }

  #asNode(contract: string, functionName: string, args: readonly ClarityValue[]): void {
    const contractId = `${BOOT}.${contract}`;
    const done = this.#vm().callPrivateAsSystem({ contractId, functionName, args, sender: BOOT });
    if (!done.ok) throw new Error(`${contract} ${functionName}: ${done.error.error.message}`);
  }

  /** The value in `(ok …)`; null when the contract refused. */
  tryCall(
    sender: string,
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): ClarityValue | null {
    const contractId = `${BOOT}.${contract}`;
    const outcome = this.#vm().callPublic({ contractId, functionName, args, sender });
    if (!outcome.ok) throw new Error(`${contract} ${functionName}: ${outcome.error.error.message}`);
    const { result } = outcome.value;
    return result.type === 'ok' ? result.value : null;
  }

  /** @throws Error when the contract refuses */
  call(
    sender: string,
    contract: string,
    functionName: string,
    args: readonly ClarityValue[],
  ): ClarityValue {
    const value = this.tryCall(sender, contract, functionName, args);
    if (value === null) throw new Error(`${contract} ${functionName} was refused`);
    return value;
  }

  read(contract: string, functionName: string, args: readonly ClarityValue[] = []): ClarityValue {
    const contractId = `${BOOT}.${contract}`;
    const outcome = this.#vm().callReadOnly({ contractId, functionName, args, sender: BOOT });
    if (!outcome.ok) throw new Error(`${contract} ${functionName}: ${outcome.error.error.message}`);
    return outcome.value.result;
  }

  /** A tuple out of `(some …)`. @throws Error when there is none */
  record(contract: string, functionName: string, args: readonly ClarityValue[]): Entries {
    const value = this.read(contract, functionName, args);
    if (value.type === 'some' && value.value.type === 'tuple') return value.value.entries;
    throw new Error(`${contract} ${functionName} answers ${clarityValueToString(value)}`);
  }
}

export type Entries = ReadonlyMap<string, ClarityValue>;

export function uintOf(value: ClarityValue | undefined): bigint {
  if (value?.type === 'uint') return value.value;
  throw new TypeError('expected a uint');
}

export function bytesOf(value: ClarityValue | undefined): Uint8Array {
  if (value?.type === 'buffer') return value.value;
  throw new TypeError('expected a buffer');
}
