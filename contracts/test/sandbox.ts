/**
 * Our VM behind the calls of the reference's `Simnet` that tests use. Values cross as consensus bytes,
 * so the tests' own values never meet ours.
 */

import type { Result } from '@assay/bytes';
import {
  type CallOutcome,
  type ClarityFailure,
  ClarityVm,
  type Cost,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  readStxAccount,
} from '@assay/clarity';
import {
  decodeClarityValue,
  encodeClarityValue,
  type ClarityValue as Ours,
} from '@assay/clarity-value';
import { Cl, type ClarityValue, serializeCVBytes } from '@stacks/transactions';
import type { Outcome, Simnet } from './simnet.ts';

function toOurs(value: ClarityValue): Ours {
  const decoded = decodeClarityValue(serializeCVBytes(value));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

function toTheirs(value: Ours): ClarityValue {
  return Cl.deserialize(encodeClarityValue(value));
}

const START_TIME_SECS = 1_700_000_000n;

export class Sandbox implements Simnet {
  readonly #db = new MemoryClarityDb();
  readonly #info = new MemoryBlockInfo();
  readonly #principals = new Set<string>();

  /** The state that `reset` returns to. */
  markStart(): void {
    this.#db.begin();
  }

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

  deployContract(
    name: string,
    source: string,
    { clarityVersion }: { clarityVersion: 3 | 4 },
    sender: string,
  ): Outcome {
    const contractId = `${sender}.${name}`;
    const done = this.#vm().deploy({ contractId, source, clarityVersion });
    if (!done.ok) throw new Error(`${name}: ${done.error.error.message}`);
    this.#principals.add(contractId);
    return { result: Cl.bool(true), events: [] };
  }

  callPublicFn(
    contractId: string,
    functionName: string,
    args: ClarityValue[],
    sender: string,
  ): Outcome {
    const outcome = this.#vm().callPublic(this.#request(contractId, functionName, args, sender));
    return this.#outcome(outcome);
  }

  /** As `callPublicFn`, with a meter: what the call costs of a block's budget. */
  measure(
    contractId: string,
    functionName: string,
    args: ClarityValue[],
    sender: string,
  ): { result: ClarityValue; cost: Cost } {
    const vm = new ClarityVm({ db: this.#db, info: this.#info });
    const outcome = vm.callPublic(this.#request(contractId, functionName, args, sender));
    if (!outcome.ok) throw new Error(outcome.error.error.message);
    return { result: toTheirs(outcome.value.result), cost: outcome.value.cost };
  }

  callPrivateFn(
    contractId: string,
    functionName: string,
    args: ClarityValue[],
    sender: string,
  ): Outcome {
    const request = this.#request(contractId, functionName, args, sender);
    return this.#outcome(this.#vm().callPrivateAsSystem(request));
  }

  callReadOnlyFn(
    contractId: string,
    functionName: string,
    args: ClarityValue[],
    sender: string,
  ): Outcome {
    const request = this.#request(contractId, functionName, args, sender);
    return this.#outcome(this.#vm().callReadOnly(request));
  }

  #request(contractId: string, functionName: string, args: ClarityValue[], sender: string) {
    this.#principals.add(sender);
    return { contractId, functionName, args: args.map(toOurs), sender };
  }

  #outcome(outcome: Result<CallOutcome, ClarityFailure>): Outcome {
    if (!outcome.ok) throw new Error(outcome.error.error.message);
    const { result, events } = outcome.value;
    return {
      result: toTheirs(result),
      events: events.map((event) =>
        event.type === 'contract_event'
          ? { event: 'print_event', data: { value: toTheirs(event.value) } }
          : { event: event.type, data: {} },
      ),
    };
  }

  mintSTX(recipient: string, amount: bigint): void {
    this.#principals.add(recipient);
    mintStx(this.#db, recipient, amount, this.#info.burnHeight);
  }

  mineEmptyBurnBlocks(count: number): void {
    this.#info.burnHeight += count;
  }

  /** A block of a later time; the Bitcoin block stays. */
  mineBlock(secondsLater = 1): void {
    this.#info.stacksHeight += 1;
    this.#info.blockTimeSecs += BigInt(secondsLater);
  }

  getAssetsMap(): Map<string, Map<string, bigint>> {
    const balances = new Map<string, bigint>();
    for (const who of this.#principals) {
      balances.set(who, readStxAccount(this.#db, who, this.#info.burnHeight).unlockedMicro);
    }
    return new Map([['STX', balances]]);
  }
}
