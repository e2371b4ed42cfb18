/** The session without @stacks/transactions: what the command line uses. */
export { REFERENCE, referenceOf, type WordReference } from '@assay/clarity/reference';
export type { AssetBalances } from './assets.ts';
export { formatSite, formatTrace, type TracedCall } from './call-trace.ts';
export { CONSOLE_COMMANDS, consoleHelp, runConsoleCommand } from './console-commands.ts';
export { defaultClarityVersion, EPOCHS, type Epoch, LATEST_EPOCH, parseEpoch } from './epochs.ts';
export { formatProblem, type Problem } from './problem.ts';
export { CLARINET_ACCOUNTS, type ProjectAccount } from './project/accounts.ts';
export { orderByReference } from './project/order.ts';
export { type Project, type ProjectContract, readProject } from './project/project.ts';
export { ProjectError } from './project/project-error.ts';
export { openProject, startSession } from './project/start.ts';
export { type Executed, type Execution, type Failure, Session } from './session.ts';
export { isUnfinished } from './snippet.ts';
