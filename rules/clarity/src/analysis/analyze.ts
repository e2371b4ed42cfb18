/** Static analysis of a contract: filled in next; for now nothing is rejected. */
import type { Exec } from '../exec/exec.ts';
import type { Program } from '../parse/ast.ts';
import type { ClarityVersion } from '../version.ts';

export function analyzeContract(
  _program: Program,
  _version: ClarityVersion,
  _x: Exec,
): { interfaceText: string } {
  return {
    interfaceText: JSON.stringify({
      functions: [],
      variables: [],
      maps: [],
      fungible_tokens: [],
      non_fungible_tokens: [],
      epoch: 'Epoch34',
      clarity_version: `Clarity${_version}`,
    }),
  };
}
