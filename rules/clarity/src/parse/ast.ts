/**
 * The two forms of a program: as written (comments, tuple literals, relative names) and as the
 * later passes want it (tuples as `(tuple ..)`, names absolute).
 *
 * Source: stacks-core clarity-types/src/representations.rs.
 */
import type { TraitId } from '@assay/clarity-value';
import type { Span } from '../outcome.ts';
import type { Value } from '../value.ts';

/** As written. */
export type SourceExpr = { readonly span: Span } & (
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'atom'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly SourceExpr[] }
  | { readonly kind: 'field'; readonly trait: TraitId }
  | { readonly kind: 'trait'; readonly name: string }
  | { readonly kind: 'comment' }
);

/** Expanded. `trait` is a reference `<name>` whose definition is known. */
export type Expr =
  | { readonly kind: 'literal'; readonly span: Span; readonly value: Value }
  | { readonly kind: 'atom'; readonly span: Span; readonly name: string }
  | ListExpr
  | { readonly kind: 'field'; readonly span: Span; readonly trait: TraitId }
  | {
      readonly kind: 'trait';
      readonly span: Span;
      readonly name: string;
      readonly trait: TraitId;
      readonly imported: boolean;
    };

export interface ListExpr {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly Expr[];
}

export interface TraitBinding {
  readonly trait: TraitId;
  /** False when the contract defines the trait itself. */
  readonly imported: boolean;
}

/** A parsed contract. `order` lists top-level expressions so that uses follow definitions. */
export interface Program {
  readonly contractId: string;
  readonly expressions: readonly Expr[];
  readonly order: readonly number[];
  readonly traits: ReadonlyMap<string, TraitBinding>;
  readonly implemented: readonly TraitId[];
}
