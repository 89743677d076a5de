import type { ArithmeticOperator } from '../values/operators.ts';
import type { CompareOperator } from '../values/compare.ts';
import type { Value } from '../values/value.ts';

/** Where a node stands: offsets into the template, whose line breaks are `\n`. */
interface Placed {
  readonly at: number;
  readonly end: number;
}

export type Expression = Placed &
  (
    | { readonly type: 'constant'; readonly value: Value }
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] }
    | { readonly type: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
    | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly type: 'item'; readonly object: Expression; readonly key: Expression }
    | { readonly type: 'slice'; readonly object: Expression; readonly bounds: SliceBounds }
    | { readonly type: 'call'; readonly callee: Expression; readonly args: Arguments }
    | { readonly type: 'filter'; readonly operand: Expression; readonly filter: FilterUse }
    | { readonly type: 'test'; readonly operand: Expression; readonly name: string; readonly args: Arguments }
    | { readonly type: 'not'; readonly operand: Expression }
    | { readonly type: 'sign'; readonly operator: '-' | '+'; readonly operand: Expression }
    | {
        readonly type: 'arithmetic';
        readonly operator: ArithmeticOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly type: 'concatenation'; readonly parts: readonly Expression[] }
    | { readonly type: 'comparison'; readonly first: Expression; readonly rest: readonly Comparand[] }
    | {
        readonly type: 'conditional';
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression | undefined;
      }
  );

export type SliceBounds = readonly [
  start: Expression | undefined,
  stop: Expression | undefined,
  step: Expression | undefined,
];

/** `a < b < c` compares each with the next. */
export interface Comparand {
  readonly operator: CompareOperator;
  readonly operand: Expression;
}

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** `*list` */
  readonly list: Expression | undefined;
  /** `**mapping` */
  readonly mapping: Expression | undefined;
}

export interface FilterUse extends Placed {
  readonly name: string;
  readonly args: Arguments;
}

/** What is assigned to. */
export type Target = Placed &
  (
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'field'; readonly namespace: string; readonly field: string }
    | { readonly type: 'targets'; readonly targets: readonly Target[] }
  );

export interface ParameterNode {
  readonly name: string;
  readonly default: Expression | undefined;
}

export type Statement = Placed &
  (
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'output'; readonly expression: Expression }
    | {
        readonly type: 'if';
        readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
        readonly otherwise: Body;
      }
    | {
        readonly type: 'for';
        readonly target: Target;
        readonly items: Expression;
        readonly condition: Expression | undefined;
        readonly recursive: boolean;
        readonly body: Body;
        readonly otherwise: Body;
      }
    | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
    | {
        readonly type: 'set-block';
        readonly target: Target;
        readonly filters: readonly FilterUse[];
        readonly body: Body;
      }
    | {
        readonly type: 'macro';
        readonly name: string;
        readonly parameters: readonly ParameterNode[];
        readonly body: Body;
      }
    | {
        readonly type: 'call-block';
        readonly call: Expression & { readonly type: 'call' };
        readonly parameters: readonly ParameterNode[];
        readonly body: Body;
      }
    | { readonly type: 'filter-block'; readonly filters: readonly FilterUse[]; readonly body: Body }
    | {
        readonly type: 'with';
        readonly assignments: readonly (readonly [Target, Expression])[];
        readonly body: Body;
      }
    | { readonly type: 'break' | 'continue' }
  );

export type Body = readonly Statement[];
