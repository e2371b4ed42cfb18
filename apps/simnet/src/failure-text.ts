/**
 * Failures in the words tests look for: the reference throws plain text, and so does the Simnet API
 * here. The error's name is always in it; where the text has a place in the source, so is that.
 */
import type { ClarityFailure } from '@assay/clarity';
import { formatProblem } from './problem.ts';

function whileRunning(contractId: string, { error }: ClarityFailure): string {
  const detail = error.message === error.name ? '' : `, ${error.message}`;
  const kind = error.code === 'clarity/check' ? 'RuntimeCheck' : 'Runtime';
  return `Runtime error while interpreting ${contractId}: ${kind}(${error.name}${detail})`;
}

export function callFailure(
  call: {
    /** As the test named it. */
    readonly contract: string;
    readonly contractId: string;
    readonly functionName: string;
    /** As literals. */
    readonly args: readonly string[];
  },
  failure: ClarityFailure,
): string {
  const { error } = failure;
  if (error.name === 'InvalidSender' || error.name === 'WrongAccess') return error.message;
  const { contract, contractId, functionName } = call;
  const args = call.args.join(', ');
  const inner =
    error.kind === 'rejected'
      ? error.message
      : `Error calling contract function '${functionName}': ${whileRunning(contractId, failure)}`;
  return `Call contract function error: ${contract}::${functionName}(${args}) -> ${inner}`;
}

export function deployFailure(contractId: string, source: string, failure: ClarityFailure): string {
  const { error } = failure;
  if (error.name === 'InvalidSender') return error.message;
  const file = contractId.slice(contractId.indexOf('.') + 1);
  const inner =
    error.kind === 'runtime'
      ? `Runtime Error: ${whileRunning(contractId, failure)}`
      : formatProblem({ file, source, error }).slice('error: '.length);
  return `Contract deployment runtime error: ${contractId} -> ${inner}`;
}

export function snippetFailure(contractId: string, failure: ClarityFailure): string {
  const { error } = failure;
  if (error.kind !== 'runtime') return error.message;
  return `Runtime Error: ${whileRunning(contractId, failure)}`;
}
