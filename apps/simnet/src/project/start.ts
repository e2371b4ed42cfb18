/**
 * A session from a project: accounts funded, boot contracts and the project's contracts deployed in
 * batches by epoch, at the heights the reference reaches.
 */
import { relative } from 'node:path';
import { FIRST_EPOCH } from '../epochs.ts';
import { formatProblem } from '../problem.ts';
import { Session, type SessionOptions } from '../session.ts';
import { type Project, type ProjectContract, readProject } from './project.ts';
import { ProjectError } from './project-error.ts';

/** @throws ProjectError a contract is not accepted: with file, line and caret */
function deploy(session: Session, project: Project, contract: ProjectContract): void {
  const { contractId, source, clarityVersion } = contract;
  const file = relative(project.folder, contract.path);
  const isProjects = project.contracts.includes(contract);
  const done = session.deploy({
    contractId,
    source,
    clarityVersion,
    minesBlock: false,
    // Reports are about the project's own files.
    ...(isProjects && !file.startsWith('.') ? { path: file } : {}),
  });
  if (done.ok) return;
  throw new ProjectError(formatProblem({ file, source, error: done.error.error }));
}

/** @throws ProjectError */
export function startSession(project: Project, options: SessionOptions = {}): Session {
  const session = new Session(project.deployer, options);
  for (const { address, balanceMicro } of project.accounts) {
    if (balanceMicro > 0n) session.mintStx(address, balanceMicro);
  }
  session.chain.epoch = FIRST_EPOCH;
  for (const contract of project.bootContracts) {
    session.chain.epoch = contract.epoch;
    deploy(session, project, contract);
  }
  session.chain.epoch = FIRST_EPOCH;
  const epochs = new Set(project.contracts.map((contract) => contract.epoch));
  for (const epoch of epochs) {
    session.chain.mineStacksBlock();
    session.setEpoch(epoch);
    for (const contract of project.contracts) {
      if (contract.epoch === epoch) deploy(session, project, contract);
    }
  }
  return session;
}

/** Reads and starts. @throws ProjectError */
export function openProject(manifestPath: string, options: SessionOptions = {}): Session {
  return startSession(readProject(manifestPath), options);
}
