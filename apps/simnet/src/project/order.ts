/**
 * What must be deployed before what: a contract comes after every contract its text names
 * (`.name` or `'ST....name`) or its manifest entry lists. Otherwise the order given stays.
 */
import type { ProjectContract } from './project.ts';
import { ProjectError } from './project-error.ts';

/** Comments and string literals name nothing. */
function codeOnly(source: string): string {
  return source.replace(/"(?:\\.|[^"\\])*"|;;.*$/gm, ' ');
}

function referencesOf(
  contract: ProjectContract,
  byId: ReadonlyMap<string, ProjectContract>,
  byName: ReadonlyMap<string, ProjectContract>,
): ProjectContract[] {
  const found = new Set<ProjectContract>();
  const add = (other: ProjectContract | undefined) => {
    if (other !== undefined && other !== contract) found.add(other);
  };
  for (const [, address, name] of codeOnly(contract.source).matchAll(
    /(?:'(S[A-Z0-9]{38,41}))?\.([a-zA-Z][a-zA-Z0-9_-]*)/g,
  )) {
    add(byId.get(`${address ?? contract.deployer}.${name}`));
  }
  for (const name of contract.dependsOn) add(byName.get(name));
  return [...found];
}

/** @throws ProjectError contracts need each other */
export function orderByReference(contracts: readonly ProjectContract[]): ProjectContract[] {
  const byId = new Map(contracts.map((contract) => [contract.contractId, contract]));
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const ordered: ProjectContract[] = [];
  const done = new Set<ProjectContract>();
  // One entry per contract on the way down, with what it still waits for.
  for (const first of contracts) {
    if (done.has(first)) continue;
    const path = [{ contract: first, waits: referencesOf(first, byId, byName) }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const next = top.waits.shift();
      if (next === undefined) {
        path.pop();
        done.add(top.contract);
        ordered.push(top.contract);
      } else if (path.some((entry) => entry.contract === next)) {
        const ring = path.map((entry) => entry.contract.name).join(' -> ');
        throw new ProjectError(`contracts need each other: ${ring} -> ${next.name}`);
      } else if (!done.has(next)) {
        path.push({ contract: next, waits: referencesOf(next, byId, byName) });
      }
    }
  }
  return ordered;
}
