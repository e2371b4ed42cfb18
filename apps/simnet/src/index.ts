/** The Simnet API: contracts of a Clarinet project in a test, on our VM. */
export type { TracedCall } from './call-trace.ts';
export type { AstExpression, ContractAst } from './contract-ast.ts';
export { getSDK, initSimnet } from './init.ts';
export { formatLineCosts, type LineCost } from './line-report.ts';
export {
  type ClarityCosts,
  type DeployContractOptions,
  type ParsedTransactionResult,
  Simnet,
  type SimnetOptions,
  type Tx,
  tx,
} from './simnet.ts';
export type { ClarityEvent } from './stacks-js.ts';
