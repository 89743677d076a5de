import type { Cell } from '../table.ts';

/** A range of the expression's text, in UTF-16 units from 0. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '==='
  | '!=='
  | '&&'
  | '||'
  | '??';

export type UnaryOperator = '-' | '+' | '!';

/** All that an expression can be. What is not here cannot be written. */
export type Node = Span & { readonly depth: number } & (
    | { readonly type: 'literal'; readonly value: Cell }
    | { readonly type: 'column'; readonly name: string }
    /** A bare word; a check tells what was meant. */
    | { readonly type: 'word'; readonly name: string }
    | { readonly type: 'list'; readonly items: readonly Node[] }
    | { readonly type: 'template'; readonly parts: readonly Node[] }
    | { readonly type: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
    | {
        readonly type: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Node;
        readonly right: Node;
      }
    | {
        readonly type: 'conditional';
        readonly condition: Node;
        readonly then: Node;
        readonly otherwise: Node;
      }
    /** A part of a cell that is a list or an object: `d.tokens[0].text`. */
    | { readonly type: 'part'; readonly whole: Node; readonly part: string | number }
    | { readonly type: 'call'; readonly name: string; readonly named: Span; readonly args: readonly Node[] }
  );

export type NodeOf<Type extends Node['type']> = Extract<Node, { readonly type: Type }>;
