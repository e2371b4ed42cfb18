/**
 * What a chain does when the stacking contract answers `(ok ..)`: it locks STX. A session does the
 * same for a contract named `pox-4` of the boot address, so stacking contracts can be tested.
 *
 * Source: stacks-core pox-locking/src/pox_4.rs.
 */
import { type ClarityVmOptions, changeLock, lockStx, readStxAccount } from '@assay/clarity';
import { addPoxEvent } from './pox-events.ts';

type Hook = NonNullable<ClarityVmOptions['onContractCall']>;
export type ContractCall = Parameters<Hook>[1];
export type Execution = Parameters<Hook>[0];
type Value = ContractCall['result'];

const POX_4 = new Set([
  'ST000000000000000000002AMW42H.pox-4',
  'SP000000000000000000002Q6VF78.pox-4',
]);

function uintField(tuple: Value, name: string): bigint | null {
  const field = tuple.type === 'tuple' ? tuple.entries.get(name) : undefined;
  return field?.type === 'uint' ? field.value : null;
}

function principalField(tuple: Value, name: string): string | null {
  const field = tuple.type === 'tuple' ? tuple.entries.get(name) : undefined;
  return field?.type === 'principal' ? field.text : null;
}

/** Acts on one successful call; nothing to do for most. */
export function applyPoxLock(exec: Execution, call: ContractCall): void {
  if (!POX_4.has(call.contractId) || call.result.type !== 'ok' || exec.readOnly) return;
  addPoxEvent(exec, call);
  const answer = call.result.value;
  const principal = principalField(answer, 'stacker');
  if (principal === null) return;
  const burnHeight = exec.info.burnHeight;
  const until = uintField(answer, 'unlock-burn-height');
  let done: boolean;
  switch (call.functionName) {
    case 'stack-stx':
    case 'delegate-stack-stx': {
      const amount = uintField(answer, 'lock-amount')!;
      done = lockStx(exec.db, { principal, amount, unlockHeight: Number(until) }, burnHeight);
      break;
    }
    case 'stack-extend':
    case 'delegate-stack-extend':
      done = changeLock(exec.db, { principal, unlockHeight: Number(until) }, burnHeight);
      break;
    case 'stack-increase':
    case 'delegate-stack-increase': {
      const lockedMicro = uintField(answer, 'total-locked')!;
      done = changeLock(exec.db, { principal, lockedMicro }, burnHeight);
      break;
    }
    default:
      return;
  }
  if (done) addLockEvent(exec, call.contractId, principal);
  else throw new Error(`${call.contractId} ${call.functionName}: the lock cannot be set`);
}

/** The account as it is locked now. */
function addLockEvent(exec: Execution, contractId: string, lockedAddress: string): void {
  const { lockedMicro, unlockHeight } = readStxAccount(
    exec.db,
    lockedAddress,
    exec.info.burnHeight,
  );
  exec.addEvent({
    type: 'stx_lock_event',
    lockedAddress,
    lockedAmount: lockedMicro,
    unlockHeight,
    contractId,
  });
}
