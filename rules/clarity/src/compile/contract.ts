/**
 * A contract ready to run: functions as closures, state descriptors with their keys.
 * Immutable but for the recursion guard of functions; shared by all blocks of a process.
 */
import type { TypeSignature } from '@assay/clarity-value';
import type { Code } from '../exec/exec.ts';
import type { StoredReader } from '../stored.ts';
import type { PrincipalV, Value } from '../value.ts';
import type { ClarityVersion } from '../version.ts';

export interface DataVar {
  readonly name: string;
  readonly type: TypeSignature;
  readonly key: string;
  readonly read: StoredReader;
}

export interface DataMap {
  readonly name: string;
  readonly keyType: TypeSignature;
  readonly valueType: TypeSignature;
  /** Of the `(optional valueType)` that the state holds. */
  readonly read: StoredReader;
  readonly prefix: string;
}

export interface FungibleToken {
  readonly name: string;
  readonly supplyMax: bigint | null;
  readonly supplyKey: string;
  readonly balancePrefix: string;
  readonly assetId: string;
}

export interface NonFungibleToken {
  readonly name: string;
  readonly type: TypeSignature;
  readonly prefix: string;
  readonly assetId: string;
}

export interface Parameter {
  readonly name: string;
  readonly type: TypeSignature;
}

export interface UserFunction {
  readonly name: string;
  readonly contract: CompiledContract;
  readonly access: 'public' | 'private' | 'read-only';
  readonly parameters: readonly Parameter[];
  /** Of parameters that need no casting: the kind of value they take. Null for the others. */
  readonly kinds: readonly ('int' | 'uint' | 'bool' | null)[];
  /** Makes an argument what the parameter declares, or throws. */
  readonly accept: readonly ((value: Value) => Value)[];
  readonly body: Code;
  /** Id of the execution this function is running in: calls must not recur. */
  activeIn: number;
}

export interface MethodSignature {
  readonly args: readonly TypeSignature[];
  readonly returns: TypeSignature;
}

export interface CompiledContract {
  readonly id: string;
  readonly principal: PrincipalV;
  readonly version: ClarityVersion;
  readonly functions: Map<string, UserFunction>;
  readonly constants: Map<string, Value>;
  readonly vars: Map<string, DataVar>;
  readonly maps: Map<string, DataMap>;
  readonly fts: Map<string, FungibleToken>;
  readonly nfts: Map<string, NonFungibleToken>;
  readonly traits: Map<string, ReadonlyMap<string, MethodSignature>>;
  /** `ST....contract.trait` */
  readonly implemented: Set<string>;
  /** Source and constants in bytes: what loading costs. */
  loadSize: number;
  /** True while the top level runs. */
  deploying: boolean;
}
