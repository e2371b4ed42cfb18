/**
 * What must be deployed before what: a contract comes after every contract it calls or takes a
 * trait from, and after those its manifest entry lists. Contracts it merely names (as principals,
 * or to pass them as traits) come first too, unless that would make a ring. Otherwise the order
 * given stays.
 */
import type { ProjectContract } from './project.ts';
import { ProjectError } from './project-error.ts';

/** Comments and string literals name nothing. */
function codeOnly(source: string): string {
  return source.replace(/"(?:\\.|[^"\\])*"|;;.*$/gm, ' ');
}

const NAMED = /(?:'(S[A-Z0-9]{38,41}))?\.([a-zA-Z][a-zA-Z0-9_-]*)/g;
/** Followed by a contract that has to exist. */
const NEEDED = new RegExp(
  `(?:contract-call\\?|impl-trait|use-trait\\s+[\\w-]+)\\s+${NAMED.source}`,
  'g',
);

/** Ids of all contracts a source names; those without an address are the deployer's. */
export function contractsNamed(source: string, deployer: string): string[] {
  const ids = [...codeOnly(source).matchAll(NAMED)].map(
    ([, address, name]) => `${address ?? deployer}.${name}`,
  );
  return [...new Set(ids)];
}

type References = (contract: ProjectContract) => ProjectContract[];

function referencesIn(contracts: readonly ProjectContract[], pattern: RegExp): References {
  const byId = new Map(contracts.map((contract) => [contract.contractId, contract]));
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  return (contract) => {
    const found = new Set<ProjectContract>();
    const add = (other: ProjectContract | undefined) => {
      if (other !== undefined && other !== contract) found.add(other);
    };
    for (const [, address, name] of codeOnly(contract.source).matchAll(pattern)) {
      add(byId.get(`${address ?? contract.deployer}.${name}`));
    }
    for (const name of contract.dependsOn) add(byName.get(name));
    return [...found];
  };
}

/** The order, or the names of a ring. */
function order(
  contracts: readonly ProjectContract[],
  references: References,
): ProjectContract[] | string {
  const ordered: ProjectContract[] = [];
  const done = new Set<ProjectContract>();
  for (const first of contracts) {
    if (done.has(first)) continue;
    // One entry per contract on the way down, with what it still waits for.
    const path = [{ contract: first, waits: references(first) }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const next = top.waits.shift();
      if (next === undefined) {
        path.pop();
        done.add(top.contract);
        ordered.push(top.contract);
      } else if (path.some((entry) => entry.contract === next)) {
        return [...path.map((entry) => entry.contract.name), next.name].join(' -> ');
      } else if (!done.has(next)) {
        path.push({ contract: next, waits: references(next) });
      }
    }
  }
  return ordered;
}

/** @throws ProjectError contracts need each other */
export function orderByReference(contracts: readonly ProjectContract[]): ProjectContract[] {
  const wished = order(contracts, referencesIn(contracts, NAMED));
  if (typeof wished !== 'string') return wished;
  const needed = order(contracts, referencesIn(contracts, NEEDED));
  if (typeof needed !== 'string') return needed;
  throw new ProjectError(`contracts need each other: ${needed}`);
}
