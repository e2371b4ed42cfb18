/**
 * Static analysis of a contract before it is stored: read-only checks, types, trait conformance,
 * then its interface. Everything it does is charged.
 *
 * Source: stacks-core clarity/src/vm/analysis/mod.rs (run_analysis).
 */
import type { ClarityDb } from '../db.ts';
import type { Exec } from '../exec/exec.ts';
import type { Program } from '../parse/ast.ts';
import { META } from '../state/keys.ts';
import type { ClarityVersion } from '../version.ts';
import { Checker } from './checker.ts';
import { checkCompliance } from './compliance.ts';
import { checkProgram } from './definitions.ts';
import { fail } from './fail.ts';
import { checkReadOnly } from './read-only.ts';
import type { RecordLoader } from './record.ts';
import { recordFromText, recordToText } from './record.ts';

export interface Analysis {
  /** Types for later contracts and for the interface, as JSON. */
  readonly recordText: string;
}

function recordLoader(db: ClarityDb): RecordLoader {
  const known = new Map<string, ReturnType<RecordLoader>>();
  return (contractId) => {
    const cached = known.get(contractId);
    if (cached !== undefined) return cached;
    const text = db.getMetadata(contractId, META.analysis);
    const record = text === null ? null : recordFromText(text);
    known.set(contractId, record);
    return record;
  };
}

/** @throws CheckFailure with Stacks' error name and a span */
export function analyzeContract(program: Program, version: ClarityVersion, x: Exec): Analysis {
  const load = recordLoader(x.db);
  checkReadOnly(program, version, load);
  const checker = new Checker(program.contractId, version, { meter: x.m, load });
  checkProgram(checker, program);
  for (const trait of program.implemented) {
    const methods = load(trait.contract)?.traits.get(trait.name);
    if (methods === undefined)
      fail('TraitReferenceUnknown', `use of undeclared trait <${trait.name}>`);
    checkCompliance(checker, trait, methods);
  }
  return {
    recordText: recordToText({
      functions: checker.functions,
      traits: checker.exportedTraits(),
      implemented: [...checker.implemented.values()],
      variables: checker.variables,
      dataVars: checker.dataVars,
      maps: checker.maps,
      fts: checker.fts,
      nfts: checker.nfts,
    }),
  };
}
