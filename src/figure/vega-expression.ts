import * as vegaExpression from 'vega-expression';

/** A node of the tree that Vega's parser makes (ESTree's names); each kind has some of the fields. */
export interface AstNode {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly operator?: string;
  readonly computed?: boolean;
  readonly object?: AstNode;
  readonly property?: AstNode;
  readonly key?: AstNode;
  readonly callee?: AstNode;
  readonly arguments?: readonly AstNode[];
  /** Calls `visitor` for the node and for all nodes below it. */
  visit(visitor: (node: AstNode) => void): void;
}

/** The package declares no types for its tree. @throws Error with what the parser says */
export const parseExpression = (
  vegaExpression as unknown as { readonly parseExpression: (text: string) => AstNode }
).parseExpression;
