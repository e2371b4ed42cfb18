/**
 * Keywords that read the environment: who calls, where, when.
 *
 * Source: stacks-core clarity/src/vm/variables.rs. Those that read the state cost like a variable.
 */
import { readLiquidSupply } from '../accounts.ts';
import type { CompiledContract } from '../compile/contract.ts';
import { charge } from '../costs/charge.ts';
import type { Code, Frame } from '../exec/exec.ts';
import { boolValue, FALSE, NONE, TRUE, uintValue, type Value } from '../value.ts';

const charged = (read: (f: Frame) => bigint): Code => {
  return (f) => {
    charge(f.x.m, 'fetchVar', 1);
    return uintValue(read(f));
  };
};

/** @param name a keyword the contract's version knows */
export function compileVariable(name: string, contract: CompiledContract): Code {
  switch (name) {
    case 'tx-sender':
      return (f) => f.sender;
    case 'contract-caller':
      return (f) => f.caller;
    case 'tx-sponsor?':
      return (f): Value => (f.x.sponsor === null ? NONE : { type: 'some', value: f.x.sponsor });
    case 'none':
      return () => NONE;
    case 'true':
      return () => TRUE;
    case 'false':
      return () => FALSE;
    case 'current-contract':
      return () => contract.principal;
    case 'is-in-regtest':
      return (f) => boolValue(f.x.info.isRegtest ?? false);
    case 'is-in-mainnet':
      return (f) => boolValue(f.x.info.isMainnet);
    case 'chain-id':
      return (f) => uintValue(BigInt(f.x.info.chainId));
    case 'block-height':
    case 'tenure-height':
      return charged((f) => BigInt(f.x.info.tenureHeight));
    case 'stacks-block-height':
      return charged((f) => BigInt(f.x.info.stacksHeight));
    case 'burn-block-height':
      return charged((f) => BigInt(f.x.info.burnHeight));
    case 'stacks-block-time':
      return charged((f) => f.x.info.blockTimeSecs);
    default:
      return charged((f) => readLiquidSupply(f.x.db));
  }
}
