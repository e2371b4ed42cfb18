/**
 * Failures in the words tests look for: the reference throws plain text, and so does the Simnet API
 * here. The error's name is always in it; where the text has a place in the source, so is that.
 */
import { formatSite } from './call-trace.ts';
import { formatProblem } from './problem.ts';
import type { Failure } from './session.ts';

/** The lines that led there, on lines of their own so that the first line stays the reference's. */
function places({ stack }: Failure): string {
  return (stack ?? []).map((site) => `\n    at ${formatSite(site)}`).join('');
}

function whileRunning(contractId: string, { error }: Failure): string {
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
  failure: Failure,
): string {
  const { error } = failure;
  if (error.name === 'InvalidSender' || error.name === 'WrongAccess') return error.message;
  const { contract, contractId, functionName } = call;
  const args = call.args.join(', ');
  const inner =
    error.kind === 'rejected'
      ? error.message
      : `Error calling contract function '${functionName}': ${whileRunning(contractId, failure)}`;
  return `Call contract function error: ${contract}::${functionName}(${args}) -> ${inner}${places(failure)}`;
}

export function deployFailure(contractId: string, source: string, failure: Failure): string {
  const { error } = failure;
  if (error.name === 'InvalidSender') return error.message;
  const file = contractId.slice(contractId.indexOf('.') + 1);
  const inner =
    error.kind === 'runtime'
      ? `Runtime Error: ${whileRunning(contractId, failure)}`
      : formatProblem({ file, source, error }).slice('error: '.length);
  const where = error.kind === 'runtime' ? places(failure) : '';
  return `Contract deployment runtime error: ${contractId} -> ${inner}${where}`;
}

export function snippetFailure(contractId: string, failure: Failure): string {
  const { error } = failure;
  if (error.kind !== 'runtime') return error.message;
  return `Runtime Error: ${whileRunning(contractId, failure)}`;
}
