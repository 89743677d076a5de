import { must } from '../system/internal-error.ts';

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

let parser: ((text: string) => AstNode) | undefined;

/** Loads Vega's parser: dozens of modules, which only figures with expressions need. */
export async function loadParser(): Promise<void> {
  // The package declares no types for its tree.
  const loaded = (await import('vega-expression')) as unknown as {
    readonly parseExpression: (text: string) => AstNode;
  };
  parser = loaded.parseExpression;
}

/** To be called after `loadParser`. @throws Error with what the parser says */
export function parseExpression(text: string): AstNode {
  return must(parser, 'the parser of expressions to be loaded')(text);
}
