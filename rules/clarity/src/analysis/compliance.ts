/** Source: stacks-core clarity/src/vm/analysis/types.rs (check_trait_compliance). */
import { admitsType, type TraitId } from '@assay/clarity-value';
import { fail } from './fail.ts';
import type { FunctionTypes, TraitMethods } from './record.ts';

/** Whether a contract has every function a trait demands. */
export function checkCompliance(
  contract: { readonly functions: ReadonlyMap<string, FunctionTypes> },
  id: TraitId,
  trait: TraitMethods,
): void {
  for (const [name, method] of trait) {
    const fn = contract.functions.get(name);
    const complies =
      fn !== undefined &&
      fn.access !== 'private' &&
      fn.args.length === method.args.length &&
      method.args.every((expected, i) => admitsType(fn.args[i]!.type, expected)) &&
      admitsType(method.returns, fn.returns);
    if (!complies) {
      fail(
        'BadTraitImplementation',
        `invalid signature for method '${name}' regarding trait's specification <${id.name}>`,
      );
    }
  }
}
