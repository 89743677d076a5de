import type { Arguments, Body, Expression, FilterUse, Statement } from './nodes.ts';

/** The expressions that an expression is made of, in the order of the text. */
export function partsOf(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'constant':
    case 'name':
      return [];
    case 'list':
    case 'tuple':
      return node.items;
    case 'dict':
      return node.entries.flat();
    case 'attribute':
      return [node.object];
    case 'item':
      return [node.object, node.key];
    case 'slice':
      return [node.object, ...node.bounds.filter((bound) => bound !== undefined)];
    case 'call':
      return [node.callee, ...argumentsIn(node.args)];
    case 'filter':
      return [node.operand, ...argumentsIn(node.filter.args)];
    case 'test':
      return [node.operand, ...argumentsIn(node.args)];
    case 'not':
    case 'sign':
      return [node.operand];
    case 'arithmetic':
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'concatenation':
      return node.parts;
    case 'comparison':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'conditional':
      return [node.then, node.test, ...(node.otherwise === undefined ? [] : [node.otherwise])];
  }
}

export function argumentsIn({ positional, named, list, mapping }: Arguments): readonly Expression[] {
  return [...positional, ...named.map(([, value]) => value), list, mapping].filter(
    (each) => each !== undefined,
  );
}

/** The expressions that stand in a statement itself, and the bodies in it. */
export function insideOf(node: Statement): {
  readonly expressions: readonly Expression[];
  readonly bodies: readonly Body[];
} {
  switch (node.type) {
    case 'text':
    case 'break':
    case 'continue':
      return { expressions: [], bodies: [] };
    case 'output':
      return { expressions: [node.expression], bodies: [] };
    case 'if':
      return {
        expressions: node.branches.map(({ test }) => test),
        bodies: [...node.branches.map(({ body }) => body), node.otherwise],
      };
    case 'for': {
      const { items, condition, body, otherwise } = node;
      return {
        expressions: condition === undefined ? [items] : [items, condition],
        bodies: [body, otherwise],
      };
    }
    case 'set':
      return { expressions: [node.value], bodies: [] };
    case 'set-block':
    case 'filter-block':
      return { expressions: argumentsOfFilters(node.filters), bodies: [node.body] };
    case 'macro':
      return { expressions: defaultsOf(node.parameters), bodies: [node.body] };
    case 'call-block':
      return { expressions: [node.call, ...defaultsOf(node.parameters)], bodies: [node.body] };
    case 'with':
      return { expressions: node.assignments.map(([, value]) => value), bodies: [node.body] };
  }
}

function argumentsOfFilters(filters: readonly FilterUse[]): readonly Expression[] {
  return filters.flatMap(({ args }) => argumentsIn(args));
}

function defaultsOf(
  parameters: readonly { readonly default: Expression | undefined }[],
): readonly Expression[] {
  return parameters.flatMap((parameter) => parameter.default ?? []);
}

/** All names that a body reads, at any depth. */
export function namesRead(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (node: Expression): void => {
    if (node.type === 'name') names.add(node.name);
    for (const part of partsOf(node)) look(part);
  };
  const through = (each: Body): void => {
    for (const statement of each) {
      const { expressions, bodies } = insideOf(statement);
      for (const expression of expressions) look(expression);
      for (const inner of bodies) through(inner);
    }
  };
  through(body);
  return names;
}
