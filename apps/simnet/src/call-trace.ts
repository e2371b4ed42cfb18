/**
 * The contract calls one transaction made, innermost last: who called what with which arguments,
 * from which line, and what came back. Calls that failed by a run-time error are not seen by the
 * VM's hook; their place is taken by the error, which names the lines that led to it.
 */
import type { CallSite } from '@assay/clarity';
import { type ClarityValue, clarityValueToString } from '@assay/clarity-value';
import type { ContractCall } from './pox-locks.ts';

export interface TracedCall {
  readonly contractId: string;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
  readonly sender: string;
  readonly result: ClarityValue;
  /** The expression that made the call; null for the transaction itself. */
  readonly site: CallSite | null;
  /** Calls made on the way, in order. */
  readonly calls: readonly TracedCall[];
}

interface Noted {
  readonly depth: number;
  readonly call: TracedCall;
}

/** Builds the tree from calls as they end: a call's own calls ended before it, one level deeper. */
export class TraceRecorder {
  #ended: Noted[] = [];

  note(depth: number, call: ContractCall): void {
    let first = this.#ended.length;
    while (first > 0 && this.#ended[first - 1]!.depth > depth) first--;
    const calls = this.#ended.splice(first).map((inner) => inner.call);
    this.#ended.push({
      depth,
      call: {
        contractId: call.contractId,
        functionName: call.functionName,
        args: [...call.args] as readonly ClarityValue[],
        sender: call.sender.text,
        result: call.result as ClarityValue,
        site: call.site,
        calls,
      },
    });
  }

  take(): readonly TracedCall[] {
    const calls = this.#ended.map((noted) => noted.call);
    this.#ended = [];
    return calls;
  }
}

/** `.name:line`, as traces and errors show a place. */
export function formatSite({ contractId, span }: CallSite): string {
  const name = contractId.slice(Math.max(0, contractId.indexOf('.')));
  return `${name}:${span.startLine}`;
}

/** One line per call, indented by depth. */
export function formatTrace(calls: readonly TracedCall[], indent = ''): string {
  return calls
    .map((call) => {
      const name = call.contractId.slice(call.contractId.indexOf('.'));
      const args = call.args.map((arg) => ` ${clarityValueToString(arg)}`).join('');
      const from = call.site === null ? '' : `  from ${formatSite(call.site)}`;
      const line = `${indent}(${name} ${call.functionName}${args}) => ${clarityValueToString(call.result)}${from}`;
      return call.calls.length === 0 ? line : `${line}\n${formatTrace(call.calls, `${indent}  `)}`;
    })
    .join('\n');
}
