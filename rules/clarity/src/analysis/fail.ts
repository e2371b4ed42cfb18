/** How a check ends a deploy: by the name of the rule, with the words that Stacks prints. */
import { formatType, type TypeSignature } from '@assay/clarity-value';
import { CheckFailure } from '../errors.ts';

export function fail(name: string, message: string = name): never {
  throw new CheckFailure(name, message);
}

export function typeError(expected: TypeSignature, found: TypeSignature): never {
  fail(
    'TypeError',
    `expecting expression of type '${formatType(expected)}', found '${formatType(found)}'`,
  );
}
