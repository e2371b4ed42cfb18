/**
 * Runs a grammar over bytes: a set of stacks of what is still to come, as llama.cpp's and most
 * constrained decoders do it, made deterministic while it runs. States are interned, so that equal
 * futures are one state and each step from it is computed once.
 */
import { EngineError } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import type { Node } from './grammar.ts';

/** What is still to come: `node`, then `rest`. */
interface Stack {
  readonly id: number;
  readonly node: Node;
  /** Of a repeat: times it matched. */
  readonly count: number;
  readonly rest: Stack | null;
}

export class AutomatonState {
  /** The text may end here. */
  readonly accepts: boolean;
  readonly #automaton: Automaton;
  readonly #stacks: readonly Stack[];
  readonly #steps = new Map<number, AutomatonState | null>();

  constructor(automaton: Automaton, stacks: readonly Stack[], accepts: boolean) {
    this.#automaton = automaton;
    this.#stacks = stacks;
    this.accepts = accepts;
  }

  get isDead(): boolean {
    return !this.accepts && this.#stacks.length === 0;
  }

  /** The state after `byte`; null when no text goes on so. */
  step(byte: number): AutomatonState | null {
    const known = this.#steps.get(byte);
    if (known !== undefined) return known;
    const next = this.#stacks
      .filter(({ node }) => node.kind === 'byte' && node.set.has(byte))
      .map(({ rest }) => rest);
    const state = next.length === 0 ? null : this.#automaton.stateOf(next);
    this.#steps.set(byte, state);
    return state;
  }
}

export class Automaton {
  readonly start: AutomatonState;
  readonly #stacks = new Map<string, Stack>();
  readonly #states = new Map<string, AutomatonState>();
  readonly #nodeIds = new Map<Node, number>();

  constructor(grammar: Node) {
    this.start = this.stateOf([this.#push(grammar, 0, null)]);
  }

  /** The state in which any of `stacks` is still to come; null stands for the end of the text. */
  stateOf(stacks: readonly (Stack | null)[]): AutomatonState {
    const { found, accepts } = this.#expand(stacks);
    const key = `${[...found.keys()].sort((a, b) => a - b).join(',')}${accepts ? '.' : ''}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= ENGINE_LIMITS.constraintStatesMax) throw tooMuch('states');
    const state = new AutomatonState(this, [...found.values()], accepts);
    this.#states.set(key, state);
    return state;
  }

  /** Unfolds until every stack begins with a byte. */
  #expand(stacks: readonly (Stack | null)[]) {
    const found = new Map<number, Stack>();
    const seen = new Set<number>();
    const work = [...stacks];
    let accepts = false;
    while (work.length > 0) {
      const stack = work.pop()!;
      if (stack === null) {
        accepts = true;
        continue;
      }
      if (seen.has(stack.id)) continue;
      seen.add(stack.id);
      if (seen.size > ENGINE_LIMITS.constraintStacksMax) throw tooMuch('ways to go on');
      if (stack.node.kind === 'byte') found.set(stack.id, stack);
      else work.push(...this.#unfold(stack));
    }
    return { found, accepts };
  }

  #unfold({ node, count, rest }: Stack): (Stack | null)[] {
    switch (node.kind) {
      case 'byte':
        return [];
      case 'sequence': {
        let stack = rest;
        for (let i = node.parts.length - 1; i >= 0; i--)
          stack = this.#push(node.parts[i]!, 0, stack);
        return [stack];
      }
      case 'choice':
        return node.options.map((option) => this.#push(option, 0, rest));
      case 'named':
        return [this.#push(node.target(), 0, rest)];
      case 'repeat': {
        const ways: (Stack | null)[] = count >= node.min ? [rest] : [];
        if (count < node.max) {
          // Beyond the minimum of an endless repeat, counting on would only make new states.
          const endless = node.max === Number.POSITIVE_INFINITY;
          const next = endless ? Math.min(count + 1, node.min) : count + 1;
          ways.push(this.#push(node.node, 0, this.#push(node, next, rest)));
        }
        return ways;
      }
    }
  }

  #push(node: Node, count: number, rest: Stack | null): Stack {
    let nodeId = this.#nodeIds.get(node);
    if (nodeId === undefined) {
      nodeId = this.#nodeIds.size;
      this.#nodeIds.set(node, nodeId);
    }
    const key = `${nodeId}.${count}.${rest?.id ?? '-'}`;
    let stack = this.#stacks.get(key);
    if (stack === undefined) {
      stack = { id: this.#stacks.size, node, count, rest };
      this.#stacks.set(key, stack);
    }
    return stack;
  }
}

function tooMuch(what: string): EngineError {
  return new EngineError('engine/unsupported', `the constraint has too many ${what}`);
}
